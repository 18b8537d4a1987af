"""Select the sites to print: by id, or by kind, commune and rank."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

import numpy as np

from foncier.errors import ConfigError
from foncier.model import KIND_LABELS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from foncier.export.sheets.tables import SheetTables

CLOSE = 3
FIRST = 10  # sheets printed by default


@dataclass(frozen=True)
class Choice:
    """Sites to print: ids alone, in their order; or the other criteria, each empty when not used.

    ``ranks`` are the first and the last rank, among all sites. ``top`` is the number of sites among
    those selected by the other criteria; None is `FIRST`, and all of them where ranks are set.
    """

    ids: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    communes: tuple[str, ...] = ()
    ranks: tuple[int, int] | None = None
    top: int | None = None


def select_sites(tables: SheetTables, choice: Choice) -> list[int]:
    """Rows of the sites to print, in the order of their rank or of the ids.

    Raises
    ------
    ConfigError
        No site has this id, commune or rank, or the kind does not exist.
    """
    if choice.ids:
        return _by_id(tables, choice.ids)
    sites = tables.sites
    selected = np.ones(len(sites), dtype=bool)
    if choice.kinds:
        _check("--kind", choice.kinds, list(KIND_LABELS))
        selected &= sites["kind"].isin(choice.kinds).to_numpy()
    if choice.communes:
        _check("--commune", choice.communes, sorted(sites["commune"].dropna().unique()))
        selected &= sites["commune"].isin(choice.communes).to_numpy()
    if choice.ranks is not None:
        low, high = choice.ranks
        selected &= sites["overall_rank"].between(low, high).to_numpy()
        if not selected.any():
            last = sites["overall_rank"].max()
            raise ConfigError("export.sheets.no_such_rank", low=low, high=high, last=last)
    every = choice.top is None and choice.ranks is not None
    rows: list[int] = np.flatnonzero(selected).tolist()
    return rows if every else rows[: FIRST if choice.top is None else choice.top]


def _check(option: str, requested: Sequence[str], known: Sequence[str]) -> None:
    unknown = [one for one in dict.fromkeys(requested) if one not in known]
    if unknown:
        raise ConfigError("export.sheets.no_such_value", option=option, values=unknown, known=known)


def _by_id(tables: SheetTables, ids: Sequence[str]) -> list[int]:
    every = tables.sites["opportunity_id"].tolist()
    place = {id_: row for row, id_ in enumerate(every)}
    unknown = [one for one in dict.fromkeys(ids) if one not in place]
    if unknown:
        near = [id_ for one in unknown for id_ in get_close_matches(one, every, CLOSE)][:CLOSE]
        if near:
            raise ConfigError("export.sheets.id_not_found_near", ids=unknown, near=near)
        raise ConfigError("export.sheets.id_not_found", ids=unknown)
    return [place[one] for one in dict.fromkeys(ids)]
