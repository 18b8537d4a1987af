"""Registry of measures: what a rule compares with its threshold, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

import numpy as np

from foncier.detect.measures import (
    frontage,
    ground,
    land,
    neighbours,
    openings,
    parcel,
    qgis_foncier,
    remainder,
    shape,
)
from foncier.errors import ConfigError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foncier.detect.context import SpatialContext
    from foncier.detect.measures.parcel import MeasureFunction, Params
    from foncier.geometry import Floats

ENTRY_POINTS = "foncier.measures"
RENAMED_PARAMS = {"reach_m": "radius_m"}  # names of version 0.1.0


def no_radius(_: Params) -> float:
    """Radius of influence of a measure that depends on the parcel alone."""
    return 0.0


@dataclass(frozen=True)
class Measure:
    """A measure of parcels.

    Parameters
    ----------
    function
        Takes the context, positions of parcels and the parameters of the rule; returns one value
        per parcel (NaN: unknown) and details (see `foncier.detect.measures.parcel`) or None.
    radius_m
        Radius of influence: nothing farther from the parcel changes the measure.
    requires
        Layers that it reads (attributes of `foncier.detect.SpatialContext`).
    alternative
        Layer that replaces ``requires`` where the study has it.
    params, optional
        Names of the parameters that a rule gives: those that it must, those that it may. With
        neither, the parameters are not checked.
    """

    function: MeasureFunction
    radius_m: Callable[[Params], float] = no_radius
    requires: tuple[str, ...] = ()
    alternative: str = ""
    params: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()

    def take(
        self, context: SpatialContext, rows: NDArray[np.intp], params: Params
    ) -> tuple[Floats, NDArray[np.object_] | None]:
        """Value and detail of some parcels; NaN and None where a required layer is missing.

        See `foncier.detect.context.SpatialContext.known`.
        """
        supplied = self.alternative and getattr(context, self.alternative) is not None
        known = context.known(() if supplied else self.requires, rows)
        if len(rows) and known.all():
            return self.function(context, rows, params)
        value, detail = np.full(len(rows), np.nan), np.full(len(rows), None, dtype=object)
        if known.any():
            value[known], detail[known] = self.function(context, rows[known], params)
        return value, detail


def register_measure(name: str, measure: Measure) -> None:
    """Add a measure that rules may name, in this process.

    A package offers its measures to every process, workers included, by entry points of the group
    ``foncier.measures``: the name of the entry point is that of the measure, and the object is a
    `Measure`.

    Raises
    ------
    ConfigError
        Another measure has this name.

    Examples
    --------
    >>> import shapely
    >>> def perimeter_m(context, rows, params):
    ...     return shapely.length(context.plots[rows]), None
    >>> register_measure("perimeter_m", Measure(perimeter_m))
    >>> "perimeter_m" in known_measures()
    True
    """
    if _MEASURES.get(name, measure) is not measure:
        raise ConfigError("detect.rules.duplicate_measure", measure=name)
    _MEASURES[name] = measure


def find_measure(name: str) -> Measure:
    """Return the measure of a name; `KeyError` where there is none (see `known_measures`)."""
    if name not in _MEASURES:
        _load_entry_points()
    return _MEASURES[name]


def known_measures() -> tuple[str, ...]:
    """Names of all measures: of foncier, of installed packages, and those registered."""
    _load_entry_points()
    return tuple(sorted(_MEASURES))


def current_params(params: Params) -> dict[str, Any]:
    """Parameters of a rule under their present names; those of version 0.1.0 are accepted.

    Examples
    --------
    >>> current_params({"reach_m": 20.0, "built_m2": 25.0})
    {'radius_m': 20.0, 'built_m2': 25.0}
    """
    return {RENAMED_PARAMS.get(name, name): value for name, value in params.items()}


@cache
def _load_entry_points() -> None:
    for point in entry_points(group=ENTRY_POINTS):
        try:
            measure = point.load()
        except (ImportError, AttributeError) as fault:
            raise ConfigError(
                "detect.rules.measure_not_loaded", measure=point.name, module=point.value, why=fault
            ) from fault
        register_measure(point.name, measure)


def _parameter(name: str) -> Callable[[Params], float]:
    """Radius of influence that is a parameter of the rule: one figure, or one a fabric class."""
    return lambda params: _largest(params[name])


def _largest(figure: Any) -> float:
    return max(float(f) for f in (figure.values() if isinstance(figure, Mapping) else [figure]))


def _envelope_radius(params: Params) -> float:
    hole = float(params.get("hole_m2", 0.0))
    around = _largest(params["grow_m"]) + float(params.get("shrink_m", 0.0)) + float(hole**0.5)
    return around + float(params.get("land_m", 0.0))


def _access_radius(params: Params) -> float:
    return max(_largest(params["clear_m"]), _front_radius(params))


def _front_radius(params: Params) -> float:
    across = frontage.ACROSS_M if params.get("public_m") else 0.0
    return max(float(params["radius_m"]), across) + float(params.get("unit_m", 0.0))


def _land_radius(params: Params) -> float:
    front = _front_radius(params) if "radius_m" in params else 0.0
    return max(front, float(params.get("facing_m", 0.0))) + float(params.get("land_m", 0.0))


_BUILDINGS, _STREETS = ("buildings",), ("streets",)
_COUNTED = ("least_m2", "no_light", "light_m2")  # which footprints count as buildings
_BUILT = (*_COUNTED, "wall_m", "centred_in")
_FRONT = ("step_m", *frontage.STREET_PARAMS)
_GROUND = ("zones", "available")
_LAND = (*_BUILT, *_GROUND, "built_m2", "lane_m", "land_m")
_PIECE = ("clear_m", "part_m2", "opening_radius_m")
_ENVELOPE = ("shrink_m", "hole_m2", *_COUNTED, *_GROUND)
_FREE = (*_COUNTED, "lot", *_GROUND)
_RADIUS, _CLEAR = _parameter("radius_m"), _parameter("clear_m")
_MEASURES: dict[str, Measure] = {
    "area_m2": Measure(ground.area_m2, optional=_GROUND),
    "in_zone": Measure(parcel.in_zone, requires=("zones",), params=("zones",)),
    "built_share": Measure(parcel.built_share, requires=_BUILDINGS, optional=_BUILT),
    "excluded_share": Measure(
        parcel.excluded_share,
        requires=("constraints",),
        alternative="prescriptions",
        optional=("line_m",),
    ),
    "road_share": Measure(
        openings.street_share, _RADIUS, _STREETS, params=("radius_m",), optional=("lane_m",)
    ),
    "opened_area_m2": Measure(
        land.opened_area, _land_radius, params=("opening_radius_m",), optional=_LAND
    ),
    "free_piece_m2": Measure(
        remainder.free_piece, _CLEAR, _BUILDINGS, params=_PIECE, optional=_FREE
    ),
    "free_width_m": Measure(
        remainder.free_width, _CLEAR, _BUILDINGS, params=_PIECE, optional=_FREE
    ),
    "free_access_m": Measure(
        remainder.free_access,
        _access_radius,
        _BUILDINGS + _STREETS,
        params=(*_PIECE, "radius_m", "strip_m"),
        optional=(*_FREE, *_FRONT),
    ),
    "width_m": Measure(land.width, _land_radius, optional=_LAND),
    "gravelius": Measure(shape.gravelius),
    "convexity": Measure(shape.convexity),
    "envelope_m2": Measure(
        land.envelope_m2,
        _envelope_radius,
        _BUILDINGS,
        "envelope",
        ("grow_m",),
        (*_ENVELOPE, *_LAND),
    ),
    "envelope_share": Measure(
        shape.envelope_share, _envelope_radius, _BUILDINGS, "envelope", ("grow_m",), _ENVELOPE
    ),
    "unbuilt_group_m2": Measure(
        land.unbuilt_group,
        _land_radius,
        _BUILDINGS,
        params=("land_m", "built_m2"),
        optional=(*_BUILT, *_GROUND, "lane_m"),
    ),
    "open_land_m2": Measure(
        land.open_land,
        _land_radius,
        _BUILDINGS,
        params=("facing_m", "built_m2", "land_m", "share"),
        optional=(*_BUILT, *_GROUND, "lane_m", "step_m"),
    ),
    "ground_share": Measure(
        ground.ground_share, requires=("zones",), params=("zones",), optional=_GROUND
    ),
    "vocation_share": Measure(ground.vocation_share, requires=("zones",), params=("vocations",)),
    "frontage_m": Measure(
        frontage.frontage,
        _front_radius,
        _STREETS,
        params=("radius_m",),
        optional=(*_FRONT, "unit_m"),
    ),
    "street_distance_m": Measure(
        frontage.street_distance, _RADIUS, _STREETS, params=("radius_m", "half_width_m")
    ),
    "surrounded_share": Measure(
        land.surrounded_share,
        _land_radius,
        _BUILDINGS + _STREETS,
        params=("radius_m", "built_m2"),
        optional=(*_BUILT, *_FRONT, *_GROUND, "land_m"),
    ),
    "built_sides": Measure(
        frontage.built_sides,
        _RADIUS,
        _BUILDINGS + _STREETS,
        params=("radius_m", "beside_m", "built_m2"),
        optional=(*_BUILT, *_FRONT),
    ),
    "garden_share": Measure(
        neighbours.garden_share, requires=_BUILDINGS, params=("filled_share",), optional=_BUILT
    ),
    "served_behind": Measure(
        neighbours.served_behind,
        lambda params: neighbours.DEEP_M + _front_radius(params),
        _BUILDINGS + _STREETS,
        params=("radius_m", "built_m2"),
        optional=(*_BUILT, *_FRONT),
    ),
    "main_buildings": Measure(neighbours.main_buildings, requires=_BUILDINGS, optional=_COUNTED),
    "slope": Measure(parcel.slope, params=("step_m",)),
    "opened_gravelius": Measure(qgis_foncier.gravelius, params=("opening_radius_m",)),
    "opened_convexity": Measure(qgis_foncier.convexity, params=("opening_radius_m",)),
    "shrunk_built_share": Measure(
        qgis_foncier.shrunk_built_share, requires=_BUILDINGS, params=("wall_m",), optional=_COUNTED
    ),
    "built_up_m2": Measure(
        qgis_foncier.built_up_m2,
        qgis_foncier.radius_m,
        _BUILDINGS,
        "envelope",
        qgis_foncier.ENVELOPE,
        _COUNTED,
    ),
    "built_up_share": Measure(
        qgis_foncier.built_up_share,
        qgis_foncier.radius_m,
        _BUILDINGS,
        "envelope",
        qgis_foncier.ENVELOPE,
        _COUNTED,
    ),
}
