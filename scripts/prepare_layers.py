"""Read every layer of a study and write it as GeoParquet, in the legal metric system.

    python scripts/prepare_layers.py [STUDY] [--out DIR]

Useful to look at a layer in QGIS as foncier sees it: repaired, with its contract's columns.
"""

import argparse
from pathlib import Path

import foncier as fo


def main() -> None:
    """Read and write each layer, and print what was done to it."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("study", nargs="?", type=Path, default=fo.demo_study())
    words.add_argument("--out", type=Path, default=Path("maps/layers"))
    args = words.parse_args()

    study = fo.read_study(args.study)
    args.out.mkdir(parents=True, exist_ok=True)
    for name, table in study.read_layers().items():
        table.to_parquet(args.out / f"{name}.parquet")
    for row in study.check().dropna(subset="rows_kept").itertuples():
        print(f"{row.layer}: {row.rows_kept} / {row.rows_read}  {row.file}")
        for problem in filter(None, str(row.problems).split("\n")):
            print(f"    {problem}")


if __name__ == "__main__":
    main()
