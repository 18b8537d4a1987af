"""Make the sheets and the leaflet of a result, whole or not at all."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
import shapely

from foncier._util.atomic_write import MANIFEST, write_atomically
from foncier.errors import ConfigError, ExportError
from foncier.export.sheets import content, leaflet, sitemap
from foncier.export.sheets.basemap import Basemap, prepare
from foncier.export.sheets.canvas import photo, site_photo
from foncier.export.sheets.select import Choice, select_sites
from foncier.export.sheets.tables import SheetTables, read_sheet_tables, read_tests
from foncier.export.sheets.typography import (
    advances,
    faces,
    is_known,
    scale_words,
)
from foncier.export.sheets.words import WORDS, word
from foncier.results.explain import parcels_of
from foncier.results.manifest import to_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd

    from foncier.i18n import Lang
    from foncier.results import SavedResult

TEMPLATES = Path(__file__).parent / "templates"
# PDF/UA-1 (ISO 14289-1): tagged, titled, in a language, pictures described.
STANDARD: Literal["ua-1"] = "ua-1"
LEAFLET, ALL = "plaquette.pdf", "fiches.pdf"
UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
LONGEST_NAME = 60
NOWHERE = np.zeros((1, 4))
SPREAD = 50  # times as large as what is printed: then sites are read one by one
ALL_FIRST = Choice()  # the first sites of all


@dataclass(frozen=True)
class PrintedSheets:
    """What was printed: the names of the files in their folder, and the sites in their order."""

    folder: Path
    files: tuple[str, ...]
    sites: tuple[str, ...]


def print_sheets(
    folder: Path, out: Path, *, choice: Choice = ALL_FIRST, lang: Lang = "fr", workers: int = 2
) -> PrintedSheets:
    """Print an A4 sheet a site, all of them in one file, and the leaflet of the sector.

    Parameters
    ----------
    folder
        A result, as ``foncier run`` delivers it; nothing else is read.
    out
        Where the PDF files go: ``<rank>-<id>.pdf``, ``fiches.pdf`` (all of them in one),
        ``plaquette.pdf``. Sheets of a former printing that are not printed again are removed,
        unless they were changed since.
    choice
        Which sites; none of them (``top`` 0) prints the leaflet alone.
    workers
        Threads; the files do not depend on it.

    Returns
    -------
    The names of the files. The same result gives the same bytes. Every file is PDF/UA-1: tagged,
    its faces embedded, its language and title said.

    Raises
    ------
    ConfigError
        No result there, no such site, or ``out`` is the folder of a result.
    FormatError
        The result is mixed or cannot be read.
    ExportError
        A file cannot be written; the former ones are intact.
    """
    _refuse_result(out)
    given = read_sheet_tables(folder)
    rows = select_sites(given, choice)
    press = Press(given, rows, lang)
    with ThreadPoolExecutor(max_workers=max(1, workers)) as pool:
        leaflet_to_come = pool.submit(press.leaflet)
        printed = list(pool.map(press.both, rows))
    made = {name: pdf for name, (_, pdf) in zip(names(given, rows), printed, strict=True)}
    if printed:
        every = [sheet for sheet, _ in printed]
        made[ALL] = press.print("sheet.typ", word("sheets_title", lang), sheets=every)
    made[LEAFLET] = leaflet_to_come.result()
    write = {name: partial(_write, data) for name, data in made.items()}
    told = {"result": given.manifest["deliverables"], "lang": lang}
    write_atomically(
        out,
        write,
        manifest=lambda done: to_json({**told, "deliverables": done}),
        removable=lambda name: name.endswith(".pdf"),
    )
    return PrintedSheets(out, tuple(made), tuple(given.sites["opportunity_id"].iloc[rows]))


def _write(data: bytes, path: Path) -> None:
    path.write_bytes(data)


def _refuse_result(out: Path) -> None:
    """Sheets have a manifest of their own: in the folder of a result it would take its place.

    Raises
    ------
    ConfigError
        A result lies there.
    """
    try:
        told = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    if isinstance(told, dict) and "configuration" in told:
        raise ConfigError(
            f"--out {out}\u00a0: ce dossier est celui d'un résultat, dont les fiches "
            f"remplaceraient le manifeste. Donnez un autre dossier, par exemple {out / 'fiches'}."
        )


def names(given: SheetTables, rows: Sequence[int]) -> list[str]:
    """File name of each sheet: rank and id, safe on any system, no two alike.

    An unranked site bears ``sr`` in the place of its rank.
    """
    found: dict[str, None] = {}
    for row in rows:
        site = given.sites.iloc[row]
        rank = f"{int(site['overall_rank']):03d}" if is_known(site["overall_rank"]) else "sr"
        id_ = UNSAFE.sub("-", site["opportunity_id"])[:LONGEST_NAME].strip(".-") or "site"
        name, n = f"{rank}-{id_}.pdf", 2
        while name.lower() in {one.lower() for one in found}:
            name, n = f"{rank}-{id_}-{n}.pdf", n + 1
        found[name] = None
    return list(found)


class Press:
    """What all the sheets of a run share: the ground, the words, the compilers."""

    def __init__(self, given: SheetTables, rows: Sequence[int], lang: Lang) -> None:
        """Read what lies around the sites and prepare it once."""
        self.given, self.lang = given, lang
        for bold in (False, True):
            advances(bold=bold)  # here, before there are threads
        sites = [given.sites.iloc[row] for row in rows]
        parcels = sorted({p for site in sites for p in parcels_of(site["parcel_ids"])})
        self.tests = read_tests(given.result, parcels)
        self.ground = _around(given, [site.geometry for site in sites])
        self.unders = {
            frame: sitemap.locator_ground(frame, self.ground)
            for frame in dict.fromkeys(
                sitemap.locator_window(given, self.ground, site.geometry) for site in sites
            )
        }
        self.frame = content.frame(given, lang)
        self.words = {key: text[lang] for key, text in WORDS.items()}
        self.logo = photo(given, given.leaflet.get("logo"), word("alt_logo", lang), lang)

    def sheet(self, row: int) -> dict[str, Any]:
        """Words and maps of a site."""
        given, lang, site = self.given, self.lang, self.given.sites.iloc[row]
        told = content.sheet(given, row, self.tests, lang)
        near = sitemap.site_map(given, self.ground, row, parcels_of(site["parcel_ids"]), lang)
        frame = sitemap.locator_window(given, self.ground, site.geometry)
        far = sitemap.locator(given, self.ground, row, self.unders[frame], lang)
        name = told["head"]["title"]
        return {
            **told,
            "map": {
                **_map(near, "alt_site", name, lang),
                "shows": sorted(near.shows),
                "rough": site["perimeter"] in ("emprise_approximative", "point_seul"),
            },
            "locator": _map(far, "alt_locator", name, lang),
            "photo": site_photo(given, site["opportunity_id"], word("alt_photo", lang), lang),
        }

    def both(self, row: int) -> tuple[dict[str, Any], bytes]:
        """Sheet of a site, as values and as PDF."""
        sheet = self.sheet(row)
        return sheet, self.print("sheet.typ", sheet["head"]["title"], sheets=[sheet])

    def leaflet(self) -> bytes:
        """PDF of the leaflet of the sector."""
        told = leaflet.leaflet(self.given, self.ground, self.lang)
        title = f"{self.frame['study']} – {word('leaflet', self.lang)}"
        return self.print("leaflet.typ", title, **told)

    def print(
        self, template: str, title: str, *, sheets: Sequence[Mapping[str, Any]] = (), **more: Any
    ) -> bytes:
        """Compile a template with its data, which it reads as JSON: no text of theirs is code."""
        data = {
            "title": title,
            "words": self.words,
            "frame": self.frame,
            "logo": self.logo,
            "sites": sheets,
            "has_axis": bool(len(self.ground.axis)),
            "has_loop": bool(len(self.ground.loop)),
            "has_area": bool(len(self.ground.area)),
            **more,
        }
        return compiled(template, data)


def compiled(template: str, data: Mapping[str, Any]) -> bytes:
    """Compile a template of the package to PDF.

    Raises
    ------
    ExportError
        The compiler refuses; its message is kept.
    """
    import typst  # noqa: PLC0415 (slow to import)

    text = json.dumps(data, ensure_ascii=False, allow_nan=False)
    try:
        compiler = typst.Compiler(
            TEMPLATES / template, root=TEMPLATES, font_paths=faces(), ignore_system_fonts=True
        )
        made = compiler.compile(
            format="pdf", sys_inputs={"data": text}, pdf_standards=[STANDARD], timestamp=0
        )
    except typst.TypstError as reason:
        raise ExportError(
            f"{template}\u00a0: la mise en page a échoué ({reason.message}). Relancez avec "
            "--debug et signalez l'erreur avec ce message."
        ) from reason
    return bytes(made)  # type: ignore[arg-type]  # one PDF: bytes, never a list of pages


def _map(drawn: sitemap.Drawn, alt: str, name: str, lang: Lang) -> dict[str, Any]:
    scale = scale_words(drawn.scale, lang)
    return {
        "svg": drawn.svg,
        "scale": word("scale", lang, scale=scale),
        "alt": word(alt, lang, scale=scale, name=name),
    }


def _around(given: SheetTables, shapes: Sequence[shapely.Geometry]) -> Basemap:
    """Buildings and parcels near these sites, then the whole ground; none for no site."""
    frames = np.array([sitemap.site_window(shape).bounds for shape in shapes]).reshape(-1, 4)
    boxes = _boxes(frames) if len(frames) else NOWHERE
    buildings = _within(given.result, "batiments", boxes, [])
    parcels = _within(given.result, "parcelles_ecartees", boxes, ["parcel_id"])
    return prepare(given, buildings, parcels)


def _boxes(frames: Any) -> Any:
    """What to read: the box of all frames, or each of them where they lie far apart."""
    whole = np.concatenate([frames[:, :2].min(axis=0), frames[:, 2:].max(axis=0)])
    wide, high = whole[2:] - whole[:2]
    asked = ((frames[:, 2] - frames[:, 0]) * (frames[:, 3] - frames[:, 1])).sum()
    return whole[None] if wide * high <= SPREAD * asked else frames


def _within(result: SavedResult, layer: str, boxes: Any, columns: list[str]) -> gpd.GeoDataFrame:
    """Rows of a layer that meet some boxes, each once."""
    read = [result.table(layer, bbox=(*box.tolist(),), columns=columns) for box in boxes]
    if len(read) == 1:
        return read[0]
    both = pd.concat([rows for rows in read if len(rows)] or read[:1], ignore_index=True)
    return both[~pd.Series(shapely.to_wkb(both.geometry.array)).duplicated().to_numpy()]
