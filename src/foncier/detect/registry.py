"""All measures by the name that rules call them by, each with how far it looks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from foncier.detect import edges, enveloped, freed, measures, outline, sides, terrain

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foncier.detect.ground import Ground
    from foncier.detect.measures import Given, Measure
    from foncier.geometry import Floats


def here(_: Given) -> float:
    """Reach of a measure that looks at the parcel alone."""
    return 0.0


@dataclass(frozen=True)
class Measured:
    """A measure, its reach in metres from the parcel, given the figures of the rule, and its needs.

    ``needs`` are the layers that it reads; ``instead``, where the study has it, stands in for them.
    """

    measure: Measure
    reach_m: Callable[[Given], float] = here
    needs: tuple[str, ...] = ()
    instead: str = ""

    def take(
        self, ground: Ground, rows: NDArray[np.intp], given: Given
    ) -> tuple[Floats, NDArray[np.object_] | None]:
        """Value and detail of some parcels: NaN and None where a layer that it needs says nothing.

        See `foncier.detect.ground.Ground.known`.
        """
        supplied = self.instead and getattr(ground, self.instead) is not None
        known = ground.known(() if supplied else self.needs, rows)
        if len(rows) and known.all():
            return self.measure(ground, rows, given)
        value, detail = np.full(len(rows), np.nan), np.full(len(rows), None, dtype=object)
        if known.any():
            value[known], told = self.measure(ground, rows[known], given)
            detail[known] = told
        return value, detail


def _figure(name: str) -> Callable[[Given], float]:
    return lambda given: _most(given[name])


def _most(figure: Any) -> float:
    return max(float(f) for f in (figure.values() if isinstance(figure, Mapping) else [figure]))


def _envelope(given: Given) -> float:
    hole = float(given.get("hole_m2", 0.0))
    return _most(given["grow_m"]) + float(given.get("shrink_m", 0.0)) + float(hole**0.5)


def _strip(given: Given) -> float:
    return max(_most(given["clear_m"]), float(given["reach_m"]))


BUILT, SERVED = ("buildings",), ("streets",)
MEASURES: Mapping[str, Measured] = {
    "area_m2": Measured(measures.area_m2),
    "in_zone": Measured(measures.in_zone, needs=("zones",)),
    "built_share": Measured(measures.built_share, needs=BUILT),
    "excluded_share": Measured(measures.excluded_share, needs=("constraints",)),
    "road_share": Measured(measures.road_share, _figure("reach_m"), SERVED),
    "opened_area_m2": Measured(measures.opened_area),
    "free_piece_m2": Measured(freed.free_piece, _figure("clear_m"), BUILT),
    "free_width_m": Measured(freed.free_width, _figure("clear_m"), BUILT),
    "free_access_m": Measured(freed.free_access, _strip, BUILT + SERVED),
    "width_m": Measured(outline.width),
    "gravelius": Measured(outline.gravelius),
    "convexity": Measured(outline.convexity),
    "envelope_m2": Measured(enveloped.envelope_m2, _envelope, BUILT, "envelope"),
    "envelope_share": Measured(enveloped.envelope_share, _envelope, BUILT, "envelope"),
    "unbuilt_group_m2": Measured(outline.unbuilt_group, _figure("reach_m"), BUILT),
    "frontage_m": Measured(edges.frontage, _figure("reach_m"), SERVED),
    "street_distance_m": Measured(edges.street_distance, _figure("reach_m"), SERVED),
    "surrounded_share": Measured(edges.surrounded_share, _figure("reach_m"), BUILT + SERVED),
    "built_sides": Measured(sides.built_sides, _figure("reach_m"), BUILT + SERVED),
    "slope": Measured(terrain.slope),
}
