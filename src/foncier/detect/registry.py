"""All measures by the name that rules call them by, each with how far it looks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from foncier.detect import edges, enveloped, freed, measures, outline, sides, terrain

if TYPE_CHECKING:
    from foncier.detect.measures import Given, Measure


def here(_: Given) -> float:
    """Reach of a measure that looks at the parcel alone."""
    return 0.0


@dataclass(frozen=True)
class Measured:
    """A measure, and its reach: in metres from the parcel, given the figures of the rule."""

    take: Measure
    reach_m: Callable[[Given], float] = here


def _figure(name: str) -> Callable[[Given], float]:
    return lambda given: _most(given[name])


def _most(figure: Any) -> float:
    return max(float(f) for f in (figure.values() if isinstance(figure, Mapping) else [figure]))


def _envelope(given: Given) -> float:
    hole = float(given.get("hole_m2", 0.0))
    return _most(given["grow_m"]) + float(given.get("shrink_m", 0.0)) + float(hole**0.5)


def _strip(given: Given) -> float:
    return max(_most(given["clear_m"]), float(given["reach_m"]))


MEASURES: Mapping[str, Measured] = {
    "area_m2": Measured(measures.area_m2),
    "in_zone": Measured(measures.in_zone),
    "built_share": Measured(measures.built_share),
    "excluded_share": Measured(measures.excluded_share),
    "road_share": Measured(measures.road_share, _figure("reach_m")),
    "opened_area_m2": Measured(measures.opened_area),
    "free_piece_m2": Measured(freed.free_piece, _figure("clear_m")),
    "free_width_m": Measured(freed.free_width, _figure("clear_m")),
    "free_access_m": Measured(freed.free_access, _strip),
    "width_m": Measured(outline.width),
    "gravelius": Measured(outline.gravelius),
    "convexity": Measured(outline.convexity),
    "envelope_m2": Measured(enveloped.envelope_m2, _envelope),
    "envelope_share": Measured(enveloped.envelope_share, _envelope),
    "unbuilt_group_m2": Measured(outline.unbuilt_group, _figure("reach_m")),
    "frontage_m": Measured(edges.frontage, _figure("reach_m")),
    "street_distance_m": Measured(edges.street_distance, _figure("reach_m")),
    "surrounded_share": Measured(edges.surrounded_share, _figure("reach_m")),
    "built_sides": Measured(sides.built_sides, _figure("reach_m")),
    "slope": Measured(terrain.slope),
}
