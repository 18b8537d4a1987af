"""Values of parcels that were worked out once and are asked for again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

Kept = TypeVar("Kept")
Columns = tuple[np.ndarray[Any, Any], ...]


class RowCache:
    """Columns of values by name; each row is worked out the first time that it is asked for.

    Parameters
    ----------
    size
        Number of rows.

    Examples
    --------
    >>> memory, asked = RowCache(4), []
    >>> def square(rows):
    ...     asked.extend(rows.tolist())
    ...     return (rows**2,)
    >>> memory.of("square", np.array([1, 3]), square)[0].tolist()
    [1, 9]
    >>> memory.of("square", np.array([1, 2]), square)[0].tolist(), asked
    ([1, 4], [1, 3, 2])
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._kept: dict[str, tuple[NDArray[np.bool_], Columns]] = {}

    def of(
        self, name: str, rows: NDArray[np.intp], work: Callable[[NDArray[np.intp]], Columns]
    ) -> Columns:
        """Columns of these rows; those not known yet are worked out together."""
        if name not in self._kept:
            fresh = work(rows)
            columns = tuple(np.empty(self.size, dtype=column.dtype) for column in fresh)
            self._kept[name] = np.zeros(self.size, dtype=np.bool_), columns
            self._keep(name, rows, fresh)
            return fresh
        known, columns = self._kept[name]
        new = rows[~known[rows]]
        if len(new):
            self._keep(name, new, work(new))
        return tuple(column[rows] for column in columns)

    def _keep(self, name: str, rows: NDArray[np.intp], fresh: Columns) -> None:
        known, columns = self._kept[name]
        known[rows] = True
        for column, values in zip(columns, fresh, strict=True):
            column[rows] = values


class OnceCache:
    """Values by name, each worked out the first time that it is asked for.

    Examples
    --------
    >>> values = OnceCache()
    >>> values.of("answer", lambda: 42), values.of("answer", lambda: 43)
    (42, 42)
    """

    def __init__(self) -> None:
        self._kept: dict[str, Any] = {}

    def of(self, name: str, work: Callable[[], Kept]) -> Kept:
        """Return the value of this name."""
        if name not in self._kept:
            self._kept[name] = work()
        value: Kept = self._kept[name]
        return value
