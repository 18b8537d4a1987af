"""Sheets of sites as PDF, all of them in one file, and the leaflet."""

from __future__ import annotations

from tests.bench.jobs import Job, Place

from foncier import demo
from foncier.export.sheets import Choice, print_sheets
from foncier.pipeline.run import run
from foncier.pipeline.write_results import write_results
from foncier.study import read_study


def one(place: Place) -> Job:
    """Print with one thread."""
    return _printed(place, 1)


def two(place: Place) -> Job:
    """Print with two threads."""
    return _printed(place, 2)


def _printed(place: Place, workers: int) -> Job:
    study, folder, out = (
        read_study(demo.study_folder()),
        place.own / "made",
        place.own / "sheets",
    )
    write_results(run(study), study, folder, lang="fr", timings={})
    return Job(
        lambda: print_sheets(folder, out, choice=Choice(top=place.size), workers=workers),
        written=out,
        once=True,
    )
