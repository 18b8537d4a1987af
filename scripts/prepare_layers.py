"""Read every layer of a study and write it as GeoParquet, in the legal metric system.

    python scripts/prepare_layers.py [STUDY] [--out DIR]

Useful to look at a layer in QGIS as foncier sees it: repaired, with its contract's columns.
"""

import argparse
from pathlib import Path

from foncier import demo
from foncier.pipeline.layers import read_layers
from foncier.study import read_study


def main() -> None:
    """Read, write, and say what was done to each layer."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("study", nargs="?", type=Path, default=demo.study_folder())
    words.add_argument("--out", type=Path, default=Path("maps/layers"))
    args = words.parse_args()

    layers = read_layers(read_study(args.study))
    args.out.mkdir(parents=True, exist_ok=True)
    for name, table in layers.frames.items():
        table.to_parquet(args.out / f"{name}.parquet")
    for report in layers.reports:
        print(f"{report.layer}: {report.rows_kept} / {report.rows_read}  {report.path}")
        for note in report.notes:
            print(f"    {note.text.fr} ({note.count})")


if __name__ == "__main__":
    main()
