"""List the opportunities of one kind with their evidence.

python scripts/find_opportunities.py [STUDY] [--kind friche]
"""

import argparse
from pathlib import Path

from foncier import demo
from foncier.pipeline.run import run
from foncier.study import read_study

KINDS = ("friche", "dent_creuse", "batiment_non_affecte", "terrain_divisible")


def main() -> None:
    """Run the study and print each opportunity of the kind, best first."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("study", nargs="?", type=Path, default=demo.study_folder())
    words.add_argument("--kind", choices=KINDS, default="friche")
    args = words.parse_args()

    result = run(read_study(args.study))
    found = result.candidates.merge(result.scores[["opportunity_id", "overall_rank"]], how="left")
    found = found.loc[found["kind"] == args.kind].sort_values(["overall_rank", "opportunity_id"])
    proofs = result.evidence.groupby("opportunity_id")["text_fr"].agg(list)
    for row in found.itertuples():
        print(f"{row.opportunity_id}  {row.area_m2:.0f} m²  {row.name or row.address or ''}")
        for text in proofs.get(row.opportunity_id, []):
            print(f"    {text}")


if __name__ == "__main__":
    main()
