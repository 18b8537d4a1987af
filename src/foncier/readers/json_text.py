"""GeoJSON in another encoding than UTF-8, rewritten for GDAL."""

from __future__ import annotations

import codecs
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from foncier.readers import csv_text, files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from foncier.model import LayerFile
    from foncier.readers.report import Journal

SUFFIXES = (".geojson", ".json")
CHUNK_BYTES = 2**20


@contextmanager
def as_utf8(file: LayerFile, journal: Journal) -> Iterator[LayerFile]:
    """A GeoJSON in UTF-8: the file itself, else a copy of it, with a note on its encoding.

    Any other file is yielded as it is.
    """
    path = file.path
    if file.frame is not None or path.suffix.lower() not in SUFFIXES or not path.is_file():
        yield file
        return
    if _is_utf8(path):
        yield file
        return
    text = csv_text.decode(path.read_bytes(), file.shown, journal)
    with files.scratch(file.shown) as folder:
        copy = folder / path.name
        copy.write_text(text, encoding="utf-8")
        yield replace(file, path=copy)


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as source:
            while chunk := source.read(CHUNK_BYTES):
                decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
