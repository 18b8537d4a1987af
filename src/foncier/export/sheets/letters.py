"""The face that sheets are set in, and how wide a text is in it.

DejaVu Sans comes with matplotlib, so that a sheet is the same on every machine; it holds Latin,
Greek, Cyrillic, Arabic, Hebrew and many signs. What it lacks is drawn as a box by the last-resort
face that lies beside it: a text never stops a sheet.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import typst

FAMILY = "DejaVu Sans"
POINT_MM = 25.4 / 72
SET_AT = 100  # points at which widths are read


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
def _face(bold: bool) -> Any:
    from matplotlib.ft2font import FT2Font  # noqa: PLC0415 (slow to import)

    face = FT2Font(face_folder() / f"DejaVuSans{'-Bold' if bold else ''}.ttf")
    face.set_size(SET_AT, 72)
    return face


@cache
def _advance(letter: str, bold: bool) -> float:
    from matplotlib.ft2font import LoadFlags  # noqa: PLC0415 (slow to import)

    glyph = _face(bold).load_char(ord(letter), flags=LoadFlags.NO_HINTING)
    return float(glyph.linearHoriAdvance) / 65536 / SET_AT


def width_mm(text: str, size: float, *, bold: bool = False) -> float:
    """Width of a text set at a size in points, in millimetres.

    Examples
    --------
    >>> 17 < width_mm("Rue de la Vallée", 6) < 20
    True
    """
    return sum(_advance(letter, bold) for letter in text) * size * POINT_MM
