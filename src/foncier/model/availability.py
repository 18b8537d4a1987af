"""Rules of availability: factors, the interval of each of their values, and the order of sites."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from foncier.i18n import Localized


@dataclass(frozen=True)
class FactorValue:
    """What one value of a factor says: the share of such sites that can be had, from low to high.

    ``taken``: a site with this value is on offer no more.
    """

    low: float
    high: float
    text: Localized
    taken: bool = False


@dataclass(frozen=True)
class Factor:
    """A factor of availability: its levels, the kinds that it concerns, its source.

    ``several``: a site may have several values, and the least favourable one counts. ``noted``:
    people write it, and it counts only where they did; it then replaces the factors ``replaces``.
    """

    name: str
    text: Localized
    source: str
    levels: Mapping[str, FactorValue]
    kinds: frozenset[str] = frozenset()
    several: bool = False
    noted: bool = False
    replaces: frozenset[str] = frozenset()

    @property
    def unknown(self) -> tuple[float, float]:
        """Interval of an unknown value: the whole interval of the levels."""
        levels = self.levels.values()
        return min(one.low for one in levels), max(one.high for one in levels)


@dataclass(frozen=True)
class RankOrder:
    """How score, confidence and availability are composed into a rank.

    A site of a confidence below ``least_confidence`` comes after all others;
    ``unknown_confidence`` is that of a site that has none. ``rank_taken`` ranks the sites that are
    on offer no more.
    """

    least_confidence: float = 0.3
    unknown_confidence: float = 0.5
    rank_taken: bool = False


@dataclass(frozen=True)
class AvailabilityRules:
    """Factors in order, the least availability of a ready site, and the types of owners.

    ``owner_types`` gives the type of an owner by the code of a typology: the first characters of
    a code decide, the longest match first. ``recent_years`` and ``long_years`` bound the age of
    the last sign of use.
    """

    factors: tuple[Factor, ...]
    ready_from: float
    recent_years: float
    long_years: float
    owner_types: Mapping[str, str] = field(default_factory=dict)
