"""Downloads of the page: tables, shapes, a printed card, the notes of a visit."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from foncier import schemas
from foncier.i18n import Localized

if TYPE_CHECKING:
    from collections.abc import Callable

    from foncier.model import ResultTables

pytestmark = pytest.mark.browser
A4 = (595, 842)  # points


@pytest.fixture
def opened(visit: Callable[..., Any], small_result: ResultTables) -> Any:
    return visit(small_result)


def downloaded(page: Any, name: str) -> bytes:
    with page.expect_download() as waiting:
        page.locator(f"#download-{name}").click()
    return Path(waiting.value.path()).read_bytes()


def table(content: bytes, separator: str) -> list[dict[str, str]]:
    text = content.decode("utf-8-sig")
    assert text.endswith("\r\n")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=separator))


def test_the_list_as_a_table(opened: Any) -> None:
    page = opened.page
    page.locator('.chip[data-kind="batiment_non_affecte"]').click()
    page.locator("[data-tool=download]").click()
    assert "2 opportunités" in page.locator("#download").inner_text()
    first, second = table(downloaded(page, "csv"), ";")
    assert first["Opportunité"] == "FR-80021_1"
    assert first["Nom"] == "Halle <Sernam> & Cie"
    assert first["Score sur 100"] == "80"
    assert first["Gare (min)"] == "6"
    assert first["Score\u00a0: Boucle"] == "0,7"
    assert second["Boucle (m)"] == ""
    page.locator('[data-lang="en"]').click()
    first, _ = table(downloaded(page, "csv"), ",")
    assert first["Opportunity"] == "FR-80021_1"
    assert first["Score: Loop"] == "0.7"


def test_hostile_cells_do_not_run_in_a_spreadsheet(
    visit: Callable[..., Any], small_result: ResultTables
) -> None:
    named = small_result.candidates.assign(name='=HYPERLINK("http://x";"y")\n;"')
    page = visit(replace(small_result, candidates=named)).page
    page.locator("[data-tool=download]").click()
    assert all(
        row["Nom"] == '\'=HYPERLINK("http://x";"y")\n;"'
        for row in table(downloaded(page, "csv"), ";")
    )


def test_the_list_as_shapes(opened: Any, small_result: ResultTables, tmp_path: Path) -> None:
    page = opened.page
    page.locator("[data-tool=download]").click()
    content = json.loads(downloaded(page, "geojson"))
    assert content["weights"] == {"station": 0.6, "loop": 0.4}
    (tmp_path / "selection.geojson").write_text(json.dumps(content), encoding="utf-8")
    back = gpd.read_file(tmp_path / "selection.geojson").set_index("opportunity_id")
    assert back.crs.to_epsg() == 4326
    metric = back.to_crs(2154).geometry
    ours = small_result.candidates.set_index("opportunity_id").geometry
    for one in ours.index:
        assert metric[one].symmetric_difference(ours[one]).area < 0.01 * ours[one].area + 5
        assert shapely.is_ccw(back.geometry[one].exterior)
    assert back["score"].isna().sum() == 1


def test_notes_of_a_visit_are_stored_and_exported(opened: Any) -> None:
    page = opened.page
    page.locator(".row").first.click()
    page.locator("#verdict").select_option("friche_confirmee")
    page.locator("#visit-date").fill("2026-11-20")
    page.locator("#visit-note").fill('Portail "ouvert" ; toiture\nà revoir')
    page.reload()
    page.wait_for_selector("body[data-ready=yes]")
    opened.requests.pop()  # the reload itself
    if page.locator("#card").is_hidden():
        page.locator(".row").first.click()
    assert page.locator("#verdict").input_value() == "friche_confirmee"
    page.locator("#back").click()
    page.locator("[data-tool=download]").click()
    assert "1 site visité" in page.locator("#visit-count").inner_text()
    assert table(downloaded(page, "visits"), ";") == [
        {
            "opportunity_id": "FR-80021_1",
            "verdict": "friche_confirmee",
            "date": "2026-11-20",
            "note": 'Portail "ouvert" ; toiture\nà revoir',
        }
    ]


HEAD = "opportunity_id;verdict;date;note"


def import_visits(page: Any, text: str) -> str:
    """Hand a table of visits to the page, as a colleague would; what it answers."""
    page.locator("#visits-in").set_input_files(
        {"name": "visites.csv", "mimeType": "text/csv", "buffer": text.encode()}
    )
    page.locator("#visits-note:not(:empty)").wait_for()
    answer: str = page.locator("#visits-note").inner_text()
    return answer


@pytest.mark.parametrize(
    ("text", "answer", "stored"),
    [
        (
            f'\ufeff{HEAD}\r\nFR-80021_1;occupe;2026-11-21;"Un ""squat""\r\n; à revoir"\r\n',
            "importées : 1",
            ["occupe", "2026-11-21", 'Un "squat"\n; à revoir'],
        ),
        (f"{HEAD}\nFR-80021_1;occupe;21/11/2026;", "importées : 1", ["occupe", "2026-11-21", ""]),
        (
            "date,note,opportunity_id,verdict\n2026-12-01,'=1+1,FR-80021_1,",
            "importées : 1",
            ["", "2026-12-01", "=1+1"],
        ),
        (f"{HEAD}\nFR-80021_1;occupe;2026-11-20;autre", "jour : 1", None),
        (f"{HEAD}\nFR-80021_1;occupe;2019-01-01;ancien", "jour : 1", None),
        (
            f"{HEAD}\nFR-nobody;occupe;2027-01-01;x\nFR-80021_1;demoli;2027-01-01;\n"
            "FR-80021_1;occupe;demain;\n__proto__;occupe;2027-01-01;",
            "autre site : 4",
            None,
        ),
        ("nom;avis\na;b", "n'est pas un tableau de cette carte", None),
        (f'{HEAD}\n"FR-80021_1;occupe;2027-01-01;', "n'est pas un tableau de cette carte", None),
        ("", "n'est pas un tableau de cette carte", None),
    ],
)
def test_the_visits_of_a_colleague_are_merged_by_date(
    opened: Any, text: str, answer: str, stored: list[str] | None
) -> None:
    page = opened.page
    page.locator(".row").first.click()
    page.locator("#verdict").select_option("friche_confirmee")
    page.locator("#visit-date").fill("2026-11-20")
    page.locator("#back").click()
    page.locator("[data-tool=download]").click()
    assert answer in import_visits(page, text).replace("\u00a0", " ")
    found = page.evaluate("Object.values(visits['FR-80021_1']).map((v) => v.replace('\\r', ''))")
    assert found == (stored or ["friche_confirmee", "2026-11-20", ""])
    assert (
        page.evaluate("JSON.parse(localStorage.getItem(STORAGE_KEY))['FR-80021_1'].date")
        == found[1]
    )
    assert page.evaluate("Object.keys(visits).length") == 1


def test_a_visited_site_shows_in_the_list_and_on_the_map(opened: Any) -> None:
    page = opened.page
    assert page.locator(".row-seen, .site-marker .seen").count() == 0
    page.locator("[data-tool=download]").click()
    hostile = "<img src=x onerror=window.hacked=1>"
    import_visits(page, f"{HEAD}\nFR-80021_1;friche_confirmee;2026-11-20;{hostile}")
    assert page.locator(".row-seen").all_inner_texts() == ["✓ friche confirmée"]
    assert page.locator('.site-marker[data-site="FR-80021_1"] .seen').count() == 1
    page.locator(".row").first.click()
    assert page.locator("#visit-note").input_value() == hostile
    assert page.evaluate("window.hacked") is None
    page.locator("#back").click()
    page.locator("[data-tool=filters]").click()
    page.locator("#f-visited").select_option("1")
    assert page.locator(".row").count() == 1
    page.locator(".row").first.click()
    page.locator("#verdict").select_option("")
    page.locator("#visit-note").fill("")
    assert page.locator(".site-marker .seen").count() == 0
    page.locator("#back").click()
    assert page.locator(".row").count() == 0
    page.locator("#f-visited").select_option("0")
    assert page.locator(".row").count() == 3


def test_a_browser_without_storage_shows_a_warning(
    visit: Callable[..., Any], small_result: ResultTables
) -> None:
    refuse = "Object.defineProperty(window, 'localStorage', { get() { throw new Error('no'); } });"
    page = visit(small_result, before=refuse).page
    page.locator(".row").first.click()
    assert "n'enregistre rien" in page.locator("#visit-hint").inner_text()
    page.locator("#verdict").select_option("occupe")
    page.locator("#back").click()
    page.locator("[data-tool=download]").click()
    assert table(downloaded(page, "visits"), ";")[0]["verdict"] == "occupe"


def test_link_can_be_copied(opened: Any) -> None:
    page = opened.page
    page.locator("#search").fill("garage")
    page.locator("[data-tool=download]").click()
    page.locator("#download-link").click()
    field = page.locator("#link-text")
    field.wait_for()
    assert "#q=garage&at=" in field.input_value()


def test_the_card_prints_on_a4(opened: Any, artefacts: Path) -> None:
    page = opened.page
    page.locator(".row").first.click()
    assert "FR-80021_1" in page.locator(".part-report").inner_text()
    page.evaluate("window.print = () => { window.printed = true; }")
    page.locator("#print-card").click()
    assert page.evaluate("window.printed")
    pdf = page.pdf(path=str(artefacts / "webmap-fiche.pdf"), prefer_css_page_size=True)
    sizes = re.findall(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    assert {(round(float(w)), round(float(h))) for w, h in sizes} == {A4}
    assert len(sizes) <= 2


def test_layers_over_the_base_map_do_not_hide_it_on_paper(
    visit: Callable[..., Any], demo_result: ResultTables, tmp_path: Path
) -> None:
    program = shutil.which("pdftoppm")
    if program is None:
        pytest.skip("no pdftoppm on this machine: install poppler-utils")
    page = visit(demo_result).page
    page.evaluate("switches.rejected = true; applySwitches()")
    page.wait_for_timeout(300)
    page.pdf(path=str(tmp_path / "page.pdf"), prefer_css_page_size=True)
    command = [program, "-r", "40", "-l", "1", str(tmp_path / "page.pdf"), str(tmp_path / "page")]
    subprocess.run(command, check=True)
    (picture,) = tmp_path.glob("page-*.ppm")
    width, height = map(int, picture.read_bytes().split(b"\n")[1].split())
    pixels = np.frombuffer(picture.read_bytes()[-3 * width * height :], np.uint8).reshape(-1, 3)
    paper = np.abs(pixels.astype(int) - [0xEF, 0xEC, 0xE6]).max(axis=1) < 4
    assert paper.mean() > 0.1


@pytest.fixture
def full_card(small_result: ResultTables) -> ResultTables:
    """A plot with a full card: tests, evidence, parcels, destinations, uses, effort."""
    plot = small_result.candidates["opportunity_id"][1]
    parcels = [f"80021000AB{n:04d}" for n in range(12)]
    candidates = small_result.candidates.copy()
    candidates.loc[1, ["parcel_ids", "warnings", "warnings_en"]] = [
        "|".join(parcels),
        "risque « PPRI » | recouvre la parcelle 12",
        "hazard | overlaps",
    ]
    words = "Part du pourtour tenue par du bâti ou une rue"
    row = small_result.tests.iloc[[0] * 14].assign(
        parcel_id=parcels[0],
        step=range(1, 15),
        rule=[f"r{n}" for n in range(14)],
        value=9305.17,
        margin=8905.17,
        label_fr=words,
        detail="tissu groupé",
    )
    proof = small_result.evidence.iloc[[1] * 14].assign(
        text_fr=f"{words} : 87,5 %",
        source=["Cadastre", "OpenStreetMap", "Observatoire"] * 4 + ["Cadastre"] * 2,
    )
    evidence = pd.concat([small_result.evidence[lambda t: t["opportunity_id"] != plot], proof])
    return replace(
        small_result,
        candidates=candidates,
        tests=row,
        evidence=evidence,
        **_access_tables(plot),
        **_friche_tables(plot),
    )


def _access_tables(site: str) -> dict[str, Any]:
    """Eleven destinations with long names, a ride that is not the walk, a barrier on each way."""
    names = [f"t{n}" for n in range(11)]
    access = pd.DataFrame(
        {
            "opportunity_id": site,
            "target": names,
            "place": "Hôtel d'entreprises",
            "distance_m": 700.0,
            "time_min": 9.3,
            "detour_index": 1.3,
            "barrier": "water",
            "barrier_name": "La Somme",
            "bike_m": 900.0,
            "bike_min": 3.6,
        }
    )
    words = Localized("Lieu d'innovation, de recherche ou d'université", "Place of innovation")
    return {"access": schemas.ACCESS.conform(access), "destinations": dict.fromkeys(names, words)}


def _friche_tables(site: str) -> dict[str, Any]:
    uses = pd.DataFrame(
        {
            "opportunity_id": site,
            "use": ["residentiel", "tertiaire", "culture"],
            "index": 99.1,
            "index_low": 20.0,
            "index_high": 80.0,
            "reliability": 2.7,
            "band": "excellent",
            "use_rank": [1.0, 2.0, 3.0],
        }
    )
    effort = pd.DataFrame(
        {
            "opportunity_id": [site],
            "works_low_keur": 192.1,
            "works_high_keur": 409.9,
            "hardness_low": 0.0,
            "hardness_high": 26.0,
            "hardness": [None],
            "known": [None],
        }
    )
    return {
        "mutability": schemas.MUTABILITY.conform(uses),
        "effort": schemas.EFFORT.conform(effort),
    }


@pytest.mark.parametrize("row", [1, 2])
def test_the_fullest_card_prints_on_two_pages_and_a_short_one_on_one(
    visit: Callable[..., Any],
    full_card: ResultTables,
    small_result: ResultTables,
    artefacts: Path,
    row: int,
) -> None:
    page = visit(full_card if row == 1 else small_result).page
    page.locator(".row").nth(row).click()
    assert page.locator(".tests li").count() == (14 if row == 1 else 0)
    assert page.locator(".evidence-source").count() == (3 if row == 1 else 1)
    assert page.locator("#uses tbody tr").count() == (3 if row == 1 else 0)
    pdf = page.pdf(path=str(artefacts / f"webmap-fiche-{row}.pdf"), prefer_css_page_size=True)
    assert len(re.findall(rb"/MediaBox", pdf)) == (2 if row == 1 else 1)
