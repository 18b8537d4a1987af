"""Dents creuses and divisible plots: parcels screened by the rules of a rule set."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from foncier import schemas
from foncier.detect import rule_engine
from foncier.detect.assembly.search import find_assemblies
from foncier.detect.fabric import CLASSES, dwellings
from foncier.detect.measures.ground import ground, zone_of
from foncier.detect.measures.remainder import best_pieces
from foncier.detect.plot_confidence import plot_confidence, plot_features
from foncier.detect.rejections import rejections
from foncier.detect.warnings import site_warnings
from foncier.i18n import LANGUAGES
from foncier.i18n.arrays import localize_many

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from foncier.detect.context import SpatialContext
    from foncier.detect.rule_engine import RuleOutcome
    from foncier.geometry import Floats, Geometries
    from foncier.model import Profile, Rule

PREFIX = {"dent_creuse": "DC", "terrain_divisible": "TD"}
BUILT_SHARE = ("built_share", "shrunk_built_share")
USABLE_AREA = ("opened_area_m2", "free_piece_m2")


@dataclass(frozen=True)
class Plots:
    """CANDIDATES, EVIDENCE, TESTS, REJECTIONS and ASSEMBLIES of plots in an area."""

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
    screened: NDArray[np.bool_] | None = None,
) -> Plots:
    """Find dents creuses and divisible plots among the parcels whose centre lies in an area.

    Parameters
    ----------
    context
        Needs parcels and buildings; without one of them all tables are empty.
    profile
        Rules by kind, in order; see ``study/rulesets/*.toml``.
    area
        Study area, in the legal metric CRS.
    source
        Attribution of the cadastre, for the evidence.
    screened
        Parcels to screen, shape (number of parcels,); the others are neighbours only. All when
        None. Where each parcel is screened by one call, and every call has the neighbours within
        the radius of influence (`foncier.pipeline.tile_bounds`), the tables of all calls together
        are those of one call.

    Returns
    -------
    Every parcel of the area is either a candidate or a rejection, with the first rule that it
    failed, of the kind where it passed most rules.
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
    parcels = context.parcels
    context = replace(context, fabric=profile.fabric, excluded=profile.excluded)
    ids = np.array(parcels["parcel_id"], dtype=object)
    rows = _rows_within(area, context.centres)
    rows = rows if screened is None else rows[screened[rows]]
    cache = rule_engine.MeasureCache(context, len(ids))
    kinds = [kind for kind in PREFIX if kind in profile.rules]
    outcomes = {kind: rule_engine.screen(cache, profile.rules[kind], rows) for kind in kinds}
    passing = {kind: rule_engine.passing_rows(outcomes[kind], rows) for kind in kinds}
    rejected = np.setdiff1d(rows, np.concatenate([rows[:0], *passing.values()]))
    candidates = _candidates(context, passing, outcomes, profile, source)
    # The tables need the outcomes only: they are built while GEOS works on assemblies.
    with ThreadPoolExecutor(1) as executor:
        assemblies = executor.submit(find_assemblies, cache, profile, rows)
        tests = rule_engine.build_test_table(outcomes, ids)
        return Plots(
            _with_confidence(candidates, tests, profile),
            _evidence(ids, passing, outcomes, source),
            tests,
            rejections(parcels, rejected, outcomes),
            assemblies.result(),
        )


def _with_confidence(
    candidates: gpd.GeoDataFrame, tests: pd.DataFrame, profile: Profile
) -> gpd.GeoDataFrame:
    """Plots with the confidence of the profile's calibration, if it has one."""
    if profile.confidence is None or candidates.empty:
        return candidates
    features = plot_features(candidates, tests, profile.rules)
    confidence = plot_confidence(candidates, features, profile.confidence)
    return candidates.assign(confidence=confidence)


def _rows_within(area: shapely.Geometry, centres: Geometries) -> NDArray[np.intp]:
    shapely.prepare(area)
    return np.flatnonzero(shapely.intersects(area, centres))


def _candidates(
    context: SpatialContext,
    passing: dict[str, NDArray[np.intp]],
    outcomes: dict[str, list[RuleOutcome]],
    profile: Profile,
    source: str,
) -> gpd.GeoDataFrame:
    parcels = context.parcels
    rows = np.concatenate([np.array([], dtype=np.intp), *passing.values()])
    if parcels is None or not len(rows):
        return schemas.CANDIDATES.empty(None if parcels is None else parcels.crs)
    kinds = np.repeat(list(passing), [len(r) for r in passing.values()])
    chosen, fabric = parcels.iloc[rows], context.fabric_of(rows)
    land = np.concatenate([_land(context, profile.rules[k], r) for k, r in passing.items()])
    area, whole = shapely.area(land), shapely.area(context.plots[rows])
    usable = np.concatenate([_last(outcomes[k], USABLE_AREA, r) for k, r in passing.items()])
    low, high = dwellings(usable, fabric, profile.dwellings)
    share = np.concatenate([_last(outcomes[k], BUILT_SHARE, r) for k, r in passing.items()])
    ids = [f"{PREFIX[k]}-{i}" for k, i in zip(kinds, chosen["parcel_id"], strict=True)]
    candidates = gpd.GeoDataFrame(
        {
            "opportunity_id": ids,
            "kind": kinds,
            "commune": chosen["commune"].to_numpy(),
            "parcel_ids": chosen["parcel_id"].to_numpy(),
            "area_m2": area,
            "usable_area_m2": usable,
            "built_share": share,
            "fabric": np.array(CLASSES, dtype=object)[fabric],
            "yield_low": low,
            "yield_high": high,
            "perimeter": np.where(area < whole - 1.0, "piece", "parcelles"),
            "zone": zone_of(context, land, chosen["commune"]),
            **site_warnings(context, rows, passing, outcomes),
            "sources": source,
        },
        geometry=land,
        crs=parcels.crs,
    )
    return schemas.CANDIDATES.conform(candidates.sort_values("opportunity_id"))


def _land(context: SpatialContext, rules: Sequence[Rule], rows: NDArray[np.intp]) -> Geometries:
    """Land that each plot offers: its free piece where a rule seeks one, else its usable ground."""
    params = {rule.measure: rule.params for rule in rules}
    land = np.array(ground(context, rows, params.get("area_m2", {})), dtype=object)
    if "free_piece_m2" in params:
        pieces = best_pieces(context, rows, params["free_piece_m2"])
        land = np.where(shapely.is_missing(pieces), land, pieces)
    return land


def _last(outcomes: list[RuleOutcome], measures: tuple[str, ...], rows: NDArray[np.intp]) -> Floats:
    """Last value of some measures for parcels that passed; unknown where it was not taken."""
    value = np.full(len(rows), np.nan)
    for outcome in outcomes:
        if outcome.rule.measure in measures:
            tested = np.isin(rows, outcome.rows)
            scale = 100 if outcome.rule.unit == "%" else 1
            position = np.searchsorted(outcome.rows, rows[tested])
            value[tested] = outcome.value[position] / scale
    return value


def _evidence(
    ids: NDArray[np.object_],
    passing: dict[str, NDArray[np.intp]],
    outcomes: dict[str, list[RuleOutcome]],
    source: str,
) -> pd.DataFrame:
    """Build one row of EVIDENCE per rule that a plot passed, with its value."""
    parts = [
        _passed_rule(kind, outcome, np.isin(outcome.rows, rows) & (outcome.passed == 1), ids)
        for kind, rows in passing.items()
        for outcome in outcomes[kind]
    ]
    if not parts:
        return schemas.EVIDENCE.empty()  # type: ignore[no-any-return]
    rows = pd.concat(parts, ignore_index=True).assign(direction="for", source=source)
    ordered = rows.sort_values("opportunity_id", kind="stable")
    checked: pd.DataFrame = schemas.EVIDENCE.conform(ordered)
    return checked


def _passed_rule(
    kind: str, outcome: RuleOutcome, passed: NDArray[np.bool_], ids: NDArray[np.object_]
) -> pd.DataFrame:
    """Opportunity, name of the rule and words of its value, for some parcels of an outcome."""
    rule, values = outcome.rule, outcome.value[passed]
    message = "detect.rules.value" if rule.unit else "detect.rules.passed"
    params = {"label": rule.label} | ({"value": values, "unit": rule.unit} if rule.unit else {})
    return pd.DataFrame(
        {
            "opportunity_id": [f"{PREFIX[kind]}-{i}" for i in ids[outcome.rows[passed]]],
            "signal": rule.name,
            **{
                f"text_{lang}": localize_many(message, lang, len(values), **params)
                for lang in LANGUAGES
            },
        }
    )
