"""Encoding of the cells of a Shapefile, which its ``.cpg`` may lack or state wrongly."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from foncier.readers import archives, csv_text

VSIZIP = "/vsizip/"
HEADER_BYTES = slice(8, 10)  # length of the header, in the header
GDAL_NAMES = {"cp1252": "CP1252", "mac_roman": "MACINTOSH", "cp850": "CP850"}
PAGE = re.compile(r"(?i)(?:^|\D)(125\d|85\d|437)$")
ISO = re.compile(r"(?i)(?:iso)?[-_ ]?8859[-_ ]?(\d+)$")
UNPRINTED = re.compile(rb"[\x80-\x9f]")  # no letters in ISO 8859, œ and ’ in Windows-1252
ROWS = slice(4, 8)  # number of rows, in the header
ROW_BYTES = slice(10, 12)  # length of a row
SHAPE_HEADER, SHAPE_BYTES = 100, 8  # of the ``.shx``: one entry a shape


def encoding_of(source: object) -> str | None:
    """Encoding to read a Shapefile in; None where it makes no difference, and for other files.

    Cells that are valid UTF-8 with accents are UTF-8. Others are in the encoding of one byte that
    the ``.cpg`` states, else in that whose letters are French. Windows-1252 is often stated as
    ISO-8859-1, which lacks some of its letters.

    Parameters
    ----------
    source
        Path of the file, or ``/vsizip/…/file.shp`` in a zip.
    """
    text = str(source)
    if not text.lower().endswith(".shp"):
        return None
    cells, stated = _parts(text)
    if cells.isascii():
        return None
    try:
        cells.decode("utf-8")
    except UnicodeDecodeError:
        stated = stated.strip()
        if page := PAGE.search(stated):
            return f"CP{page[1]}"
        iso = ISO.fullmatch(stated)
        if iso and not UNPRINTED.search(cells):
            return f"ISO-8859-{iso[1]}"
        return GDAL_NAMES[csv_text.old_encoding(cells)]
    return "UTF-8"


def _parts(text: str) -> tuple[bytes, str]:
    """Cells of the ``.dbf`` and text of the ``.cpg`` beside a ``.shp``, empty where missing."""
    data, cpg = (_beside(text, end) for end in (".dbf", ".cpg"))
    start = int.from_bytes(data[HEADER_BYTES], "little")
    return data[start:], cpg.decode("ascii", "replace")


def _beside(text: str, end: str) -> bytes:
    if not text.startswith(VSIZIP):
        path = Path(text)
        wanted = f"{path.stem}{end}".lower()
        found = next((one for one in path.parent.iterdir() if one.name.lower() == wanted), None)
        return b"" if found is None else found.read_bytes()
    at = text.lower().index(".zip/") + len(".zip")
    packed, member = Path(text[len(VSIZIP) : at]), PurePosixPath(text[at + 1 :])
    wanted = str(member.with_suffix(end)).lower()
    names = archives.zip_members(packed, packed.name)
    name = next((one for one in names if one.lower() == wanted), None)
    return b"" if name is None else archives.zip_member(packed, name)[0]


def has_index(path: Path) -> bool:
    """Tell whether the ``.shx`` of a Shapefile is there: without it GDAL reads nothing."""
    wanted = f"{path.stem}.shx".lower()
    return any(one.name.lower() == wanted for one in path.parent.iterdir())


def lost_rows(path: Path) -> int:
    """Number of shapes of a Shapefile for which the ``.dbf`` has no row: GDAL does not read them.

    0 for any other file.
    """
    if path.suffix.lower() != ".shp":
        return 0
    shapes = (len(_beside(str(path), ".shx")) - SHAPE_HEADER) // SHAPE_BYTES
    data = _beside(str(path), ".dbf")
    if not data:  # shapes without a table
        return 0
    start, width = (int.from_bytes(data[part], "little") for part in (HEADER_BYTES, ROW_BYTES))
    stated = int.from_bytes(data[ROWS], "little")
    held = (len(data) - start) // width if width else stated
    return max(0, shapes - min(stated, held))
