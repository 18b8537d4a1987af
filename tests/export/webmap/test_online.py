"""What goes online, and only when asked: backgrounds, and the links of a card."""

from __future__ import annotations

import re
import struct
import zlib
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from foncier.export.webmap import write_map

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from foncier.model import ResultTables

pytestmark = pytest.mark.browser
LAYERS = {
    "plan": ("GEOGRAPHICALGRIDSYSTEMS.PLANIGNV2", "image/png"),
    "ortho": ("ORTHOIMAGERY.ORTHOPHOTOS", "image/jpeg"),
}


def picture() -> bytes:
    """A PNG of one grey point."""

    def chunk(name: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + content))
        return struct.pack(">I", len(content)) + name + content + check

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    point = zlib.compress(bytes([0, 120]))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", point) + chunk(b"IEND", b"")


@pytest.fixture
def online(chromium: Any, small_result: ResultTables, tmp_path: Path) -> Iterator[Any]:
    """A page whose requests to the world are answered here, and their addresses kept."""
    path = tmp_path / "map.html"
    write_map(small_result, path)
    context = chromium.new_context(viewport={"width": 1366, "height": 768})
    page = context.new_page()
    page.asked, page.answers = [], True

    def answer(route: Any) -> None:
        page.asked.append(route.request.url)
        if page.answers:
            route.fulfill(status=200, content_type="image/png", body=picture())
        else:
            route.fulfill(status=503, body="")

    page.route(re.compile("^https?://"), answer)
    page.goto(path.as_uri())
    page.wait_for_selector("body[data-ready=yes]")
    page.locator("#layers > summary").click()
    yield page
    context.close()


def around(page: Any) -> set[tuple[int, int, int]]:
    """Tiles that cover what the map shows, by the formula of the Web Mercator pyramid."""
    found = page.evaluate(
        """() => {
          const zoom = Math.round(map_foncier.getZoom());
          const { min, max } = map_foncier.getPixelBounds(map_foncier.getCenter(), zoom);
          const half = map_foncier.getSize().divideBy(2
            * map_foncier.getZoomScale(map_foncier.getZoom(), zoom));
          const middle = map_foncier.project(map_foncier.getCenter(), zoom);
          const [a, b] = [middle.subtract(half), middle.add(half)];
          const all = [];
          for (let x = Math.floor(a.x / 256); x <= Math.floor(b.x / 256); x += 1) {
            for (let y = Math.floor(a.y / 256); y <= Math.floor(b.y / 256); y += 1) {
              all.push([zoom, x, y]);
            }
          }
          return all;
        }"""
    )
    return {tuple(tile) for tile in found}


@pytest.mark.parametrize("name", ["plan", "ortho"])
def test_an_ign_background_asks_for_the_tiles_in_sight(online: Any, name: str) -> None:
    assert online.asked == []
    online.locator(f"input[name=online][value={name}]").check()
    online.wait_for_selector(".leaflet-tile-pane img.leaflet-tile-loaded")
    layer, image = LAYERS[name]
    tiles = set()
    for address in online.asked:
        parts = urlsplit(address)
        asked = {key: value for key, (value,) in parse_qs(parts.query).items()}
        assert (parts.scheme, parts.netloc, parts.path) == ("https", "data.geopf.fr", "/wmts")
        place = tuple(int(asked.pop(f"TILE{key}")) for key in ("MATRIX", "COL", "ROW"))
        assert asked == {
            "SERVICE": "WMTS",
            "REQUEST": "GetTile",
            "VERSION": "1.0.0",
            "STYLE": "normal",
            "TILEMATRIXSET": "PM",
            "LAYER": layer,
            "FORMAT": image,
        }
        tiles.add(place)
    assert around(online) <= tiles
    assert "IGN" in online.locator(".leaflet-control-attribution").inner_text()
    assert online.locator(".leaflet-tile-pane canvas").count() == 0  # our own base map is away
    before = len(online.asked)
    online.locator("input[name=online][value='']").check()
    online.wait_for_timeout(200)
    assert len(online.asked) == before
    assert online.locator(".leaflet-tile-pane img").count() == 0
    assert online.locator(".leaflet-tile-pane canvas").count() > 0


def test_openstreetmap_asks_for_its_own_tiles(online: Any) -> None:
    online.locator("input[name=online][value=osm]").check()
    online.wait_for_selector(".leaflet-tile-pane img.leaflet-tile-loaded")
    wanted = {f"https://tile.openstreetmap.org/{z}/{x}/{y}.png" for z, x, y in around(online)}
    assert wanted <= set(online.asked)
    assert all(address.startswith("https://tile.openstreetmap.org/") for address in online.asked)


def test_a_failed_background_is_reported_and_the_map_stays(online: Any) -> None:
    online.answers = False
    online.locator("input[name=online][value=plan]").check()
    note = online.locator("#online-note")
    note.wait_for()
    assert "ne répond pas" in note.inner_text()
    assert "ne répond pas" in online.locator("#status").inner_text()
    assert online.locator(".leaflet-tile-pane canvas").count() > 0
    online.locator("input[name=online][value='']").check()
    assert note.is_hidden()


@pytest.mark.parametrize(
    "address", ["https://example.org/a.png", "http://data.geopf.fr/a.png", "https://geopf.fr/a.png"]
)
def test_the_policy_refuses_any_other_host(online: Any, address: str) -> None:
    refused = online.evaluate(
        """address => new Promise((resolve) => {
          document.addEventListener('securitypolicyviolation',
            (event) => resolve(event.effectiveDirective), { once: true });
          new Image().src = address;
        })""",
        address,
    )
    assert refused == "img-src"
    assert online.asked == []


def test_the_links_of_a_card_point_at_its_place(online: Any) -> None:
    online.locator(".row").nth(1).click()
    lat, lon = online.evaluate("state.open.at.map((value) => value.toFixed(6))")
    assert 49.87 < float(lat) < 49.91
    assert 2.29 < float(lon) < 2.32
    hrefs = online.locator(".links a").evaluate_all("all => all.map((a) => a.href)")
    assert hrefs == [
        f"https://cadastre.data.gouv.fr/map?style=vector&parcelleId=80021000AB0003#18/{lat}/{lon}",
        "https://www.cadastre.gouv.fr/scpc/accueil.do",
        f"https://www.geoportail.gouv.fr/carte?c={lon},{lat}&z=18&permalink=yes",
        f"https://api.panoramax.xyz/#focus=map&map=18/{lat}/{lon}",
    ]
    assert set(online.locator(".links a").evaluate_all("all => all.map((a) => a.rel)")) == {
        "noopener noreferrer"
    }


def test_a_hostile_parcel_stays_out_of_the_links(
    visit: Callable[..., Any], hostile_result: ResultTables
) -> None:
    page = visit(hostile_result).page
    page.locator(".row").first.click()
    hrefs = page.locator(".links a").evaluate_all("all => all.map((a) => a.href)")
    assert len(hrefs) == 4
    assert not any("script" in href or "parcelleId" in href for href in hrefs)
