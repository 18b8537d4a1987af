"""Unassigned buildings, with the observations that tell them, and observations that mislead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely
from tests.demo_city.ground import Ground, Truth
from tests.demo_city.planted import WITHIN_M
from tests.demo_city.shapes import GRID_M

if TYPE_CHECKING:
    from tests.demo_city.buildings import Houses

SURVEY = "Relevé de terrain (fictif)"
MAP = "Carte collaborative (fictive)"
# Each planted building: the signs it bears (signal, date), and the words of the truth.
VACANT: tuple[tuple[tuple[tuple[str, str], ...], str], ...] = (
    ((("disused:building", "2025-03-18"),), "bâtiment désaffecté"),
    ((("abandoned:building", "2024-09-02"),), "bâtiment abandonné"),
    ((("shop=vacant", "2025-06-11"),), "local commercial vide"),
    ((("survey_vacant", "2025-10-07"),), "relevé vide sur place"),
    ((("disused:shop", "2025-01-22"), ("survey_vacant", "2025-10-07")), "commerce fermé"),
    ((("abandoned:industrial", "2023-11-30"),), "atelier abandonné"),
    ((("disused:office", "2025-05-05"),), "bureaux vides"),
    ((("ruins:building", "2024-04-16"),), "ruine"),
    ((("survey_vacant", "2025-10-08"),), "relevé vide sur place"),
    ((("disused:amenity", "2024-12-03"), ("survey_vacant", "2025-10-08")), "équipement fermé"),
)
# Planted with a register beside the sign: what SIRENE says (F: closed only), what the tax data say.
SUPPORTED: tuple[tuple[str, str, str, bool, str], ...] = (
    ("disused:shop", "2024-03-12", "F", False, "commerce fermé, établissements radiés"),
    ("disused:building", "2024-02-20", "", True, "bâtiment vide, vacant pour l'impôt"),
    ("abandoned:building", "2022-11-08", "", True, "bâtiment abandonné, vacant pour l'impôt"),
    ("shop=vacant", "2024-10-02", "F", True, "local vide, radié et vacant pour l'impôt"),
)
# Out of date: in use again. No register says so of the first four; SIRENE does of the others.
REOPENED: tuple[tuple[str, str, str], ...] = (
    ("disused:shop", "2023-01-09", ""),
    ("disused:building", "2023-02-14", ""),
    ("shop=vacant", "2024-02-05", ""),
    ("disused:shop", "2024-06-17", "F"),
    *[("disused:shop", f"2024-0{k}-04", "A") for k in range(1, 7)],
)
IN_USE = (("osm_in_use", "2025-07-01"), ("survey_used", "2025-10-07"))


@dataclass(frozen=True)
class Seen:
    """What was observed, and what the registers are to say of the same houses, by their numbers.

    ``states`` are those of SIRENE, ``vacant`` the houses that stand empty for the tax, ``to_let``
    the business centres: free, free in part, taken.
    """

    table: gpd.GeoDataFrame
    states: dict[int, str]
    vacant: list[int]
    to_let: list[int]


def observe(ground: Ground, houses: Houses, rng: np.random.Generator) -> Seen:
    """Plant the unassigned buildings and return every observation (points and outlines)."""
    rows: list[dict[str, Any]] = []
    chosen = _chosen(ground, houses, rng, count=78)
    for k, house in enumerate(chosen[:20]):
        signs, note = VACANT[k % len(VACANT)]
        shape = houses.shape[house]
        spot = shape if k % 3 == 0 else shape.representative_point()
        rows += [_row(signal, spot, date, note) for signal, date in signs]
        _note(ground, houses, house, kind="batiment_non_affecte", expected="found", note=note)
    for k, house in enumerate(chosen[20:32]):
        signal, date = IN_USE[k % 2]
        rows.append(_row(signal, houses.shape[house].representative_point(), date, "en activité"))
    for k, house in enumerate(chosen[32:36]):
        spot = houses.shape[house].representative_point()
        signal = ("demolished:building", "razed:building")[k % 2]
        rows.append(_row(signal, spot, "2024-02-01", "démolition signalée"))
        words = "une démolition n'est pas une vacance"
        _note(
            ground,
            houses,
            house,
            kind="trap",
            expected="rejected",
            note=words,
            trap="demolished_tag",
        )
    for house in chosen[36:39]:
        spot = houses.shape[house].representative_point()
        rows.append(_row("disused:building", spot, "2011-06-01", "signalé désaffecté en 2011"))
        rows.append(_row("survey_used", spot, "2025-10-08", "rouvert depuis"))
        words = "ancien signalement, rouvert depuis"
        _note(ground, houses, house, kind="trap", expected="rejected", note=words, trap="old_tag")
    states, vacant = _supported(ground, houses, chosen[45:65], rows)
    states |= _reopened(ground, houses, chosen[65:75], rows)
    for house, words in zip(chosen[75:77], ("libre", "libre en partie"), strict=False):
        note = f"hôtel d'entreprises {words}"
        _note(ground, houses, house, kind="batiment_non_affecte", expected="found", note=note)
    return Seen(_table(rows), states, vacant, chosen[75:78])


def _supported(
    ground: Ground, houses: Houses, chosen: list[int], rows: list[dict[str, Any]]
) -> tuple[dict[int, str], list[int]]:
    """Unassigned buildings that a register speaks of too: their states and those vacant for tax."""
    states, vacant = {}, []
    for k, house in enumerate(chosen):
        signal, date, state, taxed, note = SUPPORTED[k % len(SUPPORTED)]
        rows.append(_row(signal, houses.shape[house].representative_point(), date, note))
        _note(ground, houses, house, kind="batiment_non_affecte", expected="found", note=note)
        if state:
            states[house] = state
        if taxed:
            vacant.append(house)
    return states, vacant


def _reopened(
    ground: Ground, houses: Houses, chosen: list[int], rows: list[dict[str, Any]]
) -> dict[int, str]:
    """Signs that are out of date: the first few mislead, the others are set right by SIRENE."""
    states = {}
    for house, (signal, date, state) in zip(chosen, REOPENED, strict=False):
        spot = houses.shape[house].representative_point()
        rows.append(_row(signal, spot, date, "signalé vide, rouvert depuis"))
        words = "signalement périmé, en activité"
        _note(ground, houses, house, kind="trap", expected="rejected", note=words, trap="reopened")
        if state:
            states[house] = state
    return states


def _chosen(ground: Ground, houses: Houses, rng: np.random.Generator, *, count: int) -> list[int]:
    """Hard buildings of ordinary plots near the axis, well apart from one another."""
    area = shapely.area(houses.shape)
    usual = (ground.plots.use[houses.plot] == "") & ~houses.light
    at = np.flatnonzero(usual & (area > 70) & (area < 1200) & (ground.near[houses.plot] < WITHIN_M))
    taken: list[int] = []
    points: list[shapely.Point] = []
    for house in rng.permutation(at):
        point = shapely.centroid(houses.shape[house])
        if not ground.free(int(houses.plot[house])):
            continue
        if all(point.distance(other) > 60 for other in points):
            taken.append(int(house))
            points.append(point)
        if len(taken) == count:
            break
    return taken


def _note(
    ground: Ground,
    houses: Houses,
    house: int,
    *,
    kind: str,
    expected: str,
    note: str,
    trap: str = "",
) -> None:
    point = shapely.set_precision(houses.shape[house].representative_point(), GRID_M)
    rule = "confidence" if trap else ""
    ground.truth.append(
        Truth(kind, expected, note, (int(houses.plot[house]),), trap, rule, "", point)
    )


def _row(signal: str, spot: shapely.Geometry, date: str, detail: str) -> dict[str, Any]:
    return {
        "signal": signal,
        "subject": "building",
        "name": None,
        "detail": detail,
        "observed_on": date,
        "source": SURVEY if signal.startswith("survey") else MAP,
        "geometry": shapely.set_precision(spot, GRID_M),
    }


def _table(rows: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    names = ["signal", "subject", "name", "detail", "observed_on", "source", "geometry"]
    rows = sorted(rows, key=lambda row: (row["geometry"].bounds, row["signal"]))
    table = gpd.GeoDataFrame(rows, columns=names, geometry="geometry")
    table.insert(0, "observation_id", [f"OBS{n:03d}" for n in range(1, len(table) + 1)])
    return table
