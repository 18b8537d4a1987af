"""What several tests share: where the real data lie, and one small result made by hand."""

from __future__ import annotations

import copy
import os
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pyproj
import pytest
import shapely
from hypothesis import Phase, settings

from foncier import schemas
from foncier.i18n import Localized, set_language
from foncier.model import (
    Background,
    Criterion,
    LayerReport,
    Missing,
    Note,
    Profile,
    ResultTables,
    Rule,
)

from .once import once, shared

if TYPE_CHECKING:
    from collections.abc import Callable

# A busy machine is no fault of a property: no example is timed.
settings.register_profile("foncier", deadline=None)
settings.register_profile(
    "mutation", deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate]
)
settings.load_profile(os.environ.get("FONCIER_HYPOTHESIS", "foncier"))
# In every process that a test starts: a wrong message raises, and messages are in French.
os.environ["FONCIER_STRICT_MESSAGES"] = "1"
os.environ["FONCIER_LANG"] = "fr"
LAMBERT_93 = pyproj.CRS.from_epsg(2154)
ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of the real open data; the test is skipped, with the reason, where it is missing."""
    folder = Path(os.environ.get("FONCIER_REAL_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("no real data here: set FONCIER_REAL_DATA to its folder")
    return folder.resolve()


def frame(rows: list[dict[str, object]], geometry: list[shapely.Geometry]) -> gpd.GeoDataFrame:
    """Build a GeoDataFrame in Lambert-93."""
    return gpd.GeoDataFrame(rows, geometry=geometry, crs=LAMBERT_93)


X, Y = 650_000.0, 6_977_000.0  # near the station of Amiens


def box(x: float, y: float, width: float, height: float) -> shapely.Geometry:
    """Build a rectangle whose corner lies (x, y) metres from the reference point."""
    return shapely.box(X + x, Y + y, X + x + width, Y + y + height)


@pytest.fixture
def small_result(small_original: ResultTables) -> ResultTables:
    """Three opportunities of three kinds, two rejected parcels; a copy of its own for each test."""
    return copy.deepcopy(small_original)


@pytest.fixture(scope="session")
def small_original() -> ResultTables:
    """`small_result` itself, every table filled by hand; for reading only."""
    candidates = schemas.CANDIDATES.conform(
        frame(
            [
                {
                    "opportunity_id": "FR-80021_1",
                    "kind": "friche",
                    "name": "Halle <Sernam> & Cie",
                    "address": "12 rue de la Vallée",
                    "commune": "80021",
                    "parcel_ids": "80021000AB0001|80021000AB0002",
                    "area_m2": 4000.0,
                    "built_share": 0.4,
                    "status": "friche sans projet",
                    "perimeter": "parcelles",
                    "confidence": 0.82,
                    "family": "FAM-80021_1",
                    "warnings": "zone inondable",
                    "warnings_en": "flood zone",
                    "axis_distance_m": 0.0,
                    "sources": "Cartofriches",
                    "confidence_band": "probable",
                    "counted_area_m2": 4000.0,
                },
                {
                    "opportunity_id": "DC-80021000AB0003",
                    "kind": "dent_creuse",
                    "parcel_ids": "80021000AB0003",
                    "commune": "80021",
                    "area_m2": 600.0,
                    "usable_area_m2": 520.0,
                    "built_share": 0.0,
                    "perimeter": "parcelles",
                    "fabric": "groupee",
                    "yield_low": 1.0,
                    "yield_high": 2.0,
                    "zone": "U",
                    "axis_distance_m": 40.0,
                    "sources": "Cadastre",
                    "counted_area_m2": 600.0,
                },
                {
                    "opportunity_id": "BN-6500000-69770000",
                    "kind": "batiment_non_affecte",
                    "name": "Ancien garage",
                    "commune": "80021",
                    "area_m2": 300.0,
                    "perimeter": "batiment",
                    "confidence": 0.35,
                    "sources": "OpenStreetMap",
                    "confidence_band": "incertaine",
                    "counted_area_m2": 300.0,
                },
            ],
            [box(0, 0, 80, 50), box(100, 0, 20, 30), box(150, 10, 20, 15)],
        )
    )
    ids = candidates["opportunity_id"].tolist()
    evidence = schemas.EVIDENCE.conform(
        pd.DataFrame(
            [
                {
                    "opportunity_id": ids[0],
                    "signal": "inventaire",
                    "direction": "for",
                    "weight": 1.5,
                    "source": "Cartofriches",
                    "observed_on": pd.Timestamp("2023-08-17"),
                    "text_fr": "Inscrite comme « friche sans projet »",
                    "text_en": "Listed as “friche sans projet”",
                },
                {
                    "opportunity_id": ids[1],
                    "signal": "sans_bati",
                    "direction": "neutral",
                    "source": "Cadastre",
                    "text_fr": "Aucun bâtiment sur la parcelle (CES 0,0 %)",
                    "text_en": "No building on the parcel (CES 0.0%)",
                },
                {
                    "opportunity_id": ids[2],
                    "signal": "disused",
                    "direction": "for",
                    "weight": 2.0,
                    "source": "OpenStreetMap",
                    "text_fr": "Signalé désaffecté (disused:building)",
                    "text_en": "Tagged disused (disused:building)",
                },
            ]
        )
    )
    parcels = ["80021000AB0003", "80021000AB0004", "80021000AB0005"]
    tests = schemas.TESTS.conform(
        pd.DataFrame(
            [
                {
                    "parcel_id": p,
                    "kind": "dent_creuse",
                    "step": step,
                    "rule": rule,
                    "value": value,
                    "threshold": threshold,
                    "margin": margin,
                    "unit": "m²",
                    "passed": margin >= 0,
                    "label_fr": fr,
                    "label_en": en,
                }
                for p, step, rule, value, threshold, margin, fr, en in [
                    (parcels[0], 1, "area", 600.0, 400.0, 200.0, "Surface", "Area"),
                    (
                        parcels[0],
                        2,
                        "opened_area",
                        520.0,
                        400.0,
                        120.0,
                        "Surface constructible d'un tenant",
                        "Buildable area in one piece",
                    ),
                    (parcels[1], 1, "area", 150.0, 400.0, -250.0, "Surface", "Area"),
                    (parcels[2], 1, "area", 900.0, 400.0, 500.0, "Surface", "Area"),
                    (
                        parcels[2],
                        2,
                        "opened_area",
                        0.0,
                        400.0,
                        -400.0,
                        "Surface constructible d'un tenant",
                        "Buildable area in one piece",
                    ),
                ]
            ]
        )
    )
    rejections = schemas.REJECTIONS.conform(
        frame(
            [
                {
                    "parcel_id": parcels[1],
                    "area_m2": 150.0,
                    "kind": "dent_creuse",
                    "rule": "area",
                    "value": 150.0,
                    "threshold": 400.0,
                    "margin": -250.0,
                    "unit": "m²",
                    "reason_fr": "Surface 150 m², il faut 400 m² (il manque 250 m²)",
                    "reason_en": "Area 150 m², 400 m² needed (250 m² short)",
                },
                {
                    "parcel_id": parcels[2],
                    "area_m2": 900.0,
                    "kind": "dent_creuse",
                    "rule": "opened_area",
                    "value": 0.0,
                    "threshold": 400.0,
                    "margin": -400.0,
                    "unit": "m²",
                    "reason_fr": "Surface constructible d'un tenant 0 m², il faut 400",
                    "reason_en": "Buildable area in one piece 0 m², 400 needed",
                },
            ],
            [box(200, 0, 10, 15), box(220, 0, 9, 100)],
        )
    )
    access_points = schemas.ACCESS_POINTS.conform(
        frame(
            [
                {
                    "opportunity_id": i,
                    "street_id": "s1",
                    "street_name": "Rue de la Vallée",
                    "frontage_m": 20.0,
                    "offset_m": 4.0,
                }
                for i in ids[:2]
            ],
            [shapely.Point(X + 40, Y), shapely.Point(X + 110, Y)],
        )
    )
    access = schemas.ACCESS.conform(
        pd.DataFrame(
            [
                {
                    "opportunity_id": ids[0],
                    "target": "station",
                    "place": "Gare d'Amiens",
                    "distance_m": 450.0,
                    "time_min": 6.0,
                    "straight_m": 400.0,
                    "detour_index": 1.125,
                },
                {
                    "opportunity_id": ids[0],
                    "target": "loop",
                    "place": "Boucle",
                    "distance_m": 150.0,
                    "time_min": 2.0,
                    "straight_m": 100.0,
                    "detour_index": 1.5,
                },
                {
                    "opportunity_id": ids[1],
                    "target": "station",
                    "place": "Gare d'Amiens",
                    "distance_m": 900.0,
                    "time_min": 12.0,
                    "straight_m": 600.0,
                    "detour_index": 1.5,
                },
                {"opportunity_id": ids[1], "target": "loop"},
                {"opportunity_id": ids[2], "target": "station"},
                {"opportunity_id": ids[2], "target": "loop"},
            ]
        )
    )
    scores = schemas.SCORES.conform(
        pd.DataFrame(
            [
                {
                    "opportunity_id": ids[0],
                    "score": 0.8,
                    "score_low": 0.8,
                    "score_high": 0.8,
                    "coverage": 1.0,
                    "overall_rank": 1,
                    "rank_low": 1,
                    "rank_high": 2,
                    "station": 0.9,
                    "loop": 0.7,
                },
                {
                    "opportunity_id": ids[1],
                    "score": 0.5,
                    "score_low": 0.25,
                    "score_high": 0.75,
                    "coverage": 0.5,
                    "overall_rank": 2,
                    "rank_low": 1,
                    "rank_high": 2,
                    "station": 0.5,
                    "loop": float("nan"),
                },
                {
                    "opportunity_id": ids[2],
                    "score": float("nan"),
                    "score_low": 0.0,
                    "score_high": 1.0,
                    "coverage": 0.0,
                    "overall_rank": float("nan"),
                    "rank_low": float("nan"),
                    "rank_high": float("nan"),
                    "station": float("nan"),
                    "loop": float("nan"),
                },
            ]
        )
    )
    lines = schemas.LINES.conform(
        frame(
            [
                {"name": "Axe Hôpital Nord – Gare la Vallée", "role": "axis", "length_m": 500.0},
                {
                    "name": "Boucle douce",
                    "role": "loop",
                    "status": "tracé d'étude",
                    "length_m": 700.0,
                },
            ],
            [
                shapely.LineString([(X - 100, Y - 50), (X + 400, Y - 50)]),
                shapely.LineString(
                    [(X, Y - 20), (X + 250, Y - 20), (X + 250, Y + 80), (X, Y - 20)]
                ),
            ],
        )
    )
    stops = frame(
        [{"order": 1, "name": "Gare d'Amiens"}, {"order": 2, "name": "Citadelle"}],
        [shapely.Point(X, Y - 20), shapely.Point(X + 250, Y + 80)],
    )
    streets = schemas.STREETS.conform(
        frame(
            [
                {
                    "street_id": "s1",
                    "name": "Rue de la Vallée",
                    "street_class": "residential",
                    "level": 0,
                    "walk": True,
                    "bike": True,
                    "drive": True,
                }
            ],
            [shapely.LineString([(X - 50, Y - 8), (X + 300, Y - 8)])],
        )
    )
    buildings = schemas.BUILDINGS.conform(
        frame([{"building_id": "b1", "kind": "hard", "area_m2": 1600.0}], [box(10, 5, 40, 40)])
    )
    constraints = schemas.CONSTRAINTS.conform(
        frame(
            [{"constraint_id": "w1", "kind": "water", "label": "La Somme", "effect": "exclude"}],
            [box(-60, 90, 400, 15)],
        )
    )
    places = schemas.PLACES.conform(
        frame(
            [{"place_id": "p1", "category": "station", "name": "Gare d'Amiens"}],
            [shapely.Point(X + 20, Y - 40)],
        )
    )
    area = Rule(
        "area", "area_m2", Localized("Surface", "Area"), "m²", "foncier-api", at_least=400.0
    )
    return ResultTables(
        title="Étude d'essai",
        communes=("80021",),
        edition=date(2026, 11, 1),
        demo=True,
        candidates=candidates,
        evidence=evidence,
        tests=tests,
        rejections=rejections,
        access_points=access_points,
        access=access,
        scores=scores,
        lines=lines,
        stops=stops,
        area=box(-100, -100, 600, 300),
        background=Background(streets, buildings, constraints, places),
        criteria=(
            Criterion(
                "station", "station_min", Localized("Gare", "Station"), "min", 20, 3, 0.6, "M"
            ),
            Criterion("loop", "loop_m", Localized("Boucle", "Loop"), "m", 1000, 100, 0.4, "M"),
        ),
        profile=Profile(
            "foncier-api",
            Localized("foncier-api", "foncier-api"),
            "Remi971/foncier_api",
            {"dent_creuse": (area,)},
        ),
        destinations={"station": Localized("Gare", "Station"), "loop": Localized("Boucle", "Loop")},
        reports=(
            LayerReport(
                "inventory",
                "friches.csv",
                "cnig",
                "0" * 64,
                66,
                63,
                "EPSG:4326",
                date(2024, 2, 1),
                "Cartofriches (Cerema)",
                "Licence Ouverte 2.0",
                (
                    Note(
                        "dropped", 3, Localized("sites en double réunis", "duplicate sites melted")
                    ),
                ),
            ),
        ),
        missing=(
            Missing(
                "zones",
                Localized(
                    "zonage absent : aucune parcelle écartée par le PLU",
                    "no zoning: no parcel rejected by the local plan",
                ),
            ),
        ),
        credits=("© contributeurs OpenStreetMap (ODbL)",),
    )


@pytest.fixture(scope="session")
def demo_result(tmp_path_factory: pytest.TempPathFactory) -> ResultTables:
    """The embedded demonstration, run once for all processes of the test run; a copy for each."""
    from foncier import demo
    from foncier.pipeline.run import run as pipeline_run
    from foncier.study import read_study

    made: ResultTables = once(
        shared(tmp_path_factory) / "demo.pickle",
        lambda: pipeline_run(read_study(demo.study_folder())),
    )
    return made


@pytest.fixture(scope="session")
def demo_folder(demo_result: ResultTables, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the demonstration's deliverables; for reading only."""
    from foncier import demo
    from foncier.pipeline.write_results import write_results
    from foncier.study import read_study

    folder = shared(tmp_path_factory) / "demo"
    study = read_study(demo.study_folder())
    once(
        folder.with_name("delivered.pickle"),
        lambda: write_results(demo_result, study, folder, lang="fr", timings={}),
    )
    return folder


@pytest.fixture(scope="session")
def studied(
    real_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], ResultTables]:
    """Run a study of ``tests/studies`` on the real data, once for the whole test run."""
    from foncier.pipeline.run import run as pipeline_run
    from foncier.study import read_study

    def run(name: str) -> ResultTables:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("FONCIER_REAL_DATA", str(real_data))
            made: ResultTables = once(
                shared(tmp_path_factory) / f"{name}.pickle",
                lambda: pipeline_run(read_study(ROOT / "tests" / "studies" / name)),
            )
        return made

    return run


def pytest_runtest_teardown() -> None:
    """Take back the language that a command of the test was given by ``--lang``."""
    set_language(None)
