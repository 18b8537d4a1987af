"""Colours of the kinds: the same on the web, on paper and in QGIS."""

# Told apart with any colour vision (by 11 in CIELAB at the least), and dark enough for white text;
# the web map and the sheets give each kind a shape of its own besides.
KINDS = {
    "friche": "#b34700",
    "dent_creuse": "#0063a6",
    "batiment_non_affecte": "#7d2e74",
    "terrain_divisible": "#00694f",
}
