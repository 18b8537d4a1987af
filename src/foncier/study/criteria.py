"""Criteria of the score and their weights: balanced, by kind of project, or those of the study."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from foncier._util.plugins import load_plugins
from foncier.errors import ConfigError
from foncier.i18n import Localized, label
from foncier.model import Criterion
from foncier.study.config import CriterionSpec, Study
from foncier.study.rulesets import read_rules
from foncier.study.validation_errors import suggestion, validation_error

if TYPE_CHECKING:
    from collections.abc import Mapping

GROUP = "foncier.criteria"
# Measures of `foncier.scoring.measures` that do not depend on the destinations.
SITE_MEASURES = (
    "area_m2",
    "axis_distance_m",
    "compactness",
    "confidence",
    "departures_per_hour",
    "existing_m2",
    "offered_m2",
    "open_ground_m2",
    "price_eur_m2",
    "residents_around",
    "warning_count",
    "zoning",
)
LOOP = "loop"
# What a measure is made of, beside the sites: layers, or the axis or the loop of the study.
NEEDS = {
    "axis_distance_m": ("axis",),
    "departures_per_hour": ("transit",),
    "price_eur_m2": ("prices",),
    "residents_around": ("population",),
    "warning_count": ("constraints",),
    "zoning": ("zones",),
}
_registered: dict[str, CriterionSpec] = {}


def register_criterion(criterion: CriterionSpec | Mapping[str, Any]) -> None:
    """Add a criterion, to which studies then give a weight.

    An installed package does the same by an entry point of the group ``foncier.criteria``: one
    criterion, or a list of them. Its own weight is 0 unless it says otherwise, so that installing
    a package does not change a ranking.

    Parameters
    ----------
    criterion
        Keys of ``[[criteria]]`` in a ``study.toml``.

    Raises
    ------
    ConfigError
        A key is missing, unknown or of the wrong type.
    """
    spec = _spec(criterion, "register_criterion")
    _registered[spec.name] = spec


def _spec(raw: CriterionSpec | Mapping[str, Any], origin: str) -> CriterionSpec:
    if isinstance(raw, CriterionSpec):
        return raw
    try:
        return CriterionSpec.model_validate({"weight": 0.0, **raw})
    except ValidationError as faults:
        raise validation_error(Path(origin), faults, CriterionSpec) from faults


def known_criteria(study: Study | None = None) -> dict[str, CriterionSpec]:
    """Criteria by name: those of foncier, of installed packages, registered, and of the study.

    Raises
    ------
    ConfigError
        Two have the same name, or a package gives a wrong one.
    """
    known = {
        raw["name"]: CriterionSpec.model_validate(raw)
        for raw in read_rules("criteria.toml")["criterion"]
    }
    for name, value in load_plugins(GROUP):
        for raw in value if isinstance(value, list | tuple) else (value,):
            spec = _spec(raw, name)
            known.setdefault(spec.name, spec)
    known |= _registered
    for spec in study.criteria if study else ():
        if spec.name in known:
            raise ConfigError("study.criteria.name_taken", name=spec.name)
        known[spec.name] = spec
    return known


def criteria(study: Study) -> tuple[Criterion, ...]:
    """Criteria of the score of a study; those of weight 0 are left out.

    The weights are those of the study's project, else the balanced ones, with the study's own
    changes; its own criteria have the weight that they give.

    Raises
    ------
    ConfigError
        An unknown project or criterion, a measure that nothing computes, or no weight above 0.
    """
    known = known_criteria(study)
    for name in study.weights:
        if name not in known:
            raise ConfigError(
                "study.criteria.unknown", name=name, hint=suggestion(name, known), known=list(known)
            )
    for spec in known.values():
        check_measure(spec)
    weights = {**_base_weights(study, known), **study.weights}
    if not any(weights.values()):
        raise ConfigError("study.criteria.no_weight")
    return tuple(_criterion(spec, weights[name]) for name, spec in known.items() if weights[name])


def measurable_criteria(
    criteria: tuple[Criterion, ...], study: Study
) -> tuple[tuple[Criterion, ...], tuple[Criterion, ...]]:
    """Criteria whose layers the study has, and those left out because it has not.

    A criterion that nothing can measure would keep its weight and leave every site without a rank.
    The layers that the study names decide, before any row is read: a site's score never depends on
    what the rows of others hold. Where nothing would remain, all are kept.
    """
    out = tuple(one for one in criteria if not _needs(one.measure) <= _has(study))
    kept = tuple(one for one in criteria if one not in out)
    return (kept, out) if kept else (criteria, ())


def _needs(measure: str) -> set[str]:
    destination = measure.rpartition("_")[0]
    if destination == LOOP:
        return {LOOP, "streets"}
    if destination in destination_categories():
        return {"places", "streets"}
    return set(NEEDS.get(measure, ()))


def _has(study: Study) -> set[str]:
    lines = {"axis": study.axis, LOOP: study.loop}
    return {*study.layers, *(name for name, line in lines.items() if line is not None)}


def _criterion(spec: CriterionSpec, weight: float) -> Criterion:
    return Criterion(
        spec.name,
        spec.measure,
        Localized(spec.fr, spec.en or spec.fr),
        spec.unit,
        spec.worst,
        spec.best,
        weight,
        spec.source or label("study.rules.study_source").fr,
        by_kind={str(kind): bounds for kind, bounds in spec.by_kind.items()},
    )


def _base_weights(study: Study, known: Mapping[str, CriterionSpec]) -> dict[str, float]:
    """Weights before the study's changes: those of its project, else the balanced ones."""
    chosen = study.score.project
    of_study = {spec.name for spec in study.criteria}
    if chosen is None:
        return {name: spec.weight for name, spec in known.items()}
    weights = _project_weights(chosen)
    return {
        name: spec.weight if name in of_study else float(weights.get(name, 0.0))
        for name, spec in known.items()
    }


def _project_weights(name: str) -> Mapping[str, float]:
    by_name = {one["name"]: one["weights"] for one in projects()}
    if name not in by_name:
        raise ConfigError(
            "study.criteria.unknown_project",
            name=name,
            hint=suggestion(name, by_name),
            known=list(by_name),
        )
    weights: Mapping[str, float] = by_name[name]
    return weights


def check_measure(criterion: CriterionSpec) -> None:
    """Check that something computes the measure of a criterion.

    Raises
    ------
    ConfigError
        Nothing does.
    """
    known = criterion_measures()
    if criterion.measure not in known:
        raise ConfigError(
            "study.criteria.unknown_measure",
            criterion=criterion.name,
            measure=criterion.measure,
            hint=suggestion(criterion.measure, known),
            known=known,
        )


def criterion_measures() -> tuple[str, ...]:
    """Measures that a criterion may use: of the site, and of the way to each destination."""
    destinations = (*destination_categories(), LOOP)
    travel = (f"{name}_{unit}" for name in destinations for unit in ("min", "m"))
    return (*SITE_MEASURES, *travel)


def projects() -> tuple[Mapping[str, Any], ...]:
    """Kinds of project: ``name``, ``fr``, ``en``, ``why_fr``, ``why_en`` and ``weights``."""
    return tuple(read_rules("projects.toml")["project"])


def destination_categories() -> Mapping[str, tuple[Localized, tuple[str, ...]]]:
    """Destinations by name: label, and the categories of places that belong to each."""
    raw = read_rules("criteria.toml")["targets"]
    return {k: (Localized(t["fr"], t["en"]), tuple(t["categories"])) for k, t in raw.items()}
