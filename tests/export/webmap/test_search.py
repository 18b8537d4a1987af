"""The search finds what people write: 60 queries with their first hit, and coordinates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyproj
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from foncier.model import ResultTables

pytestmark = pytest.mark.browser
FIRST = """(query) => { const [hit] = search(query).hits;
  return !hit ? null : hit.kind === 'site' ? sites[hit.row].id : hitName(hit); }"""
MALT = "FR-80021_90008"
DEMO = {
    # parcels, as a deed, a colleague or a spreadsheet writes them
    "BK 120": "DC-80021000BK0120",
    "bk120": "DC-80021000BK0120",
    "BK4": "FR-80021000BK0004-nafu",
    "section BK n°256": "FR-80021_90055",
    "parcelle BK 0256": "FR-80021_90055",
    "bk-256": "FR-80021_90055",
    "80021 000 BK 256": "FR-80021_90055",
    "80021000BM0002": MALT,
    "AB 12": "TD-80021000AB0012",
    "AB 4": "80021000AB0004",  # rejected: its reason is shown
    "FR-80021_90008": MALT,
    "fr-80021_90008": MALT,
    # names: accents, plurals, one letter wrong
    "malterie": MALT,
    "Malteries": MALT,
    "MALTÉRIE": MALT,
    "mlaterie": MALT,
    "malerie": MALT,
    "maltterie": MALT,
    "tramway": "FR-80021_90010",
    "ancien dépot de tramway": "FR-80021_90010",
    "teinturerie hocquet": "FR-80021_90004",
    # places, streets, water
    "gare": "Gare d'Amiens",
    "la gare": "Gare d'Amiens",
    "gares": "Gare d'Amiens",
    "garre": "Gare d'Amiens",
    "gare vallee": "Gare la Vallée",
    "citadelle": "Citadelle",
    "citadele": "Citadelle",
    "CHU": "Hôpital Nord",
    "hopital": "Hôpital Nord",
    "st leu": "Saint-Leu",
    "quai innovation": "Quai de l'Innovation",
    "av. du gal de gaulle": "Avenue du Général-de-Gaulle",
    "bd d'alsace": "Boulevard d'Alsace-Lorraine",
    "12 rue de grâce": "Rue de Grâce",
    "la somme": "La Somme",
    "étangs": "Étang de Clermont",
    # coordinates
    "49.8942, 2.2957": "49.894200, 2.295700",
    "2,2957 ; 49,8942": "49.894200, 2.295700",
    "649400 6977000": "49.889689, 2.296413",
    "zzz": None,
}
AMIENS = {
    "gare": "Gare d'Amiens",
    "citadelle": "Campus de la Citadelle",
    "citadelle avenue": "Citadelle, avenue du Général-de-Gaulle",
    "cathedrale": "Cathédrale",
    "catelas": "FR-80021_20540",
    "Caserne Catellas": "FR-80021_20540",
    "rue de verdun": "Rue de Verdun",
    "277 rue de verdun": "FR-80021_24252",
    "365, rue de Verdun": "FR-80021_21480",
    "151 r dejean": "FR-80021_28551",
    "48 chemin de la salle": "FR-80021_24182",
    "vh 82": "FR-80021_24181",
    "CS417": "FR-80021_24252",
    "zac de montières": "FR-80021_21496",
    "halle freyssinet": "FR-80021_28548",
    "freysinet": "FR-80021_28548",
    "bd de beauvillé": "Boulevard de Beauvillé",
    "place foch": "Place Maréchal Foch",
    "st fuscien": "Rue Saint-Fuscien",
}
PLACE = [49.8942, 2.2957]
WRITTEN = [
    "49.8942, 2.2957",
    "49,8942 2,2957",
    "49,8942, 2,2957",
    "(49.8942 ; 2.2957)",
    "N 49.8942 E 2.2957",
    "49.8942° N, 2.2957° E",
    "lat 49.8942 lon 2.2957",
    "lon: 2.2957, lat: 49.8942",
    "49°53'39.12\"N 2°17'44.52\"E",
    "2° 17′ 44,52″ E, 49° 53′ 39,12″ N",
    "49°53.652'N 2°17.742'E",
    "https://www.google.fr/maps/@49.8942,2.2957,17z",
    "https://www.openstreetmap.org/#map=17/49.8942/2.2957",
    "https://www.geoportail.gouv.fr/carte?c=2.2957,49.8942&z=18",
    "geo:49.8942,2.2957",
    "POINT (2.2957 49.8942)",
]
NO_PLACE = [
    "12, 14 rue",
    "BK 12",
    "49 2",
    "49,8942",
    "80021000BK0004",
    "12 rue du 8 mai 1945",
    "1 2 3",
]


def first_hits(page: Any, table: dict[str, Any]) -> dict[str, Any]:
    return {query: page.evaluate(FIRST, query) for query in table}


def test_the_first_hit_of_the_demonstration(
    visit: Callable[..., Any], demo_result: ResultTables
) -> None:
    assert first_hits(visit(demo_result).page, DEMO) == DEMO


@pytest.mark.real
def test_the_first_hit_of_amiens(
    visit: Callable[..., Any], studied: Callable[[str], ResultTables]
) -> None:
    assert len(DEMO) + len(AMIENS) >= 60
    assert first_hits(visit(studied("amiens")).page, AMIENS) == AMIENS


def test_coordinates_in_every_form(visit: Callable[..., Any], small_result: ResultTables) -> None:
    page = visit(small_result).page
    for text in WRITTEN:
        assert page.evaluate("(t) => parseCoordinates(t)", text) == pytest.approx(PLACE, abs=1e-9)
    for text in NO_PLACE:
        assert page.evaluate("(t) => parseCoordinates(t)", text) is None, text
    for epsg, commune, x, y in [
        (2154, "80021", 649_400.0, 6_977_000.0),
        (2154, "20004", 1_176_000.5, 6_110_000.25),
        (3950, "80021", 1_648_000.0, 9_188_000.0),
        (3943, "34172", 1_770_000.0, 2_270_000.0),
        (2975, "97411", 340_000.0, 7_650_000.0),
        (5490, "97209", 690_000.0, 1_610_000.0),
        (2972, "97302", 350_000.0, 545_000.0),
        (4471, "97611", 520_000.0, 8_580_000.0),
    ]:
        lon, lat = pyproj.Transformer.from_crs(epsg, 4326, always_xy=True).transform(x, y)
        found = page.evaluate("([t, c]) => parseCoordinates(t, [c])", [f"X={x} Y={y}", commune])
        assert found == pytest.approx([lat, lon], abs=1e-7), epsg


def test_enter_goes_to_the_place_and_names_the_nearest_sites(
    visit: Callable[..., Any], demo_result: ResultTables
) -> None:
    page = visit(demo_result).page
    page.locator("#search").fill("citadelle")
    assert "Campus de la Citadelle" in page.locator("#place-hits").inner_text()
    assert "275 opportunités" in page.locator("#count").inner_text()  # no site has that name
    page.locator("#search").press("Enter")
    popup = page.locator(".place-popup")
    assert popup.locator("h3").inner_text() == "Citadelle"
    assert popup.locator(".choice .hit").count() == 3
    link = page.evaluate("stateFragment()")
    assert "place=" in link
    popup.locator(".hit").first.click()
    assert page.locator("#card h2").is_visible()
    assert "place=" not in page.evaluate("stateFragment()")
    page.evaluate("(link) => restoreState(link)", link)
    assert page.locator(".place-popup h3").inner_text() == "Citadelle"
    assert page.evaluate("stateFragment()") == link
    page.locator("[data-lang=en]").click()
    page.locator("#search").fill("49.89056, 2.30820")
    assert "Coordinates" in page.locator("#place-hits").inner_text()
    page.locator("#search").fill("48.85, 2.35")
    assert page.locator("#place-hits .hit").is_disabled()
    assert "outside the study" in page.locator("#place-hits").inner_text()


def test_a_site_that_the_search_names_is_opened_by_enter(
    visit: Callable[..., Any], small_result: ResultTables
) -> None:
    page = visit(small_result).page
    page.locator("#search").fill("ab3")
    assert page.locator(".row").count() == 1
    page.locator("#search").press("Enter")
    assert page.locator("#card h2").inner_text() == "Parcelle AB\u00a03"


def test_where_no_site_is_in_view_the_nearest_is_offered(
    visit: Callable[..., Any], small_result: ResultTables
) -> None:
    page = visit(small_result).page
    box = page.locator("#nearest")
    assert box.is_hidden()
    page.evaluate("map.setView([sites[2].at[0], sites[2].at[1] + 0.01], 18, { animate: false })")
    assert "Aucune opportunité dans cette vue" in box.inner_text()
    assert "720\u00a0m" in box.inner_text()
    page.locator("#go-nearest").focus()
    page.keyboard.press("Enter")
    assert page.locator("#card h2").inner_text() == "Ancien garage"
    assert box.is_hidden()
    page.locator("#back").click()
    page.locator("#search").fill("halle")
    page.evaluate("map.setView([sites[2].at[0], sites[2].at[1] + 0.01], 18, { animate: false })")
    page.locator("#go-nearest").click()  # among the listed sites only
    assert "Halle" in page.locator("#card h2").inner_text()
