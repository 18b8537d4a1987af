"""Run a study: read layers, detect candidates, compute accessibility, score."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
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
from foncier.i18n import label, localize
from foncier.model import (
    Contact,
    Criterion,
    EvidenceModel,
    LayerReport,
    Missing,
    ResultTables,
)
from foncier.pipeline.accessibility import Accessibility, compute_accessibility, missing_raster
from foncier.pipeline.assess import assess_friches, potential_by_district
from foncier.pipeline.availability import add_availability
from foncier.pipeline.convert import read_study_layers
from foncier.pipeline.densification import mutable_plots
from foncier.pipeline.entries import add_statuses
from foncier.pipeline.land import add_land, with_demolitions
from foncier.pipeline.layers import Layers, background
from foncier.pipeline.missing import (
    add_notes,
    missing,
    newest_vintage,
    partial_coverage,
    unknown_sites,
    unmeasured,
)
from foncier.pipeline.streets import connect_layers, isolated, loop_gaps
from foncier.pipeline.study_area import (
    StudyLines,
    study_area,
    trace_lines,
)
from foncier.pipeline.surroundings import site_needs, surroundings
from foncier.pipeline.warnings import in_a_friche, landlocked, outside_street_coverage
from foncier.study import (
    calibrated,
    check_names,
    criteria,
    destination_categories,
    evidence_model,
    measurable_criteria,
    profile,
    rank_order,
)

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd
    import numpy as np
    import pyproj
    from numpy.typing import NDArray

    from foncier.pipeline.layers import Layers
    from foncier.pipeline.tiles import Tiling
    from foncier.study.config import Layer, Study

Step = Callable[[str], None]
CONTEXT_LAYERS: tuple[Layer, ...] = (
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
    "prescriptions",
)
# Measures of the score that are also columns of the opportunities.
SITE_MEASURES = (
    "residents_around",
    "compactness",
    "offered_m2",
    "open_ground_m2",
    "existing_m2",
    "zoning",
    "warning_count",
    "price_eur_m2",
)


def no_progress(_: str) -> None:
    """No-op progress callback."""


@gc.infrequent_collection()
def run(
    study: Study, *, workers: int = 1, step: Step = no_progress, tiling: Tiling | None = None
) -> ResultTables:
    """Find the opportunities of a study, compute their accessibility, score them.

    Parameters
    ----------
    study
        A study (see `foncier.study.read_study`).
    workers
        Threads that read layers; the result does not depend on it.
    step
        Called with the name of each step when it begins, in the current language.
    tiling
        How to search for plots tile by tile; the result does not depend on it.

    Raises
    ------
    FoncierError
        Errors of any step; see `foncier.errors`.
    """
    check_names(study)
    crs = legal_crs(study.info.communes[0])
    weighted, left_out = measurable_criteria(criteria(study), study)
    order = rank_order(rank_taken=study.score.rank_taken)
    step(localize("pipeline.steps.layers"))
    layers, converted = _read(study, tiling, workers)
    step(localize("pipeline.steps.network"))
    connected, _ = connect_layers(study, layers)
    graph = _graph(connected.get("streets"))
    lines = trace_lines(study, graph, crs, connected.get("streets"))
    area = study_area(study, layers, lines.axis, crs)
    step(localize("pipeline.steps.detection"))
    context, detections = _detect(study, layers, area, tiling, converted)
    plots, friches, buildings = detections
    candidates, evidence = _merge_detections(detections, lines.axis, crs)
    candidates = scoring.in_perimeters(candidates, layers.get("perimeters"))
    on = study.info.date or newest_vintage(layers.reports)
    candidates, evidence = add_land(candidates, evidence, layers, on)
    step(localize("pipeline.steps.accessibility"))
    destinations = destinations_of(layers.get("places"))
    access = compute_accessibility(candidates, connected, graph, destinations, lines.loop)
    candidates, outside = _add_access_warnings(access, context)
    step(localize("pipeline.steps.scores"))
    candidates, unlisted = add_statuses(candidates, study.statuses)
    candidates, factors = add_availability(study, layers, candidates, evidence)
    measures = measure_criteria(candidates, access.access, layers)
    candidates = _add_measures(candidates, measures)
    scores = scoring.scores(measures, weighted, order=order)
    reports = add_notes(connected.reports, friches.notes, buildings.notes, access.notes)
    result = ResultTables(
        **_study_fields(study, reports),
        candidates=candidates,
        evidence=evidence,
        availability=factors,
        **_unlisted_fields(friches, buildings),
        **_plot_fields(plots, crs),
        **_access_fields(access, scores, study.reach.isochrones),
        surface=access.surface(destinations, lines.loop, area),
        **_score_fields(scores, weighted),
        order=order,
        **_layer_fields(connected, lines, area, crs),
        missing=(
            partial_coverage(context, friches, outside)
            + isolated(graph, layers.get("places"), access.points)
            + _lacking(study, layers, candidates, destinations, lines)
            + missing_raster(area)
            + unlisted
            + unmeasured(weighted, scoring.unmeasured_criteria(measures, weighted))
            + unmeasured(left_out, [one.name for one in left_out])
        ),
        measures=measures,
        districts=potential_by_district(
            study, layers, candidates, scores, axis=lines.axis, area=area
        ),
        **assess_friches(study, layers, candidates),
        around=surroundings(access, layers),
    )
    return replace(
        result,
        site_needs=site_needs(study, result),
        mutable_plots=mutable_plots(study, context, area, candidates),
    )


def _read(study: Study, tiling: Tiling | None, workers: int) -> tuple[Layers, Path | None]:
    """Layers of a study, and the folder of the converted ones that tiles read."""
    return read_study_layers(study, None if tiling is None else tiling.work, workers=workers)


def _add_access_warnings(
    access: Accessibility, context: detect.SpatialContext
) -> tuple[gpd.GeoDataFrame, NDArray[np.bool_]]:
    """Candidates with warnings on their access, and which the layer of streets does not cover."""
    outside = outside_street_coverage(access.candidates, access.entrances, context)
    return landlocked(access.candidates, access.entrances, outside), outside


def _lacking(
    study: Study,
    layers: Layers,
    candidates: gpd.GeoDataFrame,
    destinations: dict[str, Any],
    lines: StudyLines,
) -> tuple[Missing, ...]:
    """What the study lacks: streets of the loop, layers and destinations, sites that it names."""
    return (
        loop_gaps(lines.straight)
        + missing(study, layers, destinations, lines.loop)
        + unknown_sites(study, set(candidates["opportunity_id"]))
    )


def measure_criteria(
    candidates: gpd.GeoDataFrame, access: pd.DataFrame, layers: Layers
) -> pd.DataFrame:
    """Measures of each site that criteria may use."""
    return scoring.measures(
        candidates,
        access,
        layers.get("population"),
        layers.get("prices"),
        constraints_known=layers.get("constraints") is not None,
    )


def _graph(streets: Any) -> network.Graph | None:
    return None if streets is None or streets.empty else network.build_graph(streets)


def _layer_fields(
    layers: Layers, lines: StudyLines, area: shapely.Geometry, crs: pyproj.CRS
) -> dict[str, Any]:
    """Fields of a result that come from the layers: area, lines, background, inventory."""
    return {
        "area": area,
        "lines": lines.lines,
        "stops": lines.stops,
        "background": background(layers, area, crs),
        "inventory": layers.get("inventory"),
        "perimeters": layers.get("perimeters"),
    }


def _unlisted_fields(*detections: detect.Detection) -> dict[str, Any]:
    """Fields of a result on what is too unlikely to be listed; None without any."""
    sites = [one.unlisted for one in detections if one.unlisted is not None]
    rows = [one.unlisted_evidence for one in detections if one.unlisted_evidence is not None]
    if not sites:
        return {}
    table = pd.concat(sites, ignore_index=True).sort_values("opportunity_id", ignore_index=True)
    evidence = pd.concat(rows, ignore_index=True)
    return {
        "unlisted": schemas.UNLISTED.conform(table),
        "unlisted_evidence": evidence.sort_values(
            "opportunity_id", kind="stable", ignore_index=True
        ),
    }


def _plot_fields(plots: detect.Plots, crs: pyproj.CRS) -> dict[str, Any]:
    """Fields of a result on all parcels: tests, rejections, assemblies."""
    rejections = plots.rejections if len(plots.rejections) else schemas.REJECTIONS.empty(crs)
    return {"tests": plots.tests, "rejections": rejections, "assemblies": plots.assemblies}


def _score_fields(scores: pd.DataFrame, weighted: tuple[Criterion, ...]) -> dict[str, Any]:
    """Fields of a result on scores: criteria, scores, agreement with TOPSIS."""
    return {"scores": scores, "agreement": scoring.agreement(scores), "criteria": weighted}


def _access_fields(access: Accessibility, scores: pd.DataFrame, count: int) -> dict[str, Any]:
    """Fields of a result on access, with the isochrones of the first ``count`` sites."""
    return {
        "access_points": access.points,
        "access": access.access,
        "routes": access.routes,
        "isochrones": access.isochrones(scores, count),
    }


def _study_fields(study: Study, reports: tuple[LayerReport, ...]) -> dict[str, Any]:
    """Fields of a result on its study: title, date, labels of destinations, reports of layers."""
    words = {key: text for key, (text, _) in destination_categories().items()}
    return {
        "title": study.info.title,
        "communes": study.info.communes,
        "edition": study.info.date or newest_vintage(reports),
        "demo": study.info.demo,
        "contact": Contact(**study.info.contact.model_dump()) if study.info.contact else Contact(),
        "profile": profile(study),
        "destinations": {**words, "loop": label("study.loop")},
        "reports": reports,
        "credits": (),  # reports credit every layer
    }


def _evidence_model(study: Study, layers: Layers) -> EvidenceModel:
    """Weights of evidence, with the prior of the communes of the study."""
    rates = layers.get("vacancy_rates")
    rate = None
    if rates is not None:
        known = rates.loc[rates["commune"].isin(study.info.communes), "rate_share"].dropna()
        rate = float(known.mean()) if len(known) else None
    model = evidence_model(study, rate, study.info.date or newest_vintage(layers.reports))
    return calibrated(model, study)


def _detect(
    study: Study,
    layers: Layers,
    area: shapely.Geometry,
    tiling: Tiling | None,
    converted: Path | None,
) -> tuple[detect.SpatialContext, tuple[Any, ...]]:
    """Spatial context, and detections in it: plots (by tile if asked), friches and buildings."""
    frames = {k: layers.get(k) for k in CONTEXT_LAYERS}
    frames["observations"] = with_demolitions(layers)
    context = detect.SpatialContext(**frames)
    context = context.with_uncovered(detect.uncovered_communes(context, area))
    model = _evidence_model(study, layers)
    cadastre = [r.source for r in layers.reports if r.layer == "parcels" and r.source]
    rules = profile(study)
    source = " | ".join(cadastre) or "Cadastre"

    def others() -> tuple[Any, Any]:
        friches = detect.find_friches(context, model, area)
        return friches, detect.find_buildings(context, model, area, friches=friches.candidates)

    if tiling is None or converted is None:
        return context, (detect.find_plots(context, rules, area, source=source), *others())
    # Tiles read layers of their own, so that other detectors may use these meanwhile.
    with ThreadPoolExecutor(1) as thread:
        detections = thread.submit(others)
        plots = tiling.find(converted, rules, area, source=source, lacking=context.uncovered)
        return context, (plots, *detections.result())


def _merge_detections(
    detections: tuple[Any, ...], axis: shapely.Geometry | None, crs: pyproj.CRS
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Candidates and evidence of all detectors, sorted by id, with the distance to the axis."""
    parts = [one.candidates for one in detections if len(one.candidates)]
    table = pd.concat(parts, ignore_index=True) if parts else schemas.CANDIDATES.empty(crs)
    table = table.sort_values("opportunity_id", ignore_index=True)
    if axis is not None and len(table):
        table = table.assign(axis_distance_m=shapely.distance(table.geometry.to_numpy(), axis))
    rows = [one.evidence for one in detections if len(one.evidence)]
    evidence = pd.concat(rows, ignore_index=True) if rows else schemas.EVIDENCE.empty()
    ordered = evidence.sort_values("opportunity_id", kind="stable")
    table = detect.count_land_once(schemas.CANDIDATES.conform(table))
    return in_a_friche(table), schemas.EVIDENCE.conform(ordered)


def destinations_of(places: Any) -> dict[str, Any]:
    """Places by destination, for the destinations with at least one place."""
    if places is None:
        return {}
    groups = {
        key: places.loc[places["category"].isin(categories)]
        for key, (_, categories) in destination_categories().items()
    }
    return {key: group for key, group in groups.items() if len(group)}


def _add_measures(candidates: gpd.GeoDataFrame, measures: pd.DataFrame) -> gpd.GeoDataFrame:
    """Add the columns of `SITE_MEASURES` to the candidates."""
    known, ids = measures.set_index("opportunity_id"), candidates["opportunity_id"]
    columns = {name: ids.map(known[name]) for name in SITE_MEASURES}
    return schemas.CANDIDATES.conform(candidates.assign(**columns))
