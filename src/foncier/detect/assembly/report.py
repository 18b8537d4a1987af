"""Assemblies in words: why each parcel fails alone, and the measures of the group."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from foncier.detect.context import shapes as shapes_of
from foncier.detect.fabric import CLASSES
from foncier.detect.rejections import describe_failure
from foncier.i18n import LANGUAGES, Lang, localize
from foncier.i18n.arrays import localize_many

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from foncier.detect.context import SpatialContext
    from foncier.detect.rule_engine import RuleOutcome
    from foncier.geometry import Floats, Geometries

UNIT_SHARE = 0.5  # of a parcel: a land unit that covers so much of it contains it


@dataclass(frozen=True)
class Parts:
    """Parts of assemblies, which fail alone: outline, position of the parcel, built or bare.

    In the order of parcel ids, so that nothing depends on the order of the table. ``tests`` holds
    the outcomes that stopped the parcels: of the bare ones, and of the built ones.
    """

    shapes: Geometries
    parcel: NDArray[np.intp]
    built: NDArray[np.bool_]
    tests: tuple[list[RuleOutcome], list[RuleOutcome]]

    def __len__(self) -> int:
        return len(self.shapes)


@dataclass(frozen=True)
class Trial:
    """Groups of one size that were tested (positions of parts, shape (n, size)), and their unions.

    ``passed`` holds the positions of those that passed all rules, ``steps`` their outcomes;
    ``failed`` all other groups, tested or not.
    """

    groups: NDArray[np.intp]
    shapes: Geometries
    steps: list[RuleOutcome]
    passed: NDArray[np.intp]
    failed: NDArray[np.intp]


def describe_groups(
    context: SpatialContext,
    parts: Parts,
    trial: Trial,
    rows: NDArray[np.intp],
    *,
    ids: NDArray[np.object_],
    rules: Collection[str],
) -> gpd.GeoDataFrame:
    """Columns of ASSEMBLIES for some groups of a trial, unsorted.

    Parameters
    ----------
    rows
        Positions of the groups.
    ids
        Ids of all parcels.
    rules
        Names of the rules whose values are stated.
    """
    members, shapes = trial.groups[rows], trial.shapes[rows]
    crs = None if context.parcels is None else context.parcels.crs
    names = ids[parts.parcel[members]].reshape(members.shape)
    parcel_ids = ["|".join(group) for group in names]
    groups = context.with_parcels(gpd.GeoDataFrame(geometry=shapes, crs=crs))
    fabric = np.array(CLASSES, dtype=object)[groups.fabric_of(np.arange(len(rows)))]
    built = parts.built[members].any(axis=1)
    units = _units(context, parts.parcel[members])
    steps = [outcome for outcome in trial.steps if outcome.rule.name in rules]
    words = dict[str, list[str]]()
    for lang in LANGUAGES:
        words[f"alone_{lang}"] = _alone(describe_failures(parts, members, lang), names, lang)
        words[f"together_{lang}"] = _together(steps, rows, lang)
        words[f"agreement_{lang}"] = _agreement(units, members.shape[1], lang)
    return gpd.GeoDataFrame(
        {
            "assembly_id": [_assembly_id(group) for group in parcel_ids],
            "kind": np.where(built, "fonds_batis", "parcelles_nues"),
            "parcel_ids": parcel_ids,
            "parcels": members.shape[1],
            "units": units,
            "area_m2": shapely.area(shapes),
            "usable_area_m2": _usable(trial.steps, rows),
            "fabric": fabric,
            **words,
        },
        geometry=shapes,
        crs=crs,
    )


def describe_failures(parts: Parts, members: NDArray[np.intp], lang: Lang) -> NDArray[np.object_]:
    """Word the rule that stopped the parcel of each part, in the shape of the members."""
    some, back = np.unique(members, return_inverse=True)
    reasons = np.full(len(some), None, dtype=object)
    for built, tests in enumerate(parts.tests):
        same = np.flatnonzero(parts.built[some] == bool(built))
        for outcome in tests:
            stopped = outcome.rows[outcome.stopped]
            failed = same[np.isin(parts.parcel[some[same]], stopped)]
            at = np.searchsorted(outcome.rows, parts.parcel[some[failed]])
            varying = outcome.threshold[at] if outcome.rule.limit else None
            reasons[failed] = describe_failure(
                outcome.rule, outcome.value[at], outcome.detail[at], lang, thresholds=varying
            )
    words: NDArray[np.object_] = reasons[back.reshape(members.shape)]
    return words


def _agreement(units: Floats, size: int, lang: Lang) -> list[str]:
    """Word the agreement that each group of ``size`` parcels needs."""
    one = localize("detect.assembly.one_unit", lang)
    several = localize("detect.assembly.owners", lang, parcels=size)
    return [one if n == 1 else several for n in units]


def _units(context: SpatialContext, members: NDArray[np.intp]) -> Floats:
    """Count the land units of the parcels of each group; unknown where a parcel has none."""
    if context.land_units is None or not len(members):
        return np.full(len(members), np.nan)
    parcels, back = np.unique(members, return_inverse=True)
    plots, units = context.plots[parcels], shapes_of(context.land_units)
    plot, unit = shapely.STRtree(units).query(plots, predicate="intersects")
    common = shapely.area(shapely.intersection(plots[plot], units[unit]))
    order = np.lexsort((-unit, common))  # the largest is written last; the first of equals wins
    order = order[common[order] >= UNIT_SHARE * shapely.area(plots[plot[order]])]
    unit_of = np.full(len(parcels), np.nan)
    unit_of[plot[order]] = unit[order]
    sorted_ = np.sort(unit_of[back.reshape(members.shape)], axis=1)
    count = 1.0 + (np.diff(sorted_, axis=1) != 0).sum(axis=1)
    return np.where(np.isnan(sorted_).any(axis=1), np.nan, count)


def _assembly_id(parcel_ids: str) -> str:
    """Stable id of a group: its first parcel, and a hash of all of them."""
    digest = hashlib.blake2s(parcel_ids.encode(), digest_size=3).hexdigest()
    return f"AS-{parcel_ids.split('|', maxsplit=1)[0]}-{digest}"


def _alone(reasons: NDArray[np.object_], names: Any, lang: Lang) -> list[str]:
    """Why each parcel of each group fails alone."""
    words = localize_many(
        "detect.assembly.alone", lang, reasons.size, parcel=names.ravel(), reason=reasons.ravel()
    )
    return [" | ".join(group) for group in words.reshape(reasons.shape)]


def _together(steps: list[RuleOutcome], rows: NDArray[np.intp], lang: Lang) -> list[str]:
    """Values of each group for some rules, each with its threshold."""
    words: list[list[str]] = [[] for _ in rows]
    for outcome in steps:
        tested = np.flatnonzero(np.isin(rows, outcome.rows))  # without a threshold: not tested
        at = np.searchsorted(outcome.rows, rows[tested])
        values = localize_many(
            "detect.assembly.together",
            lang,
            len(tested),
            label=outcome.rule.label,
            value=outcome.value[at],
            threshold=outcome.threshold[at],
            unit=outcome.rule.unit,
        )
        for n, value in zip(tested, values, strict=True):
            words[n].append(value)
    return [" | ".join(group) for group in words]


def _usable(steps: list[RuleOutcome], rows: NDArray[np.intp]) -> Floats:
    value = np.full(len(rows), np.nan)
    for outcome in steps:
        if outcome.rule.measure == "opened_area_m2":
            tested = np.isin(rows, outcome.rows)
            value[tested] = outcome.value[np.searchsorted(outcome.rows, rows[tested])]
    return value
