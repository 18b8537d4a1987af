"""The whole run: map, GeoPackage, tables and manifest.

python scripts/export_opportunities.py [STUDY] [--out DIR] [--lang en]
"""

import argparse
from pathlib import Path

import foncier as fo


def main() -> None:
    """Run a study and write every deliverable."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("study", nargs="?", type=Path, default=fo.demo_study())
    words.add_argument("--out", type=Path, default=Path("maps/export"))
    words.add_argument("--lang", choices=("fr", "en"), default="fr")
    args = words.parse_args()

    for name in fo.run(args.study).save(args.out, lang=args.lang):
        print(args.out / name)


if __name__ == "__main__":
    main()
