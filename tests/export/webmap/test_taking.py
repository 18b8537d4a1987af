"""What a reader takes away: tables, shapes, a printed card, the notes of a visit."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pytest
import shapely

if TYPE_CHECKING:
    from collections.abc import Callable

    from foncier.records import Result

pytestmark = pytest.mark.browser
A4 = (595, 842)  # points


@pytest.fixture
def opened(visit: Callable[..., Any], small_result: Result) -> Any:
    return visit(small_result)


def taken(page: Any, name: str) -> bytes:
    with page.expect_download() as waiting:
        page.locator(f"#take-{name}").click()
    return Path(waiting.value.path()).read_bytes()


def table(content: bytes, separator: str) -> list[dict[str, str]]:
    text = content.decode("utf-8-sig")
    assert text.endswith("\r\n")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=separator))


def test_the_list_as_a_table(opened: Any) -> None:
    page = opened.page
    page.locator('.chip[data-kind="batiment_non_affecte"]').click()
    page.locator("[data-tool=take]").click()
    assert "2 opportunités" in page.locator("#take").inner_text()
    first, second = table(taken(page, "csv"), ";")
    assert first["Opportunité"] == "FR-80021_1"
    assert first["Nom"] == "Halle <Sernam> & Cie"
    assert first["Score sur 100"] == "80"
    assert first["Gare (min)"] == "6"
    assert first["Note\u00a0: Boucle"] == "0,7"
    assert second["Boucle (m)"] == ""
    page.locator('[data-lang="en"]').click()
    first, _ = table(taken(page, "csv"), ",")
    assert first["Opportunity"] == "FR-80021_1"
    assert first["Mark: Loop"] == "0.7"


def test_hostile_cells_do_not_run_in_a_spreadsheet(
    visit: Callable[..., Any], small_result: Result
) -> None:
    from dataclasses import replace

    named = small_result.candidates.assign(name='=HYPERLINK("http://x";"y")\n;"')
    page = visit(replace(small_result, candidates=named)).page
    page.locator("[data-tool=take]").click()
    assert all(
        row["Nom"] == '\'=HYPERLINK("http://x";"y")\n;"' for row in table(taken(page, "csv"), ";")
    )


def test_the_list_as_shapes(opened: Any, small_result: Result, tmp_path: Path) -> None:
    page = opened.page
    page.locator("[data-tool=take]").click()
    content = json.loads(taken(page, "geojson"))
    assert content["weights"] == {"station": 0.6, "loop": 0.4}
    (tmp_path / "take.geojson").write_text(json.dumps(content), encoding="utf-8")
    back = gpd.read_file(tmp_path / "take.geojson").set_index("opportunity_id")
    assert back.crs.to_epsg() == 4326
    metric = back.to_crs(2154).geometry
    ours = small_result.candidates.set_index("opportunity_id").geometry
    for one in ours.index:
        assert metric[one].symmetric_difference(ours[one]).area < 0.01 * ours[one].area + 5
        assert shapely.is_ccw(back.geometry[one].exterior)
    assert back["score"].isna().sum() == 1


def test_notes_of_a_visit_are_kept_and_exported(opened: Any) -> None:
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
    page.locator("[data-tool=take]").click()
    assert "1 site visité" in page.locator("#visit-count").inner_text()
    assert table(taken(page, "visits"), ";") == [
        {"opportunity_id": "FR-80021_1", "verdict": "friche_confirmee", "date": "2026-11-20",
         "note": 'Portail "ouvert" ; toiture\nà revoir'}
    ]  # fmt: skip


def test_a_browser_that_keeps_nothing_says_so(
    visit: Callable[..., Any], small_result: Result
) -> None:
    refuse = "Object.defineProperty(window, 'localStorage', { get() { throw new Error('no'); } });"
    page = visit(small_result, before=refuse).page
    page.locator(".row").first.click()
    assert "ne garde rien" in page.locator("#visit-hint").inner_text()
    page.locator("#verdict").select_option("occupe")
    page.locator("#back").click()
    page.locator("[data-tool=take]").click()
    assert table(taken(page, "visits"), ";")[0]["verdict"] == "occupe"


def test_the_link_is_given_to_copy(opened: Any) -> None:
    page = opened.page
    page.locator("#search").fill("garage")
    page.locator("[data-tool=take]").click()
    page.locator("#take-link").click()
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
