"""Values that several rooms share: what was read, what was missing, the rules, the whole result."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    import geopandas as gpd
    import numpy as np
    import pandas as pd
    import shapely
    from numpy.typing import NDArray

    from foncier.i18n import Localized


@dataclass(frozen=True)
class Note:
    """Something that was done to a layer: how many rows, what, and why."""

    effect: Literal["repaired", "dropped", "assumed", "kept"]
    count: int
    text: Localized


@dataclass(frozen=True)
class LayerFile:
    """One file of a layer, as the study names it.

    ``shown`` is the path as the study writes it (for messages and the manifest). ``columns`` maps
    our column names to the file's own; ``constants`` gives one value to a whole column.
    """

    layer: str
    path: Path
    shown: str
    format: str
    sublayer: str | None = None
    crs: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    vintage: date | None = None
    source: str = ""
    licence: str = ""


@dataclass(frozen=True)
class LayerReport:
    """What was read of one layer.

    ``path`` is as the study writes it, never absolute; ``vintage`` is None when unknown.
    """

    layer: str
    path: str
    format: str
    sha256: str
    rows_read: int
    rows_kept: int
    crs: str
    vintage: date | None
    source: str
    licence: str
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class Missing:
    """A layer or a measure that was not there, and what the result lacks because of it."""

    what: str
    cost: Localized


@dataclass(frozen=True)
class Rule:
    """One test of a funnel: a measure compared with a threshold.

    ``at_least`` and ``below`` are the two ways to pass; exactly one is given. ``params`` holds the
    figures that the measure itself needs (``radius_m``…). ``failed`` is what a rejected parcel
    says, where "value, threshold, what is short" would not be plain. An ``optional`` rule lets a
    parcel pass when its layer is missing; any other unknown keeps the parcel off the list.

    ``limit`` names how the threshold depends on the parcel (`foncier.detect.rule_engine`), with its
    figures in ``limits``; ``at_least`` or ``below`` then only tells the side that passes and the
    figure of the first fabric class. A rule that ``warns`` stops nobody: ``failed`` becomes a flag
    of the candidate.
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
        """The figure that the measure is compared with."""
        bound = self.at_least if self.at_least is not None else self.below
        if bound is None:
            raise ValueError(f"rule {self.name}: neither at_least nor below")
        return bound


@dataclass(frozen=True)
class Fabric:
    """What makes a fabric class of the buildings around a plot (QGIS Foncier).

    Buildings of at least ``least_m2`` are in one cluster when their buffers meet. Fewer than
    ``few`` in a buffer of ``far_m``: isolée; fewer than ``few`` in one of ``middle_m``: diffuse,
    fewer than ``many``: groupée; no more than ``close_few`` in one of ``near_m``: groupée; else
    dense.
    """

    near_m: float = 10.0
    middle_m: float = 20.0
    far_m: float = 40.0
    few: int = 5
    many: int = 10
    close_few: int = 5
    least_m2: float = 25.0


@dataclass(frozen=True)
class DwellingCapacity:
    """How many dwellings a plot may bear, by fabric class.

    Low: whole plots of ``low_m2`` in the usable area. High: low times ``factor``, or, where
    ``high_m2`` is given, whole plots of ``high_m2``.
    """

    low_m2: Mapping[str, float]
    factor: Mapping[str, float]
    high_m2: Mapping[str, float]
    source: str


@dataclass(frozen=True)
class Assembly:
    """How plots that fail alone are tried together.

    ``most`` parts at most, each next to another along ``contact_m`` or more. A bare parcel is a
    part when the rule that stopped it is among ``bare``; the free piece of a built one, of
    ``least_part_m2`` or more, when that rule is among ``built``; a group that holds one has
    ``most_built`` parts at most.
    """

    most: int
    most_built: int
    contact_m: float
    least_part_m2: float
    bare: tuple[str, ...]
    built: tuple[str, ...]
    source: str


@dataclass(frozen=True)
class Profile:
    """A published set of rules, by kind of opportunity, in the order of the funnel.

    Without ``assembly`` no parcels are tried together.
    """

    name: str
    label: Localized
    source: str
    rules: Mapping[str, tuple[Rule, ...]]
    fabric: Fabric = Fabric()
    dwellings: DwellingCapacity | None = None
    assembly: Assembly | None = None


@dataclass(frozen=True)
class Signal:
    """What one sign is worth: its log-odds towards vacancy, with its words and its source.

    The weight halves every ``half_life_years`` (None: it does not age). Signs of one ``origin`` and
    one direction are one witness: the strongest counts (empty: the sign is its own origin).
    ``prior`` is the share of the sites listed by such a record alone that are friches (None: that
    of the ledger). ``comment`` says why the figures are what they are.
    """

    name: str
    weight: float
    text: Localized
    source: str
    half_life_years: float | None = None
    origin: str = ""
    prior: float | None = None
    comment: str = ""


@dataclass(frozen=True)
class Band:
    """A class of confidence: from ``low`` up to but not including ``high``; the last has 1 too."""

    name: str
    low: float
    high: float
    text: Localized


@dataclass(frozen=True)
class EvidenceModel:
    """What signs are worth, and where belief starts: priors as shares, least values to be listed.

    ``assumed_prior`` says that no LOVAC rate was known and a stated default stands in its place.
    Signs age up to the date ``on`` (None: the study has no date, and nothing ages); one without a
    date is held to be ``undated_half_lives`` old. ``reach_m`` is how far from a building a mapped
    point of each origin may lie. A site that only registers list needs ``least_site``.
    """

    signals: Mapping[str, Signal]
    friche_prior: float
    building_prior: float
    least_confidence: float
    least_building_m2: float
    assumed_prior: bool = True
    least_site: float = 0.0
    bands: tuple[Band, ...] = ()
    on: date | None = None
    undated_half_lives: float = 0.0
    reach_m: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Criterion:
    """One criterion of the score: a fixed ramp from a measure to [0, 1], and its weight.

    The ramp is 0 at ``worst`` and 1 at ``best`` (``best`` may be the smaller).
    """

    name: str
    measure: str
    label: Localized
    unit: str
    worst: float
    best: float
    weight: float
    source: str


@dataclass(frozen=True)
class Agreement:
    """How far another method orders the sites as the score does.

    ``tau`` is Kendall's tau-b, from −1 (the reverse) to 1 (the same order), over ``sites`` sites.
    """

    method: str
    tau: float
    sites: int


@dataclass(frozen=True)
class Background:
    """What the base map shows, from the study's own layers; each may be empty."""

    streets: gpd.GeoDataFrame
    buildings: gpd.GeoDataFrame
    constraints: gpd.GeoDataFrame
    places: gpd.GeoDataFrame


@dataclass(frozen=True)
class TravelTimeRaster:
    """Minutes on foot to each target from every cell of the study area.

    ``minutes`` has one band a target of ``keys``, then one row a line of cells, the northern one
    first; NaN where unknown or out of reach. ``west_m`` and ``north_m`` are the outer corner of
    the first cell, in the legal metric CRS.
    """

    minutes: NDArray[np.float32]
    keys: tuple[str, ...]
    west_m: float
    north_m: float
    cell_m: float


@dataclass(frozen=True)
class ResultTables:
    """All that a run found, ready to export.

    Every table keeps its contract of `foncier.schemas`; geometries are in the legal metric CRS.
    ``edition`` is the date that deliverables carry (None: undated); ``demo`` marks fictional data.
    ``stops`` are the ordered waypoints of the loop (columns ``order``, ``name``, point).
    ``routes`` are the ways on foot from the sites to the loop and to the station (columns
    ``opportunity_id``, ``target``, line), None where there is none. ``isochrones`` are what is
    reached on foot from the sites chosen for them (`foncier.schemas.ISOCHRONES`), None where none
    was drawn. ``surface`` are the minutes from everywhere (None without streets or target, and
    where the area is too large).
    ``districts`` are what each quarter holds by kind (`foncier.schemas.QUARTERS`), None where the
    study has neither quarters nor an axis.
    ``mutability``, ``mutability_facts`` and ``effort`` tell the friches by Mutafriches, what is
    known of them for it, and what they may cost (contracts of the same names), None where they were
    not asked for. ``agreement`` says how far TOPSIS agrees with the score, None where fewer than
    two sites can be compared.
    ``assemblies`` are groups of parcels that pass together and fail alone
    (`foncier.schemas.ASSEMBLIES`), None where they were not sought.
    ``inventory`` holds the records of known friches as read, None where the study has none.
    """

    title: str
    communes: tuple[str, ...]
    edition: date | None
    demo: bool
    candidates: gpd.GeoDataFrame
    evidence: pd.DataFrame
    tests: pd.DataFrame
    rejections: gpd.GeoDataFrame
    access_points: gpd.GeoDataFrame
    access: pd.DataFrame
    scores: pd.DataFrame
    lines: gpd.GeoDataFrame
    stops: gpd.GeoDataFrame
    area: shapely.Geometry
    background: Background
    criteria: tuple[Criterion, ...]
    profile: Profile
    destinations: Mapping[str, Localized]
    reports: tuple[LayerReport, ...]
    missing: tuple[Missing, ...]
    credits: tuple[str, ...]
    routes: gpd.GeoDataFrame | None = None
    isochrones: gpd.GeoDataFrame | None = None
    districts: gpd.GeoDataFrame | None = None
    mutability: pd.DataFrame | None = None
    mutability_facts: pd.DataFrame | None = None
    effort: pd.DataFrame | None = None
    agreement: Agreement | None = None
    assemblies: gpd.GeoDataFrame | None = None
    inventory: gpd.GeoDataFrame | None = None
    surface: TravelTimeRaster | None = None


@dataclass(frozen=True, eq=False)
class Dem:
    """Heights of the ground on a grid of square cells, in the legal metric CRS of the study.

    ``heights_m`` has one row a line of cells, the northern one first, and stands for the middle of
    each cell; NaN where the height is unknown. ``west_m`` and ``north_m`` are the outer corner of
    the first cell. See `foncier.geometry.heights_m` to read it at any point.
    """

    heights_m: NDArray[np.float32]
    west_m: float
    north_m: float
    cell_m: float
