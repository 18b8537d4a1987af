"""A plan of visits: a list to print, and a form that QGIS and QField open ready to fill in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from foncier.export.geopackage import single_layer
from foncier.export.qgis.styles import form_style, kind_classes
from foncier.export.validation_report import band_words, percent, write_cells
from foncier.i18n import Lang, Localized
from foncier.model import KIND_LABELS, VERDICTS, VISIT_VERDICTS
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
TITLE = Localized("Visites à faire", "Visits to make")

VISITS = Table(
    LAYER,
    TITLE.fr,
    TITLE.en,
    ("opportunity_id",),
    (
        Column("opportunity_id", "text", "Opportunité", "Opportunity", unique=True),
        Column("verdict", "text", "Verdict", "Verdict", optional=True, values=VISIT_VERDICTS),
        Column("date", "date", "Date de la visite", "Date of the visit", optional=True),
        Column("note", "text", "Remarque", "Note", optional=True),
        Column("kind", "text", "Nature", "Kind", values=KINDS),
        Column("name", "text", "Nom", "Name", optional=True),
        Column("address", "text", "Adresse", "Address", optional=True),
        Column("parcel_ids", "text", "Parcelles", "Parcels", optional=True),
        Column(
            "confidence", "number", "Confiance", "Confidence", "0–1", optional=True, low=0, high=1
        ),
        Column("lon", "number", "Longitude", "Longitude", "°"),
        Column("lat", "number", "Latitude", "Latitude", "°"),
        Column("reason", "text", "Pourquoi ce site", "Why this site"),
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
    """Rows of a plan, of the contract `VISITS`, by kind, then by band, then by id.

    ``verdict``, ``date`` and ``note`` are empty, to be filled in.
    """
    sites = planned.sites.sort_values(["stratum", "opportunity_id"])
    inside = sites.geometry.representative_point().to_crs(DEGREES).to_numpy()
    told = [reason(row, lang) for row in planned.strata.to_dict("records")]
    rows = sites.assign(
        verdict=None,
        date=pd.NaT,
        note=None,
        lon=np.round(shapely.get_x(inside), DECIMALS),
        lat=np.round(shapely.get_y(inside), DECIMALS),
        reason=[told[int(n)] for n in sites["stratum"]],
    )
    return VISITS.conform(rows)


def reason(stratum: Any, lang: Lang) -> str:
    """Say why a site of a stratum is to be visited."""
    kind = KIND_LABELS[stratum["kind"]][lang].lower()
    band = band_words(stratum["band"], lang)
    ends = [percent(stratum[n], lang) for n in ("low", "high", "low_after", "high_after")]
    known, none = int(stratum["judged"]), stratum["band"] == "sans"
    sites, chosen = _several(stratum["sites"], "site"), _several(stratum["chosen"], "visit", lang)
    if lang == "fr":
        trust = "sans confiance" if none else f"confiance {band}"
        return (
            (
                f"Tiré au sort, {kind}, {trust} : {sites}, {known} déjà vus. "
                f"Part vraie entre {ends[0]} et {ends[1]} ; attendue entre {ends[2]} et {ends[3]} "
                f"après {chosen}."
            )
            .replace(" :", "\u00a0:")
            .replace(" ;", "\u00a0;")
        )
    trust = "no confidence" if none else f"confidence {band}"
    return (
        f"Drawn by lot, {kind}, {trust}: {sites}, {known} seen already. "
        f"True share between {ends[0]} and {ends[1]}; expected between {ends[2]} and {ends[3]} "
        f"after {chosen}."
    )


def _several(count: int, word: str, lang: Lang = "en") -> str:
    """Number of sites or of visits; « visite » in French."""
    ending = "e" * (lang == "fr") + "s" * (count > 1)
    return f"{count} {word}{ending}"


def write_list(planned: Visits, path: Path, *, lang: Lang) -> None:
    """Write the plan as a CSV with the columns of the map's visits first (see `VISITS`)."""
    write_cells(pd.DataFrame(table(planned, lang).drop(columns="geometry")), path, lang=lang)


def write_form(planned: Visits, path: Path, *, lang: Lang) -> None:
    """Write the plan as a GeoPackage with one layer, ``visites``, whose form is ready to fill in.

    The verdict is a list of values, the date a calendar, the rest is read only. The file comes
    back as truth (``foncier validate --truth``) and as evidence (``format = "visits"``).

    Raises
    ------
    ExportError
        The file cannot be written whole.
    """
    rows = table(planned, lang)
    layer = Layer(LAYER, TITLE, VISITS.columns, "MultiPolygon", rows)
    named = {name: one.text[lang] for name, one in VERDICTS.items()}
    named |= {kind: text[lang] for kind, text in KIND_LABELS.items()}
    style = form_style(
        layer,
        classes=kind_classes(lang),
        values=named,
        editable=("verdict", "date", "note"),
        lang=lang,
    )
    title = planned.title if not planned.fictional else f"DONNÉES FICTIVES – {planned.title}"
    single_layer.write_single_layer(
        layer, path, crs=rows.crs, style=style, title=title, day=planned.edition
    )
