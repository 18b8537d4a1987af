"""Rule sets against readings: weighted figures by hand, intervals, agreement, errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foncier.validation import assess_rule_sets
from foncier.validation.readings import agreement

ROWS = [
    # parcel, verdict, stratum, weight
    ("a", "vrai_dc", "listed", 2.0),
    ("b", "vrai_dc", "rest", 6.0),
    ("c", "faux", "listed", 2.0),
    ("d", "vrai_td", "rest", 6.0),
    ("e", "incertain", "rest", None),
    ("f", "faux", "control", None),  # drawn to test a change: of no weight
]


def labels(rows: list[Any], reading: str = "one") -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["parcel_id", "verdict", "stratum", "weight"])
    return table.assign(reading=reading, note=None, weight=table["weight"].astype("float64"))


def listed(**sets: str) -> pd.DataFrame:
    """Parcels (one letter each) that each rule set lists as dents creuses."""
    rows = [(name, "dent_creuse", i) for name, ids in sets.items() for i in ids]
    return pd.DataFrame(rows, columns=["rule_set", "kind", "parcel_id"])


def test_figures_use_the_weights_and_leave_out_what_has_none() -> None:
    found = assess_rule_sets(labels(ROWS), listed(mine="acef"))
    row = found.scores.set_index("kind").loc["dent_creuse"]
    assert [row[n] for n in ("judged", "listed", "true", "hit")] == [4, 2, 2, 1]
    assert row["precision"] == pytest.approx(2 / 4)
    assert row["recall"] == pytest.approx(2 / 8)
    assert row["f1"] == pytest.approx(2 * 2 / (4 + 8))
    assert row["f1_low"] <= row["f1"] <= row["f1_high"]
    divisible = found.scores.set_index("kind").loc["terrain_divisible"]
    assert (divisible["true"], divisible["recall"], divisible["f1"]) == (1, 0, 0)


def test_a_sample_without_weights_counts_each_label_once() -> None:
    rows = [(i, v, None, None) for i, v, _, _ in ROWS]
    row = assess_rule_sets(labels(rows), listed(mine="ac")).scores.iloc[0]
    assert (row["judged"], row["precision"], row["recall"]) == (5, 0.5, 0.5)


def test_errors_are_every_label_that_a_list_gets_wrong() -> None:
    errors = assess_rule_sets(labels(ROWS), listed(mine="acdf")).errors
    own = errors[errors["kind"] == "dent_creuse"]
    assert dict(zip(own["parcel_id"], own["error"], strict=True)) == {
        "b": "missed", "c": "wrong", "d": "wrong", "f": "wrong",
    }  # fmt: skip


def test_the_distance_to_the_best_set_is_paired() -> None:
    """Two lists that differ in one parcel differ in the same draws only."""
    rows = [(f"p{n}", "vrai_dc" if n % 2 else "faux", "s", 1.0) for n in range(40)]
    every = [f"p{n}" for n in range(40)]
    sets = pd.concat(
        [
            pd.DataFrame({"rule_set": name, "kind": "dent_creuse", "parcel_id": ids})
            for name, ids in (("all", every), ("most", every[:-1]), ("same", every))
        ]
    )
    means = assess_rule_sets(labels(rows), sets).means
    own: Any = means[means["kind"] == "dent_creuse"].set_index("rule_set")
    assert own.loc["same", ["behind", "behind_low", "behind_high"]].tolist() == [0, 0, 0]
    most = own.loc["most"]
    assert 0 < most["behind"] < 0.05
    width = most["f1_high"] - most["f1_low"]
    assert most["behind_high"] - most["behind_low"] < width / 2


@given(st.lists(st.sampled_from(["vrai_dc", "vrai_td", "faux", "incertain"]), min_size=2))
def test_a_reading_agrees_with_itself(verdicts: list[str]) -> None:
    rows = [(str(n), v, None, None) for n, v in enumerate(verdicts)]
    both = pd.concat([labels(rows, "x"), labels(rows, "y")])
    table = agreement(both).set_index("kind")
    certain = sum(v != "incertain" for v in verdicts)
    assert (table["certain"] == certain).all()
    assert (table["agreed"] == certain).all()
    assert (table["kappa"].isna() | np.isclose(table["kappa"], 1)).all()
    for kind, verdict in (("dent_creuse", "vrai_dc"), ("terrain_divisible", "vrai_td")):
        bound: Any = table.loc[kind, "bound"]
        assert bound == 1 if verdict in verdicts else np.isnan(bound)


def test_kappa_and_bound_by_hand() -> None:
    first, second = "vrai_dc vrai_dc faux faux", "vrai_dc faux faux faux"
    both = pd.concat(
        [
            labels([(str(n), v, None, None) for n, v in enumerate(words.split())], name)
            for name, words in (("x", first), ("y", second))
        ]
    )
    row = agreement(both).set_index("kind").loc["dent_creuse"]
    assert (row["shared"], row["agreed"], row["positive"]) == (4, 3, 2)
    assert row["kappa"] == pytest.approx((0.75 - 0.5) / 0.5)
    assert row["f1"] == pytest.approx(2 / 3)
    assert row["bound"] == pytest.approx(np.sqrt(2 / 3))


def test_readings_without_a_common_parcel_have_no_agreement() -> None:
    apart = pd.concat([labels(ROWS[:2], "x"), labels(ROWS[2:], "y")])
    assert agreement(apart).empty
