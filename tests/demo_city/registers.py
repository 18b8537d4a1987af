"""Registers of the demonstration: establishments, tax data, premises to let; true to their forms.

They help and they mislead, as the real ones do: some establishments moved and left their building
empty, some closed ones were followed by a firm that is registered elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from tests.demo_city.ground import Ground, Truth, gather
from tests.demo_city.planted import WITHIN_M
from tests.demo_city.shapes import GRID_M

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from tests.demo_city.buildings import Houses

ACTIVE, CLOSED = "A", "F"
NAF = ("47.11F", "56.10A", "62.01Z", "70.22Z", "96.02A", "25.62B", "45.20A")
ORDINARY = 160  # establishments in use on ordinary buildings
PREMISES = (
    "Pépinière fictive du Pigeonnier",
    "Hôtel d'entreprises fictif de la Vallée",
    "Hôtel d'entreprises fictif du Hocquet",
)
TAX = (
    "idpar",
    "idcom",
    "tlocdomin",
    "nlocal",
    "nlocdep",
    "nlogh",
    "nloghvac",
    "nloghvac2a",
    "nloghvac5a",
    "nactvacant",
    "nactvac2a",
    "nactvac5a",
    "jannatmin",
    "jannatmax",
)


def establishments(
    ground: Ground, houses: Houses, states: Mapping[int, str], rng: np.random.Generator
) -> gpd.GeoDataFrame:
    """Establishments in the columns of the geolocated SIRENE, one point each.

    Parameters
    ----------
    states
        By number of a house: the state (A or F) that its establishments were given when signs
        were planted.
    """
    ordinary = (ground.plots.use[houses.plot] == "") & ~houses.light
    usual = np.flatnonzero(ordinary & ~np.isin(houses.plot, _told(ground)))
    others = rng.choice(usual, min(ORDINARY, len(usual)), replace=False)
    # One ordinary house in eight has closed establishments only: that alone says little.
    told = dict(states) | {int(h): CLOSED if k % 8 == 0 else ACTIVE for k, h in enumerate(others)}
    rows = [
        row
        for n, house in enumerate(sorted(told))
        for row in _of_house(n, houses.shape[house], told[house])
    ]
    table = gpd.GeoDataFrame(rows, geometry="geometry")
    table.insert(0, "siret", [f"{n:014d}" for n in range(1, len(table) + 1)])
    return table


def _of_house(n: int, house: shapely.Geometry, state: str) -> list[dict[str, Any]]:
    """One or two establishments at the door of a house, drawn inside its outline."""
    spot = shapely.set_precision(house.representative_point(), GRID_M)
    day = f"{2014 + n % 8 if state == ACTIVE else 2022 + n % 3}-0{1 + n % 9}-15"
    return [
        {
            "etatAdministratifEtablissement": state,
            "dateDebut": day,
            "activitePrincipaleEtablissement": NAF[(n + k) % len(NAF)],
            "codeCommuneEtablissement": "80021",
            "geometry": spot,
        }
        for k in range(1 + (n % 5 == 0))
    ]


def plant_tax_sites(ground: Ground) -> dict[int, str]:
    """Works that no inventory lists: one is left, two are at work in half of their halls.

    Returns the words of the tax data by number of the plot.
    """
    at = gather(ground.plots.style, ("industry", "hospital", "slab"))
    free = [int(i) for i in at if ground.free(int(i)) and ground.near[i] < WITHIN_M - 100]
    chosen: list[int] = []
    for index in free:
        centre = ground.plots.shape[index].centroid
        if all(centre.distance(ground.plots.shape[k].centroid) > 150 for k in chosen):
            chosen.append(index)
    words = {}
    for n, plot in enumerate(chosen[:3]):
        words[plot] = "left" if n == 0 else "half"
        ground.planted.append(ground.plots.shape[plot].centroid)
        if n == 0:
            note = "friche connue des seules données fiscales"
            ground.truth.append(Truth("friche", "found", note, (plot,)))
        else:
            note = "locaux vacants à moitié, site en activité"
            ground.truth.append(
                Truth("trap", "rejected", note, (plot,), "half_vacant", "confidence")
            )
    return words


def tax(
    ground: Ground,
    friches: Mapping[int, tuple[int, ...]],
    words: Mapping[int, str],
    empty: NDArray[np.intp],
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Tax data by plot, in the columns of the fichiers fonciers; ``plot`` stands for ``idpar``.

    Parameters
    ----------
    friches
        Plots of the inventory's sites, by number: two sites in three are vacant for the tax too.
    words
        What `plant_tax_sites` planted.
    empty
        Plots of planted buildings whose premises are vacant for the tax as well.
    """
    rows = {plot: _row(plot, word) for plot, word in words.items()}
    for number, plots in friches.items():
        if 0 < number < 40 and number % 3:
            rows |= {plot: _row(plot, "left") for plot in plots}
    rows |= {int(plot): _row(int(plot), "vacant") for plot in empty}
    usual = np.flatnonzero((ground.plots.use == "") & ground.alive)
    usual = np.setdiff1d(usual, [*rows, *_told(ground)])
    for n, plot in enumerate(rng.choice(usual, min(400, len(usual)), replace=False)):
        rows[int(plot)] = _row(int(plot), "part" if n % 12 == 0 else "used")
    ordered = [rows[plot] for plot in sorted(rows)]
    return pd.DataFrame(ordered, columns=list(TAX)).rename(columns={"idpar": "plot"})


def _told(ground: Ground) -> list[int]:
    """Plots of which the truth speaks: no register is drawn for them by lot."""
    return sorted({plot for truth in ground.truth for plot in truth.plots})


def _row(plot: int, word: str) -> dict[str, Any]:
    """One row: premises of the plot, and how many of them are vacant, for how long."""
    business = word in ("left", "half")
    total = {"left": 3, "half": 4, "vacant": 1, "part": 3, "used": 1 + plot % 2}[word]
    vacant = {"left": 3, "half": 2, "vacant": 1, "part": 1, "used": 0}[word]
    long = vacant if word in ("left", "vacant") else 0
    five = long if plot % 2 else 0
    home, work = (0, 1) if business else (1, 0)
    figures = (
        total,
        0,
        home * total,
        home * vacant,
        home * long,
        home * five,
        work * vacant,
        work * long,
        work * five,
    )
    kind = "ACTIVITE" if business else "MAISON"
    years = _years(plot, young=word == "used")
    return dict(zip(TAX, (plot, "80021", kind, *figures, *years), strict=True))


def _years(plot: int, *, young: bool) -> tuple[int, int]:
    """Year of the oldest and of the newest premises: one house in nine was built since 2013.

    One old house in eleven has newer premises too.
    """
    if young and plot % 9 == 0:
        return 2013 + plot % 10, 2013 + plot % 10
    oldest = 1880 + plot * 37 % 120
    return oldest, 2016 if plot % 11 == 0 else oldest


def premises(houses: Houses, chosen: list[int]) -> gpd.GeoDataFrame:
    """List of premises to let: name, address, lots and how many are taken, and where."""
    points = [shapely.set_precision(houses.shape[k].representative_point(), GRID_M) for k in chosen]
    taken = (0, 7, 12)
    return gpd.GeoDataFrame(
        {
            "nom": PREMISES[: len(chosen)],
            "adresse": "adresse fictive",
            "locaux": 12,
            "occupes": taken[: len(chosen)],
            "date": "2025-11-03",
        },
        geometry=points,
    )
