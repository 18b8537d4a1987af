"""Dents creuses and divisible plots: parcels through the funnels of a profile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from foncier import tables
from foncier.detect import funnel
from foncier.detect.ground import texts
from foncier.detect.measures import constraint_shapes, largest_constraint, zone_at
from foncier.detect.rejected import rejections
from foncier.wording import figure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foncier.detect.ground import Ground
    from foncier.geometry import Geometries
    from foncier.records import Profile

PREFIX = {"dent_creuse": "DC", "terrain_divisible": "TD"}
OVERLAP_SHARE = 0.02  # less is the slack of the drawing between two sheets
USABLE = ("opened_area_m2", "free_piece_m2")


@dataclass(frozen=True)
class Plots:
    """What the funnels found: CANDIDATES, EVIDENCE, TESTS and REJECTIONS of the study area."""

    candidates: gpd.GeoDataFrame
    evidence: pd.DataFrame
    tests: pd.DataFrame
    rejections: gpd.GeoDataFrame


def find_plots(ground: Ground, profile: Profile, area: shapely.Geometry, *, source: str) -> Plots:
    """Find dents creuses and divisible plots among the parcels whose centre lies in an area.

    Parameters
    ----------
    ground
        Needs parcels and buildings; without one of them nothing is sought and all is empty.
    profile
        Rules by kind, in order; see ``rules/*.toml``.
    area
        Study area, in the legal metric CRS.
    source
        Attribution of the cadastre, for the evidence.

    Returns
    -------
    Every parcel of the area is either among the candidates or among the rejections, with the
    first rule that it failed on the way where it went furthest.
    """
    crs = None if ground.parcels is None else ground.parcels.crs
    if ground.parcels is None or ground.buildings is None:
        return Plots(
            tables.CANDIDATES.empty(crs),
            tables.EVIDENCE.empty(),
            tables.TESTS.empty(),
            tables.REJECTIONS.empty(crs),
        )
    ids = np.asarray(ground.parcels["parcel_id"], dtype=object)
    rows = _inside(ground.plots, area)
    memory = funnel.Memory(ground, len(ids))
    kinds = [kind for kind in PREFIX if kind in profile.rules]
    passages = {kind: funnel.run(memory, profile.rules[kind], rows) for kind in kinds}
    found = {kind: funnel.survivors(passages[kind], rows) for kind in kinds}
    taken = np.concatenate([np.array([], dtype=np.intp), *found.values()])
    return Plots(
        _candidates(ground, found, passages, source),
        _evidence(ids, found, passages, source),
        _tests(ids, passages),
        rejections(ground.parcels, np.setdiff1d(rows, taken), passages),
    )


def _inside(plots: Geometries, area: shapely.Geometry) -> NDArray[np.intp]:
    shapely.prepare(area)
    return np.flatnonzero(shapely.intersects(area, shapely.centroid(plots)))


def _tests(ids: NDArray[np.object_], passages: dict[str, list[funnel.Passage]]) -> pd.DataFrame:
    parts = [funnel.test_table(steps, kind, ids) for kind, steps in passages.items()]
    both = pd.concat(parts, ignore_index=True) if parts else tables.TESTS.empty()
    checked: pd.DataFrame = tables.TESTS.conform(both.sort_values(["parcel_id", "kind", "step"]))
    return checked


def _candidates(
    ground: Ground,
    found: dict[str, NDArray[np.intp]],
    passages: dict[str, list[funnel.Passage]],
    source: str,
) -> gpd.GeoDataFrame:
    parcels = ground.parcels
    if parcels is None:
        return tables.CANDIDATES.empty()
    rows = np.concatenate([np.array([], dtype=np.intp), *found.values()])
    kinds = np.repeat(list(found), [len(r) for r in found.values()])
    last = {m: np.full(len(parcels), np.nan) for m in (*USABLE, "built_share")}
    for passage in (p for steps in passages.values() for p in steps):
        if passage.rule.measure in last:
            scale = 100 if passage.rule.unit == "%" else 1
            last[passage.rule.measure][passage.rows] = passage.value / scale
    kept, plots = parcels.iloc[rows], ground.plots[rows]
    ids = [f"{PREFIX[k]}-{i}" for k, i in zip(kinds, kept["parcel_id"], strict=True)]
    candidates = gpd.GeoDataFrame(
        {
            "opportunity_id": ids,
            "kind": kinds,
            "commune": kept["commune"].to_numpy(),
            "parcel_ids": kept["parcel_id"].to_numpy(),
            "area_m2": shapely.area(plots),
            "usable_area_m2": np.where(
                kinds == "dent_creuse", last[USABLE[0]][rows], last[USABLE[1]][rows]
            ),
            "built_share": last["built_share"][rows],
            "perimeter": "parcelles",
            "zone": _zones(ground, plots),
            "flags": _flags(ground, rows),
            "sources": source,
        },
        geometry=plots,
        crs=parcels.crs,
    )
    return tables.CANDIDATES.conform(candidates.sort_values("opportunity_id"))


def _zones(ground: Ground, plots: Geometries) -> Any:
    if ground.zones is None:
        return None
    _, found = zone_at(ground.zones, shapely.centroid(plots), ())
    return found


def _flags(ground: Ground, rows: NDArray[np.intp]) -> list[str | None]:
    """Constraint that covers most of each plot among those that only flag, and overlaps."""
    plots = ground.plots[rows]
    under = np.full(len(plots), None, dtype=object)
    if ground.constraints is not None:
        under = largest_constraint(plots, *constraint_shapes(ground.constraints, "flag", 1.0))
    columns = zip(under, _overlaps(ground, rows), strict=True)
    return [" | ".join(word for word in words if word) or None for words in columns]


def _overlaps(ground: Ground, rows: NDArray[np.intp]) -> NDArray[np.object_]:
    """Words for the parcel that a plot overlaps most: the cadastre holds that land twice."""
    told = np.full(len(rows), None, dtype=object)
    if ground.parcels is None or not len(rows):
        return told
    plots, ids = ground.plots[rows], texts(ground.parcels["parcel_id"])
    plot, other = shapely.STRtree(ground.plots).query(plots, predicate="intersects")
    apart = rows[plot] != other
    plot, other = plot[apart], other[apart]
    area = shapely.area(shapely.intersection(plots[plot], ground.plots[other]))
    enough = area >= OVERLAP_SHARE * shapely.area(plots[plot])
    plot, other, area = plot[enough], other[enough], area[enough]
    order = np.lexsort((-other, area))
    told[plot[order]] = [f"recouvre la parcelle {i}" for i in ids[other[order]]]
    return told


def _evidence(
    ids: NDArray[np.object_],
    found: dict[str, NDArray[np.intp]],
    passages: dict[str, list[funnel.Passage]],
    source: str,
) -> pd.DataFrame:
    """Build one row a test that the plot passed: the figures are the evidence."""
    parts = []
    for kind, rows in found.items():
        for passage in passages[kind]:
            here = np.isin(passage.rows, rows) & (passage.passed == 1)
            rule, values = passage.rule, passage.value[here]
            parts.append(
                pd.DataFrame(
                    {
                        "opportunity_id": [f"{PREFIX[kind]}-{i}" for i in ids[passage.rows[here]]],
                        "signal": rule.name,
                        "direction": "for",
                        "source": source,
                        "text_fr": [_finding(rule.label.fr, v, rule.unit, "fr") for v in values],
                        "text_en": [_finding(rule.label.en, v, rule.unit, "en") for v in values],
                    }
                )
            )
    all_rows = pd.concat(parts, ignore_index=True) if parts else tables.EVIDENCE.empty()
    ordered = all_rows.sort_values("opportunity_id", kind="stable")
    checked: pd.DataFrame = tables.EVIDENCE.conform(ordered)
    return checked


def _finding(label: str, value: float, unit: str, lang: Any) -> str:
    if not unit:
        return label
    return f"{label}\u00a0: {figure(value, unit, lang)}" if lang == "fr" else (
        f"{label}: {figure(value, unit, lang)}"
    )  # fmt: skip
