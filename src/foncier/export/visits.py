"""Plan of visits: a list to print, and a form to fill in with QGIS or QField."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from foncier.export.geopackage import single_layer
from foncier.export.qgis.styles import form_style, kind_classes
from foncier.export.tables import write_frame
from foncier.export.validation_report import NO_BAND, band_label
from foncier.i18n import Lang, localize
from foncier.model import KIND_LABELS, VERDICTS, VISIT_VERDICTS
from foncier.results.labels import FICTIONAL
from foncier.results.layers import Layer
from foncier.schemas import Column
from foncier.schemas.base import POLYGON, Table
from foncier.schemas.results import KINDS

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    import geopandas as gpd

LAYER = "visites"
DEGREES, DECIMALS = 4326, 6

VISITS = Table(
    LAYER,
    ("opportunity_id",),
    (
        Column("opportunity_id", "text", unique=True),
        Column("verdict", "text", optional=True, values=VISIT_VERDICTS),
        Column("date", "date", optional=True),
        Column("note", "text", optional=True),
        Column("kind", "text", values=KINDS),
        Column("name", "text", optional=True),
        Column("address", "text", optional=True),
        Column("parcel_ids", "text", optional=True),
        Column("confidence", "number", "0–1", optional=True, low=0, high=1),
        Column("lon", "number", "°"),
        Column("lat", "number", "°"),
        Column("reason", "text"),
    ),
    POLYGON,
)


@dataclass(frozen=True)
class Visits:
    """Sites to visit (the columns of the layer ``opportunites``, and ``stratum``) and strata."""

    title: str
    fictional: bool
    edition: date | None
    sites: gpd.GeoDataFrame
    strata: pd.DataFrame


def table(planned: Visits, lang: Lang) -> Any:
    """Rows of a plan in the schema `VISITS`, by kind, then by band, then by id.

    ``verdict``, ``date`` and ``note`` are empty, to be filled in.
    """
    sites = planned.sites.sort_values(["stratum", "opportunity_id"])
    inside = sites.geometry.representative_point().to_crs(DEGREES).to_numpy()
    reasons = [reason(row, lang) for row in planned.strata.to_dict("records")]
    rows = sites.assign(
        verdict=None,
        date=pd.NaT,
        note=None,
        lon=np.round(shapely.get_x(inside), DECIMALS),
        lat=np.round(shapely.get_y(inside), DECIMALS),
        reason=[reasons[int(n)] for n in sites["stratum"]],
    )
    return VISITS.conform(rows)


def reason(stratum: Any, lang: Lang) -> str:
    """Say why a site of a stratum is to be visited."""
    has_confidence = stratum["band"] != NO_BAND
    return localize(
        "export.visits.reason" if has_confidence else "export.visits.reason_no_confidence",
        lang,
        kind=KIND_LABELS[stratum["kind"]],
        band=band_label(stratum["band"], lang),
        sites=int(stratum["sites"]),
        judged=int(stratum["judged"]),
        chosen=int(stratum["chosen"]),
        **{name: stratum[name] for name in ("low", "high", "low_after", "high_after")},
    )


def write_list(planned: Visits, path: Path, *, lang: Lang) -> None:
    """Write the plan as a CSV file; its first columns are those of the visits of the web map."""
    write_frame(pd.DataFrame(table(planned, lang).drop(columns="geometry")), path, lang=lang)


def write_form(planned: Visits, path: Path, *, lang: Lang) -> None:
    """Write the plan as a GeoPackage with one layer, ``visites``, whose form is ready to fill in.

    The verdict is a list of values, the date a calendar, the rest is read only. The filled file is
    read as ground truth (``foncier validate --truth``) and as evidence (``format = "visits"``).

    Raises
    ------
    ExportError
        The file cannot be written whole.
    """
    rows = table(planned, lang)
    layer = Layer(LAYER, VISITS.label, VISITS.columns, "MultiPolygon", rows)
    values = {name: verdict.text[lang] for name, verdict in VERDICTS.items()}
    values |= {kind: KIND_LABELS[kind][lang] for kind in KINDS}
    style = form_style(
        layer,
        classes=kind_classes(lang),
        values=values,
        editable=("verdict", "date", "note"),
        lang=lang,
    )
    title = f"{FICTIONAL[lang]} – {planned.title}" if planned.fictional else planned.title
    single_layer.write_single_layer(
        layer,
        path,
        crs=rows.crs,
        style=style,
        title=title,
        day=planned.edition,
    )
