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
from foncier.detect.ground import Ground, shapes
from foncier.detect.measures import constraint_shapes, largest_constraint, zone_at
from foncier.wording import KIND_LABELS, figure, reason

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foncier.geometry import Geometries
    from foncier.records import Profile

PREFIX = {"dent_creuse": "DC", "terrain_divisible": "TD"}
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
    rows = _inside(shapes(ground.parcels), area)
    memory = funnel.Memory(ground, len(ids))
    kinds = [kind for kind in PREFIX if kind in profile.rules]
    passages = {kind: funnel.run(memory, profile.rules[kind], rows) for kind in kinds}
    found = {kind: funnel.survivors(passages[kind], rows) for kind in kinds}
    taken = np.concatenate([np.array([], dtype=np.intp), *found.values()])
    return Plots(
        _candidates(ground, found, passages, source),
        _evidence(ids, found, passages, source),
        _tests(ids, passages),
        _rejections(ground.parcels, np.setdiff1d(rows, taken), passages),
    )


def _inside(plots: Geometries, area: shapely.Geometry) -> NDArray[np.intp]:
    shapely.prepare(area)
    return np.flatnonzero(shapely.intersects(area, shapely.centroid(plots)))


def _tests(ids: NDArray[np.object_], passages: dict[str, list[funnel.Passage]]) -> pd.DataFrame:
    parts = [funnel.test_table(steps, kind, ids) for kind, steps in passages.items()]
    both = pd.concat(parts, ignore_index=True) if parts else tables.TESTS.empty()
    checked: pd.DataFrame = tables.TESTS.conform(both.sort_values(["parcel_id", "kind", "step"]))
    return checked


def _last(passages: list[funnel.Passage], measures: tuple[str, ...], size: int) -> Any:
    """Last value taken of any of these measures, by parcel position; NaN where none was."""
    values = np.full(size, np.nan)
    for passage in passages:
        if passage.rule.measure in measures:
            scale = 100 if passage.rule.unit == "%" else 1
            values[passage.rows] = passage.value / scale
    return values


def _candidates(
    ground: Ground,
    found: dict[str, NDArray[np.intp]],
    passages: dict[str, list[funnel.Passage]],
    source: str,
) -> gpd.GeoDataFrame:
    parcels = ground.parcels
    if parcels is None:
        return tables.CANDIDATES.empty()
    parts = []
    for kind, rows in found.items():
        kept = parcels.iloc[rows]
        plots = shapes(kept)
        parts.append(
            gpd.GeoDataFrame(
                {
                    "opportunity_id": PREFIX[kind] + "-" + kept["parcel_id"],
                    "kind": kind,
                    "commune": kept["commune"],
                    "parcel_ids": kept["parcel_id"],
                    "area_m2": shapely.area(plots),
                    "usable_area_m2": _last(passages[kind], USABLE, len(parcels))[rows],
                    "built_share": _last(passages[kind], ("built_share",), len(parcels))[rows],
                    "perimeter": "parcelles",
                    "zone": _zones(ground, plots),
                    "flags": _flags(ground, plots),
                    "sources": source,
                },
                geometry=plots,
                crs=parcels.crs,
            )
        )
    both = pd.concat(parts, ignore_index=True) if parts else tables.CANDIDATES.empty(parcels.crs)
    return tables.CANDIDATES.conform(both.sort_values("opportunity_id"))


def _zones(ground: Ground, plots: Geometries) -> Any:
    if ground.zones is None:
        return None
    _, found = zone_at(ground.zones, shapely.centroid(plots), ())
    return found


def _flags(ground: Ground, plots: Geometries) -> Any:
    """Constraint that covers most of each plot among those that only flag."""
    if ground.constraints is None:
        return None
    return largest_constraint(plots, *constraint_shapes(ground.constraints, "flag", 1.0))


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


def _rejections(
    parcels: gpd.GeoDataFrame,
    rejected: NDArray[np.intp],
    passages: dict[str, list[funnel.Passage]],
) -> gpd.GeoDataFrame:
    """Build one row a parcel: the rule that stopped it on the way where it went furthest."""
    parts = []
    for order, (kind, steps) in enumerate(passages.items()):
        for passage in steps:
            stopped = np.isin(passage.rows, rejected) & passage.stopped
            parts.append(_stopped(parcels, kind, order, passage, np.flatnonzero(stopped)))
    if not parts:
        return tables.REJECTIONS.empty(parcels.crs)
    every = pd.concat(parts, ignore_index=True).sort_values(
        ["parcel_id", "step", "order"], ascending=[True, False, True]
    )
    furthest = every.drop_duplicates("parcel_id")[tables.REJECTIONS.names]
    return tables.REJECTIONS.conform(gpd.GeoDataFrame(furthest, crs=parcels.crs))


def _stopped(
    parcels: gpd.GeoDataFrame,
    kind: str,
    order: int,
    passage: funnel.Passage,
    at: NDArray[np.intp],
) -> gpd.GeoDataFrame:
    kept, rule = parcels.iloc[passage.rows[at]], passage.rule
    told = list(zip(passage.value[at], passage.detail[at], strict=True))
    sought = KIND_LABELS[kind]
    return gpd.GeoDataFrame(
        {
            "parcel_id": kept["parcel_id"].to_numpy(),
            "area_m2": kept["area_m2"].to_numpy(),
            "kind": kind,
            "rule": rule.name,
            "value": passage.value[at],
            "threshold": rule.threshold,
            "margin": passage.margin[at],
            "unit": rule.unit or None,
            "detail": passage.detail[at],
            "reason_fr": [f"{sought.fr}\u00a0: {reason(rule, v, d, 'fr')}" for v, d in told],
            "reason_en": [f"{sought.en}: {reason(rule, v, d, 'en')}" for v, d in told],
            "step": passage.step,
            "order": order,
        },
        geometry=kept.geometry.to_numpy(),
        crs=parcels.crs,
    )
