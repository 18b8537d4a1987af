"""`saisies.gpkg`, the file of what people write: made once, read by the next run, merged into."""

from __future__ import annotations

import datetime as dt
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyogrio
import pytest
import shapely
from typer.testing import CliRunner

import foncier as fo
from foncier.cli import app
from foncier.errors import ConfigError, FoncierError
from foncier.model.entries import ENTRIES, STATUSES, VISITS
from foncier.pipeline import diff, validate
from foncier.pipeline.check import check_layers
from foncier.pipeline.entries import add_statuses, with_entries
from foncier.pipeline.run import run
from foncier.pipeline.visits import merge_visits
from foncier.pipeline.write_results import write_results
from foncier.results import read_saved
from foncier.results.entries import LAYERS, editing, insert, keep_departure, read_rows
from foncier.results.merge_entries import merge

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from foncier.model import ResultTables
    from foncier.study.config import Study

SITE, PARCEL = "DC-80021000AB0010", "80021000AB0010"
DAY = dt.date(2026, 12, 1)
VISIT = {"visit_id": "a", "opportunity_id": SITE, "verdict": "occupe", "date": DAY, "note": "clos"}


def note(folder: Path, layer: str, **row: Any) -> None:
    with editing(folder / ENTRIES) as base:
        insert(base, layer, [row])


def said(folder: Path, layer: str = VISITS) -> list[tuple[Any, ...]]:
    return [
        tuple(row.get(name) for name in LAYERS[layer].written)
        for row in read_rows(folder / ENTRIES, layer)
    ]


def test_a_result_has_an_empty_file_of_entries(result: Path) -> None:
    assert read_rows(result / ENTRIES, VISITS) == []
    assert read_rows(result / ENTRIES, STATUSES) == []
    assert ENTRIES not in read_saved(result).manifest["deliverables"]
    assert pyogrio.read_info(result / ENTRIES, layer=VISITS)["geometry_type"] == "Point"


def test_no_run_replaces_the_entries(result: Path, rerun: Callable[[Path], list[str]]) -> None:
    note(result, VISITS, **VISIT)
    before = (result / ENTRIES).read_bytes()
    for _ in range(2):
        assert rerun(result) == []
    assert (result / ENTRIES).read_bytes() == before


def test_entries_are_the_same_bytes(
    village: Study, village_tables: ResultTables, result: Path, tmp_path: Path
) -> None:
    write_results(village_tables, village, tmp_path / "other", lang="fr", timings={})
    assert (tmp_path / "other" / ENTRIES).read_bytes() == (result / ENTRIES).read_bytes()


def test_blank_entries_change_nothing_of_a_run(village: Study, result: Path) -> None:
    note(result, VISITS, opportunity_id=SITE)
    study = with_entries(village, result)
    assert (study.visits, study.statuses) == (None, None)


def test_a_verdict_and_a_status_are_inputs_of_the_next_run(village: Study, result: Path) -> None:
    note(result, VISITS, **VISIT)
    note(result, STATUSES, opportunity_id=SITE, site_status="en_projet", date=DAY)
    study = with_entries(village, result, complete=True)
    found = run(study)
    assert [(r.path, r.rows_read) for r in found.reports if r.path == ENTRIES] == [(ENTRIES, 1)]
    assert found.candidates.set_index("opportunity_id").loc[SITE, "site_status"] == "en_projet"
    write_results(found, study, result, lang="fr", timings={})
    saved = read_saved(result)
    assert saved.manifest["entries"]["statuses"]
    assert saved.table("opportunites")["site_status"].dropna().tolist() == ["en_projet"]
    (row,) = read_rows(result / ENTRIES, VISITS)
    assert row["kind"] == "dent_creuse"
    outline = shapely.from_wkt(row["outline_wkt"])
    assert outline.area == pytest.approx(1200)
    assert outline.contains(row["geom"])


def test_the_latest_status_of_a_site_counts(village_tables: ResultTables, result: Path) -> None:
    for day, status in ((2, "contacte"), (9, "vendu"), (5, "en_projet")):
        note(
            result,
            STATUSES,
            opportunity_id=SITE,
            site_status=status,
            date=dt.date(2026, 12, day),
        )
    rows, lost = add_statuses(village_tables.candidates, result / ENTRIES)
    assert rows["site_status"].dropna().tolist() == ["vendu"]
    assert lost == ()


def test_a_status_follows_the_ground_of_its_site(
    village: Study, village_tables: ResultTables, result: Path
) -> None:
    note(result, STATUSES, opportunity_id=SITE, site_status="contacte")
    note(result, STATUSES, opportunity_id="DC-elsewhere", site_status="vendu")
    with_entries(village, result, complete=True)  # the outline of the site is added to the entry
    renamed = village_tables.candidates.replace(
        {SITE: "DC-80021000AB0099", PARCEL: "80021000AB0099"}
    )
    rows, lost = add_statuses(renamed, result / ENTRIES)
    noted = rows.set_index("opportunity_id")["site_status"].dropna()
    assert noted.to_dict() == {"DC-80021000AB0099": "contacte"}
    assert len(lost) == 1  # and the other is reported
    assert "2" in add_statuses(renamed.iloc[:0], result / ENTRIES)[1][0].cost.en


def test_a_plan_adds_visits_and_empties_none(result: Path) -> None:
    folder = result / "validation"
    planned = validate.visits(result, [], 5)
    assert validate.write_visits(planned, folder, result=result, lang="fr") == ()
    with closing(sqlite3.connect(folder / "visites.gpkg")) as base:
        for name in ("IsEmpty", "MinX", "MaxX", "MinY", "MaxY"):
            base.create_function(f"ST_{name}", 1, lambda _: 1)
        base.execute("UPDATE visites SET verdict = 'occupe', note = 'portail fermé'")
        base.commit()
    (notice,) = validate.write_visits(planned, folder, result=result, lang="fr")
    form = pyogrio.read_dataframe(folder / "visites.gpkg", layer="visites")
    assert set(form["verdict"]) == {"occupe"}
    assert set(form["note"]) == {"portail fermé"}
    assert said(result) == [("occupe", None, "portail fermé", None, None)] * len(form)
    assert len(list(folder.glob("visites-modifie-*.gpkg"))) == 1
    assert "visites.gpkg" in notice.en
    # Nothing new in the form: no copy more, and a judged site is not planned again.
    assert validate.write_visits(planned, folder, result=result, lang="fr") == ()
    assert len(validate.visits(result, [], 5).sites) == 0


@pytest.mark.parametrize("cells", ["bof;;;"])
def test_a_list_that_cannot_be_read_is_kept(result: Path, cells: str) -> None:
    folder = result / "validation"
    planned = validate.visits(result, [], 5)
    validate.write_visits(planned, folder, result=result, lang="fr")
    text = f"opportunity_id;verdict;date;note;mien\n{SITE};{cells}\n"
    (folder / "visites.csv").write_text(text, encoding="utf-8")
    (notice,) = validate.write_visits(planned, folder, result=result, lang="fr")
    (copy,) = folder.glob("visites-modifie-*.csv")
    assert "visites.csv" in notice.fr
    assert copy.read_text(encoding="utf-8") == text


def test_the_csv_of_the_map_is_merged_once(result: Path, tmp_path: Path) -> None:
    path = tmp_path / "visites.csv"
    path.write_text(
        f"opportunity_id,verdict,date,note\n{SITE},occupe,2026-12-01,clos\n"
        f"{SITE},,,une note seule\n",
        encoding="utf-8",
    )
    done = merge_visits(result, path)
    assert (done.added, done.changed, done.conflicts) == (2, 0, [])
    assert said(result) == [
        ("occupe", DAY, "clos", None, None),
        (None, None, "une note seule", None, None),
    ]
    again = merge_visits(result, path)
    assert (again.added, again.changed, again.same) == (0, 0, 2)


def test_a_file_without_visits_is_refused(result: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        merge_visits(result, tmp_path / "nothing")
    (tmp_path / "v.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(FoncierError):
        merge_visits(result, tmp_path / "v.csv")


# What the field did to a visit, what was done meanwhile at the office, and what must be there.
BOTH: dict[str, tuple[dict[str, Any], dict[str, Any], list[str], int]] = {
    "field alone": ({"note": "terrain"}, {}, ["terrain"], 0),
    "office alone": ({}, {"note": "bureau"}, ["bureau"], 0),
    "the same": ({"note": "pareil"}, {"note": "pareil"}, ["pareil"], 0),
    "both": ({"note": "terrain"}, {"note": "bureau"}, ["bureau", "terrain"], 1),
}


@pytest.mark.parametrize("case", BOTH)
def test_visits_that_come_back_from_the_field(case: str, result: Path, tmp_path: Path) -> None:
    field, office, notes, conflicts = BOTH[case]
    note(result, VISITS, **{**VISIT, "note": "départ"})
    away = tmp_path / "terrain"
    away.mkdir()
    shutil.copy(result / ENTRIES, away / ENTRIES)
    with editing(away / ENTRIES) as base:
        keep_departure(base)
    for path, change in ((away, field), (result, office)):
        with editing(path / ENTRIES) as base:
            for column, value in change.items():
                base.execute(f"UPDATE visites SET {column} = ?", (value,))  # noqa: S608
    done = merge_visits(result, away)
    found = sorted(row["note"] for row in read_rows(result / ENTRIES))
    assert found == (notes if field or office else ["départ"])
    assert len(done.conflicts) == conflicts
    assert merge_visits(result, away).added == 0
    assert sorted(row["note"] for row in read_rows(result / ENTRIES)) == found


def test_a_visit_added_in_the_field_comes_with_its_photo(result: Path, tmp_path: Path) -> None:
    away = tmp_path / "terrain"
    (away / "photos").mkdir(parents=True)
    shutil.copy(result / ENTRIES, away / ENTRIES)
    (away / "photos" / "a.jpg").write_bytes(b"new")
    (result / "photos").mkdir()
    (result / "photos" / "a.jpg").write_bytes(b"there")
    place = shapely.Point(650_100, 6_977_020)
    note(away, VISITS, visit_id="n", verdict="batiment_vacant", photo="photos/a.jpg", geom=place)
    assert merge_visits(result, away).added == 1
    (row,) = read_rows(result / ENTRIES)
    assert row["geom"] == place
    assert (result / row["photo"]).read_bytes() == b"new"
    assert (result / "photos" / "a.jpg").read_bytes() == b"there"
    assert merge_visits(result, away).added == 0
    assert len(list((result / "photos").iterdir())) == 2


def test_an_unknown_column_and_a_free_word_are_kept(result: Path) -> None:
    with editing(result / ENTRIES) as base:
        base.execute("ALTER TABLE visites ADD agence TEXT")
        insert(base, VISITS, [{**VISIT, "verdict": None, "date": "mardi", "agence": "x"}])
        done = merge(base, VISITS, [{**VISIT, "visit_id": "b", "date": "jeudi", "agence": "y"}])
    assert done.added == 1
    rows = read_rows(result / ENTRIES)
    assert [(row["date"], row["agence"]) for row in rows] == [("mardi", "x"), ("jeudi", "y")]


def test_the_entries_are_ground_truth_and_evidence(result: Path, village: Study) -> None:
    note(result, VISITS, **VISIT)
    with_entries(village, result)
    judged = validate.assess_result(result, result / ENTRIES)
    assert judged.by_kind.iloc[-1]["judged"] == 1
    table = pd.DataFrame(judged.found)
    assert table.loc[0, "verdict"] == "occupe"


def test_every_command_reads_the_entries(
    village: Study, result: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`check`, `what-if` and the Python API take them from the place where `run` does."""
    note(result, VISITS, **VISIT)
    note(result, STATUSES, opportunity_id=SITE, site_status="en_projet", date=DAY)
    before = (result / ENTRIES).read_bytes()
    read = with_entries(village, result)
    assert [one.shown for one in check_layers(read) if one.shown == ENTRIES] == [ENTRIES]
    study = fo.read_study(village.folder)
    files = study.check(former=result)["file"]
    assert ENTRIES in set(files)
    assert ENTRIES not in set(study.check()["file"])
    tables = fo.run(study, former=result).opportunities.set_index("opportunity_id")
    assert tables.loc[SITE, "site_status"] == "en_projet"
    assert (result / ENTRIES).read_bytes() == before  # only a run writes in the folder
    monkeypatch.chdir(result.parent)
    (result.parent / "maps").mkdir()
    shutil.copytree(result, result.parent / "maps" / village.folder.name)
    shown = CliRunner().invoke(app, ["check", str(village.folder)])
    assert f"Saisies lues : maps/{village.folder.name}" in shown.output.replace("\xa0", " ")
    shown = CliRunner().invoke(app, ["check", str(village.folder), "--result", str(result)])
    assert ENTRIES in shown.output
    shown = CliRunner().invoke(app, ["check", str(village.folder), "--result", "nowhere"])
    assert ENTRIES not in shown.output


def test_a_comparison_says_what_people_wrote(result: Path, village_result: Path) -> None:
    assert diff.compare(village_result, result).entries == ()
    note(result, VISITS, **VISIT)
    note(result, STATUSES, opportunity_id=SITE, site_status="contacte")
    visits, statuses, site = diff.compare(village_result, result).entries
    assert "1 added, 0 changed, 0 removed" in visits.en
    assert "1 added" in statuses.en
    assert site.en.split(": ")[1] == "no status → owner contacted"
    back = diff.compare(result, village_result).entries
    assert "0 added, 0 changed, 1 removed" in back[0].en
