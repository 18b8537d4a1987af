"""Controls and escapes of a terminal in texts: removed where they enter, once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foncier.errors import ConfigError
from foncier.i18n import without_controls
from foncier.i18n.controls import control_in
from foncier.readers import columns
from foncier.readers.report import Journal
from foncier.study import read_study

from ..fuzz.inputs import CNIG, OSM, layer
from ..hamlet import hamlet

if TYPE_CHECKING:
    from pathlib import Path

LINK = "\x1b[31mROUGE\x1b]8;;http://evil.example\x1b\\"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Usine Dupont", "Usine Dupont"),
        ("Usine « Dupont » – 4 m²", "Usine « Dupont » – 4 m²"),
        ("ligne 1\nligne 2\tcolonne", "ligne 1\nligne 2\tcolonne"),
        (f"Usine {LINK} clic", "Usine ROUGE clic"),
        ("\x1b]0;titre\x07Usine", "Usine"),
        ("\x9b31mUsine", "Usine"),
        ("\x1b]8;;http://sans-fin.example", ""),
        ("Mairie\x0bService", "Mairie Service"),
        ("a\x00b\x08c\rd", "a b c d"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("80021000AB0001\u200e", "80021000AB0001"),
        ("a\ufffeb\uffffc", "abc"),
    ],
)
def test_texts_without_controls(text: str, plain: str) -> None:
    assert without_controls(text) == plain


@given(st.text(alphabet=st.characters(max_codepoint=0x2100)))
def test_what_is_left_is_xml_and_has_no_control(text: str) -> None:
    plain = without_controls(text)
    assert control_in(plain) is None
    assert without_controls(plain) == plain
    element = ET.Element("a")
    element.text = plain
    assert ET.fromstring(ET.tostring(element)).text == (plain or None)  # noqa: S314 (ours)


def test_a_table_without_controls_is_the_same_object() -> None:
    table = pd.DataFrame({"name": ["Usine", None], "count": [1, 2]})
    assert columns.printable(table, Journal()) is table


@pytest.mark.parametrize("kind", ["str", object])
def test_controls_are_counted_and_a_text_of_nothing_else_is_unknown(kind: Any) -> None:
    table = pd.DataFrame({"name": ["A\x1b[2JB", "\x0b", None, "C"]}).astype({"name": kind})
    journal = Journal()
    cleaned = columns.printable(table, journal)["name"]
    assert [None if pd.isna(name) else name for name in cleaned] == ["AB", None, None, "C"]
    assert [note.count for note in journal.notes] == [2]
    assert table["name"][0] == "A\x1b[2JB"


def test_every_way_of_a_name_into_a_layer_is_cleaned(tmp_path: Path) -> None:
    inventory = CNIG.replace(b"Halle", b"Halle \x1b[31mROUGE\x1b[0m", 1)
    street = OSM.replace(
        b'v="residential"/>', b'v="residential"/><tag k="name" v="\xc2\x9b31mRue"/>', 1
    )
    places = json.dumps(
        [{"name": "Gare\x0bdu Nord", "category": "station", "latitude": 49.89, "longitude": 2.3}]
    ).encode()
    for name, data, read in (
        ("f.csv", inventory, layer("inventory", "cnig")),
        ("o.osm", street, layer("streets", "osm-xml")),
        ("l.json", places, layer("places", "latlon-json")),
    ):
        path = tmp_path / name
        path.write_bytes(data)
        table: Any = read(path)
        frame, report = table
        texts = frame.select_dtypes(["str", "object"]).drop(columns="geometry", errors="ignore")
        assert control_in([str(cell) for cell in texts.to_numpy().ravel()]) is None, name
        assert any("contrôle" in note.text.fr for note in report.notes), name


@pytest.mark.parametrize(
    "line",
    [
        'title = "Ham\\u000beau"',
        'title = "Ham\\u001b[31meau"',
        'title = "Ham\\u202eeau"',
        'title = "Hameau\\uffff"',
    ],
)
def test_a_study_with_an_invisible_character_is_refused(line: str, tmp_path: Path) -> None:
    folder = hamlet(tmp_path)
    text = (folder / "study.toml").read_text(encoding="utf-8")
    (folder / "study.toml").write_text(text.replace('title = "Hameau"', line), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"study\.title.*U\+"):
        read_study(folder)


def test_a_list_of_fetched_layers_is_cleaned(tmp_path: Path) -> None:
    folder = hamlet(tmp_path)
    (folder / "fetched").mkdir()
    (folder / "fetched" / "couches.toml").write_text(
        '[layers.zones]\npath = "fetched/z.geojson"\nformat = "vector"\n'
        'source = "Mairie\\u000bx"\n',
        encoding="utf-8",
    )
    assert read_study(folder).layers["zones"][0].source == "Mairie x"


def test_errors_and_notes_show_no_escape_of_their_parameters() -> None:
    journal = Journal()
    journal.add("kept", 1, "readers.cadastre.unexpected_kind", kinds=[LINK])
    error = ConfigError("readers.files.not_found", path=LINK)
    for words in (str(error), journal.notes[0].text.fr, journal.notes[0].text.en):
        assert "ROUGE" in words
        assert "\x1b" not in words
