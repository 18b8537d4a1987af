"""The order of the work: study -> read -> detect -> reach -> score -> result."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pandas as pd
import shapely

from foncier import detect, network, score, study, tables
from foncier.crs import legal_crs
from foncier.pipeline.flags import in_a_friche, landlocked
from foncier.pipeline.gaps import missing, newest, noted, unmeasured
from foncier.pipeline.layers import Layers, background, read_layers
from foncier.pipeline.tracing import study_area, trace
from foncier.records import LayerReport, Result, Text

if TYPE_CHECKING:
    import geopandas as gpd
    import pyproj

    from foncier.study.model import Layer, Study

Step = Callable[[str], None]
GROUND: tuple[Layer, ...] = (
    "parcels", "buildings", "zones", "constraints", "streets", "inventory", "observations",
    "elevation", "envelope", "land_units",
)  # fmt: skip


def silent(_: str) -> None:
    """Tell nobody."""


def run(plan: Study, *, workers: int = 1, step: Step = silent) -> Result:
    """Find, reach and score the opportunities of a study.

    Parameters
    ----------
    plan
        A study read by `foncier.study.load`.
    workers
        Threads that read layers; the result does not depend on it.
    step
        Told the name of each step as it begins.

    Raises
    ------
    FoncierError
        As each room raises it; see `foncier.errors`.
    """
    crs = legal_crs(plan.study.communes[0])
    rules, ramps = study.profile(plan), study.criteria(plan)
    step("Lecture des couches")
    layers = read_layers(plan, workers=workers)
    step("Réseau et boucle")
    streets = layers.get("streets")
    graph = None if streets is None or streets.empty else network.build_graph(streets)
    traced = trace(plan, graph, crs)
    area = study_area(plan, layers, traced.axis, crs)
    step("Recherche des opportunités")
    plots, friches, buildings = _detect(plan, layers, area)
    candidates, evidence = _gathered((plots, friches, buildings), traced.axis, crs)
    step("Accès et temps de parcours")
    targets = _targets(layers.get("places"))
    points, access = _reach(candidates, streets, graph, targets, traced.loop)
    candidates = landlocked(candidates, points, layers)
    step("Scores et rangs")
    measures = score.measures(candidates, access, layers.get("population"))
    candidates = _peopled(candidates, measures)
    reports = noted(layers.reports, friches.notes, buildings.notes)
    return Result(
        **_head(plan, reports),
        candidates=candidates,
        evidence=evidence,
        tests=plots.tests,
        rejections=plots.rejections if len(plots.rejections) else tables.REJECTIONS.empty(crs),
        access_points=points,
        access=access,
        scores=score.scores(measures, ramps),
        lines=traced.lines,
        stops=traced.stops,
        area=area,
        background=background(layers, area, crs),
        criteria=ramps,
        profile=rules,
        missing=missing(plan, layers, targets, traced.loop)
        + unmeasured(ramps, score.unknown_measures(measures, ramps)),
        routes=_routes(points, graph, traced.loop),
        assemblies=plots.assemblies,
        inventory=layers.get("inventory"),
    )


def _head(plan: Study, reports: tuple[LayerReport, ...]) -> dict[str, Any]:
    """What a result says of its study: title, date, words of the destinations, layers read."""
    words = {key: text for key, (text, _) in study.targets().items()}
    return {
        "title": plan.study.title,
        "communes": plan.study.communes,
        "edition": plan.study.date or newest(reports),
        "demo": plan.study.demo,
        "targets": {**words, "loop": Text("Boucle", "Loop")},
        "reports": reports,
        "credits": (),  # every layer read is credited by its report
    }


def _detect(plan: Study, layers: Layers, area: shapely.Geometry) -> Any:
    ground = detect.Ground(**{k: layers.get(k) for k in GROUND})
    rates = layers.get("vacancy_rates")
    rate = None
    if rates is not None:
        own = rates.loc[rates["commune"].isin(plan.study.communes), "rate_share"].dropna()
        rate = float(own.mean()) if len(own) else None
    beliefs = study.ledger(plan, rate, plan.study.date or newest(layers.reports))
    cadastre = [r.source for r in layers.reports if r.layer == "parcels" and r.source]
    rules = study.profile(plan)
    friches = detect.find_friches(ground, beliefs, area)
    return (
        detect.find_plots(ground, rules, area, source=" | ".join(cadastre) or "Cadastre"),
        friches,
        detect.find_buildings(ground, beliefs, area, friches=friches.candidates),
    )


def _gathered(
    found: tuple[Any, ...], axis: shapely.Geometry | None, crs: pyproj.CRS
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Join the candidates of all detectors, by id, with their distance to the axis."""
    parts = [f.candidates for f in found if len(f.candidates)]
    both = pd.concat(parts, ignore_index=True) if parts else tables.CANDIDATES.empty(crs)
    both = both.sort_values("opportunity_id", ignore_index=True)
    if axis is not None and len(both):
        both = both.assign(axis_distance_m=shapely.distance(both.geometry.to_numpy(), axis))
    proofs = [f.evidence for f in found if len(f.evidence)]
    evidence = pd.concat(proofs, ignore_index=True) if proofs else tables.EVIDENCE.empty()
    ordered = evidence.sort_values("opportunity_id", kind="stable")
    return in_a_friche(tables.CANDIDATES.conform(both)), tables.EVIDENCE.conform(ordered)


def _targets(places: Any) -> dict[str, Any]:
    """Places of each destination that the study knows at least one of."""
    if places is None:
        return {}
    groups = {
        key: places.loc[places["category"].isin(categories)]
        for key, (_, categories) in study.targets().items()
    }
    return {key: group for key, group in groups.items() if len(group)}


def _reach(
    candidates: gpd.GeoDataFrame, streets: Any, graph: Any, targets: dict[str, Any], loop: Any
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    if graph is None:
        return tables.ACCESS_POINTS.empty(candidates.crs), tables.ACCESS.empty()
    points = network.access_points(candidates, streets)
    return points, network.access_table(points, candidates, graph, targets, loop)


def _routes(points: gpd.GeoDataFrame, graph: Any, loop: Any) -> gpd.GeoDataFrame | None:
    """Draw the ways to the loop; None where there is no street or no loop."""
    if graph is None or loop is None or points.empty:
        return None
    return network.routes(points, graph, {}, loop)


def _peopled(candidates: gpd.GeoDataFrame, measures: pd.DataFrame) -> gpd.GeoDataFrame:
    """Add the residents around each candidate, unknown without a population grid."""
    around = measures.set_index("opportunity_id")["residents_around"]
    ids = candidates["opportunity_id"]
    return tables.CANDIDATES.conform(candidates.assign(residents_around=ids.map(around)))
