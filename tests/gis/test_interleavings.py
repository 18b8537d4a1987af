"""Edits, runs, plans, merges, comparisons, kills in any order: nothing that people wrote is lost.

``FONCIER_INTERLEAVINGS=300`` tries as many as the campaign does.
"""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import tempfile
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from foncier.errors import ExportError
from foncier.model.entries import ENTRIES
from foncier.pipeline import diff, validate
from foncier.pipeline.entries import with_entries
from foncier.pipeline.run import run
from foncier.pipeline.visits import merge_visits
from foncier.pipeline.write_results import write_results
from foncier.results.entries import editing, insert

from .test_edits import execute

if TYPE_CHECKING:
    from foncier.model import ResultTables
    from foncier.study.config import Study

EXAMPLES = int(os.environ.get("FONCIER_INTERLEAVINGS", "12"))
STEPS = 7
FILE, SITE = "opportunites.gpkg", "DC-80021000AB0010"
SECONDS = 60  # of a run that is to be killed: it is stopped anyway


def texts(folder: Path) -> str:
    """All that the files of a folder hold now, rows that were deleted left out."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".csv":
            found.append(path.read_text(encoding="utf-8-sig"))
        elif path.suffix == ".gpkg" and not path.name.startswith("."):
            with closing(sqlite3.connect(path)) as base:
                for table in ("visites", "avis", "opportunites", "qgis_projects"):
                    with suppress(sqlite3.OperationalError):
                        found += map(str, base.execute(f"SELECT * FROM {table}"))  # noqa: S608
    return "\n".join(found)


class People(RuleBasedStateMachine):
    """A result folder, what people wrote in it, and the commands that run on it."""

    study: Study
    tables: ResultTables
    first: Path

    @initialize()
    def begin(self) -> None:
        self.place = Path(tempfile.mkdtemp(prefix="foncier-interleavings-"))
        self.folder = Path(shutil.copytree(self.first, self.place / "resultat"))
        self.said: list[str] = []
        self.held: sqlite3.Connection | None = None

    def teardown(self) -> None:
        self.let_go()
        shutil.rmtree(self.place, ignore_errors=True)

    def word(self) -> str:
        self.said.append(f"mot{len(self.said):03d}x")
        return self.said[-1]

    @rule(site=st.sampled_from([SITE, "DC-gone", None]))
    def visit(self, site: str | None) -> None:
        with editing(self.folder / ENTRIES) as base:
            row = {"opportunity_id": site, "verdict": "occupe", "note": self.word()}
            insert(base, "visites", [row])

    @rule(status=st.sampled_from(["contacte", "vendu"]))
    def status(self, status: str) -> None:
        with editing(self.folder / ENTRIES) as base:
            row = {"opportunity_id": SITE, "site_status": status, "note": self.word()}
            insert(base, "avis", [row])

    @rule(
        statement=st.sampled_from(
            [
                "UPDATE opportunites SET name = coalesce(name, '') || '{}'",
                "UPDATE opportunites SET commune = commune || '{}'",
                "UPDATE qgis_projects SET metadata = metadata || '{}'",
            ]
        )
    )
    def edit(self, statement: str) -> None:
        if self.held is None:
            execute(self.folder / FILE, statement.format(self.word()))

    @rule()
    def hold(self) -> None:
        """Edit as QGIS does, and keep the file open."""
        if self.held is None:
            self.held = sqlite3.connect(self.folder / FILE)
            for name in ("IsEmpty", "MinX", "MaxX", "MinY", "MaxY"):
                self.held.create_function(f"ST_{name}", 1, lambda _: 1)
            self.held.execute("PRAGMA journal_mode = WAL")
            self.held.execute(
                "UPDATE opportunites SET name = coalesce(name, '') || ?", (self.word(),)
            )
            self.held.commit()

    @rule()
    def let_go(self) -> None:
        if self.held is not None:
            self.held.close()
            self.held = None

    @precondition(lambda self: (self.folder / "validation" / "visites.gpkg").exists())
    @rule()
    def fill_the_form(self) -> None:
        note = f"UPDATE visites SET note = coalesce(note, '') || '{self.word()}'"  # noqa: S608
        path = self.folder / "validation" / "visites.gpkg"
        with closing(sqlite3.connect(path)) as base:
            if not base.execute("SELECT count(*) FROM visites").fetchone()[0]:
                self.said.pop()
        execute(path, note)

    @precondition(lambda self: (self.folder / "validation" / "visites.csv").exists())
    @rule()
    def fill_the_list(self) -> None:
        path = self.folder / "validation" / "visites.csv"
        head, *rows = path.read_text(encoding="utf-8-sig").splitlines()
        for at, row in enumerate(rows[:1]):
            cells = row.split(";")
            cells[3] = f"{cells[3]}{self.word()}"
            rows[at] = ";".join(cells)
        path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8-sig")

    @rule()
    def merge_the_map(self) -> None:
        path = self.place / "carte.csv"
        path.write_text(
            f"opportunity_id,verdict,date,note\n{SITE},occupe,2026-12-01,{self.word()}\n",
            encoding="utf-8",
        )
        merge_visits(self.folder, path)
        path.unlink()

    @rule(renamed=st.booleans())
    def run(self, renamed: bool) -> None:
        with suppress(ExportError):  # the file is held
            self.write(renamed=renamed)
            return
        assert self.held is not None

    def write(self, *, renamed: bool) -> None:
        study = with_entries(self.study, self.folder, complete=True)
        used = study.visits is not None or study.statuses is not None
        result = run(study) if used else self.tables
        if renamed:  # the parcel has another number: the site changes its id
            sites = result.candidates.replace(SITE, "DC-80021000AB0099")
            result = replace(result, candidates=sites)
        write_results(result, study, self.folder, lang="fr", timings={}, tables_only=False)

    @rule(renames=st.integers(min_value=0, max_value=9))
    def run_and_kill(self, renames: int) -> None:
        child = os.fork()
        if child:
            os.waitpid(child, 0)
            return
        signal.alarm(SECONDS)
        left = [renames]
        move = Path.replace

        def die(path: Path, target: Any) -> Path:
            if not left[0]:
                os._exit(9)
            left[0] -= 1
            return move(path, target)

        Path.replace = die  # type: ignore[method-assign, assignment]
        try:
            write_results(self.tables, self.study, self.folder, lang="fr", timings={})
        finally:
            os._exit(0)

    @rule(count=st.integers(min_value=1, max_value=3))
    def plan(self, count: int) -> None:
        planned = validate.visits(self.folder, [], count)
        where = self.folder / "validation"
        validate.write_visits(planned, where, result=self.folder, lang="fr")

    @rule()
    def compare(self) -> None:
        diff.compare(self.folder, self.first)

    @invariant()
    def nothing_is_lost(self) -> None:
        if hasattr(self, "folder"):
            there = texts(self.folder)
            assert [word for word in self.said if word not in there] == []


@pytest.fixture
def people(village: Study, village_tables: ResultTables, village_result: Path) -> type[People]:
    People.study, People.tables, People.first = village, village_tables, village_result
    return People


def test_nothing_that_people_wrote_is_lost(people: type[People]) -> None:
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(
        people,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=EXAMPLES < 100,
        ),
    )
