"""A street of twelve plots, whose fate is known by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pyproj
import pytest
import shapely

from foncier import schemas
from foncier.detect import SpatialContext
from foncier.i18n import Localized
from foncier.model import EvidenceModel, Profile, Signal
from foncier.study import profile
from foncier.study.config import Study

CRS = pyproj.CRS.from_epsg(2154)
X, Y = 650_000.0, 6_977_000.0


def at(x: float, y: float, width: float, height: float) -> shapely.Geometry:
    return shapely.box(X + x, Y + y, X + x + width, Y + y + height)


def table(contract: schemas.Table, rows: list[dict[str, Any]], shapes: list[Any]) -> Any:
    if not rows:
        return contract.empty(CRS)
    return contract.conform(gpd.GeoDataFrame(rows, geometry=shapes, crs=CRS))


# id -> outline, buildings on it, (kind, rule) it is rejected by, or the kind it is
STREET: dict[str, tuple[shapely.Geometry, list[shapely.Geometry], str]] = {
    "bare": (at(0, 0, 25, 30), [], "dent_creuse"),
    "built": (at(30, 0, 25, 30), [at(32, 0, 12, 10)], "terrain_divisible/area"),
    "small": (at(60, 0, 15, 20), [], "dent_creuse/area"),
    "lane": (at(80, 0, 15, 60), [], "dent_creuse/opened_area"),
    "large": (at(100, 0, 40, 60), [at(102, 0, 15, 12)], "terrain_divisible"),
    "full": (at(150, 0, 40, 40), [at(150, 0, 40, 38)], "terrain_divisible/ces"),
    "field": (at(0, 500, 60, 60), [], "dent_creuse/zone"),
    "square": (at(200, 0, 40, 40), [], "dent_creuse/exclusion"),
    "road": (at(250, 0, 21, 90), [], "dent_creuse/road"),
    "cramped": (at(280, 0, 33, 33), [at(290, 10, 13, 13)], "terrain_divisible/free_piece"),
    "hut": (at(320, 0, 25, 30), [at(321, 1, 1.5, 1.5)], "dent_creuse"),
    "far": (at(0, 5000, 30, 30), [], "outside"),
}


@dataclass(frozen=True)
class Town:
    context: SpatialContext
    area: shapely.Geometry
    profile: Profile


def town(names: list[str] | None = None, move: Any = None) -> Town:
    names = list(STREET) if names is None else names
    move = move or (lambda shape: shape)
    plots = [move(STREET[n][0]) for n in names]
    houses = [move(h) for n in names for h in STREET[n][1]]
    context = SpatialContext(
        parcels=table(
            schemas.PARCELS,
            [
                {"parcel_id": n, "commune": "80021", "area_m2": p.area}
                for n, p in zip(names, plots, strict=True)
            ],
            plots,
        ),
        buildings=table(
            schemas.BUILDINGS,
            [
                {"building_id": f"b{i}", "kind": "hard", "area_m2": h.area}
                for i, h in enumerate(houses)
            ],
            houses,
        )
        if houses
        else schemas.BUILDINGS.empty(CRS),
        zones=table(
            schemas.ZONES,
            [{"zone_id": "1", "zone_type": "U"}, {"zone_id": "2", "zone_type": "A"}],
            [move(at(-10, -10, 400, 300)), move(at(-10, 400, 400, 300))],
        ),
        constraints=table(
            schemas.CONSTRAINTS,
            [
                {
                    "constraint_id": "1",
                    "kind": "park",
                    "label": "Square Jules-Bocquet",
                    "effect": "exclude",
                },
                {"constraint_id": "2", "kind": "hazard", "label": "PPRI", "effect": "flag"},
            ],
            [move(at(198, -2, 44, 30)), move(at(-5, -5, 20, 50))],
        ),
        streets=table(
            schemas.STREETS,
            [
                {
                    "street_id": "1",
                    "street_class": "residential",
                    "level": 0,
                    "walk": True,
                    "bike": True,
                    "drive": True,
                }
            ],
            [move(shapely.LineString([(X + 260.5, Y - 20), (X + 260.5, Y + 120)]))],
        ),
    )
    study = Study.model_validate(
        {
            "study": {"title": "t", "communes": ["80021"]},
            "rules": {"profile": "foncier-api"},
            "layers": {"parcels": {"path": "p"}},
        }
    )
    return Town(context, move(at(-50, -50, 600, 1000)), profile(study))


@pytest.fixture
def street() -> Town:
    return town()


def signal(name: str, weight: float) -> Signal:
    return Signal(name, weight, Localized(f"fr {name}", f"en {name}"), "test")


@pytest.fixture
def evidence_model() -> EvidenceModel:
    signals = {
        name: signal(name, weight)
        for name, weight in [
            ("friche potentielle", 0.0),
            ("friche sans projet", 2.2),
            ("friche avec projet", 1.4),
            ("statut inconnu", 0.0),
            ("disused", 4.0),
            ("survey_used", -6.0),
            ("landuse=brownfield", 1.5),
            ("bâti vacant", 1.0),
        ]
    }
    return EvidenceModel(signals, 0.39, 0.03, 0.3, 20.0)
