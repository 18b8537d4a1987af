"""Rank with other weights and show who gains and who loses.

python scripts/score_opportunities.py [STUDY] --weight station=5 --weight loop=1
"""

import argparse
from dataclasses import replace
from pathlib import Path

from foncier import demo, scoring
from foncier.pipeline.run import run
from foncier.study import read_study


def main() -> None:
    """Score twice, with the study's weights and with these, and print both ranks."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("study", nargs="?", type=Path, default=demo.study_folder())
    words.add_argument("--weight", action="append", default=[], metavar="CRITERION=WEIGHT")
    args = words.parse_args()

    result = run(read_study(args.study))
    new = {name: float(weight) for name, weight in (w.split("=") for w in args.weight)}
    criteria = tuple(replace(c, weight=new.get(c.name, c.weight)) for c in result.criteria)
    measures = scoring.measures(result.candidates, result.access)
    other = scoring.scores(measures, criteria)
    both = result.scores.merge(other, on="opportunity_id", suffixes=("", "_new"))
    for row in (
        both.dropna(subset=["overall_rank_new"])
        .sort_values("overall_rank_new")
        .head(20)
        .itertuples()
    ):
        print(
            f"{row.overall_rank_new:4.0f}  (was {row.overall_rank:4.0f})  "
            f"{row.score_new:.3f}  {row.opportunity_id}"
        )


if __name__ == "__main__":
    main()
