"""Dents creuses and divisible plots: parcels through the funnels of a profile."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from foncier import tables
from foncier.detect import funnel
from foncier.detect.assembly import find_assemblies
from foncier.detect.fabric import CLASSES
from foncier.detect.flags import flags
from foncier.detect.measures import zone_of
from foncier.detect.rejected import rejections
from foncier.detect.yields import dwellings
from foncier.wording import figure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foncier.detect.ground import Ground
    from foncier.geometry import Geometries
    from foncier.records import Profile

PREFIX = {"dent_creuse": "DC", "terrain_divisible": "TD"}
USABLE = ("opened_area_m2", "free_piece_m2")


@dataclass(frozen=True)
class Plots:
    """What was found: CANDIDATES, EVIDENCE, TESTS, REJECTIONS and ASSEMBLIES of the area."""

    candidates: gpd.GeoDataFrame
    evidence: pd.DataFrame
    tests: pd.DataFrame
    rejections: gpd.GeoDataFrame
    assemblies: gpd.GeoDataFrame


PLOT_TABLES = {
    "candidates": tables.CANDIDATES,
    "evidence": tables.EVIDENCE,
    "tests": tables.TESTS,
    "rejections": tables.REJECTIONS,
    "assemblies": tables.ASSEMBLIES,
}


def find_plots(
    ground: Ground,
    profile: Profile,
    area: shapely.Geometry,
    *,
    source: str,
    own: NDArray[np.bool_] | None = None,
) -> Plots:
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
    own
        Parcels that this call answers for, shape (number of parcels,); the others are looked at as
        neighbours only. All when None. Where each parcel is owned once, and every call sees what
        lies around its own (`foncier.pipeline.halo`), the answers together are that of one call.

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
            tables.ASSEMBLIES.empty(crs),
        )
    parcels, ground = ground.parcels, replace(ground, cut=profile.fabric)
    ids = np.array(parcels["parcel_id"], dtype=object)
    rows = _inside(ground.centres, area)
    rows = rows if own is None else rows[own[rows]]
    memory = funnel.Memory(ground, len(ids))
    kinds = [kind for kind in PREFIX if kind in profile.rules]
    passages = {kind: funnel.run(memory, profile.rules[kind], rows) for kind in kinds}
    found = {kind: funnel.survivors(passages[kind], rows) for kind in kinds}
    taken = np.concatenate([np.array([], dtype=np.intp), *found.values()])
    candidates = _candidates(ground, found, passages, profile, source)
    # The tables only need the passages: they are built while GEOS is at work on groups.
    with ThreadPoolExecutor(1) as aside:
        assemblies = aside.submit(find_assemblies, memory, profile, rows)
        return Plots(
            candidates,
            _evidence(ids, found, passages, source),
            funnel.test_table(passages, ids),
            rejections(parcels, np.setdiff1d(rows, taken), passages),
            assemblies.result(),
        )


def _inside(centres: Geometries, area: shapely.Geometry) -> NDArray[np.intp]:
    shapely.prepare(area)
    return np.flatnonzero(shapely.intersects(area, centres))


def _candidates(
    ground: Ground,
    found: dict[str, NDArray[np.intp]],
    passages: dict[str, list[funnel.Passage]],
    profile: Profile,
    source: str,
) -> gpd.GeoDataFrame:
    parcels = ground.parcels
    rows = np.concatenate([np.array([], dtype=np.intp), *found.values()])
    if parcels is None or not len(rows):
        return tables.CANDIDATES.empty(None if parcels is None else parcels.crs)
    kinds = np.repeat(list(found), [len(r) for r in found.values()])
    kept, plots, fabric = parcels.iloc[rows], ground.plots[rows], ground.fabric_of(rows)
    usable = _usable(found, passages)
    low, high = dwellings(usable, fabric, profile.dwellings)
    share = {kind: _last(passages[kind], ("built_share",), own) for kind, own in found.items()}
    ids = [f"{PREFIX[k]}-{i}" for k, i in zip(kinds, kept["parcel_id"], strict=True)]
    candidates = gpd.GeoDataFrame(
        {
            "opportunity_id": ids,
            "kind": kinds,
            "commune": kept["commune"].to_numpy(),
            "parcel_ids": kept["parcel_id"].to_numpy(),
            "area_m2": shapely.area(plots),
            "usable_area_m2": usable,
            "built_share": np.concatenate(list(share.values())),
            "fabric": np.array(CLASSES, dtype=object)[fabric],
            "yield_low": low,
            "yield_high": high,
            "perimeter": "parcelles",
            "zone": zone_of(ground, ground.centres[rows], kept["commune"]),
            **flags(ground, rows, found, passages),
            "sources": source,
        },
        geometry=plots,
        crs=parcels.crs,
    )
    return tables.CANDIDATES.conform(candidates.sort_values("opportunity_id"))


def _usable(
    found: dict[str, NDArray[np.intp]], passages: dict[str, list[funnel.Passage]]
) -> NDArray[np.float64]:
    """Buildable area of the plots found, in the order of the kinds; unknown where not measured."""
    return np.concatenate([_last(passages[kind], USABLE, rows) for kind, rows in found.items()])


def _last(
    passages: list[funnel.Passage], measures: tuple[str, ...], rows: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Last value taken of some measures, for rows that went all the way."""
    value = np.full(len(rows), np.nan)
    for passage in passages:
        if passage.rule.measure in measures:
            here = np.isin(rows, passage.rows)
            scale = 100 if passage.rule.unit == "%" else 1
            value[here] = passage.value[np.searchsorted(passage.rows, rows[here])] / scale
    return value


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
