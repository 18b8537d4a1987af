"""Meaning of OpenStreetMap tags: tables of rules, the first that fits applies.

Sources: wiki.openstreetmap.org (Key:highway, Key:access, Lifecycle prefix) and the project's
methods (friches, buildings without use, false positives of dents creuses).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


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
ACCESS_NO = ("no", "private", "use_sidepath", "dismount")
ACCESS_YES = ("yes", "designated", "permissive", "destination", "customers", "public", "official")
# Keys of the access of each mode, the more specific last.
ACCESS_KEYS = {
    "walk": ("access", "foot"),
    "bike": ("access", "vehicle", "bicycle"),
    "drive": ("access", "vehicle", "motor_vehicle", "motorcar"),
}
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
    TagRule("amenity", ("parking",), "parking"),
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
NO_SHOP = ("vacant", "no")

# Lifecycle prefixes that are evidence. `demolished:`, `razed:`, `removed:` and `was:` mean that
# nothing remains: they are no evidence.
LIFECYCLES = ("disused", "abandoned", "ruins")
BUILDING_KEYS = ("building", "shop", "amenity", "office", "tourism")
SITE_KEYS = ("industrial", "railway", "landuse", "military", "man_made", "power", "leisure")
# Single tags that are evidence, with their signal.
DECAY = (
    TagRule("shop", ("vacant",), "shop=vacant"),
    TagRule("landuse", ("brownfield",), "landuse=brownfield"),
    TagRule("railway", ("disused",), "disused:railway"),
    TagRule("railway", ("abandoned",), "abandoned:railway"),
    TagRule("building", ("ruins",), "ruins:building"),
    TagRule("building:condition", ("poor", "very_poor"), "building:condition"),
)
# Activities in buildings. Benches, bins and car parks are amenities too, but use no building.
IN_USE = (
    TagRule("shop", (), "osm_in_use"),
    TagRule("office", (), "osm_in_use"),
    TagRule(
        "amenity",
        (
            "arts_centre",
            "bank",
            "bar",
            "cafe",
            "childcare",
            "cinema",
            "clinic",
            "college",
            "community_centre",
            "conference_centre",
            "courthouse",
            "coworking_space",
            "dentist",
            "doctors",
            "driving_school",
            "events_venue",
            "fast_food",
            "fire_station",
            "food_court",
            "hospital",
            "ice_cream",
            "kindergarten",
            "language_school",
            "library",
            "music_school",
            "nightclub",
            "nursing_home",
            "pharmacy",
            "place_of_worship",
            "police",
            "post_office",
            "prison",
            "pub",
            "public_building",
            "research_institute",
            "restaurant",
            "school",
            "social_centre",
            "social_facility",
            "studio",
            "theatre",
            "townhall",
            "university",
            "veterinary",
        ),
        "osm_in_use",
    ),
)
CHECK_DATE_KEYS = ("check_date", "survey:date", "lastcheck")

# Keys of the objects that the layers read, and the other tags of these objects that they use.
OBSERVATION_KEYS = (
    *BUILDING_KEYS,
    *SITE_KEYS,
    *(f"{life}:{root}" for life in LIFECYCLES for root in BUILDING_KEYS + SITE_KEYS),
    "building:condition",
)
KEYS = frozenset({"highway", *OBSERVATION_KEYS, *(rule.key for rule in (*CONSTRAINTS, *PLACES))})
EXTRA_TAGS = frozenset({"name", *STREET_TAGS, *LIFECYCLES, *CHECK_DATE_KEYS})

# Closed ways that are areas (wiki: Key:area): keys with any value, with some values, or with all
# values but some.
AREA_KEYS = frozenset(
    {
        "amenity",
        "area",
        "building",
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
