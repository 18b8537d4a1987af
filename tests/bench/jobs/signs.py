"""Signs weighed on drawn buildings: five layers of them, and an inventory of one site in fifty."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from tests.bench.jobs import Job, Place

from foncier import detect, schemas
from foncier.crs import legal_crs
from foncier.study import evidence_model
from foncier.study.config import Study

AREA = shapely.box(600_000, 6_800_000, 800_000, 7_100_000)
PITCH_M = 25.0  # from one building to the next
CRS = legal_crs("80021")
# Layer: signals, rows a building, how far off a point may be drawn.
LAYERS: dict[str, tuple[tuple[str, ...], float, float]] = {
    "OpenStreetMap": (("disused:shop", "osm_in_use", "shop=vacant"), 0.05, 4.0),
    "SIRENE": (("sirene_active", "sirene_active", "sirene_closed"), 0.4, 12.0),
    "DPE": (("dpe_recent",), 0.3, 8.0),
    "DVF": (("dvf_sale",), 0.2, 8.0),
    "Fichiers fonciers": (("tax_used", "tax_used", "tax_partly", "tax_vacant_2y"), 0.3, 5.0),
}


def study() -> Study:
    """Smallest study there is, for its ledger."""
    head = {"title": "bench", "communes": ["80021"]}
    return Study.model_validate({"study": head, "layers": {"buildings": {"path": "b"}}})


def ground(count: int, sites: int) -> detect.SpatialContext:
    """Draw buildings on a grid, five layers of signs on them, and an inventory."""
    draw = np.random.default_rng(80021)
    side = int(np.ceil(np.sqrt(count)))
    n = np.arange(count)
    x, y = 640_000 + (n % side) * PITCH_M, 6_900_000 + (n // side) * PITCH_M
    houses = shapely.box(x, y, x + draw.uniform(6, 20, count), y + draw.uniform(6, 20, count))
    ids = np.char.add("B", n.astype(str))
    buildings = gpd.GeoDataFrame(
        {
            "building_id": ids,
            "kind": np.where(n % 9 == 0, "light", "hard"),
            "area_m2": shapely.area(houses),
        },
        geometry=houses,
        crs=CRS,
    )
    parts = [_layer(draw, source, x, y) for source in LAYERS]
    signs = pd.concat(parts, ignore_index=True)
    signs["observation_id"] = np.char.add("O", np.arange(len(signs)).astype(str))
    at = draw.integers(0, count, sites)
    listed = {
        "site_id": np.char.add("80021_", np.arange(sites).astype(str)),
        "status": draw.choice(["friche potentielle", "friche sans projet"], sites),
        "area_m2": draw.choice([500.0, 2_000.0, 12_000.0], sites),
        "source": "Inventaire",
        "identified_on": pd.Timestamp("2020-01-01"),
        "updated_on": pd.Timestamp("2023-01-01"),
        "parcel_ids": np.char.add("80021000AA", (at % 10_000).astype(str)),
        "vacancy": draw.choice(["vacant", "occupé"], sites),
    }
    outline = shapely.buffer(shapely.points(x[at], y[at]), 20.0, quad_segs=2)
    return detect.SpatialContext(
        buildings=schemas.BUILDINGS.conform(buildings),
        observations=schemas.OBSERVATIONS.conform(signs),
        inventory=schemas.INVENTORY.conform(gpd.GeoDataFrame(listed, geometry=outline, crs=CRS)),
    )


def _layer(draw: np.random.Generator, source: str, x: Any, y: Any) -> gpd.GeoDataFrame:
    signals, rate, off = LAYERS[source]
    size = int(rate * len(x))
    at = draw.integers(0, len(x), size)
    east, north = x[at] + draw.uniform(-off, 10, size), y[at] + draw.uniform(-off, 10, size)
    days = draw.integers(0, 3650, size)
    return gpd.GeoDataFrame(
        {
            "signal": draw.choice(signals, size),
            "subject": "building",
            "source": source,
            "observed_on": pd.Timestamp("2015-01-01") + pd.to_timedelta(days, unit="D"),
        },
        geometry=shapely.points(east, north),
        crs=CRS,
    )


def friches(place: Place) -> Job:
    """Weigh the signs of all sites."""
    return _job(place, detect.find_friches)


def buildings(place: Place) -> Job:
    """Weigh the signs of all buildings."""
    return _job(place, detect.find_buildings)


def _job(place: Place, find: Any) -> Job:
    land = ground(place.size, place.size // 50)
    beliefs = evidence_model(study(), 0.03, pd.Timestamp("2026-01-01").date())
    return Job(lambda: find(replace(land), beliefs, AREA))
