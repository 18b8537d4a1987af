"""Mutafriches 1.11: every row of the published grid, sites computed by hand, the interval."""

from __future__ import annotations

import csv
import itertools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foncier import schemas
from foncier.errors import ConfigError
from foncier.scoring.mutafriches import mutability
from foncier.study import mutafriches

if TYPE_CHECKING:
    from pathlib import Path

GRID = mutafriches()
USES = list(GRID.uses)
NAMES = [question.name for question in GRID.questions]


def facts(answers: dict[str, str], site: str = "FR-1") -> pd.DataFrame:
    rows = [
        {
            "opportunity_id": site,
            "criterion": name,
            "label_fr": name,
            "label_en": name,
            "answers": answer,
            "source_fr": "essai",
            "source_en": "test",
        }
        for name, answer in answers.items()
    ]
    table: pd.DataFrame = (
        schemas.MUTABILITY_FACTS.conform(pd.DataFrame(rows))
        if rows
        else schemas.MUTABILITY_FACTS.empty()
    )
    return table


def marked(answers: dict[str, str]) -> Any:
    return mutability(["FR-1"], facts(answers), GRID).set_index("use")


def by_hand(answers: dict[str, str], use: str) -> float:
    """The published formula, one criterion after the other."""
    gain = loss = 0.0
    for name, answer in answers.items():
        question = GRID.question(name)
        impact = question.answers[question.position(answer)].impacts[USES.index(use)]
        if answer == "ne-sait-pas":
            continue
        gain += question.weight * impact if impact > 0 else 0
        loss += question.weight * (-impact if impact < 0 else impact if impact == 0.5 else 0)
    if gain + loss == 0:
        return 0.0
    # JavaScript's Math.round: halves go up.
    return math.floor(1000 * gain / (gain + loss) + 0.5) / 10


def test_the_grid_weighs_thirty_over_twenty_eight_criteria() -> None:
    assert len(NAMES) == 28
    assert GRID.weight == 30
    assert GRID.version == "1.11"
    assert all(len(a.impacts) == 7 for q in GRID.questions for a in q.answers)


@pytest.mark.real
def test_every_row_equals_the_published_grid(real_data: Path) -> None:
    """112 rows: criterion, weight, answer or bounds, unit, and the seven impacts, in order."""
    with (real_data / "mutafriches" / "matrice-1.11.csv").open(encoding="utf-8") as file:
        published = list(csv.DictReader(file, delimiter=";"))
    ours = [(q, a) for q in GRID.questions for a in q.answers]
    assert len(ours) == len(published)
    for (question, answer), row in zip(ours, published, strict=True):
        where = f"{row['critere']} {row['valeur']} {row['borne_min']}"
        assert question.name == row["critere"], where
        assert question.weight == float(row["poids"]), where
        assert question.unit == row["unite"], where
        assert answer.impacts == tuple(float(row[use]) for use in USES), where
        if not row["unite"]:
            assert answer.value == row["valeur"], where
            continue
        low, high = row["borne_min"].split(), row["borne_max"].split()
        assert answer.low == (float(low[0]) if low else -math.inf), where
        assert answer.high == (float(high[0]) if high else math.inf), where
        assert answer.low_open == ("exclu" in low), where
        assert answer.high_open == (bool(high) and "inclus" not in high), where


def _pairs() -> list[tuple[str, str]]:
    return [(q.name, a.value) for q in GRID.questions for a in q.answers]


@pytest.mark.parametrize(("name", "answer"), _pairs())
def test_each_answer_alone_has_the_effect_of_its_row(name: str, answer: str) -> None:
    found = marked({name: answer})
    for use in USES:
        assert found.loc[use, "index"] == by_hand({name: answer}, use)
    skipped = answer == GRID.unknown
    expected = 0 if skipped else GRID.question(name).weight / 30 * 10
    assert found["reliability"].tolist() == pytest.approx([expected] * 7, abs=1e-6)


SITES: dict[str, tuple[dict[str, str], dict[str, float], float]] = {
    # name: answers; index by use, reckoned with paper and pencil; reliability
    "the example of the documentation": (
        {"typeProprietaire": "public", "siteEnCentreVille": "true", "presencePollution": "non"},
        # A = 2·1 + 2·1 + 2·2 = 8, C = 0; industry: ½ + 0 + 2 = 2.5 and ½ + 2 = 2.5
        {"residentiel": 100.0, "industrie": 50.0},
        4 / 3,
    ),
    "one for, one against": (
        {"risqueInondation": "oui", "raccordementEau": "oui"},
        # housing 2 and 2; culture 2 and 1; offices 2 and 1; renaturation ½+2 and ½
        {"residentiel": 50.0, "culture": 66.7, "tertiaire": 66.7, "renaturation": 83.3},
        2 / 3,
    ),
    "a polluted station yard": (
        {
            "surfaceSite": "]50000, [",
            "presencePollution": "oui-composes-volatils",
            "zonageReglementaire": "zone-urbaine-u",
            "distanceTransportCommun": "[0, 500[",
        },
        # housing A = 2·2 + 1 = 5, C = 2 + 4 = 6; industry A = 4 + 1 + 1 = 6, C = 2 + 1 = 3
        # solar A = 4 + 1 + ½ = 5.5, C = 1 + 2 + ½ = 3.5
        {"residentiel": 45.5, "industrie": 66.7, "photovoltaique": 61.1},
        7 / 3,
    ),
    "nothing but neutral": (
        {"risqueCavitesSouterraines": "non", "presenceZoneHumide": "non"},
        dict.fromkeys(USES, 50.0),
        0.5,
    ),
    "nothing known": ({}, dict.fromkeys(USES, 0.0), 0.0),
}


@pytest.mark.parametrize("case", SITES)
def test_sites_computed_by_hand(case: str) -> None:
    answers, index, reliability = SITES[case]
    found = marked(answers)
    for use, value in index.items():
        assert found.loc[use, "index"] == value, use
    assert found["reliability"].to_numpy() == pytest.approx(reliability, abs=1e-6)


BANDS: dict[str, list[tuple[float, str]]] = {
    # measures in m, m² or %; the answer they fall in
    "surfaceSite": [
        (0, "[0, 10000["),
        (9999.9, "[0, 10000["),
        (10000, "[10000, 15000["),
        (15000, "[15000, 50000]"),
        (50000, "[15000, 50000]"),
        (50000.1, "]50000, ["),
    ],
    "surfaceBati": [
        (0, "[0, 5000["),
        (5000, "[5000, 10000]"),
        (10000, "[5000, 10000]"),
        (10000.5, "]10000, ["),
    ],
    "tauxLogementsVacants": [
        (0, "], 7]"),
        (7, "], 7]"),
        (7.01, "]7, 8]"),
        (8, "]7, 8]"),
        (8.01, "]8, 10]"),
        (10, "]8, 10]"),
        (10.01, "]10, ["),
    ],
    # Metres in, kilometres in the grid.
    "distanceAutoroute": [
        (0, "[0, 1["),
        (999, "[0, 1["),
        (1000, "[1, 2["),
        (1999, "[1, 2["),
        (2000, "[2, 5["),
        (4999, "[2, 5["),
        (5000, "[5, ["),
    ],
    "distanceRaccordementElectrique": [
        (4, "[0, 1["),
        (999, "[0, 1["),
        (1000, "[1, 5["),
        (5000, "[5, ["),
    ],
    # Metres in, metres in the grid.
    "distanceTransportCommun": [
        (0, "[0, 500["),
        (499.9, "[0, 500["),
        (500, "[500, ["),
        (4000, "[500, ["),
    ],
}


@pytest.mark.parametrize("name", BANDS)
def test_band_edges_and_units(name: str) -> None:
    values, answers = zip(*BANDS[name], strict=True)
    question = GRID.question(name)
    assert question.banded(values).tolist() == list(answers)
    assert question.banded([np.nan, -1.0]).tolist()[0] is None
    assert set(answers) == {answer.value for answer in question.answers}, "every band is exercised"


READINGS = [
    (70.0, "excellent"),
    (69.9, "tres_bon"),
    (60.0, "tres_bon"),
    (50.0, "bon"),
    (40.0, "moyen"),
    (39.9, "mauvais"),
    (0.0, "mauvais"),
]


def test_bands_of_the_index_start_where_published() -> None:
    starts = dict(GRID.bands)
    for index, band in READINGS:
        assert next(name for name, start in starts.items() if index >= start) == band


def test_uses_are_ranked_and_equal_ones_share_the_rank() -> None:
    found = mutability(["FR-1"], facts({"zoneAccelerationEnr": "oui"}), GRID)
    assert found["use"].tolist()[0] == "photovoltaique"
    assert found["use_rank"].tolist() == [1, 2, 2, 2, 2, 2, 2]
    assert found["band"].tolist() == ["excellent", *["bon"] * 6]


def test_several_possible_answers_count_as_unknown_and_bound_the_interval() -> None:
    polluted = "oui-composes-volatils|oui-autres-composes|oui-amiante"
    open_, bounded = marked({}), marked({"presencePollution": polluted})
    assert (bounded["index"] == open_["index"]).all()
    assert (bounded["reliability"] == 0).all()
    assert bounded.loc["residentiel", "index_high"] < open_.loc["residentiel", "index_high"]
    assert (bounded["index_low"] >= open_["index_low"]).all()


def test_unknown_answers_and_sites_without_facts() -> None:
    same = marked(dict.fromkeys(("typeProprietaire", "qualitePaysage"), "ne-sait-pas"))
    pd.testing.assert_frame_equal(same, marked({}))
    assert mutability([], facts({}), GRID).empty
    with pytest.raises(ConfigError, match="aucun"):
        marked({"risqueRetraitGonflementArgile": "inconnue"})
    with pytest.raises(ConfigError, match="critère"):
        marked({"couleur": "oui"})


def test_the_partial_index_may_exceed_its_interval() -> None:
    """A single very good answer gives 100; neutral answers then lower the index."""
    found = marked({"raccordementEau": "oui"}).loc["residentiel"]
    assert found["index"] == 100
    assert found["index_high"] < 100


@pytest.mark.parametrize("use", USES)
def test_the_interval_is_exact_by_trying_every_combination(use: str) -> None:
    """All but four criteria known: all 3·5·2·3 completions of the site."""
    left = ("qualiteVoieDesserte", "trameVerteEtBleue", "risqueInondation", "zonagePatrimonial")
    known = {
        q.name: next(a.value for a in q.answers if a.value != "ne-sait-pas")
        for q in GRID.questions
        if q.name not in left
    }
    choices = [
        [a.value for a in GRID.question(name).answers if a.value != "ne-sait-pas"] for name in left
    ]
    every = [
        by_hand({**known, **dict(zip(left, answers, strict=True))}, use)
        for answers in itertools.product(*choices)
    ]
    found = marked(known).loc[use]
    assert (found["index_low"], found["index_high"]) == (min(every), max(every))


ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        q.name: st.sampled_from([a.value for a in q.answers if a.value != "ne-sait-pas"])
        for q in GRID.questions
    },
)


@settings(max_examples=15, deadline=None)
@given(answers=ANSWERS, seed=st.integers(0, 999))
def test_any_completion_stays_in_the_interval(answers: dict[str, str], seed: int) -> None:
    draw = np.random.default_rng(seed)
    whole = {
        q.name: answers.get(q.name)
        or str(draw.choice([a.value for a in q.answers if a.value != "ne-sait-pas"]))
        for q in GRID.questions
    }
    partial, complete = marked(answers), marked(whole)
    assert (partial["index_low"] <= complete["index"].reindex(partial.index)).all()
    assert (complete["index"].reindex(partial.index) <= partial["index_high"]).all()
    assert (complete["index_low"] == complete["index_high"]).all()
    assert (complete["index"] == complete["index_low"]).all()
    assert complete["reliability"].tolist() == [10] * 7
    for use in USES:
        assert partial.loc[use, "index"] == by_hand(answers, use)


@given(sites=st.lists(ANSWERS, min_size=1, max_size=4))
@settings(max_examples=6, deadline=None)
def test_the_index_of_a_site_does_not_depend_on_the_others(sites: list[dict[str, str]]) -> None:
    ids = [f"FR-{n}" for n in range(len(sites))]
    parts = [facts(own, site) for own, site in zip(sites, ids, strict=True)]
    both = schemas.MUTABILITY_FACTS.conform(pd.concat(parts, ignore_index=True))
    before = both.copy(deep=True)
    together: Any = mutability(ids, both, GRID)
    alone = pd.concat([mutability([i], p, GRID) for i, p in zip(ids, parts, strict=True)])
    pd.testing.assert_frame_equal(together, alone.reset_index(drop=True))
    assert both.equals(before)


@pytest.mark.parametrize(
    ("answered", "stated"),
    [(5, {"a_confirmer"}), (28, None)],
)
def test_no_rating_is_stated_that_its_interval_does_not_support(
    answered: int, stated: set[str] | None
) -> None:
    favourable = {
        name: max(
            (a for a in GRID.question(name).answers if a.value != GRID.unknown),
            key=lambda answer: answer.impacts[0],
        ).value
        for name in NAMES[:answered]
    }
    found = marked(favourable)
    assert found.loc["residentiel", "index"] > 70  # published as it is
    assert found.loc["residentiel", "band"] == "excellent"
    if stated is None:
        assert found["stated_band"].tolist() == found["band"].tolist()
    else:
        assert set(found["stated_band"]) == stated


@settings(max_examples=30)
@given(st.data())
def test_a_stated_rating_is_that_of_both_ends(data: st.DataObject) -> None:
    chosen = {
        name: data.draw(st.sampled_from([a.value for a in GRID.question(name).answers]))
        for name in data.draw(st.sets(st.sampled_from(NAMES), min_size=14))
    }
    found = marked(chosen)
    starts = dict(GRID.bands)
    for row in found.to_dict("records"):
        if row["stated_band"] == "a_confirmer":
            continue
        assert row["reliability"] >= 5
        assert row["stated_band"] == row["band"]
        assert row["index_low"] >= starts[row["band"]]
        above = [start for start in starts.values() if start > starts[row["band"]]]
        assert not above or row["index_high"] < min(above)
