"""The order of the work: study -> read -> detect -> reach -> score -> result."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pandas as pd
import shapely

from foncier import (
    detect,
    network,
    schemas,
    scoring,
)
from foncier._util import gc
from foncier.crs import legal_crs
from foncier.i18n import Localized
from foncier.model import Criterion, EvidenceModel, LayerReport, ResultTables
from foncier.pipeline.accessibility import Accessibility, compute_accessibility, unsurfaced
from foncier.pipeline.convert import read_study_layers
from foncier.pipeline.layers import Layers, background
from foncier.pipeline.missing import (
    add_notes,
    missing,
    newest_vintage,
    partial_coverage,
    unmeasured,
)
from foncier.pipeline.study_area import (
    StudyLines,
    axis_stops,
    study_area,
    trace_lines,
)
from foncier.pipeline.warnings import in_a_friche, landlocked, outside_street_coverage
from foncier.scoring import mutafriches
from foncier.study import (
    criteria,
    destination_categories,
    effort_rules,
    evidence_model,
    profile,
    study_answers,
)
from foncier.study import (
    mutafriches as study_mutafriches,
)

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd
    import pyproj

    from foncier.pipeline.layers import Layers
    from foncier.pipeline.tiles import Tiling
    from foncier.study.config import Layer, Study

Step = Callable[[str], None]
GROUND: tuple[Layer, ...] = (
    "parcels",
    "buildings",
    "zones",
    "constraints",
    "streets",
    "inventory",
    "observations",
    "elevation",
    "envelope",
    "land_units",
)
# Measures of the score that the table of opportunities tells too.
MEASURED = (
    "residents_around",
    "compactness",
    "open_ground_m2",
    "existing_m2",
    "zoning",
    "watch_count",
    "price_eur_m2",
)


def no_progress(_: str) -> None:
    """Tell nobody."""


@gc.rarely()
def run(
    study: Study, *, workers: int = 1, step: Step = no_progress, tiling: Tiling | None = None
) -> ResultTables:
    """Find, reach and score the opportunities of a study.

    Parameters
    ----------
    study
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
    crs = legal_crs(study.info.communes[0])
    ramps = criteria(study)
    step("Lecture des couches")
    layers, kept = read_study_layers(
        study, None if tiling is None else tiling.work, workers=workers
    )
    step("Réseau et boucle")
    graph = _graph(layers.get("streets"))
    traced = trace_lines(study, graph, crs, layers.get("streets"))
    area = study_area(study, layers, traced.axis, crs)
    step("Recherche des opportunités")
    context, found = _detect(study, layers, area, tiling, kept)
    plots, friches, buildings = found
    candidates, evidence = _gathered(found, traced.axis, crs)
    step("Accès et temps de parcours")
    destinations = destinations_of(layers.get("places"))
    reached = compute_accessibility(candidates, layers, graph, destinations, traced.loop)
    lost = outside_street_coverage(reached.candidates, reached.entrances, context)
    candidates = landlocked(reached.candidates, reached.entrances, lost)
    step("Scores et rangs")
    measures = measure_criteria(candidates, reached.access, layers)
    candidates, scores = _peopled(candidates, measures), scoring.scores(measures, ramps)
    return ResultTables(
        **_head(study, add_notes(layers.reports, friches.notes, buildings.notes, reached.notes)),
        candidates=candidates,
        evidence=evidence,
        **_of_plots(plots, crs),
        **_of_ways(reached, scores, study.reach.isochrones),
        surface=reached.surface(destinations, traced.loop, area),
        **_of_scores(scores, ramps),
        **_of_lines(traced),
        **_of_layers(layers, area, crs),
        missing=partial_coverage(context, friches, lost)
        + missing(study, layers, destinations, traced.loop)
        + unmeasured(ramps, scoring.unknown_measures(measures, ramps))
        + unsurfaced(area),
        districts=potential_by_district(
            study, layers, candidates, scores, axis=traced.axis, area=area
        ),
        **assess_friches(study, layers, candidates),
    )


def measure_criteria(
    candidates: gpd.GeoDataFrame, access: pd.DataFrame, layers: Layers
) -> pd.DataFrame:
    """Lay side by side what the criteria read of each site."""
    return scoring.measures(
        candidates,
        access,
        layers.get("population"),
        layers.get("prices"),
        watched=layers.get("constraints") is not None,
    )


def _graph(streets: Any) -> network.Graph | None:
    return None if streets is None or streets.empty else network.build_graph(streets)


def _of_layers(layers: Layers, area: shapely.Geometry, crs: pyproj.CRS) -> dict[str, Any]:
    """What a result keeps of the layers: the area, the background, the inventory."""
    around = background(layers, area, crs)
    return {"area": area, "background": around, "inventory": layers.get("inventory")}


def _of_plots(plots: detect.Plots, crs: pyproj.CRS) -> dict[str, Any]:
    """What a result tells of every parcel, beside the candidates."""
    rejections = plots.rejections if len(plots.rejections) else schemas.REJECTIONS.empty(crs)
    return {"tests": plots.tests, "rejections": rejections, "assemblies": plots.assemblies}


def _of_scores(scores: pd.DataFrame, ramps: tuple[Criterion, ...]) -> dict[str, Any]:
    """Scores of a result, the criteria they come from, and how far TOPSIS agrees."""
    return {"scores": scores, "agreement": scoring.agreement(scores), "criteria": ramps}


def _of_lines(traced: StudyLines) -> dict[str, Any]:
    """Axis and loop of a result."""
    return {"lines": traced.lines, "stops": traced.stops}


def _of_ways(reached: Accessibility, scores: pd.DataFrame, drawn: int) -> dict[str, Any]:
    """What a result tells of the ways from all sites, and of what the first ones reach on foot."""
    return {
        "access_points": reached.points,
        "access": reached.access,
        "routes": reached.routes,
        "isochrones": reached.isochrones(scores, drawn),
    }


def _head(study: Study, reports: tuple[LayerReport, ...]) -> dict[str, Any]:
    """What a result says of its study: title, date, words of the destinations, layers read."""
    words = {key: text for key, (text, _) in destination_categories().items()}
    return {
        "title": study.info.title,
        "communes": study.info.communes,
        "edition": study.info.date or newest_vintage(reports),
        "demo": study.info.demo,
        "profile": profile(study),
        "destinations": {**words, "loop": Localized("Boucle", "Loop")},
        "reports": reports,
        "credits": (),  # every layer read is credited by its report
    }


def _beliefs(study: Study, layers: Layers) -> EvidenceModel:
    """Weights of the signs, and where belief starts in the communes of the study."""
    rates = layers.get("vacancy_rates")
    rate = None
    if rates is not None:
        own = rates.loc[rates["commune"].isin(study.info.communes), "rate_share"].dropna()
        rate = float(own.mean()) if len(own) else None
    return evidence_model(study, rate, study.info.date or newest_vintage(layers.reports))


def _detect(
    study: Study, layers: Layers, area: shapely.Geometry, tiling: Tiling | None, kept: Path | None
) -> tuple[detect.SpatialContext, tuple[Any, ...]]:
    """Ground, and what stands on it: plots (by tiles where it is cut), friches and buildings."""
    context = detect.SpatialContext(**{k: layers.get(k) for k in GROUND})
    context = context.where_lacking(detect.uncovered_communes(context, area))
    beliefs = _beliefs(study, layers)
    cadastre = [r.source for r in layers.reports if r.layer == "parcels" and r.source]
    rules = profile(study)
    source = " | ".join(cadastre) or "Cadastre"

    def others() -> tuple[Any, Any]:
        friches = detect.find_friches(context, beliefs, area)
        return friches, detect.find_buildings(context, beliefs, area, friches=friches.candidates)

    if tiling is None or kept is None:
        return context, (detect.find_plots(context, rules, area, source=source), *others())
    # Tiles read a ground of their own: the others may stand on this one meanwhile.
    with ThreadPoolExecutor(1) as aside:
        found = aside.submit(others)
        plots = tiling.find(kept, rules, area, source=source, lacking=context.lacking)
        return context, (plots, *found.result())


def _gathered(
    found: tuple[Any, ...], axis: shapely.Geometry | None, crs: pyproj.CRS
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Join the candidates of all detectors, by id, with their distance to the axis."""
    parts = [f.candidates for f in found if len(f.candidates)]
    both = pd.concat(parts, ignore_index=True) if parts else schemas.CANDIDATES.empty(crs)
    both = both.sort_values("opportunity_id", ignore_index=True)
    if axis is not None and len(both):
        both = both.assign(axis_distance_m=shapely.distance(both.geometry.to_numpy(), axis))
    proofs = [f.evidence for f in found if len(f.evidence)]
    evidence = pd.concat(proofs, ignore_index=True) if proofs else schemas.EVIDENCE.empty()
    ordered = evidence.sort_values("opportunity_id", kind="stable")
    return in_a_friche(schemas.CANDIDATES.conform(both)), schemas.EVIDENCE.conform(ordered)


def destinations_of(places: Any) -> dict[str, Any]:
    """Places of each destination that the study knows at least one of."""
    if places is None:
        return {}
    groups = {
        key: places.loc[places["category"].isin(categories)]
        for key, (_, categories) in destination_categories().items()
    }
    return {key: group for key, group in groups.items() if len(group)}


def _peopled(candidates: gpd.GeoDataFrame, measures: pd.DataFrame) -> gpd.GeoDataFrame:
    """Add what was measured for the score: residents around, shape, ground, zone, price."""
    known, ids = measures.set_index("opportunity_id"), candidates["opportunity_id"]
    told = {name: ids.map(known[name]) for name in MEASURED}
    return schemas.CANDIDATES.conform(candidates.assign(**told))


def potential_by_district(
    study: Study,
    layers: Layers,
    candidates: gpd.GeoDataFrame,
    scores: pd.DataFrame,
    *,
    axis: shapely.Geometry | None,
    area: shapely.Geometry,
) -> gpd.GeoDataFrame | None:
    """Sum up the opportunities of each quarter; None without quarters and without an axis."""
    outlines = layers.get("districts")
    if outlines is None and axis is not None:
        stops = axis_stops(study, candidates.crs)
        outlines = scoring.axis_sections(axis, area, stops, crs=candidates.crs)
    return None if outlines is None else scoring.by_district(candidates, scores, outlines)


MUTAFRICHES_LAYERS: tuple[Layer, ...] = (
    "inventory",
    "zones",
    "constraints",
    "places",
    "streets",
    "vacancy_rates",
)


def assess_friches(study: Study, layers: Layers, candidates: gpd.GeoDataFrame) -> dict[str, Any]:
    """Tables ``mutability``, ``mutability_facts`` and ``effort`` of a result.

    Raises
    ------
    ConfigError
        The study answers a criterion or gives an answer that Mutafriches does not have.
    """
    matrix = study_mutafriches()
    context = mutafriches.InputLayers(**{name: layers.get(name) for name in MUTAFRICHES_LAYERS})
    given = study_answers(study, matrix)
    known = mutafriches.known_answers(candidates, context, matrix, given)
    ids = candidates.loc[candidates["kind"] == "friche", "opportunity_id"].tolist()
    return {
        "mutability": mutafriches.mutability(ids, known, matrix),
        "mutability_facts": known,
        "effort": mutafriches.effort(candidates, known, effort_rules(), context.inventory),
    }
