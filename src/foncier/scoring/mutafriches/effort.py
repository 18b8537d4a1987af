"""Recycling cost of a brownfield and difficulty to mobilise its land, as intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from foncier.i18n import label
from foncier.schemas import EFFORT
from foncier.scoring.mutafriches.inputs import FRICHE, inventory_records

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

COOWNERSHIP = "copropriete"
MANY_OWNERS = 3.0  # points of many owners who are no co-ownership (Caen la Mer)
CLEAN = ("non", "deja-geree")
GOOD_STATE = ("degradation-inexistante", "degradation-faible")
OCCUPANCY_SHARES = {
    "vacant": 0.0,
    "partiellement occupé": 0.5,
    "occupé": 1.0,
}  # share of the points


@dataclass(frozen=True)
class Effort:
    """Figures of both intervals: thousand euros a hectare; points, and class limits."""

    clean: tuple[float, ...]
    polluted: tuple[float, ...]
    points: Mapping[str, tuple[float, ...]]
    low_to: float
    medium_to: float


def effort(
    candidates: gpd.GeoDataFrame,
    facts: pd.DataFrame,
    rules: Effort,
    inventory: gpd.GeoDataFrame | None = None,
) -> pd.DataFrame:
    """Interval of the recycling cost and of the difficulty of each brownfield.

    Parameters
    ----------
    candidates
        Table of the schema ``CANDIDATES``; only brownfields are used.
    facts
        Table of the schema ``MUTABILITY_FACTS``.
    rules
        Figures of both intervals (Fonds friches; Caen la Mer).
    inventory
        Table of the schema ``INVENTORY``, for the occupancy of the buildings.

    Returns
    -------
    Table of the schema ``EFFORT``, sorted. The cost is missing where the area is; with an unknown
    pollution the interval covers both rates. The types of the owners bound the fragmentation. The
    class is missing when the interval crosses a limit.
    """
    sites = candidates.loc[(candidates["kind"] == FRICHE).to_numpy(dtype=bool)]
    sites = sites.sort_values("opportunity_id", ignore_index=True)
    if sites.empty:
        empty: pd.DataFrame = EFFORT.empty()
        return empty
    ids = sites["opportunity_id"]

    def answers_to(name: str) -> pd.Series[str]:
        rows = facts.loc[facts["criterion"] == name].set_index("opportunity_id")["answers"]
        answers: pd.Series[str] = ids.map(rows).astype("str")
        return answers

    works = _works_cost(sites, answers_to("presencePollution"), rules)
    vacancy = inventory_records(sites, inventory)["vacancy"].map(OCCUPANCY_SHARES)
    occupied = vacancy.to_numpy(dtype=np.float64, na_value=np.nan).astype(np.float64)
    owners = _fragmentation(sites["owner_types"], rules)
    low, high, known = _hardness_points(answers_to, occupied, owners, rules)
    level = _hardness_class(low, rules)
    table = pd.DataFrame(
        {
            "opportunity_id": sites["opportunity_id"],
            "works_low_keur": works[0],
            "works_high_keur": works[1],
            "hardness_low": low,
            "hardness_high": high,
            "hardness": level.mask(_hardness_class(high, rules) != level),
            "known": known,
        }
    )
    found: pd.DataFrame = EFFORT.conform(table)
    return found


def _works_cost(
    sites: gpd.GeoDataFrame, pollution: pd.Series[str], rules: Effort
) -> tuple[Floats, Floats]:
    hectares = sites["area_m2"].to_numpy(dtype=np.float64) / 1e4
    clean = pollution.isin(CLEAN).to_numpy(dtype=bool)
    # All possible answers say yes: polluted, whatever the pollutant.
    dirty = pollution.str.fullmatch(r"oui-[^|]+(\|oui-[^|]+)*", na=False).to_numpy(dtype=bool)
    low = np.where(dirty, rules.polluted[0], rules.clean[0])
    high = np.where(clean, rules.clean[1], rules.polluted[1])
    return hectares * low, hectares * high


def _fragmentation(types: pd.Series[Any], rules: Effort) -> tuple[Floats, Floats]:
    """Least and greatest points of fragmentation, by the types of the owners alone.

    Several types are as many owners at least, one point less than their number. A co-ownership
    has all the points when it owns the whole, and so at most when others own parts. Without one,
    the points are at most those of many owners. An unknown type gives the whole interval.
    """
    least, most = rules.points["fragmentation"]
    listed = [one.split("|") if isinstance(one, str) else [] for one in types]
    shared = np.array([COOWNERSHIP in one for one in listed], dtype=bool)
    count = np.array([len(one) for one in listed])
    low = np.where(shared & (count == 1), most, np.clip(count - 1.0, least, MANY_OWNERS))
    high = np.where(shared | (count == 0), most, MANY_OWNERS)
    return np.where(count == 0, least, low), high


def _hardness_points(
    answers_to: Callable[[str], pd.Series[str]],
    occupied: Floats,
    owners: tuple[Floats, Floats],
    rules: Effort,
) -> tuple[Floats, Floats, list[str | None]]:
    """Least and greatest points of each site, and the text of the known items."""
    state, flood = answers_to("etatBatiInfrastructure"), answers_to("risqueInondation")
    species = answers_to("presenceEspecesProtegees")
    full = {name: span[1] for name, span in rules.points.items()}
    known = {
        "occupation": occupied * full["occupation"],
        "good_building": np.where(
            state.isna(), np.nan, np.where(state.isin(GOOD_STATE), full["good_building"], 0.0)
        ),
        "risk_plan": np.where(flood == "oui", full["risk_plan"], np.nan),
        "protected_species": np.where(
            species == "oui", full["protected_species"], np.where(species == "non", 0.0, np.nan)
        ),
    }
    low, high = np.zeros(len(state)), np.zeros(len(state))
    for name, span in rules.points.items():
        value = known.get(name, np.full(len(state), np.nan))
        unknown = owners if name == "fragmentation" else span
        low += np.where(np.isnan(value), unknown[0], value)
        high += np.where(np.isnan(value), unknown[1], value)
    rows = zip(*known.values(), strict=True)
    texts = [
        ", ".join(
            f"{label(f'scoring.mutafriches.{name}').fr} {value:.0f}"
            for name, value in zip(known, row, strict=True)
            if np.isfinite(value)
        )
        or None
        for row in rows
    ]
    return low, high, texts


def _hardness_class(points: Floats, rules: Effort) -> pd.Series[str]:
    texts = np.where(points <= rules.medium_to, "moyenne", "forte")
    return pd.Series(np.where(points <= rules.low_to, "faible", texts), dtype="str")
