"""Tables of a result, its criteria and its validation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from foncier.i18n import Labels, label
from foncier.model.availability import RankOrder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    import geopandas as gpd
    import numpy as np
    import pandas as pd
    import shapely
    from numpy.typing import NDArray

    from foncier.i18n import Localized
    from foncier.model.layers import LayerReport, Missing, Note
    from foncier.model.rules import Profile

_KINDS = ("friche", "dent_creuse", "batiment_non_affecte", "terrain_divisible")
KIND_LABELS = Labels(lambda kind: label(f"util.kinds.{kind}"), _KINDS)
KIND_PLURALS = Labels(lambda kind: label(f"util.kind_plurals.{kind}"), _KINDS)


@dataclass(frozen=True)
class Criterion:
    """A criterion of the score: a linear value function of a measure, and its weight.

    The value function is 0 at ``worst`` and 1 at ``best`` (``best`` may be the smaller).
    ``by_kind`` gives other bounds, worst and best, to the sites of a kind.
    """

    name: str
    measure: str
    label: Localized
    unit: str
    worst: float
    best: float
    weight: float
    source: str
    by_kind: Mapping[str, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Agreement:
    """Agreement of another ranking method with the score.

    ``tau`` is Kendall's tau-b, from −1 (the reverse) to 1 (the same order), over ``sites`` sites.
    """

    method: str
    tau: float
    sites: int


@dataclass(frozen=True)
class Background:
    """Layers of the base map, from the layers of the study; each may be empty."""

    streets: gpd.GeoDataFrame
    buildings: gpd.GeoDataFrame
    constraints: gpd.GeoDataFrame
    places: gpd.GeoDataFrame


@dataclass(frozen=True)
class Contact:
    """Who publishes a result and answers questions about it; an empty text is unknown."""

    organisation: str = ""
    email: str = ""
    url: str = ""


@dataclass(frozen=True)
class TravelTimeRaster:
    """Walking minutes to each destination from every cell of the study area.

    ``minutes`` has one band per destination of ``keys``, then one row per line of cells, the
    northern line first; NaN where unknown or unreachable. ``west_m`` and ``north_m`` are the outer
    corner of the first cell, in the legal metric CRS.
    """

    minutes: NDArray[np.float32]
    keys: tuple[str, ...]
    west_m: float
    north_m: float
    cell_m: float


@dataclass(frozen=True)
class ResultTables:
    """Tables of a run, ready to export.

    Every table follows its schema of `foncier.schemas`; geometries are in the legal metric CRS.

    Parameters
    ----------
    edition
        Date of the deliverables (None: undated).
    demo
        Whether the data are fictional.
    stops
        Ordered waypoints of the loop (columns ``order``, ``name``, point).
    routes
        Walking routes from the sites to the loop and to the station (columns ``opportunity_id``,
        ``target``, line).
    isochrones
        Areas within walking time of the selected sites (`foncier.schemas.ISOCHRONES`).
    districts
        Sites of each district by kind; None without districts and without an axis.
    mutability, mutability_facts, effort
        Mutafriches suitability of the friches, its inputs, and the effort of their reuse.
    availability
        Factors of the availability of each site; None in a result of a former version.
    agreement
        Agreement of TOPSIS with the score; None where fewer than two sites can be compared.
    assemblies
        Groups of parcels that pass the rules together and fail them alone.
    mutable_plots
        Built parcels that use little of what is allowed; None where the study does not ask.
    inventory
        Records of known friches as read.
    measures
        What the criteria read of each site: the sites are scored again from it with other weights.
        None in a result read from version 0.1.0.
    around
        Partners and companies within a walk of each site.
    site_needs
        Needs of project holders that each site meets or may meet; None where the study names none.
    perimeters
        Perimeters of public policies around the study area.
    surface
        Walking times from every cell; None without streets or destinations, or where the area is
        too large.
    contact
        Who publishes the result, for the metadata.
    order
        How score, confidence and availability are composed into the rank.
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
    availability: pd.DataFrame | None = None
    agreement: Agreement | None = None
    assemblies: gpd.GeoDataFrame | None = None
    mutable_plots: gpd.GeoDataFrame | None = None
    inventory: gpd.GeoDataFrame | None = None
    measures: pd.DataFrame | None = None
    around: pd.DataFrame | None = None
    site_needs: pd.DataFrame | None = None
    perimeters: gpd.GeoDataFrame | None = None
    surface: TravelTimeRaster | None = None
    contact: Contact = Contact()
    unlisted: gpd.GeoDataFrame | None = None
    unlisted_evidence: pd.DataFrame | None = None
    order: RankOrder = field(default_factory=RankOrder)


@dataclass(frozen=True)
class Validation:
    """Validation of a result against ground truth.

    ``by_kind``, ``by_band``, ``calibration`` and ``baselines`` are the tables of
    `foncier.validation`; ``found`` and ``wanted`` the assessed sites and the sites of the ground
    truth; ``words`` names the baselines. ``complete`` tells that the ground truth is exhaustive.
    ``auc``, ``brier`` and ``brier_base`` (Brier score of the mean share for every site) are NaN
    where they cannot be computed; ``rising`` is then None. ``auc_interval`` and ``brier_interval``
    are at 95 %. ``judges``: agreement of
    people who judged the same sites. ``warnings`` limit the interpretation.
    """

    title: str
    fictional: bool
    truth: str
    complete: bool
    counts: Mapping[str, int]
    notes: tuple[Note, ...]
    found: pd.DataFrame
    wanted: pd.DataFrame
    by_kind: pd.DataFrame
    by_band: pd.DataFrame
    calibration: pd.DataFrame
    baselines: pd.DataFrame
    words: Mapping[str, Localized]
    auc: float
    auc_interval: tuple[float, float]
    brier: float
    brier_interval: tuple[float, float]
    brier_base: float
    rising: bool | None
    judges: pd.DataFrame
    warnings: tuple[Localized, ...] = ()
