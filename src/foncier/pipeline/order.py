"""The order of the work: study -> read -> detect -> reach -> score -> result."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pandas as pd
import shapely

from foncier import collecting, detect, network, score, study, tables
from foncier.crs import legal_crs
from foncier.pipeline.converting import read_study
from foncier.pipeline.flags import in_a_friche, landlocked, off_the_map
from foncier.pipeline.gaps import missing, newest, noted, partly, unmeasured
from foncier.pipeline.layers import Layers, background
from foncier.pipeline.quarters import by_quarter
from foncier.pipeline.reaching import Reached, reach, unsurfaced
from foncier.pipeline.suiting import suited
from foncier.pipeline.tracing import Traced, study_area, trace
from foncier.records import Criterion, LayerReport, Ledger, Result, Text

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd
    import pyproj

    from foncier.pipeline.tiling import Tiling
    from foncier.study.model import Layer, Study

Step = Callable[[str], None]
GROUND: tuple[Layer, ...] = (
    "parcels", "buildings", "zones", "constraints", "streets", "inventory", "observations",
    "elevation", "envelope", "land_units",
)  # fmt: skip
# Measures of the score that the table of opportunities tells too.
MEASURED = ("residents_around", "compactness", "open_ground_m2", "existing_m2", "zoning",
            "watch_count", "price_eur_m2")  # fmt: skip


def silent(_: str) -> None:
    """Tell nobody."""


@collecting.rarely()
def run(
    plan: Study, *, workers: int = 1, step: Step = silent, tiling: Tiling | None = None
) -> Result:
    """Find, reach and score the opportunities of a study.

    Parameters
    ----------
    plan
        A study read by `foncier.study.load`.
    workers
        Threads that read layers; the result does not depend on it.
    step
        Told the name of each step as it begins.
    tiling
        How plots are sought tile by tile; the result does not depend on it.

    Raises
    ------
    FoncierError
        As each room raises it; see `foncier.errors`.
    """
    crs = legal_crs(plan.study.communes[0])
    ramps = study.criteria(plan)
    step("Lecture des couches")
    layers, kept = read_study(plan, None if tiling is None else tiling.work, workers=workers)
    step("Réseau et boucle")
    graph = _graph(layers.get("streets"))
    traced = trace(plan, graph, crs, layers.get("streets"))
    area = study_area(plan, layers, traced.axis, crs)
    step("Recherche des opportunités")
    ground, found = _detect(plan, layers, area, tiling, kept)
    plots, friches, buildings = found
    candidates, evidence = _gathered(found, traced.axis, crs)
    step("Accès et temps de parcours")
    targets = targets_of(layers.get("places"))
    reached = reach(candidates, layers, graph, targets, traced.loop)
    lost = off_the_map(reached.candidates, reached.doors, ground)
    candidates = landlocked(reached.candidates, reached.doors, lost)
    step("Scores et rangs")
    measures = measured(candidates, reached.access, layers)
    candidates, scores = _peopled(candidates, measures), score.scores(measures, ramps)
    return Result(
        **_head(plan, noted(layers.reports, friches.notes, buildings.notes, reached.notes)),
        candidates=candidates,
        evidence=evidence,
        **_of_plots(plots, crs),
        **_of_ways(reached, scores, plan.reach.isochrones),
        surface=reached.surface(targets, traced.loop, area),
        **_of_scores(scores, ramps),
        **_of_lines(traced),
        **_of_layers(layers, area, crs),
        missing=partly(ground, friches, lost)
        + missing(plan, layers, targets, traced.loop)
        + unmeasured(ramps, score.unknown_measures(measures, ramps))
        + unsurfaced(area),
        quarters=by_quarter(plan, layers, candidates, scores, axis=traced.axis, area=area),
        **suited(plan, layers, candidates),
    )


def measured(candidates: gpd.GeoDataFrame, access: pd.DataFrame, layers: Layers) -> pd.DataFrame:
    """Lay side by side what the criteria read of each site."""
    return score.measures(
        candidates, access, layers.get("population"), layers.get("prices"),
        watched=layers.get("constraints") is not None,
    )  # fmt: skip


def _graph(streets: Any) -> network.Graph | None:
    return None if streets is None or streets.empty else network.build_graph(streets)


def _of_layers(layers: Layers, area: shapely.Geometry, crs: pyproj.CRS) -> dict[str, Any]:
    """What a result keeps of the layers: the area, the background, the inventory."""
    around = background(layers, area, crs)
    return {"area": area, "background": around, "inventory": layers.get("inventory")}


def _of_plots(plots: detect.Plots, crs: pyproj.CRS) -> dict[str, Any]:
    """What a result tells of every parcel, beside the candidates."""
    rejections = plots.rejections if len(plots.rejections) else tables.REJECTIONS.empty(crs)
    return {"tests": plots.tests, "rejections": rejections, "assemblies": plots.assemblies}


def _of_scores(scores: pd.DataFrame, ramps: tuple[Criterion, ...]) -> dict[str, Any]:
    """Scores of a result, the criteria they come from, and how far TOPSIS agrees."""
    return {"scores": scores, "agreement": score.agreement(scores), "criteria": ramps}


def _of_lines(traced: Traced) -> dict[str, Any]:
    """Axis and loop of a result."""
    return {"lines": traced.lines, "stops": traced.stops}


def _of_ways(reached: Reached, scores: pd.DataFrame, drawn: int) -> dict[str, Any]:
    """What a result tells of the ways from all sites, and of what the first ones reach on foot."""
    return {
        "access_points": reached.points,
        "access": reached.access,
        "routes": reached.routes,
        "isochrones": reached.isochrones(scores, drawn),
    }


def _head(plan: Study, reports: tuple[LayerReport, ...]) -> dict[str, Any]:
    """What a result says of its study: title, date, words of the destinations, layers read."""
    words = {key: text for key, (text, _) in study.targets().items()}
    return {
        "title": plan.study.title,
        "communes": plan.study.communes,
        "edition": plan.study.date or newest(reports),
        "demo": plan.study.demo,
        "profile": study.profile(plan),
        "targets": {**words, "loop": Text("Boucle", "Loop")},
        "reports": reports,
        "credits": (),  # every layer read is credited by its report
    }


def _beliefs(plan: Study, layers: Layers) -> Ledger:
    """Weights of the signs, and where belief starts in the communes of the study."""
    rates = layers.get("vacancy_rates")
    rate = None
    if rates is not None:
        own = rates.loc[rates["commune"].isin(plan.study.communes), "rate_share"].dropna()
        rate = float(own.mean()) if len(own) else None
    return study.ledger(plan, rate, plan.study.date or newest(layers.reports))


def _detect(
    plan: Study, layers: Layers, area: shapely.Geometry, tiling: Tiling | None, kept: Path | None
) -> tuple[detect.Ground, tuple[Any, ...]]:
    """Ground, and what stands on it: plots (by tiles where it is cut), friches and buildings."""
    ground = detect.Ground(**{k: layers.get(k) for k in GROUND})
    ground = ground.where_lacking(detect.lacking(ground, area))
    beliefs = _beliefs(plan, layers)
    cadastre = [r.source for r in layers.reports if r.layer == "parcels" and r.source]
    rules = study.profile(plan)
    source = " | ".join(cadastre) or "Cadastre"

    def others() -> tuple[Any, Any]:
        friches = detect.find_friches(ground, beliefs, area)
        return friches, detect.find_buildings(ground, beliefs, area, friches=friches.candidates)

    if tiling is None or kept is None:
        return ground, (detect.find_plots(ground, rules, area, source=source), *others())
    # Tiles read a ground of their own: the others may stand on this one meanwhile.
    with ThreadPoolExecutor(1) as aside:
        found = aside.submit(others)
        plots = tiling.find(kept, rules, area, source=source, lacking=ground.lacking)
        return ground, (plots, *found.result())


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


def targets_of(places: Any) -> dict[str, Any]:
    """Places of each destination that the study knows at least one of."""
    if places is None:
        return {}
    groups = {
        key: places.loc[places["category"].isin(categories)]
        for key, (_, categories) in study.targets().items()
    }
    return {key: group for key, group in groups.items() if len(group)}


def _peopled(candidates: gpd.GeoDataFrame, measures: pd.DataFrame) -> gpd.GeoDataFrame:
    """Add what was measured for the score: residents around, shape, ground, zone, price."""
    known, ids = measures.set_index("opportunity_id"), candidates["opportunity_id"]
    told = {name: ids.map(known[name]) for name in MEASURED}
    return tables.CANDIDATES.conform(candidates.assign(**told))
