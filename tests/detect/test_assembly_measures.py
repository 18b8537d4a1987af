"""Outlines of plots taken together."""

from __future__ import annotations

import base64

import numpy as np
import shapely

from foncier.detect.assembly.measures import union_by_group

# The free end of a garden and the strip beside it, 0.3 m apart at one end, in base64 of WKB:
# closing that gap makes an outline that crosses itself.
GARDEN = (
    "AQMAAAABAAAAKAAAAI/C9ai94SNB4XoUzoSdWkEK16Pww+EjQRSuRyGOnVpB1797EcfhI0H9qoYdjp1aQaQJVaHG4SNB"
    "IRze/Y2dWkEliHgjxuEjQQPHMs6NnVpBYQ6Py8XhI0H4sTedjZ1aQS/ycJrF4SNBYGVla42dWkG+tGZDxOEjQQTWoiWL"
    "nVpBZ16QOcThI0Fi7mHzip1aQVGuMlfE4SNBnClAwYqdWkG0gwScxOEjQaU9uY+KnVpB9ApcB8XhI0FUYkdfip1aQbNg"
    "MJjF4SNBxyNiMIqdWkF9HxxNxuEjQWU7fQOKnVpBu9FgJMfhI0FJcgfZiZ1aQW4/6xvI4SNB4I9psYmdWkESjVgxyeEj"
    "QVVXBY2JnVpBCR/8YcrhI0FaljRsiZ1aQQYz5qrL4SNBgUdIT4mdWkEoH+sIzeEjQXHKhzaJnVpB7SSreM7hI0G/MzAi"
    "iZ1aQa7EmvbP4SNBN7ZzEomdWkEHfQt/0eEjQfcmeQeJnVpBseA0DtPhI0GinVsBiZ1aQbu32P7r4SNB/iwex4idWkHg"
    "OM+Q7eEjQc6x7MWInVpBjYzFIe/hI0FN0anJiJ1aQRGZ3q3w4SNBb1JM0oidWkGcREkx8uEjQUvovt+InVpBjt9JqPPh"
    "I0GnZuDxiJ1aQf1ZQw/14SNBzBOECImdWkGrLcBi9uEjQdsWciOJnVpBbOZ6n/fhI0GPAWhCiZ1aQQg0ZsL44SNBIHQZ"
    "ZYmdWkHv22EA+eEjQWu3GW6JnVpBzczMTPbhI0GamZk5hJ1aQbgehevq4SNBexSuV4SdWkHhehSuyeEjQexRuK6EnVpB"
    "CtejcMXhI0GamZm5hJ1aQY/C9ai94SNB4XoUzoSdWkE="
)
STRIP = (
    "AQMAAAABAAAADQAAAM3MzEz24SNBmpmZOYSdWkFBFIt4+OEjQbOxX2iInVpBpZUAoPjhI0EZw3xliJ1aQXuDjgz64SNB"
    "MCGCUIidWkHkL8mH++EjQYDuFkCInVpBJZMMDv3hI0E5hWM0iJ1aQTmHmZv+4SNBKqeELYidWkGVFlyREeIjQc4XwveH"
    "nVpBV3OtIhPiI0E+v8j1h51aQf8TMWsT4iNBxUJR9oedWkEAAACAEOIjQVK4HvWDnVpBj8L1qPbhI0GPwvU4hJ1aQc3M"
    "zEz24SNBmpmZOYSdWkE="
)


def one(*shapes: shapely.Geometry) -> shapely.Geometry:
    parts = np.empty(len(shapes), dtype=object)
    parts[:] = shapes
    (union,) = union_by_group(parts, np.zeros(len(shapes), dtype=np.intp))
    return union


def test_a_gap_between_two_drawings_of_a_limit_is_closed() -> None:
    union = one(shapely.box(0, 0, 10, 20), shapely.box(10.4, 0, 20, 20))
    assert union.geom_type == "Polygon"
    assert union.area == 400
    wide = one(shapely.box(0, 0, 10, 20), shapely.box(10.8, 0, 20, 20))
    assert shapely.get_num_geometries(wide) == 2


def test_a_closed_outline_is_valid() -> None:
    garden, strip = (shapely.from_wkb(base64.b64decode(text)) for text in (GARDEN, STRIP))
    assert garden.is_valid
    assert strip.is_valid
    union = one(garden, strip)
    assert union.is_valid
    assert abs(union.area - garden.area - strip.area) < 5
