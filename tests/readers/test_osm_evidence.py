"""OpenStreetMap: the present use takes precedence over the past of an object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.readers.test_osm import RING, osm, spot, way

from foncier.readers import osm_objects

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


CASES: list[tuple[dict[str, str], list[str]]] = [
    # A path, a park, a building site, an activity of today.
    ({"disused__landuse": "railway", "highway": "cycleway"}, []),
    ({"abandoned__railway": "yard", "highway": "path"}, []),
    ({"leisure": "park", "disused__landuse": "railway"}, []),
    ({"leisure": "garden", "disused__industrial": "factory"}, []),
    ({"landuse": "construction", "disused__landuse": "industrial"}, []),
    ({"landuse": "construction", "abandoned__man_made": "works"}, []),
    ({"landuse": "residential", "disused__landuse": "industrial"}, []),
    ({"landuse": "allotments", "disused__military": "barracks"}, []),
    ({"landuse": "brownfield", "leisure": "park"}, []),
    ({"amenity": "parking", "disused__landuse": "railway"}, []),
    ({"natural": "water", "disused__landuse": "quarry"}, []),
    ({"shop": "bakery", "disused__shop": "butcher"}, ["osm_in_use building"]),
    ({"amenity": "restaurant", "disused__amenity": "pub"}, ["osm_in_use building"]),
    ({"office": "company", "disused__industrial": "factory"}, ["osm_in_use building"]),
    ({"building": "apartments", "disused__building": "industrial"}, []),
    ({"building": "construction", "disused__shop": "yes"}, []),
    ({"building": "house", "disused__railway": "station"}, []),
    # What is no use: brownfield, grass, the general kind of land, nature that comes back.
    ({"landuse": "industrial", "disused__industrial": "factory"}, ["disused:industrial site"]),
    ({"landuse": "industrial", "abandoned__man_made": "works"}, ["abandoned:man_made site"]),
    ({"landuse": "industrial", "disused__landuse": "quarry"}, []),
    ({"landuse": "grass", "disused__landuse": "railway"}, ["disused:landuse site"]),
    ({"natural": "scrub", "disused__landuse": "railway"}, ["disused:landuse site"]),
    ({"building": "yes", "disused__building": "yes"}, ["disused:building building"]),
    ({"building": "house", "disused__building": "house"}, ["disused:building building"]),
    # Networks and street furniture.
    ({"railway": "abandoned"}, []),
    ({"railway": "disused"}, []),
    ({"railway": "rail", "disused": "yes"}, []),
    ({"abandoned__power": "line"}, []),
    ({"disused__man_made": "pipeline"}, []),
    ({"disused__power": "plant"}, ["disused:power site"]),
    ({"disused__amenity": "post_box"}, []),
    ({"disused__amenity": "telephone"}, []),
    ({"disused__tourism": "information", "information": "board"}, []),
    ({"disused__man_made": "mast"}, []),
    ({"disused__leisure": "picnic_table"}, []),
    ({"disused__amenity": "pub"}, ["disused:amenity building"]),
    ({"disused__tourism": "hotel"}, ["disused:tourism building"]),
    ({"disused__amenity": "fuel"}, ["disused:amenity site"]),
    ({"disused__craft": "carpenter"}, ["disused:craft building"]),
    # A value of vacancy.
    ({"shop": "disused"}, ["disused:shop building"]),
    ({"shop": "closed"}, ["disused:shop building"]),
    ({"shop": "abandoned"}, ["abandoned:shop building"]),
    ({"office": "vacant"}, ["disused:office building"]),
    ({"building": "derelict"}, ["abandoned:building building"]),
    ({"building": "collapsed"}, ["ruins:building building"]),
    # A part of a building only.
    ({"building": "house", "disused__shop": "yes"}, ["disused_part building"]),
    ({"building": "apartments", "shop": "vacant"}, ["disused_part building"]),
    ({"building": "retail", "disused__shop": "yes"}, ["disused:shop building"]),
    ({"building__part": "yes", "disused": "yes"}, ["disused_part building"]),
    ({"building__part": "yes", "disused__shop": "yes"}, ["disused_part building"]),
    ({"disused__building__part": "yes"}, ["disused_part building"]),
    # Activities.
    ({"craft": "carpenter"}, ["osm_in_use building"]),
    ({"tourism": "hotel"}, ["osm_in_use building"]),
    ({"tourism": "information"}, []),
    ({"leisure": "fitness_centre"}, ["osm_in_use building"]),
    ({"amenity": "post_box"}, []),
]


def test_what_an_object_is_today_comes_before_what_it_was(
    tmp_path: Path, read: Callable[..., Any]
) -> None:
    ways = [way(100 + n, RING, **tags) for n, (tags, _) in enumerate(CASES)]
    table, _ = read("observations", "osm-xml", osm(tmp_path / "a.osm", *ways))
    words = table["signal"] + " " + table["subject"]
    found = words.groupby(table["observation_id"].str.split("/").str[1].astype(int)).agg(list)
    assert [(tags, found.get(100 + n, [])) for n, (tags, _) in enumerate(CASES)] == CASES


LINES = (
    {"railway": "abandoned"},
    {"railway": "disused"},
    {"abandoned__railway": "rail"},
    {"abandoned__railway": "station"},
    {"disused__man_made": "works"},
    {"abandoned__leisure": "track"},
)


def test_a_line_is_no_site(tmp_path: Path, read: Callable[..., Any]) -> None:
    cycleway = {"highway": "cycleway", "foot": "designated"}
    ways = [way(10 + n, "1 2", **past) for n, past in enumerate(LINES)]
    ways += [way(20 + n, "2 3", **past, **cycleway) for n, past in enumerate(LINES)]
    table, report = read("observations", "osm-xml", osm(tmp_path / "a.osm", *ways))
    assert table.empty
    assert sum(note.count for note in report.notes) == len(ways)  # and all are counted


def test_a_closed_shop_in_a_house_is_evidence_on_a_part(
    tmp_path: Path, read: Callable[..., Any]
) -> None:
    shop = spot(8, disused__shop="yes", shop="vacant")
    for kind, signals in (
        ("house", ["disused_part"]),
        ("yes", ["disused:shop", "shop=vacant"]),
    ):
        path = osm(tmp_path / f"{kind}.osm", way(7, RING, building=kind), shop)
        table, report = read("observations", "osm-xml", path)
        assert sorted(table["signal"]) == signals[: len(table)]
        assert any(note.effect == "assumed" for note in report.notes) == (kind == "house")


def test_every_object_that_is_left_out_is_counted(tmp_path: Path, read: Callable[..., Any]) -> None:
    path = osm(
        tmp_path / "a.osm",
        way(5, "1 2", railway="abandoned"),
        way(6, RING, leisure="park", disused__landuse="railway"),
        way(7, RING, disused__shop="yes"),
        spot(8, disused__amenity="atm"),
        spot(9, disused__amenity="post_box"),
    )
    table, report = read("observations", "osm-xml", path)
    assert table["observation_id"].tolist() == ["way/7/disused:shop"]
    assert [(note.effect, note.count) for note in report.notes] == [
        ("dropped", 1),
        ("dropped", 2),
        ("dropped", 1),
    ]


def test_tables_do_not_contradict_each_other() -> None:
    tables = osm_objects._tables()
    for key in {key for name in osm_objects.NATURES for key in tables[name]}:
        values = [v for name in osm_objects.NATURES for v in tables[name].get(key, [])]
        assert len(values) == len(set(values)), key  # a value has one nature
    for key, values in tables["dwellings"].items():
        assert set(values) <= set(tables["present"][key])
    assert not set(osm_objects.VACANT_VALUES) & {
        value for listed in tables["present"].values() for value in listed
    }
