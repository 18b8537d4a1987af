"""Sheets of sites as PDF, all of them in one file, and the leaflet."""

from __future__ import annotations

from tests.bench.jobs import Job, Place

from foncier import demo, pipeline, study
from foncier.export.sheets import Choice, print_sheets


def one(place: Place) -> Job:
    """Print with one thread."""
    return _printed(place, 1)


def two(place: Place) -> Job:
    """Print with two threads."""
    return _printed(place, 2)


def _printed(place: Place, workers: int) -> Job:
    plan, folder, out = study.load(demo.study_folder()), place.own / "made", place.own / "sheets"
    pipeline.deliver(pipeline.run(plan), plan, folder, lang="fr", timings={})
    return Job(
        lambda: print_sheets(folder, out, choice=Choice(top=place.size), workers=workers),
        written=out,
        once=True,
    )
