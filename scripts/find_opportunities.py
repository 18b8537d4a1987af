"""List the opportunities of one kind with their evidence.

python scripts/find_opportunities.py [STUDY] [--kind friche]
"""

import argparse
from pathlib import Path

import foncier as fo

KINDS = ("friche", "dent_creuse", "batiment_non_affecte", "terrain_divisible")


def main() -> None:
    """Run the study and print each opportunity of the kind, best first."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("study", nargs="?", type=Path, default=fo.demo_study())
    words.add_argument("--kind", choices=KINDS, default="friche")
    args = words.parse_args()

    result = fo.run(args.study)
    plots = result.opportunities
    evidence = result.evidence.groupby("opportunity_id")["text_fr"].agg(list)
    for row in plots[plots.kind == args.kind].itertuples():
        print(f"{row.opportunity_id}  {row.area_m2:.0f} m²  {row.label}")
        for text in evidence.get(row.opportunity_id, []):
            print(f"    {text}")


if __name__ == "__main__":
    main()
