"""Land assembly: groups of parcels that fail the rules alone and pass them together.

Open data names no owner: a group could be built on as one plot; it may have several owners.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from foncier import schemas
from foncier.detect import rule_engine
from foncier.detect.assembly.measures import (
    EDGE_MEASURES,
    GAP_M,
    GroupMeasures,
    edge_rule,
    union_by_group,
)
from foncier.detect.assembly.report import Parts, Trial, describe_groups
from foncier.detect.measures import find_measure
from foncier.detect.measures.frontage import TOUCH_M
from foncier.detect.measures.remainder import best_pieces
from foncier.detect.warnings import OVERLAP_SHARE
from foncier.geometry import (
    boxes_within,
    expand,
    in_threads,
    pairs_within,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from foncier.detect.context import SpatialContext
    from foncier.detect.rule_engine import MeasureCache, RuleOutcome
    from foncier.geometry import Floats, Geometries
    from foncier.model import Assembly, Profile, Rule

BARE, BUILT = "dent_creuse", "terrain_divisible"
PAIR = 2
OUTLINE_MEASURES = ("area_m2", "convexity", "width_m", "opened_area_m2")  # fast, stop most groups


def find_assemblies(
    cache: MeasureCache, profile: Profile, rows: NDArray[np.intp]
) -> gpd.GeoDataFrame:
    """Groups of adjoining parcels that pass the rules for bare plots together and fail them alone.

    The smallest groups come first: a group that contains a smaller group that passes is excluded.
    Two groups may share a parcel: they are alternatives, not two pieces of land.

    Parameters
    ----------
    cache
        Context, with the measures already taken.
    profile
        Its ``assembly`` has the parameters; without it, or without parcels, the table is empty.
    rows
        Positions of the parcels of the study area. A group belongs to the area when the first of
        its parcels, in the order of ids, does.

    Returns
    -------
    ASSEMBLIES, sorted by id.
    """
    assembly, context = profile.assembly, cache.context
    crs = None if context.parcels is None else context.parcels.crs
    if assembly is None or context.parcels is None or context.buildings is None or not len(rows):
        return schemas.ASSEMBLIES.empty(crs)
    ids = np.array(context.parcels["parcel_id"], dtype=object)
    parts = _parts(cache, profile, assembly, _around(context, rows, assembly.most), ids)
    near = near_street(parts.shapes, context, profile.rules.get(BARE, ()))
    links = _adjacent(parts, assembly, near)
    # A free piece that would pass alone, if it were a parcel, needs no neighbour.
    groups, passing, tables = np.unique(links)[:, None], [], []
    for size in range(1, assembly.most + 1):
        if not len(groups):
            break
        trial = _try_groups(cache, profile, parts, groups, near)
        if size > 1:
            chosen = trial.passed[np.isin(parts.parcel[trial.groups[trial.passed, 0]], rows)]
            table = describe_groups(context, parts, trial, chosen, ids=ids, rules=assembly.bare)
            tables.append(table)
        passing.append(trial.groups[trial.passed])
        groups = _extend(trial.failed, links, len(parts))
        groups = _allowed(groups, parts, assembly, passing)
    if not tables:
        return schemas.ASSEMBLIES.empty(crs)
    table = pd.concat(tables, ignore_index=True).sort_values("assembly_id")
    return schemas.ASSEMBLIES.conform(table)


def _around(context: SpatialContext, rows: NDArray[np.intp], most: int) -> NDArray[np.intp]:
    """The parcels, and those that a group with one of them may contain."""
    known, frontier, plots = np.zeros(len(context.plots), dtype=np.bool_), rows, context.plots
    known[rows] = True
    for _ in range(most - 1):
        if known.all():
            break
        one, other = boxes_within(plots[frontier], context.plots_tree, TOUCH_M)
        new = ~known[other]
        one, other = frontier[one[new]], other[new]
        frontier = np.unique(other[shapely.dwithin(plots[one], plots[other], TOUCH_M)])
        known[frontier] = True
    return np.flatnonzero(known)


def _parts(
    cache: MeasureCache, profile: Profile, assembly: Assembly, rows: NDArray[np.intp], ids: Any
) -> Parts:
    """Bare parcels, and free pieces of built ones, that a rule of the assembly stopped."""
    context = cache.context
    bare, bare_tests = _stopped(cache, profile.rules.get(BARE, ()), rows, assembly.bare)
    rest = np.setdiff1d(rows, bare)
    built, built_tests = _stopped(cache, profile.rules.get(BUILT, ()), rest, assembly.built)
    shapes = _pieces(context, profile.rules.get(BUILT, ()), built)
    large = shapely.area(shapes) >= assembly.least_part_m2
    built, shapes = built[large], shapes[large]
    parcel = np.concatenate([bare, built])
    order = np.argsort(ids[parcel].astype(str), kind="stable")
    return Parts(
        np.concatenate([context.plots[bare], shapes])[order],
        parcel[order],
        np.repeat([False, True], [len(bare), len(built)])[order],
        (bare_tests, built_tests),
    )


def _stopped(
    cache: MeasureCache, rules: Sequence[Rule], rows: NDArray[np.intp], names: tuple[str, ...]
) -> tuple[NDArray[np.intp], list[RuleOutcome]]:
    """Parcels that one of the named rules stopped, and the outcomes of these rules."""
    steps = [p for p in rule_engine.screen(cache, rules, rows) if p.rule.name in names]
    stopped = [outcome.rows[outcome.stopped] for outcome in steps]
    return np.concatenate([np.array([], dtype=np.intp), *stopped]), steps


def _pieces(context: SpatialContext, rules: Sequence[Rule], rows: NDArray[np.intp]) -> Geometries:
    """Best free piece of each parcel, by the rule that measures it; None without such a rule."""
    params = [rule.params for rule in rules if rule.measure == "free_piece_m2"]
    if not params or not len(rows):
        return np.full(len(rows), None, dtype=object)
    # Too narrow alone, a piece may be wide enough with that of a neighbour: it is not opened.
    return best_pieces(context, rows, {**params[0], "lot": False})


def _adjacent(parts: Parts, assembly: Assembly, near: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Pairs of parts with a common limit, shape (n, 2), in the order of ids.

    Parts that cannot be in a group with a part near a street are excluded.
    """
    shapes = parts.shapes
    one, other = touching(shapes)
    possible = within_steps(near, (one, other), assembly.most - 1)
    # A pair that may not be extended needs a street itself.
    final = (parts.built[one] | parts.built[other]) & (assembly.most_built <= PAIR)
    possible = np.where(final, near[one] | near[other], possible[one] & possible[other])
    first = possible & (parts.parcel[one] != parts.parcel[other])
    one, other = one[first], other[first]
    contact = in_threads(_contact, shapely.boundary(shapes[one]), shapes[other])
    # The buffer extends beyond both ends of the common limit.
    along = shapely.length(contact) - 2 * TOUCH_M >= assembly.contact_m
    one, other = one[along], other[along]
    overlap = shapely.area(in_threads(shapely.intersection, shapes[one], shapes[other]))
    least = np.minimum(shapely.area(shapes[one]), shapely.area(shapes[other]))
    apart = overlap < OVERLAP_SHARE * least  # else the cadastre draws the same land twice
    return np.unique(np.column_stack([one[apart], other[apart]]), axis=0)


def _contact(limits: Geometries, neighbours: Geometries) -> Geometries:
    """Part of each limit that runs along the neighbour."""
    return np.asarray(shapely.intersection(limits, shapely.buffer(neighbours, TOUCH_M)))


def _allowed(
    groups: NDArray[np.intp], parts: Parts, assembly: Assembly, passing: list[NDArray[np.intp]]
) -> NDArray[np.intp]:
    """Groups that are not too large, and contain no smaller group that passes."""
    some_built = np.asarray(parts.built[groups].any(axis=1), dtype=np.bool_)
    allowed = ~some_built | (groups.shape[1] <= assembly.most_built)
    for smaller in passing:
        known = {tuple(group) for group in smaller.tolist()}
        for columns in combinations(range(groups.shape[1]), smaller.shape[1]):
            subsets = map(tuple, groups[:, columns].tolist())
            allowed &= ~np.fromiter((s in known for s in subsets), dtype=bool, count=len(groups))
    chosen: NDArray[np.intp] = groups[allowed]
    return chosen


def _extend(groups: NDArray[np.intp], links: NDArray[np.intp], size: int) -> NDArray[np.intp]:
    """Each group with one more adjacent part; each set of parts once."""
    both = np.concatenate([links, links[:, ::-1]])
    both = both[np.lexsort(both.T[::-1])]
    begins = np.searchsorted(both[:, 0], np.arange(size + 1))
    more = [np.empty((0, groups.shape[1] + 1), dtype=np.intp)]
    for column in range(groups.shape[1]):
        member = groups[:, column]
        group, rank = expand(begins[member + 1] - begins[member])
        added = both[begins[member[group]] + rank, 1]
        new = ~(groups[group] == added[:, None]).any(axis=1)
        more.append(np.column_stack([groups[group[new]], added[new]]))
    sets = np.sort(np.concatenate(more), axis=1)
    return np.asarray(np.unique(sets, axis=0), dtype=np.intp)


def _try_groups(
    cache: MeasureCache,
    profile: Profile,
    parts: Parts,
    groups: NDArray[np.intp],
    near: NDArray[np.bool_],
) -> Trial:
    """Screen the union of each group by the rules for bare plots.

    Groups with too little land, or no part near a street, are not tested. The others are tested by
    the fast rules first; those that pass all are screened again in order, with cached measures.
    Rules that only warn are not measured: they speak of the neighbours of a parcel.
    """
    rules = profile.rules.get(BARE, ())
    large = most_area_m2(parts.shapes)[groups].sum(axis=1) >= least_area_m2(rules)
    possible = np.flatnonzero(large & near[groups].any(axis=1))
    tested, width = groups[possible], groups.shape[1]
    owner = np.repeat(np.arange(len(possible)), width)
    shapes = union_by_group(parts.shapes[tested.ravel()], owner)
    edge_rules = [edge_rule(rule) for rule in rules if rule.measure in EDGE_MEASURES]
    radii = [find_measure(rule.measure).radius_m(rule.params) for rule in edge_rules]
    measures = GroupMeasures(
        cache, shapes, parts.parcel[tested.ravel()], owner, radius_m=max(radii, default=0)
    )
    rows = np.flatnonzero(shapely.get_num_geometries(shapes) == 1)
    decisive = [rule for rule in rules if not rule.warns]
    fast_first = sorted(decisive, key=lambda rule: rule.measure not in OUTLINE_MEASURES)
    rows = rule_engine.passing_rows(rule_engine.screen(measures, fast_first, rows), rows)
    passed = np.zeros(len(groups), dtype=bool)
    passed[possible[rows]] = True
    steps = rule_engine.screen(measures, decisive, rows) if width > 1 else []
    return Trial(tested, shapes, steps, rows, groups[~passed])


CLOSED_M = 2.0  # closing the gap between two drawings of a limit moves an edge by less


def least_area_m2(rules: Iterable[Rule]) -> float:
    """Area below which a group fails, whatever its fabric class; 0 without such a rule."""
    areas = [0.0]
    for rule in rules:
        if rule.measure == "area_m2" and rule.at_least is not None and not rule.warns:
            if not rule.limit:
                areas.append(rule.at_least)
            elif rule.limit == "by_fabric":
                areas.append(min(float(area) for area in rule.limits.values()))
    return max(areas)


def most_area_m2(shapes: Geometries) -> Floats:
    """Largest area that each shape can add to a union, with the gaps closed along its edge."""
    return np.asarray(shapely.area(shapes) + GAP_M * shapely.length(shapes), dtype=np.float64)


def near_street(
    shapes: Geometries, context: SpatialContext, rules: Iterable[Rule]
) -> NDArray[np.bool_]:
    """Tell which shapes may have a street front; all where no rule requires one."""
    radii = [
        float(rule.params["radius_m"])
        for rule in rules
        if rule.measure == "frontage_m" and not rule.warns and (rule.at_least or 0.0) > 0
    ]
    if not radii or context.streets is None:
        return np.ones(len(shapes), dtype=bool)
    near = np.zeros(len(shapes), dtype=bool)
    radius_m = min(radii) + CLOSED_M
    near[pairs_within(shapes, context.ways.tree, radius_m)[0]] = True
    return near


def touching(shapes: Geometries) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pairs of shapes that are no farther apart than two drawings of one limit, each once."""
    one, other = pairs_within(shapes, shapely.STRtree(shapes), TOUCH_M)
    once = one < other
    return one[once], other[once]


def within_steps(
    seeds: NDArray[np.bool_], pairs: tuple[NDArray[np.intp], NDArray[np.intp]], steps: int
) -> NDArray[np.bool_]:
    """Tell which shapes are seeds, or connected to one by at most so many pairs.

    Examples
    --------
    >>> row = np.array([0, 1, 2]), np.array([1, 2, 3])
    >>> within_steps(np.array([True, False, False, False]), row, 2).tolist()
    [True, True, True, False]
    """
    connected = seeds
    for _ in range(steps):
        extended = connected.copy()
        for start, end in (pairs, pairs[::-1]):
            extended[end[connected[start]]] = True
        connected = extended
    return connected
