"""The project of the demonstration as QGIS opens it: nothing left out, everything legible."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from foncier import schemas
from foncier.export.geopackage.write import write_geopackage
from foncier.export.layers import layers, views
from foncier.export.qgis import forms, rasters
from foncier.export.qgis.environment import settings
from foncier.model.entries import LAYERS as ENTRY_LAYERS
from foncier.results.layers import FORMER_LAYERS, GEOPACKAGE

from .test_qgis import ALONE, HERE, qgis, run

if TYPE_CHECKING:
    from pathlib import Path

    from foncier.model import ResultTables

# Styles of the sites that the small results of `test_qgis` have no columns for.
OFFER = ("opportunites_by_availability", "opportunites_by_owner")
TOKEN = re.compile(r"foncier_.*_[0-9a-f]{8}")
__all__ = ["qgis"]  # the fixture that skips where QGIS is not installed
pytestmark = pytest.mark.qgis


@pytest.fixture(scope="module")
def seen(qgis: str, demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What QGIS shows of the demonstration; one process for all tests."""
    folder = tmp_path_factory.mktemp("qgis")
    script = str(HERE.parent / "qgis_project_script.py")
    done = run(script, str(demo_folder / GEOPACKAGE), str(folder))
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def sites(seen: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = seen["layers"][forms.layer_id("opportunites")]
    return found


def test_every_table_of_the_file_is_in_the_project(seen: dict[str, Any], demo_folder: Path) -> None:
    with closing(sqlite3.connect(demo_folder / GEOPACKAGE)) as base:
        tables = {name for (name,) in base.execute("SELECT table_name FROM gpkg_contents")}
    # The former names repeat other tables; the project recognises its file by the last one.
    left_out = {"layer_styles", *FORMER_LAYERS.values(), *filter(TOKEN.match, tables)}
    shown = tables - left_out | {*ALONE, *OFFER, *ENTRY_LAYERS}
    assert {forms.layer_id(name) for name in shown} == set(seen["layers"])
    assert {"mutabilite", "mutabilite_connus", "cout_durete"} <= tables


def test_the_rasters_open_and_nothing_is_asked_of_the_network(seen: dict[str, Any]) -> None:
    assert seen["rasters"][forms.layer_id(rasters.TRAVEL_TIMES)]["valid"]
    assert len(seen["rasters"]) == 4
    assert {one["crs"] for one in seen["rasters"].values()} == {"EPSG:2154", "EPSG:3857"}
    assert seen["asked"] == []


def test_a_friche_shows_its_mutability_and_its_costs(seen: dict[str, Any]) -> None:
    for name in ("mutabilite", "mutabilite_connus", "cout_durete"):
        assert seen["relations"][f"opportunites_{name}"]["related"] > 0, name
    tabs = [name for name, valid in seen["forms"]["at the end"][1] if valid]
    computed = [tab for tab in tabs if tab not in ("Visites", "Avis")]
    assert computed[:8] == [
        "Disponibilité",
        "Indices",
        "Temps de parcours",
        "Notes",
        "Parcelles",
        "Mutabilité",
        "Mutabilité\u00a0: réponses",
        "Coûts",
    ]


def test_every_link_is_read_with_an_index(demo_folder: Path, demo_result: ResultTables) -> None:
    made = layers(demo_result)
    named = {layer.name: layer for layer in (*made, *views(made))}
    links = forms.relations(named, "fr")
    assert len(links) > 10
    with closing(sqlite3.connect(demo_folder / GEOPACKAGE)) as base:
        for link in links:
            for table in (link["child"], link["parent"]):
                asked = f'SELECT * FROM "{table}" WHERE "{link["column"]}" = ?'  # noqa: S608
                plan = base.execute(f"EXPLAIN QUERY PLAN {asked}", ("x",)).fetchall()
                assert "USING INDEX" in plan[0][-1], (table, link["column"])


def test_no_number_has_more_than_two_decimals(seen: dict[str, Any]) -> None:
    """But the factors of the rank, which two decimals would make equal."""
    finer = {name for name, digits in settings()["decimals"]["names"].items() if digits > 2}
    assert finer == {"availability", "rank_factor", "rank_value"}
    raw = [
        (layer, column, text)
        for layer, one in seen["layers"].items()
        for column, texts in one["shown"].items()
        for text in texts
        if column not in finer and re.search(r"^-?[\d ,\u202f]*[.]\d{3,}$", text)
    ]
    assert raw == []
    assert sites(seen)["shown"]["overall_rank"][:2] == ["1", "2"]
    assert sites(seen)["shown"]["area_m2"][0] == "10,136"


def test_columns_come_in_the_order_of_use(seen: dict[str, Any]) -> None:
    order = sites(seen)["order"]
    first = ["overall_rank", "score", "availability_class", "confidence_band", "owner_types"]
    assert order[:5] == first
    hidden = sites(seen)["hidden"]
    assert {"warnings_en", "criterion_loop", "station_bike_min", "fid"} <= set(hidden)
    assert {"score", "name", "warnings", "station_min"} <= set(order) - set(hidden)
    for layer, one in seen["layers"].items():
        assert set(one["hidden"]) < set(one["order"]), layer
        for column in one["hidden"]:
            if column.endswith("_fr"):
                pytest.fail(f"{layer}.{column} is hidden in a French file")


def test_map_tips_and_actions_are_those_of_a_site(seen: dict[str, Any]) -> None:
    tip = sites(seen)["tip"]
    assert "Ateliers de la Vallée" in tip
    assert "Friche" in tip
    assert "10\u202f136" in tip
    for layer, one in seen["layers"].items():
        assert "[%" not in one["tip"], layer
        assert not any("[%" in action for action in one["actions"]), layer
    card, place, cadastre = sites(seen)["actions"]
    assert re.fullmatch(r"file:///.+/opportunites\.html#lang=fr&s=FR-80021_90055", card)
    assert re.search(r"\?c=2\.3\d+,49\.8\d+&", place)
    assert cadastre.startswith("https://www.cadastre.gouv.fr/")
    assert len(seen["layers"][forms.layer_id("parcelles_ecartees")]["actions"]) == 2


def test_an_added_table_is_in_the_project_with_its_tab_and_its_index(
    qgis: str, small_result: ResultTables, tmp_path: Path
) -> None:
    ids = small_result.candidates["opportunity_id"].tolist()
    effort = schemas.EFFORT.conform(
        pd.DataFrame({"opportunity_id": ids[:1], "hardness_low": [0.0], "hardness_high": [12.0]})
    )
    path = tmp_path / GEOPACKAGE
    write_geopackage(replace(small_result, effort=effort), path, lang="en")
    done = run(str(HERE.parent / "qgis_project_script.py"), str(path), str(tmp_path))
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["relations"]["opportunites_cout_durete"] == {"valid": True, "related": 1}
    assert "Costs" in [name for name, _ in found["forms"]["on opening"][1]]
    hidden = found["layers"][forms.layer_id("opportunites")]["hidden"]
    assert "warnings" in hidden
    assert "warnings_en" not in hidden
