"""Colours of the map, the same on paper, in QGIS and on the web."""

# Okabe and Ito, "Color Universal Design" (2008): told apart with any colour vision.
KINDS = {
    "friche": "#D55E00",
    "dent_creuse": "#009E73",
    "batiment_non_affecte": "#0072B2",
    "terrain_divisible": "#CC79A7",
}
