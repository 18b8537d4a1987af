"""Rasters of the project: the travel times of the result, and the online backgrounds of the IGN."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pyproj

from foncier.export.qgis.environment import render, settings
from foncier.export.qgis.forms import layer_id
from foncier.i18n import localize
from foncier.results.layers import SURFACE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from foncier.i18n import Lang
    from foncier.model import ResultTables

TRAVEL_TIMES = "temps_de_parcours"
WEB_MERCATOR = 3857
# Minutes on foot: up to, colour (ColorBrewer Purples, the fewest minutes the darkest).
MINUTES = ((5, "#54278f"), (10, "#756bb1"), (15, "#9e9ac8"), (20, "#cbc9e2"), (30, "#f2f0f7"))
# Tiles by address: QGIS asks for none before the layer is shown. A WMTS source of QGIS asks for its
# capabilities when the project opens.
TILES = (
    "https://data.geopf.fr/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER={layer}"
    "&STYLE={style}&FORMAT={format}&TILEMATRIXSET=PM&TILEMATRIX={{z}}&TILEROW={{y}}&TILECOL={{x}}"
)


def rasters(result: ResultTables, lang: Lang) -> Iterator[dict[str, Any]]:
    """Rasters of the project of a result, with their names, sources and renderers.

    The travel times are there when the result has them; the file lies beside the GeoPackage.
    """
    times = result.surface
    if times is not None and times.keys:
        band = times.keys.index("loop") if "loop" in times.keys else 0
        key = times.keys[band]
        destination = result.destinations.get(key, key)
        yield _raster(
            TRAVEL_TIMES,
            localize("export.qgis.surface", lang, destination=destination),
            f"./{SURFACE}",
            provider="gdal",
            crs=result.candidates.crs,
            content=render(
                "travel_times.xml", band=band + 1, bands=len(times.keys), classes=MINUTES
            ),
            lang=lang,
        )
    for online in settings()["online"]:
        address = TILES.format(**online)
        yield _raster(
            online["name"],
            online["title"][lang],
            f"type=xyz&url={quote(address, safe='/:')}&zmin=0&zmax=19",
            provider="wms",
            crs=pyproj.CRS.from_epsg(WEB_MERCATOR),
            content=render("tiles.xml"),
            lang=lang,
        )


def _raster(
    name: str,
    title: str,
    source: str,
    *,
    provider: str,
    crs: pyproj.CRS,
    content: str,
    lang: Lang,
) -> dict[str, Any]:
    return {
        "name": name,
        "id": layer_id(name),
        "title": title,
        "note": localize(f"export.qgis.notes.{name}", lang),
        "source": source,
        "provider": provider,
        "crs": crs,
        "content": content,
        "shown": False,
        "geometry": "",
    }
