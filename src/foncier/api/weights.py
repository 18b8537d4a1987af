"""Criteria of the score with other weights, every name checked."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from foncier import study
from foncier.api.layer import near
from foncier.errors import ConfigError
from foncier.study.config import Study as StudyConfig
from foncier.study.rulesets import read_rules

if TYPE_CHECKING:
    from collections.abc import Mapping

    from foncier.model import Criterion


def weighted(
    own: tuple[Criterion, ...], weights: Mapping[str, float] | None, project: str | None
) -> tuple[Criterion, ...]:
    """Criteria of a result with other weights; those of weight 0 are left out.

    Parameters
    ----------
    own
        Criteria of the result: with no project, their weights hold where ``weights`` has none.
    weights
        Weight by criterion.
    project
        Kind of project whose weights replace the result's own.

    Raises
    ------
    ConfigError
        An unknown criterion or project (the near name is offered), a weight that is no number,
        or no weight left.
    """
    known = {**_published(), **{criterion.name: criterion for criterion in own}}
    chosen = {c.name: c.weight for c in own} if project is None else _of_project(project)
    for name, weight in (weights or {}).items():
        if name not in known:
            raise ConfigError(
                "api.criterion_unknown", name=name, near=near(name, known), known=", ".join(known)
            )
        if not isinstance(weight, (int, float)) or not math.isfinite(weight) or weight < 0:
            raise ConfigError("api.bad_weight", name=name, value=repr(weight))
        chosen[name] = float(weight)
    found = tuple(replace(c, weight=chosen[c.name]) for c in known.values() if chosen.get(c.name))
    if not found:
        raise ConfigError("api.no_weight_left")
    return found


def _published() -> dict[str, Criterion]:
    """Every criterion that comes with foncier, whatever its weight, in the order of its file."""
    every = {raw["name"]: 1.0 for raw in read_rules("criteria.toml")["criterion"]}
    plan = {"study": {"title": "", "communes": ("80021",)}, "weights": every}
    return {c.name: c for c in study.criteria(StudyConfig.model_validate(plan))}


def _of_project(name: str) -> dict[str, float]:
    projects = {one["name"]: one["weights"] for one in study.projects()}
    if name not in projects:
        raise ConfigError(
            "api.project_unknown", name=name, near=near(name, projects), known=", ".join(projects)
        )
    return {criterion: float(weight) for criterion, weight in projects[name].items()}
