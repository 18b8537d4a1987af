"""Rank with other weights and show who gains and who loses.

python scripts/score_opportunities.py [STUDY] --weight station=5 --weight loop=1
"""

import argparse
from pathlib import Path

import foncier as fo


def weight(text: str) -> tuple[str, float]:
    """Criterion and weight of ``criterion=weight``."""
    name, value = text.split("=")
    return name, float(value)


def main() -> None:
    """Score with the study's weights and with these, and print both ranks."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("study", nargs="?", type=Path, default=fo.demo_study())
    words.add_argument("--weight", action="append", default=[], type=weight)
    args = words.parse_args()

    before = fo.run(args.study)
    after = before.score(dict(args.weight)).opportunities
    was = before.opportunities.set_index("opportunity_id")["overall_rank"]
    for row in after.dropna(subset="overall_rank").itertuples():
        print(
            f"{row.overall_rank:4.0f}  (was {was[row.opportunity_id]:4.0f})  "
            f"{row.score:.3f}  {row.opportunity_id}  {row.label}"
        )


if __name__ == "__main__":
    main()
