"""CSV as Excel and people write it: encodings, separators, odd lines, numbers, dates."""

from __future__ import annotations

import datetime as dt
import gzip
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyproj
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from foncier.errors import FormatError
from foncier.readers import csv_text, files, parse, read_truth
from foncier.readers.report import Journal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PLAIN = "id;nom;état\n1;Bâtiment à l'été;occupé\n2;Œuvre où ça gêne;vacant\n"
ROWS = [
    {"id": "1", "nom": "Bâtiment à l'été", "état": "occupé"},
    {"id": "2", "nom": "Œuvre où ça gêne", "état": "vacant"},
]
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252")


def parsed(data: bytes) -> tuple[list[Any], list[str]]:
    journal = Journal()
    text = csv_text.decode(data, "a.csv", journal)
    table = csv_text.table(text, "a.csv", journal)
    return table.to_dict("records"), [note.text.fr for note in journal.notes]


@pytest.mark.parametrize("encoding", [*ENCODINGS, "mac_roman"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_a_table_in_the_encoding_it_is_in(encoding: str, ends: str) -> None:
    rows, notes = parsed(PLAIN.replace("\n", ends).encode(encoding))
    assert rows == ROWS
    assert len(notes) == (not encoding.startswith("utf-8"))


def test_ms_dos_has_no_ligatures() -> None:
    rows, notes = parsed(PLAIN.replace("Œ", "O").encode("cp850"))
    assert rows[0] == ROWS[0]
    assert "MS-DOS" in notes[0]


# What Excel, exports and people do to the lines of a table; the rows are those of `ROWS` in ASCII.
LINES = {
    "sep= line": "sep=;\na;b\n1;2\n3;4\n",
    "sep= line in quotes, filled up": '"sep=,";;\na,b\n1,2\n3,4\n',
    "sep= tab, upper case": "SEP=\t\na\tb\n1\t2\n3\t4\n",
    "sep= that the header contradicts": "sep=;\na;b,c\n1;2\n3;4\n",
    "separator at the end of each line": "a;b\n1;2;\n3;4;\n",
    "separators at the end of some lines": "a;b\n1;2\n3;4;;;;\n",
    "separator at the end of the header": "a;b;\n1;2;\n3;4;\n",
    "bars": "a|b\n1|2\n3|4\n",
    "tabs": "a\tb\n1\t2\n3\t4\n",
    "blank lines": "\n\na;b\n\n1;2\n;\n3;4\n;;;\n",
    "spaces round names": " a ; b\n1;2\n3;4",
    "quotes": 'a;"b"\n"1";2\n3;"4"\n',
    "separator in a quoted name": '"a";"b, c, d, e"\n1;2\n3;4\n',
    "more cells in one line": "a;b\n1;2\n9;9;9\n3;4\n",
    "more cells in the first line": "a;b\n9;9;9\n1;2\n3;4\n",
    "a quote that is never closed": 'a;b\n1;2\n3;4\n5;"Rue\n',
}


@pytest.mark.parametrize("name", LINES)
def test_lines_as_they_are(name: str) -> None:
    rows, notes = parsed(LINES[name].encode())
    cells = [list(row.values()) for row in rows if row["a"] in "13" and row["a"]]
    assert cells == [["1", "2"], ["3", "4"]], rows
    assert any("mise de côté" in note for note in notes) == name.startswith("more cells"), notes


@pytest.mark.parametrize("text", ["a;b\n1;2;3\n4;5;6\n", "", "\n\n", "a;b\n1;2;3\n"])
def test_what_is_no_table_is_refused(text: str) -> None:
    with pytest.raises(FormatError):
        parsed(text.encode())


@pytest.mark.parametrize("data", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1"])
def test_a_workbook_is_no_table(data: bytes) -> None:
    with pytest.raises(FormatError, match="CSV"):
        parsed(data)


@given(
    st.lists(
        st.tuples(*[st.text("abc éàùçœ;,\"'0", min_size=1).map(lambda s: f"x{s}x")] * 3), min_size=1
    ),
    st.sampled_from(ENCODINGS),
    st.sampled_from(["", ";", ";;"]),
)
@example([("x,,,,x", "x;x", 'x"x')], "utf-16", ";")
def test_any_table_survives_its_encoding_and_trailing_separators(
    rows: list[tuple[str, ...]], encoding: str, ends: str
) -> None:
    quoted = [";".join('"' + c.replace('"', '""') + '"' for c in row) + ends for row in rows]
    text = "\n".join(["un;deux;trois", *quoted])
    found, _ = parsed(text.encode(encoding))
    assert [tuple(row.values()) for row in found] == rows


def one(text: str) -> Any:
    journal = Journal()
    day = parse.dates(pd.Series([text]), column="date", journal=journal)[0]
    return (None if pd.isna(day) else day.date().isoformat()), len(journal.notes)


# Text, day, notes: a day that is unknown is noted, as is one that is not written as a day.
DATES = {
    "2023-03-15": ("2023-03-15", 0),
    "2023-03-15T10:20:00Z": ("2023-03-15", 0),
    "2023/03/15": ("2023-03-15", 0),
    "20230315": ("2023-03-15", 0),
    "15/03/2023": ("2023-03-15", 0),
    "15/03/2023 10:20": ("2023-03-15", 0),
    "5/3/2023": ("2023-03-05", 0),
    "15-03-2023": ("2023-03-15", 0),
    "15.03.2023": ("2023-03-15", 0),
    "15/03/23": ("2023-03-15", 0),
    "15/03/87": ("1987-03-15", 0),
    " 15/03/2023 ": ("2023-03-15", 0),
    "15 mars 2023": ("2023-03-15", 0),
    "1er août 2023": ("2023-08-01", 0),
    "mardi 15 août 2023": ("2023-08-15", 0),
    "15-août-23": ("2023-08-15", 0),
    "15 AOUT 2023": ("2023-08-15", 0),
    "15 févr. 2023": ("2023-02-15", 0),
    "août 2023": ("2023-08-01", 1),
    "août-23": ("2023-08-01", 1),
    "08/2023": ("2023-08-01", 1),
    "2023-08": ("2023-08-01", 1),
    "03/15/2023": (None, 1),
    "31/02/2023": (None, 1),
    "0000-00-00": (None, 1),
    "9999-12-31": (None, 1),
    "31/12/9999": (None, 1),
    "2023": ("2023-01-01", 1),
    "45000": ("2023-03-15", 1),  # days of Excel
    "45000.75": ("2023-03-15", 1),
    "12345": (None, 1),
    "99999": (None, 1),
    "1678838400000": ("2023-03-15", 0),  # milliseconds of ArcGIS
    "hier": (None, 1),
    "2023-3": (None, 1),
    "": (None, 0),
}


@pytest.mark.parametrize("text", DATES)
def test_dates_as_french_files_write_them(text: str) -> None:
    assert one(text) == DATES[text]


@given(st.dates(dt.date(1800, 1, 1), dt.date(2100, 12, 31)))
def test_every_way_to_write_a_day_gives_that_day(day: dt.date) -> None:
    for pattern in ("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%Y%m%d", "%d-%m-%Y 12:00"):
        assert one(day.strftime(pattern)) == (day.isoformat(), 0)


NUMBERS = {
    "1234.5": 1234.5,
    "1234,5": 1234.5,
    "1 234,5": 1234.5,
    "1\u00a0234,5": 1234.5,
    "1\u202f234,5": 1234.5,
    "1'234,5": 1234.5,
    "1.234,5": 1234.5,
    "1,234.5": 1234.5,
    "1.234.567": 1234567.0,
    "120 m²": 120.0,
    "120\u00a0€": 120.0,
    "-3,5": -3.5,
    "1,5E+3": 1500.0,
    "0,0": 0.0,
    "inf": None,
    "nc": None,
    "12/3": None,
    "": None,
}


@pytest.mark.parametrize("text", NUMBERS)
def test_numbers_as_french_files_write_them(text: str) -> None:
    found = parse.loose_numbers(pd.Series([text], dtype="str"))[0]
    assert (None if pd.isna(found) else found) == NUMBERS[text]


def test_one_cell_that_is_no_number_is_listed() -> None:
    journal = Journal()
    cells = pd.Series(["12", "nc", "3,4"], dtype="str")
    found = parse.numbers(cells, column="surface", shown="a.csv", journal=journal)
    assert found.tolist()[::2] == [12.0, 3.4]
    assert pd.isna(found[1])
    assert "nc" in journal.notes[0].text.fr
    with pytest.raises(FormatError, match="surface"):
        parse.numbers(cells[1:2], column="surface", shown="a.csv", journal=journal)


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252", "mac_roman"])
def test_visits_and_truths_are_read_the_same(tmp_path: Path, encoding: str) -> None:
    text = (
        "sep=;\nid;parcelles;constat;date;poids\n"
        "V1;80021000AB0012;Friche confirmée;15/03/2023;1,5;\n"
    )
    path = tmp_path / "visites.csv"
    path.write_bytes(text.encode(encoding))
    truths, _, _ = read_truth(path, crs=pyproj.CRS.from_epsg(2154))
    assert truths["observed_on"].dt.date.tolist() == [dt.date(2023, 3, 15)]
    assert truths["weight"].tolist() == [1.5]


def test_an_inventory_that_excel_saved(tmp_path: Path, read: Callable[..., Any]) -> None:
    text = (
        "sep=;\nsite_id;site_nom;site_type;site_identif_date;site_actu_date;comm_insee;source_nom;"
        "geompoint;unite_fonciere_surface\nA1;Dépôt;friche ferroviaire;15/03/2023;août 2023;80021;"
        "DDT;POINT (2.3 49.9);1 234,5;\n"
    )
    path = tmp_path / "friches.csv"
    path.write_bytes(text.encode("utf-16"))
    table, _ = read("inventory", "cnig", path)
    row = table.iloc[0]
    assert (row["name"], row["area_m2"]) == ("Dépôt", 1234.5)
    assert [row[n].date().isoformat() for n in ("identified_on", "updated_on")] == [
        "2023-03-15",
        "2023-08-01",
    ]


def test_files_rows_reads_a_compressed_table(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(PLAIN.encode("utf-16")))
    assert files.rows(path, "a.csv.gz", Journal()).to_dict("records") == ROWS
