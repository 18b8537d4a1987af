"""Streets of a study as one network: drawn files connected, and what stays isolated."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from foncier import network
from foncier.i18n import Message, localized
from foncier.model import Missing, Note
from foncier.network.pairs import MOST_PAIRS
from foncier.pipeline.layers import Layers

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from foncier.model import LayerReport
    from foncier.study.config import Study

# Formats of files that are drawn; those of OpenStreetMap are topological.
DRAWN = ("lines", "edigeo")
OSM_ID = r"(?:^|-)way/"
SNAP_M = 300.0  # a destination farther than this from any street is not one of an island
LEAST_SHARE = 0.01  # of the length of street: shorter isolated groups are not reported
SHOWN = 5  # names of destinations in a message


def connect_layers(study: Study, layers: Layers) -> tuple[Layers, gpd.GeoDataFrame | None]:
    """Connect the streets of files that are drawn, with notes on how many ends and crossings.

    Detection measures fronts on the streets as they are drawn; only the network is connected.

    Returns
    -------
    The layers with connected streets, and the joints (`foncier.network.Joints.points`), None where
    nothing was connected.
    """
    streets = layers.get("streets")
    if streets is None or streets.empty:
        return layers, None
    of_streets = [r for r in layers.reports if r.layer == "streets"]
    formats = [r.format for r in of_streets]
    if formats and not any(name in DRAWN for name in formats):
        return layers, None
    drawn = ~streets["street_id"].str.contains(OSM_ID).to_numpy(dtype=bool)
    parcels = layers.get("parcels")
    joints = network.connect_streets(
        streets,
        tolerance_m=study.network.join_m,
        drawn=drawn,
        parcels=None if parcels is None else parcels.geometry.to_numpy(),
        island_m=study.network.island_m,
    )
    reports = _with_notes(layers.reports, _joint_notes(joints, study))
    if joints.points.empty:
        return Layers(layers.frames, reports), None
    return Layers({**layers.frames, "streets": joints.streets}, reports), joints.points


def _joint_notes(joints: network.Joints, study: Study) -> tuple[Note, ...]:
    notes = []
    most_m = {"joined": study.network.join_m, "bridged": study.network.island_m}
    for kind in ("joined", "noded", "bridged"):
        count = joints.count(kind)
        words = localized(f"pipeline.streets.{kind}", count=count, gap_m=most_m.get(kind, 0))
        notes += [Note("repaired", count, words)] if count else []
    if joints.unsearched:
        words = localized("pipeline.streets.unsearched", count=joints.unsearched, most=MOST_PAIRS)
        notes.append(Note("kept", joints.unsearched, words))
    return tuple(notes)


def _with_notes(
    reports: tuple[LayerReport, ...], notes: tuple[Note, ...]
) -> tuple[LayerReport, ...]:
    """Add notes to the report of the first drawn file of streets."""
    first = next(
        (n for n, r in enumerate(reports) if r.layer == "streets" and r.format in DRAWN), None
    )
    return tuple(
        replace(r, notes=r.notes + notes) if n == first else r for n, r in enumerate(reports)
    )


def isolated(
    graph: network.Graph | None, places: Any, access_points: Any = None
) -> tuple[Missing, ...]:
    """Report the groups of streets that nothing connects to the rest, and what they cut off.

    Parameters
    ----------
    graph
        Streets on foot.
    places
        Destinations with ``name``, ``category`` and points, or None.
    access_points
        Entrances of the sites, or None (before a run).
    """
    if graph is None or not len(graph.lines):
        return ()
    count, length_m = graph.islands
    cut_off = _on_islands(graph, places)
    names: list[Any] = [] if places is None else _names(places[cut_off])
    sites = int(_on_islands(graph, access_points).sum())
    if not names and not sites and 1 - graph.main_share < LEAST_SHARE:
        return ()
    found = [localized("pipeline.streets.islands", count=count, length_km=length_m / 1000)]
    if names:
        found.append(localized("pipeline.streets.cut_off", count=len(names), names=names))
    if sites:
        found.append(localized("pipeline.streets.sites_cut_off", count=sites))
    return tuple(Missing("streets", words) for words in found)


def _names(places: Any) -> list[Any]:
    """Names of places in order; the category of one without a name."""
    return [
        name if isinstance(name, str) else Message(f"results.value_{category}")
        for name, category in zip(places["name"], places["category"], strict=True)
    ]


def _on_islands(graph: network.Graph, table: Any) -> NDArray[np.bool_]:
    """Tell which points are nearest to a street that is not connected to most of the others."""
    if table is None or not len(table):
        return np.zeros(0, dtype=bool)
    return network.component_of(graph, table.geometry.to_numpy(), within_m=SNAP_M) > 0


def loop_gaps(straight: Sequence[tuple[Message, Message]]) -> tuple[Missing, ...]:
    """Report the legs of the loop that no street connects and that are drawn straight."""
    if not straight:
        return ()
    legs = [Message("pipeline.streets.leg", start=a, end=b) for a, b in straight]
    words = localized("pipeline.streets.straight_legs", count=len(legs), legs=legs)
    return (Missing("loop", words),)
