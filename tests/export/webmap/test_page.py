"""The file: same bytes, nothing from outside, hostile words harmless, both languages."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely

from foncier import schemas
from foncier.errors import ConfigError, ExportError
from foncier.export.webmap import page, write_map
from foncier.export.webmap.payload import payload
from foncier.model import Background, ResultTables

if TYPE_CHECKING:
    from pathlib import Path

LAMBERT_93 = pyproj.CRS.from_epsg(2154)
LOADING = ("src", "href", "srcset", "data", "poster", "action", "background")


class Reader(HTMLParser):
    """Tags with their attributes, and the text of each script and style."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.blocks: list[tuple[str, dict[str, str | None], str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] in {"script", "style"} and data.strip():
            self.blocks.append((*self.tags[-1], data))


def written(result: ResultTables, folder: Path, **options: str) -> str:
    path = folder / "carte.html"
    write_map(result, path, **options)
    return path.read_bytes().decode("utf-8")


def data_of(html: str) -> Any:
    (text,) = [t for _, a, t in Reader(html).blocks if a.get("id") == "foncier-data"]
    return json.loads(text)


def emptied(result: ResultTables) -> ResultTables:
    """The same study, where nothing was found and nothing was given."""
    results = (
        "candidates",
        "evidence",
        "tests",
        "rejections",
        "access_points",
        "access",
        "scores",
        "lines",
    )
    inputs = ("streets", "buildings", "constraints", "places")
    nothing = {name: getattr(schemas, name.upper()).empty(LAMBERT_93) for name in results + inputs}
    return replace(
        result,
        **{name: nothing[name] for name in results},
        stops=result.stops.iloc[:0],
        background=Background(**{name: nothing[name] for name in inputs}),
        criteria=(),
        destinations={},
        reports=(),
        missing=(),
        credits=(),
        edition=None,
    )


def test_same_result_gives_the_same_bytes(small_result: ResultTables, tmp_path: Path) -> None:
    first = written(small_result, tmp_path)
    assert written(small_result, tmp_path) == first
    assert [file.name for file in tmp_path.iterdir()] == ["carte.html"]


def test_nothing_is_loaded_from_outside(small_result: ResultTables, tmp_path: Path) -> None:
    reader = Reader(written(small_result, tmp_path))
    loads = [
        (tag, name, value)
        for tag, attributes in reader.tags
        for name, value in attributes.items()
        if name in LOADING and tag != "a"
    ]
    assert loads == []
    assert not any(tag in {"link", "iframe", "object", "embed", "base"} for tag, _ in reader.tags)
    styles = " ".join(text for tag, _, text in reader.blocks if tag == "style")
    assert set(re.findall(r"url\((?!#)([^:)]*:)", styles)) == {"data:"}
    assert "@import" not in styles
    assert "sourceMappingURL" not in "".join(text for _, _, text in reader.blocks)


def test_policy_names_every_block_and_only_the_tile_hosts(
    small_result: ResultTables, tmp_path: Path
) -> None:
    reader = Reader(written(small_result, tmp_path))
    (policy,) = [str(a["content"]) for _, a in reader.tags if "Policy" in str(a.get("http-equiv"))]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert "unsafe" not in policy
    assert rules["img-src"].split() == ["data:", *page.TILE_HOSTS]
    for tag, attributes, text in reader.blocks:
        if attributes.get("type") != "application/json":
            digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
            assert f"'sha256-{digest}'" in rules[f"{tag}-src"].split()


def test_hostile_words_stay_data(hostile_result: ResultTables, tmp_path: Path) -> None:
    html = written(hostile_result, tmp_path)
    assert "window.hacked=1</script>" not in html
    assert "<img" not in html
    assert "\u2028" not in html.split('id="foncier-data"')[1].split("</script>")[0]
    data = data_of(html)
    assert data["sites"]["name"][0].startswith("Halle <Sernam> & Cie<script>")
    assert data["missing"][0][1].endswith("\U0001f600")
    assert data["title"].startswith("<script>")


def test_a_study_without_anything_is_still_a_page(
    small_result: ResultTables, tmp_path: Path
) -> None:
    data = data_of(written(emptied(small_result), tmp_path))
    assert data["sites"]["id"] == []
    assert data["base"]["names"] == []
    assert data["edition"] is None
    assert data["view"] is not None  # the study area is enough to know where to look


@pytest.mark.parametrize(
    ("lang", "words"),
    [("fr", "Carte des opportunités foncières"), ("en", "Map of land opportunities")],
)
def test_page_opens_in_its_language(
    small_result: ResultTables, tmp_path: Path, lang: str, words: str
) -> None:
    html = written(small_result, tmp_path, lang=lang)
    assert f'<html lang="{lang}">' in html
    assert f"<title>Étude d&#39;essai – {words}</title>" in html
    assert data_of(html)["lang"] == lang


def test_demo_banner_only_for_fictional_data(small_result: ResultTables, tmp_path: Path) -> None:
    assert '<p class="demo"' in written(small_result, tmp_path)
    assert '<p class="demo"' not in written(replace(small_result, demo=False), tmp_path)


def test_another_language_is_refused(small_result: ResultTables, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="langue «\u00a0de\u00a0»"):
        write_map(small_result, tmp_path / "carte.html", lang="de")


def test_a_failed_write_leaves_no_file(small_result: ResultTables, tmp_path: Path) -> None:
    (tmp_path / "carte.html").mkdir()
    with pytest.raises(ExportError, match=r"carte\.html"):
        write_map(small_result, tmp_path / "carte.html")
    assert [file.name for file in tmp_path.iterdir()] == ["carte.html"]


def test_unknown_is_none_and_comes_last(small_result: ResultTables) -> None:
    data = payload(small_result, lang="fr")
    assert data["sites"]["overall_rank"] == [1, 2, None]
    assert data["sites"]["score"] == [0.8, 0.5, None]
    station, loop = data["criteria"]
    assert station["where"] == ["access", "station", "time_min"]
    assert data["access"]["station"]["time_min"] == [6, 12, None]
    assert loop["where"] == ["access", "loop", "distance_m"]
    assert data["access"]["loop"]["distance_m"] == [150, None, None]
    assert loop["scores"] == [0.7, None, None]
    assert json.loads(json.dumps(data, allow_nan=False)) == data


def test_a_criterion_may_have_the_name_of_a_column(small_result: ResultTables) -> None:
    area = replace(small_result.criteria[0], name="area_m2", measure="area_m2")
    scores = small_result.scores.assign(area_m2=[1.0, 0.1, np.nan])
    data = payload(replace(small_result, criteria=(area,), scores=scores), lang="fr")
    assert data["criteria"][0]["where"] == ["sites", "area_m2"]
    assert data["sites"]["area_m2"] == [4000, 600, 300]
    assert data["criteria"][0]["scores"] == [1, 0.1, None]


def test_tests_follow_their_parcel_and_kind(small_result: ResultTables) -> None:
    found = payload(small_result, lang="fr")["tests"]
    assert found["site"] == [1, 1]  # the dent creuse; the friche was not tested
    assert found["margin"] == [200, 120]


def test_the_result_is_not_changed(small_result: ResultTables, tmp_path: Path) -> None:
    before = small_result.candidates.copy(deep=True)
    written(small_result, tmp_path)
    pd.testing.assert_frame_equal(pd.DataFrame(small_result.candidates), pd.DataFrame(before))


def test_every_word_of_the_page_is_in_the_catalogue_and_used() -> None:
    words = page.page_words("fr")
    assert words.keys() == page.page_words("en").keys()
    keys = {key.partition(".")[0] for key in words}
    sources = page._joined(page.SCRIPTS) + page._static("page.html.j2")
    used = set(re.findall(r"\bt(?:Count)?\('([\w.]+)'", sources))
    used |= set(re.findall(r'data-word(?:-label)?="([\w.]+)"', sources))
    assert {key.partition(".")[0] for key in used} - keys == set()
    prefixes = tuple(re.findall(r"\bt\(`(\w+_)\$\{", sources))
    quoted = set(re.findall(r"['\"](\w+)['\".]", sources))
    unused = [key for key in keys if key not in quoted and not key.startswith(prefixes)]
    assert unused == []


def test_our_files_stay_short_and_strict() -> None:
    for name in page.SCRIPTS + page.STYLES:
        text = page._static(name)
        assert text.count("\n") < 400, name
        assert not name.endswith(".js") or text.startswith("'use strict';")
        assert "innerHTML" not in text


def test_thousands_of_shapes_stay_under_three_megabytes(
    small_result: ResultTables, tmp_path: Path
) -> None:
    rng = np.random.default_rng(1)

    def boxes(count: int) -> list[shapely.Geometry]:
        west, south = rng.uniform(648_000, 652_000, count), rng.uniform(6.975e6, 6.979e6, count)
        turned = shapely.box(west, south, west + 17.3, south + 11.1)
        return list(shapely.union(turned, shapely.box(west, south, west + 5, south + 19)))

    many = gpd.GeoDataFrame(
        {"building_id": [f"b{i}" for i in range(8_000)], "kind": "hard", "area_m2": 200.0},
        geometry=boxes(8_000),
        crs=LAMBERT_93,
    )
    row = small_result.rejections.iloc[[0] * 6_000].reset_index(drop=True)
    rejected = row.assign(
        parcel_id=[f"80021000AB{i:04d}" for i in range(6_000)],
        reason_fr=[f"Surface {i} m², il faut 400 m² (il manque {400 - i})" for i in range(6_000)],
    ).set_geometry(boxes(6_000), crs=LAMBERT_93)
    background = replace(small_result.background, buildings=schemas.BUILDINGS.conform(many))
    area = shapely.box(648_000, 6.975e6, 652_000, 6.979e6)
    big = replace(small_result, rejections=rejected, background=background, area=area)
    html = written(big, tmp_path)
    assert len(data_of(html)["base"]["buildings"]["shapes"]["parts"]) == 8_000
    assert len(html.encode()) < 3_000_000
