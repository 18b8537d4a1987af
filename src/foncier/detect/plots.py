"""Dents creuses and divisible plots: parcels through the funnels of a profile."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from foncier import schemas
from foncier.detect import rule_engine
from foncier.detect.assembly.search import find_assemblies
from foncier.detect.capacity import dwellings
from foncier.detect.details import in_english
from foncier.detect.fabric import CLASSES
from foncier.detect.measures.parcel import zone_of
from foncier.detect.warnings import site_warnings
from foncier.wording import (
    COLON,
    KIND_LABELS,
    Lang,
    figure,
    reasons,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from foncier.detect.context import SpatialContext
    from foncier.detect.rule_engine import RuleOutcome
    from foncier.geometry import Geometries
    from foncier.model import Profile

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
    "candidates": schemas.CANDIDATES,
    "evidence": schemas.EVIDENCE,
    "tests": schemas.TESTS,
    "rejections": schemas.REJECTIONS,
    "assemblies": schemas.ASSEMBLIES,
}


def find_plots(
    context: SpatialContext,
    profile: Profile,
    area: shapely.Geometry,
    *,
    source: str,
    own: NDArray[np.bool_] | None = None,
) -> Plots:
    """Find dents creuses and divisible plots among the parcels whose centre lies in an area.

    Parameters
    ----------
    context
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
        lies around its own (`foncier.pipeline.tile_bounds`), the answers
        together are that of one call.

    Returns
    -------
    Every parcel of the area is either among the candidates or among the rejections, with the
    first rule that it failed on the way where it went furthest.
    """
    crs = None if context.parcels is None else context.parcels.crs
    if context.parcels is None or context.buildings is None:
        return Plots(
            schemas.CANDIDATES.empty(crs),
            schemas.EVIDENCE.empty(),
            schemas.TESTS.empty(),
            schemas.REJECTIONS.empty(crs),
            schemas.ASSEMBLIES.empty(crs),
        )
    parcels, context = context.parcels, replace(context, cut=profile.fabric)
    ids = np.array(parcels["parcel_id"], dtype=object)
    rows = _inside(context.centres, area)
    rows = rows if own is None else rows[own[rows]]
    memory = rule_engine.MeasureCache(context, len(ids))
    kinds = [kind for kind in PREFIX if kind in profile.rules]
    passages = {kind: rule_engine.screen(memory, profile.rules[kind], rows) for kind in kinds}
    found = {kind: rule_engine.passing_rows(passages[kind], rows) for kind in kinds}
    taken = np.concatenate([np.array([], dtype=np.intp), *found.values()])
    candidates = _candidates(context, found, passages, profile, source)
    # The tables only need the passages: they are built while GEOS is at work on groups.
    with ThreadPoolExecutor(1) as aside:
        assemblies = aside.submit(find_assemblies, memory, profile, rows)
        return Plots(
            candidates,
            _evidence(ids, found, passages, source),
            rule_engine.test_table(passages, ids),
            rejections(parcels, np.setdiff1d(rows, taken), passages),
            assemblies.result(),
        )


def _inside(centres: Geometries, area: shapely.Geometry) -> NDArray[np.intp]:
    shapely.prepare(area)
    return np.flatnonzero(shapely.intersects(area, centres))


def _candidates(
    context: SpatialContext,
    found: dict[str, NDArray[np.intp]],
    passages: dict[str, list[rule_engine.RuleOutcome]],
    profile: Profile,
    source: str,
) -> gpd.GeoDataFrame:
    parcels = context.parcels
    rows = np.concatenate([np.array([], dtype=np.intp), *found.values()])
    if parcels is None or not len(rows):
        return schemas.CANDIDATES.empty(None if parcels is None else parcels.crs)
    kinds = np.repeat(list(found), [len(r) for r in found.values()])
    kept, plots, fabric = parcels.iloc[rows], context.plots[rows], context.fabric_of(rows)
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
            "zone": zone_of(context, context.centres[rows], kept["commune"]),
            **site_warnings(context, rows, found, passages),
            "sources": source,
        },
        geometry=plots,
        crs=parcels.crs,
    )
    return schemas.CANDIDATES.conform(candidates.sort_values("opportunity_id"))


def _usable(
    found: dict[str, NDArray[np.intp]], passages: dict[str, list[rule_engine.RuleOutcome]]
) -> NDArray[np.float64]:
    """Buildable area of the plots found, in the order of the kinds; unknown where not measured."""
    return np.concatenate([_last(passages[kind], USABLE, rows) for kind, rows in found.items()])


def _last(
    passages: list[rule_engine.RuleOutcome], measures: tuple[str, ...], rows: NDArray[np.intp]
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
    passages: dict[str, list[rule_engine.RuleOutcome]],
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
    all_rows = pd.concat(parts, ignore_index=True) if parts else schemas.EVIDENCE.empty()
    ordered = all_rows.sort_values("opportunity_id", kind="stable")
    checked: pd.DataFrame = schemas.EVIDENCE.conform(ordered)
    return checked


def _finding(label: str, value: float, unit: str, lang: Any) -> str:
    if not unit:
        return label
    return (
        f"{label}\u00a0: {figure(value, unit, lang)}"
        if lang == "fr"
        else (f"{label}: {figure(value, unit, lang)}")
    )


def rejections(
    parcels: gpd.GeoDataFrame,
    rejected: NDArray[np.intp],
    passages: Mapping[str, Sequence[RuleOutcome]],
) -> gpd.GeoDataFrame:
    """Build one row a parcel: the rule that stopped it on the way where it went furthest.

    Parameters
    ----------
    parcels
        PARCELS.
    rejected
        Positions of the parcels that are candidates of no kind, in order.
    passages
        Tests of each kind sought; of two ways that went as far, the first kind is told.

    Returns
    -------
    REJECTIONS, in the order of the parcels; margin is missing where the value is unknown.
    """
    every = [(kind, passage) for kind, steps in passages.items() for passage in steps]
    if not every or not len(rejected):
        return schemas.REJECTIONS.empty(parcels.crs)
    furthest = np.full(len(parcels), -1)
    for n, (_, passage) in reversed(list(enumerate(every))):
        stopped = passage.rows[passage.stopped]
        steps = np.array([every[m][1].step if m >= 0 else 0 for m in furthest[stopped]])
        furthest[stopped[passage.step >= steps]] = n
    words: dict[str, NDArray[Any]] = {
        name: np.full(len(parcels), None, dtype=object) for name in schemas.REJECTIONS.names[2:-1]
    }
    for n, (kind, passage) in enumerate(every):
        here = passage.stopped & (furthest[passage.rows] == n)
        for name, values in _told(kind, passage, here).items():
            words[name][passage.rows[here]] = values
    kept = parcels.iloc[rejected]
    columns = {name: values[rejected] for name, values in words.items()}
    rows = gpd.GeoDataFrame(
        {
            "parcel_id": kept["parcel_id"].to_numpy(),
            "area_m2": kept["area_m2"].to_numpy(),
            **columns,
        },
        geometry=kept.geometry.to_numpy(),
        crs=parcels.crs,
    )
    return schemas.REJECTIONS.conform(rows.sort_values("parcel_id"))


def _told(kind: str, passage: RuleOutcome, here: NDArray[np.bool_]) -> dict[str, Any]:
    """Columns of REJECTIONS for the parcels that one test stopped."""
    rule, values, details = passage.rule, passage.value[here], passage.detail[here]
    limits, translated = passage.limit[here], in_english(details)

    def why(lang: Lang) -> NDArray[np.object_]:
        told = details if lang == "fr" else translated
        sought = KIND_LABELS[kind][lang] + COLON[lang]
        own = limits if rule.limit else None
        words: NDArray[np.object_] = sought + reasons(rule, values, told, lang, limits=own)
        return words

    return {
        "kind": kind,
        "rule": rule.name,
        "value": values,
        "threshold": limits,
        "margin": passage.margin[here],
        "unit": rule.unit or None,
        "detail": details,
        "detail_en": translated,
        "reason_fr": why("fr"),
        "reason_en": why("en"),
    }
