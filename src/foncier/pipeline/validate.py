"""Validate a result against ground truth, and plan the most informative visits."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from foncier import readers
from foncier import validation as metrics
from foncier._util.atomic_write import write_atomically
from foncier._util.destination import Owner, subject_of
from foncier.export.validation_chart import write_picture
from foncier.export.validation_report import write_json, write_report, write_sites
from foncier.export.visits import Visits, table, with_entries, write_form, write_list
from foncier.i18n import Localized, label, localized
from foncier.model import Validation
from foncier.model.entries import ENTRIES, VISITS
from foncier.parallel import confined
from foncier.pipeline.entries import filled_visits
from foncier.pipeline.visits import merge_plan, plan_rows, take_in
from foncier.results import read_saved
from foncier.results.entries import read_rows
from foncier.results.layers import SITES
from foncier.results.manifest import result_files
from foncier.schemas.results import KINDS
from foncier.study import baselines

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd
    import pyproj

    from foncier.i18n import Lang
    from foncier.results import SavedResult

VISIT_SIGNAL = "visit_"  # first letters of the signals that verdicts of visits are
REPORTS = ("rapport.md", "fiabilite.png", "validation.json", "sites.csv")
REPORT, PICTURE, FIGURES, ASSESSED = REPORTS
PLAN = LIST, FORM = "visites.csv", "visites.gpkg"


def assess_result(
    folder: Path, truth: Path, *, complete: bool = False, untrusted: bool = False
) -> Validation:
    """Compare a result with a file of ground truth.

    Parameters
    ----------
    folder
        Folder of a result.
    truth
        File of ground truth (`foncier.readers.read_truth`).
    complete
        The ground truth lists every true site: a site that it does not have is false. That of the
        demonstration always does.
    untrusted
        Somebody else made the file: it is read in a child process with limits.

    Raises
    ------
    ConfigError
        The folder has no result.
    SourceError, FormatError, CrsError
        Ground truth or result cannot be read.
    """
    result = read_saved(folder, with_manifest=True)
    sites = _sites(result)
    truths, notes, planted = _read_truth(truth, result.crs, untrusted=untrusted)
    whole = complete or planted
    known = metrics.assess(sites, truths, result.study_area, complete=whole)
    names = sites[["opportunity_id", "name", "address", "commune"]]
    found = known.found.merge(pd.DataFrame(names), on="opportunity_id", how="left")
    rules = baselines()
    by_band = metrics.calibration(found)
    gap, base = metrics.brier(found)
    return Validation(
        title=result.title,
        fictional=result.fictional,
        truth=truth.name,
        complete=whole,
        counts=known.counts,
        notes=notes,
        found=found,
        wanted=known.wanted,
        by_kind=metrics.by_kind(found, known.wanted, KINDS),
        by_band=metrics.by_band(found, known.wanted, KINDS),
        calibration=by_band,
        baselines=metrics.compare_baselines(rules, found, known.wanted, result.table("indices")),
        words={rule.name: rule.text for rule in rules},
        auc=metrics.auc(found),
        brier=gap,
        brier_base=base,
        rising=metrics.is_increasing(by_band),
        warnings=(*_warnings(result), *_circular(result, found)),
    )


def _read_truth(file: Path, crs: pyproj.CRS, *, untrusted: bool) -> Any:
    limits = confined.limits_of(untrusted)
    return confined.call(limits, file.name, readers.read_truth, file, crs=crs)


def _sites(result: SavedResult) -> gpd.GeoDataFrame:
    return result.table(SITES).sort_values("opportunity_id", ignore_index=True)


def _warnings(result: SavedResult) -> tuple[Localized, ...]:
    warnings = []
    if result.study_area is None:
        warnings.append(label("pipeline.validate.no_area"))
    if result.mixed_geopackages:
        warnings.append(label("pipeline.validate.other_geopackage"))
    return (*warnings, *result.edit_warnings)


def _circular(result: SavedResult, found: pd.DataFrame) -> tuple[Localized, ...]:
    """Warn of the assessed sites whose evidence already holds the verdict of a visit."""
    evidence = result.table("indices")
    visited = evidence.loc[evidence["signal"].astype("str").str.startswith(VISIT_SIGNAL)]
    judged = found.loc[found["verdict"].notna(), "opportunity_id"]
    count = int(judged.isin(visited["opportunity_id"]).sum())
    if not count:
        return ()
    return (localized("pipeline.validate.circular", count=count, assessed=len(judged)),)


def write(validation: Validation, folder: Path, *, lang: Lang, owner: Owner | None = None) -> None:
    """Write the report, the picture, the figures and the assessed sites to a folder.

    Raises
    ------
    ConfigError
        A file there may not be replaced (see `validate_owner`).
    ExportError
        They cannot be written; the previous ones are intact.
    """
    writers: Any = {
        REPORT: partial(write_report, validation, picture=PICTURE, lang=lang),
        PICTURE: partial(write_picture, validation, lang=lang),
        FIGURES: partial(write_json, validation),
        ASSESSED: partial(write_sites, validation, lang=lang),
    }
    write_atomically(folder, writers, owner=owner)


def visits(folder: Path, truth: Path | None, count: int, *, untrusted: bool = False) -> Visits:
    """Choose the sites to visit next; sites with ground truth count and are not visited again.

    Without a ``truth`` the verdicts that people noted in ``saisies.gpkg`` are the ground truth. A
    file of somebody else (``untrusted``) is read in a child process with limits.

    Raises
    ------
    ConfigError
        The folder has no result.
    SourceError, FormatError, CrsError
        Ground truth or result cannot be read.
    """
    result = read_saved(folder, with_manifest=True)
    sites = _sites(result)
    if truth is None and filled_visits(folder / ENTRIES):
        truth = folder / ENTRIES
    if truth is None:
        truths = readers.no_truth(result.crs)
    else:
        truths = _read_truth(truth, result.crs, untrusted=untrusted)[0]
    known = metrics.assess(sites, truths, result.study_area)
    chosen, strata = metrics.visit_plan(known.found, count)
    rows = sites.merge(chosen, on="opportunity_id")
    return Visits(result.title, result.fictional, result.edition, rows, strata)


def write_visits(
    planned: Visits, folder: Path, *, result: Path, lang: Lang, owner: Owner | None = None
) -> tuple[Localized, ...]:
    """Add the planned visits to ``saisies.gpkg``; write the list (CSV) and the form (GeoPackage).

    What people wrote in a former list or form is first taken into ``saisies.gpkg``. The new ones
    hold every visit that is noted there: a plan adds visits, it never empties one.

    Parameters
    ----------
    planned
        From `visits`.
    folder
        Where the list and the form go.
    result
        Folder of the result, with ``saisies.gpkg``.
    lang
        Language of the list and of the form.
    owner
        What may not be replaced; `visits_owner` when None.

    Returns
    -------
    Notices about the forms in which somebody wrote.

    Raises
    ------
    ConfigError
        A file there may not be replaced (see `validate_owner`).
    ExportError
        They cannot be written; the previous ones are intact.
    """
    saved = read_saved(result)
    notices = take_in(saved, [folder / FORM, folder / LIST])
    rows = table(planned, lang)
    entries = merge_plan(saved, plan_rows(rows, planned.edition))
    every = with_entries(rows, read_rows(entries, VISITS))
    writers: Any = {
        LIST: partial(write_list, every, lang=lang),
        FORM: partial(write_form, planned, rows=every, lang=lang),
    }
    write_atomically(folder, writers, owner=owner or visits_owner(result, folder))
    return tuple(notices)


def validate_owner(
    result: Path, truth: Path | None, folder: Path, *, replace: bool = False
) -> Owner:
    """What a validation may not replace: the result, its ground truth, files of others."""
    inputs = (*result_files(result), *(() if truth is None else (truth,)))
    return Owner("validate", (subject_of(folder, result, truth),), inputs, replace)


def visits_owner(result: Path, folder: Path, *, replace: bool = False) -> Owner:
    """What a plan of visits may not replace: the result, files of others.

    The form that was filled in is also the ground truth of the next plan: what it holds is taken
    into the new one, and a copy is kept.
    """
    return Owner("validate", (subject_of(folder, result),), result_files(result), replace)
