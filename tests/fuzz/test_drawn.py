"""Files that hypothesis draws: any text in known columns, any JSON in features, any TOML value.

``--hypothesis-profile=hardening`` draws two hundred of each.
"""

from __future__ import annotations

import csv
import io
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .breaking import tried
from .formats import every

settings.register_profile("hardening")
HARDENING = settings.get_current_profile_name() == "hardening"
drawing = settings(
    max_examples=200 if HARDENING else 3,
    deadline=None,
    derandomize=not HARDENING,
    suppress_health_check=[HealthCheck.too_slow],
)

TEXTS = st.text(max_size=12)
NUMBERS = st.one_of(st.integers(), st.floats(allow_nan=True))
WORDS = st.sampled_from(
    ["NA", "80021", "80021000AB0160", "POINT (2.3 49.89)", "2024-02-30", "1e400", "49,89", "{}"]
)
LEAVES = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS, WORDS)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
DEGREES = st.floats(-180, 180) | NUMBERS
POINTS = st.lists(DEGREES, max_size=4)
RINGS = st.lists(st.lists(POINTS, max_size=6), max_size=2)
SHAPES = st.one_of(
    st.builds(lambda c: {"type": "Point", "coordinates": c}, POINTS),
    st.builds(lambda c: {"type": "LineString", "coordinates": c}, st.lists(POINTS, max_size=4)),
    st.builds(lambda c: {"type": "Polygon", "coordinates": c}, RINGS),
    st.builds(lambda c: {"type": "MultiPolygon", "coordinates": c}, st.lists(RINGS, max_size=2)),
    JSON,
)


def read(name: str, data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        _, fault = tried(every()[name], path)
    assert fault == ""


TABLES = sorted(one.name for one in every().values() if one.form == "csv" and len(one.parts) == 1)


@pytest.mark.parametrize("name", TABLES)
@drawing
@given(draw=st.data())
def test_any_text_in_the_cells_of_a_table(name: str, draw: st.DataObject) -> None:
    head = every()[name].whole.decode("latin-1").split("\n")[0]
    mark = max(";,", key=head.count)
    row = st.lists(TEXTS | WORDS | NUMBERS.map(str), min_size=1, max_size=head.count(mark) + 1)
    stream = io.StringIO()
    csv.writer(stream, delimiter=mark, lineterminator="\n").writerows(
        [head.split(mark), *draw.draw(st.lists(row, max_size=5))]
    )
    read(name, stream.getvalue().encode("utf-8", "replace"))


VECTORS = sorted(one.name for one in every().values() if one.name.endswith(".geojson"))


@pytest.mark.parametrize("name", VECTORS)
@drawing
@given(draw=st.data())
def test_any_value_in_the_features_of_a_layer(name: str, draw: st.DataObject) -> None:
    good = json.loads(every()[name].whole)
    for feature in good["features"]:
        for key in feature["properties"]:
            if draw.draw(st.booleans()):
                feature["properties"][key] = draw.draw(JSON)
        if draw.draw(st.booleans()):
            feature["geometry"] = draw.draw(SHAPES)
    read(name, json.dumps(good).encode())


def _toml(value: Any) -> str:
    """A value as TOML writes it; JSON's own form where they agree."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {_toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, float):
        return repr(value)
    return '""' if value is None else json.dumps(value)


@pytest.mark.parametrize("name", ["study.toml", "besoins.toml"])
@drawing
@given(draw=st.data())
def test_any_value_under_the_keys_of_a_settings_file(name: str, draw: st.DataObject) -> None:
    lines = every()[name].whole.decode().split("\n")
    for number, line in enumerate(lines):
        if " = " in line and draw.draw(st.booleans()):
            lines[number] = f"{line.split(' = ')[0].lstrip('# ')} = {_toml(draw.draw(JSON))}"
    read(name, "\n".join(lines).encode("utf-8", "replace"))
