"""A result of several départements, cut into one result each: no file of theirs is huge."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from foncier.model import ResultTables

    Codes = NDArray[np.object_]  # of départements, one a row

FAR = ("97", "98")  # overseas, a département has three characters
# Tables of a result that tell sites, by their id; a run may not have made some of them.
OF_SITES = (
    "evidence",
    "access_points",
    "access",
    "scores",
    "routes",
    "isochrones",
    "mutability",
    "mutability_facts",
    "effort",
)
GROUND = ("streets", "buildings", "constraints")
SEVERAL = 2
NONE = ""  # département of what names none


def departement(code: str) -> str:
    """Département of a commune (INSEE) or of a parcel: its first two characters, or three.

    Examples
    --------
    >>> departement("80021000AB0012"), departement("2A004"), departement("97411")
    ('80', '2A', '974')
    """
    return code[:3] if code.startswith(FAR) else code[:2]


@dataclass(frozen=True)
class Departements:
    """A result, and the département of each row of its tables and of its background."""

    result: ResultTables
    codes: tuple[str, ...]
    tables: Mapping[str, Codes]
    background: Mapping[str, Codes]

    def part(self, code: str) -> ResultTables:
        """What the result holds of one département; made when asked for, as it may be large."""
        kept = self.result
        rows = {name: getattr(kept, name)[of == code] for name, of in self.tables.items()}
        back = {
            name: getattr(kept.background, name)[of == code] for name, of in self.background.items()
        }
        box = shapely.box(*_extent(rows["candidates"], rows["rejections"]))
        own = shapely.intersection(kept.area, box)
        return replace(
            kept,
            **rows,
            background=replace(kept.background, **back),
            area=box if shapely.is_empty(own) else own,
        )


def by_departement(result: ResultTables) -> Departements | None:
    """Cut a result by département: a result each, whose sites keep their rank among all.

    Every site, parcel, building, street and constraint is in one of them. Places, loop, axis,
    quarters, sources and criteria are whole in each. A site is where its commune says, else its
    first parcel; buildings and streets are where the parcel nearest to their middle is.

    Returns
    -------
    None when the study lies in one département.
    """
    codes = sorted({departement(commune) for commune in result.communes})
    if len(codes) < SEVERAL:
        return None
    lots, sites = result.rejections, result.candidates
    of_lots = _named(lots["parcel_id"], codes)
    of_sites = _named(sites["commune"], codes)
    of_sites = np.where(of_sites == NONE, _named(sites["parcel_ids"], codes), of_sites)
    near = _Nearest(_middles(lots, sites), np.concatenate([of_lots, of_sites]))
    of_lots, of_sites = near.filled(lots, of_lots), near.filled(sites, of_sites)
    present = sorted({*of_lots, *of_sites})
    if len(present) < SEVERAL:
        return None
    home = pd.Series(of_sites, index=sites["opportunity_id"].to_numpy())
    split = {
        "candidates": of_sites,
        "rejections": of_lots,
        "tests": _of_parcels(result, of_lots, of_sites),
        **{
            name: getattr(result, name)["opportunity_id"].map(home).to_numpy()
            for name in OF_SITES
            if getattr(result, name) is not None
        },
    }
    if result.assemblies is not None:
        split["assemblies"] = near.filled(result.assemblies)
    ground = {name: near.filled(getattr(result.background, name)) for name in GROUND}
    return Departements(result, tuple(present), split, ground)


def _extent(*layers: gpd.GeoDataFrame) -> NDArray[np.float64]:
    boxes = np.vstack([layer.total_bounds for layer in layers if len(layer)])
    return np.concatenate([np.nanmin(boxes[:, :2], axis=0), np.nanmax(boxes[:, 2:], axis=0)])


def _named(values: pd.Series[Any], codes: list[str]) -> Codes:
    """Département that each code or id begins with, NONE where it is none of the study's."""
    texts = values.astype("str").fillna(NONE)
    two, three = texts.str.slice(0, 2), texts.str.slice(0, 3)
    found = two.where(~two.isin(FAR), three).to_numpy(dtype=object)
    return np.where(np.isin(found, codes), found, NONE)


def _of_parcels(result: ResultTables, of_lots: Codes, of_sites: Codes) -> Codes:
    """Département of each row of the tests: that of its parcel, rejected or held by a site."""
    held = result.candidates["parcel_ids"].astype("str").str.split("|")
    owner = pd.Series(of_sites, index=held.index).repeat(held.str.len().fillna(1).astype(int))
    home = dict(zip(held.explode(), owner, strict=True))
    home |= dict(zip(result.rejections["parcel_id"], of_lots, strict=True))
    row, parcels = pd.factorize(result.tests["parcel_id"])
    first = of_lots[0] if len(of_lots) else of_sites[0]
    return np.array([home.get(parcel, first) for parcel in parcels], dtype=object)[row]


def _middles(*layers: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Middle of the box of each shape in metres, shape (n, 2); NaN where there is none."""
    shapes = np.concatenate([np.asarray(layer.geometry.array, dtype=object) for layer in layers])
    box = shapely.bounds(shapes).reshape(-1, 4)
    return np.asarray((box[:, :2] + box[:, 2:]) / 2)


class _Nearest:
    """The département of the nearest parcel or site that names one."""

    def __init__(self, middles: NDArray[np.float64], codes: Codes) -> None:
        sure = (codes != NONE) & np.isfinite(middles).all(axis=1)
        self.codes = codes[sure]
        self.tree = cKDTree(middles[sure])

    def filled(self, layer: gpd.GeoDataFrame, known: Codes | None = None) -> Codes:
        """Département of each row: the known one, else that of what is nearest to its middle."""
        codes = np.full(len(layer), NONE, dtype=object) if known is None else known.copy()
        middles = _middles(layer)
        asked = (codes == NONE) & np.isfinite(middles).all(axis=1)
        if len(self.codes):
            codes[asked] = self.codes[self.tree.query(middles[asked])[1]]
            codes[codes == NONE] = self.codes[0]  # no shape, no name: still in one file
        return codes
