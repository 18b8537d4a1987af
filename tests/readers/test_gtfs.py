"""Timetables: what leaves each stop on an ordinary weekday, and feeds that cannot be trusted."""

from __future__ import annotations

import datetime as dt
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foncier import readers, schemas
from foncier.errors import (
    ConfigError,
    CrsError,
    FormatError,
    SourceError,
)
from foncier.model import LayerFile, LayerReport

from ..hamlet import X, Y
from ..timetable import HEADS, at, feed, text, trip, write_zip
from .conftest import LAMBERT_93

if TYPE_CHECKING:
    from pathlib import Path

ON = dt.date(2026, 1, 18)  # a Sunday
BOUNDS = (X, Y - 10, X + 400, Y + 40)


def read(path: Path, *, on: dt.date | None = ON, **more: Any) -> tuple[Any, LayerReport]:
    file = LayerFile("transit", path, path.name, "gtfs", **more)
    table, report = readers.read(file, crs=LAMBERT_93, communes=("80021",), on=on, bounds=BOUNDS)
    return table.set_index("stop_id"), report


def departures(path: Path, **more: Any) -> dict[str, float]:
    """Departures in the twelve hours of each stop."""
    table = read(path, **more)[0]
    return {k: round(12 * v, 6) for k, v in table["departures_per_hour"].items()}


def test_departures_routes_and_shared_runs_of_stops(tmp_path: Path) -> None:
    table, report = read(write_zip(tmp_path / "f.zip", feed()))
    assert departures(tmp_path / "f.zip") == {"END": 0, "S1": 3, "S2": 2}
    assert table["routes"].to_dict() == {"END": np.nan, "S1": "A | Ligne de bois", "S2": "A"}
    assert table.loc["S2", "name"] == "École"
    assert table.loc["S1"].geometry.x == pytest.approx(X + 60, abs=0.01)
    one, two = (set(str(table.loc[s, "runs"]).split("|")) for s in ("S1", "S2"))
    assert two < one
    assert [group.split(":")[1] for group in (*two, *(one - two))] == ["2", "1"]
    assert (report.rows_read, report.rows_kept, report.crs) == (3, 3, "EPSG:4326")
    (note,) = report.notes
    assert "des semaines autour de la date de l'étude" in note.text.fr
    assert "2026-01-20" in note.text.en  # of the days as busy, the nearest to the study


def changed(**rows: list[str]) -> dict[str, list[str]]:
    return {**feed(), **rows}


WEEK = feed()["calendar"][0]
ONLY_DATES = ["week,20260114,1", "week,20260117,1"]
CASES: dict[str, tuple[dict[str, list[str]], dict[str, float]]] = {
    "calendar_dates alone": (
        {k: v for k, v in changed(calendar_dates=ONLY_DATES).items() if k != "calendar"},
        {"END": 0, "S1": 3, "S2": 2},
    ),
    "a day with more trips is chosen": (
        changed(
            trips=[*feed()["trips"], "a,extra,X"],
            calendar_dates=["extra,20260120,1"],
            stop_times=[*feed()["stop_times"], *trip("X", ("S2", "09:00:00"), ("END", "09:05:00"))],
        ),
        {"END": 0, "S1": 3, "S2": 3},
    ),
    "removed on all days but one": (
        changed(
            calendar=["week,0,1,0,0,0,0,0,20260113,20260120"], calendar_dates=["week,20260113,2"]
        ),
        {"END": 0, "S1": 3, "S2": 2},
    ),
    "before seven, from seven on, before nineteen, at nineteen": (
        changed(
            trips=[f"a,week,T{n}" for n in range(4)],
            stop_times=[
                line
                for n, hour in enumerate(["06:59:59", "07:00:00", "18:59:59", "19:00:00"])
                for line in trip(f"T{n}", ("S1", hour), ("END", "20:00:00"))
            ],
        ),
        {"END": 0, "S1": 2, "S2": 0},
    ),
    "past midnight: at night no, the next morning yes": (
        changed(
            trips=["a,week,N1", "a,week,N2"],
            stop_times=[
                *trip("N1", ("S1", "25:10:00"), ("END", "25:20:00")),
                *trip("N2", ("S1", "31:30:00"), ("END", "31:40:00")),
            ],
        ),
        {"END": 0, "S1": 1, "S2": 0},
    ),
    "every ten minutes for two hours, one hour of them before seven": (
        changed(
            trips=["a,week,F"],
            frequencies=["F,06:00:00,08:00:00,600"],
            stop_times=trip("F", ("S1", "00:00:00"), ("S2", "00:10:00"), ("END", "00:19:00")),
        ),
        {"END": 0, "S1": 6, "S2": 7},
    ),
    "no boarding": (
        changed(
            trips=["a,week,A1"],
            stop_times=trip("A1", ("S1", "08:00:00"), ("END", "09:00:00"), pickup="1"),
        ),
        {"END": 0, "S1": 0, "S2": 0},
    ),
    "twice at one stop is one run": (
        changed(
            trips=["a,week,A1"],
            stop_times=trip(
                "A1", ("S1", "08:00:00"), ("S2", "08:10:00"), ("S1", "08:20:00"), ("S2", "08:30:00")
            ),
        ),
        {"END": 0, "S1": 1, "S2": 1},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_departures_of_the_twelve_hours(case: str, tmp_path: Path) -> None:
    rows, expected = CASES[case]
    assert departures(write_zip(tmp_path / "f.zip", rows)) == expected


def test_platform_without_coordinates_has_those_of_its_station(tmp_path: Path) -> None:
    rows = feed()
    rows["stops"] = [
        f"GARE,Gare,{at(60, 0)},1,",
        "S1,,,,0,GARE",
        "S2,Perdu,,,,",
        f"END,Loin,{at(9000, 0)},,",
        f"IN,Entrée,{at(60, 0)},2,GARE",
    ]
    table, report = read(write_zip(tmp_path / "f.zip", rows))
    assert table.index.tolist() == ["S1"]
    assert table.loc["S1", "name"] == "Gare"
    assert 12 * table.loc["S1", "departures_per_hour"] == pytest.approx(3)
    told = {n.text.en: n.count for n in report.notes if n.effect == "dropped"}
    assert told == {
        "stop without coordinates dropped": 1,
        "stop more than 5 km from the study dropped": 1,
    }


def test_note_names_the_day_of_a_feed_of_another_year(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "f.zip", feed())
    far = read(path, on=dt.date(2030, 5, 1))
    assert "12/02/2026" in far[1].notes[0].text.fr
    assert "ne couvre pas la date" in far[1].notes[0].text.fr
    assert "n'a pas de date" in read(path, on=None)[1].notes[0].text.fr


def test_a_folder_or_a_zip_with_a_folder_in_it_reads_the_same(tmp_path: Path) -> None:
    plain = read(write_zip(tmp_path / "f.zip", feed()))[0]
    within = read(write_zip(tmp_path / "g.zip", feed(), within="reseau/"))[0]
    folder = tmp_path / "reseau"
    folder.mkdir()
    for name, rows in feed().items():
        (folder / f"{name}.txt").write_bytes(text(name, rows))
    unpacked, report = read(folder)
    for other in (within, unpacked):
        assert other.drop(columns="geometry").equals(plain.drop(columns="geometry"))
    (folder / "trips.txt").write_bytes(text("trips", feed()["trips"][:1]))
    assert read(folder)[1].sha256 != report.sha256


FAULTS: dict[str, tuple[dict[str, list[str]], type[Exception], str]] = {
    "no calendar": (
        {k: v for k, v in feed().items() if k != "calendar"},
        FormatError,
        r"ni calendar.txt ni calendar_dates.txt.*Demandez",
    ),
    "no stop times": (
        {k: v for k, v in feed().items() if k != "stop_times"},
        FormatError,
        r"stop_times.txt est absent",
    ),
    "swapped": (
        changed(stops=["S1,Mairie,2.3,49.89,,", "S2,École,2.301,49.89,,"]),
        CrsError,
        "inversées",
    ),
    "metres": (changed(stops=["S1,Mairie,6977000,650000,,"]), CrsError, "comme des mètres"),
    "text for a latitude": (changed(stops=["S1,Mairie,nord,2.3,,"]), FormatError, "nord"),
    "no coordinates": (changed(stops=["S1,Mairie,,,,"]), FormatError, "coordonnées"),
    "elsewhere": (changed(stops=["S1,Nice,43.7,7.26,,"]), FormatError, "à moins de 5 km"),
    "sundays only": (changed(calendar=feed()["calendar"][1:]), FormatError, "jour ouvrable"),
    "bad date": (
        changed(calendar=["week,1,1,1,1,1,0,0,hier,20260331"]),
        FormatError,
        "AAAAMMJJ",
    ),
    "no headway": (
        changed(frequencies=["A1,06:00:00,08:00:00,0"]),
        FormatError,
        "headway_secs",
    ),
    "a run every second of the year": (
        changed(frequencies=["A1,00:00:00,900:00:00,1"]),
        FormatError,
        "démesuré",
    ),
}


@pytest.mark.parametrize("case", FAULTS)
def test_wrong_feed_is_an_error(case: str, tmp_path: Path) -> None:
    rows, error, words = FAULTS[case]
    with pytest.raises(error, match=words):
        read(write_zip(tmp_path / "f.zip", rows))


def encoded(name: str, rows: list[str], form: str) -> bytes:
    """A table as people save it again, in another form than that of GTFS."""
    lines = text(name, rows).decode("utf-8-sig")
    if form in ("utf-8-sig", "cp1252", "utf-16"):
        return lines.encode(form)
    if form == "capitals":
        head, rest = lines.split("\n", 1)
        return f"{head.upper()}\n{rest}".encode()
    separator = {"semicolons": ";", "tabs": "\t", "sep=": ","}[form]
    stated = "sep=,\n" if form == "sep=" else ""
    return (stated + lines.replace(",", separator)).encode()


@pytest.mark.parametrize(
    "form", ["utf-8-sig", "cp1252", "utf-16", "capitals", "semicolons", "tabs", "sep="]
)
@pytest.mark.parametrize("folder", ["", "RESEAU/"])
def test_tables_that_were_saved_again(form: str, folder: str, tmp_path: Path) -> None:
    plain = read(write_zip(tmp_path / "f.zip", feed()))[0]
    with zipfile.ZipFile(tmp_path / "g.zip", "w") as archive:
        for name, rows in feed().items():
            ending = "TXT" if folder else "txt"
            archive.writestr(f"{folder}{name}.{ending}", encoded(name, rows, form))
        archive.writestr("frequencies.txt", b"\xef\xbb\xbf,,,\r\n")  # an empty optional table
    again, report = read(tmp_path / "g.zip")
    assert again["name"].equals(plain["name"])
    assert again["departures_per_hour"].equals(plain["departures_per_hour"])
    assert any("1252" in note.text.fr for note in report.notes) == (form == "cp1252")


def test_dates_as_people_write_them(tmp_path: Path) -> None:
    weeks = ["week,1,1,1,1,1,0,0,2026-01-01,31/03/2026"]
    plain = changed(calendar=["week,1,1,1,1,1,0,0,20260101,20260331"])
    expected = departures(write_zip(tmp_path / "f.zip", plain))
    assert departures(write_zip(tmp_path / "g.zip", changed(calendar=weeks))) == expected


def hostile(path: Path, case: str) -> None:
    write_zip(path, feed())
    if case == "cut short":
        path.write_bytes(path.read_bytes()[:-60])
    elif case == "a page":
        path.write_text("<html>", encoding="utf-8")
    elif case == "damaged":
        data = bytearray(path.read_bytes())
        data[120:140] = bytes(20)
        path.write_bytes(bytes(data))
    else:
        with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
            if case == "bomb":
                archive.writestr("frequencies.txt", b"0" * 5_000_000)
            elif case == "many":
                for n in range(501):
                    archive.writestr(f"{n}.txt", "")
            elif case == "twice":
                archive.writestr("other/stops.txt", text("stops", feed()["stops"]))
            else:
                archive.writestr({"out": "../stops.txt", "root": "/etc/stops.txt"}[case], "x")


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("cut short", "tronquée"),
        ("a page", "pas une archive zip"),
        ("damaged", "abîmée"),
        ("bomb", "démesuré"),
        ("many", "plus de 500"),
        ("twice", "deux fichiers stops"),
        ("out", "sortirait"),
        ("root", "sortirait"),
    ],
)
def test_unsafe_or_damaged_zip_is_an_error(case: str, words: str, tmp_path: Path) -> None:
    hostile(tmp_path / "f.zip", case)
    with pytest.raises(FormatError, match=words):
        read(tmp_path / "f.zip")
    assert not (tmp_path.parent / "stops.txt").exists()


def test_missing_column_or_file_is_an_error(tmp_path: Path) -> None:
    folder = tmp_path / "reseau"
    folder.mkdir()
    for name, rows in feed().items():
        (folder / f"{name}.txt").write_bytes(text(name, rows))
    broken = HEADS["stop_times"].replace("stop_sequence", "rang")
    (folder / "stop_times.txt").write_text(broken + "\n", encoding="utf-8")
    with pytest.raises(FormatError, match=r"stop_times.txt.*absente.*stop_sequence"):
        read(folder)
    (folder / "stop_times.txt").write_bytes(b"")
    with pytest.raises(FormatError, match="vide"):
        read(folder)
    (folder / "stop_times.txt").write_bytes(b"trip_id,stop_id\n" + bytes(8192))
    with pytest.raises(FormatError, match=r"abîmée|absente"):
        read(folder)
    with pytest.raises(ConfigError, match="columns"):
        read(folder, columns={"name": "nom"})
    with pytest.raises(SourceError, match="existe pas"):
        read(tmp_path / "absent.zip")


def test_a_header_without_rows_is_a_feed_that_nothing_runs_in(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="jour ouvrable"):
        read(write_zip(tmp_path / "f.zip", changed(trips=[])))
    table = read(write_zip(tmp_path / "g.zip", changed(stop_times=[])))[0]
    assert (table["departures_per_hour"] == 0).all()
    assert table["runs"].isna().all()


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing(tmp_path: Path, random: Any) -> None:
    rows = changed(frequencies=["B1,07:00:00,09:00:00,900"], calendar_dates=ONLY_DATES)
    before = read(write_zip(tmp_path / "f.zip", rows))[0]
    mixed = {name: random.sample(lines, len(lines)) for name, lines in rows.items()}
    after = read(write_zip(tmp_path / "g.zip", mixed))[0]
    assert schemas.TRANSIT.conform(after.reset_index()).equals(
        schemas.TRANSIT.conform(before.reset_index())
    )
