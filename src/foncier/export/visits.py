"""Plan of visits: a list to print, and a form to fill in with QGIS or QField."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from foncier.export.geopackage import single_layer
from foncier.export.qgis.styles import form_style, kind_classes
from foncier.export.tables import write_frame
from foncier.export.validation_report import NO_BAND, band_label
from foncier.geometry.nested import read_wkt
from foncier.i18n import Lang, localize
from foncier.model import KIND_LABELS, VERDICTS, VISIT_VERDICTS
from foncier.results.labels import FICTIONAL
from foncier.results.layers import Layer
from foncier.schemas import Column
from foncier.schemas.base import POLYGON, Table
from foncier.schemas.results import KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from pathlib import Path

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
        Column("weight", "number", label_id="design_weight", optional=True, low=0),
    ),
    POLYGON,
)


@dataclass(frozen=True)
class Visits:
    """Sites to visit (the columns of the layer ``opportunites``, ``stratum``, ``weight``), strata.

    ``before`` and ``after``: interval at 95 % of the ``target``, as known and as expected.
    """

    title: str
    fictional: bool
    edition: date | None
    sites: gpd.GeoDataFrame
    strata: pd.DataFrame
    target: str = "precision"
    before: tuple[float, float] = (0.0, 1.0)
    after: tuple[float, float] = (0.0, 1.0)


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


def with_entries(planned: Any, entries: Sequence[Mapping[str, Any]]) -> Any:
    """Rows of a form: the planned visits, and those that are in the entries already.

    A site has one row, with what was written last about it. An entry without the id, the kind or
    the outline of its site is in ``saisies.gpkg`` only.

    Parameters
    ----------
    planned
        Rows in the schema `VISITS`.
    entries
        Rows of the layer ``visites`` of ``saisies.gpkg``, in their order.
    """
    columns = [column.name for column in VISITS.columns]
    known: dict[str, dict[str, Any]] = {}
    for row in entries:
        outline = read_wkt([row.get("outline_wkt")])[0]
        name = row.get("opportunity_id")
        blank = not any(row.get(written) for written in ("verdict", "date", "note"))
        if name is None or outline is None or row.get("kind") not in KINDS:
            continue
        if name not in known or not blank:
            known[name] = {**{c: row.get(c) for c in columns}, "geometry": outline}
    if not known:
        return planned
    table = gpd.GeoDataFrame(list(known.values()), geometry="geometry", crs=planned.crs)
    table["date"] = pd.to_datetime(table["date"], errors="coerce")
    inside = table.representative_point().to_crs(DEGREES)
    table = table.assign(
        lon=inside.x.round(DECIMALS),
        lat=inside.y.round(DECIMALS),
        reason=table["reason"].fillna(""),
    )
    fresh = planned.loc[~planned["opportunity_id"].isin(table["opportunity_id"])]
    return VISITS.conform(pd.concat([table, fresh], ignore_index=True) if len(fresh) else table)


def reason(stratum: Any, lang: Lang) -> str:
    """Say why a site of a stratum is to be visited."""
    if not stratum["listed"]:
        name = "export.visits.reason_unlisted"
        band = localize(f"export.visits.{stratum['band']}", lang)
    else:
        has_confidence = stratum["band"] != NO_BAND
        name = "export.visits.reason" if has_confidence else "export.visits.reason_no_confidence"
        band = band_label(stratum["band"], lang)
    return localize(
        name,
        lang,
        kind=KIND_LABELS[stratum["kind"]],
        band=band,
        sites=int(stratum["sites"]),
        judged=int(stratum["judged"]),
        chosen=int(stratum["chosen"]),
        **{name: stratum[name] for name in ("low", "high", "low_after", "high_after")},
    )


def write_list(rows: Any, path: Path, *, lang: Lang) -> None:
    """Write rows of `VISITS` as CSV; the first columns are those of the visits of the web map."""
    write_frame(pd.DataFrame(rows.drop(columns="geometry")), path, lang=lang)


def write_form(planned: Visits, path: Path, *, lang: Lang, rows: Any = None) -> None:
    """Write rows of `VISITS` (those of the plan when None) and their form as a GeoPackage.

    Its one layer is ``visites``.

    The verdict is a list of values, the date a calendar, the rest is read only. The filled file is
    read as ground truth (``foncier validate --truth``) and as evidence (``format = "visits"``).

    Raises
    ------
    ExportError
        The file cannot be written whole.
    """
    rows = table(planned, lang) if rows is None else rows
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
