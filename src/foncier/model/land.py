"""Rules on owners, on prescriptions of the local plan and on permits (docs/adr/0057)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from foncier.i18n import Localized

Effect = Literal["exclude", "reserve", "bound", "flag", "context"]
# First letters of the codes, by family of the layer of prescriptions.
FAMILY_CODES = {"prescription": "psc", "information": "inf", "servitude": "sup"}


@dataclass(frozen=True)
class OwnerRules:
    """Types of owners: by group of DGFiP and by code of the tax data (``catpro2``, ``catpro3``).

    ``public`` tells whether a type is public land; a type that it does not have may be either.
    ``managers`` are the letters of rights that own nothing.
    """

    groups: Mapping[str, str]
    codes: Mapping[str, str]
    public: Mapping[str, bool]
    managers: frozenset[str]

    def type_of(self, code: str) -> str | None:
        """Type of a code of the tax data: of its three characters, else two, else one.

        Examples
        --------
        >>> rules = OwnerRules({}, {"P5": "commune", "R": "reseau"}, {}, frozenset())
        >>> rules.type_of("P5a"), rules.type_of("R4c"), rules.type_of("99")
        ('commune', 'reseau', None)
        """
        return next((self.codes[code[:n]] for n in (3, 2, 1) if code[:n] in self.codes), None)


@dataclass(frozen=True)
class PlanningCode:
    """One code of a prescription, an information or an easement: its words and its effect.

    ``article`` is of the code de l'urbanisme where it names no other. ``least``: dwellings that the
    low end of the capacity keeps where the figure of a bound cannot be read.
    """

    code: str
    label: Localized
    article: str
    effect: Effect
    least: float | None = None


@dataclass(frozen=True)
class PlanningRules:
    """Every code, and the figures that turn heights and built shares into dwellings."""

    codes: Mapping[str, PlanningCode]
    unknown: PlanningCode
    least_share: float
    least_m2: float
    line_m: float
    storey_m: float
    dwelling_m2: float

    def of(self, code: str) -> PlanningCode:
        """Words and effect of a code: its own, else those of its subcode 00, else a flag."""
        main = code[:-2] + "00"
        return self.codes.get(code) or self.codes.get(main) or self.unknown


@dataclass(frozen=True)
class MutableRules:
    """Which built parcels are mutable (see ``study/rulesets/densification.toml``).

    ``built`` are the parameters of the measure ``built_share`` of the rule set: the same buildings
    count as in its rules.
    """

    zones: tuple[str, ...]
    part: float
    built_share: float
    least_m2: float
    least_building_m2: float
    built: Mapping[str, Any]


@dataclass(frozen=True)
class PermitRules:
    """Which permits take a site: natures of works by kind, and how long a permit lasts in years."""

    takes: Mapping[str, tuple[str, ...]]
    on_plots: tuple[str, ...]
    lapse_years: float
    extended_years: float
    started_years: float
    completed_years: float
    least_share: float


@dataclass(frozen=True)
class LandRules:
    """Rules on owners, prescriptions and permits."""

    owners: OwnerRules
    planning: PlanningRules
    permits: PermitRules
