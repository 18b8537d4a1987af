"""OSMnx graphs to the table of streets, and street networks to OSMnx graphs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from foncier.errors import FormatError
from foncier.readers import osm, osm_tags
from foncier.schemas import STREETS

if TYPE_CHECKING:
    import networkx as nx
    import pyproj
    from numpy.typing import NDArray

    from foncier.geometry import Geometries


class Network(Protocol):
    """Used attributes of a `foncier.network.Graph`."""

    @property
    def x(self) -> NDArray[np.float64]:
        """Coordinates of the nodes, as `y`."""

    @property
    def y(self) -> NDArray[np.float64]: ...  # noqa: D102
    @property
    def u(self) -> NDArray[np.int64]:
        """Nodes at both ends of each edge, as `v`."""

    @property
    def v(self) -> NDArray[np.int64]: ...  # noqa: D102
    @property
    def length_m(self) -> NDArray[np.float64]: ...  # noqa: D102
    @property
    def lines(self) -> Geometries: ...  # noqa: D102
    @property
    def street(self) -> NDArray[np.int64]:
        """Row of the street of each edge."""

    @property
    def forward_m(self) -> NDArray[np.float64]:
        """Effort along each edge, infinite where the mode may not go; as `backward_m`."""

    @property
    def backward_m(self) -> NDArray[np.float64]: ...  # noqa: D102
    @property
    def crs(self) -> pyproj.CRS | None: ...  # noqa: D102


def streets_of_osmnx(graph: nx.MultiDiGraph, crs: pyproj.CRS) -> gpd.GeoDataFrame:
    """Streets of a graph of OSMnx, one row for the edges of both ways of a street.

    Tags are read as in an OpenStreetMap file. An edge that OSMnx simplified from several ways has
    the first of their tags. A street is one way for cyclists when the graph has
    its edge in one way only. OSMnx keeps few tags: for ``foot``, ``bicycle`` and ``layer`` set
    ``osmnx.settings.useful_tags_way`` before it reads.

    Parameters
    ----------
    graph
        Graph of `osmnx.graph_from_place` and the like, simplified or not, in any CRS.
    crs
        Metric CRS of the table.

    Returns
    -------
    Table of the contract ``STREETS``; ``street_id`` is ``way/123``, then ``way/123-2`` for the
    next edge of the same way.

    Raises
    ------
    FormatError
        The graph has no edges, or they do not have the tags of OpenStreetMap.
    """
    import osmnx  # noqa: PLC0415 (slow to import)

    if not graph.number_of_edges():
        raise FormatError("readers.osmnx_graphs.no_edges")
    edges: Any = osmnx.graph_to_gdfs(graph, nodes=False).to_crs(crs).reset_index()
    if not {"osmid", "highway"} <= set(edges):
        raise FormatError("readers.osmnx_graphs.no_osm_tags")
    names = ["osmid", "highway", "name", *osm_tags.STREET_TAGS]
    tags = edges.reindex(columns=names).map(_first)
    tags["oneway"] = np.where(_both_ways(edges), "no", "yes")
    tags = tags.rename(columns={"highway": "street_class"}).astype("str")
    order = ["osmid", "u", "v", "key"]
    frame = gpd.GeoDataFrame(tags.assign(**edges[["u", "v", "key"]]), geometry=edges.geometry)
    frame = frame[_one_way_each(edges) & frame["street_class"].isin(osm_tags.HIGHWAYS)]
    frame = frame.sort_values(order, ignore_index=True)
    nth = frame.groupby("osmid").cumcount() + 1
    ids = "way/" + frame["osmid"]
    frame["street_id"] = ids.where(nth == 1, ids + "-" + nth.astype("str"))
    return STREETS.conform(osm.with_modes(frame).sort_values("street_id"))


def osmnx_of_network(network: Network, streets: gpd.GeoDataFrame) -> nx.MultiDiGraph:
    """Graph in the form of OSMnx of a street network.

    Nodes have ``x``, ``y`` and ``street_count``; their number is the ``osmid`` of OSMnx. Edges
    have ``osmid``, ``street_id``, ``name``, ``highway``, ``oneway``, ``reversed``, ``length``
    (metres) and ``geometry``. There is an edge for each way that the mode may go.

    Parameters
    ----------
    network
        `foncier.network.build_graph` of the streets, for a mode.
    streets
        The table that the network was made of.
    """
    import networkx as nx  # noqa: PLC0415 (slow to import)
    import osmnx  # noqa: PLC0415 (slow to import)

    graph = nx.MultiDiGraph(crs=None if network.crs is None else network.crs.to_string())
    graph.add_nodes_from(
        (n, {"x": x, "y": y})
        for n, (x, y) in enumerate(zip(network.x.tolist(), network.y.tolist(), strict=True))
    )
    rows = _tags(streets)
    ends = zip(network.u.tolist(), network.v.tolist(), strict=True)
    forward, backward = np.isfinite(network.forward_m), np.isfinite(network.backward_m)
    for n, (u, v) in enumerate(ends):
        one_way = bool(forward[n] != backward[n])
        edge = {**rows[network.street[n]], "length": float(network.length_m[n]), "oneway": one_way}
        line = network.lines[n]
        if forward[n]:
            graph.add_edge(u, v, **edge, reversed=False, geometry=line)
        if backward[n]:
            graph.add_edge(v, u, **edge, reversed=True, geometry=shapely.reverse(line))
    counts = osmnx.stats.count_streets_per_node(graph) if len(graph) else {}
    nx.set_node_attributes(graph, counts, "street_count")
    return graph


def _tags(streets: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Attributes of the edges of each street; ``osmid`` is its row where it is no OSM way."""
    rows = []
    columns = zip(streets["street_id"], streets["street_class"], streets["name"], strict=True)
    for n, (ident, street_class, name) in enumerate(columns):
        number = ident.removeprefix("way/").split("-")[0]
        row = {"osmid": int(number) if number.isdecimal() else n, "street_id": ident}
        name_tag = {} if pd.isna(name) else {"name": name}
        rows.append({**row, "highway": street_class, **name_tag})
    return rows


def _first(value: Any) -> Any:
    """Return the first of several values, which OSMnx has in a list; a bool as text."""
    value = value[0] if isinstance(value, list) and value else value
    return value if not isinstance(value, bool) else ("yes" if value else "no")


def _pair(edges: gpd.GeoDataFrame) -> Any:
    """Return a key that both edges of a street share: ways, ends and undirected line."""
    ways = edges["osmid"].map(
        lambda osmid: str(sorted(osmid) if isinstance(osmid, list) else osmid)
    )
    low, high = edges[["u", "v"]].min(axis=1), edges[["u", "v"]].max(axis=1)
    line = shapely.to_wkb(shapely.normalize(edges.geometry.to_numpy()), hex=True)
    parts = (ways, low.astype("str"), high.astype("str"), pd.Series(line, edges.index))
    return parts[0].str.cat(parts[1:], sep=" ")


def _both_ways(edges: gpd.GeoDataFrame) -> Any:
    return _pair(edges).duplicated(keep=False).to_numpy()


def _one_way_each(edges: gpd.GeoDataFrame) -> Any:
    """Select one edge of each street, preferably that in the direction of its way."""
    turned = edges["reversed"].map(lambda value: value is True) if "reversed" in edges else False
    order = pd.DataFrame({"pair": _pair(edges), "turned": turned}, edges.index)
    first = order.sort_values("turned", kind="stable").drop_duplicates("pair").index
    return edges.index.isin(first)
