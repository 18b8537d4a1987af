"""What a run says of its districts and of its friches, from the scored sites."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foncier import scoring
from foncier.i18n import label
from foncier.pipeline.study_area import landmarks
from foncier.scoring import mutafriches
from foncier.scoring.by_district import OUTSIDE_NAME
from foncier.study import effort_rules, study_answers
from foncier.study import mutafriches as study_mutafriches

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    import shapely

    from foncier.pipeline.layers import Layers
    from foncier.study.config import Layer, Study

DISTRICT_LAYERS: tuple[Layer, ...] = ("population", "prices", "vacancy_rates")


def potential_by_district(
    study: Study,
    layers: Layers,
    candidates: gpd.GeoDataFrame,
    scores: pd.DataFrame,
    *,
    axis: shapely.Geometry | None,
    area: shapely.Geometry,
) -> gpd.GeoDataFrame | None:
    """Sum the opportunities of each district, or section of the axis; None without either."""
    outlines, outside = layers.get("districts"), OUTSIDE_NAME
    if outlines is None and axis is not None and study.axis is not None:
        outlines = scoring.axis_sections(
            axis,
            area,
            landmarks(study, layers.get("places"), candidates.crs),
            crs=candidates.crs,
            half_width_m=study.axis.half_width_m,
        )
        outside = label("scoring.districts.off_axis")
    if outlines is None:
        return None
    table = scoring.by_district(candidates, scores, outlines, outside_name=outside)
    facts = {name: layers.get(name) for name in DISTRICT_LAYERS}
    return scoring.add_facts(table, candidates, study.info.communes, **facts)


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
        An unknown criterion or answer of Mutafriches in the study.
    """
    matrix = study_mutafriches()
    context = mutafriches.InputLayers(**{name: layers.get(name) for name in MUTAFRICHES_LAYERS})
    answers = study_answers(study, matrix)
    known = mutafriches.known_answers(candidates, context, matrix, answers)
    ids = candidates.loc[candidates["kind"] == "friche", "opportunity_id"].tolist()
    return {
        "mutability": mutafriches.mutability(ids, known, matrix),
        "mutability_facts": known,
        "effort": mutafriches.effort(candidates, known, effort_rules(), context.inventory),
    }
