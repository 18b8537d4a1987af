"""Judge a delivered result against truths, and plan the visits that would tell most."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from foncier import readers, validation
from foncier._util.atomic_write import write_atomically
from foncier.export.validation_chart import write_picture
from foncier.export.validation_report import write_json, write_report, write_sites
from foncier.export.visits import Visits, write_form, write_list
from foncier.i18n import Localized
from foncier.model import Validation
from foncier.results import read_saved
from foncier.results.layers import SITES
from foncier.schemas.results import KINDS
from foncier.study import baselines

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

    from foncier.i18n import Lang
    from foncier.results import SavedResult

REPORT, PICTURE, FIGURES, JUDGED = "rapport.md", "fiabilite.png", "validation.json", "sites.csv"
LIST, FORM = "visites.csv", "visites.gpkg"
NO_AREA = Localized(
    "Le résultat ne dit pas où il a cherché (version plus ancienne) : une vérité hors du secteur y "
    "compte pour un oubli.",
    "The result does not tell where it sought (older version): a truth outside counts as a miss.",
)
MIXED = Localized(
    "Le GeoPackage n'est pas celui que nomme le manifeste : il a été modifié depuis, ou deux "
    "résultats se mêlent dans ce dossier.",
    "The GeoPackage is not the one that the manifest names: it was changed since, or two results "
    "are mixed in this folder.",
)


def assess_result(folder: Path, truth: Path, *, complete: bool = False) -> Validation:
    """Judge a result by a file of truths.

    Parameters
    ----------
    folder
        Folder of a result.
    truth
        File of truths (`foncier.readers.read_truth`).
    complete
        The truths are all there is: a site that none speaks of is false. The planted truth of a
        demonstration always is.

    Raises
    ------
    ConfigError
        No result there.
    SourceError, FormatError, CrsError
        The truths or the result cannot be read.
    """
    result = read_saved(folder, with_manifest=True)
    sites = _sites(result)
    truths, notes, planted = readers.read_truth(truth, crs=result.crs)
    whole = complete or planted
    known = validation.assess(sites, truths, result.study_area, complete=whole)
    names = sites[["opportunity_id", "name", "address", "commune"]]
    found = known.found.merge(pd.DataFrame(names), on="opportunity_id", how="left")
    rules = baselines()
    table = validation.calibration(found)
    gap, base = validation.brier(found)
    return Validation(
        title=result.title,
        fictional=result.fictional,
        truth=truth.name,
        complete=whole,
        counts=known.counts,
        notes=notes,
        found=found,
        wanted=known.wanted,
        by_kind=validation.by_kind(found, known.wanted, KINDS),
        by_band=validation.by_band(found, known.wanted, KINDS),
        calibration=table,
        baselines=validation.compare_baselines(rules, found, known.wanted, result.table("indices")),
        words={rule.name: rule.text for rule in rules},
        auc=validation.auc(found),
        brier=gap,
        brier_base=base,
        rising=validation.is_increasing(table),
        warnings=_warnings(result),
    )


def _sites(result: SavedResult) -> gpd.GeoDataFrame:
    return result.table(SITES).sort_values("opportunity_id", ignore_index=True)


def _warnings(result: SavedResult) -> tuple[Localized, ...]:
    return (NO_AREA,) * (result.study_area is None) + (MIXED,) * bool(result.mixed_geopackages)


def write(told: Validation, folder: Path, *, lang: Lang) -> None:
    """Write the report, the picture, the figures and the judged sites to a folder.

    Raises
    ------
    ExportError
        They cannot be written whole; former ones are intact.
    """
    writers: Any = {
        REPORT: partial(write_report, told, picture=PICTURE, lang=lang),
        PICTURE: partial(write_picture, told, lang=lang),
        FIGURES: partial(write_json, told),
        JUDGED: partial(write_sites, told, lang=lang),
    }
    write_atomically(folder, writers)


def visits(folder: Path, truth: Path | None, count: int) -> Visits:
    """Choose the sites to visit next; with truths, those that are known count and are not redone.

    Raises
    ------
    ConfigError
        No result there.
    SourceError, FormatError, CrsError
        The truths or the result cannot be read.
    """
    result = read_saved(folder, with_manifest=True)
    sites = _sites(result)
    if truth is None:
        truths = readers.no_truth(result.crs)
    else:
        truths = readers.read_truth(truth, crs=result.crs)[0]
    known = validation.assess(sites, truths, result.study_area)
    chosen, strata = validation.visit_plan(known.found, count)
    rows = sites.merge(chosen, on="opportunity_id")
    return Visits(result.title, result.fictional, result.edition, rows, strata)


def write_visits(planned: Visits, folder: Path, *, lang: Lang) -> None:
    """Write the list (CSV) and the form (GeoPackage) of the visits to a folder.

    Raises
    ------
    ExportError
        They cannot be written whole; former ones are intact.
    """
    writers: Any = {
        LIST: partial(write_list, planned, lang=lang),
        FORM: partial(write_form, planned, lang=lang),
    }
    write_atomically(folder, writers)
