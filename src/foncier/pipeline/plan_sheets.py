"""Blind plan sheets: of parcels drawn among those of a study, or of the visits of a plan."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from foncier._util.atomic_write import write_atomically
from foncier.export.plan_sheets import PlanSheets, write_pdf, write_png
from foncier.export.tables import write_frame
from foncier.model import VISIT_VERDICTS
from foncier.pipeline import readings
from foncier.pipeline.compare_profiles import scene
from foncier.pipeline.layers import read_layers
from foncier.validation import draw_from_strata

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from foncier._util.destination import Owner
    from foncier.i18n import Lang
    from foncier.pipeline.compare_profiles import Comparison
    from foncier.study.config import Study

READING_VERDICTS = ("vrai_dc", "vrai_td", "faux", "incertain")
FORM, STRATA, PDF = "lecture.csv", "tirage.csv", "plans.pdf"
NONE = "none"


def draw_parcels(
    comparison: Comparison, count: int, known: Sequence[Path] = ()
) -> tuple[PlanSheets, pd.DataFrame]:
    """Draw parcels to be read on plans, as many from each stratum.

    Strata: dents creuses that every rule set lists, or only some; the same for divisible plots;
    parcels that none lists. A parcel of both kinds is in the first.

    Parameters
    ----------
    comparison
        Rule sets on the parcels of a study.
    count
        Number of parcels.
    known
        Readings whose parcels are not drawn again.

    Returns
    -------
    The sheets, in the order to be read, and the sample (``id``, ``stratum``, ``weight``).

    Raises
    ------
    ConfigError, SourceError, FormatError
        A file of ``known`` cannot be read, or labels no parcel of the study.
    """
    parcels = comparison.scene.parcels
    sets = len(comparison.candidates)
    listed = comparison.agreement.sort_values(["parcel_id", "kind"]).drop_duplicates("parcel_id")
    words = listed["kind"] + np.where(listed["found_by"] == sets, " all", " some")
    strata = pd.Series(words.to_numpy(), listed["parcel_id"].to_numpy())
    strata = strata.reindex(parcels["parcel_id"]).fillna(NONE)
    seen = {i for file in known for i in readings.labels(comparison, file)["parcel_id"]}
    sample, _ = draw_from_strata(strata[~strata.index.isin(seen)].astype("str"), count)
    by_id = parcels.set_index("parcel_id").geometry.loc[sample["id"]]
    places = gpd.GeoDataFrame(
        {"place_id": sample["id"], "parcel_ids": sample["id"]},
        geometry=by_id.to_numpy(),
        crs=parcels.crs,
    )
    return PlanSheets(comparison.scene, places, READING_VERDICTS), sample


def visit_sheets(study: Study, sites: gpd.GeoDataFrame) -> PlanSheets:
    """Sheets of the sites of a plan of visits, from the layers of their study.

    Parameters
    ----------
    study
        The study of the result.
    sites
        ``opportunity_id``, ``parcel_ids``, outlines.
    """
    places = gpd.GeoDataFrame(
        {
            "place_id": sites["opportunity_id"].to_numpy(),
            "parcel_ids": sites["parcel_ids"].to_numpy(),
        },
        geometry=sites.geometry.to_numpy(),
        crs=sites.crs,
    )
    return PlanSheets(scene(study, read_layers(study)), places, VISIT_VERDICTS)


def write(
    sheets: PlanSheets,
    folder: Path,
    *,
    lang: Lang,
    sample: pd.DataFrame | None = None,
    owner: Owner | None = None,
) -> None:
    """Write one picture a place, all of them in one PDF, and for a sample the form to fill in.

    ``lecture.csv`` (``parcel_id``, ``verdict``, ``reason``, ``weight``) is read back by
    ``foncier compare-profiles --truth``; ``tirage.csv`` holds the strata, which tell what the rule
    sets found: not to be opened before the verdicts are written.

    Raises
    ------
    ExportError
        They cannot be written; the previous ones are intact.
    """
    names = [
        f"plans/{n + 1:03d}-{_file_name(place)}.png"
        for n, place in enumerate(sheets.places["place_id"])
    ]
    writers: dict[str, Any] = {
        name: partial(write_png, sheets, n, lang=lang) for n, name in enumerate(names)
    }
    writers[PDF] = partial(write_pdf, sheets, lang=lang)
    if sample is not None:
        form = pd.DataFrame(
            {"parcel_id": sample["id"], "verdict": None, "reason": None, "weight": sample["weight"]}
        )
        strata = sample.rename(columns={"id": "parcel_id"})
        writers[FORM] = partial(_write_frame, form, lang=lang)
        writers[STRATA] = partial(_write_frame, strata, lang=lang)
    write_atomically(folder, writers, owner=owner)


def _write_frame(table: pd.DataFrame, path: Path, *, lang: Lang) -> None:
    write_frame(table, path, lang=lang)


def _file_name(place: object) -> str:
    return "".join(c if c.isalnum() or c in "-_" else "_" for c in str(place))
