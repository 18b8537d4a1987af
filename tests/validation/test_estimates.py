"""Estimates from visits drawn by a plan: unbiased, with intervals that hold the truth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from foncier.validation import by_kind, discrimination, judges, visit_plan, without_verdicts
from foncier.validation.estimates import precision
from foncier.validation.posterior import share, true_counts

from .test_metrics import KINDS, found

# Sites, share of true ones and confidence of each stratum: the confidence is wrong on purpose.
CITY = ((160, 0.95, 0.95), (20, 0.50, 0.70), (20, 0.20, 0.45))
REPLICATES = 60


def city(rng: np.random.Generator) -> tuple[pd.DataFrame, np.ndarray]:
    sizes, shares, told = (np.array(column) for column in zip(*CITY, strict=True))
    true = rng.random(sizes.sum()) < np.repeat(shares, sizes)
    return found(*[("friche", float(c), None) for c in np.repeat(told, sizes)]), true


def seen_only(values: np.ndarray, seen: np.ndarray) -> Any:
    """Values of what was seen; the others are missing."""
    chosen = [bool(v) if s else None for v, s in zip(values, seen, strict=True)]
    return pd.array(chosen, dtype="boolean")


def judged(sites: pd.DataFrame, true: np.ndarray, chosen: pd.DataFrame) -> pd.DataFrame:
    seen = sites["opportunity_id"].isin(chosen["opportunity_id"]).to_numpy()
    return sites.assign(holds=seen_only(true, seen))


@pytest.mark.parametrize("visits", [30, 60])
def test_precision_after_a_plan_is_unbiased_and_its_interval_holds_the_truth(visits: int) -> None:
    """A pooled share gives 73 % for 83 %, and intervals that hold the truth half of the time.

    docs/validation.md has the table of 2,000 replicates; here the bounds are those that 60 of
    them pass with a probability over 99.9 %.
    """
    rng = np.random.default_rng(visits)
    told, truth, held, pooled = [], [], [], []
    for replicate in range(REPLICATES):
        sites, true = city(rng)
        known = judged(sites, true, visit_plan(sites, visits, seed=replicate).rows)
        one = precision(known)
        told.append(one.value)
        truth.append(true.mean())
        held.append(one.low - 1e-9 <= true.mean() <= one.high + 1e-9)
        pooled.append(float(known["holds"].mean()))
    assert np.mean(told) == pytest.approx(np.mean(truth), abs=0.02)
    assert np.mean(held) >= 0.83
    assert abs(np.mean(pooled) - np.mean(truth)) > 0.05  # what the weights are for


def test_all_judged_leaves_no_doubt_and_an_unseen_kind_does_not_count() -> None:
    sites = found(*[("friche", 0.9, n < 7) for n in range(10)], ("dent_creuse", np.nan, None))
    assert precision(sites) == (0.7, 0.7, 0.7)
    assert precision(sites, census=True).low < 0.6  # of another city


def unlisted(*, near: int, far: int) -> pd.DataFrame:
    rows = [("dent_creuse", "ecarte_proche", n) for n in range(near)]
    rows += [("dent_creuse", "ecarte_loin", n) for n in range(far)]
    table = pd.DataFrame(rows, columns=["kind", "stratum", "order"])
    ids = [f"EC-{n:05d}" for n in range(len(table))]
    table = table.assign(opportunity_id=ids, holds=pd.array([None] * len(table), dtype="boolean"))
    return table.assign(order=table["order"].map("{:05d}".format))


def test_a_plan_outside_the_list_gives_the_recall() -> None:
    rng = np.random.default_rng(5)
    off = unlisted(near=300, far=2000)
    chance = off["stratum"].map({"ecarte_proche": 0.10, "ecarte_loin": 0.005})
    missed = rng.random(len(off)) < chance.to_numpy(dtype=float)
    sites = found(*[("dent_creuse", np.nan, None)] * 300)
    true = rng.random(300) < 0.85
    plan = visit_plan(sites, 160, unlisted=off, target="f1")
    rows = plan.strata.set_index("listed")["chosen"]
    assert rows.loc[True].sum() > 20
    assert rows.loc[False].sum() > 60
    seen = off["opportunity_id"].isin(plan.rows["opportunity_id"]).to_numpy()
    off = off.assign(holds=seen_only(missed, seen))
    counts = (
        off.assign(judged=off["holds"].notna(), true=off["holds"].fillna(False))
        .groupby(["kind", "stratum"], as_index=False)
        .agg(sites=("judged", "size"), judged=("judged", "sum"), true=("true", "sum"))
    )
    empty = pd.DataFrame({"kind": [], "hit": [], "confidence": [], "opportunity_id": []})
    known = judged(sites, true, plan.rows)
    row: Any = by_kind(known, empty.astype({"hit": bool}), KINDS, unlisted=counts).iloc[0]
    truth = true.sum() / (true.sum() + missed.sum())
    assert row["recall_low"] <= truth <= row["recall_high"]
    assert row["recall_high"] - row["recall_low"] < 0.5
    assert row["f1_low"] <= row["f1"] <= row["f1_high"]
    # Without the visits outside the list, nothing is known of the recall.
    assert np.isnan(by_kind(known, empty.astype({"hit": bool}), KINDS).iloc[0]["recall"])


def test_visits_outside_the_list_are_spread_over_rules_and_margins() -> None:
    off = unlisted(near=100, far=100)
    plan = visit_plan(found(("dent_creuse", np.nan, None)), 41, unlisted=off, target="recall")
    chosen = off.loc[off["opportunity_id"].isin(plan.rows["opportunity_id"])]
    for _, rows in chosen.groupby("stratum"):
        gaps = np.diff(rows["order"].astype(int))
        assert gaps.max() <= 2 * gaps.min() + 1
    weights = plan.rows.loc[plan.rows["opportunity_id"].str.startswith("EC"), "weight"]
    assert weights.sum() == pytest.approx(200)


def test_more_visits_narrow_the_figure() -> None:
    sites = found(*[("friche", 0.6, None)] * 200)
    few, many = (visit_plan(sites, n) for n in (10, 100))
    before = few.before.high - few.before.low
    assert before > few.after.high - few.after.low > many.after.high - many.after.low


def test_strata_inform_each_other_within_a_group_only() -> None:
    rows = pd.DataFrame(
        {
            "group": ["a", "a", "b"],
            "sites": [50, 50, 50],
            "judged": [40, 0, 0],
            "true": [38, 0, 0],
            "expected": np.nan,
            "listed": True,
        }
    )
    drawn = true_counts(rows)
    beside, apart = share(drawn[:, 1] / 50), share(drawn[:, 2] / 50)
    assert beside.value > 0.75
    assert apart.value == pytest.approx(0.5, abs=0.03)
    assert apart.high - apart.low > beside.high - beside.low


def test_verdicts_by_coin_prove_nothing() -> None:
    """Verdicts that are evidence make their own confidence: taken away, a coin stays a coin."""
    rng = np.random.default_rng(2)
    before = rng.uniform(0.2, 0.95, 60)
    heads = rng.random(60) < 0.5
    weight = np.where(heads, 6.0, -6.0)
    odds = np.log(before / (1 - before)) + weight
    sites = found(
        *[("friche", 1 / (1 + np.exp(-o)), bool(h)) for o, h in zip(odds, heads, strict=True)]
    )
    evidence = pd.DataFrame(
        {"opportunity_id": sites["opportunity_id"], "signal": "visit_occupe", "weight": weight}
    )
    assert discrimination(sites).auc.value > 0.95
    clean = sites.assign(confidence=without_verdicts(sites, evidence))
    np.testing.assert_allclose(clean["confidence"], before, atol=1e-9)
    told = discrimination(clean)
    assert told.auc.low < 0.5 < told.auc.high
    assert told.brier.value > 0.2


def test_agreement_of_two_judges_by_hand() -> None:
    rows = [(n, "x", n < 6) for n in range(10)] + [(n, "y", n < 4) for n in range(8)]
    table: Any = pd.DataFrame(rows, columns=["n", "author", "yes"])
    table = table.assign(
        opportunity_id=table["n"].map("S{}".format),
        verdict=np.where(table["yes"], "vrai", "faux"),
        observed_on=pd.NaT,
    )
    kinds = pd.Series("friche", [f"S{n}" for n in range(10)])
    (row,) = judges(table, kinds).to_dict("records")
    assert (row["shared"], row["agreed"]) == (8, 6)
    # Shares of "true" 6/8 and 4/8: by chance they agree on 6/8·4/8 + 2/8·4/8 = 1/2.
    assert row["kappa"] == pytest.approx((6 / 8 - 1 / 2) / (1 - 1 / 2))
    assert judges(table.assign(author=None), kinds).empty
