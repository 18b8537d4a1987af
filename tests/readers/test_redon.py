"""OpenStreetMap data of Redon: every building, shop and lifecycle tag has a class."""

from __future__ import annotations

import gzip
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
import shapely
from tests.readers.tag_inventory import tag_class, tag_inventory

from foncier import detect
from foncier.crs import legal_crs
from foncier.model import LayerFile
from foncier.readers import read
from foncier.study import evidence_model
from foncier.study.config import Study

if TYPE_CHECKING:
    from pathlib import Path

LIFECYCLE_PREFIXES = (
    "disused",
    "abandoned",
    "ruins",
    "demolished",
    "razed",
    "removed",
    "was",
    "destroyed",
    "construction",
    "proposed",
    "planned",
)
TAG = re.compile(r'<tag k="([^"]*)" v="([^"]*)"')


@pytest.fixture(scope="module")
def path(real_data: Path) -> Path:
    return real_data / "osm-redon" / "redon.osm.gz"


@pytest.mark.real
def test_every_building_shop_and_lifecycle_tag_has_a_class(path: Path) -> None:
    text = gzip.decompress(path.read_bytes()).decode()
    raw = Counter(
        (key, value)
        for key, value in TAG.findall(text)
        if key in {"building", "shop", *LIFECYCLE_PREFIXES}
        or key.split(":")[0] in LIFECYCLE_PREFIXES
        or value
        in {"brownfield", "vacant", "disused", "abandoned", "ruins", "demolished", "construction"}
    )
    listed = tag_inventory(path)
    counts = Counter(zip(listed["key"], listed["value"], strict=True))
    assert {tag: counts[tag] for tag in raw} == dict(raw)  # every tag has a class
    assert set(counts) == set(raw)  # and no other tag is listed
    assert listed["kind"].value_counts().to_dict() == {
        "built": 1075,
        "use": 96,
        "vacancy": 14,
        "other stage": 4,
        "future": 2,
    }
    shops = listed[listed["key"] == "shop"]
    assert shops["kind"].value_counts().to_dict() == {"use": 96, "vacancy": 1}


@pytest.mark.real
def test_evidence_and_sites_of_redon(path: Path) -> None:
    crs = legal_crs("35236")
    file = LayerFile("observations", path, "redon", "osm-xml")
    evidence, report = read(file, crs=crs, communes=())
    # The brownfield lacks nodes outside the file: noted, not guessed. Tracks are no sites.
    assert evidence["signal"].value_counts().to_dict() == {
        "osm_in_use": 229,  # 12 of crafts, practices, hotels and museums
        "disused:shop": 8,
        "shop=vacant": 1,
    }
    (cut,) = [note for note in report.notes if "cut by the edge" in note.text.en]
    assert cut.count == 78
    study = Study.model_validate(
        {"study": {"title": "t", "communes": ["35236"]}, "layers": {"buildings": {"path": "x"}}}
    )
    context, france = (
        detect.SpatialContext(observations=evidence),
        shapely.box(0, 6e6, 1.3e6, 7.2e6),
    )
    # The former canton and the construction sites are not candidates.
    assert detect.find_friches(context, evidence_model(study, None), france).candidates.empty


REMOVED_TAGS = [
    (f"{life}:{root}", "yes")
    for life in ("demolished", "razed", "removed", "was")
    for root in ("building", "shop", "railway", "landuse")
]


@pytest.mark.parametrize(("key", "value"), [*REMOVED_TAGS, ("building", "demolished")])
def test_removed_buildings_give_no_evidence(key: str, value: str, tmp_path: Path) -> None:
    assert tag_class(key, value) == "removed"
    corners = [(49.89, 2.30), (49.89, 2.301), (49.891, 2.301), (49.891, 2.30)]
    nodes = "".join(f'<node id="{n}" lat="{a}" lon="{o}"/>' for n, (a, o) in enumerate(corners, 1))
    refs = "".join(f'<nd ref="{n}"/>' for n in (1, 2, 3, 4, 1))
    shop = '<node id="9" lat="49.89" lon="2.30"><tag k="disused:shop" v="yes"/></node>'
    file = tmp_path / "a.osm"
    way = f'<way id="7">{refs}<tag k="{key}" v="{value}"/></way>'
    file.write_text(f'<osm version="0.6">{nodes}{shop}{way}</osm>')
    table, _ = read(
        LayerFile("observations", file, "a.osm", "osm-xml"), crs=legal_crs("80021"), communes=()
    )
    assert table["signal"].tolist() == ["disused:shop"]


CASES: list[tuple[str, str, Any]] = [
    ("building", "yes", "built"),
    ("building", "no", None),
    ("building", "ruins", "vacancy"),
    ("shop", "bakery", "use"),
    ("shop", "vacant", "vacancy"),
    ("shop", "no", "no shop"),
    ("landuse", "brownfield", "vacancy"),
    ("landuse", "construction", "future"),
    ("abandoned:industrial", "yes", "vacancy"),
    ("disused:boundary", "political", "other stage"),
    ("proposed:railway", "rail", "future"),
    ("amenity", "bench", None),
    ("building:condition", "poor", "vacancy"),
    ("disused", "yes", "vacancy"),
]


@pytest.mark.parametrize(("key", "value", "kind"), CASES)
def test_class_of_a_tag(key: str, value: str, kind: str | None) -> None:
    assert tag_class(key, value) == kind
