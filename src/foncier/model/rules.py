"""Rule sets: rules, thresholds, fabric classes, dwelling capacity, land assembly."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from foncier.i18n import Localized


@dataclass(frozen=True)
class Rule:
    """A rule of the screening: a measure compared with a threshold.

    Parameters
    ----------
    name, measure
        Id of the rule in its rule set, and name of its measure (`foncier.detect.measures`).
    label, unit, source
        Words, unit and origin of the threshold. The unit ``%`` shows a share as a percentage.
    at_least, below
        Threshold, by the side that passes; exactly one is set.
    failed
        Words of the rejection with ``{value}``, ``{threshold}`` and ``{detail}``; without them the
        value, the threshold and the gap are stated.
    optional
        An unknown value lets the parcel pass (its layer may be missing); otherwise it stops it.
    params
        Parameters of the measure (``radius_m``…).
    limit, limits
        Name and parameters of the function that gives each parcel its threshold
        (`foncier.detect.rule_engine`); ``at_least`` or ``below`` then tells the side that passes.
    warns
        The rule stops no parcel: ``failed`` becomes a warning of the candidate.
    """

    name: str
    measure: str
    label: Localized
    unit: str
    source: str
    at_least: float | None = None
    below: float | None = None
    failed: Localized | None = None
    optional: bool = False
    params: Mapping[str, Any] = field(default_factory=dict)
    limit: str = ""
    limits: Mapping[str, Any] = field(default_factory=dict)
    warns: bool = False

    @property
    def threshold(self) -> float:
        """Figure that the measure is compared with."""
        bound = self.at_least if self.at_least is not None else self.below
        if bound is None:
            raise ValueError(f"rule {self.name}: neither at_least nor below")
        return bound


@dataclass(frozen=True)
class Fabric:
    """Parameters of the fabric classes (QGIS Foncier).

    Buildings of at least ``least_m2`` are in one cluster when their buffers meet. A building is
    ``isolee`` with fewer than ``few`` buildings in its cluster at a buffer of ``far_m``;
    ``diffuse`` with fewer than ``few`` at ``middle_m``; ``groupee`` with fewer than ``many`` at
    ``middle_m`` or at most ``close_few`` at ``near_m``; else ``dense``. A plot has the class of its
    nearest building; with ``majority``, that of the built areas that hold more than this share of
    it (`foncier.detect.built_areas`).
    """

    near_m: float = 10.0
    middle_m: float = 20.0
    far_m: float = 40.0
    few: int = 5
    many: int = 10
    close_few: int = 5
    least_m2: float = 25.0
    majority: float = 0.0


@dataclass(frozen=True)
class DwellingCapacity:
    """Dwelling capacity of a plot, by fabric class.

    Low: whole plots of ``low_m2`` in the usable area. High: low times ``factor``, or, where
    ``high_m2`` is set, whole plots of ``high_m2``.
    """

    low_m2: Mapping[str, float]
    factor: Mapping[str, float]
    high_m2: Mapping[str, float]
    source: str


@dataclass(frozen=True)
class Assembly:
    """Parameters of land assembly: which parcels that fail alone are tested together.

    A group has at most ``most`` parts, each adjacent to another along ``contact_m`` or more. A bare
    parcel is a part when the rule that stopped it is in ``bare``; the free piece of a built parcel,
    of ``least_part_m2`` or more, when that rule is in ``built``. A group with such a piece has at
    most ``most_built`` parts.
    """

    most: int
    most_built: int
    contact_m: float
    least_part_m2: float
    bare: tuple[str, ...]
    built: tuple[str, ...]
    source: str


@dataclass(frozen=True)
class PlotModel:
    """Logistic model of the plots of one kind: intercept, weight of each feature.

    ``labels``: number of listed plots it was fitted on; ``true``: those that readers confirmed.
    """

    intercept: float
    weights: Mapping[str, float]
    labels: int
    true: int


@dataclass(frozen=True)
class PlotConfidence:
    """Confidence of plots, calibrated on labels for one rule set; kinds without a model have none.

    ``date``, ``source``: when and on what.
    """

    name: str
    rule_set: str
    date: str
    source: str
    kinds: Mapping[str, PlotModel]


@dataclass(frozen=True)
class Profile:
    """A published rule set: ordered rules by kind of opportunity.

    Without ``assembly`` no parcels are tested together; without ``confidence`` plots have none.
    ``excluded``: words of each code of the local plan that excludes the land under it.
    """

    name: str
    label: Localized
    source: str
    rules: Mapping[str, tuple[Rule, ...]]
    fabric: Fabric = Fabric()
    dwellings: DwellingCapacity | None = None
    assembly: Assembly | None = None
    confidence: PlotConfidence | None = None
    excluded: Mapping[str, Localized] = field(default_factory=dict)
