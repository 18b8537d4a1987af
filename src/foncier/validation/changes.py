"""Changes between two results: sites that appeared, disappeared, changed or were renamed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from foncier.i18n import LANGUAGES, localize
from foncier.validation.matching import OVERLAP_SHARE

if TYPE_CHECKING:
    from numpy.typing import NDArray

FATES = ("apparu", "disparu", "modifie", "renomme", "inchange")
AREA_M2, SHARE = 1.0, 0.005  # smaller changes are rounding
FIGURES = {"area_m2": AREA_M2, "score": SHARE, "confidence": SHARE}
TEXT_COLUMNS = ("name", "status", "warnings", "perimeter", "zone")
COLUMNS = [
    "opportunity_id",
    "fate",
    "kind",
    "old_id",
    "name",
    "common_share",
    "old_area_m2",
    "new_area_m2",
    "old_score",
    "new_score",
    "old_rank",
    "new_rank",
    "old_confidence",
    "new_confidence",
    "gained",
    "lost",
    "changed",
    "reason_fr",
    "reason_en",
]


@dataclass(frozen=True)
class Edition:
    """The tables of one result that are compared."""

    sites: gpd.GeoDataFrame
    evidence: pd.DataFrame
    rejections: gpd.GeoDataFrame


def compare_results(old: Edition, new: Edition) -> gpd.GeoDataFrame:
    """Compare two results site by site.

    The same ``opportunity_id`` is the same site. A site whose id disappeared is renamed when it
    shares half of the smaller outline with a new site of the same kind: its parcels were split,
    merged or renumbered. A site that disappeared has the reason of rejection of its land in the
    new result, if any.

    Returns
    -------
    One row a site of either result: `COLUMNS` and the newest outline, sorted by fate (in the order
    of `FATES`), then by id. ``gained`` and ``lost`` list signals of evidence, ``changed`` the
    columns that differ; unknown in both is equal. Ranks are reported but do not count as a
    change: one more site shifts all the others.
    """
    removed, added = _only_in_first(old.sites, new.sites), _only_in_first(new.sites, old.sites)
    pairs = _renamed(removed, added)
    both = pd.Index(old.sites["opportunity_id"]).intersection(new.sites["opportunity_id"])
    stayed = pd.DataFrame({"old_id": both, "new_id": both, "common_share": np.nan})
    known = pd.concat([stayed, pairs], ignore_index=True)
    compared = _changed(known, old, new)
    renamed = (compared["old_id"] != compared["opportunity_id"]).to_numpy(dtype=bool)
    other = np.where(compared["changed"].notna(), "modifie", "inchange")
    compared = compared.assign(fate=np.where(renamed, "renomme", other))
    appeared = added.loc[~added["opportunity_id"].isin(pairs["new_id"])]
    disappeared = removed.loc[~removed["opportunity_id"].isin(pairs["old_id"])]
    parts = [
        compared,
        _one_sided(appeared, "new").assign(fate="apparu"),
        _disappeared(disappeared, new),
    ]
    rows = pd.concat([p for p in parts if len(p)] or [compared], ignore_index=True)
    rows["fate"] = pd.Categorical(rows["fate"], FATES, ordered=True)
    rows = rows.sort_values(["fate", "opportunity_id"]).assign(fate=lambda t: t["fate"].astype(str))
    table = rows.reindex(columns=[*COLUMNS, "geometry"]).reset_index(drop=True)
    return gpd.GeoDataFrame(table, geometry="geometry", crs=new.sites.crs)


def _only_in_first(one: gpd.GeoDataFrame, other: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return one.loc[~one["opportunity_id"].isin(other["opportunity_id"])].reset_index(drop=True)


def _renamed(removed: gpd.GeoDataFrame, added: gpd.GeoDataFrame) -> pd.DataFrame:
    """Pair removed and new sites one to one, largest common share first."""
    plots, others = removed.geometry.to_numpy(), added.geometry.to_numpy()
    first, second = shapely.STRtree(others).query(plots, predicate="intersects")
    common = shapely.area(shapely.intersection(plots[first], others[second]))
    smaller = np.minimum(shapely.area(plots[first]), shapely.area(others[second]))
    table = pd.DataFrame(
        {
            "old_id": removed["opportunity_id"].to_numpy()[first],
            "new_id": added["opportunity_id"].to_numpy()[second],
            "common_share": np.minimum(common / np.where(smaller > 0, smaller, np.nan), 1.0),
            "same": removed["kind"].to_numpy()[first] == added["kind"].to_numpy()[second],
        }
    )
    table = table.loc[table["same"] & (table["common_share"] >= OVERLAP_SHARE)]
    table = table.sort_values(["common_share", "old_id", "new_id"], ascending=[False, True, True])
    selected: list[int] = []
    used: set[str] = set()
    for n, (a, b) in enumerate(zip("-" + table["old_id"], "+" + table["new_id"], strict=True)):
        if not used & {a, b}:
            used |= {a, b}
            selected.append(n)
    return table.iloc[selected][["old_id", "new_id", "common_share"]]


def _figures(sites: gpd.GeoDataFrame, side: str) -> dict[str, Any]:
    names = ("area_m2", "score", "overall_rank", "confidence")
    return {f"{side}_{name}": sites[name].to_numpy(dtype=np.float64) for name in names}


def _changed(known: pd.DataFrame, old: Edition, new: Edition) -> gpd.GeoDataFrame:
    before = old.sites.set_index("opportunity_id").loc[known["old_id"]].reset_index()
    after = new.sites.set_index("opportunity_id").loc[known["new_id"]].reset_index()
    gained, lost = _evidence(known, old.evidence, new.evidence)
    is_changed = {
        name: _differs(before[name], after[name], tolerance) for name, tolerance in FIGURES.items()
    }
    is_changed |= {
        name: (
            before[name].astype("str").fillna("") != after[name].astype("str").fillna("")
        ).to_numpy(dtype=bool)
        for name in TEXT_COLUMNS
    }
    is_changed["evidence"] = pd.notna(gained) | pd.notna(lost)
    names = list(is_changed)
    flags = np.array([is_changed[name] for name in names], dtype=bool).reshape(
        len(names), len(known)
    )
    changed = [
        " | ".join(name for name, flag in zip(names, column, strict=True) if flag) or None
        for column in flags.T
    ]
    return gpd.GeoDataFrame(
        {
            "opportunity_id": after["opportunity_id"],
            "old_id": known["old_id"].to_numpy(),
            "kind": after["kind"],
            "name": after["name"],
            "common_share": known["common_share"].to_numpy(),
            **_figures(before, "old"),
            **_figures(after, "new"),
            "gained": gained,
            "lost": lost,
            "changed": pd.array(changed, dtype="str"),
        },
        geometry=after.geometry.to_numpy(),
        crs=new.sites.crs,
    )


def _differs(before: pd.Series[Any], after: pd.Series[Any], tolerance: float) -> NDArray[np.bool_]:
    a, b = before.to_numpy(dtype=np.float64), after.to_numpy(dtype=np.float64)
    unknown = np.isnan(a) | np.isnan(b)
    moved: NDArray[np.bool_] = (np.isnan(a) != np.isnan(b)) | (
        ~unknown & (np.abs(a - b) > tolerance)
    )
    return moved


def _evidence(known: pd.DataFrame, old: pd.DataFrame, new: pd.DataFrame) -> tuple[Any, Any]:
    """Signals gained and lost by each site; None without any."""
    had = old.groupby("opportunity_id")["signal"].agg(frozenset)
    has = new.groupby("opportunity_id")["signal"].agg(frozenset)
    empty: frozenset[str] = frozenset()
    before = [had.get(i, empty) for i in known["old_id"]]
    after = [has.get(i, empty) for i in known["new_id"]]
    gained = [" | ".join(sorted(b - a)) or None for a, b in zip(before, after, strict=True)]
    lost = [" | ".join(sorted(a - b)) or None for a, b in zip(before, after, strict=True)]
    return np.array(gained, dtype=object), np.array(lost, dtype=object)


def _one_sided(sites: gpd.GeoDataFrame, side: str) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "opportunity_id": sites["opportunity_id"],
            "kind": sites["kind"],
            "name": sites["name"],
            **_figures(sites, side),
        },
        geometry=sites.geometry.to_numpy(),
        crs=sites.crs,
    )


def _disappeared(disappeared: gpd.GeoDataFrame, new: Edition) -> gpd.GeoDataFrame:
    """Removed sites, with the reason of the parcel that covers most of their area."""
    rows = _one_sided(disappeared, "old").assign(fate="disparu")
    plots, parcels = disappeared.geometry.to_numpy(), new.rejections.geometry.to_numpy()
    site, parcel = shapely.STRtree(parcels).query(plots, predicate="intersects")
    common = shapely.area(shapely.intersection(plots[site], parcels[parcel]))
    order = np.lexsort((parcel, -common, site))
    order = order[common[order] > AREA_M2]
    owner, first = np.unique(site[order], return_index=True)
    at = parcel[order][first]
    for lang in LANGUAGES:
        reason = np.full(
            len(disappeared), localize("validation.changes.no_reason", lang), dtype=object
        )
        # The rules apply to plots, not to brownfields or buildings.
        reasons = new.rejections[f"reason_{lang}"].to_numpy(dtype=object)[at]
        plot = (
            disappeared["kind"]
            .isin(["dent_creuse", "terrain_divisible"])
            .to_numpy(dtype=bool)[owner]
        )
        reason[owner[plot]] = reasons[plot]
        rows[f"reason_{lang}"] = reason
    return rows
