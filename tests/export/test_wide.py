"""The wide table of opportunities: which column of which table it takes, in which order."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from foncier import schemas
from foncier.errors import ExportError
from foncier.export.tables import access_columns, columns, opportunities
from foncier.i18n import Localized
from foncier.model import Criterion

if TYPE_CHECKING:
    from foncier.model import ResultTables

FRICHE, PLOT, BUILDING = "FR-80021_1", "DC-80021000AB0003", "BN-6500000-69770000"


def with_bike(result: ResultTables) -> ResultTables:
    """Give each way four different figures: metres and minutes, on foot and by bike."""
    access = result.access.assign(
        bike_m=result.access["distance_m"] * 1.2, bike_min=result.access["time_min"] / 3
    )
    return replace(result, access=access)


@pytest.fixture
def table(small_result: ResultTables) -> Any:
    return opportunities(with_bike(small_result)).set_index("opportunity_id")


def test_metres_of_a_target_are_those_of_the_way_on_foot(table: Any) -> None:
    """Neither the straight line (400 m) nor the way by bike (540 m)."""
    assert table.loc[FRICHE, ["station_m", "loop_m"]].tolist() == [450, 150]
    assert table.loc[PLOT, "station_m"] == 900


def test_minutes_of_a_target_are_on_foot_and_those_by_bike_have_their_own_column(
    table: Any,
) -> None:
    assert table.loc[FRICHE, ["station_min", "loop_min"]].tolist() == [6, 2]
    assert table.loc[FRICHE, ["station_bike_min", "loop_bike_min"]].tolist() == [2, 2 / 3]


def test_a_target_that_cannot_be_reached_is_missing_and_not_0(table: Any) -> None:
    assert table.loc[PLOT, ["loop_min", "loop_m", "loop_bike_min"]].isna().all()
    assert table.loc[BUILDING, ["station_min", "station_m", "loop_m"]].isna().all()


def test_each_target_has_three_columns_with_their_words_and_units(
    small_result: ResultTables,
) -> None:
    found = [(c.name, c.kind, c.fr, c.en, c.unit) for c in access_columns(small_result)]
    assert found[:3] == [
        ("station_min", "number", "Gare\u00a0: temps à pied", "Station: walking time", "min"),
        ("station_m", "number", "Gare\u00a0: distance à pied", "Station: walking distance", "m"),
        ("station_bike_min", "number", "Gare\u00a0: temps à vélo", "Station: cycling time", "min"),
    ]
    assert [name for name, *_ in found[3:]] == ["loop_min", "loop_m", "loop_bike_min"]
    assert all(c.optional for c in access_columns(small_result))


def test_each_criterion_has_a_column_from_0_to_1_with_its_label(small_result: ResultTables) -> None:
    (station,) = (c for c in columns(small_result) if c.name == "criterion_station")
    assert (station.fr, station.en) == ("Score\u00a0: Gare", "Score: Station")
    assert (station.kind, station.unit, station.optional) == ("number", "0–1", True)
    assert (station.low, station.high) == (0, 1)


def test_the_score_of_a_criterion_is_that_of_the_scores(table: Any) -> None:
    assert table.loc[FRICHE, ["criterion_station", "criterion_loop"]].tolist() == [0.9, 0.7]
    assert table.loc[PLOT, "criterion_station"] == 0.5
    assert table.loc[BUILDING, ["criterion_station", "criterion_loop"]].isna().all()


def test_columns_come_in_order_candidates_scores_criteria_access_and_the_note_of_the_demo(
    small_result: ResultTables,
) -> None:
    names = [c.name for c in columns(small_result)]
    own, scores = len(schemas.CANDIDATES.columns), len(schemas.SCORES.columns) - 1
    assert names[:own] == [c.name for c in schemas.CANDIDATES.columns]
    assert names[own : own + scores] == [c.name for c in schemas.SCORES.columns[1:]]
    assert names[own + scores :] == [
        "criterion_station",
        "criterion_loop",
        "station_min",
        "station_m",
        "station_bike_min",
        "loop_min",
        "loop_m",
        "loop_bike_min",
        "donnees",
    ]
    assert list(opportunities(small_result)) == [*names, "geometry"]


def test_only_the_demonstration_is_marked_fictional(small_result: ResultTables) -> None:
    assert (opportunities(small_result)["donnees"] == "FICTIVES").all()
    assert "donnees" not in opportunities(replace(small_result, demo=False))
    assert "donnees" not in [c.name for c in columns(replace(small_result, demo=False))]


def test_a_candidate_without_scores_stays_in_the_table_without_a_rank(
    small_result: ResultTables,
) -> None:
    scores = small_result.scores[small_result.scores["opportunity_id"] != FRICHE]
    found = opportunities(replace(small_result, scores=scores))
    assert found["opportunity_id"].tolist() == [PLOT, BUILDING, FRICHE]
    assert found.index.tolist() == [0, 1, 2]
    assert found["overall_rank"].isna().tolist() == [False, True, True]


def test_equal_ranks_are_ordered_by_id(small_result: ResultTables) -> None:
    """Both have rank 1; the id of the plot comes first, whatever the order of the candidates."""
    level = replace(small_result, scores=small_result.scores.assign(overall_rank=[1, 1, 1]))
    assert opportunities(level)["opportunity_id"].tolist() == [BUILDING, PLOT, FRICHE]


def test_all_numbers_are_floats_whatever_the_tables_hold(small_result: ResultTables) -> None:
    whole = small_result.candidates.assign(area_m2=[4000, 600, 300])
    found = opportunities(replace(small_result, candidates=whole))
    numbers = [c.name for c in columns(small_result) if c.kind == "number"]
    assert (found.dtypes[numbers] == "float64").all()
    assert found["area_m2"].tolist() == [4000, 600, 300]


def test_a_criterion_that_the_scores_do_not_have_is_unknown(small_result: ResultTables) -> None:
    poor = replace(small_result, scores=small_result.scores.drop(columns=["loop", "pareto"]))
    assert opportunities(poor)[["criterion_loop", "pareto"]].isna().all(axis=None)


def test_two_columns_of_one_name_are_refused_whatever_the_case(small_result: ResultTables) -> None:
    """SQL does not tell upper from lower case."""
    twins = tuple(
        Criterion(name, "x", Localized(name, name), "", 0, 1, 1, "M")
        for name in ("Gare", "gare", "axe", "axe")
    )
    with pytest.raises(ExportError) as refused:
        columns(replace(small_result, criteria=twins))
    assert refused.value.id == "export.tables.repeated_columns"
    assert refused.value.params["columns"] == ["criterion_gare", "criterion_axe"]
