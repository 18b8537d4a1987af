"""How long fifty sheets take: ``python tests/bench/sheets.py [N]`` on the demonstration."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from foncier import demo, pipeline, study
from foncier.export.sheets import Choice, print_sheets


def main(count: int) -> None:
    """Deliver the demonstration, print its first sites with one thread and with two."""
    plan = study.load(demo.study_folder())
    with tempfile.TemporaryDirectory() as there:
        folder = Path(there)
        pipeline.deliver(pipeline.run(plan, workers=2), plan, folder, lang="fr", timings={})
        for workers in (1, 2):
            since, worked = time.perf_counter(), time.process_time()
            out = folder / f"fiches-{workers}"
            made = print_sheets(folder, out, choice=Choice(top=count), workers=workers)
            wall, processor = time.perf_counter() - since, time.process_time() - worked
            size = sum((made.folder / name).stat().st_size for name in made.files) / 1e6
            print(
                f"{len(made.sites)} sheets, all of them in one file and the leaflet, "
                f"{workers} thread(s): {wall:.1f} s ({processor:.1f} s of processor), {size:.1f} MB"
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50)
