"""Map of the sector as a picture that an editable document can hold."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from foncier.errors import ExportError
from foncier.export.report.document import Picture
from foncier.export.sheets.render import TEMPLATES, basemap_around
from foncier.export.sheets.sectormap import sector_map
from foncier.export.sheets.typography import fonts, scale_words
from foncier.i18n import localize

if TYPE_CHECKING:
    from foncier.export.sheets.tables import SheetTables
    from foncier.i18n import Lang

MAP_MM = (165.0, 150.0)
PER_INCH = 200.0
TEMPLATE = "picture.typ"


def sector_picture(tables: SheetTables, lang: Lang) -> Picture:
    """Map of the sector with its sites, as a PNG."""
    drawn = sector_map(tables, basemap_around(tables, []), lang, size_mm=MAP_MM)
    scale = scale_words(drawn.scale, lang)
    return Picture(
        _png(drawn.svg),
        *MAP_MM,
        localize("export.sheets.alt_sector", lang, scale=scale, count=len(tables.sites)),
        localize("export.densification.caption_map", lang, scale=scale),
    )


def _png(svg: str) -> bytes:
    import typst  # noqa: PLC0415 (slow to import)

    data = json.dumps({"svg": svg, "width": MAP_MM[0], "height": MAP_MM[1]})
    try:
        compiler = typst.Compiler(
            TEMPLATES / TEMPLATE, root=TEMPLATES, font_paths=fonts(), ignore_system_fonts=True
        )
        png = compiler.compile(format="png", ppi=PER_INCH, sys_inputs={"data": data})
    except typst.TypstError as reason:
        raise ExportError(
            "export.sheets.layout_failed", template=TEMPLATE, why=reason.message
        ) from reason
    return bytes(png)  # type: ignore[arg-type]  # one page: bytes, never a list
