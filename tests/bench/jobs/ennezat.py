"""The rule of foncier-api on the real parcels of Ennezat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import shapely
from tests.bench.jobs import Job, Place
from tests.bench.measuring import ROOT

from foncier import detect
from foncier.pipeline.layers import read_layers
from foncier.study import profile, read_study

if TYPE_CHECKING:
    import geopandas as gpd

STUDY = ROOT / "tests/studies/ennezat"


def ours(place: Place) -> Job:
    """Both kinds, every rejection with its reason."""
    tables, study = _tables(), read_study(STUDY)
    rules, area = profile(study), shapely.box(*tables["parcels"].total_bounds)
    return Job(
        lambda: detect.find_plots(detect.SpatialContext(**tables), rules, area, source="Cadastre")
    )


def geopandas(place: Place) -> Job:
    """The same rule parcel by parcel, no reasons."""
    tables = _tables()
    return Job(lambda: by_the_book(**tables))


def _tables() -> dict[str, Any]:
    frames = read_layers(read_study(STUDY)).frames
    return {name: frames[name] for name in ("parcels", "buildings", "zones")}


def by_the_book(
    parcels: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame, zones: gpd.GeoDataFrame
) -> tuple[set[str], set[str]]:
    """The rule of foncier-api as its text reads: one union, one parcel after the other."""
    urban = zones.union_all()
    own = parcels[parcels.centroid.within(urban)]
    union = buildings[buildings.centroid.within(urban)].union_all()
    bare, split = set(), set()
    for name, whole in zip(own["parcel_id"], own.geometry, strict=True):
        share, plot = whole.intersection(union).area / whole.area, whole
        if share < 0.005 and plot.area >= 400 and plot.buffer(-10).buffer(10).area >= 400:
            bare.add(name)
        elif 0.005 <= share < 0.5 and plot.area >= 1000:
            near = buildings.geometry.iloc[buildings.sindex.query(plot, predicate="intersects")]
            for part in (p for g in near for p in _parts(g.intersection(whole)) if p.area > 10):
                plot = plot.difference(part.buffer(8))
            if any(p.buffer(-10).buffer(10).area >= 400 for p in _parts(plot)):
                split.add(name)
    return bare, split


def _parts(shape: Any) -> list[Any]:
    return list(getattr(shape, "geoms", [shape]))
