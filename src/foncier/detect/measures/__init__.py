"""All measures by the name that rules call them by, each with how far it looks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from foncier.detect.measures import (
    frontage,
    parcel,
    remainder,
    shape,
    slope,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foncier.detect.context import SpatialContext
    from foncier.detect.measures.parcel import MeasureFunction, Params
    from foncier.geometry import Floats


def no_radius(_: Params) -> float:
    """Reach of a measure that looks at the parcel alone."""
    return 0.0


@dataclass(frozen=True)
class Measure:
    """A measure, its reach in metres from the parcel, given the figures of the rule, and its needs.

    ``needs`` are the layers that it reads; ``instead``, where the study has it, stands in for them.
    """

    measure: MeasureFunction
    reach_m: Callable[[Params], float] = no_radius
    needs: tuple[str, ...] = ()
    instead: str = ""

    def take(
        self, context: SpatialContext, rows: NDArray[np.intp], params: Params
    ) -> tuple[Floats, NDArray[np.object_] | None]:
        """Value and detail of some parcels: NaN and None where a layer that it needs says nothing.

        See `foncier.detect.context.SpatialContext.known`.
        """
        supplied = self.instead and getattr(context, self.instead) is not None
        known = context.known(() if supplied else self.needs, rows)
        if len(rows) and known.all():
            return self.measure(context, rows, params)
        value, detail = np.full(len(rows), np.nan), np.full(len(rows), None, dtype=object)
        if known.any():
            value[known], told = self.measure(context, rows[known], params)
            detail[known] = told
        return value, detail


def _figure(name: str) -> Callable[[Params], float]:
    return lambda params: _most(params[name])


def _most(figure: Any) -> float:
    return max(float(f) for f in (figure.values() if isinstance(figure, Mapping) else [figure]))


def _envelope(params: Params) -> float:
    hole = float(params.get("hole_m2", 0.0))
    return _most(params["grow_m"]) + float(params.get("shrink_m", 0.0)) + float(hole**0.5)


def _strip(params: Params) -> float:
    return max(_most(params["clear_m"]), float(params["reach_m"]))


BUILT, SERVED = ("buildings",), ("streets",)
MEASURES: Mapping[str, Measure] = {
    "area_m2": Measure(parcel.area_m2),
    "in_zone": Measure(parcel.in_zone, needs=("zones",)),
    "built_share": Measure(parcel.built_share, needs=BUILT),
    "excluded_share": Measure(parcel.excluded_share, needs=("constraints",)),
    "road_share": Measure(parcel.road_share, _figure("reach_m"), SERVED),
    "opened_area_m2": Measure(parcel.opened_area),
    "free_piece_m2": Measure(remainder.free_piece, _figure("clear_m"), BUILT),
    "free_width_m": Measure(remainder.free_width, _figure("clear_m"), BUILT),
    "free_access_m": Measure(remainder.free_access, _strip, BUILT + SERVED),
    "width_m": Measure(shape.width),
    "gravelius": Measure(shape.gravelius),
    "convexity": Measure(shape.convexity),
    "envelope_m2": Measure(shape.envelope_m2, _envelope, BUILT, "envelope"),
    "envelope_share": Measure(shape.envelope_share, _envelope, BUILT, "envelope"),
    "unbuilt_group_m2": Measure(shape.unbuilt_group, _figure("reach_m"), BUILT),
    "frontage_m": Measure(frontage.frontage, _figure("reach_m"), SERVED),
    "street_distance_m": Measure(frontage.street_distance, _figure("reach_m"), SERVED),
    "surrounded_share": Measure(frontage.surrounded_share, _figure("reach_m"), BUILT + SERVED),
    "built_sides": Measure(frontage.built_sides, _figure("reach_m"), BUILT + SERVED),
    "slope": Measure(slope.slope),
}
