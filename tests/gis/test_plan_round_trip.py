"""A plan with rejected parcels: filled in with headless QGIS, read back, planned again."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from foncier.model.entries import ENTRIES, VISITS
from foncier.pipeline import validate
from foncier.results import read_saved
from foncier.results.entries import read_rows

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.qgis
VISITS_NUMBER = 40


@pytest.fixture(scope="module")
def planned(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the demonstration with a plan of visits on the list and outside it."""
    folder = tmp_path_factory.mktemp("plan") / "resultat"
    shutil.copytree(demo_folder, folder)
    plan = validate.visits(folder, [], VISITS_NUMBER, with_rejected=True)
    validate.write_visits(plan, folder / "validation", result=folder, lang="fr")
    return folder


def test_the_round_trip_loses_no_visit(qgis: Callable[..., Any], planned: Path) -> None:
    first = read_rows(planned / ENTRIES, VISITS)
    listed = set(read_saved(planned).table("opportunites")["opportunity_id"])
    outside = [row for row in first if row["opportunity_id"] not in listed]
    assert len(first) == VISITS_NUMBER
    assert 5 < len(outside) < VISITS_NUMBER
    assert all(row["weight"] >= 1 for row in first)  # what a visit stands for
    done = qgis("edit", planned / ENTRIES, VISITS, "verdict", "occupe")
    assert done["saved"], done["errors"]
    told = validate.assess_result(planned, planned / ENTRIES)
    total: Any = told.by_kind.iloc[-1]
    assert total["judged"] + told.counts["unlisted"] == VISITS_NUMBER
    assert told.counts["unlisted"] == len(outside)
    more = validate.visits(planned, [], 20, with_rejected=True)
    ids = {row["opportunity_id"] for row in first}
    assert not ids & set(more.sites["opportunity_id"])
    validate.write_visits(more, planned / "validation", result=planned, lang="fr")
    after = read_rows(planned / ENTRIES, VISITS)
    assert len(after) == VISITS_NUMBER + 20
    kept = {row["visit_id"]: row["verdict"] for row in after}
    assert [kept[row["visit_id"]] for row in first] == ["occupe"] * VISITS_NUMBER


def test_a_second_judge_is_compared_with_the_first(
    qgis: Callable[..., Any], planned: Path, tmp_path: Path
) -> None:
    shutil.copytree(planned, tmp_path / "second")
    other = tmp_path / "second" / ENTRIES
    assert qgis("edit", other, VISITS, "verdict", "batiment_vacant")["saved"]
    qgis("edit", planned / ENTRIES, VISITS, "verdict", "occupe")
    told = validate.assess_result(planned, planned / ENTRIES, other)
    (pair,) = told.judges.to_dict("records")
    assert pair["shared"] > 10  # those on which the verdicts say true or false
    assert 0 < pair["agreed"] < pair["shared"]  # a building, vacant or not, is no bare plot
    assert told.truth == "resultat/saisies.gpkg, second/saisies.gpkg"
