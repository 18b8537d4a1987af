"""Weights of evidence learned from verdicts, shrunk to those of the expert."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import expit, softmax

from foncier.validation.logistic import posterior_mode

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foncier.geometry import Floats

LEAST_VERDICTS, WEIGHTS_FROM = 30, 100
INTERCEPT_SD, SLOPE_SD = 1.0, 0.75
# Widths of the prior of the deviations, all integrated over (half-normal with this scale): a width
# that is plugged in gives intervals that are too narrow below some hundred verdicts.
WIDTHS = np.array([0.03, 0.06, 0.12, 0.25, 0.5, 0.8, 1.2, 2.0])
WIDTH_SCALE = 0.8
FOLDS = 10
Z = 1.959963984540054  # of 95 %


class Coefficient(NamedTuple):
    """A coefficient and its interval at 95 %."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Verdicts:
    """Judged sites, with what the expert's model says of each.

    ``prior``: log-odds of the prior, shape (n,). ``amounts``: how much of each signal a site has (1
    for a whole one of today; less for an aged or a partial one), shape (n, signals). ``signals``
    and ``expert``: their names and weights. ``true`` and ``weight`` (sites that the verdict stands
    for), shape (n,). ``group``: commune, shape (n,). ``ids`` make the folds.
    """

    ids: NDArray[np.str_]
    prior: Floats
    amounts: Floats
    signals: tuple[str, ...]
    expert: Floats
    true: NDArray[np.bool_]
    weight: Floats
    group: NDArray[np.str_]

    def take(self, rows: NDArray[np.bool_]) -> Verdicts:
        """Verdicts of some rows."""
        names = ("ids", "prior", "amounts", "true", "weight", "group")
        return replace(self, **{name: getattr(self, name)[rows] for name in names})

    @property
    def odds(self) -> Floats:
        """Log-odds of the expert's confidence, shape (n,)."""
        return np.asarray(self.prior + self.amounts @ self.expert)


@dataclass(frozen=True)
class Learned:
    """A calibration: confidence = expit(intercept + slope·prior + weights·amounts + its group's).

    ``weights`` are those of the expert times the slope below `WEIGHTS_FROM` verdicts, and each its
    own above (``own_weights``); ``groups`` is empty for one commune. ``brier_before``,
    ``brier_after`` and ``gain`` (with its standard error) are measured on verdicts left out.
    """

    verdicts: int
    true: int
    intercept: Coefficient
    slope: Coefficient
    weights: dict[str, Coefficient]
    own_weights: bool
    groups: dict[str, Coefficient]
    brier_before: float
    brier_after: float
    gain: float
    gain_error: float

    @property
    def is_better(self) -> bool:
        """Whether confidence is better with it, by more than one standard error."""
        return self.gain > self.gain_error


def learn(known: Verdicts) -> Learned:
    """Learn intercept and slope, and from `WEIGHTS_FROM` verdicts the weight of each signal.

    Parameters
    ----------
    known
        At least `LEAST_VERDICTS` verdicts.

    Raises
    ------
    ValueError
        There are fewer.
    """
    if len(known.true) < LEAST_VERDICTS:
        raise ValueError(f"{len(known.true)} verdicts, {LEAST_VERDICTS} at least")
    fit = _fit(known)
    after = _left_out(known)
    before, true = expit(known.odds), known.true
    share = known.weight / known.weight.sum()
    gains = (before - true) ** 2 - (after - true) ** 2
    gain = float(share @ gains)
    return replace(
        fit,
        brier_before=float(share @ (before - true) ** 2),
        brier_after=float(share @ (after - true) ** 2),
        gain=gain,
        gain_error=float(np.sqrt((share**2 * (gains - gain) ** 2).sum())),
    )


def forecast(model: Learned, known: Verdicts) -> Floats:
    """Confidence of sites by a calibration, shape (n,); an unknown group has no deviation."""
    weights = np.array([model.weights[name].value for name in known.signals])
    groups = np.array([model.groups[g].value if g in model.groups else 0.0 for g in known.group])
    odds = model.intercept.value + model.slope.value * known.prior + groups
    return np.asarray(expit(odds + known.amounts @ weights))


def _left_out(known: Verdicts) -> Floats:
    """Forecast of each verdict by a model fitted on the other folds, shape (n,)."""
    order = np.argsort(known.ids, kind="stable")
    fold = np.empty(len(order), dtype=np.intp)
    fold[np.random.default_rng(len(order)).permutation(order)] = np.arange(len(order)) % FOLDS
    after = np.empty(len(order))
    for one in range(FOLDS):
        out = fold == one
        # As many coefficients as with all verdicts: the model that is tested is the one given.
        after[out] = forecast(_fit(known.take(~out), like=len(order)), known.take(out))
    return after


def _fit(known: Verdicts, *, like: int | None = None) -> Learned:
    """Fit a calibration; the number of coefficients is that for ``like`` verdicts."""
    own = (like or len(known.true)) >= WEIGHTS_FROM
    names = np.unique(known.group)
    names = names if len(names) > 1 else names[:0]
    deviations = known.amounts if own else known.amounts[:, :0]
    dummies = (known.group[:, None] == names[None, :]).astype(np.float64)
    design = np.column_stack([np.ones(len(known.true)), known.odds, deviations, dummies])
    value, covariance = _integrated(design, known.true.astype(np.float64))
    # A learned weight is slope times the expert's, and its own deviation.
    signals = len(known.signals)
    to_weights = np.zeros((signals, len(value)))
    to_weights[:, 1] = known.expert
    if own:
        to_weights[:, 2 : 2 + signals] = np.eye(signals)
    weights = _coefficients(to_weights @ value, to_weights @ covariance @ to_weights.T)
    every = _coefficients(value, covariance)
    return Learned(
        len(known.true),
        int(known.true.sum()),
        every[0],
        every[1],
        dict(zip(known.signals, weights, strict=True)),
        own,
        dict(zip(names.tolist(), every[len(every) - len(names) :], strict=True)),
        *(float("nan"),) * 4,
    )


def _coefficients(value: Floats, covariance: Floats) -> list[Coefficient]:
    spread = Z * np.sqrt(np.maximum(np.diag(covariance), 0.0))
    return [
        Coefficient(v, v - s, v + s) for v, s in zip(value.tolist(), spread.tolist(), strict=True)
    ]


def _integrated(design: Floats, true: Floats) -> tuple[Floats, Floats]:
    """Mean and covariance of the coefficients, the width of their prior integrated over."""
    fixed = np.array([INTERCEPT_SD, SLOPE_SD])
    mean = np.zeros(design.shape[1])
    mean[1] = 1.0
    others = design.shape[1] - len(fixed)
    widths = WIDTHS if others else WIDTHS[:1]
    modes = [
        posterior_mode(design, true, mean, np.concatenate([fixed, np.full(others, width)]))
        for width in widths
    ]
    # Widths are about equally spaced in log: each stands for a step in proportion to itself.
    log_prior = np.log(widths) - (widths / WIDTH_SCALE) ** 2 / 2
    share = softmax(np.array([m.log_evidence for m in modes]) + log_prior)
    values = np.array([m.coefficients for m in modes])
    centre = share @ values
    apart = values - centre
    covariance = np.einsum("k,kij->ij", share, np.array([m.covariance for m in modes]))
    return centre, covariance + (apart.T * share) @ apart
