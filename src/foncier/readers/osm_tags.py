"""Meaning of OpenStreetMap tags: tables of rules, the first that fits applies.

Sources: wiki.openstreetmap.org (Key:highway, Key:access, Lifecycle prefix) and the project's
methods (friches, buildings without use, false positives of dents creuses).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from foncier.readers import osm_objects

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd


class TagRule(NamedTuple):
    """Rule: a key with one of some values (any value if there are none) has a meaning."""

    key: str
    any_of: tuple[str, ...]
    meaning: str


# Who may use a way by its class: walkers, cyclists, cars.
_ALL, _PATH, _FOOT, _CARS = (
    (True, True, True),
    (True, True, False),
    (True, False, False),
    (
        False,
        False,
        True,
    ),
)
HIGHWAYS: dict[str, tuple[bool, bool, bool]] = {
    "motorway": _CARS,
    "motorway_link": _CARS,
    "trunk": _ALL,
    "trunk_link": _ALL,
    "primary": _ALL,
    "primary_link": _ALL,
    "secondary": _ALL,
    "secondary_link": _ALL,
    "tertiary": _ALL,
    "tertiary_link": _ALL,
    "unclassified": _ALL,
    "residential": _ALL,
    "living_street": _ALL,
    "service": _ALL,
    "road": _ALL,
    "track": _PATH,
    "path": _PATH,
    "bridleway": _PATH,
    "cycleway": (False, True, False),
    "footway": _FOOT,
    "pedestrian": _FOOT,
    "steps": _FOOT,
    "corridor": _FOOT,
}
FOOTWAYS = {"footway", "path", "pedestrian", "steps"}
# Values of access that close a way or a gate to those who are not named; a key of several values
# (`private;delivery`) is closed where all of them are. Farm and forestry traffic is of vehicles:
# walkers may use such tracks in France.
ACCESS_NO = (
    "no",
    "private",
    "military",
    "permit",
    "residents",
    "resident",
    "employees",
    "employee",
    "staff",
    "members",
    "students",
    "emergency",
    "delivery",
    "restricted",
    "key",
    "closed",
    "locked",
    "forbidden",
    "use_sidepath",
    "dismount",
)
ACCESS_YES = ("yes", "designated", "permissive", "destination", "customers", "public", "official")
# Keys of the access of each mode, the more specific last.
ACCESS_KEYS = {
    "walk": ("access", "foot"),
    "bike": ("access", "vehicle", "bicycle"),
    "drive": ("access", "vehicle", "motor_vehicle", "motorcar"),
}
# Nodes of a way that close it to some modes, unless their own tags open them (wiki: Key:barrier).
BARRIERS_CLOSED = {
    **dict.fromkeys(
        (
            "city_wall",
            "ditch",
            "fence",
            "guard_rail",
            "hedge",
            "retaining_wall",
            "wall",
            "wire_fence",
        ),
        ("walk", "bike", "drive"),
    ),
    **dict.fromkeys(
        ("kissing_gate", "stile", "turnstile", "full-height_turnstile"), ("bike", "drive")
    ),
    **dict.fromkeys(("block", "bollard", "cycle_barrier", "jersey_barrier", "log"), ("drive",)),
}
NODE_KEYS = frozenset({"barrier", "access", "foot"})
NODE_TAGS = (*NODE_KEYS, "locked", "vehicle", "bicycle", "motor_vehicle", "motorcar")
NODE_RULES = tuple(TagRule(key, (), "node") for key in sorted(NODE_KEYS))
# A node with one of these is an entrance or a place beside the way: its access is its own.
NODE_OTHERS = ("amenity", "building", "entrance", "leisure", "office", "shop", "tourism")
# Direction of cyclists (wiki: Key:oneway, Key:oneway:bicycle, Key:cycleway). A way is open in both
# directions unless its tags state otherwise, or its class is one-way by default.
ONE_WAY = {
    "yes": "forward",
    "true": "forward",
    "1": "forward",
    "-1": "backward",
    "reverse": "backward",
    "no": "both",
    "false": "both",
    "0": "both",
}
ALTERNATING = ("reversible", "alternating")  # direction unknown
ROUNDABOUTS = ("roundabout", "circular")
CYCLEWAYS = ("cycleway", "cycleway:left", "cycleway:right", "cycleway:both")
CONTRAFLOW = ("opposite", "opposite_lane", "opposite_track", "opposite_share_busway")
STREET_TAGS = (
    "access",
    "foot",
    "vehicle",
    "bicycle",
    "motor_vehicle",
    "motorcar",
    "motorroad",
    "bridge",
    "tunnel",
    "layer",
    "area",
    "junction",
    "oneway",
    "oneway:bicycle",
    *CYCLEWAYS,
    *(f"{key}:oneway" for key in CYCLEWAYS[1:]),
)

# Land that is no building plot. Grass and woods are not constraints: they may be dents creuses.
CONSTRAINTS = (
    TagRule("natural", ("water",), "water"),
    TagRule("waterway", ("riverbank", "dock"), "water"),
    TagRule("landuse", ("basin", "reservoir"), "water"),
    TagRule("landuse", ("cemetery",), "cemetery"),
    TagRule("amenity", ("grave_yard",), "cemetery"),
    TagRule("amenity", ("school", "kindergarten", "college"), "school"),
    TagRule("leisure", ("pitch", "sports_centre", "stadium", "track", "golf_course"), "sports"),
    TagRule("leisure", ("swimming_pool",), "sports"),
    TagRule("leisure", ("park", "garden", "playground", "nature_reserve"), "park"),
    TagRule("landuse", ("recreation_ground", "village_green"), "park"),
    TagRule("place", ("square",), "park"),
    TagRule("landuse", ("allotments",), "allotments"),
    TagRule("landuse", ("forest",), "woodland"),
    TagRule("natural", ("wood",), "woodland"),
    TagRule("landuse", ("railway",), "railway"),
    TagRule("railway", ("rail", "light_rail", "narrow_gauge", "platform", "station"), "railway"),
    TagRule("landuse", ("construction",), "construction"),
    TagRule("building", ("construction",), "construction"),
    TagRule("landuse", ("military",), "military"),
    TagRule(
        "military",
        ("airfield", "barracks", "base", "danger_area", "naval_base", "range", "training_area"),
        "military",
    ),
    TagRule("power", ("substation", "plant"), "utility"),
    TagRule("man_made", ("wastewater_plant", "water_works", "pumping_station"), "utility"),
    TagRule("landuse", ("landfill",), "utility"),
    TagRule("amenity", ("fuel",), "fuel_station"),
    TagRule("natural", ("wetland",), "wetland"),
    TagRule("amenity", ("parking",), "parking"),
)
# Tags that tell whether land is used at the ground, and by whom.
LAND_TAGS = ("access", "garden:type", "location", "parking", "tunnel")
PRIVATE = ("private", "no")
# Kinds that remain when the object is disused.
REMAINS = ("water", "woodland", "wetland", "railway", "cemetery")

# Values of `building` of what is not built (yet), and of light constructions (type 02 of the
# cadastre; its import also sets wall=no).
NOT_BUILT = ("construction", "proposed", "planned", "demolished", "razed", "removed", "destroyed")
LIGHT_BUILDINGS = (
    "canopy",
    "carport",
    "container",
    "greenhouse",
    "hut",
    "roof",
    "shed",
    "static_caravan",
    "tent",
)

# Categories of destinations.
PLACES = (
    TagRule("railway", ("station", "halt"), "station"),
    TagRule("highway", ("bus_stop",), "stop"),
    TagRule("railway", ("tram_stop",), "stop"),
    TagRule("amenity", ("bus_station", "bicycle_rental"), "stop"),
    TagRule("amenity", ("research_institute",), "research"),
    TagRule("office", ("research",), "research"),
    TagRule("amenity", ("university", "college"), "university"),
    TagRule("amenity", ("coworking_space",), "innovation"),
    TagRule("office", ("coworking", "coworking_space"), "innovation"),
    TagRule("amenity", ("hospital", "clinic"), "hospital"),
    TagRule(
        "amenity",
        (
            "townhall",
            "post_office",
            "library",
            "police",
            "courthouse",
            "fire_station",
            "community_centre",
            "public_building",
            "social_facility",
        ),
        "public_service",
    ),
    TagRule("office", ("government", "employment_agency"), "public_service"),
    TagRule("amenity", ("school", "kindergarten"), "school"),
    TagRule("amenity", ("pharmacy", "marketplace"), "shop"),
    TagRule("shop", (), "shop"),
    TagRule("leisure", ("park", "garden"), "green"),
)
# Keys of the objects that the layers read, and the other tags of these objects that they use.
KEYS = frozenset(
    {"highway", *osm_objects.EVIDENCE_KEYS, *(rule.key for rule in (*CONSTRAINTS, *PLACES))}
)
EXTRA_TAGS = frozenset(
    {"name", "wall", *LAND_TAGS, *STREET_TAGS, *NODE_TAGS, *NODE_OTHERS, *osm_objects.EVIDENCE_TAGS}
)

# Closed ways that are areas (wiki: Key:area): keys with any value, with some values, or with all
# values but some.
AREA_KEYS = frozenset(
    {
        "amenity",
        "area",
        "building",
        "building:part",
        "craft",
        "healthcare",
        "landuse",
        "leisure",
        "military",
        "office",
        "place",
        "ruins",
        "shop",
        "tourism",
    }
)
AREA_IF = {
    "highway": {"elevator", "escape", "rest_area", "services"},
    "power": {"generator", "plant", "substation", "transformer"},
    "railway": {"platform", "roundhouse", "station", "turntable"},
    "waterway": {"boatyard", "dam", "dock", "riverbank"},
}
AREA_UNLESS = {
    "man_made": {"cutline", "embankment", "pipeline"},
    "natural": {"arete", "cliff", "coastline", "ridge", "tree_row"},
}


def is_area(tags: Mapping[str, str]) -> bool:
    """Tell if a closed way with these tags is an area, as in OSMnx.

    Examples
    --------
    >>> is_area({"leisure": "park"}), is_area({"highway": "residential"})
    (True, False)
    >>> is_area({"leisure": "track", "area": "no"})
    False
    """
    return tags.get("area") != "no" and any(
        key in AREA_KEYS
        or value in AREA_IF.get(key, ())
        or (key in AREA_UNLESS and value not in AREA_UNLESS[key])
        for key, value in tags.items()
    )


def is_underground(tags: pd.DataFrame) -> pd.Series[Any]:
    """Tell the objects that lie under the ground."""
    tunnel = tags["tunnel"].notna() & ~tags["tunnel"].isin(["no", "building_passage"])
    return tunnel | (tags["location"] == "underground") | (tags["parking"] == "underground")


def is_private_garden(tags: pd.DataFrame) -> pd.Series[Any]:
    """Tell the gardens and pools of houses."""
    house = tags["garden:type"] == "residential"
    return tags["leisure"].isin(["garden", "swimming_pool"]) & (
        house | tags["access"].isin(PRIVATE)
    )
