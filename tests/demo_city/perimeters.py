"""Perimeters of public policies and a need of a project holder, planted in the city."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from tests.demo_city.plan import ORIGIN

# Outlines in metres from the origin of the plan; all of them are fictional.
OUTLINES = (
    ("QN08099M", "qpv", "Nord (fictif)", ((-700, 700), (-100, 700), (-60, 1150), (-760, 1150))),
    (
        "zac-1",
        "zac",
        "Gare la Vallée (fictive)",
        ((380, -900), (1000, -900), (1000, -480), (380, -560)),
    ),
    ("acv-1", "acv", "Centre (fictif)", ((-650, -500), (120, -500), (120, 80), (-650, 80))),
)
NEED = """\
# Besoin d'un porteur de projet fictif.
name = "Atelier partagé de réparation de vélos"
kinds = ["friche", "batiment_non_affecte"]

[area_m2]
min = 600
max = 5000

[minutes]
station = 20
innovation = 10
"""


def perimeters() -> gpd.GeoDataFrame:
    """Outlines of the perimeters in Lambert-93."""
    shapes = [shapely.Polygon(np.array(xy, dtype=float) + ORIGIN) for *_, xy in OUTLINES]
    rows = {
        "id": [one[0] for one in OUTLINES],
        "nature": [one[1] for one in OUTLINES],
        "nom": [one[2] for one in OUTLINES],
    }
    return gpd.GeoDataFrame(rows, geometry=shapes, crs=2154)
