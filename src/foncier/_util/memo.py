"""Memoisation: values by name, computed at the first request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

Value = TypeVar("Value")
Columns = tuple[np.ndarray[Any, Any], ...]


class RowCache:
    """Columns of values by name; each row is computed at its first request.

    Parameters
    ----------
    size
        Number of rows.

    Examples
    --------
    >>> cache, computed = RowCache(4), []
    >>> def square(rows):
    ...     computed.extend(rows.tolist())
    ...     return (rows**2,)
    >>> cache.of("square", np.array([1, 3]), square)[0].tolist()
    [1, 9]
    >>> cache.of("square", np.array([1, 2]), square)[0].tolist(), computed
    ([1, 4], [1, 3, 2])
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._columns: dict[str, tuple[NDArray[np.bool_], Columns]] = {}

    def of(
        self, name: str, rows: NDArray[np.intp], compute: Callable[[NDArray[np.intp]], Columns]
    ) -> Columns:
        """Columns of these rows; those that are not known are computed together."""
        if name not in self._columns:
            values = compute(rows)
            columns = tuple(np.empty(self.size, dtype=column.dtype) for column in values)
            self._columns[name] = np.zeros(self.size, dtype=np.bool_), columns
            self._store(name, rows, values)
            return values
        known, columns = self._columns[name]
        new = rows[~known[rows]]
        if len(new):
            self._store(name, new, compute(new))
        return tuple(column[rows] for column in columns)

    def _store(self, name: str, rows: NDArray[np.intp], values: Columns) -> None:
        known, columns = self._columns[name]
        known[rows] = True
        for column, new in zip(columns, values, strict=True):
            column[rows] = new


class OnceCache:
    """Values by name, each computed at its first request.

    Examples
    --------
    >>> cache = OnceCache()
    >>> cache.of("answer", lambda: 42), cache.of("answer", lambda: 43)
    (42, 42)
    """

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}

    def of(self, name: str, compute: Callable[[], Value]) -> Value:
        """Return the value of a name."""
        if name not in self._values:
            self._values[name] = compute()
        value: Value = self._values[name]
        return value
