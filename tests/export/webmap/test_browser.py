"""The page in a real Chromium, network cut: each thing a reader does is done."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import shapely

from foncier import schemas
from foncier.communes import named
from foncier.i18n import Localized
from foncier.model import Background, Missing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from foncier.model import ResultTables

pytestmark = pytest.mark.browser
GROUND = ("streets", "buildings", "constraints", "places")


@pytest.fixture
def opened(visit: Callable[..., Any], small_result: ResultTables) -> Any:
    return visit(small_result)


def rows(page: Any) -> list[str]:
    return [row.inner_text() for row in page.locator(".row-title bdi").all()]


def test_markers_and_outlines_are_drawn(opened: Any) -> None:
    page = opened.page
    assert page.locator(".site-marker svg").count() == 3
    assert page.locator("path.site-shape").count() == 3
    assert page.locator(".site-marker text").all_text_contents() == ["?", "2", "1"]
    shapes = page.locator(".site-marker path").evaluate_all("all => all.map(p => p.outerHTML)")
    assert len(set(shapes)) == 3  # each kind has its own shape and colour
    fills = page.locator("path.site-shape").evaluate_all(
        "all => all.map(p => Number(p.getAttribute('fill-opacity')))"
    )
    assert fills == sorted(fills)  # drawn from the last rank to the first: denser and denser
    assert page.locator("path.line-axis").count() == 1
    assert page.locator("path.line-loop").get_attribute("stroke-dasharray") == "8 6"
    assert page.locator(".stop-marker").all_inner_texts() == ["A", "B"]


def test_base_map_is_painted_without_a_tile(opened: Any) -> None:
    colours = opened.page.evaluate(
        """() => {
          const seen = new Set();
          document.querySelectorAll('.leaflet-tile-pane canvas').forEach((tile) => {
            const { data } = tile.getContext('2d').getImageData(0, 0, tile.width, tile.height);
            for (let i = 0; i < data.length; i += 4) {
              seen.add([data[i], data[i + 1], data[i + 2]].join());
            }
          });
          return [...seen];
        }"""
    )
    assert {"239,236,230", "188,216,234", "217,208,195", "255,255,255"} <= set(colours)


def test_list_is_ranked_and_shows_unknown_values(opened: Any) -> None:
    page = opened.page
    titles = rows(page)
    assert titles == [
        "Halle <Sernam> & Cie",
        "Parcelle AB\u00a03",
        "Ancien garage",
    ]
    first, second, last = (row.inner_text() for row in page.locator(".row").all())
    assert "4\u202f000\u00a0m²" in first
    assert "gare\u00a0: 6\u00a0min" in first
    assert "boucle\u00a0: 150\u00a0m" in first
    assert "boucle\u00a0: inconnu" in second
    assert "entre 25 et 75" in second
    assert "score inconnu" in last


def test_click_in_the_list_opens_card_and_popup(opened: Any) -> None:
    page = opened.page
    page.locator(".row").first.click()
    popup = page.locator(".leaflet-popup")
    popup.wait_for()
    assert "Halle <Sernam> & Cie" in popup.inner_text()
    assert "score 80 sur 100" in popup.inner_text()
    assert "Inscrite comme « friche sans projet »" in popup.inner_text()
    assert "Cartofriches, 17 août 2023" in popup.inner_text()
    card = page.locator("#card")
    assert card.is_visible()
    assert not page.locator("#browse").is_visible()
    text = card.inner_text()
    for words in (
        "80\u00a0/\u00a0100",
        "Rang 1 sur 2",
        "de 1 à 2 si les poids varient",
        "Résultat d'un modèle, à vérifier sur place.",
        "zone inondable",
        "12 rue de la Vallée",
        "Rue de la Vallée",
        "20\u00a0m",
        "1,13",
        "FAM-80021_1",
        "80021000AB0002",
        "Parcelles du cadastre",
        "40\u00a0%",
        "Friche sans projet",
        "17 août 2023",
    ):
        assert words in text, words
    assert page.evaluate("document.activeElement.textContent") == "Halle <Sernam> & Cie"


def test_click_on_the_map_opens_the_card(opened: Any) -> None:
    page = opened.page
    page.locator('.site-marker[data-site="DC-80021000AB0003"]').click(force=True)
    card = page.locator("#card").inner_text()
    assert "Parcelle AB\u00a03" in card
    assert "Surface\u00a0: 600\u00a0m²" in card
    assert "seuil 400\u00a0m² · marge +200\u00a0m²" in card
    assert page.locator(".criteria em").all_inner_texts() == ["inconnu"]
    assert "date inconnue" in page.locator("#card .part-evidence").inner_text()
    undated = "evidenceSource({ source: 'Cartofriches', date: null })"
    assert page.evaluate(undated) == "Cartofriches, couche du 1er février 2024"
    hrefs = page.locator("#card a").evaluate_all("all => all.map(a => a.href)")
    assert any("parcelleId=80021000AB0003" in href for href in hrefs)
    assert all(href.startswith("https://") for href in hrefs)


def test_hover_highlights_list_and_map(opened: Any) -> None:
    page = opened.page
    page.locator(".row").nth(1).hover()
    assert "strong" in page.locator('[data-site="DC-80021000AB0003"].site-marker').get_attribute(
        "class"
    )
    page.locator('.site-marker[data-site="FR-80021_1"]').hover(force=True)
    assert "strong" in page.locator(".row").first.get_attribute("class")
    assert "Halle" in page.locator(".leaflet-tooltip").inner_text()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("garage", 1),
        ("VALLEE", 2),
        ("12 rue", 1),
        ("80021000AB0002", 1),
        ("halle ab0002", 1),
        ("zzz", 0),
    ],
)
def test_search(opened: Any, query: str, found: int) -> None:
    page = opened.page
    page.locator("#search").fill(query)
    assert page.locator(".row").count() == found
    assert page.locator(".site-marker").count() == found
    assert f"{found} opportunité" in page.locator("#count").inner_text()
    assert page.locator(".empty").count() == (not found)


def test_search_of_a_rejected_parcel_gives_its_reason(opened: Any) -> None:
    page = opened.page
    page.locator("#search").fill("80021000AB0004")
    hit = page.locator(".hit")
    assert "il manque 250 m²" in hit.inner_text()
    hit.click()
    assert "Surface 150 m², il faut 400 m²" in page.locator(".leaflet-popup").inner_text()
    assert page.locator("[data-layer=rejected]").is_checked()


def test_filter_by_kind(opened: Any) -> None:
    page = opened.page
    chip = page.locator('.chip[data-kind="friche"]')
    chip.click()
    assert chip.get_attribute("aria-pressed") == "false"
    assert rows(page) == ["Parcelle AB\u00a03", "Ancien garage"]
    assert page.locator(".site-marker").count() == 2
    assert "2 opportunités sur 3" in page.locator("#count").inner_text()
    chip.click()
    assert page.locator(".row").count() == 3


def test_rejected_layer_is_off_then_shows_the_reason(opened: Any) -> None:
    page = opened.page
    tiles = page.locator(".leaflet-rejected-pane canvas")
    assert tiles.count() == 0
    page.locator("#layers summary").click()
    page.locator("[data-layer=rejected]").check()
    opened.settle()
    assert tiles.count() > 0
    # the middle of the second rejected parcel, 220 m east of the reference point
    spot = page.evaluate(
        """() => {
          const [west, north, east, south] = rejectedShapes().shapes[1].box;
          const at = map_foncier.unproject(L.point((west + east) / 2, (north + south) / 2), 0);
          const point = map_foncier.latLngToContainerPoint(at);
          const box = map_foncier.getContainer().getBoundingClientRect();
          return [box.x + point.x, box.y + point.y];
        }"""
    )
    page.mouse.click(*spot)
    popup = page.locator(".leaflet-popup").inner_text()
    assert "80021000AB0005" in popup
    assert "Surface constructible d'un tenant 0 m², il faut 400" in popup
    page.locator("[data-layer=rejected]").uncheck()
    assert tiles.count() == 0


def test_layers_are_switched(opened: Any) -> None:
    page = opened.page
    page.locator("#layers summary").click()
    for name, selector in [
        ("loop", "path.line-loop"),
        ("axis", "path.line-axis"),
        ("places", ".place-marker"),
        ("sites", ".site-marker"),
    ]:
        assert page.locator(selector).count() > 0, name
        page.locator(f"[data-layer={name}]").uncheck()
        assert page.locator(selector).count() == 0, name
    page.locator("[data-layer=entries]").check()
    assert page.evaluate("layers.entries.getLayers().length") == 2
    online = page.locator("input[name=online]:checked")
    assert online.get_attribute("value") == ""


def test_keyboard_alone_is_enough(opened: Any) -> None:
    page = opened.page
    page.locator("#search").focus()
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.className").startswith("row"):
            break
    ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert ring == "solid"
    page.keyboard.press("Enter")
    assert page.locator("#card h2").inner_text() == "Halle <Sernam> & Cie"
    page.keyboard.press("Escape")
    assert page.locator("#browse").is_visible()
    assert page.evaluate("document.activeElement.dataset.site") == "FR-80021_1"


def test_language_is_switched_in_the_page(opened: Any) -> None:
    page = opened.page
    page.locator(".row").first.click()
    page.locator('[data-lang="en"]').click()
    assert page.evaluate("document.documentElement.lang") == "en"
    assert "FICTIONAL DATA" in page.locator(".demo").inner_text()
    assert "edition of 1 November 2026" in page.locator(".head").inner_text()
    card = page.locator("#card").inner_text()
    assert "Listed as “friche sans projet”" in card
    assert "17 August 2023" in card
    assert "4,000\u00a0m²" in card
    assert "Warnings: flood zone" in card
    assert "Result of a model" in page.locator(".leaflet-popup").inner_text()
    page.locator("#back").click()
    assert "score unknown" in page.locator(".row").last.inner_text()


def test_banner_missing_and_credits_are_in_sight(opened: Any) -> None:
    page = opened.page
    assert page.locator(".demo").is_visible()
    assert "DONNÉES FICTIVES" in page.locator(".demo").inner_text()
    missing = page.locator("#missing summary").inner_text()
    assert "Données manquantes (1)" in missing
    assert "zonage absent" in missing
    credits_shown = page.locator("#credits").inner_text()
    assert "Cartofriches (Cerema), févr. 2024, Licence Ouverte 2.0" in credits_shown
    assert "OpenStreetMap" in credits_shown


def test_hostile_words_are_shown_as_text(
    visit: Callable[..., Any], hostile_result: ResultTables
) -> None:
    page = visit(hostile_result).page
    page.locator("#layers summary").click()
    page.locator("[data-layer=rejected]").check()
    for index in range(3):
        page.locator(".row").nth(index).click()
        assert "<script>window.hacked=1</script>" in page.locator("#card h2").inner_text()
        assert "<img src=x" in page.locator(".leaflet-popup").inner_text()
        page.locator("#back").click()
    page.locator('[data-lang="en"]').click()
    for index in range(2):
        page.locator(".pick").nth(index).click()
    page.locator("#compare").click()
    assert "<script>window.hacked=1</script>" in page.locator("#comparison").inner_text()
    page.locator("#comparison-close").click()
    for tool in ("weights", "area", "download", "filters"):
        page.locator(f"[data-tool={tool}]").click()
    flags = page.locator("#f-flag .check").all_text_contents()
    assert any("<script>" in text for text in flags)
    for summary in page.locator("summary").all():
        summary.evaluate("node => { node.parentElement.open = true; }")
    assert page.evaluate("window.hacked") is None
    assert page.locator("img").count() == 0
    assert page.locator("#panel script, .leaflet-container script").count() == 0
    wide = page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert wide


def test_many_communes_are_counted_by_departement(
    visit: Callable[..., Any], small_result: ResultTables
) -> None:
    some = tuple(f"800{n}" for n in range(21, 29))
    head = visit(replace(small_result, communes=some)).page.locator("#edition .communes")
    assert head.inner_text().strip() == f"· {', '.join(map(named, some))}"
    assert "Amiens (80021)" in head.inner_text()
    page = visit(replace(small_result, communes=(*some, "2A004", "97411"))).page
    words = page.locator("#edition .communes").inner_text().strip()
    assert words == "· 10 communes, 3 départements (2A, 80, 974)"


def test_no_site_at_all(visit: Callable[..., Any], small_result: ResultTables) -> None:
    lost = Missing("parcels", Localized("aucune parcelle fournie", "no parcel layer supplied"))
    none = replace(
        small_result,
        candidates=small_result.candidates.iloc[:0],
        scores=small_result.scores.iloc[:0],
        missing=(lost,),
    )
    page = visit(none).page
    assert "Aucune opportunité" in page.locator(".empty").inner_text()
    assert page.locator("#missing li").inner_text() == "aucune parcelle fournie"


@pytest.mark.parametrize("lacks", ["scores", "loop", "parcels", "one site", "access", "background"])
def test_a_study_that_lacks_a_part_still_opens_every_tool(
    visit: Callable[..., Any], small_result: ResultTables, lacks: str
) -> None:
    kept = small_result
    crs = kept.candidates.crs
    one = kept.candidates["opportunity_id"] == "FR-80021_1"
    nothing = {name: getattr(schemas, name.upper()).empty(crs) for name in GROUND}
    change: dict[str, Any] = {
        "scores": {
            "scores": kept.scores.iloc[:0].drop(columns=["station", "loop"]),
            "criteria": (),
        },
        "loop": {
            "lines": kept.lines.iloc[:1],
            "stops": kept.stops.iloc[:0],
            "destinations": {"station": kept.destinations["station"]},
        },
        "parcels": {
            "candidates": kept.candidates.assign(parcel_ids=None),
            "rejections": kept.rejections.iloc[:0],
            "tests": kept.tests.iloc[:0],
        },
        "one site": {"candidates": kept.candidates[one], "scores": kept.scores[one]},
        "access": {
            "access": kept.access.iloc[:0],
            "destinations": {},
            "access_points": kept.access_points.iloc[:0],
        },
        "background": {"background": Background(**nothing)},
    }[lacks]
    page = visit(replace(kept, **change)).page
    assert page.locator(".row").count() == (1 if lacks == "one site" else 3)
    for name in page.locator("[data-tool]").evaluate_all("all => all.map(b => b.dataset.tool)"):
        page.locator(f"[data-tool={name}]").click()
        assert page.locator("#tool").is_visible()
    assert page.locator("[data-tool=weights]").count() == (lacks != "scores")
    page.locator("#legend > summary").click()
    assert ("Boucle" in page.locator("#legend").inner_text()) == (lacks != "loop")
    page.locator("#layers > summary").click()
    page.locator("#layers > summary").click()
    page.locator(".row").first.click()
    page.locator('[data-lang="en"]').click()
    words = set(page.locator("body").inner_text().replace("\n", " ").split())
    assert not words & {"null", "undefined", "NaN"}


def test_approximate_outline_is_mentioned(
    visit: Callable[..., Any], small_result: ResultTables
) -> None:
    candidates = small_result.candidates.assign(perimeter="emprise_approximative")
    page = visit(replace(small_result, candidates=candidates)).page
    page.locator(".row").first.click()
    assert "Emprise approximative" in page.locator(".alerts").inner_text()
    assert page.locator("path.site-shape").first.get_attribute("stroke-dasharray") == "5 4"


@pytest.mark.parametrize(
    ("name", "screen"),
    [
        ("bureau", {"viewport": {"width": 1366, "height": 768}}),
        (
            "telephone",
            {
                "viewport": {"width": 390, "height": 844},
                "is_mobile": True,
                "has_touch": True,
                "device_scale_factor": 2,
            },
        ),
    ],
)
def test_screens(
    visit: Callable[..., Any],
    small_result: ResultTables,
    artefacts: Path,
    name: str,
    screen: dict[str, Any],
) -> None:
    found = visit(small_result, **screen)
    page = found.page
    page.screenshot(path=str(artefacts / f"webmap-{name}.png"))
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.locator("#map_foncier").bounding_box()["height"] > 200
    page.locator(".row").first.click()
    found.settle()
    page.screenshot(path=str(artefacts / f"webmap-{name}-fiche.png"))
    popup, frame = (
        page.locator(where).bounding_box() for where in (".leaflet-popup", "#map_foncier")
    )
    assert popup["y"] >= frame["y"]
    if name == "telephone":
        page.locator('button[data-view="map"]').click()
        assert not page.locator("#panel").is_visible()
        page.locator('button[data-view="list"]').click()
        assert not page.locator("#map_foncier").is_visible()


def test_print(visit: Callable[..., Any], small_result: ResultTables, artefacts: Path) -> None:
    tall = shapely.box(649_900, 6_976_500, 650_400, 6_977_500)
    page = visit(replace(small_result, area=tall)).page
    page.emulate_media(media="print")
    assert not page.locator("#search").is_visible()
    assert page.locator(".demo").is_visible()
    assert page.locator(".row").count() == 3
    page.evaluate("beforePrint()")  # the legend opens, and the whole study lies above it
    lowest, strip, height = page.evaluate(
        "[map.latLngToContainerPoint(latLngs(page.view)[0]).y,"
        " document.getElementById('legend').offsetHeight, map.getSize().y]"
    )
    assert 20 < strip < height / 3
    assert lowest <= height - strip + 1
    page.screenshot(path=str(artefacts / "webmap-papier.png"), full_page=True)
    page.pdf(path=str(artefacts / "webmap-papier.pdf"), prefer_css_page_size=True)


def test_a_complete_study_shows_no_placeholder(
    visit: Callable[..., Any], small_result: ResultTables
) -> None:
    page = visit(replace(small_result, missing=(), reports=(), credits=())).page
    assert page.locator("#missing").count() == 0
    page.locator(".row").first.click()
    words = set(page.locator("body").inner_text().replace("\n", " ").split())
    assert not words & {"null", "undefined", "NaN"}
