"""The print layouts in a real headless QGIS: maps by theme, atlas and list, with their legends."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from foncier.export.geopackage.write import write_geopackage
from foncier.export.qgis.legends import present_classes
from foncier.export.qgis.print_pages import SITE_SCALES
from foncier.results.layers import GEOPACKAGE

from .test_qgis import HERE, qgis, run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from foncier.model import ResultTables

__all__ = ["qgis"]  # the fixture that skips where QGIS is not installed
THEMES = [
    *("Opportunités", "Indices", "Accessibilité", "Rejets", "Scores"),
    *("Disponibilité", "Foncier public", "Potentiel par quartier"),
    "Politiques publiques",  # where the study has perimeters
]
MAPS = [f"A3 – {theme}" for theme in THEMES]
ATLAS, LIST = "Atlas – une page par site", "Liste des opportunités"


def printed(path: Path, folder: Path) -> dict[str, Any]:
    done = run(str(HERE.parent / "qgis_layouts_script.py"), str(path), str(folder))
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def demo(qgis: str, demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The layouts of the demonstration; one process for all tests."""
    return printed(demo_folder / GEOPACKAGE, tmp_path_factory.mktemp("layouts"))


@pytest.mark.qgis
def test_one_layout_a_theme_an_atlas_and_a_list(demo: dict[str, Any]) -> None:
    assert list(demo) == [*MAPS, ATLAS, LIST]
    assert [demo[name]["theme"] for name in MAPS] == THEMES
    for name, layout in demo.items():
        assert layout["pdf"] == 0, name
        assert layout["overflow"] == [], name
        assert not layout["linked"], name  # before QGIS 3.40 it would empty the forms


@pytest.mark.qgis
def test_each_legend_is_that_of_its_map(demo: dict[str, Any]) -> None:
    first = {name: next(iter(demo[name]["legend"].items())) for name in MAPS}
    title, classes = first["A3 – Opportunités"]
    assert (title, classes[:2]) == ("Opportunités", ["Friche", "Dent creuse"])
    assert len(classes) == 4  # no site is a disc
    assert first["A3 – Scores"][0] == "Opportunités, par score"
    assert "0,8 – 1,0" in first["A3 – Scores"][1]
    assert first["A3 – Indices"][0] == "Opportunités, par confiance"
    assert "Inconnu" in first["A3 – Indices"][1]
    assert first["A3 – Rejets"][0] == "Parcelles écartées, par motif"
    assert "Emprise au sol (CES)" in first["A3 – Rejets"][1]
    assert first["A3 – Potentiel par quartier"][1][0].endswith("ha")
    assert "Isochrones à pied" in demo["A3 – Accessibilité"]["legend"]
    assert "Isochrones à pied" not in demo["A3 – Scores"]["legend"]
    for name in MAPS:
        assert THEMES[MAPS.index(name)] in demo[name]["texts"]["under"]


@pytest.mark.qgis
def test_every_site_has_its_rank_on_the_maps(
    demo: dict[str, Any], demo_result: ResultTables
) -> None:
    sites = demo[ATLAS]["sites"]
    assert sites == len(demo[LIST]["tables"]["list 1"]) == len(demo_result.candidates)
    for theme in ("Opportunités", "Indices", "Accessibilité", "Scores"):
        assert demo[f"A3 – {theme}"]["ranks"] >= 0.95 * sites, theme  # the best ranks first


@pytest.mark.qgis
def test_tables_are_rounded_and_in_the_order_of_the_ranks(demo: dict[str, Any]) -> None:
    rows = demo["A3 – Opportunités"]["tables"]["table 1"]
    by_name = {row[1]: row[2:] for row in rows}
    assert by_name["Ateliers de la Vallée"] == ["Friche", "10\u202f136", "33,6"]
    assert [int(row[0]) for row in rows] == sorted(int(row[0]) for row in rows)
    listed = [row[0] for row in demo[LIST]["tables"]["list 1"]]
    ranks = [int(text) for text in listed if text.isdigit()]
    assert ranks == sorted(ranks)
    assert all(text.startswith("n°") for text in listed[len(ranks) :])  # without a rank: last
    _, number, ready, area, residents = demo["A3 – Potentiel par quartier"]["tables"]["table 1"][0]
    assert all(re.fullmatch(r"\d+,\d", text) for text in (number, ready, area))
    assert re.fullmatch(r"[\d\u202f]+", residents)


@pytest.mark.qgis
def test_availability_and_public_land_have_their_colours_and_the_marks_of_the_kinds(
    demo: dict[str, Any], demo_result: ResultTables
) -> None:
    kinds = ["Friche", "Dent creuse", "Bâtiment non affecté", "Terrain divisible"]
    title, classes = next(iter(demo["A3 – Disponibilité"]["legend"].items()))
    assert title == "Opportunités, par disponibilité"
    assert classes == ["Prêt", "À confirmer", "Pris", *kinds]
    ready = {row[-1] for row in demo["A3 – Disponibilité"]["tables"]["table 1"]}
    assert ready <= {"Prêt", "À confirmer", "Pris"}
    title, classes = next(iter(demo["A3 – Foncier public"]["legend"].items()))
    assert title == "Opportunités, par propriétaire public"
    assert classes[0] == "État"
    assert classes[-7:] == ["Public en partie", "Privé", "Inconnu", *kinds]
    shown = demo["A3 – Foncier public"]["tables"]["table 1"]
    land = demo_result.candidates.set_index("opportunity_id")["public_land"]
    ranks = demo_result.scores.set_index("opportunity_id")["overall_rank"]
    public = sorted(int(r) for r in ranks[land.isin(["public", "partiel"])].dropna())
    assert [int(row[0]) for row in shown] == public[: len(shown)]
    assert "Commune" in {row[-1] for row in shown}  # words, not codes


@pytest.mark.qgis
def test_the_tables_say_what_the_rank_follows(demo: dict[str, Any]) -> None:
    """A score beside a rank that is a product of three looks like a wrong order."""
    rows = demo["A3 – Opportunités"]["tables"]["table 1"]
    values = [float(row[-1].replace(",", ".")) for row in rows]
    assert values == sorted(values, reverse=True)
    for layout in (demo["A3 – Opportunités"], demo["A3 – Scores"]):
        assert "score × confiance × disponibilité" in layout["texts"]["table-note"]
    assert "score × confiance × disponibilité" in demo[LIST]["texts"]["subtitle 1"]
    listed = demo[LIST]["tables"]["list 1"]
    assert {row[-3] for row in listed} == {"Prêt", "À confirmer", "Pris"}


@pytest.mark.qgis
def test_a_page_of_the_atlas_has_map_measures_evidence_and_times(demo: dict[str, Any]) -> None:
    page = demo[ATLAS]
    first = demo[LIST]["tables"]["list 1"][0]
    assert page["texts"]["title"] == f"{first[0]}. {first[1]}"
    assert page["scale"] in SITE_SCALES
    assert "Surface (m²)" in page["texts"]["measures"].split("\n")
    assert page["texts"]["values"].startswith(f"{first[-6]}\n")
    assert page["texts"]["page"] == f"Page 1 / {page['sites']}"
    assert page["tables"]["evidence 1"]
    times = [int(row[1]) for row in page["tables"]["access 1"] if row[1]]
    assert times == sorted(times)
    assert page["shown_pages"] in {1, 2}  # the evidence may go on


@pytest.mark.qgis
@pytest.mark.real
def test_discs_of_amiens_are_drawn_as_discs(
    qgis: str, studied: Callable[[str], ResultTables], tmp_path: Path
) -> None:
    result = studied("amiens")
    write_geopackage(result, tmp_path / GEOPACKAGE)
    found = printed(tmp_path / GEOPACKAGE, tmp_path)
    sites = found["A3 – Opportunités"]
    assert sites["legend"]["Opportunités"] == ["Friche, emprise approximative"]
    assert sites["scale"] == 30_000
    assert sites["ranks"] == len(result.candidates)
    assert (
        "Emprise approximative (disque)"
        in found["A3 – Scores"]["legend"]["Opportunités, par score"]
    )
    assert "A3 – Rejets" not in found  # no parcel, so none is rejected


@pytest.mark.qgis
@pytest.mark.real
def test_sites_of_ennezat_are_numbered_without_a_rank(
    qgis: str, studied: Callable[[str], ResultTables], tmp_path: Path
) -> None:
    result = studied("ennezat")
    # As where too little is known of each site to rank it: scores stay, ranks are missing.
    unranked = dict.fromkeys(("overall_rank", "rank_low", "rank_high", "topsis_rank"), np.nan)
    result = replace(result, scores=result.scores.assign(**unranked))
    write_geopackage(result, tmp_path / GEOPACKAGE)
    found = printed(tmp_path / GEOPACKAGE, tmp_path)
    sites = found["A3 – Opportunités"]
    assert sites["ranks"] == len(result.candidates)
    assert sites["tables"]["table 1"][0][0] == "n°1"
    assert found[ATLAS]["texts"]["title"].startswith("n°1. ")
    assert sites["legend"]["Opportunités"] == ["Dent creuse", "Terrain divisible"]
    # A plot without a name or address is named by its parcel.
    assert re.fullmatch(r"[A-Z]{1,2} \d+( …)?", sites["tables"]["table 1"][0][1])
    assert found[LIST]["tables"]["list 1"][0][3] == "Ennezat"  # no address is known
    assert "A3 – Indices" not in found  # the confidence of all sites is unknown


RULES = """
<renderer-v2 type="RuleRenderer"><rules key="root">
<rule filter="&quot;kind&quot; = 'water'" /><rule filter="&quot;effect&quot; = 'flag'" />
<rule filter="ELSE" /></rules></renderer-v2>
"""
CATEGORIES = """
<renderer-v2 type="categorizedSymbol" attr="kind"><categories>
<category value="water" /><category value="l'autre" /></categories></renderer-v2>
"""


@pytest.mark.parametrize(
    ("style", "rows", "expected"),
    [
        (RULES, [("water", "exclude")], [0]),
        (RULES, [("park", "flag"), ("water", "flag")], [0, 1]),
        (RULES, [("park", None)], [2]),
        (RULES, [], []),
        (CATEGORIES, [("l'autre", "flag")], [1]),
        ("<renderer-v2 type='singleSymbol' />", [("water", "flag")], None),
        (RULES.replace("= 'flag'", "~~ @x("), [("water", "flag")], None),
    ],
)
def test_classes_of_a_legend_are_those_that_have_rows(
    style: str, rows: list[tuple[str, str]], expected: list[int] | None
) -> None:
    table = gpd.GeoDataFrame(rows, columns=["kind", "effect"])
    assert present_classes(style, table.set_geometry([shapely.Point(0, 0)] * len(rows))) == expected
