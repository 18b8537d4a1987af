"""Land of a densification study, a row each: sites, assemblies and mutable built plots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from foncier.geometry import covered_area_m2, unions_by
from foncier.results.layers import MUTABLE
from foncier.results.totals import counted_area
from foncier.schemas.results import TAKEN

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from foncier.export.sheets.tables import SheetTables
    from foncier.geometry import Floats, Geometries

# Categories of the study, in the order of its tables; the first four are kinds of sites.
CATEGORIES = (
    "dent_creuse",
    "terrain_divisible",
    "assemblage",
    "bati_mutable",
    "batiment_non_affecte",
    "friche",
)
PLOTS = ("dent_creuse", "terrain_divisible")
BY_DENSITY = ("assemblage", "bati_mutable", "friche")  # no capacity of the rule set
HARDNESS = ("faible", "moyenne", "forte", "inconnue")
EXCLUDES = "exclude"
COLUMNS = (
    "id",
    "category",
    "layer",
    "commune",
    "zone",
    "fabric",
    "parcels",
    "gross_m2",
    "net_m2",
    "taken",
    "hardness",
    "low",
    "high",
    "kept_low",
    "kept_high",
    "confidence",
    "warnings",
    "warnings_en",
    "geometry",
)


def land(tables: SheetTables, settings: Mapping[str, Any]) -> pd.DataFrame:
    """List the land of a result, each square metre once.

    Parameters
    ----------
    tables
        A result.
    settings
        ``[densification]`` of the study, with the defaults filled in.

    Returns
    -------
    Columns `COLUMNS`, by category and id. ``gross_m2`` is the ``counted_area_m2`` of a site; of an
    assembly or a mutable plot, the area that no site and no earlier row has. ``net_m2`` is at most
    that: the buildable piece of a plot, the ground outside buildings of a mutable plot, what no
    use excludes of a friche. ``low`` and ``high`` are dwellings, NaN where unknown; ``kept_low``
    and ``kept_high`` are what remains of them after retention.
    """
    sites = _sites(tables, settings["hardness"])
    taken = np.array(sites.geometry.to_numpy(), dtype=object)
    groups = _assemblies(tables, taken)
    others = np.concatenate([taken, np.array(groups["geometry"], dtype=object)])
    rows = pd.concat([sites, groups, _mutable(tables, others)], ignore_index=True)
    rows = _with_dwellings(rows, settings["density"])
    rows = _with_retention(rows, settings["retention"])
    order = rows["category"].map({name: n for n, name in enumerate(CATEGORIES)})
    ordered = rows.assign(order=order).sort_values(["order", "id"], ignore_index=True)
    return pd.DataFrame(ordered[list(COLUMNS)])


def _sites(tables: SheetTables, rules: Mapping[str, float]) -> gpd.GeoDataFrame:
    sites = tables.sites.set_geometry(tables.sites.geometry.to_numpy())
    gross = counted_area(sites)
    kind = sites["kind"]
    usable = sites["usable_area_m2"].where(kind.isin(PLOTS)).fillna(gross)
    net = np.minimum(usable, gross)
    friche = (kind == "friche").to_numpy()
    outlines = np.array(sites.geometry.to_numpy(), dtype=object)
    excluded = covered_area_m2(outlines[friche], _excluding(tables.land_use))
    net[friche] = np.maximum(gross[friche] - excluded, 0.0)
    return sites.assign(
        id=sites["opportunity_id"],
        category=kind,
        layer="opportunites",
        parcels=sites["parcel_ids"],
        gross_m2=gross,
        net_m2=net,
        taken=_column(sites, "availability_class") == TAKEN,
        hardness=_hardness(sites, tables.result.table("cout_durete"), rules),
        low=sites["yield_low"],
        high=sites["yield_high"],
    )


def _column(sites: pd.DataFrame, name: str) -> pd.Series[Any]:
    """Column of the sites; missing everywhere in a result of a former version."""
    return sites[name] if name in sites else pd.Series(None, index=sites.index, dtype=object)


def _excluding(land_use: gpd.GeoDataFrame) -> Geometries:
    """Surfaces of the uses that exclude the land under them."""
    chosen = land_use[land_use["effect"] == EXCLUDES].geometry
    return np.array(chosen.to_numpy(), dtype=object)


def _hardness(
    sites: pd.DataFrame, effort: pd.DataFrame, rules: Mapping[str, float]
) -> NDArray[np.object_]:
    """Class of each site: that of the friche where it is known, else by its availability."""
    low, high = (
        _column(sites, f"availability_{end}").astype("float64").fillna(edge).to_numpy()
        for end, edge in (("low", 0.0), ("high", 1.0))
    )
    found = np.full(len(sites), "inconnue", dtype=object)
    found[high - low <= rules["widest"]] = "moyenne"
    found[high <= rules["hard_to"]] = "forte"
    found[low >= rules["easy_from"]] = "faible"
    stated = sites["opportunity_id"].map(effort.set_index("opportunity_id")["hardness"])
    return np.asarray(stated.where(stated.notna(), found), dtype=object)


def _assemblies(tables: SheetTables, before: Geometries) -> pd.DataFrame:
    groups = tables.result.table("assemblages").sort_values("assembly_id", ignore_index=True)
    parcels = groups["parcel_ids"].astype("str")
    free = _not_before(groups.geometry.to_numpy(), before)
    usable = groups["usable_area_m2"].fillna(groups["area_m2"])
    return pd.DataFrame(
        {
            "id": groups["assembly_id"],
            "category": "assemblage",
            "layer": "assemblages",
            "commune": parcels.str.slice(0, 5),
            "fabric": groups["fabric"],
            "parcels": parcels,
            "gross_m2": free,
            "net_m2": np.minimum(usable, free),
            "taken": False,
            "hardness": "inconnue",
            "geometry": groups.geometry.to_numpy(),
        }
    )


def _mutable(tables: SheetTables, before: Geometries) -> pd.DataFrame:
    """Mutable built plots without a site of the list, less what other rows have."""
    plots = tables.result.table(MUTABLE)
    plots = plots[plots["listed_ids"].isna()].sort_values("parcel_id", ignore_index=True)
    outlines = np.array(plots.geometry.to_numpy(), dtype=object)
    free = _not_before(outlines, before)
    buildings = tables.result.table("batiments").geometry.to_numpy()
    built = covered_area_m2(outlines, np.array(buildings, dtype=object))
    return pd.DataFrame(
        {
            "id": plots["parcel_id"],
            "category": "bati_mutable",
            "layer": MUTABLE,
            "commune": plots["commune"],
            "zone": plots["zone"],
            "fabric": plots["fabric"],
            "parcels": plots["parcel_id"],
            "gross_m2": free,
            "net_m2": np.maximum(free - built, 0.0),
            "taken": False,
            "hardness": "inconnue",
            "geometry": outlines,
        }
    )


def _not_before(outlines: Geometries, before: Geometries) -> Floats:
    """Area of each outline that neither the outlines before nor an earlier one cover."""
    outlines = np.asarray(outlines, dtype=object)
    every = np.concatenate([before, outlines])
    first = len(before)
    mine, other = shapely.STRtree(every).query(outlines, predicate="intersects")
    earlier = other < mine + first
    owner, covers = unions_by(mine[earlier], every[other[earlier]])
    area = np.asarray(shapely.area(outlines), dtype=np.float64)
    area[owner] -= shapely.area(shapely.intersection(outlines[owner], covers))
    return np.maximum(area, 0.0)


def _with_dwellings(rows: pd.DataFrame, density: Mapping[str, Any]) -> pd.DataFrame:
    """Dwellings of what the rule set gives no capacity: its net area at the stated density."""
    by_density = rows["category"].isin(BY_DENSITY)
    hectares = rows["net_m2"] / 1e4
    for end in ("low", "high"):
        stated = np.floor(hectares * float(density[end]) + 1e-9)
        rows = rows.assign(**{end: rows[end].where(~by_density, stated)})
    return rows


def _with_retention(rows: pd.DataFrame, retention: Mapping[str, Any]) -> pd.DataFrame:
    least = rows["hardness"].map({name: retention[name][0] for name in HARDNESS})
    most = rows["hardness"].map({name: retention[name][1] for name in HARDNESS})
    return rows.assign(
        kept_low=rows["low"] * (1 - most.astype("float64")),
        kept_high=rows["high"] * (1 - least.astype("float64")),
    )
