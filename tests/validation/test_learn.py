"""Weights learned from verdicts: better than the expert's where they can be, never claimed else."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, logit

from foncier.validation import Verdicts, learn
from foncier.validation.learn import forecast
from foncier.validation.logistic import posterior_mode

EXPERT = np.array([2.2, 1.5, 1.0, 0.8, 3.0, 0.5, -2.0, -1.5, -1.0, -3.0])
SIGNALS = tuple(f"s{n}" for n in range(len(EXPERT)))


def verdicts(
    count: int, weights: np.ndarray, intercept: float, seed: int, groups: int = 1
) -> Verdicts:
    rng = np.random.default_rng(seed)
    amounts = (rng.random((count, len(EXPERT))) < 0.25) * rng.choice([1.0, 0.5], (count, 10))
    group = rng.integers(0, groups, count)
    shift = np.linspace(-1.5, 1.5, groups)[group] if groups > 1 else 0.0
    true = rng.random(count) < expit(intercept + shift + amounts @ weights)
    return Verdicts(
        ids=np.array([f"S{n}" for n in range(count)]),
        prior=np.full(count, float(logit(0.39))),
        amounts=amounts,
        signals=SIGNALS,
        expert=EXPERT,
        true=true,
        weight=np.ones(count),
        group=group.astype(str),
    )


def brier(shares: np.ndarray, known: Verdicts) -> float:
    return float(np.mean((shares - known.true) ** 2))


@pytest.mark.parametrize("count", [60, 120, 500])
def test_an_expert_twice_too_weak_is_corrected(count: int) -> None:
    known = verdicts(count, EXPERT * 2, -1.5, seed=count)
    fresh = verdicts(4000, EXPERT * 2, -1.5, seed=1)
    learned = learn(known)
    assert learned.own_weights == (count >= 100)
    assert learned.slope.low < 2 < learned.slope.high
    assert brier(forecast(learned, fresh), fresh) < brier(expit(fresh.odds), fresh) - 0.005


def test_a_right_expert_is_left_alone() -> None:
    """The gain that is claimed is measured on verdicts left out: there is none to claim."""
    known = [verdicts(n, EXPERT, float(logit(0.39)), seed=n) for n in (30, 60, 120, 250)]
    assert not any(learn(one).is_better for one in known)


def test_one_wrong_weight_is_found_among_right_ones() -> None:
    wrong = EXPERT.copy()
    wrong[6] = 2.0  # the expert says −2
    learned = learn(verdicts(800, wrong, float(logit(0.39)), seed=4))
    assert learned.is_better
    found = learned.weights["s6"]
    assert found.low > 0
    others = [w for name, w in learned.weights.items() if name != "s6"]
    held = [w.low < e < w.high for w, e in zip(others, np.delete(EXPERT, 6), strict=True)]
    assert sum(held) >= 8  # of nine intervals at 95 %


def test_intervals_of_the_weights_hold_the_truth() -> None:
    """The width of the prior is integrated over; docs/validation.md has 2,000 replicates."""
    rng = np.random.default_rng(0)
    held = []
    for replicate in range(40):
        true = EXPERT + rng.normal(0, 0.5, len(EXPERT))
        learned = learn(verdicts(120, true, -0.5, seed=replicate))
        pairs = zip(learned.weights.values(), true, strict=True)
        held += [one.low <= weight <= one.high for one, weight in pairs]
    assert 0.90 <= np.mean(held) <= 1.0


def test_communes_have_their_own_level() -> None:
    learned = learn(verdicts(600, EXPERT, -0.5, seed=9, groups=3))
    levels = [learned.groups[name].value for name in ("0", "1", "2")]
    assert levels == sorted(levels)
    assert levels[2] - levels[0] > 1.0
    assert learn(verdicts(100, EXPERT, -0.5, seed=9)).groups == {}


def test_too_few_verdicts_are_refused() -> None:
    with pytest.raises(ValueError, match="30"):
        learn(verdicts(29, EXPERT, 0.0, seed=0))


def test_the_mode_is_that_of_scipy() -> None:
    from scipy.optimize import minimize

    rng = np.random.default_rng(3)
    design = np.column_stack([np.ones(80), rng.normal(size=(80, 3))])
    true = (rng.random(80) < 0.4).astype(float)
    mean, sd = np.array([0.0, 1.0, -1.0, 0.5]), np.array([np.inf, 1.0, 0.3, 2.0])

    def loss(at: np.ndarray) -> float:
        odds = design @ at
        return float(
            np.logaddexp(0, odds).sum() - true @ odds + (((at - mean) / sd) ** 2).sum() / 2
        )

    found = posterior_mode(design, true, mean, sd)
    expected = minimize(loss, np.zeros(4), method="BFGS", options={"gtol": 1e-8}).x
    np.testing.assert_allclose(found.coefficients, expected, atol=1e-4)
