"""What a project holder asks for: a ``NEEDS.toml``, turned into conditions on measures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from foncier._util.toml import read_toml
from foncier.errors import ConfigError
from foncier.i18n import Localized
from foncier.scoring.requirements import (
    FLOOR,
    KIND,
    Condition,
    Tolerance,
)
from foncier.study.config import Strict
from foncier.study.error_messages import format_validation_error
from foncier.study.rulesets import RULE_SETS, destination_categories, read_rules

if TYPE_CHECKING:
    from pathlib import Path

Kind = Literal["friche", "dent_creuse", "batiment_non_affecte", "terrain_divisible"]
Theme = Literal["space", "climate", "mobility", "circular", "shops", "temporary", "energy"]
ASKED = "demandé par le porteur de projet"


class Least(Strict):
    """At least ``min``: storeys are unknown, so no upper bound could ever be checked."""

    min: float = Field(ge=0)


class Span(Strict):
    """From ``min`` to ``max``, both comprised; one of them may be left out."""

    min: float | None = Field(default=None, ge=0)
    max: float | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _one_given(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("donnez min, max, ou les deux")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("min est plus grand que max")
        return self


class OwnCondition(Strict):
    """A condition of the project holder on any measure of the result."""

    measure: str
    label: str
    unit: str = ""
    min: float | None = None
    max: float | None = None

    @model_validator(mode="after")
    def _one_given(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("donnez min, max, ou les deux")
        return self


class NearMiss(Strict):
    """What is still shown as a near miss."""

    share: float = Field(default=0.25, ge=0, le=1)
    conditions: int = Field(default=2, ge=0)


class Requirements(Strict):
    """Everything that a ``NEEDS.toml`` may say; what is not asked rules nobody out."""

    name: str
    kinds: tuple[Kind, ...] = ()
    themes: tuple[Theme, ...] = ()
    area_m2: Span | None = None
    floor_m2: Least | None = None
    minutes: dict[str, float] = Field(default_factory=dict)
    loop_m: Span | None = None
    condition: tuple[OwnCondition, ...] = ()
    near_miss: NearMiss = NearMiss()

    @property
    def tolerance(self) -> Tolerance:
        """What a near miss is."""
        return Tolerance(self.near_miss.share, self.near_miss.conditions)


def read_requirements(path: Path) -> Requirements:
    """Read a needs file.

    Raises
    ------
    ConfigError
        No such file, not TOML, an unknown key or theme, a wrong type, bounds the wrong way round.
    """
    if not path.is_file():
        raise ConfigError(
            f"{path} : fichier de besoins introuvable. Un modèle : foncier match --template."
        )
    raw = read_toml(path)
    try:
        return Requirements.model_validate(raw)
    except ValidationError as faults:
        raise ConfigError(format_validation_error(path, faults, Requirements)) from faults


def requirements_template() -> str:
    """Text of a first needs file."""
    return RULE_SETS.joinpath("needs.toml").read_text(encoding="utf-8")


def conditions(needs: Requirements) -> tuple[Condition, ...]:
    """Conditions of a need, its own first, then those of its themes.

    Raises
    ------
    ConfigError
        Minutes to a destination that no study has.
    """
    found = []
    if needs.kinds:
        label = Localized("Nature du site", "Kind of site")
        found.append(Condition("kinds", KIND, label, any_of=needs.kinds, why=ASKED))
    if needs.area_m2 is not None:
        found.append(_span("area_m2", needs.area_m2, Localized("Surface", "Area"), "m²"))
    if needs.floor_m2 is not None:
        label = Localized("Surface de plancher", "Floor area")
        found.append(_span(FLOOR, Span(min=needs.floor_m2.min), label, "m²"))
    found += [_minutes(target, most) for target, most in needs.minutes.items()]
    if needs.loop_m is not None:
        label = Localized("Distance à la boucle", "Distance to the loop")
        found.append(_span("loop_m", needs.loop_m, label, "m"))
    for number, own in enumerate(needs.condition, start=1):
        found.append(
            Condition(
                f"own_{number}",
                own.measure,
                Localized(own.label, own.label),
                own.unit,
                own.min,
                own.max,
                why=ASKED,
            )
        )
    raw = read_rules("themes.toml")
    for theme in needs.themes:
        found += _theme(theme, raw[theme])
    return tuple(found)


def _span(measure: str, span: Span, label: Localized, unit: str) -> Condition:
    return Condition(measure, measure, label, unit, span.min, span.max, why=ASKED)


def _minutes(target: str, most: float) -> Condition:
    known = {
        **{name: words for name, (words, _) in destination_categories().items()},
        "loop": Localized("Boucle", "Loop"),
    }
    if target not in known:
        raise ConfigError(
            f"besoins, [minutes] {target} : destination inconnue. "
            f"Destinations : {', '.join(known)}."
        )
    words = known[target]
    label = Localized(f"{words.fr}, à pied", f"{words.en}, on foot")
    return Condition(f"{target}_min", f"{target}_min", label, "min", at_most=most, why=ASKED)


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
            why=f"{raw['fr']} : {one['why']}",
        )
        for one in raw["condition"]
    ]
