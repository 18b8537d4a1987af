"""Table of docs/validation.md: estimates and learned weights on simulated truth.

``python -m tests.validation.coverage [replicates]`` prints it (half an hour for 2,000).
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from foncier.validation import Verdicts, learn
from foncier.validation.estimates import estimate
from foncier.validation.learn import forecast
from foncier.validation.posterior import share
from foncier.validation.sampling import allocation

VISITS = (30, 60, 120, 500)
EXPERT = np.array([2.2, 1.5, 1.0, 0.8, 3.0, 0.5, 2.0, 1.2, -2.0, -1.5, -1.0, -0.7, -3.0, 0.3])


@dataclass(frozen=True)
class City:
    """Strata of a simulated city: group, members, share of true ones, confidence, listed."""

    name: str
    strata: tuple[tuple[str, int, float, float, bool], ...]


NONE = float("nan")
RIGHT = (("f", 80, 0.20, 0.2, True), ("f", 150, 0.45, 0.45, True), ("f", 250, 0.9, 0.9, True))
CITIES = (
    City("confidence too high", (("f", 100, 0.2, 0.45, True), ("f", 500, 0.6, 0.9, True))),
    City("confidence without information", tuple(("f", 100, 0.5, c, True) for c in (0.2, 0.9))),
    City("two kinds and plots", (*RIGHT, ("b", 300, 0.4, 0.6, True), ("d", 800, 0.9, NONE, True))),
    City(
        "with what is not listed",
        (*RIGHT, ("u", 400, 0.10, NONE, False), ("u", 3000, 0.01, NONE, False)),
    ),
)


def simulate(city: City, visits: int, replicates: int) -> dict[str, float]:
    """Bias, coverage and width of precision and recall after a plan of visits."""
    rng = np.random.default_rng(visits)
    names = ["group", "sites", "chance", "expected", "listed"]
    table = pd.DataFrame(city.strata, columns=names).assign(judged=0, true=0)
    listed = table["listed"].to_numpy()
    guess = table["expected"].fillna(0.5).where(listed, 0.02)
    chosen = allocation(table.assign(share=guess), visits)
    rows = []
    for _ in range(replicates):
        sites = table["sites"].to_numpy()
        true = rng.binomial(sites, table["chance"])
        seen = rng.hypergeometric(true, sites - true, chosen)
        known = table.assign(judged=chosen, true=seen)
        inside = estimate(known.loc[listed])
        precision = true[listed].sum() / inside.size
        one = share(inside.drawn / inside.size)
        row = [inside.value / inside.size - precision, _holds(one, precision), one.high - one.low]
        if not listed.all():
            outside = estimate(known.loc[~listed])
            recall = true[listed].sum() / true.sum()
            two = share(inside.drawn / (inside.drawn + outside.drawn))
            row += [two.value - recall, _holds(two, recall), two.high - two.low]
        rows.append(row)
    means = np.mean(rows, axis=0)
    columns = [f"{a} {b}" for a in ("precision", "recall") for b in ("bias", "held", "width")]
    return dict(zip(columns, means.tolist(), strict=False))


def _holds(found: tuple[float, float, float], truth: float) -> bool:
    return found[1] - 1e-9 <= truth <= found[2] + 1e-9


def simulate_learning(truth: str, verdicts: int, replicates: int) -> dict[str, float]:
    """Brier score on fresh sites, and coverage of the learned weights."""
    rng = np.random.default_rng(verdicts)
    rows = []
    for _ in range(replicates):
        weights, intercept = _truth(truth, rng)
        known, fresh = (_verdicts(n, weights, intercept, rng) for n in (verdicts, 1000))
        learned = learn(known)
        after = forecast(learned, fresh)
        expert = expit(fresh.odds)
        used = after if learned.is_better else expert
        held = [
            w.low <= t <= w.high for w, t in zip(learned.weights.values(), weights, strict=True)
        ]
        best = expit(intercept + fresh.amounts @ weights)
        scores = [float(np.mean((p - fresh.true) ** 2)) for p in (expert, used, best)]
        rows.append([*scores, float(np.mean(held)) if learned.own_weights else np.nan])
    names = ("expert", "as used", "oracle", "weights held")
    return dict(zip(names, np.nanmean(rows, axis=0).tolist(), strict=True))


def _truth(name: str, rng: np.random.Generator) -> tuple[np.ndarray, float]:
    prior = float(logit(0.39))
    if name == "expert right":
        return EXPERT, prior
    if name == "expert half as strong, prior too high":
        return 2 * EXPERT, 2 * prior - 1.0
    slope, width = rng.normal(1, 0.5), abs(rng.normal(0, 0.6))
    return slope * EXPERT + rng.normal(0, width, len(EXPERT)), slope * prior + rng.normal(0, 1)


def _verdicts(
    count: int, weights: np.ndarray, intercept: float, rng: np.random.Generator
) -> Verdicts:
    shape = (count, len(EXPERT))
    amounts = (rng.random(shape) < 0.25) * rng.choice([1.0, 0.7, 0.4], shape)
    return Verdicts(
        ids=np.array([f"S{n}" for n in range(count)]),
        prior=np.full(count, float(logit(0.39))),
        amounts=amounts,
        signals=tuple(f"s{n}" for n in range(len(EXPERT))),
        expert=EXPERT,
        true=rng.random(count) < expit(intercept + amounts @ weights),
        weight=np.ones(count),
        group=np.full(count, "one"),
    )


def main() -> None:
    """Print the tables as Markdown."""
    replicates = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    plans = [
        {"city": city.name, "visits": n, **simulate(city, n, replicates)}
        for city in CITIES
        for n in VISITS
    ]
    print(pd.DataFrame(plans).round(3).to_markdown(index=False))
    names = ("expert right", "expert half as strong, prior too high", "drawn around the expert")
    lessons = [
        {"truth": name, "verdicts": n, **simulate_learning(name, n, replicates)}
        for name in names
        for n in VISITS
    ]
    print(pd.DataFrame(lessons).round(4).to_markdown(index=False))


if __name__ == "__main__":
    main()
