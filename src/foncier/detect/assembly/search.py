"""Parcels that fail alone and pass together: what to assemble, and what each lacks.

Open data names no owner: a group says that land could be built on as one piece, never that it is
in one hand.
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
    ALONG,
    GAP_M,
    GroupMeasures,
    union_by_group,
)
from foncier.detect.assembly.report import Parts, Trial, describe_groups
from foncier.detect.measures import MEASURES
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
OUTLINE = ("area_m2", "convexity", "width_m", "opened_area_m2")  # cheap, and stop most groups


def find_assemblies(
    memory: MeasureCache, profile: Profile, rows: NDArray[np.intp]
) -> gpd.GeoDataFrame:
    """Groups of adjoining parcels that pass the rules for bare plots together and fail them alone.

    The smallest groups come first: one that holds a smaller group that passes is left out. Two
    groups may share a parcel: they are two ways to use it, not two pieces of land.

    Parameters
    ----------
    memory
        Parcels of the ground, with the measures already taken.
    profile
        Its ``assembly`` says what may be joined; without it, or without parcels, nothing is sought.
    rows
        Positions of the parcels of the study area. A group belongs to the area when the first of
        its parcels, in the order of ids, does.

    Returns
    -------
    ASSEMBLIES, sorted by id.
    """
    how, context = profile.assembly, memory.context
    crs = None if context.parcels is None else context.parcels.crs
    if how is None or context.parcels is None or context.buildings is None or not len(rows):
        return schemas.ASSEMBLIES.empty(crs)
    ids = np.array(context.parcels["parcel_id"], dtype=object)
    parts = _parts(memory, profile, how, _around(context, rows, how.most), ids)
    near = near_street(parts.shapes, context, profile.rules.get(BARE, ()))
    links = _adjoining(parts, how, near)
    # A free piece that would pass alone, were it a parcel, needs no neighbour.
    groups, tried, found = np.unique(links)[:, None], [], []
    for size in range(1, how.most + 1):
        if not len(groups):
            break
        trial = _tried(memory, profile, parts, groups, near)
        if size > 1:
            own = trial.passed[np.isin(parts.parcel[trial.groups[trial.passed, 0]], rows)]
            found.append(describe_groups(context, parts, trial, own, ids=ids, told=how.bare))
        tried.append(trial.groups[trial.passed])
        groups = _grown(trial.failed, links, len(parts))
        groups = _allowed(groups, parts, how, tried)
    if not found:
        return schemas.ASSEMBLIES.empty(crs)
    every = pd.concat(found, ignore_index=True).sort_values("assembly_id")
    return schemas.ASSEMBLIES.conform(every)


def _around(context: SpatialContext, rows: NDArray[np.intp], most: int) -> NDArray[np.intp]:
    """The parcels, and those that a group that begins in one of them may also hold."""
    known, edge, plots = np.zeros(len(context.plots), dtype=np.bool_), rows, context.plots
    known[rows] = True
    for _ in range(most - 1):
        if known.all():
            break
        one, other = boxes_within(plots[edge], context.plots_tree, TOUCH_M)
        new = ~known[other]
        one, other = edge[one[new]], other[new]
        edge = np.unique(other[shapely.dwithin(plots[one], plots[other], TOUCH_M)])
        known[edge] = True
    return np.flatnonzero(known)


def _parts(
    memory: MeasureCache, profile: Profile, how: Assembly, rows: NDArray[np.intp], ids: Any
) -> Parts:
    """Bare parcels and free pieces of built ones that a rule which joining may cure stopped."""
    context = memory.context
    bare, bare_tests = _stopped(memory, profile.rules.get(BARE, ()), rows, how.bare)
    rest = np.setdiff1d(rows, bare)
    built, built_tests = _stopped(memory, profile.rules.get(BUILT, ()), rest, how.built)
    shapes = _pieces(context, profile.rules.get(BUILT, ()), built)
    large = shapely.area(shapes) >= how.least_part_m2
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
    memory: MeasureCache, rules: Sequence[Rule], rows: NDArray[np.intp], names: tuple[str, ...]
) -> tuple[NDArray[np.intp], list[RuleOutcome]]:
    """Parcels that one of some rules stopped, and the tests of these rules."""
    steps = [p for p in rule_engine.screen(memory, rules, rows) if p.rule.name in names]
    which = [passage.rows[passage.stopped] for passage in steps]
    return np.concatenate([np.array([], dtype=np.intp), *which]), steps


def _pieces(context: SpatialContext, rules: Sequence[Rule], rows: NDArray[np.intp]) -> Geometries:
    """Best free piece of each parcel, by the rule of the profile that asks for one; else None."""
    params = [rule.params for rule in rules if rule.measure == "free_piece_m2"]
    if not params or not len(rows):
        return np.full(len(rows), None, dtype=object)
    return best_pieces(context, rows, params[0])


def _adjoining(parts: Parts, how: Assembly, near: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Pairs of parts that lie along one another, shape (n, 2), the first id first.

    Parts from which no group comes to one near a street are left out.
    """
    shapes = parts.shapes
    one, other = touching(shapes)
    hope = within_steps(near, (one, other), how.most - 1)
    # A pair that may not grow has to come to the street by itself.
    paired = (parts.built[one] | parts.built[other]) & (how.most_built <= PAIR)
    hope = np.where(paired, near[one] | near[other], hope[one] & hope[other])
    first = hope & (parts.parcel[one] != parts.parcel[other])
    one, other = one[first], other[first]
    edge = in_threads(_along, shapely.boundary(shapes[one]), shapes[other])
    # At both ends the buffer reaches that much farther than the common limit.
    along = shapely.length(edge) - 2 * TOUCH_M >= how.contact_m
    one, other = one[along], other[along]
    twice = shapely.area(in_threads(shapely.intersection, shapes[one], shapes[other]))
    least = np.minimum(shapely.area(shapes[one]), shapely.area(shapes[other]))
    apart = twice < OVERLAP_SHARE * least  # else the same land drawn twice
    return np.unique(np.column_stack([one[apart], other[apart]]), axis=0)


def _along(limits: Geometries, neighbours: Geometries) -> Geometries:
    """Part of each limit that runs along the neighbour."""
    return np.asarray(shapely.intersection(limits, shapely.buffer(neighbours, TOUCH_M)))


def _allowed(
    groups: NDArray[np.intp], parts: Parts, how: Assembly, passing: list[NDArray[np.intp]]
) -> NDArray[np.intp]:
    """Groups that are not too large for what they hold, and hold no smaller one that passes."""
    some_built = np.asarray(parts.built[groups].any(axis=1), dtype=np.bool_)
    kept = ~some_built | (groups.shape[1] <= how.most_built)
    for smaller in passing:
        known = {tuple(group) for group in smaller.tolist()}
        for columns in combinations(range(groups.shape[1]), smaller.shape[1]):
            held = map(tuple, groups[:, columns].tolist())
            kept &= ~np.fromiter((h in known for h in held), dtype=bool, count=len(groups))
    allowed: NDArray[np.intp] = groups[kept]
    return allowed


def _grown(groups: NDArray[np.intp], links: NDArray[np.intp], size: int) -> NDArray[np.intp]:
    """Each group with one more part that lies along one of its own; each set of parts once."""
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


def _tried(
    memory: MeasureCache,
    profile: Profile,
    parts: Parts,
    groups: NDArray[np.intp],
    near: NDArray[np.bool_],
) -> Trial:
    """Send the union of each group through the rules for bare plots.

    Groups with too little land, or no part near a street, are not drawn. The rest meet the cheap
    rules first; those that pass all go through them again in order, each measure taken once.
    """
    rules = profile.rules.get(BARE, ())
    enough = most_area_m2(parts.shapes)[groups].sum(axis=1) >= least_area_m2(rules)
    hope = np.flatnonzero(enough & near[groups].any(axis=1))
    drawn, width = groups[hope], groups.shape[1]
    owner = np.repeat(np.arange(len(hope)), width)
    shapes = union_by_group(parts.shapes[drawn.ravel()], owner)
    reach = max([MEASURES[r.measure].reach_m(r.params) for r in rules if r.measure in ALONG] or [0])
    joined = GroupMeasures(memory, shapes, parts.parcel[drawn.ravel()], owner, reach_m=reach)
    rows = np.flatnonzero(shapely.get_num_geometries(shapes) == 1)
    decisive = [rule for rule in rules if not rule.warns]
    cheap_first = sorted(decisive, key=lambda rule: rule.measure not in OUTLINE)
    rows = rule_engine.passing_rows(rule_engine.screen(joined, cheap_first, rows), rows)
    passed = np.zeros(len(groups), dtype=bool)
    passed[hope[rows]] = True
    steps = (
        rule_engine.screen(joined, rules, rows) if width > 1 else []
    )  # of a part alone nothing is told
    return Trial(drawn, shapes, steps, rows, groups[~passed])


CLOSED_M = 2.0  # closing the gap between two drawings of a limit moves an edge less than this


def least_area_m2(rules: Iterable[Rule]) -> float:
    """Area below which a group fails, whatever its fabric class; 0 without such a rule."""
    found = [0.0]
    for rule in rules:
        if rule.measure == "area_m2" and rule.at_least is not None and not rule.warns:
            if not rule.limit:
                found.append(rule.at_least)
            elif rule.limit == "by_fabric":
                found.append(min(float(figure) for figure in rule.limits.values()))
    return max(found)


def most_area_m2(shapes: Geometries) -> Floats:
    """Area that each shape can bring to a union, with the gaps closed along its edge."""
    return np.asarray(shapely.area(shapes) + GAP_M * shapely.length(shapes), dtype=np.float64)


def near_street(
    shapes: Geometries, context: SpatialContext, rules: Iterable[Rule]
) -> NDArray[np.bool_]:
    """Tell which shapes may bring a street front to a group; all where no rule asks for one."""
    reaches = [
        float(rule.params["reach_m"])
        for rule in rules
        if rule.measure == "frontage_m" and not rule.warns and (rule.at_least or 0.0) > 0
    ]
    if not reaches or context.streets is None:
        return np.ones(len(shapes), dtype=bool)
    near = np.zeros(len(shapes), dtype=bool)
    reach = min(reaches) + CLOSED_M
    near[pairs_within(shapes, context.ways.tree, reach)[0]] = True
    return near


def touching(shapes: Geometries) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pairs of shapes that lie no farther apart than two drawings of one limit, each once."""
    one, other = pairs_within(shapes, shapely.STRtree(shapes), TOUCH_M)
    once = one < other
    return one[once], other[once]


def within_steps(
    seeds: NDArray[np.bool_], pairs: tuple[NDArray[np.intp], NDArray[np.intp]], steps: int
) -> NDArray[np.bool_]:
    """Tell what is a seed, or comes to one in so many steps from a pair to the next.

    Examples
    --------
    >>> row = np.array([0, 1, 2]), np.array([1, 2, 3])
    >>> within_steps(np.array([True, False, False, False]), row, 2).tolist()
    [True, True, True, False]
    """
    reached = seeds
    for _ in range(steps):
        spread = reached.copy()
        for here, there in (pairs, pairs[::-1]):
            spread[there[reached[here]]] = True
        reached = spread
    return reached
