"""The face that sheets are set in, and how wide a text is in it.

DejaVu Sans comes with matplotlib, so that a sheet is the same on every machine; it holds Latin,
Greek, Cyrillic, Arabic, Hebrew and many signs. What it lacks is drawn as a box by the last-resort
face that lies beside it: a text never stops a sheet.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import typst

FAMILY = "DejaVu Sans"
POINT_MM = 25.4 / 72
SET_AT = 100  # points at which widths are read
WIDEST = 1.0  # what a letter that the face lacks may take


def face_folder() -> Path:
    """Folder of the faces."""
    import matplotlib as mpl  # noqa: PLC0415 (slow to import)

    return Path(mpl.get_data_path()) / "fonts" / "ttf"


@cache
def faces() -> typst.Fonts:
    """Faces that the compiler may use, those of this machine left out."""
    import typst  # noqa: PLC0415 (slow to import)

    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[face_folder()]
    )


@cache
def advances(*, bold: bool = False) -> Mapping[str, float]:
    """Width of every letter of the face, as a share of its size.

    Read whole at the first call, which must not be made from several threads at once: the reader
    of faces is not made for them. The table may then be used from any.
    """
    from matplotlib.ft2font import FT2Font, LoadFlags  # noqa: PLC0415 (slow to import)

    face = FT2Font(face_folder() / f"DejaVuSans{'-Bold' if bold else ''}.ttf")
    face.set_size(SET_AT, 72)
    return {
        chr(code): float(face.load_glyph(glyph, flags=LoadFlags.NO_HINTING).linearHoriAdvance)
        / 65536
        / SET_AT
        for code, glyph in face.get_charmap().items()
    }


def width_mm(text: str, size: float, *, bold: bool = False) -> float:
    """Width of a text set at a size in points, in millimetres.

    Examples
    --------
    >>> 17 < width_mm("Rue de la Vallée", 6) < 20
    True
    """
    wide = advances(bold=bold)
    return sum(wide.get(letter, WIDEST) for letter in text) * size * POINT_MM
