"""How often Python looks for reference cycles while tables of geometries are at work."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ALLOCATIONS = 200_000  # new objects between two looks; Python's own 700 come every millisecond here


@contextmanager
def infrequent_collection() -> Iterator[None]:
    """Look for cycles at long intervals: geometries make none, and there are millions of them.

    Examples
    --------
    >>> import gc
    >>> before = gc.get_threshold()
    >>> with rarely():
    ...     gc.get_threshold()[0]
    200000
    >>> gc.get_threshold() == before
    True
    """
    before = gc.get_threshold()
    gc.set_threshold(ALLOCATIONS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
