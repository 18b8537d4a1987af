"""Scores of a result with other weights, from the measures that the run stored."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from foncier import schemas, scoring
from foncier.api.weights import weighted
from foncier.errors import ConfigError
from foncier.pipeline.missing import unmeasured
from foncier.scoring.by_district import OUTSIDE_ID
from foncier.study import criteria as criteria_of
from foncier.study import known_criteria, measurable_criteria

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from foncier.model import ResultTables
    from foncier.study.config import Study as StudyConfig


def measures_of(result: ResultTables) -> pd.DataFrame:
    """Measures that a run stored; a ConfigError where it stored none (version 0.1.0)."""
    if result.measures is None:
        raise ConfigError("api.no_measures", title=result.title)
    return result.measures


def rescored(
    result: ResultTables,
    study: StudyConfig,
    weights: Mapping[str, float] | None,
    project: str | None,
) -> ResultTables:
    """Copy of a result with the scores that other weights give.

    ``study`` is the study of the result: a criterion for which it has no layer stays out.

    Raises
    ------
    ConfigError
        As `foncier.api.weights.weighted`; the result has no measures.
    """
    measures = measures_of(result)
    criteria, left_out = measurable_criteria(weighted(result.criteria, weights, project), study)
    scores = scoring.scores(measures, criteria, order=result.order)
    every = criteria_of(
        study.model_copy(update={"weights": dict.fromkeys(known_criteria(study), 1)})
    )
    before = unmeasured(every, [one.name for one in every])
    kept = tuple(one for one in result.missing if one not in before)
    unknown = unmeasured(criteria, scoring.unmeasured_criteria(measures, criteria))
    return replace(
        result,
        criteria=criteria,
        scores=scores,
        agreement=scoring.agreement(scores),
        missing=kept + unknown + unmeasured(left_out, [one.name for one in left_out]),
        districts=_by_district(result, scores),
    )


def _by_district(result: ResultTables, scores: pd.DataFrame) -> gpd.GeoDataFrame | None:
    """What each district holds, with the mean of the new scores."""
    known = result.districts
    if known is None or scores["score"].equals(result.scores["score"]):
        return known
    own: Any = known[(known["kind"] == schemas.ALL_KINDS) & (known["quarter_id"] != OUTSIDE_ID)]
    outlines = schemas.DISTRICT_OUTLINES.conform(own)
    keys = ["quarter_id", "kind"]
    means = scoring.by_district(result.candidates, scores, outlines).set_index(keys)["mean_score"]
    found = means.reindex(pd.MultiIndex.from_frame(known[keys])).to_numpy()
    return known.assign(mean_score=found)
