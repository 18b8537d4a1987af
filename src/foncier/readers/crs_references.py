"""Definitions of a CRS that name a file or an address: refused before GDAL or PROJ opens it.

PROJ opens what a definition names (a grid of shifts, a mesh, a list of definitions), in any format
that stores definitions as text. A name without a path is a grid that PROJ has by itself.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from foncier._util.gdal import OutsideReferenceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

CHUNK_BYTES, OVERLAP_BYTES = 1 << 24, 1 << 12
# Words that each of `NAMED` needs, and which few files hold.
WORDS = (b"grids", b"parameterfile", b"boundcrs", b"init", b"tinshift", b"defmodel", b"shift")
PATH = rb'(@?[^\s"+]*[/\\][^\s"+]*)'
NAMED = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rb'(?:^|[\s"+,])(?:nad|geoid|xy_|z_)?grids\s*=\s*"?' + PATH,
        rb'(?:^|[\s"+])init\s*=\s*"?' + PATH,
        rb'proj\s*=\s*(?:tinshift|defmodel|deformation|[a-z]*gridshift)\b[^"]*?=\s*' + PATH,
        rb'parameterfile\s*[\[(]\s*"[^"]*"\s*,\s*"([^"]*[/\\][^"]*)',
        rb'proj4_grids"\s*,\s*"([^"]*[/\\][^"]*)',
    )
)
VALUE = re.compile(
    rb'"value"\s*:\s*"([^"]*[/\\][^"]*)', re.IGNORECASE
)  # of a parameter of a PROJJSON
ESCAPED = re.compile(rb"\\u00([2-7][0-9a-f])", re.IGNORECASE)


def check_texts(texts: Iterable[object]) -> None:
    """Check definitions of a CRS.

    Raises
    ------
    OutsideReferenceError
        One names a file or an address.

    Examples
    --------
    >>> check_texts(["EPSG:2154", "+proj=longlat +nadgrids=ntf_r93.gsb"])
    >>> check_texts(["+proj=longlat +nadgrids=/home/me/x.gsb"])
    Traceback (most recent call last):
    foncier._util.gdal.OutsideReferenceError: /home/me/x.gsb
    """
    for text in texts:
        if isinstance(text, str):
            _check(text.encode("utf-8", "replace"))


def check_content(source: Path | bytes) -> None:
    """Check all that is in a file, whatever it is; definitions may be anywhere in it.

    Raises
    ------
    OutsideReferenceError
        A definition of a CRS in it names a file or an address.
    """
    for chunk in _chunks(source):
        _check(chunk)


def _chunks(source: Path | bytes) -> Iterator[bytes]:
    """Parts of a content that overlap by more than a definition."""
    if isinstance(source, bytes):
        for start in range(0, len(source), CHUNK_BYTES):
            yield source[max(0, start - OVERLAP_BYTES) : start + CHUNK_BYTES]
        return
    end = b""
    with source.open("rb") as file:
        while part := file.read(CHUNK_BYTES):
            yield end + part
            end = part[-OVERLAP_BYTES:]


def _check(text: bytes) -> None:
    if b"\\u00" in text:  # JSON may write any letter so
        text = ESCAPED.sub(lambda found: bytes.fromhex(found[1].decode()), text)
    lower = text.lower()
    if not any(word in lower for word in WORDS):
        return
    # Quotes and slashes as JSON writes them, once for each level of texts within texts.
    plain = text.replace(b"\\\\", b"\\").replace(b'\\"', b'"').replace(b'\\"', b'"')
    plain = plain.replace(b"\\/", b"/")
    patterns = (*NAMED, VALUE) if b"boundcrs" in lower else NAMED
    for pattern in patterns:
        found = pattern.search(plain)
        if found is not None:
            raise OutsideReferenceError(found[1].decode("utf-8", "replace"))
