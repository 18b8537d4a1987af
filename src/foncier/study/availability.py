"""Rules of availability and of the order of sites, from the data files and the study."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foncier.i18n import Localized
from foncier.model import AvailabilityRules, Factor, FactorValue, RankOrder
from foncier.study.rulesets import read_rules

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE, OWNERS = "availability.toml", "owner-types.toml"
ORDER = "order"


def availability_rules() -> AvailabilityRules:
    """Factors of availability with the interval of each value, and the types of owners.

    Examples
    --------
    >>> [factor.name for factor in availability_rules().factors][:3]
    ['avis', 'status', 'permit']
    """
    raw, types = read_rules(FILE), read_rules(OWNERS)
    factors = tuple(_factor(name, table) for name, table in raw.items() if name != ORDER)
    return AvailabilityRules(
        factors=factors,
        ready_from=float(raw[ORDER]["ready_from"]),
        recent_years=float(raw["last_use"]["recent_years"]),
        long_years=float(raw["last_use"]["long_years"]),
        owner_types={**types["level2"], **types["level3"]},
    )


def rank_order(*, rank_taken: bool = False) -> RankOrder:
    """How score, confidence and availability are composed into a rank.

    ``rank_taken`` is that of ``[score]`` in the study: sites that are taken have a rank too.
    """
    raw = read_rules(FILE)[ORDER]
    return RankOrder(
        least_confidence=float(raw["least_confidence"]),
        unknown_confidence=float(raw["unknown_confidence"]),
        rank_taken=rank_taken,
    )


def _factor(name: str, raw: Mapping[str, Any]) -> Factor:
    return Factor(
        name,
        Localized(raw["fr"], raw["en"]),
        raw["source"],
        {value: _value(one) for value, one in raw["values"].items()},
        kinds=frozenset(raw.get("kinds", ())),
        several=raw.get("several", False),
        noted=raw.get("noted", False),
        replaces=frozenset(raw.get("replaces", ())),
    )


def _value(raw: Mapping[str, Any]) -> FactorValue:
    text = Localized(raw["fr"], raw["en"])
    return FactorValue(float(raw["low"]), float(raw["high"]), text, raw.get("taken", False))
