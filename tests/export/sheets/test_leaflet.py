"""The leaflet: two full pages with any number of sites, no name under a symbol, its texts."""

from __future__ import annotations

import dataclasses
import json
import re
from io import BytesIO
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import segno
import shapely
from pypdf import PdfReader

from foncier.export.sheets import leaflet
from foncier.export.sheets.canvas import POINT_MM
from foncier.export.sheets.leaflet_texts import lettings, map_link, qr_code
from foncier.export.sheets.render import SheetPrinter, basemap_around, free_mm
from foncier.export.sheets.sectormap import sector_map, services_map
from foncier.export.sheets.tables import SheetTables, read_sheet_tables
from foncier.export.sheets.typography import width_mm

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from foncier.model import ResultTables

SIZE = (182.0, 130.0)
SYMBOL = re.compile(r'<g transform="translate\(([\d.-]+) ([\d.-]+)\) scale\(([\d.]+)\)">')
DISC = re.compile(r'<circle cx="([\d.-]+)" cy="([\d.-]+)" r="([\d.]+)"')
NAME = re.compile(
    r'<text x="([\d.-]+)" y="([\d.-]+)" [^>]*?font-size="([\d.]+)" fill="[^"]+" '
    r'text-anchor="(\w+)" font-weight="700"[^>]*paint-order[^>]*>([^<]+)<'
)


@pytest.fixture(scope="module")
def tables(demo_folder: Path) -> SheetTables:
    return read_sheet_tables(demo_folder)


def of_size(tables: SheetTables, count: int) -> SheetTables:
    """The result with so many sites: the first ones, or copies beside them."""
    parts = []
    for turn in range(max(1, -(-count // len(tables.sites)))):
        sites = tables.sites.set_geometry(tables.sites.geometry.translate(9.0 * turn, 5.0 * turn))
        parts.append(
            sites.assign(
                opportunity_id=sites["opportunity_id"] + (f"-{turn}" if turn else ""),
                overall_rank=sites["overall_rank"] + turn * len(sites),
            )
        )
    whole = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=tables.sites.crs)
    return dataclasses.replace(tables, sites=whole.head(count))


@pytest.mark.parametrize("count", [0, 3, 63, 137, 500])
def test_two_full_pages_with_any_number_of_sites(tables: SheetTables, count: int) -> None:
    printer = SheetPrinter(of_size(tables, count), [], "fr")
    assert len(PdfReader(BytesIO(printer.leaflet())).pages) == 2
    data = leaflet.leaflet(printer.tables, printer.basemap, "fr")
    left = free_mm("leaflet.typ", printer._data("t", **data))
    assert len(left) == 2
    larger = leaflet.larger_maps(printer.tables, printer.basemap, "fr", left)
    again = free_mm("leaflet.typ", printer._data("t", **{**data, **larger}))
    assert max(again) < 12, "a legend may take a line more or less, no more is left empty"


@pytest.mark.parametrize("count", [3, 63, 275, 500])
@pytest.mark.parametrize("draw", [sector_map, services_map])
def test_no_name_is_under_a_symbol(tables: SheetTables, count: int, draw: Any) -> None:
    sized = of_size(tables, count)
    svg = draw(sized, basemap_around(sized, []), "fr", size_mm=SIZE).svg
    names = []
    for x, y, size, anchor, text in NAME.findall(svg):
        wide, high = width_mm(text, float(size) / POINT_MM, bold=True), float(size)
        start = float(x) - {"start": 0.0, "end": wide, "middle": wide / 2}[anchor]
        names.append(shapely.box(start, float(y) - high * 0.7, start + wide, float(y)))
    centres = [
        (float(x) + 14 * float(s), float(y) + 14 * float(s), 10 * float(s))
        for x, y, s in SYMBOL.findall(svg)
    ]
    centres += [(float(x), float(y), float(r) * 0.9) for x, y, r in DISC.findall(svg)]
    symbols = [shapely.Point(x, y).buffer(r) for x, y, r in centres]
    assert symbols
    if count <= 63:
        assert names, "names are written where there is space"
    hidden = shapely.STRtree(np.array(symbols)).query(np.array(names), predicate="intersects")
    assert hidden.size == 0, [shapely.centroid(names[n]).wkt for n in hidden[0]]


def test_texts_of_the_study_and_what_it_does_not_state(
    delivered: Callable[..., Path], small_result: ResultTables
) -> None:
    settings = {
        "map_url": "https://carte.exemple.fr/amiens",
        "partners": ["Chambre de commerce", "Université"],
        "testimonies": [{"text": "On vient à pied.", "who": "Un atelier"}],
        "premises": [
            {"name": "Bureau 12", "area_m2": 35.0, "rent": "180 €/m²/an", "available": "mai"},
            {"name": "Atelier 3", "contact": "01 23 45 67 89"},
        ],
    }
    tables = read_sheet_tables(delivered(small_result, leaflet=settings))
    pdf = SheetPrinter(tables, [], "fr").leaflet()
    pages = [page.extract_text() for page in PdfReader(BytesIO(pdf)).pages]
    assert len(pages) == 2
    text = " ".join(pages[1].replace("\u00a0", " ").replace("\u202f", " ").split())
    for expected in (
        "Locaux à louer",
        "Bureau 12 Surface : 35 m² · Loyer : 180 €/m²/an · Disponibilité : mai · Contact : non ind",
        "Atelier 3 Surface : non indiqué · Loyer : non indiqué",
        "Contact : 01 23 45 67 89",
        "On vient à pied.",
        "Un atelier",
        "Chambre de commerce · Université",
        "https://carte.exemple.fr/amiens",
    ):
        assert expected in text, text


def test_free_premises_of_a_list_are_named_without_invented_figures(tables: SheetTables) -> None:
    rows = [row for row in lettings(tables, "fr")["rows"] if row["marker"]]
    words = json.dumps(rows, ensure_ascii=False).replace("\u00a0", " ").replace("\u202f", " ")
    assert "Locaux libres : 100 % (liste du 03/11/2025)" in words
    assert "Locaux libres : 42 %" in words
    assert "Surface, loyer et contact : non indiqués" in words
    assert len(rows) == 2, "premises that are all occupied are not to let"


@pytest.mark.parametrize("address", ["https://exemple.fr", "https://exemple.fr/" + "é&?=" * 60])
def test_the_code_is_that_of_the_address(address: str) -> None:
    dark = {(int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", qr_code(address))}
    rows = segno.make_qr(address, error="m", boost_error=False).matrix
    expected = {(x + 4, y + 4) for y, row in enumerate(rows) for x, cell in enumerate(row) if cell}
    assert dark == expected


def test_a_study_without_a_link_has_no_code() -> None:
    assert map_link({}, "fr") is None
