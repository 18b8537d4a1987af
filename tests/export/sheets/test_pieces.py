"""The pieces that sheets are made of: windows, drawings, texts, signs, pictures."""

from __future__ import annotations

import re
import struct
import zlib
from importlib import resources
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pydantic import ValidationError

from foncier.errors import ConfigError
from foncier.export.pictures import check_picture, pictures
from foncier.export.sheets.canvas import (
    SCALES,
    Canvas,
    Window,
    bar_m,
    window,
)
from foncier.export.sheets.markers import (
    KINDS,
    kind_marker,
    place_marker,
    stop_letter,
)
from foncier.export.sheets.render import page_words
from foncier.export.sheets.typography import hectares, measured, printable
from foncier.model import KIND_LABELS
from foncier.study.config import Leaflet

if TYPE_CHECKING:
    from pathlib import Path

TEMPLATES = ("common.typ", "sheet.typ", "leaflet.typ")
metres = st.floats(1, 900_000, allow_nan=False)


@given(width=metres, height=metres)
def test_a_window_shows_its_bounds_whole_at_a_usual_scale(width: float, height: float) -> None:
    frame = window((0.0, 0.0, width, height), 100.0, 80.0, least=2000)
    assert frame.scale in SCALES or frame.scale % SCALES[-1] == 0
    assert frame.scale >= 2000
    corners = frame.paper(np.array([[0.0, 0.0], [width, height]]))
    assert corners.min() >= 0
    assert corners[:, 0].max() <= 100
    assert corners[:, 1].max() <= 80


@given(scale=st.sampled_from(SCALES))
def test_scale_bar_has_the_right_length(scale: int) -> None:
    frame = Window(0.0, 0.0, scale, 100.0, 80.0)
    long = bar_m(frame, 40.0) * 1000 / scale
    assert long <= 40
    assert long >= 8  # long enough to measure by


def test_metres_are_drawn_to_scale_and_north_is_up() -> None:
    canvas = Canvas(Window(1000.0, 2000.0, 2000, 100.0, 80.0))
    assert canvas.place(shapely.Point(1000, 2000)) == (50.0, 40.0)
    assert canvas.place(shapely.Point(1020, 2020)) == (60.0, 30.0)  # 20 m are 10 mm at 1:2 000


def test_shapes_that_overlap_are_filled_and_holes_are_not() -> None:
    canvas = Canvas(Window(0.0, 0.0, 1000, 100.0, 80.0))
    yard = shapely.box(-20, -20, 20, 20) - shapely.box(-5, -5, 5, 5)
    canvas.fill([yard, shapely.reverse(shapely.box(0, 0, 30, 30))], "#000000")
    (element,) = canvas.elements
    assert "evenodd" not in element
    runs = [
        [tuple(map(float, point.split())) for point in run.split("L")]
        for run in re.findall(r"M([^Z]+)Z", element)
    ]
    turns = [shapely.LinearRing(run).is_ccw for run in runs]
    assert turns[0] == turns[2] != turns[1]  # the two shells turn alike, the hole against them


def test_shapes_off_the_paper_empty_or_missing_are_not_drawn() -> None:
    canvas = Canvas(Window(0.0, 0.0, 1000, 100.0, 80.0))
    canvas.fill([None, shapely.Polygon(), shapely.box(9000, 9000, 9010, 9010)], "#000000")
    canvas.stroke(np.array([], dtype=object), "#000000", 1.0)
    canvas.stroke([shapely.LineString([(9000, 0), (9000, 5)])], "#000000", 1.0)
    assert canvas.elements == []


def test_texts_never_cover_one_another_nor_leave_the_paper() -> None:
    canvas = Canvas(Window(0.0, 0.0, 1000, 100.0, 80.0))
    assert canvas.try_write("Rue de la Vallée", 50, 40, size=6)
    assert not canvas.try_write("Rue du Paradis", 52, 40.5, size=6)
    assert not canvas.try_write("Rue du Paradis", 52, 40.5, size=6, turn=30)
    assert canvas.try_write("Rue du Paradis", 50, 50, size=6, turn=30)
    assert not canvas.try_write("Rue qui sort", 98, 20, size=6)


@pytest.mark.parametrize("text", ["<script>", "]]>", "&amp;", '"/><path d=""/>', "a\u2028b"])
def test_a_drawing_stays_well_formed_whatever_is_written(text: str) -> None:
    canvas = Canvas(Window(0.0, 0.0, 1000, 100.0, 80.0))
    canvas.write(text, 50, 40, size=6)
    root = ET.fromstring(canvas.svg())  # noqa: S314 (our own drawing)
    texts = [node.text for node in root.iter("{http://www.w3.org/2000/svg}text")]
    assert texts == [text]


@given(st.text(max_size=300))
def test_printable_text_is_one_short_line_without_control_characters(text: str) -> None:
    line = printable(text, lang="fr", limit=120)
    assert len(line.replace("\u200b", "")) <= 120
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ue000]", line)
    assert max((len(run) for run in re.split(r"[\s\u200b]", line)), default=0) <= 26
    assert printable(line, lang="fr", limit=120).replace("\u200b", "") == line.replace("\u200b", "")


@pytest.mark.parametrize(
    ("text", "lang", "expected"),
    [
        (
            "Point de départ : 4,2 % des logements",
            "fr",
            "Point de départ\u00a0: 4,2\u00a0% des logements",
        ),
        (
            "« Zone inondable » ; à 43 m !",
            "fr",
            "«\u00a0Zone inondable\u00a0»\u00a0; à 43\u00a0m\u00a0!",
        ),
        ("Starting point: 4.2% of dwellings", "en", "Starting point: 4.2% of dwellings"),
    ],
)
def test_french_spaces_do_not_break(text: str, lang: str, expected: str) -> None:
    assert printable(text, lang="fr" if lang == "fr" else "en") == expected


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (0.0351, "m", "0\u00a0m"),
        (5.43, "m", "5,4\u00a0m"),
        (131.4, "m", "131\u00a0m"),
        (0.403, "0–1", "40\u00a0%"),
        (10136.2, "m²", "10\u202f136\u00a0m²"),
        (290472.3, "m²", "29,0\u00a0ha"),
        (None, "min", "inconnu"),
        (float("nan"), "", "inconnu"),
    ],
)
def test_measures_are_written_with_units_and_decimals(
    value: float | None, unit: str, expected: str
) -> None:
    assert measured(value, unit, "fr") == expected


def test_small_areas_are_not_rounded_to_zero() -> None:
    assert hectares(40.0, "fr") == "0,01\u00a0ha"
    assert hectares(0.0, "fr") == "0\u00a0ha"


def test_markers_are_those_of_the_web_map() -> None:
    icons = resources.files("foncier.export.webmap") / "static" / "icons.js"
    script = icons.read_text(encoding="utf-8")
    styles = script[script.index("KIND_STYLES") : script.index("};", script.index("KIND_STYLES"))]
    found = re.findall(r"(\w+): \{\s*colour: '(#\w+)', shape: '([^']+)',\s*lift: (\d+)", styles)
    assert {kind: (colour, shape, float(lift)) for kind, colour, shape, lift in found} == {
        kind: tuple(sign) for kind, sign in KINDS.items()
    }
    assert set(KINDS) == set(KIND_LABELS)


@pytest.mark.parametrize(
    "drawing",
    [*(kind_marker(kind, "1234") for kind in KINDS), place_marker("station"), place_marker("?")],
)
def test_markers_are_well_formed_svg(drawing: str) -> None:
    assert ET.fromstring(drawing).tag.endswith("svg")  # noqa: S314 (our own drawing)


def test_letters_of_stops_never_repeat() -> None:
    letters = [stop_letter(n) for n in range(120)]
    assert len(set(letters)) == 120


def test_the_catalogue_and_the_templates_have_the_same_words() -> None:
    folder = resources.files("foncier.export.sheets") / "templates"
    sources = [(folder / name).read_text(encoding="utf-8") for name in TEMPLATES]
    used = set(re.findall(r"words\.(\w+)", "".join(sources)))
    assert used == set(page_words("fr")) == set(page_words("en"))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "introuvable"),
        (b"", "PNG ou JPEG"),
        (b"<svg/>", "PNG ou JPEG"),
        (b"\x89PNG\r\n\x1a\n cut", "PNG ou JPEG"),
    ],
)
def test_an_unreadable_picture_is_refused_before_the_run(
    tmp_path: Path, content: bytes | None, expected: str
) -> None:
    path = tmp_path / "logo.png"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=expected):
        check_picture(path, "logo.png")


@pytest.mark.parametrize("side", [11_000, 30_000])
def test_a_small_file_of_too_many_pixels_is_refused(tmp_path: Path, side: int) -> None:
    head = struct.pack(">4sIIBBBBB", b"IHDR", side, side, 8, 0, 0, 0, 0)
    chunks = [head, b"IDAT" + zlib.compress(bytes(side)), b"IEND"]
    packed = [struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in chunks]
    (tmp_path / "logo.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(packed))
    with pytest.raises(ConfigError, match="pixels"):
        check_picture(tmp_path / "logo.png", "logo.png")


def test_a_picture_that_can_be_printed_passes(tmp_path: Path) -> None:
    Image.new("RGB", (4, 4)).save(tmp_path / "logo.png")
    check_picture(tmp_path / "logo.png", "logo.png")
    assert pictures(None) == {}
    twice = {"logo": {"file": "a.png"}, "photos": [{"site": "x", "file": "a.png"}]}
    assert pictures(twice) == {"a.png": "image-1.png"}


@pytest.mark.parametrize(
    "table",
    [
        {"logo": {"file": "logo.svg"}},
        {"logo": "logo.png"},
        {"contact": []},
        {"contacts": [{"lines": ["a"]}]},
        {"changes": [{"when": "2027"}]},
        {"photos": [{"file": "a.png"}]},
        {"map_url": "carte"},
        {"map_url": "https://exemple.fr/" + "a" * 300},
        {"premises": [{"area_m2": 12}]},
        {"premises": [{"name": "Bureau", "area_m2": 0}]},
        {"testimonies": [{"text": "Bien"}]},
    ],
)
def test_invalid_leaflet_tables_are_refused(table: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Leaflet.model_validate(table)
