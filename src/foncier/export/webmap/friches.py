"""What the card of a friche says of its uses, its works and its land: rows for the sites shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foncier import tables
from foncier.export.webmap.columns import numbers, pool
from foncier.export.webmap.reach import known_sites

if TYPE_CHECKING:
    import pandas as pd

    from foncier.records import Result

BEST_USES = 3


def uses(result: Result, ids: pd.Series[Any]) -> dict[str, Any]:
    """Best uses of each friche by Mutafriches, the best first; empty where they were not asked."""
    table = _given(result.mutability, tables.MUTABILITY)
    best = table.sort_values(["opportunity_id", "rank", "use"], kind="stable")
    best = best.groupby("opportunity_id", sort=False).head(BEST_USES)
    rows, owner = known_sites(best, ids)
    return {
        "site": owner,
        "use": pool(rows["use"]),
        "band": pool(rows["band"]),
        **{name: numbers(rows[name], 1) for name in ("index", "index_low", "index_high",
                                                     "reliability")},
    }  # fmt: skip


def effort(result: Result, ids: pd.Series[Any]) -> dict[str, Any]:
    """Spans of the recycling works (k€) and of the hardness of the land, None where unknown."""
    rows, owner = known_sites(_given(result.effort, tables.EFFORT), ids)
    return {
        "site": owner,
        "hardness": pool(rows["hardness"]),
        **{name: numbers(rows[name], 0) for name in ("works_low_keur", "works_high_keur")},
        **{name: numbers(rows[name], 1) for name in ("hardness_low", "hardness_high")},
    }


def _given(table: pd.DataFrame | None, contract: tables.Table) -> pd.DataFrame:
    return contract.empty() if table is None else table
