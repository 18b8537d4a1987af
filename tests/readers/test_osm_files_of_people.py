"""OpenStreetMap files as editors write them, and objects that are not on the ground."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from foncier.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Read = Callable[..., Any]

HEAD = '<?xml version="1.0" encoding="UTF-8"?><osm version="0.6">'
SQUARE = ((2.30, 49.89), (2.301, 49.89), (2.301, 49.891), (2.30, 49.891))


def way(ident: int, of: str = "", *, closed: bool = True, **tags: Any) -> str:
    first = abs(ident) * 10
    sign = "-" if ident < 0 else ""
    nodes = "".join(
        f'<node id="{sign}{first + n}" lat="{lat}" lon="{lon}"/>'
        for n, (lon, lat) in enumerate(SQUARE)
    )
    refs = [*range(first, first + 4), *([first] if closed else [])]
    inner = "".join(f'<nd ref="{sign}{one}"/>' for one in refs)
    cells = "".join(f'<tag k="{k.replace("__", ":")}" v="{v}"/>' for k, v in tags.items())
    return f'{nodes}<way id="{ident}" {of}>{inner}{cells}</way>'


def osm(path: Path, *objects: str) -> Path:
    path.write_text(HEAD + "".join(objects) + "</osm>", encoding="utf-8")
    return path


@pytest.mark.parametrize("ident", [1, -1])
@pytest.mark.parametrize(
    "mark",
    [
        'action="delete"',
        "action='delete' visible='true'",
        'visible="true" action="delete" version="1"',
        'visible="false" version="2"',
    ],
)
def test_what_was_deleted_is_left_out_and_counted(
    ident: int, mark: str, tmp_path: Path, read: Read
) -> None:
    kept = way(ident * 2, of='action="modify"', building="yes")
    path = osm(tmp_path / "a.osm", way(ident, of=mark, building="house"), kept)
    table, report = read("buildings", "osm-xml", path)
    assert list(table["kind"]) == ["unknown"]
    assert ["supprimé" in note.text.fr for note in report.notes].count(True) == 1


def test_a_file_of_changesets_has_no_objects(tmp_path: Path, read: Read) -> None:
    path = osm(tmp_path / "a.osm", '<changeset id="1" open="false"/>', way(1, building="yes"))
    assert len(read("buildings", "osm-xml", path)[0]) == 1


def test_the_json_of_overpass_is_refused_with_what_to_ask_for(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "a.osm"
    path.write_text('{"version": 0.6, "elements": []}', encoding="utf-8")
    with pytest.raises(FormatError, match=r"\[out:xml\]"):
        read("buildings", "osm-xml", path)


# Tags of an area (a line where `line` is one of them), and the constraint that it is.
LAND: list[tuple[dict[str, str], str | None]] = [
    ({"amenity": "parking", "parking": "underground"}, None),
    ({"amenity": "parking", "parking": "multi-storey"}, "parking"),
    ({"natural": "water", "tunnel": "culvert"}, None),
    ({"natural": "water", "tunnel": "no"}, "water"),
    ({"railway": "rail", "tunnel": "yes", "line": "1"}, None),
    ({"railway": "rail", "tunnel": "building_passage", "line": "1"}, "railway"),
    ({"power": "substation", "location": "underground"}, None),
    ({"power": "substation", "location": "outdoor"}, "utility"),
    ({"leisure": "garden", "garden__type": "residential"}, None),
    ({"leisure": "garden", "access": "private"}, None),
    ({"leisure": "garden", "garden__type": "botanical"}, "park"),
    ({"leisure": "swimming_pool", "access": "private"}, None),
    ({"leisure": "swimming_pool", "access": "customers"}, "sports"),
    ({"leisure": "park", "access": "private"}, "park"),
]


@pytest.mark.parametrize(("tags", "kind"), LAND)
def test_land_in_use_is_on_the_ground_and_of_no_house(
    tags: dict[str, str], kind: str | None, tmp_path: Path, read: Read
) -> None:
    line = "line" in tags
    used = {key: value for key, value in tags.items() if key != "line"}
    path = osm(tmp_path / "a.osm", way(1, closed=not line, **used))
    table, report = read("constraints", "osm-xml", path)
    assert list(table["kind"]) == ([] if kind is None else [kind])
    assert bool(report.notes) == (kind is None)


@pytest.mark.parametrize(
    ("tags", "subject"),
    [
        ({"disused__railway": "station", "building": "train_station"}, "building"),
        ({"disused__railway": "station"}, "site"),
        ({"disused__man_made": "works", "building": "industrial"}, "building"),
        ({"landuse": "brownfield", "building": "yes"}, "site"),
    ],
)
def test_a_former_station_that_is_a_building_is_one(
    tags: dict[str, Any], subject: str, tmp_path: Path, read: Read
) -> None:
    table, _ = read("observations", "osm-xml", osm(tmp_path / "a.osm", way(1, **tags)))
    assert list(table["subject"]) == [subject]


def test_a_building_under_the_ground_is_none(tmp_path: Path, read: Read) -> None:
    path = osm(tmp_path / "a.osm", way(1, building="yes", location="underground"))
    assert len(read("buildings", "osm-xml", path)[0]) == 0
