"""Warnings that need access: landlocked plots, land listed twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from foncier import network, schemas
from foncier.detect import SpatialContext
from foncier.pipeline.accessibility import compute_accessibility
from foncier.pipeline.layers import Layers
from foncier.pipeline.warnings import in_a_friche, landlocked, outside_street_coverage

X, Y = 650_000.0, 6_977_000.0


def at(x: float, y: float, width: float, height: float) -> shapely.Geometry:
    return shapely.box(X + x, Y + y, X + x + width, Y + y + height)


PLOTS = {"front": at(0, 0, 30, 20), "back": at(0, 20, 30, 20), "far": at(0, 200, 30, 20)}


def table(contract: Any, rows: list[dict[str, Any]], shapes: list[Any]) -> Any:
    return contract.conform(gpd.GeoDataFrame(rows, geometry=shapes, crs=2154))


def candidates(**more: Any) -> Any:
    rows = [
        {
            "opportunity_id": f"DC-{name}",
            "kind": "dent_creuse",
            "parcel_ids": name,
            "perimeter": "parcelles",
            "sources": "Cadastre",
            **more,
        }
        for name in PLOTS
    ]
    return table(schemas.CANDIDATES, rows, list(PLOTS.values()))


STREETS = table(
    schemas.STREETS,
    [
        {
            "street_id": "s",
            "street_class": "residential",
            "level": 0,
            "walk": True,
            "bike": True,
            "drive": True,
        }
    ],
    [shapely.LineString([(X - 50, Y - 4), (X + 90, Y - 4)])],
)
PARCELS = table(
    schemas.PARCELS,
    [{"parcel_id": n, "area_m2": g.area} for n, g in PLOTS.items()],
    list(PLOTS.values()),
)
LAYERS = Layers({"streets": STREETS, "parcels": PARCELS}, ())


def flags(layers: Layers, sites: Any, column: str = "warnings") -> dict[str, Any]:
    entrances = network.entrances(sites, STREETS, layers.get("parcels"))
    told = landlocked(
        sites, entrances, outside_street_coverage(sites, entrances, SpatialContext(streets=STREETS))
    )
    return dict(zip(told["opportunity_id"], told[column], strict=True))


def test_a_plot_behind_a_neighbour_is_landlocked_and_a_distant_one_has_no_street() -> None:
    told = flags(LAYERS, candidates())
    assert pd.isna(told["DC-front"])
    assert told["DC-back"] == "enclavée\xa0: 20\xa0m de terrain voisin avant la rue"
    assert told["DC-far"] == "aucune rue à moins de 60 m"
    english = flags(LAYERS, candidates(), "warnings_en")
    assert pd.isna(english["DC-front"])
    assert english["DC-back"] == "landlocked: 20\xa0m of a neighbour's land before the street"
    assert english["DC-far"] == "no street within 60 m"


def test_what_was_flagged_before_stays() -> None:
    before = candidates(warnings="risque", warnings_en="hazard")
    told = flags(LAYERS, before)
    assert told["DC-front"] == "risque"
    assert told["DC-back"].startswith("risque | enclavée")
    assert flags(LAYERS, before, "warnings_en")["DC-back"].startswith("hazard | landlocked")


def test_no_warning_without_streets_and_no_neighbour_without_parcels() -> None:
    sites = candidates()
    assert (
        landlocked(sites, None, outside_street_coverage(sites, None, SpatialContext()))["warnings"]
        .isna()
        .all()
    )
    none = STREETS.iloc[:0]
    nowhere = compute_accessibility(sites, Layers({"streets": none}, ()), None, {}, None)
    lost = outside_street_coverage(sites, nowhere.entrances, SpatialContext(streets=none))
    assert lost.all()
    assert landlocked(sites, nowhere.entrances, lost)["warnings"].isna().all()
    assert not outside_street_coverage(sites, None, SpatialContext()).any()
    told = flags(replace(LAYERS, frames={"streets": STREETS}), sites)
    assert pd.isna(told["DC-back"])
    assert told["DC-far"] == "aucune rue à moins de 60 m"


def test_no_warning_outside_of_the_layer_of_streets() -> None:
    rows = [
        {
            "opportunity_id": f"DC-{n}",
            "kind": "dent_creuse",
            "perimeter": "parcelles",
            "sources": "Cadastre",
        }
        for n in range(3)
    ]
    sites = table(schemas.CANDIDATES, rows, [at(0, 0, 9, 9), at(0, 900, 9, 9), at(0, 1100, 9, 9)])
    entrances = network.entrances(sites, STREETS)
    ground = SpatialContext(streets=STREETS)
    lost = outside_street_coverage(sites, entrances, ground)
    assert lost.tolist() == [False, False, True]
    told = landlocked(sites, entrances, lost)["warnings"]
    assert [text if isinstance(text, str) else None for text in told] == [
        None,
        "aucune rue à moins de 60 m",
        None,
    ]
    assert outside_street_coverage(sites.iloc[:0], entrances, ground).tolist() == []
    # A street of the next commune is none of theirs; a door is a door.
    bare = ground.with_uncovered({"streets": frozenset({"80016"})})
    here = sites.assign(commune="80016")
    assert outside_street_coverage(here, entrances, bare).tolist() == [False, True, True]


@pytest.mark.parametrize("kind", ["dent_creuse", "batiment_non_affecte"])
def test_land_of_a_listed_friche_has_a_warning(kind: str) -> None:
    sites = candidates(kind=kind)
    friche = table(
        schemas.CANDIDATES,
        [
            {
                "opportunity_id": "FR-1",
                "kind": "friche",
                "parcel_ids": "other|back",
                "perimeter": "parcelles",
                "sources": "Cartofriches",
            }
        ],
        [PLOTS["back"]],
    )
    both = pd.concat([sites, friche], ignore_index=True)
    found = in_a_friche(both).set_index("opportunity_id")
    told = found["warnings"]
    assert told["DC-back"] == "terrain de la friche FR-1"
    assert found["warnings_en"]["DC-back"] == "land of friche FR-1"
    assert told.drop("DC-back").isna().all()
