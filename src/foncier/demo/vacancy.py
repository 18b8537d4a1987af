"""Unassigned buildings, with the observations that tell them, and observations that mislead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from foncier.demo.ground import Ground, Truth
from foncier.demo.planted import WITHIN_M
from foncier.demo.shapes import GRID_M

if TYPE_CHECKING:
    from foncier.demo.buildings import Houses

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
IN_USE = (("osm_in_use", "2025-07-01"), ("survey_used", "2025-10-07"))


def observe(ground: Ground, houses: Houses, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Plant the unassigned buildings and return every observation (points and outlines)."""
    rows: list[dict[str, Any]] = []
    chosen = _chosen(ground, houses, rng, count=45)
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
        _note(ground, houses, house, kind="trap", expected="rejected", note=words,
              trap="demolished_tag")  # fmt: skip
    for house in chosen[36:39]:
        spot = houses.shape[house].representative_point()
        rows.append(_row("disused:building", spot, "2011-06-01", "signalé désaffecté en 2011"))
        rows.append(_row("survey_used", spot, "2025-10-08", "rouvert depuis"))
        words = "ancien signalement, rouvert depuis"
        _note(ground, houses, house, kind="trap", expected="rejected", note=words,
              trap="old_tag")  # fmt: skip
    return _table(rows)


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
    ground: Ground, houses: Houses, house: int, *, kind: str, expected: str, note: str,
    trap: str = "",
) -> None:  # fmt: skip
    point = shapely.set_precision(houses.shape[house].representative_point(), GRID_M)
    rule = "confidence" if trap else ""
    ground.truth.append(
        Truth(kind, expected, note, (int(houses.plot[house]),), trap, rule, "", point)
    )


def _row(signal: str, spot: shapely.Geometry, date: str, detail: str) -> dict[str, Any]:
    return {
        "signal": signal, "subject": "building", "name": None, "detail": detail,
        "observed_on": date, "source": SURVEY if signal.startswith("survey") else MAP,
        "geometry": shapely.set_precision(spot, GRID_M),
    }  # fmt: skip


def _table(rows: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    names = ["signal", "subject", "name", "detail", "observed_on", "source", "geometry"]
    rows = sorted(rows, key=lambda row: (row["geometry"].bounds, row["signal"]))
    table = gpd.GeoDataFrame(rows, columns=names, geometry="geometry")
    table.insert(0, "observation_id", [f"OBS{n:03d}" for n in range(1, len(table) + 1)])
    return table
