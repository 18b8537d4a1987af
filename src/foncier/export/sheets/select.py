"""Which sites of a result are printed: by id, or by kind, commune and rank."""

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
SHOWN = 10  # communes that a message names
FIRST = 10  # sheets that are printed when nothing else is asked for


@dataclass(frozen=True)
class Choice:
    """What is asked for: ids alone, in their order; or all that follows, each empty when not asked.

    ``ranks`` are the first and the last of a span, among all sites. ``top`` counts among the sites
    that the rest leaves; None is `FIRST`, and all of them where ranks are given.
    """

    ids: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    communes: tuple[str, ...] = ()
    ranks: tuple[int, int] | None = None
    top: int | None = None


def select_sites(given: SheetTables, choice: Choice) -> list[int]:
    """Rows of the sites to print, in the order of their rank or of the ids.

    Raises
    ------
    ConfigError
        No site bears an id, lies in a commune or has such a rank, or a kind is none.
    """
    if choice.ids:
        return _by_id(given, choice.ids)
    sites = given.sites
    kept = np.ones(len(sites), dtype=bool)
    if choice.kinds:
        _check("--kind", choice.kinds, list(KIND_LABELS))
        kept &= sites["kind"].isin(choice.kinds).to_numpy()
    if choice.communes:
        _check("--commune", choice.communes, sorted(sites["commune"].dropna().unique()))
        kept &= sites["commune"].isin(choice.communes).to_numpy()
    if choice.ranks is not None:
        low, high = choice.ranks
        kept &= sites["overall_rank"].between(low, high).to_numpy()
        if not kept.any():
            raise ConfigError(
                f"--rank\u00a0: aucun site de ce choix n'a un rang de {low} à {high}. Le dernier "
                f"rang de ce résultat est {sites['overall_rank'].max():.0f}."
            )
    every = choice.top is None and choice.ranks is not None
    rows: list[int] = np.flatnonzero(kept).tolist()
    return rows if every else rows[: FIRST if choice.top is None else choice.top]


def _check(option: str, asked: Sequence[str], known: Sequence[str]) -> None:
    unknown = [one for one in dict.fromkeys(asked) if one not in known]
    if unknown:
        more = ", …" if len(known) > SHOWN else ""
        raise ConfigError(
            f"{option}\u00a0: {', '.join(repr(one) for one in unknown)}\u00a0: aucun site de ce "
            f"résultat. Attendu\u00a0: {', '.join(known[:SHOWN])}{more}."
        )


def _by_id(given: SheetTables, ids: Sequence[str]) -> list[int]:
    every = given.sites["opportunity_id"].tolist()
    place = {id_: row for row, id_ in enumerate(every)}
    unknown = [one for one in dict.fromkeys(ids) if one not in place]
    if unknown:
        near = [id_ for one in unknown for id_ in get_close_matches(one, every, CLOSE)][:CLOSE]
        hint = f" Les plus proches\u00a0: {', '.join(near)}." if near else ""
        raise ConfigError(
            f"--ids\u00a0: {', '.join(repr(one) for one in unknown)}\u00a0: aucune opportunité de "
            f"ce résultat.{hint} Attendu\u00a0: des identifiants de la couche opportunites, "
            "séparés par des virgules."
        )
    return [place[one] for one in dict.fromkeys(ids)]
