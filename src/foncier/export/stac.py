"""STAC item of a result: what its files are, where and of when, for catalogues of open data."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import shapely

from foncier._util.destination import sha256
from foncier.export import iso
from foncier.i18n import localize
from foncier.results.labels import FICTIONAL

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path

    from foncier.i18n import Lang
    from foncier.model import ResultTables

VERSION = "1.1.0"
EXTENSIONS = (
    "https://stac-extensions.github.io/file/v2.1.0/schema.json",
    "https://stac-extensions.github.io/projection/v2.0.0/schema.json",
)
SHA256 = "1220"  # multihash: SHA-256, 32 bytes
DECIMALS = 6  # of a degree: 0.1 m
# Type and role of each kind of file.
MEDIA = {
    ".gpkg": ("application/geopackage+sqlite3", "data"),
    ".parquet": ("application/vnd.apache.parquet", "data"),
    ".tif": ("image/tiff; application=geotiff", "data"),
    ".csv": ("text/csv", "data"),
    ".html": ("text/html", "overview"),
    ".xml": ("application/xml", "metadata"),
}


def write_item(result: ResultTables, path: Path, names: Sequence[str], *, lang: Lang) -> None:
    """Write the item of a result that lies in the same folder.

    Parameters
    ----------
    result
        The result that was written.
    path
        File of the item.
    names
        Files of the result, relative to the folder of the item; those of another kind than
        `MEDIA` are left out.
    lang
        Language of titles and description.
    """
    text = json.dumps(item(result, path.parent, names, lang=lang), ensure_ascii=False, indent=1)
    path.write_text(f"{text}\n", encoding="utf-8")


def item(result: ResultTables, folder: Path, names: Sequence[str], *, lang: Lang) -> dict[str, Any]:
    """Build the item, as plain values: core of STAC 1.1, extensions ``file`` and ``projection``."""
    west, south, east, north = (round(value, DECIMALS) for value in iso.degrees(result))
    fictional = f"{FICTIONAL[lang]} – " if result.demo else ""
    epsg = result.candidates.crs.to_epsg()
    return {
        "type": "Feature",
        "stac_version": VERSION,
        "stac_extensions": list(EXTENSIONS),
        "id": iso.identifier(result),
        "bbox": [west, south, east, north],
        "geometry": {
            "type": "Polygon",
            "coordinates": [
                [[west, south], [east, south], [east, north], [west, north], [west, south]]
            ],
        },
        "properties": {
            "title": f"{fictional}{result.title}",
            "description": f"{fictional}{localize('export.iso.abstract', lang)}",
            **_times(result),
            "license": "other",
            **_providers(result),
            "proj:code": f"EPSG:{epsg}" if epsg else None,
            "proj:bbox": [round(value, 2) for value in shapely.bounds(result.area).tolist()],
        },
        "links": [],
        "assets": {
            name.replace("/", "-"): _asset(result, folder, name)
            for name in names
            if _suffix(name) in MEDIA
        },
    }


def has_date(result: ResultTables) -> bool:
    """Whether an item can be written: STAC asks for a date, of the result or of its sources."""
    return result.edition is not None or any(report.vintage for report in result.reports)


def _times(result: ResultTables) -> dict[str, Any]:
    """Date of the result; where it has none, the span of its sources."""
    if result.edition is not None:
        return {"datetime": _midnight(result.edition)}
    days = sorted(report.vintage for report in result.reports if report.vintage)
    return {
        "datetime": None,
        "start_datetime": _midnight(days[0]),
        "end_datetime": _midnight(days[-1]),
    }


def _providers(result: ResultTables) -> dict[str, Any]:
    contact = result.contact
    if not contact.organisation:
        return {}
    link = {"url": contact.url} if contact.url else {}
    return {"providers": [{"name": contact.organisation, "roles": ["producer"], **link}]}


def _asset(result: ResultTables, folder: Path, name: str) -> dict[str, Any]:
    media, role = MEDIA[_suffix(name)]
    file = folder / name
    asset: dict[str, Any] = {
        "href": f"./{name}",
        "type": media,
        "roles": [role],
        "file:size": file.stat().st_size,
        "file:checksum": f"{SHA256}{sha256(file)}",
    }
    surface = result.surface
    if _suffix(name) == ".tif" and surface is not None:
        _, lines, columns = surface.minutes.shape
        cell = surface.cell_m
        asset["proj:shape"] = [lines, columns]
        asset["proj:transform"] = [cell, 0.0, surface.west_m, 0.0, -cell, surface.north_m]
        asset["bands"] = [
            {"name": key, "description": result.destinations[key].fr, "unit": "min"}
            for key in surface.keys
        ]
    return asset


def _suffix(name: str) -> str:
    return f".{name.rpartition('.')[2]}"


def _midnight(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"
