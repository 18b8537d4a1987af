"""Requirements of a project holder: a TOML file, turned into conditions on measures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from foncier._util.toml import read_toml
from foncier.errors import ConfigError
from foncier.i18n import Localized, Message, label, localized
from foncier.scoring.requirements import (
    FLOOR,
    KIND,
    Condition,
    Tolerance,
)
from foncier.study.criteria import LOOP, destination_categories
from foncier.study.rulesets import RULE_SETS, read_rules
from foncier.study.strict import Strict
from foncier.study.validation_errors import suggestion, validation_error

if TYPE_CHECKING:
    from pathlib import Path

Kind = Literal["friche", "dent_creuse", "batiment_non_affecte", "terrain_divisible"]
Theme = Literal["space", "climate", "mobility", "circular", "shops", "temporary", "energy"]


class Least(Strict):
    """At least ``min``: storeys are unknown, so an upper bound cannot be checked."""

    min: float = Field(ge=0)


class Span(Strict):
    """From ``min`` to ``max``, both included; one of them may be left out."""

    min: float | None = Field(default=None, ge=0)
    max: float | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _has_bound(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError(Message("study.requirements.no_bound"))
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(Message("study.requirements.bounds_reversed"))
        return self


class MeasureCondition(Strict):
    """A condition of the project holder on any measure of the result."""

    measure: str
    label: str
    unit: str = ""
    min: float | None = None
    max: float | None = None

    @model_validator(mode="after")
    def _has_bound(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError(Message("study.requirements.no_bound"))
        return self


class NearMiss(Strict):
    """Tolerance of a near miss."""

    share: float = Field(default=0.25, ge=0, le=1)
    conditions: int = Field(default=2, ge=0)


class Requirements(Strict):
    """Keys of a requirements file; a condition that is not written rejects no site."""

    name: str
    kinds: tuple[Kind, ...] = ()
    themes: tuple[Theme, ...] = ()
    area_m2: Span | None = None
    floor_m2: Least | None = None
    minutes: dict[str, float] = Field(default_factory=dict)
    loop_m: Span | None = None
    condition: tuple[MeasureCondition, ...] = ()
    near_miss: NearMiss = NearMiss()

    @property
    def tolerance(self) -> Tolerance:
        """Largest share and number of conditions that a near miss fails."""
        return Tolerance(self.near_miss.share, self.near_miss.conditions)


def read_requirements(path: Path) -> Requirements:
    """Read a requirements file.

    Raises
    ------
    ConfigError
        No such file, not TOML, an unknown key, theme or destination, a wrong type, bounds in the
        wrong order.
    """
    if not path.is_file():
        raise ConfigError("study.requirements.not_found", path=path)
    try:
        requirements = Requirements.model_validate(read_toml(path))
    except ValidationError as faults:
        raise validation_error(path, faults, Requirements) from faults
    conditions(requirements, path)  # checks the destinations
    return requirements


def requirements_template() -> str:
    """Text of a first requirements file."""
    return RULE_SETS.joinpath("needs.toml").read_text(encoding="utf-8")


def conditions(
    requirements: Requirements, path: Path | str = "[requirements]"
) -> tuple[Condition, ...]:
    """Conditions of a project holder, then those of the themes; ``path`` is named in errors.

    Raises
    ------
    ConfigError
        Minutes to an unknown destination.
    """
    asked, listed = requirements, list[Condition]()
    why = label("study.requirements.asked").fr
    if asked.kinds:
        kinds = label("study.requirements.kind")
        listed.append(Condition("kinds", KIND, kinds, any_of=asked.kinds, why=why))
    if asked.area_m2 is not None:
        listed.append(_span("area_m2", asked.area_m2, label("study.requirements.area"), "m²"))
    if asked.floor_m2 is not None:
        floor = Span(min=asked.floor_m2.min)
        listed.append(_span(FLOOR, floor, label("study.requirements.floor"), "m²"))
    listed += [_minutes(destination, most, path) for destination, most in asked.minutes.items()]
    if asked.loop_m is not None:
        listed.append(_span("loop_m", asked.loop_m, label("study.requirements.loop_distance"), "m"))
    listed += [
        Condition(
            f"own_{number}",
            one.measure,
            Localized(one.label, one.label),
            one.unit,
            one.min,
            one.max,
            why=why,
        )
        for number, one in enumerate(asked.condition, start=1)
    ]
    themes = read_rules("themes.toml")
    return (*listed, *(one for theme in asked.themes for one in _theme(theme, themes[theme])))


def _span(measure: str, span: Span, words: Localized, unit: str) -> Condition:
    why = label("study.requirements.asked").fr
    return Condition(measure, measure, words, unit, span.min, span.max, why=why)


def _minutes(destination: str, most: float, path: Path | str) -> Condition:
    known = {name: words for name, (words, _) in destination_categories().items()}
    known[LOOP] = label("study.loop")
    if destination not in known:
        raise ConfigError(
            "study.requirements.unknown_destination",
            path=path,
            name=destination,
            hint=suggestion(destination, known),
            known=list(known),
        )
    words = localized("study.requirements.on_foot", destination=known[destination])
    why = label("study.requirements.asked").fr
    measure = f"{destination}_min"
    return Condition(measure, measure, words, "min", at_most=most, why=why)


def _theme(name: str, raw: dict[str, Any]) -> list[Condition]:
    return [
        Condition(
            name=f"{name}_{one['measure']}",
            measure=one["measure"],
            label=Localized(one["fr"], one["en"]),
            unit=one.get("unit", ""),
            at_least=one.get("at_least"),
            at_most=one.get("at_most"),
            any_of=tuple(one.get("any_of", ())),
            why=localized("study.requirements.theme", theme=raw["fr"], why=one["why"]).fr,
        )
        for one in raw["condition"]
    ]
