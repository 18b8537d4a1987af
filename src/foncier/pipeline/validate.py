"""Validate a result against ground truth, and plan the most informative visits."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from foncier import readers
from foncier import validation as metrics
from foncier._util.atomic_write import write_atomically
from foncier._util.destination import Owner, subject_of
from foncier.errors import ConfigError
from foncier.export.validation_chart import write_picture
from foncier.export.validation_report import write_json, write_report, write_sites
from foncier.export.visits import Visits, table, with_entries, write_form, write_list
from foncier.i18n import Localized, label, localized
from foncier.model import Validation
from foncier.model.entries import ENTRIES, VISITS
from foncier.parallel import confined
from foncier.pipeline.entries import filled_visits
from foncier.pipeline.visit_frame import listed_sites, unlisted_sites
from foncier.pipeline.visits import merge_plan, plan_rows, take_in
from foncier.results import read_saved
from foncier.results.entries import read_rows
from foncier.results.manifest import result_files
from foncier.schemas.results import KINDS
from foncier.study import baselines

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from foncier.i18n import Lang
    from foncier.model import Note
    from foncier.results import SavedResult
    from foncier.validation.sampling import Target

REPORTS = ("rapport.md", "fiabilite.png", "validation.json", "sites.csv")
REPORT, PICTURE, FIGURES, ASSESSED = REPORTS
PLAN = LIST, FORM = "visites.csv", "visites.gpkg"


def assess_result(
    folder: Path, *truths: Path, complete: bool = False, untrusted: bool = False
) -> Validation:
    """Compare a result with ground truth.

    Parameters
    ----------
    folder
        Folder of a result.
    truths
        Files of ground truth (`foncier.readers.read_truth`), one or several: of two verdicts on a
        site the latest informative one counts, and the agreement of judges is reported.
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
    sites, own = listed_sites(result)
    known_truths, notes, planted = read_truths(truths, result, untrusted=untrusted)
    whole = complete or planted
    off = unlisted_sites(result, known_truths)
    drawn = known_truths["opportunity_id"].isin(off["opportunity_id"])
    known = metrics.assess(sites, known_truths.loc[~drawn], result.study_area, complete=whole)
    names = sites[["opportunity_id", "name", "address", "commune"]]
    found = known.found.merge(pd.DataFrame(names), on="opportunity_id", how="left")
    kinds = pd.concat([sites, off]).set_index("opportunity_id")["kind"]
    return Validation(
        title=result.title,
        fictional=result.fictional,
        truth=", ".join(_judges(truths)),
        complete=whole,
        counts=known.counts | {"unlisted": int(off["holds"].notna().sum())},
        notes=notes,
        found=found,
        wanted=known.wanted,
        judges=metrics.judges(known_truths, kinds),
        warnings=_warnings(result, own),
        **_figures(result, found, known.wanted, off, census=whole),
    )


def read_truths(
    paths: Sequence[Path], result: SavedResult, *, untrusted: bool = False
) -> tuple[gpd.GeoDataFrame, tuple[Note, ...], bool]:
    """Truths of every file; a judge is who signed, else the file.

    Files of somebody else (``untrusted``) are read in a child process with limits.
    """
    tables, planted = [], False
    notes: list[Note] = []
    limits = confined.limits_of(untrusted)
    for path, judge in zip(paths, _judges(paths), strict=True):
        table, read, complete = confined.call(
            limits, path.name, readers.read_truth, path, crs=result.crs
        )
        signed = table["author"].astype("str").fillna(judge)
        tables.append(table.assign(author=signed) if len(paths) > 1 else table)
        notes.extend(read)
        planted |= complete
    every = pd.concat([t for t in tables if len(t)] or tables[:1], ignore_index=True)
    return gpd.GeoDataFrame(every, geometry="geometry", crs=result.crs), tuple(notes), planted


def _judges(paths: Sequence[Path]) -> list[str]:
    """Name of each file; two colleagues may both have a `saisies.gpkg`: with its folder then.

    Examples
    --------
    >>> from pathlib import Path
    >>> _judges([Path("a/saisies.gpkg"), Path("b/saisies.gpkg"), Path("b/v.csv")])
    ['a/saisies.gpkg', 'b/saisies.gpkg', 'v.csv']
    """
    times = Counter(path.name for path in paths)
    names = [
        f"{path.absolute().parent.name}/{path.name}" if times[path.name] > 1 else path.name
        for path in paths
    ]
    again = Counter(names)
    return [f"{name} ({at + 1})" if again[name] > 1 else name for at, name in enumerate(names)]


def _figures(
    result: SavedResult,
    found: pd.DataFrame,
    wanted: pd.DataFrame,
    off: pd.DataFrame,
    *,
    census: bool,
) -> dict[str, Any]:
    """Fields of a validation that are estimated."""
    rules, judged = baselines(), metrics.discrimination(found)
    by_band = metrics.calibration(found, census=census)
    missed = None if census else metrics.unlisted_strata(off)
    compared = metrics.compare_baselines(
        rules, found, wanted, result.table("indices"), census=census
    )
    return {
        "by_kind": metrics.by_kind(found, wanted, KINDS, census=census, unlisted=missed),
        "by_band": metrics.by_band(found, wanted, KINDS, census=census),
        "calibration": by_band,
        "baselines": compared,
        "words": {rule.name: rule.text for rule in rules},
        "auc": judged.auc.value,
        "auc_interval": (judged.auc.low, judged.auc.high),
        "brier": judged.brier.value,
        "brier_interval": (judged.brier.low, judged.brier.high),
        "brier_base": judged.brier_base,
        "rising": metrics.is_increasing(by_band),
    }


def _warnings(result: SavedResult, own: int) -> tuple[Localized, ...]:
    warnings = []
    if own:
        warnings.append(localized("pipeline.validate.own_verdicts", count=own))
    if result.study_area is None:
        warnings.append(label("pipeline.validate.no_area"))
    if result.mixed_geopackages:
        warnings.append(label("pipeline.validate.other_geopackage"))
    return (*warnings, *result.edit_warnings)


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


def visits(
    folder: Path,
    truths: Sequence[Path],
    count: int,
    *,
    with_rejected: bool = False,
    target: Target | None = None,
    untrusted: bool = False,
) -> Visits:
    """Choose the sites to visit next; sites with ground truth count and are not visited again.

    Without ``truths`` the verdicts that people noted in ``saisies.gpkg`` are the ground truth.

    Parameters
    ----------
    folder
        Folder of a result.
    truths
        Files of ground truth.
    count
        Number of visits.
    with_rejected
        Draw what is not listed too, for an interval of the recall.
    target
        The figure that the visits are to narrow; by default F1 ``with_rejected``, else precision.

    Raises
    ------
    ConfigError
        The folder has no result, or the target needs ``with_rejected``.
    SourceError, FormatError, CrsError
        Ground truth or result cannot be read.
    """
    target = target or ("f1" if with_rejected else "precision")
    if target in {"recall", "f1"} and not with_rejected:
        raise ConfigError("pipeline.validate.target_needs_rejected", target=target)
    result = read_saved(folder, with_manifest=True)
    sites, _ = listed_sites(result)
    if not truths and filled_visits(folder / ENTRIES):
        truths = [folder / ENTRIES]
    known_truths = (
        read_truths(truths, result, untrusted=untrusted)[0]
        if truths
        else readers.no_truth(result.crs)
    )
    off = unlisted_sites(result, known_truths)
    drawn = known_truths["opportunity_id"].isin(off["opportunity_id"])
    known = metrics.assess(sites, known_truths.loc[~drawn], result.study_area)
    plan = metrics.visit_plan(
        known.found, count, unlisted=off if with_rejected else None, target=target
    )
    every = pd.concat([sites, off.drop(columns="stratum")], ignore_index=True)
    rows = every.merge(plan.rows, on="opportunity_id")
    chosen = gpd.GeoDataFrame(rows, geometry="geometry", crs=result.crs)
    return Visits(
        result.title,
        result.fictional,
        result.edition,
        chosen,
        plan.strata,
        target,
        plan.before[1:],
        plan.after[1:],
    )


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
    result: Path, truths: Sequence[Path], folder: Path, *, replace: bool = False
) -> Owner:
    """What a validation may not replace: the result, its ground truth, files of others."""
    inputs = (*result_files(result), *truths)
    subject = subject_of(folder, result, *truths[:1])
    return Owner("validate", (subject,), inputs, replace)


def visits_owner(result: Path, folder: Path, *, replace: bool = False) -> Owner:
    """What a plan of visits may not replace: the result, files of others.

    The form that was filled in is also the ground truth of the next plan: what it holds is taken
    into the new one, and a copy is kept.
    """
    return Owner("validate", (subject_of(folder, result),), result_files(result), replace)
