"""Labels and colours of the kinds and codes of a result."""

from foncier.results.labels import FICTIONAL, VALUES

__all__ = ["FICTIONAL", "KIND_COLOURS", "VALUES"]

# Distinct for any colour vision (at least 11 apart in CIELAB), and dark enough for white text;
# the web map and the sheets also give each kind its own shape.
KIND_COLOURS = {
    "friche": "#b34700",
    "dent_creuse": "#0063a6",
    "batiment_non_affecte": "#7d2e74",
    "terrain_divisible": "#00694f",
}

# Grade of a street on the maps, by its class in OpenStreetMap or in a road extract.
STREET_GRADES: dict[str, int] = {
    **dict.fromkeys(("motorway", "trunk", "highway", "motorway_link", "trunk_link"), 3),
    **dict.fromkeys(
        (
            "primary",
            "secondary",
            "tertiary",
            "major",
            "primary_link",
            "secondary_link",
            "tertiary_link",
        ),
        2,
    ),
    **dict.fromkeys(
        ("footway", "path", "steps", "pedestrian", "cycleway", "track", "corridor", "bridleway"), 0
    ),
}
MINOR_GRADE = 1  # of any other class
