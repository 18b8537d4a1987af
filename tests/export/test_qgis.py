"""GeoPackage in a real headless QGIS: styles, labels, aliases, rendering."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pytest
import shapely

from foncier import schemas
from foncier.export import words
from foncier.export.geopackage.write import write_geopackage
from foncier.export.layers import VIEWS, layers, views
from foncier.export.qgis import project
from foncier.results.layers import FORMER_LAYERS

if TYPE_CHECKING:
    from foncier.i18n import Lang
    from foncier.model import ResultTables

pytestmark = pytest.mark.qgis
# Private layers of one style, for the legends.
ALONE = ("opportunites_by_confidence", "opportunites_by_score", "parcelles_ecartees_by_reason")
UNLABELLED = ("voies", "quartiers", "contraintes")  # where some rows have no name to show
PYTHON = Path("/usr/bin/python3")  # Debian's, which holds the bindings of QGIS
HERE = Path(__file__).resolve()
ARTEFACTS = HERE.parents[2] / "artefacts" / "qgis"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV"))}
    return subprocess.run(
        [str(PYTHON), *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=900,
        env={**clean, "QT_QPA_PLATFORM": "offscreen"},
    )


@pytest.fixture(scope="module")
def qgis() -> str:
    if not PYTHON.is_file():
        pytest.skip("no Debian Python here")
    done = run("-c", "from qgis.core import Qgis; print(Qgis.QGIS_VERSION)")
    if done.returncode:
        pytest.skip("QGIS is not installed (Debian package python3-qgis)")
    return done.stdout.strip()


def opened(result: ResultTables, folder: Path, *, lang: Lang = "fr") -> dict[str, Any]:
    path = folder / "opportunites.gpkg"
    write_geopackage(result, path, lang=lang)
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    picture = ARTEFACTS / f"geopackage-{lang}.png"
    picture.unlink(missing_ok=True)
    done = run(str(HERE.parent / "qgis_script.py"), str(path), str(picture))
    assert done.returncode == 0, done.stderr
    assert picture.stat().st_size > 5000
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_every_layer_opens_styled_and_named(
    qgis: str, small_result: ResultTables, tmp_path: Path, lang: Lang
) -> None:
    told = opened(small_result, tmp_path, lang=lang)
    made = layers(small_result)
    by_kind = {layer.name: layer for layer in views(made)}
    asked = {layer.name: layer for layer in made} | by_kind
    former = set(FORMER_LAYERS.values())
    token = project.ProjectContext(small_result, asked, {}, "", lang).token
    assert set(told) == set(asked) | former | {token}
    assert all(told[name]["valid"] for name in former)
    for name, layer in asked.items():
        seen = told[name]
        assert seen["valid"], name
        assert seen["count"] == len(layer.frame), name
        assert seen["crs"] == ("EPSG:2154" if layer.shape else ""), name
        assert seen["style_loaded"], (name, seen["message"])
        assert seen["label_faults"] == [] or name in UNLABELLED, name
        key = "OGC_FID" if name in by_kind else "fid"
        assert set(seen["aliases"]) == {key, *(c.name for c in layer.columns)}
        for column in layer.columns:
            words = column.fr if lang == "fr" else column.en
            assert seen["aliases"][column.name].startswith(words), (name, column.name)
            worded = bool(column.values) or column.name in layer.words
            assert (seen["widgets"][column.name] == "ValueMap") == worded
            if column.kind in ("number", "count"):
                assert seen["widgets"][column.name] == "Range"


def test_opportunities_by_kind(qgis: str, small_result: ResultTables, tmp_path: Path) -> None:
    told = opened(small_result, tmp_path)
    seen = told["opportunites"]
    assert seen["renderer"] == "RuleRenderer"
    assert seen["labels"]
    surveyed = {label: colour for label, colour in seen["rules"].items() if "," not in label}
    assert set(surveyed.values()) == {colour.lower() for colour in words.KIND_COLOURS.values()}
    assert surveyed["Dent creuse"] == words.KIND_COLOURS["dent_creuse"].lower()
    assert seen["aliases"]["area_m2"] == "Surface (m²)"
    assert seen["aliases"]["station_min"] == "Gare\u00a0: temps à pied (min)"
    assert (told["indices"]["types"]["observed_on"], told["tests"]["types"]["passed"]) == (
        "Date",
        "Boolean",
    )


def test_isochrones_of_many_sites_are_no_darker_than_those_of_one(
    qgis: str, small_result: ResultTables, tmp_path: Path
) -> None:
    ids = [id_ for id_ in small_result.candidates["opportunity_id"].head(2) for _ in range(2)]
    # The wide areas share x from 0 to 100; the narrow one of the first lies in that of the second.
    areas = shapely.box([-300, -50, -100, 200], -100, [100, 50, 400, 300], 100)
    table = gpd.GeoDataFrame(
        {"opportunity_id": ids, "minutes": [15, 5, 15, 5], "area_m2": shapely.area(areas)},
        geometry=areas,
        crs=small_result.candidates.crs,
    )
    path = tmp_path / "opportunites.gpkg"
    write_geopackage(replace(small_result, isochrones=schemas.ISOCHRONES.conform(table)), path)
    places = {"wide": "-200,0", "both wide": "80,0", "narrow": "-40,0", "wide on narrow": "20,0"}
    done = run(
        str(HERE.parent / "qgis_colours_script.py"), str(path), "isochrones", *places.values()
    )
    assert done.returncode == 0, done.stderr
    seen = dict(zip(places, json.loads(done.stdout), strict=True))
    assert seen["wide"] == seen["both wide"]
    assert seen["narrow"] == seen["wide on narrow"]
    assert seen["narrow"] < seen["wide"] < "#ffffff"  # darker in red first


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_project_inside_opens_ready_to_work(
    qgis: str, small_result: ResultTables, tmp_path: Path, lang: Lang
) -> None:
    from foncier.export.qgis import forms
    from foncier.export.qgis.environment import settings

    path = tmp_path / "opportunites.gpkg"
    hostile = replace(small_result, title="<Étude> [% @project_path %] & « essai »")
    write_geopackage(hostile, path, lang=lang)
    done = run(str(HERE.parent / "qgis_project_script.py"), str(path), str(tmp_path))
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["projects"], told["read"], told["error"]) == (["foncier"], True, "")
    assert told["title"].endswith(hostile.title)
    assert told["crs"] == "EPSG:2154"
    west, south, east, north = hostile.area.bounds
    assert told["extent"][0] <= west
    assert told["extent"][1] <= south
    assert told["extent"][2] >= east
    assert told["extent"][3] >= north
    made = layers(hostile)
    for layer in (*made, *views(made)):
        seen = told["layers"].pop(forms.layer_id(layer.name))
        assert seen["valid"], layer.name
        assert seen["count"] == len(layer.frame), layer.name
        assert seen["name"] == layer.title[lang]
        assert seen["source"].startswith(f"opportunites.gpkg|layername={layer.name}|option:")
        for column in layer.columns:
            words = column.fr if lang == "fr" else column.en
            assert seen["aliases"][column.name].startswith(words), (layer.name, column.name)
        assert seen["read_only"] == (layer.name in VIEWS.values()), layer.name
        assert seen["described"], layer.name
    assert {forms.layer_id(name) for name in ALONE} == set(told["layers"])
    assert all(one["valid"] and one["described"] for one in told["rasters"].values())
    for name, seen in told["relations"].items():
        assert seen["valid"], name
        assert seen["related"] > 0 or name == "parcelles_retenues_tests", name
    assert {
        "opportunites_indices",
        "opportunites_acces",
        "opportunites_acces_detail",
        "opportunites_scores_par_critere",
        "parcelles_ecartees_tests",
    } < set(told["relations"])
    base = settings()["base"]["layers"]
    titles = {theme[lang]: {*theme["layers"], *base} for theme in settings()["themes"]}
    assert len(told["themes"]) == len(titles) - 4  # no quarters, perimeters, availability or owners
    for name, shown in told["themes"].items():
        there = titles[name] & {one.name for one in made}
        assert set(shown) == {forms.layer_id(layer) for layer in there}, name
    listing = [r for r in forms.relations({one.name: one for one in made}, lang) if r["tab"]]
    tabs = len([one for one in listing if one["parent"] == "opportunites"])
    for when, (form, related) in told["forms"].items():
        assert (form, len(related)) == (1, tabs), when
        assert all(valid for _, valid in related), (when, related)
    evidence = told["themes"]["Indices" if lang == "fr" else "Evidence"]
    assert evidence[forms.layer_id("opportunites")].startswith("Par" if lang == "fr" else "By")
    assert (told["page"], told["pdf"]) == ([420, 297], 0)
    assert {"title", "map", "legend", "scalebar", "north", "sources", "demo"} < set(told["items"])
    assert len(told["layouts"]) == len(told["themes"]) + 2  # the atlas and the list
    assert_printed(tmp_path / "a3.pdf")


def assert_printed(path: Path) -> None:
    import pypdf

    (page,) = pypdf.PdfReader(path).pages
    width, height = (float(side) * 25.4 / 72 for side in page.mediabox[2:])
    assert (round(width), round(height)) == (420, 297)
    assert path.stat().st_size > 20_000
