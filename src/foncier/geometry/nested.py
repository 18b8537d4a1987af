"""Collections in collections by thousands, on which GEOS would crash, are read as no geometry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

MOST = 1000  # collections in one geometry: GEOS needs some 100 bytes of stack for each in another
LEAST_DEEP = 9 * MOST  # bytes of WKB of so many collections
# Types of a collection in WKB, with more dimensions, and with the flags of EWKB.
HEADERS = tuple(
    number.to_bytes(4, order)
    for number in (7, 1007, 2007, 3007, *(7 | flag << 29 for flag in range(1, 8)))
    for order in ("little", "big")
)


def read_wkt(values: Iterable[Any]) -> NDArray[np.object_]:
    """Read geometries from WKT; None where missing, invalid, or of more than `MOST` collections.

    Examples
    --------
    >>> read_wkt(["POINT (1 2)", None, "GEOMETRYCOLLECTION (" * 10**5]).tolist()
    [<POINT (1 2)>, None, None]
    """
    texts = [value if isinstance(value, str) and not _is_deep(value) else None for value in values]
    return np.asarray(shapely.from_wkt(texts, on_invalid="ignore"), dtype=object)


def _is_deep(text: str) -> bool:
    return len(text) > MOST and text.upper().count("COLLECTION") > MOST


def without_deep_wkb(values: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return WKB, None in place of a geometry of more than `MOST` collections.

    Examples
    --------
    >>> point = shapely.to_wkb(shapely.Point(1, 2))
    >>> deep = bytes.fromhex("010700000001000000") * 10**5 + point
    >>> [value is None for value in without_deep_wkb(np.array([point, deep], dtype=object))]
    [False, True]
    """
    deep = [n for n, value in enumerate(values) if value is not None and is_deep_wkb(value)]
    if not deep:
        return values
    kept = values.copy()
    kept[deep] = None
    return kept


def is_deep_wkb(value: bytes) -> bool:
    """Tell if WKB has more than `MOST` collections."""
    if len(value) <= LEAST_DEEP or value[1:5] not in HEADERS:
        return False
    return sum(bytes(value).count(header) for header in HEADERS) > MOST
