"""Rules on owners, prescriptions and permits, as the data files of the package state them."""

from __future__ import annotations

from functools import cache

from foncier.i18n import Localized, label
from foncier.model import LandRules, OwnerRules, PermitRules, PlanningCode, PlanningRules
from foncier.model.land import FAMILY_CODES
from foncier.study.rulesets import read_rules


@cache
def land_rules() -> LandRules:
    """Rules on owners, prescriptions and permits.

    Examples
    --------
    >>> land_rules().planning.of("psc-05-09").effect, land_rules().owners.type_of("P5a")
    ('reserve', 'commune')
    """
    owners = read_rules("owners.toml")
    permits = dict(read_rules("permits.toml"))
    takes = {kind: tuple(natures) for kind, natures in permits.pop("takes").items()}
    managers, typology = frozenset(owners["managers"]), read_rules("owner-types.toml")
    codes = {**typology["level2"], **typology["level3"]}
    return LandRules(
        OwnerRules(owners["group"], codes, owners["public"], managers),
        _planning_rules(),
        PermitRules(takes=takes, on_plots=takes.pop("plots"), **permits),
    )


def _planning_rules() -> PlanningRules:
    raw = read_rules("prescriptions.toml")
    codes = {
        f"{family}-{code.lower()}": PlanningCode(
            f"{family}-{code.lower()}",
            Localized(row["fr"], row["en"]),
            row["article"],
            row["effect"],
            row.get("least"),
        )
        for family in FAMILY_CODES.values()
        for code, row in raw[family].items()
    }
    figures = {name: raw["capacity"][name] for name in ("storey_m", "dwelling_m2")}
    unknown = PlanningCode("", label("study.land.unlisted_code"), "", "flag")
    return PlanningRules(codes=codes, unknown=unknown, **raw["overlap"], **figures)
