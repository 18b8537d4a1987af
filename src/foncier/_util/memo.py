"""Caches of computed values: by row of a table, and by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

Value = TypeVar("Value")
Columns = tuple[np.ndarray[Any, Any], ...]


class RowCache:
    """Columns of values by name; each row is computed the first time that it is needed.

    Parameters
    ----------
    size
        Number of rows.

    Examples
    --------
    >>> cache, asked = RowCache(4), []
    >>> def square(rows):
    ...     asked.extend(rows.tolist())
    ...     return (rows**2,)
    >>> cache.get("square", np.array([1, 3]), square)[0].tolist()
    [1, 9]
    >>> cache.get("square", np.array([1, 2]), square)[0].tolist(), asked
    ([1, 4], [1, 3, 2])
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._values: dict[str, tuple[NDArray[np.bool_], Columns]] = {}

    def get(
        self, name: str, rows: NDArray[np.intp], compute: Callable[[NDArray[np.intp]], Columns]
    ) -> Columns:
        """Columns of these rows; those that are missing are computed together."""
        if name not in self._values:
            computed = compute(rows)
            columns = tuple(np.empty(self.size, dtype=column.dtype) for column in computed)
            self._values[name] = np.zeros(self.size, dtype=np.bool_), columns
            self._store(name, rows, computed)
            return computed
        known, columns = self._values[name]
        new = rows[~known[rows]]
        if len(new):
            self._store(name, new, compute(new))
        return tuple(column[rows] for column in columns)

    def _store(self, name: str, rows: NDArray[np.intp], computed: Columns) -> None:
        known, columns = self._values[name]
        known[rows] = True
        for column, values in zip(columns, computed, strict=True):
            column[rows] = values


class OnceCache:
    """Values by name, each computed the first time that it is needed.

    Examples
    --------
    >>> values = OnceCache()
    >>> values.get("answer", lambda: 42), values.get("answer", lambda: 43)
    (42, 42)
    """

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}

    def get(self, name: str, compute: Callable[[], Value]) -> Value:
        """Return the value of this name."""
        if name not in self._values:
            self._values[name] = compute()
        value: Value = self._values[name]
        return value
