"""Tell the friches by Mutafriches: what the layers know, the index by use, cost and hardness."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foncier import study
from foncier.score import mutability as mutafriches

if TYPE_CHECKING:
    import geopandas as gpd

    from foncier.pipeline.layers import Layers
    from foncier.study.model import Layer, Study

GROUND: tuple[Layer, ...] = (
    "inventory", "zones", "constraints", "places", "streets", "vacancy_rates",
)  # fmt: skip


def suited(plan: Study, layers: Layers, candidates: gpd.GeoDataFrame) -> dict[str, Any]:
    """Tables ``mutability``, ``mutability_facts`` and ``effort`` of a result.

    Raises
    ------
    ConfigError
        The study answers a criterion or gives an answer that Mutafriches does not have.
    """
    matrix = study.mutafriches()
    ground = mutafriches.Ground(**{name: layers.get(name) for name in GROUND})
    given = study.given_answers(plan, matrix)
    known = mutafriches.facts(candidates, ground, matrix, given)
    ids = candidates.loc[candidates["kind"] == "friche", "opportunity_id"].tolist()
    return {
        "mutability": mutafriches.mutability(ids, known, matrix),
        "mutability_facts": known,
        "effort": mutafriches.effort(candidates, known, study.effort_rules(), ground.inventory),
    }
