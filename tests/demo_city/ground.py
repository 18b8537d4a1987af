"""The plots while things are planted on them: melt neighbours, add a plot, note the truth."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from tests.demo_city.layout import GREEN, Layout, styles_at
from tests.demo_city.plots import Plots, fronts
from tests.demo_city.shapes import GRID_M, Geometries, opened

if TYPE_CHECKING:
    from numpy.typing import NDArray

KEEP_APART_M = 70.0  # planted things do not stand side by side, so that each is judged alone


@dataclass(frozen=True)
class Truth:
    """What was planted: on which plots, what is expected of a good detector, and why.

    ``expected`` is found, flagged or rejected; ``rule`` names the test that should speak.
    """

    kind: str
    expected: str
    note: str
    plots: tuple[int, ...] = ()
    trap: str = ""
    rule: str = ""
    key: str = ""
    point: shapely.Point | None = None


@dataclass
class Ground:
    """Plots that can still change. A melted plot is no longer ``alive``; indices never move.

    ``near`` is the distance to the axis; a plot is ``settled`` when the zone at its centre is that
    of its style (the blocks at the edge of a park reach into it).
    """

    layout: Layout
    plots: Plots
    alive: NDArray[np.bool_]
    near: NDArray[np.float64]
    settled: NDArray[np.bool_]
    truth: list[Truth] = field(default_factory=list)
    planted: list[shapely.Point] = field(default_factory=list)

    @classmethod
    def of(cls, layout: Layout, plots: Plots) -> Ground:
        """Start from the plots as they were cut."""
        distance = shapely.distance(layout.axis, plots.shape)
        zoned = np.isin(styles_at(shapely.centroid(plots.shape)), GREEN)
        settled = zoned == np.isin(plots.style, GREEN)
        return cls(layout, plots, np.ones(len(plots.shape), dtype=bool), distance, settled)

    def free(self, index: int) -> bool:
        """Say whether a plot is ordinary, whole and away from what is already planted."""
        if not self.alive[index] or self.plots.use[index]:
            return False
        shape = self.plots.shape[index]
        if not self.settled[index]:
            return False
        return all(shape.distance(point) > KEEP_APART_M for point in self.planted)

    def row_from(self, index: int, wanted_m2: float, limit: int) -> list[int] | None:
        """Neighbours of one row of plots that hold together ``wanted_m2`` where 20 m fit."""
        row = np.flatnonzero(
            (self.plots.strip == self.plots.strip[index]) & self.alive & (self.plots.use == "")
        )
        row = row[np.argsort(self.plots.place[row], kind="stable")]
        start = int(np.flatnonzero(row == index)[0])
        taken: list[int] = []
        for k in row[start : start + limit]:
            taken.append(int(k))
            whole = shapely.union_all(self.plots.shape[taken])
            if whole.geom_type != "Polygon":
                return None
            if opened(np.array([whole]), 10.0)[0].area >= wanted_m2:
                return taken
        return None

    def melt(self, taken: list[int], use: str) -> int:
        """Make one plot of several and give it a use; return its index."""
        whole = shapely.union_all(self.plots.shape[taken], grid_size=GRID_M)
        first = taken[0]
        self.plots.shape[first] = whole
        self.plots.front[first] = fronts(np.array([whole]), self.layout)[0]
        self.plots.use[first] = use
        self.alive[taken[1:]] = False
        self.planted.append(whole.centroid)
        return first

    def add(self, shape: shapely.Geometry, *, style: str, use: str, beside: int = 0) -> int:
        """Add a plot that was not cut from a block; it is numbered with the block of ``beside``."""
        new: dict[str, Any] = {
            "shape": shape,
            "block": self.plots.block[beside],
            "strip": -1,
            "place": 0,
            "style": style,
            "use": use,
            "label": "",
            "front": fronts(np.array([shape]), self.layout)[0],
        }
        grown = {}
        for column in fields(Plots):
            values = getattr(self.plots, column.name)
            extra = np.empty(1, dtype=values.dtype)
            extra[0] = new[column.name]
            grown[column.name] = np.concatenate([values, extra])
        self.plots = Plots(**grown)
        self.alive = np.append(self.alive, True)
        self.settled = np.append(self.settled, True)
        self.near = np.append(self.near, shapely.distance(self.layout.axis, shape))
        self.planted.append(shape.centroid)
        return len(self.alive) - 1


def gather(names: Geometries, wanted: tuple[str, ...]) -> NDArray[np.int64]:
    """Positions of the plots of some styles (or uses)."""
    return np.flatnonzero(np.isin(names, wanted))
