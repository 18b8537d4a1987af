"""Split the result of several départements into one result each, to keep files small."""

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

    Codes = NDArray[np.object_]  # of départements, one per row

OVERSEAS = ("97", "98")  # overseas, a département has three characters
# Tables of a result by opportunity; some are optional.
SITE_TABLES = (
    "evidence",
    "access_points",
    "access",
    "scores",
    "routes",
    "isochrones",
    "mutability",
    "mutability_facts",
    "effort",
    "availability",
    "around",
    "site_needs",
)
BACKGROUND = ("streets", "buildings", "constraints")
SEVERAL = 2
NONE = ""  # département of a row without commune nor parcel


def departement(code: str) -> str:
    """Département of a commune (INSEE) or of a parcel: its first two characters, or three.

    Examples
    --------
    >>> departement("80021000AB0012"), departement("2A004"), departement("97411")
    ('80', '2A', '974')
    """
    return code[:3] if code.startswith(OVERSEAS) else code[:2]


@dataclass(frozen=True)
class Departements:
    """A result, and the département of each row of its tables and of its background."""

    result: ResultTables
    codes: tuple[str, ...]
    tables: Mapping[str, Codes]
    background: Mapping[str, Codes]

    def part(self, code: str) -> ResultTables:
        """Result of one département."""
        whole = self.result
        rows = {name: getattr(whole, name)[codes == code] for name, codes in self.tables.items()}
        back = {
            name: getattr(whole.background, name)[codes == code]
            for name, codes in self.background.items()
        }
        box = shapely.box(*_extent(rows["candidates"], rows["rejections"]))
        area = shapely.intersection(whole.area, box)
        return replace(
            whole,
            **rows,
            background=replace(whole.background, **back),
            area=box if shapely.is_empty(area) else area,
        )


def by_departement(result: ResultTables) -> Departements | None:
    """Split a result by département; sites keep their rank in the whole result.

    Every site, parcel, building, street and constraint is in one part. Destinations, loop, axis,
    districts, sources and criteria are complete in each part. A site is in the département of its
    commune, else of its first parcel; buildings and streets in that of the nearest parcel.

    Returns
    -------
    None when the study lies in one département.
    """
    codes = sorted({departement(commune) for commune in result.communes})
    if len(codes) < SEVERAL:
        return None
    parcels, sites = result.rejections, result.candidates
    of_parcels = _named(parcels["parcel_id"], codes)
    of_sites = _named(sites["commune"], codes)
    of_sites = np.where(of_sites == NONE, _named(sites["parcel_ids"], codes), of_sites)
    near = _Nearest(_middles(parcels, sites), np.concatenate([of_parcels, of_sites]))
    of_parcels, of_sites = near.filled(parcels, of_parcels), near.filled(sites, of_sites)
    present = sorted({*of_parcels, *of_sites})
    if len(present) < SEVERAL:
        return None
    by_id = pd.Series(of_sites, index=sites["opportunity_id"].to_numpy())
    split = {
        "candidates": of_sites,
        "rejections": of_parcels,
        "tests": _of_tests(result, of_parcels, of_sites),
        **{
            name: getattr(result, name)["opportunity_id"].map(by_id).to_numpy()
            for name in SITE_TABLES
            if getattr(result, name) is not None
        },
    }
    if result.assemblies is not None:
        split["assemblies"] = near.filled(result.assemblies)
    if result.mutable_plots is not None:
        split["mutable_plots"] = _named(result.mutable_plots["parcel_id"], codes)
    background_codes = {name: near.filled(getattr(result.background, name)) for name in BACKGROUND}
    return Departements(result, tuple(present), split, background_codes)


def _extent(*layers: gpd.GeoDataFrame) -> NDArray[np.float64]:
    boxes = np.vstack([layer.total_bounds for layer in layers if len(layer)])
    return np.concatenate([np.nanmin(boxes[:, :2], axis=0), np.nanmax(boxes[:, 2:], axis=0)])


def _named(values: pd.Series[Any], codes: list[str]) -> Codes:
    """Département at the start of each code or id; NONE where the study does not have it."""
    texts = values.astype("str").fillna(NONE)
    two, three = texts.str.slice(0, 2), texts.str.slice(0, 3)
    starts = two.where(~two.isin(OVERSEAS), three).to_numpy(dtype=object)
    return np.where(np.isin(starts, codes), starts, NONE)


def _of_tests(result: ResultTables, of_parcels: Codes, of_sites: Codes) -> Codes:
    """Département of each row of the tests: that of its parcel, rejected or part of a site."""
    site_parcels = result.candidates["parcel_ids"].astype("str").str.split("|")
    owner = pd.Series(of_sites, index=site_parcels.index).repeat(
        site_parcels.str.len().fillna(1).astype(int)
    )
    by_id = dict(zip(site_parcels.explode(), owner, strict=True))
    by_id |= dict(zip(result.rejections["parcel_id"], of_parcels, strict=True))
    row, parcels = pd.factorize(result.tests["parcel_id"])
    first = of_parcels[0] if len(of_parcels) else of_sites[0]
    return np.array([by_id.get(parcel, first) for parcel in parcels], dtype=object)[row]


def _middles(*layers: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Middle of the box of each shape in metres, shape (n, 2); NaN where there is none."""
    shapes = np.concatenate([np.asarray(layer.geometry.array, dtype=object) for layer in layers])
    box = shapely.bounds(shapes).reshape(-1, 4)
    return np.asarray((box[:, :2] + box[:, 2:]) / 2)


class _Nearest:
    """Index of the parcels and sites of known département."""

    def __init__(self, middles: NDArray[np.float64], codes: Codes) -> None:
        known_codes = (codes != NONE) & np.isfinite(middles).all(axis=1)
        self.codes = codes[known_codes]
        self.tree = cKDTree(middles[known_codes])

    def filled(self, layer: gpd.GeoDataFrame, known: Codes | None = None) -> Codes:
        """Département of each row: the known one, else that of the nearest parcel or site."""
        codes = np.full(len(layer), NONE, dtype=object) if known is None else known.copy()
        middles = _middles(layer)
        unknown = (codes == NONE) & np.isfinite(middles).all(axis=1)
        if len(self.codes):
            codes[unknown] = self.codes[self.tree.query(middles[unknown])[1]]
            codes[codes == NONE] = self.codes[0]  # no shape, no name: still in one file
        return codes
