"""Assumptions of the densification study: ``[densification]`` of a study over the defaults."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from foncier.i18n import Message
from foncier.model import MutableRules, Profile
from foncier.study.strict import Strict

FILE = "densification.toml"
BUILT_SHARE = "built_share"  # measure of the footprint (CES)
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Pair = tuple[Share, Share]


class Mutable(Strict):
    """Which built parcels are mutable: built share under ``part`` of what the plan allows.

    ``built_share`` is what is allowed where no prescription states it; ``least_m2`` the least
    usable ground in one of ``zones``. An empty ``source`` is the study itself.
    """

    zones: tuple[str, ...]
    part: Share
    built_share: Share
    least_m2: Positive
    least_building_m2: Positive
    source: str = ""


class Density(Strict):
    """Dwellings per hectare, low and high, with their source."""

    low: Positive
    high: Positive
    source: str = ""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low > self.high:
            raise ValueError(Message("study.densification.order", low=self.low, high=self.high))
        return self


class Retention(Strict):
    """Share of the land that will not come on the market, at least and at most, by hardness."""

    faible: Pair
    moyenne: Pair
    forte: Pair
    inconnue: Pair
    source: str = ""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        for low, high in (self.faible, self.moyenne, self.forte, self.inconnue):
            if low > high:
                raise ValueError(Message("study.densification.order", low=low, high=high))
        return self


class Hardness(Strict):
    """Class of hardness of a site by its availability (see ``rulesets/densification.toml``)."""

    easy_from: Share
    hard_to: Share
    widest: Share


class Need(Strict):
    """Dwellings that the plan must make possible, until which year, and who says so."""

    dwellings: Annotated[int, Field(ge=0)]
    until: Annotated[int, Field(ge=1900, le=2200)] | None = None
    source: str = ""


class Consumption(Strict):
    """Natural, farm and forest land consumed in a period, in hectares."""

    period: str
    hectares: Annotated[float, Field(ge=0)]
    source: str = ""


class Densification(Strict):
    """``[densification]``: with this table, a run also looks for mutable built plots.

    Examples
    --------
    >>> Densification.model_validate({"density": {"low": 30}}).density
    Density(low=30.0, high=40.0, source='')
    """

    mutable: Mutable
    density: Density
    retention: Retention
    hardness: Hardness
    need: Need | None = None
    consumption: tuple[Consumption, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _over_defaults(cls, value: Any) -> Any:
        """Fill in the defaults; a table that the study changes is no longer theirs."""
        if not isinstance(value, dict):
            return value
        merged = dict(value)
        for name, defaults in _defaults().items():
            own = value.get(name, {})
            if isinstance(own, dict):
                source = {"source": ""} if own and "source" in defaults else {}
                merged[name] = {**defaults, **source, **own}
        return merged


def mutable_rules(settings: Densification, profile: Profile) -> MutableRules:
    """Which built parcels a study calls mutable; buildings count as in its rule set."""
    chosen = settings.mutable
    every = (rule for rules in profile.rules.values() for rule in rules)
    built = next((rule.params for rule in every if rule.measure == BUILT_SHARE), {})
    return MutableRules(
        zones=chosen.zones,
        part=chosen.part,
        built_share=chosen.built_share,
        least_m2=chosen.least_m2,
        least_building_m2=chosen.least_building_m2,
        built=built,
    )


@cache
def _defaults() -> dict[str, dict[str, Any]]:
    text = files("foncier.study").joinpath("rulesets", FILE).read_text(encoding="utf-8")
    return tomllib.loads(text)
