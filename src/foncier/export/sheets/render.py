"""Print the sheets and the leaflet of a result, written atomically."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
import shapely

from foncier._util.atomic_write import write_atomically
from foncier._util.destination import MANIFEST, Owner, subject_of
from foncier.errors import ExportError
from foncier.export.sheets import content, leaflet, sitemap
from foncier.export.sheets.basemap import Basemap, prepare
from foncier.export.sheets.canvas import photo, site_photo
from foncier.export.sheets.select import Choice, select_sites
from foncier.export.sheets.tables import SheetTables, read_sheet_tables, read_tests
from foncier.export.sheets.typography import (
    advances,
    fonts,
    is_known,
    scale_words,
)
from foncier.i18n import label, localize
from foncier.i18n.catalog import messages
from foncier.results.explain import parcels_of
from foncier.results.manifest import result_files, to_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import geopandas as gpd
    import typst

    from foncier.i18n import Lang
    from foncier.results import SavedResult

TEMPLATES = Path(__file__).parent / "templates"
# PDF/UA-1 (ISO 14289-1): tagged, titled, in a language, pictures described.
STANDARD: Literal["ua-1"] = "ua-1"
LEAFLET, ALL = "plaquette.pdf", "fiches.pdf"
UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
LONGEST_NAME = 60
NOWHERE = np.zeros((1, 4))
SPREAD = 50  # common box over printed area; beyond, sites are read one by one
DEFAULT_CHOICE = Choice()  # the first sites


@dataclass(frozen=True)
class PrintedSheets:
    """Names of the printed files in their folder, and the sites in their order.

    ``set_aside`` are copies of former sheets that somebody had changed.
    """

    folder: Path
    files: tuple[str, ...]
    sites: tuple[str, ...]
    set_aside: tuple[Path, ...] = ()


def print_sheets(
    folder: Path,
    out: Path,
    *,
    choice: Choice = DEFAULT_CHOICE,
    lang: Lang = "fr",
    workers: int = 2,
    replace: bool = False,
) -> PrintedSheets:
    """Print an A4 sheet per site, all of them in one file, and the leaflet of the sector.

    Parameters
    ----------
    folder
        A result of ``foncier run``; nothing else is read.
    out
        Where the PDF files go: ``<rank>-<id>.pdf``, ``fiches.pdf`` (all of them in one),
        ``plaquette.pdf``. Former sheets that are not printed again are removed,
        unless they were changed.
    choice
        Which sites; none of them (``top`` 0) prints the leaflet alone.
    workers
        Threads; the files do not depend on it.
    replace
        Replace files of others in ``out`` too, but none of the result.

    Returns
    -------
    The names of the files. The same result gives the same bytes. Every file is PDF/UA-1: tagged,
    fonts embedded, with language and title.

    Raises
    ------
    ConfigError
        No result there, no such site, or files in ``out`` that may not be replaced.
    FormatError
        The result is mixed or cannot be read.
    ExportError
        A file cannot be written; the former ones are intact.
    """
    owner = Owner("sheets", (subject_of(out, folder),), result_files(folder), replace)
    owner.check(out, (MANIFEST, ALL, LEAFLET))
    tables = read_sheet_tables(folder)
    rows = select_sites(tables, choice)
    files = _print_files(tables, rows, lang, workers)
    write = {name: partial(_write, data) for name, data in files.items()}
    entries = {"result": tables.manifest["deliverables"], "lang": lang}
    write_atomically(
        out,
        write,
        manifest=lambda done: to_json({**entries, "deliverables": done}),
        removable=lambda name: name.endswith(".pdf"),
        owner=owner,
    )
    sites = tuple(tables.sites["opportunity_id"].iloc[rows])
    return PrintedSheets(out, tuple(files), sites, tuple(owner.set_aside))


def _print_files(
    tables: SheetTables, rows: Sequence[int], lang: Lang, workers: int
) -> dict[str, bytes]:
    """PDF files by name: one per site, all of them in one, and the leaflet."""
    printer = SheetPrinter(tables, rows, lang)
    with ThreadPoolExecutor(max_workers=max(1, workers)) as pool:
        leaflet_pdf = pool.submit(printer.leaflet)
        printed = list(pool.map(printer.sheet_and_pdf, rows))
    files = {name: pdf for name, (_, pdf) in zip(names(tables, rows), printed, strict=True)}
    if printed:
        sheets = [sheet for sheet, _ in printed]
        title = localize("export.sheets.sheets_title", lang)
        files[ALL] = printer.print("sheet.typ", title, sheets=sheets)
    files[LEAFLET] = leaflet_pdf.result()
    return files


def _write(data: bytes, path: Path) -> None:
    path.write_bytes(data)


def names(tables: SheetTables, rows: Sequence[int]) -> list[str]:
    """File name of each sheet: rank and id, safe on any system, no two alike.

    The name of an unranked site has ``sr`` in place of the rank.
    """
    unique: dict[str, None] = {}
    for row in rows:
        site = tables.sites.iloc[row]
        rank = f"{int(site['overall_rank']):03d}" if is_known(site["overall_rank"]) else "sr"
        id_ = UNSAFE.sub("-", site["opportunity_id"])[:LONGEST_NAME].strip(".-") or "site"
        name, n = f"{rank}-{id_}.pdf", 2
        while name.lower() in {one.lower() for one in unique}:
            name, n = f"{rank}-{id_}-{n}.pdf", n + 1
        unique[name] = None
    return list(unique)


class SheetPrinter:
    """Print the sheets of a result: base map, words and tests are prepared once for all."""

    def __init__(self, tables: SheetTables, rows: Sequence[int], lang: Lang) -> None:
        """Read what lies around the sites and prepare it once."""
        self.tables, self.lang = tables, lang
        for bold in (False, True):
            advances(bold=bold)  # before the threads start: the font reader is not thread-safe
        sites = [tables.sites.iloc[row] for row in rows]
        parcels = sorted({p for site in sites for p in parcels_of(site["parcel_ids"])})
        self.tests = read_tests(tables.result, parcels)
        self.basemap = basemap_around(tables, [site.geometry for site in sites])
        self.locator_basemaps = {
            frame: sitemap.locator_basemap(frame, self.basemap)
            for frame in dict.fromkeys(
                sitemap.locator_window(tables, self.basemap, site.geometry) for site in sites
            )
        }
        self.frame = content.frame(tables, lang)
        self.words = page_words(lang)
        self.logo = photo(
            tables, tables.leaflet.get("logo"), localize("export.sheets.alt_logo", lang), lang
        )

    def sheet(self, row: int) -> dict[str, Any]:
        """Words and maps of a site."""
        tables, lang, site = self.tables, self.lang, self.tables.sites.iloc[row]
        texts = content.sheet(tables, row, self.tests, lang)
        near = sitemap.site_map(tables, self.basemap, row, parcels_of(site["parcel_ids"]), lang)
        frame = sitemap.locator_window(tables, self.basemap, site.geometry)
        far = sitemap.locator(tables, self.basemap, row, self.locator_basemaps[frame], lang)
        name, photo_alt = texts["head"]["title"], label("export.sheets.alt_photo")[lang]
        return {
            **texts,
            "map": {
                **_map(near, "export.sheets.alt_site", name, lang),
                "shows": sorted(near.shows),
                "rough": site["perimeter"] in ("emprise_approximative", "point_seul"),
            },
            "locator": _map(far, "export.sheets.alt_locator", name, lang),
            "photo": site_photo(tables, site["opportunity_id"], photo_alt, lang),
        }

    def sheet_and_pdf(self, row: int) -> tuple[dict[str, Any], bytes]:
        """Sheet of a site, as values and as PDF."""
        sheet = self.sheet(row)
        return sheet, self.print("sheet.typ", sheet["head"]["title"], sheets=[sheet])

    def leaflet(self) -> bytes:
        """PDF of the leaflet of the sector."""
        data = leaflet.leaflet(self.tables, self.basemap, self.lang)
        title = f"{self.frame['study']} – {self.words['leaflet']}"
        # The smallest maps first: what they leave of each page makes them higher.
        left = free_mm("leaflet.typ", self._data(title, **data))
        maps = leaflet.larger_maps(self.tables, self.basemap, self.lang, left)
        return self.print("leaflet.typ", title, **{**data, **maps})

    def print(
        self, template: str, title: str, *, sheets: Sequence[Mapping[str, Any]] = (), **more: Any
    ) -> bytes:
        """Compile a template with its data, read as JSON: no text of the data is code."""
        return compiled(template, self._data(title, sheets, **more))

    def _data(
        self, title: str, sheets: Sequence[Mapping[str, Any]] = (), **more: Any
    ) -> dict[str, Any]:
        return {
            "title": title,
            "words": self.words,
            "frame": self.frame,
            "logo": self.logo,
            "sites": sheets,
            "has_axis": bool(len(self.basemap.axis)),
            "has_loop": bool(len(self.basemap.loop)),
            "has_area": bool(len(self.basemap.area)),
            **more,
        }


def page_words(lang: Lang) -> dict[str, str]:
    """Words of the templates from the catalogue, by key."""
    prefix = "export.sheets.page."
    keys = [one.removeprefix(prefix) for one in messages(lang) if one.startswith(prefix)]
    return {key: label(f"export.sheets.page.{key}")[lang] for key in keys}


def compiled(template: str, data: Mapping[str, Any]) -> bytes:
    """Compile a template of the package to PDF.

    Raises
    ------
    ExportError
        The compiler refuses; its message is kept.
    """
    with _compiler(template, data) as compiler:
        pdf = compiler.compile(format="pdf", pdf_standards=[STANDARD], timestamp=0)
    return bytes(pdf)  # type: ignore[arg-type]  # one PDF: bytes, never a list of pages


def free_mm(template: str, data: Mapping[str, Any]) -> list[float]:
    """Height left empty on each page, in millimetres, as the template measures it (``<free>``)."""
    with _compiler(template, data) as compiler:
        found = compiler.query("<free>", field="value")
    return [float(one) for one in json.loads(found)]


@contextmanager
def _compiler(template: str, data: Mapping[str, Any]) -> Iterator[typst.Compiler]:
    import typst  # noqa: PLC0415 (slow to import)

    text = json.dumps(data, ensure_ascii=False, allow_nan=False)
    try:
        yield typst.Compiler(
            TEMPLATES / template,
            root=TEMPLATES,
            font_paths=fonts(),
            ignore_system_fonts=True,
            sys_inputs={"data": text},
        )
    except typst.TypstError as reason:
        raise ExportError(
            "export.sheets.layout_failed", template=template, why=reason.message
        ) from reason


def _map(drawn: sitemap.SiteMap, alt: str, name: str, lang: Lang) -> dict[str, Any]:
    scale = scale_words(drawn.scale, lang)
    return {
        "svg": drawn.svg,
        "scale": localize("export.sheets.scale", lang, scale=scale),
        "alt": localize(alt, lang, scale=scale, name=name),
    }


def basemap_around(tables: SheetTables, shapes: Sequence[shapely.Geometry]) -> Basemap:
    """Base map of all sites, with the buildings and parcels near those that are printed."""
    frames = np.array([sitemap.site_window(shape).bounds for shape in shapes]).reshape(-1, 4)
    boxes = _boxes(frames) if len(frames) else NOWHERE
    buildings = _within(tables.result, "batiments", boxes, [])
    parcels = _within(tables.result, "parcelles_ecartees", boxes, ["parcel_id"])
    return prepare(tables, buildings, parcels)


def _boxes(frames: Any) -> Any:
    """Boxes to read: one around all frames, or each of them where they are far apart."""
    whole = np.concatenate([frames[:, :2].min(axis=0), frames[:, 2:].max(axis=0)])
    wide, high = whole[2:] - whole[:2]
    needed = ((frames[:, 2] - frames[:, 0]) * (frames[:, 3] - frames[:, 1])).sum()
    return whole[None] if wide * high <= SPREAD * needed else frames


def _within(result: SavedResult, layer: str, boxes: Any, columns: list[str]) -> gpd.GeoDataFrame:
    """Rows of a layer that meet some boxes, each once."""
    read = [result.table(layer, bbox=(*box.tolist(),), columns=columns) for box in boxes]
    if len(read) == 1:
        return read[0]
    both = pd.concat([rows for rows in read if len(rows)] or read[:1], ignore_index=True)
    return both[~pd.Series(shapely.to_wkb(both.geometry.array)).duplicated().to_numpy()]
