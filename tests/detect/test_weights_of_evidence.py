"""What each piece of evidence weighs, which counts once, and in which order it is listed."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from foncier import schemas
from foncier.detect.evidence import (
    apply_weights,
    band_of,
    concat_evidence,
    confidence,
    count_repeats,
    evidence_rows,
    neutral,
    prior_rows,
    signal_of,
    without_age,
)
from foncier.i18n import Localized
from foncier.model import Band, EvidenceModel, Note, Signal

ON = dt.date(2026, 1, 1)
NAN = float("nan")


def signal(name: str, weight: float, **more: Any) -> Signal:
    return Signal(name, weight, Localized(f"fr {name}", f"en {name}"), "test", **more)


SIGNALS = (
    signal("disused", 4.0, half_life_years=4.0, origin="map"),
    signal("vacant", 2.0, origin="map"),
    signal("open", -2.5, origin="map"),
    signal("ruins", 5.0),
    signal("register", 0.0),
)
LEDGER = EvidenceModel(
    {s.name: s for s in SIGNALS}, 0.4, 0.03, 0.3, 20, on=ON, undated_half_lives=0.5
)


def seen(*rows: dict[str, Any]) -> pd.DataFrame:
    base = {"opportunity_id": "a", "detail": None, "source": "s", "observed_on": pd.Timestamp(ON)}
    return pd.DataFrame([base | row for row in rows])


def weights(*rows: dict[str, Any], evidence_model: EvidenceModel = LEDGER) -> list[float]:
    found: list[float] = apply_weights(seen(*rows), evidence_model)["weight"].tolist()
    return found


def years_ago(years: float) -> pd.Timestamp:
    return pd.Timestamp(ON) - pd.Timedelta(days=365.25 * years)


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("ruins", "ruins"),
        ("building=ruins", "ruins"),
        ("disused:shop", "disused"),
        ("disused=yes", "disused"),
        ("ruins:disused=open", "ruins"),
        ("disused=open", "disused"),
    ],
)
def test_a_signal_is_its_own_name_else_its_family(name: str, known: str) -> None:
    assert signal_of(name, LEDGER).name == known


def test_a_signal_without_a_known_weight_says_so_and_weighs_nothing() -> None:
    found = signal_of("strange", LEDGER)
    assert (found.name, found.source) == ("strange", "")
    assert np.isnan(found.weight)
    assert found.text == Localized(
        "Signal sans poids connu\u00a0: strange", "Sign of unknown weight: strange"
    )
    rows = evidence_rows(seen({"signal": "strange"}), LEDGER)
    assert rows["weight"].isna().all()
    assert rows["direction"].tolist() == ["neutral"]
    assert confidence(["a"], rows) == pytest.approx([0.5])


@pytest.mark.parametrize("order", [1, -1])
def test_the_strongest_of_one_origin_counts_whatever_the_order(order: int) -> None:
    """4 and 2 from the map: 4 counts, not 2, nor 6, nor the one that came first."""
    rows = [{"signal": "vacant"}, {"signal": "disused"}][::order]
    found = apply_weights(seen(*rows), LEDGER).set_index("signal")
    assert found["weight"].to_dict() == {"vacant": 0.0, "disused": 4.0}
    assert found["repeated"].to_dict() == {"vacant": True, "disused": False}
    assert found["base_weight"].to_dict() == {"vacant": 2.0, "disused": 4.0}


def test_the_strongest_is_that_after_age_and_doubt() -> None:
    """A weight of 4 that is eight years old, or shared by four, is 1: less than a fresh 2."""
    assert weights({"signal": "disused", "observed_on": years_ago(8)}, {"signal": "vacant"}) == [
        0.0,
        2.0,
    ]
    assert weights({"signal": "disused", "part": 0.25}, {"signal": "vacant", "part": 1.0}) == [
        0.0,
        2.0,
    ]


def test_one_origin_counts_once_for_and_once_against() -> None:
    assert weights({"signal": "disused"}, {"signal": "open"}, {"signal": "vacant"}) == [4, -2.5, 0]


def test_each_origin_and_each_site_counts_for_itself() -> None:
    assert weights({"signal": "disused"}, {"signal": "ruins"}) == [4, 5]
    assert weights({"signal": "ruins"}, {"signal": "ruins"}) == [5, 0], "its own origin"
    assert weights({"signal": "disused"}, {"signal": "vacant", "opportunity_id": "b"}) == [4, 2]


def test_of_pieces_as_strong_the_latest_counts_then_the_first_by_words() -> None:
    old = {"signal": "vacant", "observed_on": years_ago(1)}
    assert weights(old, {"signal": "vacant"}) == [0, 2]
    assert weights({"signal": "vacant"}, old) == [2, 0]
    undated = {"signal": "vacant", "observed_on": pd.NaT}
    assert weights(undated, old) == [0, 2], "a date is better than none"
    words = ({"signal": "vacant", "detail": "b"}, {"signal": "vacant", "detail": "a"})
    assert weights(*words) == [0, 2]
    assert weights(*words[::-1]) == [2, 0]
    sources = ({"signal": "vacant", "source": "b"}, {"signal": "vacant", "source": "a"})
    assert weights(*sources) == [0, 2]
    assert weights({"signal": "ruins"}, {"signal": "building=ruins"}) == [0, 5], "by name first"
    both = (
        {"signal": "vacant", "detail": "b", "source": "a"},
        {"signal": "vacant", "detail": "a", "source": "b"},
    )
    assert weights(*both) == [2, 0], "the source decides before the detail"


def test_what_weighs_nothing_is_never_a_repetition() -> None:
    found = apply_weights(seen({"signal": "register"}, {"signal": "register"}), LEDGER)
    assert found["repeated"].tolist() == [False, False]
    strange = apply_weights(seen({"signal": "strange"}, {"signal": "strange"}), LEDGER)
    assert strange["repeated"].tolist() == [False, False]
    assert strange["weight"].isna().all()


@pytest.mark.parametrize(
    ("days", "age"),
    [(0, 1.0), (-400, 1.0), (365.25 * 4, 0.5), (365.25 * 12, 0.125), (365.25 * 2, 0.5**0.5)],
)
def test_a_weight_halves_with_each_half_life(days: float, age: float) -> None:
    observed = pd.Timestamp(ON) - pd.Timedelta(days=days)
    found = apply_weights(seen({"signal": "disused", "observed_on": observed}), LEDGER)
    assert found["age"].to_numpy() == pytest.approx([age], rel=5e-4)
    assert found["weight"].to_numpy() == pytest.approx([4 * age], rel=5e-4)


def test_a_half_life_is_counted_in_days_of_a_mean_year() -> None:
    """1 461 days are four years to the day, with one leap year."""
    observed = pd.Timestamp(ON) - pd.Timedelta(days=1461)
    found = apply_weights(seen({"signal": "disused", "observed_on": observed}), LEDGER)
    assert found["age"].tolist() == [0.5]


def test_without_a_date_of_observation_the_stated_age_is_taken_where_weights_age() -> None:
    found = apply_weights(
        seen(
            {"signal": "disused", "observed_on": pd.NaT}, {"signal": "ruins", "observed_on": pd.NaT}
        ),
        LEDGER,
    )
    assert found["age"].to_numpy() == pytest.approx([0.5**0.5, 1.0])


def test_in_a_study_without_a_date_nothing_ages_and_this_is_said() -> None:
    undated = replace(LEDGER, on=None)
    rows = seen(
        {"signal": "disused", "observed_on": years_ago(20)},
        {"signal": "disused", "observed_on": pd.NaT, "opportunity_id": "b"},
    )
    assert apply_weights(rows, undated)["age"].tolist() == [1, 1]
    assert without_age(LEDGER) == Localized("", "")
    assert without_age(undated) == Localized(
        "\u00a0; étude sans date, l'âge des indices n'est pas compté",
        "; the study has no date, the age of signs is not counted",
    )


def words(row: dict[str, Any], *more: dict[str, Any]) -> tuple[str, str]:
    """French and English text of the first of some pieces of evidence."""
    found = evidence_rows(seen(row, *more), LEDGER).iloc[0]
    return found["text_fr"], found["text_en"]


@pytest.mark.parametrize(
    ("row", "fr", "en"),
    [
        ({}, "", ""),
        ({"detail": "Usine"}, "\u00a0: Usine", ": Usine"),
        ({"detail": NAN}, "", ""),
        (
            {"observed_on": years_ago(4)},
            " (ancienneté\u00a0: poids × 0,50)",
            " (age: weight × 0.50)",
        ),
        ({"observed_on": pd.NaT}, " (sans date\u00a0: poids × 0,71)", " (no date: weight × 0.71)"),
        (
            {"part": 0.5},
            " (indice partiel ou partagé\u00a0: poids × 0,50)",
            " (partial or shared sign: weight × 0.50)",
        ),
        (
            {"part": 0.25, "observed_on": years_ago(8)},
            " (ancienneté\u00a0: poids × 0,25\u00a0; "
            "indice partiel ou partagé\u00a0: poids × 0,25)",
            " (age: weight × 0.25; partial or shared sign: weight × 0.25)",
        ),
        ({"observed_on": years_ago(0.02)}, "", ""),  # × 0.997 rounds to 1
        (
            {"observed_on": years_ago(0.04)},
            " (ancienneté\u00a0: poids × 0,99)",
            " (age: weight × 0.99)",
        ),
    ],
)
def test_each_row_says_what_its_age_and_its_doubt_took(
    row: dict[str, Any], fr: str, en: str
) -> None:
    assert words({"signal": "disused", **row}) == (f"fr disused{fr}", f"en disused{en}")


def test_a_repetition_says_so_and_nothing_else() -> None:
    """It counts for nothing: what age and doubt would have taken does not matter."""
    weak = {"signal": "disused", "part": 0.5, "observed_on": years_ago(4)}
    assert words(weak, {"signal": "vacant", "part": 1.0}) == (
        "fr disused (même origine qu'un indice plus fort, non compté)",
        "en disused (same origin as a stronger sign, not counted)",
    )


def test_what_weighs_nothing_has_nothing_taken() -> None:
    aged = {"observed_on": pd.NaT, "part": 0.5}
    assert words({"signal": "register", **aged}) == ("fr register", "en register")
    assert words({"signal": "strange", **aged})[1] == "Sign of unknown weight: strange"


def test_a_detail_that_foncier_worded_is_in_the_language_of_the_text() -> None:
    assert words({"signal": "ruins", "detail": "2 lot(s) libre(s) sur 5"}) == (
        "fr ruins\u00a0: 2 lot(s) libre(s) sur 5",
        "en ruins: 2 free lot(s) of 5",
    )


def test_the_direction_is_that_of_the_signal_even_where_it_counts_for_nothing() -> None:
    rows = evidence_rows(
        seen(
            {"signal": "disused"}, {"signal": "vacant"}, {"signal": "open"}, {"signal": "register"}
        ),
        LEDGER,
    )
    assert rows["direction"].tolist() == ["for", "for", "against", "neutral"]
    assert rows["weight"].tolist() == [4, 0, -2.5, 0]


def test_weights_that_are_given_are_not_weighed_again() -> None:
    once = apply_weights(seen({"signal": "disused", "part": 0.5}), LEDGER)
    assert evidence_rows(once, LEDGER)["weight"].tolist() == [2]


def test_a_confidence_is_the_prior_plus_the_sum_of_weights_in_log_odds() -> None:
    prior = prior_rows(["a", "b"], [0.03, 0.4], "fr", "en", "INSEE")
    signs = evidence_rows(seen({"signal": "disused"}, {"signal": "open"}), LEDGER)
    found = confidence(["b", "a", "c"], pd.concat([prior, signs]))
    assert found == pytest.approx([0.4, expit(logit(0.03) + 4 - 2.5), 0.5])


def test_a_prior_is_a_neutral_row_that_weighs_its_log_odds() -> None:
    found = prior_rows(["a", "b"], 0.2, "départ", "start", "LOVAC")
    assert found["opportunity_id"].tolist() == ["a", "b"]
    assert found["weight"].to_numpy() == pytest.approx([logit(0.2)] * 2)
    assert found["base_weight"].equals(found["weight"].rename("base_weight"))
    row = found.iloc[0][["signal", "direction", "text_fr", "text_en", "source"]]
    assert row.tolist() == ["prior", "neutral", "départ", "start", "LOVAC"]


BANDS = (
    Band("low", 0.0, 0.3, Localized("b", "l")),
    Band("middle", 0.3, 0.6, Localized("m", "m")),
    Band("high", 0.6, 1.0, Localized("h", "h")),
)


def test_a_band_holds_its_lower_bound_and_not_its_upper_one() -> None:
    evidence_model = replace(LEDGER, bands=BANDS)
    shares = np.array([0, 0.299, 0.3, 0.599, 0.6, 1, NAN])
    assert band_of(shares, evidence_model).tolist() == [
        "low",
        "low",
        "middle",
        "middle",
        "high",
        "high",
        None,
    ]
    assert band_of(np.array([0.5, NAN]), LEDGER).tolist() == [None, None], "no bands, no name"


def listed(*rows: dict[str, Any]) -> Any:
    base = {
        "opportunity_id": "a",
        "signal": "s",
        "direction": "for",
        "source": "s",
        "text_fr": "t",
        "text_en": "t",
        "weight": 0.0,
    }
    return schemas.EVIDENCE.conform(pd.DataFrame([base | row for row in rows]))


def test_evidence_of_a_site_is_listed_heaviest_first_for_or_against() -> None:
    found = concat_evidence(
        [
            listed({"weight": 1.0}, {"weight": -3.0}, {"weight": NAN}),
            listed({"weight": 2.0}, {"weight": 5.0, "opportunity_id": "b"}, {"weight": 0.5}),
        ]
    )
    assert found["opportunity_id"].tolist() == ["a"] * 5 + ["b"]
    assert found["weight"].tolist()[:4] == [-3, 2, 1, 0.5]
    assert np.isnan(found["weight"][4])
    assert found["weight"][5] == 5


def test_the_prior_is_listed_as_if_it_weighed_nothing() -> None:
    found = concat_evidence([listed({"signal": "prior", "weight": -3.5}), listed({"weight": 0.2})])
    assert found["signal"].tolist() == ["s", "prior"]


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ({"signal": "r", "source": "t"}, {"signal": "s", "source": "s"}),
        ({"source": "r", "observed_on": ON}, {"source": "s", "observed_on": years_ago(1)}),
        ({"observed_on": years_ago(1), "text_fr": "u"}, {"observed_on": pd.Timestamp(ON)}),
        ({"text_fr": "a", "distance_m": 9.0}, {"text_fr": "b", "distance_m": 1.0}),
        ({"distance_m": 1.0}, {"distance_m": 9.0}),
    ],
)
def test_rows_as_heavy_are_ordered_by_signal_source_day_words_and_distance(
    first: dict[str, Any], then: dict[str, Any]
) -> None:
    """So that the same evidence gives the same bytes, however it was found."""
    one, two = listed({"weight": 1.0} | first), listed({"weight": 1.0} | then)
    pd.testing.assert_frame_equal(concat_evidence([one, two]), concat_evidence([two, one]))
    pd.testing.assert_frame_equal(concat_evidence([two, one]).iloc[[0]], one)


def test_no_evidence_is_an_empty_table_of_the_contract() -> None:
    empty = schemas.EVIDENCE.empty()
    for found in (
        concat_evidence([]),
        concat_evidence([empty]),
        evidence_rows(seen({"signal": "ruins"}).iloc[:0], LEDGER),
        neutral([], "zone", "fr", "en"),
    ):
        pd.testing.assert_frame_equal(found, empty)


def test_a_neutral_row_informs_without_a_direction() -> None:
    found = neutral(["a"], "zone", ["fr"], ["en"], source="PLU", distance_m=3.0)
    row = found.iloc[0]
    assert row[["opportunity_id", "signal", "direction"]].tolist() == ["a", "zone", "neutral"]
    assert row[["text_fr", "text_en", "source", "distance_m"]].tolist() == ["fr", "en", "PLU", 3]
    assert np.isnan(row["weight"])


def test_there_is_a_note_only_where_there_is_something_to_note() -> None:
    assert count_repeats("dropped", 0, "fr", "en") == ()
    assert count_repeats("dropped", 2, "fr", "en") == (Note("dropped", 2, Localized("fr", "en")),)
