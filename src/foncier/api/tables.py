"""Functions from tables to tables that need no study."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from foncier import detect, network, readers, study
from foncier.api.layer import layer_specs
from foncier.crs import LEGAL_CRS, MAINLAND_CRS
from foncier.errors import ConfigError, CrsError
from foncier.pipeline.layers import one, spec_file
from foncier.pipeline.streets import OSM_ID
from foncier.study.config import Network

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foncier.api.layer import LayerLike
    from foncier.network.graph import Mode
    from foncier.study.config import Layer as LayerName

SNAP_M = 250.0  # farther from any street, an origin or a destination is on none


def find_infill(
    parcels: LayerLike,
    buildings: LayerLike,
    streets: LayerLike | None = None,
    zones: LayerLike | None = None,
    rules: str = "foncier",
    *,
    constraints: LayerLike | None = None,
) -> gpd.GeoDataFrame:
    """Find infill plots (dents creuses) and divisible plots, without a study.

    Parameters
    ----------
    parcels, buildings
        Cadastral parcels and buildings: GeoDataFrame, path, or `foncier.Layer`. Repaired and
        checked as the layers of a study are.
    streets
        Lines with their class, or a graph of OSMnx. Without them access by a street is unknown.
    zones
        Zones of the local plan. Without them no plot is left out for its zone.
    rules
        Rule set: ``foncier``, ``foncier-api``, ``parcel-manager``, ``qgis-foncier``.
    constraints
        Parks, cemeteries, schools, water, railways… Without them such land is not left out.

    Returns
    -------
    One row a plot: ``opportunity_id``, ``kind`` (``dent_creuse``, ``terrain_divisible``),
    ``parcel_ids``, ``area_m2``, ``usable_area_m2``, ``built_share`` (0 to 1), ``fabric``,
    ``yield_low`` and ``yield_high`` (dwellings), ``zone``, ``warnings``; geometry in the legal
    metric CRS. Missing is unknown. ``attrs["unknown"]`` says by missing layer, in ``fr`` and
    ``en``, what could not be known; ``attrs["rules"]`` names the rule set; ``attrs["rejected"]``
    counts the parcels that were rejected by the rule that stopped them.

    Raises
    ------
    ConfigError
        No such rule set.
    CrsError
        A table without CRS, or coordinates outside of France.
    SourceError, FormatError, ContractError
        A layer cannot be read or breaks its contract.

    Examples
    --------
    >>> import foncier as fo
    >>> demo = fo.demo_study()
    >>> plots = fo.find_infill(demo / "parcelles.json.gz", demo / "batiments.json.gz")
    >>> sorted(plots["kind"].unique()), sorted(plots.attrs["unknown"])
    (['dent_creuse', 'terrain_divisible'], ['constraints', 'streets', 'zones'])
    """
    profile = study.published(rules)
    given = {
        "buildings": buildings,
        "streets": streets,
        "zones": zones,
        "constraints": constraints,
    }
    first, crs = first_layer("parcels", parcels)
    others = {n: read_layer(n, value, crs) for n, value in given.items() if value is not None}
    layers = {"parcels": first, **others}
    area = shapely.buffer(shapely.box(*layers["parcels"].total_bounds), 1.0)
    context = detect.SpatialContext(**layers)
    context = context.with_uncovered(detect.uncovered_communes(context, area))
    plots = detect.find_plots(context, profile, area, source="Cadastre")
    costs = study.costs()
    lacking = [name for name in ("streets", "zones", "constraints") if layers.get(name) is None]
    return _described(plots, rules, {name: asdict(costs[name]) for name in lacking})


def _described(plots: Any, rules: str, unknown: dict[str, dict[str, str]]) -> gpd.GeoDataFrame:
    table: gpd.GeoDataFrame = plots.candidates.dropna(axis="columns", how="all")
    table.attrs = {
        "rules": rules,
        "unknown": unknown,
        "rejected": plots.rejections["rule"].value_counts().to_dict(),
    }
    return table


def travel_times(
    origins: LayerLike,
    streets: LayerLike,
    destinations: LayerLike,
    mode: Mode = "walk",
) -> pd.DataFrame:
    """Travel times from every origin to every destination along the streets.

    Ways enter the network inside an edge, never at its nearest node. Walking is at 4.5 km/h,
    cycling at 15 km/h with its one-way streets, on flat ground. A run knows more: slopes, and
    entrances that lead over a neighbour's land.

    Parameters
    ----------
    origins, destinations
        GeoDataFrames with a CRS. Ways from a surface start at its entrances on the streets that it
        faces; a line, or a surface as destination, stands for one point on it. Ids are those of
        the column ``id``, else of the index.
    streets
        Lines with their class (GeoDataFrame or path), or a graph of OSMnx.
    mode
        ``walk`` or ``bike``.

    Returns
    -------
    Long table with the names of r5py: ``from_id``, ``to_id``, ``travel_time`` (minutes) and
    ``distance_m``, in the order of the origins, then of the destinations. Missing where no way is
    known, or more than 250 m away from any street.

    Raises
    ------
    ConfigError
        Origins or destinations are no GeoDataFrame, or another mode.
    CrsError
        A table without CRS, or coordinates outside of France.

    Examples
    --------
    >>> import foncier as fo, geopandas as gpd
    >>> places = gpd.read_file(fo.demo_study() / "lieux.geojson").head(2)
    >>> table = fo.travel_times(places, fo.demo_study() / "voies.geojson.gz", places)
    >>> list(table.columns), len(table)
    (['from_id', 'to_id', 'travel_time', 'distance_m'], 4)
    """
    speeds = {"walk": network.WALK_KMH, "bike": network.BIKE_KMH}
    if mode not in speeds:
        raise ConfigError("api.mode_unknown", mode=mode)
    known, crs = first_layer("streets", streets)
    graph = network.build_graph(_connected(known), mode=mode)
    from_ids, starts = _shapes("origins", origins, crs)
    to_ids, ends = _shapes("destinations", destinations, crs)
    ways = network.travel_time_table(
        _starts(starts, known, mode),
        pd.DataFrame({"opportunity_id": _keys(len(starts))}),
        graph,
        {k: _place(k, end, crs) for k, end in zip(_keys(len(ends)), _points(ends), strict=True)},
        speed_kmh=speeds[mode],
        snap_m=SNAP_M,
    )
    pairs = pd.MultiIndex.from_product([_keys(len(starts)), _keys(len(ends))])
    found = ways.set_index(["opportunity_id", "target"])[["time_min", "distance_m"]].reindex(pairs)
    return pd.DataFrame(
        {
            "from_id": from_ids.repeat(len(ends)),
            "to_id": list(to_ids) * len(starts),
            "travel_time": found["time_min"].to_numpy(),
            "distance_m": found["distance_m"].to_numpy(),
        }
    )


def _keys(count: int) -> list[str]:
    """Keys of some rows, whose order as text is that of the rows."""
    return [f"{n:09d}" for n in range(count)]


def _shapes(name: str, given: Any, crs: pyproj.CRS) -> tuple[Any, NDArray[np.object_]]:
    """Ids and shapes in the CRS of the streets, shape (n,)."""
    if not isinstance(given, gpd.GeoDataFrame):
        raise ConfigError("api.not_a_geodataframe", name=name)
    if given.crs is None:
        raise CrsError("api.no_crs", name=name)
    ids = given.get("id", given.index)
    return np.asarray(ids, dtype=object), given.to_crs(crs).geometry.to_numpy()


def _points(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """One point a shape: itself, or a point on it."""
    return np.where(shapely.get_type_id(shapes) == 0, shapes, shapely.point_on_surface(shapes))


def _connected(streets: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Drawn streets as a run connects them; those of OpenStreetMap are connected already."""
    drawn = ~streets["street_id"].str.contains(OSM_ID).to_numpy(dtype=bool)
    join_m = Network().join_m
    return network.connect_streets(streets, tolerance_m=join_m, drawn=drawn).streets


def _starts(shapes: Any, streets: gpd.GeoDataFrame, mode: Mode) -> gpd.GeoDataFrame:
    """Where the ways of each origin start: the entrances of a surface, else its nearest street."""
    keys = np.array(_keys(len(shapes)), dtype=object)
    surface = np.isin(shapely.get_type_id(shapes), (3, 6)) & ~shapely.is_empty(shapes)
    plots = gpd.GeoDataFrame(
        {"opportunity_id": keys[surface], "perimeter": "parcelles"},
        geometry=shapes[surface],
        crs=streets.crs,
    )
    found = network.entrances(plots, streets, mode=mode)
    rest = ~np.isin(keys, found["opportunity_id"].to_numpy(dtype=object))
    names = ["opportunity_id", "street_id", "street_name", "geometry"]
    nearest = _nearest(keys[rest], _points(shapes[rest]), streets, mode)
    return gpd.GeoDataFrame(pd.concat([found[names], nearest[names]], ignore_index=True))


def _nearest(keys: Any, points: Any, streets: gpd.GeoDataFrame, mode: Mode) -> gpd.GeoDataFrame:
    """Nearest street at ground level that is open to the mode, of each point that has one."""
    open_ = streets[streets[mode].fillna(False).astype(bool) & (streets["level"] == 0)]
    open_ = open_.sort_values("street_id", ignore_index=True)
    tree = shapely.STRtree(open_.geometry.to_numpy())
    row, street = tree.query_nearest(points, max_distance=SNAP_M, all_matches=False)
    columns = {
        "opportunity_id": keys[row],
        "street_id": open_["street_id"].to_numpy(dtype=object)[street],
        "street_name": open_["name"].to_numpy(dtype=object)[street],
    }
    return gpd.GeoDataFrame(columns, geometry=points[row], crs=streets.crs)


def _place(key: str, point: Any, crs: pyproj.CRS) -> gpd.GeoDataFrame:
    """One destination, as `foncier.network.travel_time_table` takes them."""
    return gpd.GeoDataFrame({"place_id": [key], "name": [key]}, geometry=[point], crs=crs)


def read_layer(name: str, value: LayerLike, crs: pyproj.CRS) -> Any:
    """Read one layer, from one or several files or tables, in the legal metric CRS."""
    layer = cast("LayerName", name)
    files = [spec_file(layer, spec, Path(spec.path)) for spec in layer_specs(name, value, crs)]
    read = [readers.read(file, crs=crs, communes=()) for file in files]
    table, _ = one(layer, [part for part, _ in read], [report for _, report in read])
    return table


def first_layer(name: str, value: LayerLike) -> tuple[Any, pyproj.CRS]:
    """Read a layer in the legal metric CRS of the territory where it lies; give both.

    Raises
    ------
    CrsError
        The layer says no CRS, or lies in no territory whose legal CRS is known.
    """
    first: CrsError | None = None
    for code in dict.fromkeys((MAINLAND_CRS, *LEGAL_CRS.values())):
        crs = pyproj.CRS.from_epsg(code)
        try:
            return read_layer(name, value, crs), crs
        except CrsError as fault:
            first = first or fault
    raise first or CrsError(name)
