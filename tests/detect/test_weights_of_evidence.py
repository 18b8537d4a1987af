"""Weights of evidence: ageing, repetition, words, confidence, and the order of the rows."""

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
    evidence_rows,
    neutral,
    notes_of,
    prior_rows,
    signal_of,
)
from foncier.i18n import Localized
from foncier.model import Band, EvidenceModel, Note, Signal

ON = dt.date(2026, 1, 1)
NAN = float("nan")


def signal(name: str, weight: float, **more: Any) -> Signal:
    return Signal(name, weight, Localized(f"fr {name}", f"en {name}"), "test", **more)


SIGNALS = (
    signal("disused", 4.0, half_life_years=4.0, source_group="map"),
    signal("vacant", 2.0, source_group="map"),
    signal("open", -2.5, source_group="map"),
    signal("ruins", 5.0),
    signal("register", 0.0),
)
MODEL = EvidenceModel(
    {s.name: s for s in SIGNALS}, 0.4, 0.03, 0.3, 20, on=ON, undated_half_lives=0.5
)


def observations(*rows: dict[str, Any]) -> pd.DataFrame:
    base = {"opportunity_id": "a", "detail": None, "source": "s", "observed_on": pd.Timestamp(ON)}
    return pd.DataFrame([base | row for row in rows])


def weights(*rows: dict[str, Any], evidence_model: EvidenceModel = MODEL) -> list[float]:
    found: list[float] = apply_weights(observations(*rows), evidence_model)["weight"].tolist()
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
def test_a_signal_is_found_by_its_name_else_by_its_family(name: str, known: str) -> None:
    assert signal_of(name, MODEL).name == known


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("map:disused:shop", "map"),  # before the first colon
        ("building=ruins=old", "building"),  # before the first equals sign
        ("state=x=y", "x=y"),  # after the first equals sign
    ],
)
def test_the_family_of_a_signal_ends_or_begins_at_the_first_separator(
    name: str, known: str
) -> None:
    own = {s.name: s for s in (signal("map", 1.0), signal("building", 1.0), signal("x=y", 1.0))}
    assert signal_of(name, replace(MODEL, signals=own)).name == known


@pytest.mark.parametrize(
    ("weight", "direction"),
    [(0.5, "for"), (1.0, "for"), (0.0, "neutral"), (-0.5, "against"), (-1.0, "against")],
)
def test_the_sign_of_a_weight_is_its_direction_however_small(weight: float, direction: str) -> None:
    own = replace(MODEL, signals={"weak": signal("weak", weight)})
    rows = evidence_rows(observations({"signal": "weak"}), own)
    assert rows["direction"].tolist() == [direction]


def test_a_signal_of_unknown_weight_is_worded_so_and_has_no_effect() -> None:
    found = signal_of("strange", MODEL)
    assert (found.name, found.source) == ("strange", "")
    assert np.isnan(found.weight)
    assert found.text == Localized(
        "Signal sans poids connu\u00a0: strange", "Signal of unknown weight: strange"
    )
    rows = evidence_rows(observations({"signal": "strange"}), MODEL)
    assert rows["weight"].isna().all()
    assert rows["direction"].tolist() == ["neutral"]
    assert confidence(["a"], rows) == pytest.approx([0.5])


@pytest.mark.parametrize("order", [1, -1])
def test_the_strongest_of_one_source_group_counts_in_any_order(order: int) -> None:
    """4 and 2 from the map: 4 counts, not 2, nor 6, nor the one that came first."""
    rows = [{"signal": "vacant"}, {"signal": "disused"}][::order]
    found = apply_weights(observations(*rows), MODEL).set_index("signal")
    assert found["weight"].to_dict() == {"vacant": 0.0, "disused": 4.0}
    assert found["repeated"].to_dict() == {"vacant": True, "disused": False}
    assert found["base_weight"].to_dict() == {"vacant": 2.0, "disused": 4.0}


def test_the_strongest_is_chosen_after_ageing_and_by_part() -> None:
    """A weight of 4 that is eight years old, or applies to a quarter, is 1: less than 2."""
    assert weights({"signal": "disused", "observed_on": years_ago(8)}, {"signal": "vacant"}) == [
        0.0,
        2.0,
    ]
    assert weights({"signal": "disused", "part": 0.25}, {"signal": "vacant", "part": 1.0}) == [
        0.0,
        2.0,
    ]


def test_one_source_group_counts_once_for_and_once_against() -> None:
    assert weights({"signal": "disused"}, {"signal": "open"}, {"signal": "vacant"}) == [4, -2.5, 0]


def test_source_groups_and_sites_are_independent() -> None:
    assert weights({"signal": "disused"}, {"signal": "ruins"}) == [4, 5]
    assert weights({"signal": "ruins"}, {"signal": "ruins"}) == [5, 0], "a group of its own"
    assert weights({"signal": "disused"}, {"signal": "vacant", "opportunity_id": "b"}) == [4, 2]


def test_of_equal_weights_the_latest_counts_then_the_first_by_name_source_and_detail() -> None:
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


def test_evidence_without_weight_is_never_a_repetition() -> None:
    found = apply_weights(observations({"signal": "register"}, {"signal": "register"}), MODEL)
    assert found["repeated"].tolist() == [False, False]
    strange = apply_weights(observations({"signal": "strange"}, {"signal": "strange"}), MODEL)
    assert strange["repeated"].tolist() == [False, False]
    assert strange["weight"].isna().all()


@pytest.mark.parametrize(
    ("days", "age"),
    [(0, 1.0), (-400, 1.0), (365.25 * 4, 0.5), (365.25 * 12, 0.125), (365.25 * 2, 0.5**0.5)],
)
def test_a_weight_halves_with_each_half_life(days: float, age: float) -> None:
    observed = pd.Timestamp(ON) - pd.Timedelta(days=days)
    found = apply_weights(observations({"signal": "disused", "observed_on": observed}), MODEL)
    assert found["age"].to_numpy() == pytest.approx([age], rel=5e-4)
    assert found["weight"].to_numpy() == pytest.approx([4 * age], rel=5e-4)


def test_a_half_life_is_counted_in_mean_years() -> None:
    """1 461 days are four years to the day, with one leap year."""
    observed = pd.Timestamp(ON) - pd.Timedelta(days=1461)
    found = apply_weights(observations({"signal": "disused", "observed_on": observed}), MODEL)
    assert found["age"].tolist() == [0.5]


def test_undated_evidence_has_the_age_of_the_model_where_its_weight_ages() -> None:
    found = apply_weights(
        observations(
            {"signal": "disused", "observed_on": pd.NaT}, {"signal": "ruins", "observed_on": pd.NaT}
        ),
        MODEL,
    )
    assert found["age"].to_numpy() == pytest.approx([0.5**0.5, 1.0])


def test_in_a_study_without_a_date_nothing_ages_and_the_prior_states_it() -> None:
    undated = replace(MODEL, on=None)
    rows = observations(
        {"signal": "disused", "observed_on": years_ago(20)},
        {"signal": "disused", "observed_on": pd.NaT, "opportunity_id": "b"},
    )
    assert apply_weights(rows, undated)["age"].tolist() == [1, 1]
    dated_prior, prior = (
        prior_rows(["a"], 0.2, "detect.evidence.site_prior", model, source="LOVAC").iloc[0]
        for model in (MODEL, undated)
    )
    assert prior["text_fr"] == dated_prior["text_fr"] + (
        "\u00a0; étude sans date, l'âge des indices n'est pas compté"
    )
    assert prior["text_en"] == dated_prior["text_en"] + (
        "; the study has no date, the age of evidence is not counted"
    )


def words(row: dict[str, Any], *more: dict[str, Any]) -> tuple[str, str]:
    """French and English text of the first of some rows of evidence."""
    found = evidence_rows(observations(row, *more), MODEL).iloc[0]
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
            " (partial or shared evidence: weight × 0.50)",
        ),
        (
            {"part": 0.25, "observed_on": years_ago(8)},
            " (ancienneté\u00a0: poids × 0,25\u00a0; "
            "indice partiel ou partagé\u00a0: poids × 0,25)",
            " (age: weight × 0.25; partial or shared evidence: weight × 0.25)",
        ),
        ({"observed_on": years_ago(0.02)}, "", ""),  # × 0.997 rounds to 1
        (
            {"observed_on": years_ago(0.04)},
            " (ancienneté\u00a0: poids × 0,99)",
            " (age: weight × 0.99)",
        ),
    ],
)
def test_each_row_states_how_age_and_part_reduce_its_weight(
    row: dict[str, Any], fr: str, en: str
) -> None:
    assert words({"signal": "disused", **row}) == (f"fr disused{fr}", f"en disused{en}")


def test_a_repetition_states_only_that_it_is_not_counted() -> None:
    """It has no weight: what age and part would reduce is not stated."""
    weak = {"signal": "disused", "part": 0.5, "observed_on": years_ago(4)}
    assert words(weak, {"signal": "vacant", "part": 1.0}) == (
        "fr disused (même origine qu'un indice plus fort, non compté)",
        "en disused (same source group as stronger evidence, not counted)",
    )


def test_evidence_without_weight_states_no_reduction() -> None:
    aged = {"observed_on": pd.NaT, "part": 0.5}
    assert words({"signal": "register", **aged}) == ("fr register", "en register")
    assert words({"signal": "strange", **aged})[1] == "Signal of unknown weight: strange"


def test_a_detail_is_in_the_language_of_the_text_where_it_is_known_in_english() -> None:
    lots = {"signal": "ruins", "detail": "2 lots libres sur 5"}
    assert words({**lots, "detail_en": "2 free lots of 5"}) == (
        "fr ruins\u00a0: 2 lots libres sur 5",
        "en ruins: 2 free lots of 5",
    )
    assert words({**lots, "detail_en": None})[1] == "en ruins: 2 lots libres sur 5"


def test_the_direction_is_that_of_the_signal_even_without_weight() -> None:
    rows = evidence_rows(
        observations(
            {"signal": "disused"}, {"signal": "vacant"}, {"signal": "open"}, {"signal": "register"}
        ),
        MODEL,
    )
    assert rows["direction"].tolist() == ["for", "for", "against", "neutral"]
    assert rows["weight"].tolist() == [4, 0, -2.5, 0]


def test_given_weights_are_not_computed_again() -> None:
    once = apply_weights(observations({"signal": "disused", "part": 0.5}), MODEL)
    assert evidence_rows(once, MODEL)["weight"].tolist() == [2]


def test_a_confidence_is_the_prior_plus_the_sum_of_weights_in_log_odds() -> None:
    prior = prior_rows(["a", "b"], [0.03, 0.4], "detect.evidence.site_prior", MODEL, source="INSEE")
    rows = evidence_rows(observations({"signal": "disused"}, {"signal": "open"}), MODEL)
    found = confidence(["b", "a", "c"], pd.concat([prior, rows]))
    assert found == pytest.approx([0.4, expit(logit(0.03) + 4 - 2.5), 0.5])


def test_a_prior_is_a_neutral_row_whose_weight_is_its_log_odds() -> None:
    found = prior_rows(["a", "b"], 0.2, "detect.evidence.lovac_prior", MODEL, source="LOVAC")
    assert found["opportunity_id"].tolist() == ["a", "b"]
    assert found["weight"].to_numpy() == pytest.approx([logit(0.2)] * 2)
    assert found["base_weight"].equals(found["weight"].rename("base_weight"))
    row = found.iloc[0][["signal", "direction", "text_fr", "text_en", "source"]]
    assert row.tolist() == [
        "prior",
        "neutral",
        "Point de départ\u00a0: 20,0\u00a0% des logements vacants (LOVAC)",
        "Prior: 20.0% of dwellings vacant (LOVAC)",
        "LOVAC",
    ]


def test_each_prior_is_worded_with_its_own_share() -> None:
    model = replace(MODEL, on=None)
    found = prior_rows(["a", "b"], [0.03, 0.4], "detect.evidence.site_prior", model, source="")
    assert [text[:11] for text in found["text_en"]] == ["Prior: 3% o", "Prior: 40% "]


BANDS = (
    Band("low", 0.0, 0.3, Localized("b", "l")),
    Band("middle", 0.3, 0.6, Localized("m", "m")),
    Band("high", 0.6, 1.0, Localized("h", "h")),
)


def test_a_band_includes_its_lower_bound_and_not_its_upper_one() -> None:
    evidence_model = replace(MODEL, bands=BANDS)
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
    assert band_of(np.array([0.5, NAN]), MODEL).tolist() == [None, None], "no bands, no name"


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


def test_evidence_of_a_site_is_listed_by_the_size_of_its_weight() -> None:
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


def test_the_prior_is_listed_as_if_it_had_no_weight() -> None:
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
def test_rows_of_equal_weight_are_ordered_by_signal_source_day_words_and_distance(
    first: dict[str, Any], then: dict[str, Any]
) -> None:
    """The same evidence gives the same bytes, in whatever order it was found."""
    one, two = listed({"weight": 1.0} | first), listed({"weight": 1.0} | then)
    pd.testing.assert_frame_equal(concat_evidence([one, two]), concat_evidence([two, one]))
    pd.testing.assert_frame_equal(concat_evidence([two, one]).iloc[[0]], one)


def test_no_evidence_gives_an_empty_table_of_the_schema() -> None:
    empty = schemas.EVIDENCE.empty()
    for found in (
        concat_evidence([]),
        concat_evidence([empty]),
        evidence_rows(observations({"signal": "ruins"}).iloc[:0], MODEL),
        neutral([], "site_type", "detect.evidence.site_type", params={}),
    ):
        pd.testing.assert_frame_equal(found, empty)


def test_a_neutral_row_has_neither_direction_nor_weight() -> None:
    found = neutral(
        ["a", "b"],
        "site_type",
        "detect.evidence.site_type",
        params={"value": np.array([Localized("mixte", "mixed"), "lot 3"], dtype=object)},
        source="Cartofriches",
        distance_m=3.0,
    )
    assert found["opportunity_id"].tolist() == ["a", "b"]
    assert found["text_fr"].tolist() == ["Type\u00a0: mixte", "Type\u00a0: lot 3"]
    assert found["text_en"].tolist() == ["Kind: mixed", "Kind: lot 3"]
    row = found.iloc[0][["signal", "direction", "source", "distance_m"]]
    assert row.tolist() == ["site_type", "neutral", "Cartofriches", 3]
    assert found["weight"].isna().all()


def test_counts_of_zero_have_no_note() -> None:
    counts = {"detect.notes.reconverted": 0, "detect.notes.outside_area": 2}
    assert notes_of(counts, "dropped") == (
        Note(
            "dropped",
            2,
            Localized("sites hors du secteur d'étude", "sites outside the study area"),
        ),
    )
    assert notes_of({"detect.notes.reconverted": 0}, "kept") == ()
