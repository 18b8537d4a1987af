"""Merge the entries of another file into `saisies.gpkg`: no entry is lost, conflicts are listed."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

import shapely

from foncier.results.entries import GEOMETRY, LAYERS, EntryLayer, insert, rows_of, update

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence

    from foncier.results.entries import Row

TOLERANCE_M = 0.05  # between two positions that count as the same

Key = tuple[Any, ...]


@dataclass(frozen=True)
class Conflict:
    """Two entries on one visit, or one status, that differ: both are kept.

    ``mine`` is the one that was there, ``theirs`` the one that came.
    """

    layer: str
    opportunity_id: str | None
    mine: str
    theirs: str


@dataclass
class Merged:
    """What a merge did: rows added, rows filled in or changed, rows that were there already."""

    added: int = 0
    changed: int = 0
    same: int = 0
    conflicts: list[Conflict] = field(default_factory=list)

    @property
    def is_new(self) -> bool:
        """Whether anything came that was not there."""
        return bool(self.added or self.changed or self.conflicts)

    def __add__(self, other: Merged) -> Merged:
        return Merged(
            self.added + other.added,
            self.changed + other.changed,
            self.same + other.same,
            [*self.conflicts, *other.conflicts],
        )


def written(layer: EntryLayer, row: Mapping[str, Any]) -> Key:
    """What a person wrote in a row, to compare; blank is None."""
    return tuple(_plain(row.get(name)) for name in layer.written)


def is_filled(layer: EntryLayer, row: Mapping[str, Any]) -> bool:
    """Tell whether a person wrote anything in a row."""
    return any(value is not None for value in written(layer, row))


def merge(
    base: sqlite3.Connection,
    name: str,
    incoming: Iterable[Row],
    *,
    former: Sequence[Row] = (),
) -> Merged:
    """Merge rows into a layer of an open file of entries.

    A row is known by its key, else by its site. One that only one side changed since ``former``
    takes that change; one that both changed is kept twice and listed. Merging the same rows again
    changes nothing.

    Parameters
    ----------
    base
        The file of entries, in a transaction.
    name
        ``visites`` or ``avis``.
    incoming
        Rows of the other file.
    former
        Rows as they were when the other file was made; without them every row was blank.
    """
    step = _Merge(
        base, LAYERS[name], rows_of(base, name), {r.get(LAYERS[name].key): r for r in former}
    )
    for row in incoming:
        step.take(row)
    return step.done


class _Merge:
    def __init__(
        self,
        base: sqlite3.Connection,
        layer: EntryLayer,
        rows: list[Row],
        former: dict[Any, Row],
    ) -> None:
        self.base, self.layer, self.former = base, layer, former
        self.by_key: dict[Any, Row] = {r[layer.key]: r for r in rows if r.get(layer.key)}
        self.by_site: dict[Any, list[Row]] = {}
        for row in rows:
            self.by_site.setdefault(row.get("opportunity_id"), []).append(row)
        self.done = Merged()

    def take(self, row: Row) -> None:
        key = row.get(self.layer.key)
        mine = self.by_key.get(key) if key else None
        theirs, was = self._said(row), self._said(self.former.get(key, {}))
        beside = self.by_site.get(row.get("opportunity_id"), [])
        if mine is not None:
            if theirs in (self._said(mine), was) or not is_filled(self.layer, row):
                self.done.same += 1
            elif self._said(mine) == was or not is_filled(self.layer, mine):
                self._change(mine, row)
            elif self._is_there(row, beside):
                self.done.same += 1
            else:
                self._conflict(mine, row)
                self._add(row)
            return
        if (key in self.former and theirs == was) or self._is_there(row, beside):
            self.done.same += 1  # removed by a person here, or merged before
        elif not is_filled(self.layer, row) and row.get("opportunity_id") and beside:
            self.done.same += 1  # the site has its row
        else:
            self._new(row, beside)

    def _new(self, row: Row, beside: list[Row]) -> None:
        named = row.get("opportunity_id") is not None
        blank = next((r for r in beside if named and not is_filled(self.layer, r)), None)
        if blank is not None and not row.get(self.layer.key):
            self._change(blank, row)
            return
        first = self.layer.written[0]
        for one in beside if named else []:
            same_day = _plain(one.get("date")) == _plain(row.get("date"))
            if is_filled(self.layer, one) and same_day and one.get(first) != row.get(first):
                self._conflict(one, row)
                break
        self._add(row)

    def _said(self, row: Mapping[str, Any]) -> Key:
        """What people wrote in a row, its position included."""
        return (*written(self.layer, row), _place(row.get(GEOMETRY)))

    def _is_there(self, row: Row, beside: list[Row]) -> bool:
        """Tell whether a row of the same site says the same."""
        said = written(self.layer, row)
        place = None if row.get("opportunity_id") else _place(row.get(GEOMETRY))
        return any(
            written(self.layer, one) == said and place in (None, _place(one.get(GEOMETRY)))
            for one in beside
        )

    def _change(self, mine: Row, row: Row) -> None:
        names = [*self.layer.written, *([GEOMETRY] if row.get(GEOMETRY) else [])]
        values = {name: row.get(name) for name in names}
        # A column that an agency added, and whatever was computed, is filled in where it is blank.
        values |= {
            k: v for k, v in row.items() if mine.get(k) is None and v is not None and k != "fid"
        }
        update(self.base, self.layer.name, mine["fid"], values)
        mine |= values
        self.done.changed += 1

    def _add(self, row: Row) -> None:
        key = row.get(self.layer.key)
        if not key or key in self.by_key:
            said = f"{key}/{row.get('opportunity_id')}/{self._said(row)}"
            key = str(uuid5(NAMESPACE_URL, said))
        added = {**row, self.layer.key: key}
        added.pop("fid", None)
        insert(self.base, self.layer.name, [added])
        added["fid"] = self.base.execute("SELECT last_insert_rowid()").fetchone()[0]
        self.by_key[key] = added
        self.by_site.setdefault(row.get("opportunity_id"), []).append(added)
        self.done.added += 1

    def _conflict(self, mine: Row, theirs: Row) -> None:
        site = mine.get("opportunity_id")
        self.done.conflicts.append(
            Conflict(self.layer.name, site, self._words(mine), self._words(theirs))
        )

    def _words(self, row: Mapping[str, Any]) -> str:
        return ", ".join(str(value) for value in written(self.layer, row) if value is not None)


def _plain(value: Any) -> Any:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    text = str(value).strip()
    return text or None


def _place(shape: Any) -> Any:
    if not isinstance(shape, shapely.Geometry):
        return None
    x, y = shapely.get_coordinates(shape.centroid)[0]
    return round(x / TOLERANCE_M), round(y / TOLERANCE_M)
