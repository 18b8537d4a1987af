"""Interval of the garbage collector while tables of geometries are processed."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ALLOCATIONS = 200_000  # between two collections; the default of 700 is reached every millisecond


@contextmanager
def infrequent_collection() -> Iterator[None]:
    """Collect reference cycles at long intervals: there are millions of geometries, without cycles.

    Examples
    --------
    >>> import gc
    >>> before = gc.get_threshold()
    >>> with infrequent_collection():
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
