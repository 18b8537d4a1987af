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

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from foncier.model import ResultTables


def rescored(
    result: ResultTables, weights: Mapping[str, float] | None, project: str | None
) -> ResultTables:
    """Copy of a result with the scores that other weights give.

    Raises
    ------
    ConfigError
        As `foncier.api.weights.weighted`; the result has no measures.
    """
    measures = result.measures
    if measures is None:
        raise ConfigError("api.no_measures", title=result.title)
    criteria = weighted(result.criteria, weights, project)
    scores = scoring.scores(measures, criteria)
    before = unmeasured(result.criteria, scoring.unmeasured_criteria(measures, result.criteria))
    kept = tuple(one for one in result.missing if one not in before)
    return replace(
        result,
        criteria=criteria,
        scores=scores,
        agreement=scoring.agreement(scores),
        missing=kept + unmeasured(criteria, scoring.unmeasured_criteria(measures, criteria)),
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
