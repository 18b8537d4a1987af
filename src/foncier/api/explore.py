"""Interactive map of the opportunities, for a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import folium
import pandas as pd
from branca import colormap

from foncier.api.layer import near
from foncier.errors import ConfigError
from foncier.export.words import KIND_COLOURS
from foncier.results.labels import VALUES

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd

SHOWN = ("label", "kind", "area_m2", "confidence", "score", "overall_rank", "opportunity_id")
# Okabe and Ito: distinct for any colour vision.
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442")
UNKNOWN = "#999999"
ROUND = 2  # decimals of a tooltip


def draw(table: gpd.GeoDataFrame, column: str, *, lang: str = "fr", **settings: Any) -> folium.Map:
    """Map of a table of opportunities, coloured by a column.

    Words make one layer each, which the map shows and hides; numbers have a scale, and what is
    unknown is grey.

    Raises
    ------
    ConfigError
        No such column.
    """
    if column not in table or column == "geometry":
        raise ConfigError("api.column_unknown", name=column, near=near(column, table.columns))
    names = list(dict.fromkeys(name for name in (*SHOWN, column) if name in table))
    rows = table.to_crs(4326)
    drawn = rows[["geometry"]].assign(**{name: _texts(rows[name], lang) for name in names})
    page = folium.Map(**{"tiles": "OpenStreetMap", **settings})
    aliases = [table.attrs.get(lang, {}).get(name, name) for name in names]
    for title, part, colour in _parts(drawn, rows[column], page):
        folium.GeoJson(
            part.to_json(),
            name=title,
            style_function=colour,
            tooltip=folium.GeoJsonTooltip(names, aliases),
        ).add_to(page)
    if len(rows):
        west, south, east, north = rows.total_bounds.tolist()
        page.fit_bounds([(south, west), (north, east)])
    folium.LayerControl().add_to(page)
    return page


def _parts(
    drawn: gpd.GeoDataFrame, values: pd.Series[Any], page: folium.Map
) -> list[tuple[str, gpd.GeoDataFrame, Callable[[Any], dict[str, Any]]]]:
    """Layers of the map: title, rows and the style of a row."""
    if pd.api.types.is_numeric_dtype(values) and values.notna().any():
        viridis: Any = colormap.linear.viridis  # type: ignore[attr-defined]
        scale = viridis.scale(float(values.min()), float(values.max()))
        scale.caption = str(values.name)
        scale.add_to(page)
        colours = [UNKNOWN if pd.isna(v) else scale.rgb_hex_str(float(v)) for v in values]
        return [(str(values.name), drawn.assign(colour=colours), _style)]
    words = drawn[str(values.name)]
    order = list(dict.fromkeys(words.sort_values()))
    chosen = {word: PALETTE[n % len(PALETTE)] for n, word in enumerate(order)}
    if values.name == "kind":
        chosen = dict(zip(words, values.map(KIND_COLOURS), strict=True))
    colours = words.map(chosen)
    whole = drawn.assign(colour=colours)
    return [(word or "–", whole[words == word], _style) for word in order]


def _style(feature: Any) -> dict[str, Any]:
    colour = feature["properties"]["colour"]
    return {"color": colour, "fillColor": colour, "weight": 1, "fillOpacity": 0.6}


def _texts(values: pd.Series[Any], lang: str) -> pd.Series[Any]:
    """Cells as a reader sees them: coded values in words, figures rounded, nothing if unknown."""
    if pd.api.types.is_float_dtype(values):
        return values.round(ROUND).map("{:g}".format, na_action="ignore").fillna("")
    known = {code: text[lang] for code, text in VALUES.items()}
    texts = values.astype("str")
    return texts.map(lambda text: known.get(text, text), na_action="ignore").fillna("")
