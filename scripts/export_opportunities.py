"""The whole run: map, GeoPackage, tables and manifest.

python scripts/export_opportunities.py [STUDY] [--out DIR] [--lang en]
"""

import argparse
import time
from pathlib import Path

from foncier import demo
from foncier.pipeline.run import run
from foncier.pipeline.write_results import write_results
from foncier.study import read_study


def main() -> None:
    """Run a study and write every deliverable."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("study", nargs="?", type=Path, default=demo.study_folder())
    words.add_argument("--out", type=Path, default=Path("maps/export"))
    words.add_argument("--lang", choices=("fr", "en"), default="fr")
    args = words.parse_args()

    began = time.perf_counter()
    plan = read_study(args.study)
    result = run(plan)
    timings = {"run": time.perf_counter() - began}
    for name in write_results(result, plan, args.out, lang=args.lang, timings=timings):
        print(args.out / name)


if __name__ == "__main__":
    main()
