"""Dwelling capacity of plots within the bounds of the local plan: heights, footprints, OAP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from foncier import schemas
from foncier.detect.evidence import neutral

if TYPE_CHECKING:
    import geopandas as gpd

    from foncier.geometry import Floats
    from foncier.model import PlanningRules

SIGNAL = "capacity"
NUMBER = r"(\d+(?:[.,]\d+)?)"
# Figures in the words of a prescription. A number without a unit is not read.
HEIGHT_M = rf"{NUMBER}\s*m(?:[èe]tres?)?(?![\w²2])"
STOREYS = r"R\s*\+\s*(\d+)"
ATTIC = r"R\s*\+\s*\d+\s*\+\s*(?:C|attique|combles?)"
BUILT_PERCENT = rf"{NUMBER}\s*%"
# A density that is stated as the least bounds nothing above.
AT_LEAST = r"\bmin(?:imum|imale?|\.)?\b|\bau moins\b|≥"
PER_HECTARE = r"(\d+)(?:\s*(?:à|-|–)\s*(\d+))?\s*log\w*\s*(?:/|par|à l['’])\s*(?:ha\b|hectare)"
HEIGHT, BUILT, GUIDELINE = "psc-39", "psc-38", "psc-18"


def bounds(located: pd.DataFrame, rules: PlanningRules) -> pd.DataFrame:
    """Figures that bound the capacity of each site, by its id.

    Parameters
    ----------
    located
        Rows of `foncier.detect.planning.prescriptions_on`.

    Returns
    -------
    ``storeys`` and ``built_share`` (the least, where several apply), ``per_ha_low`` and
    ``per_ha_high``; ``least``: dwellings that the low end keeps where the figure of some bound
    cannot be read; NaN where nothing is stated.
    """
    bound = [rules.of(code).effect == "bound" for code in located["code"]]
    rows = located.loc[np.array(bound, dtype=bool)]
    words = rows["name"].astype("str").fillna("") + " " + rows["text"].astype("str").fillna("")
    kind = rows["code"].astype("str").str.slice(0, 6)
    height = _number(words, HEIGHT_M) // rules.storey_m
    storeys = _number(words, STOREYS) + 1 + words.str.contains(ATTIC, case=False)
    share = _number(words, BUILT_PERCENT) / 100
    density = words.str.extract(PER_HECTARE, flags=2).astype("float64")
    single = density[0].mask(words.str.contains(AT_LEAST, case=False))
    table = pd.DataFrame(
        {
            "opportunity_id": rows["opportunity_id"],
            "storeys": storeys.fillna(height).clip(lower=1).where(kind == HEIGHT),
            "built_share": share.where((kind == BUILT) & (share > 0) & (share <= 1)),
            "per_ha_low": density[0].where(kind == GUIDELINE),
            "per_ha_high": density[1].fillna(single).where(kind == GUIDELINE),
        }
    )
    read = table[["storeys", "built_share", "per_ha_low"]].notna().any(axis="columns")
    least = pd.Series([rules.of(c).least for c in rows["code"]], rows.index, dtype="float64")
    return table.assign(least=least.mask(read)).groupby("opportunity_id").min()


def _number(words: pd.Series[Any], pattern: str) -> pd.Series[float]:
    found = words.str.extract(pattern, flags=2, expand=False).str.replace(",", ".")  # re.IGNORECASE
    return pd.to_numeric(found, errors="coerce").astype("float64")


def bound_capacity(
    sites: gpd.GeoDataFrame, located: pd.DataFrame, rules: PlanningRules, *, source: str
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Sites whose capacity the plan bounds, and EVIDENCE that states both intervals.

    The high end is the floor area within height and footprint, or the density of the OAP; never
    more than before. Where a figure cannot be read the low end falls to what is sure, and the high
    end stays: the interval is wider, not the capacity.
    """
    known = bounds(located, rules).reindex(sites["opportunity_id"])
    low, high = (sites[name].to_numpy(dtype=np.float64) for name in ("yield_low", "yield_high"))
    usable = sites["usable_area_m2"].fillna(sites["area_m2"]).to_numpy(dtype=np.float64)
    figures = {name: known[name].to_numpy(dtype=np.float64) for name in known.columns}
    most = _most(usable, figures, rules)
    fewest = np.fmin(_fewest(usable, figures, rules), most)
    new_high = np.fmin(high, most)
    new_low = np.fmin(np.fmin(np.fmin(low, fewest), figures["least"]), new_high)
    new_low, new_high = (np.where(np.isnan(high), np.nan, end) for end in (new_low, new_high))
    changed = (new_low != low) | (new_high != high)
    changed &= ~np.isnan(high)
    at = np.flatnonzero(changed)
    if not len(at):
        return sites, schemas.EVIDENCE.empty()
    ends = {"low": new_low, "high": new_high, "before_low": low, "before_high": high}
    evidence = neutral(
        sites["opportunity_id"].to_numpy()[at],
        SIGNAL,
        "detect.planning.capacity",
        params={name: end[at] for name, end in ends.items()},
        source=source,
    )
    return sites.assign(yield_low=new_low, yield_high=new_high), evidence


def _most(usable: Floats, figures: dict[str, Floats], rules: PlanningRules) -> Floats:
    """Dwellings that the stated figures allow at most; NaN where they bound nothing above.

    A footprint without a height bounds nothing: the number of storeys is free.
    """
    built = np.where(np.isnan(figures["built_share"]), 1.0, figures["built_share"])
    floor = usable * built * figures["storeys"] / rules.dwelling_m2
    guideline = np.ceil(usable / 1e4 * figures["per_ha_high"])
    return np.fmin(np.maximum(np.floor(floor), 1.0), guideline)


def _fewest(usable: Floats, figures: dict[str, Floats], rules: PlanningRules) -> Floats:
    """Dwellings of one storey on the footprint, or at the low density of the OAP; NaN: no bound."""
    one_storey = np.maximum(np.floor(usable * figures["built_share"] / rules.dwelling_m2), 1.0)
    return np.fmin(one_storey, np.floor(usable / 1e4 * figures["per_ha_low"]))
