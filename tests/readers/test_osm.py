"""OpenStreetMap files: what tags say of streets, land in use, places and vacancy."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import pytest

from foncier.errors import FormatError
from foncier.readers import osm_objects

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NODES = {1: (2.300, 49.890), 2: (2.301, 49.890), 3: (2.301, 49.891), 4: (2.300, 49.891)}


def osm(path: Path, *objects: str) -> Path:
    nodes = "".join(
        f'<node id="{i}" lat="{lat}" lon="{lon}" user="someone"/>'
        for i, (lon, lat) in NODES.items()
    )
    path.write_bytes(
        b"\xef\xbb\xbf" + f'<osm version="0.6">{nodes}{"".join(objects)}</osm>'.encode()
    )
    return path


def way(ident: int, refs: str, **tags: str) -> str:
    nds = "".join(f'<nd ref="{ref}"/>' for ref in refs.split())
    said = "".join(f'<tag k="{k.replace("__", ":")}" v="{v}"/>' for k, v in tags.items())
    return f'<way id="{ident}" user="someone">{nds}{said}</way>'


def spot(ident: int, **tags: str) -> str:
    said = "".join(f'<tag k="{k.replace("__", ":")}" v="{v}"/>' for k, v in tags.items())
    return f'<node id="{ident}" lat="49.8905" lon="2.3005">{said}</node>'


RING = "1 2 3 4 1"


@pytest.mark.parametrize(
    ("tags", "modes", "level"),
    [
        ({"highway": "residential"}, "walk bike drive", 0),
        ({"highway": "motorway"}, "drive", 0),
        ({"highway": "trunk", "motorroad": "yes"}, "drive", 0),
        ({"highway": "footway"}, "walk", 0),
        ({"highway": "footway", "bicycle": "yes"}, "walk bike", 0),
        ({"highway": "steps", "layer": "1"}, "walk", 1),
        ({"highway": "cycleway"}, "bike", 0),
        ({"highway": "cycleway", "foot": "designated"}, "walk bike", 0),
        ({"highway": "service", "access": "private"}, "", 0),
        ({"highway": "service", "access": "private", "foot": "yes"}, "walk", 0),
        ({"highway": "service", "access": "customers"}, "walk bike drive", 0),
        ({"highway": "primary", "foot": "no", "bridge": "yes"}, "bike drive", 1),
        ({"highway": "residential", "motor_vehicle": "no"}, "walk bike", 0),
        ({"highway": "path", "tunnel": "yes"}, "walk bike", -1),
        ({"highway": "footway", "tunnel": "building_passage"}, "walk", 0),
        ({"highway": "path", "layer": "low", "bridge": "no"}, "walk bike", 0),
    ],
)
def test_modes_and_level_of_a_street(
    tags: dict[str, str], modes: str, level: int, tmp_path: Path, read: Callable[..., Any]
) -> None:
    table, _ = read("streets", "osm-xml", osm(tmp_path / "a.osm", way(7, "1 2", **tags)))
    row = table.iloc[0]
    assert row["street_id"] == "way/7"
    assert " ".join(m for m in ("walk", "bike", "drive") if row[m]) == modes
    assert row["level"] == level


@pytest.mark.parametrize(
    ("tags", "way_of_bikes"),
    [
        ({}, "both"),
        ({"oneway": "no"}, "both"),
        ({"oneway": "yes"}, "forward"),
        ({"oneway": "true"}, "forward"),
        ({"oneway": "-1"}, "backward"),
        ({"oneway": "reversible"}, None),
        ({"oneway": "yes", "oneway__bicycle": "no"}, "both"),
        ({"oneway": "no", "oneway__bicycle": "yes"}, "forward"),
        ({"oneway": "yes", "oneway__bicycle": "-1"}, "backward"),
        ({"oneway": "yes", "cycleway": "opposite"}, "both"),
        ({"oneway": "yes", "cycleway": "opposite_lane"}, "both"),
        ({"oneway": "yes", "cycleway__left": "opposite_track"}, "both"),
        ({"oneway": "yes", "cycleway__left": "lane", "cycleway__left__oneway": "-1"}, "both"),
        ({"oneway": "yes", "cycleway__both": "track", "cycleway__both__oneway": "no"}, "both"),
        ({"oneway": "yes", "cycleway__left__oneway": "-1"}, "forward"),
        ({"oneway": "yes", "cycleway": "lane"}, "forward"),
        ({"oneway": "yes", "cycleway": "opposite", "oneway__bicycle": "yes"}, "forward"),
        ({"junction": "roundabout"}, "forward"),
        ({"junction": "roundabout", "oneway": "-1"}, "backward"),
        ({"highway": "cycleway", "oneway": "yes"}, "forward"),
        ({"highway": "motorway"}, "forward"),
    ],
)
def test_which_way_cyclists_may_go(
    tags: dict[str, str], way_of_bikes: str | None, tmp_path: Path, read: Callable[..., Any]
) -> None:
    street = {"highway": "residential", **tags}
    table, _ = read("streets", "osm-xml", osm(tmp_path / "a.osm", way(7, "1 2", **street)))
    assert (
        table["bike_way"].astype(object).where(table["bike_way"].notna(), None)[0] == way_of_bikes
    )


@pytest.mark.parametrize(
    ("tags", "modes"),
    [
        ({"highway": "footway", "access": "no"}, ""),
        ({"highway": "footway", "access": "no", "bicycle": "designated"}, "bike"),
        ({"highway": "path", "foot": "designated", "bicycle": "no"}, "walk"),
        ({"highway": "path", "bicycle": "dismount"}, "walk"),
        ({"highway": "track", "foot": "private"}, "bike"),
        ({"highway": "track", "access": "forestry"}, "walk bike"),
        ({"highway": "steps", "bicycle": "yes"}, "walk bike"),
        ({"highway": "pedestrian", "bicycle": "permissive"}, "walk bike"),
        ({"highway": "primary", "foot": "use_sidepath", "bicycle": "use_sidepath"}, "drive"),
        ({"highway": "trunk"}, "walk bike drive"),
        ({"highway": "motorway", "foot": "yes"}, "walk drive"),
        ({"highway": "residential", "vehicle": "no"}, "walk"),
        ({"highway": "residential", "vehicle": "no", "bicycle": "yes"}, "walk bike"),
        ({"highway": "bridleway"}, "walk bike"),
        ({"highway": "corridor"}, "walk"),
        ({"highway": "service", "access": "military"}, ""),
        ({"highway": "service", "access": "permit"}, ""),
        ({"highway": "service", "access": "residents", "bicycle": "yes"}, "bike"),
        ({"highway": "service", "access": "employees"}, ""),
        ({"highway": "service", "access": "emergency", "foot": "permissive"}, "walk"),
        ({"highway": "service", "access": "private;delivery"}, ""),
        ({"highway": "service", "access": "destination;agricultural"}, "walk bike drive"),
        ({"highway": "service", "access": "yes", "foot": "no"}, "bike drive"),
        ({"highway": "path", "foot": "private", "access": "yes"}, "bike"),
    ],
)
def test_tags_that_forbid_or_allow(
    tags: dict[str, str], modes: str, tmp_path: Path, read: Callable[..., Any]
) -> None:
    table, _ = read("streets", "osm-xml", osm(tmp_path / "a.osm", way(7, "1 2", **tags)))
    assert " ".join(m for m in ("walk", "bike", "drive") if table.iloc[0][m]) == modes


def test_streets_join_at_their_nodes_and_are_cut_at_the_edge(
    tmp_path: Path, read: Callable[..., Any]
) -> None:
    path = osm(
        tmp_path / "a.osm",
        way(1, "1 2", highway="residential", name="Rue A"),
        way(2, "2 3", highway="residential"),
        way(3, "4 1 99 3 2", highway="path"),
        way(4, RING, highway="pedestrian", area="yes"),
        way(5, "1 2", highway="proposed"),
        way(6, "98 99", highway="path"),
    )
    table, report = read("streets", "osm-xml", path)
    assert table["street_id"].tolist() == ["way/1", "way/2", "way/3", "way/3-2", "way/4"]
    lines = table.set_index("street_id").geometry
    assert lines["way/1"].coords[-1] == lines["way/2"].coords[0]
    assert lines["way/3-2"].coords[-1] == lines["way/1"].coords[-1]
    assert lines["way/4"].is_ring
    assert {note.effect: note.count for note in report.notes} == {"dropped": 1, "assumed": 1}


def test_a_compressed_file_gives_the_same(tmp_path: Path, read: Callable[..., Any]) -> None:
    plain = osm(tmp_path / "a.osm", way(1, "1 2", highway="path"))
    packed = tmp_path / "a.osm.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    tables = [read("streets", "osm-xml", path)[0] for path in (plain, packed)]
    assert tables[0].equals(tables[1])


POND = (
    '<relation id="9"><member type="way" ref="7" role="outer"/>'
    '<tag k="type" v="multipolygon"/><tag k="natural" v="water"/></relation>'
)


def test_objects_in_any_order_are_read(tmp_path: Path, read: Callable[..., Any]) -> None:
    """Overpass writes ways before nodes when asked for ``out body; >; out skel;``."""
    objects = (way(6, "2 3", highway="path"), way(7, RING), way(8, "1 2", highway="path"))
    whole = osm(tmp_path / "a.osm", *objects, POND).read_text("utf-8-sig")
    nodes = whole[whole.index("<node") : whole.index("<way")]
    turned = tmp_path / "b.osm"
    orders = (
        [POND, *objects, nodes],
        [nodes, *reversed(objects), POND],
        [nodes, *objects * 2, POND],
    )
    for order in orders:
        turned.write_text(f'<osm version="0.6">{"".join(order)}</osm>', "utf-8")
        check(read, tmp_path / "a.osm", turned)


def check(read: Callable[..., Any], plain: Path, turned: Path) -> None:
    for layer, ids in (("streets", ["way/6", "way/8"]), ("constraints", ["relation/9"])):
        table, _ = read(layer, "osm-xml", plain)
        same, report = read(layer, "osm-xml", turned)
        assert table.iloc[:, 0].tolist() == ids
        assert table.equals(same)
        assert not [note for note in report.notes if note.effect == "dropped"]


def test_objects_that_were_never_uploaded_are_read(
    tmp_path: Path, read: Callable[..., Any]
) -> None:
    """JOSM gives them negative ids."""
    plain = osm(tmp_path / "a.osm", way(7, RING), way(8, "1 2", highway="path"), POND)
    new = tmp_path / "new.osm"
    text = plain.read_text("utf-8-sig").replace(' id="', ' id="-').replace(' ref="', ' ref="-')
    new.write_text(text, "utf-8")
    for layer, ids in (("streets", ["way/-8"]), ("constraints", ["relation/-9"])):
        there, table = read(layer, "osm-xml", plain)[0], read(layer, "osm-xml", new)[0]
        assert table.iloc[:, 0].tolist() == ids
        assert table.geometry.geom_equals(there.geometry).all()


def test_area_with_a_crossing_outline_is_dropped_with_a_note(
    tmp_path: Path, read: Callable[..., Any]
) -> None:
    path = osm(tmp_path / "a.osm", way(7, "1 3 2 4 1"), way(8, RING, natural="water"), POND)
    table, report = read("constraints", "osm-xml", path)
    assert table["constraint_id"].tolist() == ["way/8"]
    assert [(note.effect, note.count, note.text.en) for note in report.notes] == [
        ("dropped", 1, "OpenStreetMap area with an open or crossing outline dropped")
    ]


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ('<osmChange version="0.6"></osmChange>', "racine «\u00a0osmChange\u00a0»"),
        ("<html><body>Maintenance</body></html>", "racine «\u00a0html\u00a0»"),
        ('<!DOCTYPE osm><osm version="0.6"></osm>', "DOCTYPE"),
        ('<osm version="0.6"><node id="a" lat="1" lon="1"/></osm>', "illisible"),
        ('<osm version="0.6"><node id="1" lat="1,5" lon="1"/></osm>', "illisible"),
        ('<osm version="0.6">\n<node id="1" lat="1" lon="1"/>', "ligne 2"),
    ],
)
def test_other_files_than_extracts_are_one_error(
    written: str, says: str, tmp_path: Path, read: Callable[..., Any]
) -> None:
    (tmp_path / "a.osm").write_text(written, "utf-8")
    with pytest.raises(FormatError, match=says):
        read("streets", "osm-xml", tmp_path / "a.osm")


@pytest.mark.parametrize(
    ("tags", "kind", "effect"),
    [
        ({"natural": "water"}, "water", "exclude"),
        ({"landuse": "cemetery"}, "cemetery", "exclude"),
        ({"leisure": "pitch"}, "sports", "exclude"),
        ({"amenity": "school"}, "school", "exclude"),
        ({"landuse": "allotments"}, "allotments", "exclude"),
        ({"landuse": "railway"}, "railway", "exclude"),
        ({"leisure": "park"}, "park", "exclude"),
        ({"amenity": "parking"}, "parking", "flag"),
        ({"landuse": "construction"}, "construction", "exclude"),
        ({"building": "construction"}, "construction", "exclude"),
        ({"power": "substation"}, "utility", "exclude"),
        ({"man_made": "wastewater_plant"}, "utility", "exclude"),
        ({"landuse": "military"}, "military", "exclude"),
        ({"military": "barracks"}, "military", "exclude"),
        ({"military": "bunker"}, None, None),
        ({"amenity": "fuel"}, "fuel_station", "exclude"),
        ({"amenity": "fuel", "disused": "yes"}, None, None),
        ({"natural": "wood"}, "woodland", "flag"),
        ({"natural": "wetland"}, "wetland", "flag"),
        ({"landuse": "basin", "disused": "yes"}, "water", "exclude"),
        ({"landuse": "grass"}, None, None),
        ({"railway": "abandoned"}, None, None),
    ],
)
def test_land_in_use(
    tags: dict[str, str],
    kind: str | None,
    effect: str | None,
    tmp_path: Path,
    read: Callable[..., Any],
) -> None:
    path = osm(tmp_path / "a.osm", way(7, RING, **tags), spot(8, **tags))
    table, _ = read("constraints", "osm-xml", path)
    found = list(zip(table["constraint_id"], table["kind"], table["effect"], strict=True))
    assert found == ([("way/7", kind, effect)] if kind else [])


def test_an_area_with_a_hole(tmp_path: Path, read: Callable[..., Any]) -> None:
    members = '<member type="way" ref="1" role="outer"/><member type="way" ref="2" role="outer"/>'
    tags = '<tag k="type" v="multipolygon"/><tag k="natural" v="water"/>'
    pond = f'<relation id="9">{members}{tags}</relation>'
    cut = f'<relation id="10"><member type="way" ref="3" role="outer"/>{tags}</relation>'
    path = osm(tmp_path / "a.osm", way(1, "1 2 3"), way(2, "3 4 1"), way(3, "1 99 1"), pond, cut)
    table, report = read("constraints", "osm-xml", path)
    assert table["constraint_id"].tolist() == ["relation/9"]
    assert table.area[0] == pytest.approx(7990, rel=0.01)
    assert [(note.effect, note.count) for note in report.notes] == [("dropped", 1)]


@pytest.mark.parametrize(
    ("tags", "category"),
    [
        ({"railway": "station"}, "station"),
        ({"highway": "bus_stop"}, "stop"),
        ({"amenity": "university"}, "university"),
        ({"office": "coworking"}, "innovation"),
        ({"amenity": "townhall"}, "public_service"),
        ({"shop": "bakery"}, "shop"),
        ({"shop": "vacant"}, None),
        ({"shop": "disused"}, None),
        ({"shop": "bakery", "disused": "yes"}, None),
        ({"amenity": "bench"}, None),
    ],
)
def test_destinations(
    tags: dict[str, str], category: str | None, tmp_path: Path, read: Callable[..., Any]
) -> None:
    table, _ = read("places", "osm-xml", osm(tmp_path / "a.osm", spot(8, name="X", **tags)))
    assert table["category"].tolist() == ([category] if category else [])


@pytest.mark.parametrize(
    ("tags", "signals"),
    [
        ({"disused__building": "house"}, ["disused:building building"]),
        ({"abandoned__railway": "rail"}, []),
        ({"railway": "disused", "disused__railway": "rail"}, []),
        ({"disused__railway": "station"}, ["disused:railway site"]),
        ({"ruins__building": "yes"}, ["ruins:building building"]),
        ({"building": "ruins"}, ["ruins:building building"]),
        ({"building": "yes", "ruins": "yes"}, ["ruins:building building"]),
        ({"building": "yes", "abandoned": "yes"}, ["abandoned:building building"]),
        ({"landuse": "brownfield"}, ["landuse=brownfield site"]),
        ({"building": "yes", "building__condition": "poor"}, ["building:condition building"]),
        ({"building": "yes", "building__condition": "good"}, []),
        ({"shop": "vacant"}, ["shop=vacant building"]),
        ({"shop": "bakery"}, ["osm_in_use building"]),
        ({"shop": "bakery", "amenity": "cafe"}, ["osm_in_use building"]),
        ({"shop": "bakery", "disused": "yes"}, ["disused:shop building"]),
        ({"amenity": "bench"}, []),
        ({"disused__shop": "no"}, []),
        ({"demolished__building": "yes"}, []),
        ({"razed__railway": "rail"}, []),
        ({"removed__shop": "yes"}, []),
        ({"was__amenity": "school"}, []),
        ({"disused__boundary": "political"}, []),
        ({"highway": "track", "abandoned": "yes"}, []),
    ],
)
def test_evidence_of_vacancy_and_of_use(
    tags: dict[str, str], signals: list[str], tmp_path: Path, read: Callable[..., Any]
) -> None:
    table, _ = read("observations", "osm-xml", osm(tmp_path / "a.osm", way(7, RING, **tags)))
    assert (table["signal"] + " " + table["subject"]).tolist() == signals
    assert set(table.geom_type) <= {"Polygon"}


def test_check_date_is_read_and_user_names_are_not(
    tmp_path: Path, read: Callable[..., Any]
) -> None:
    path = osm(tmp_path / "a.osm", spot(8, disused__shop="yes", check_date="2023-05-01", name="Z"))
    table, _ = read("observations", "osm-xml", path)
    row = table.iloc[0]
    assert (str(row["observed_on"].date()), row["source"], row["name"]) == (
        "2023-05-01",
        "OpenStreetMap",
        "Z",
    )
    assert row["detail"] == "disused:shop=yes"
    assert "someone" not in table.to_csv()


def test_a_file_without_such_objects_is_empty(tmp_path: Path, read: Callable[..., Any]) -> None:
    for layer in ("streets", "constraints", "places", "observations"):
        table, report = read(
            layer, "osm-xml", osm(tmp_path / "a.osm", way(1, "1 2", barrier="wall"))
        )
        assert (len(table), report.rows_read) == (0, 0)


def test_prefixes_of_removed_objects_are_no_evidence() -> None:
    assert not {"demolished", "razed", "removed", "was"} & set(osm_objects.LIFECYCLES)
