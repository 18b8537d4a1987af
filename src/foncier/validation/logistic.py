"""Logistic regression with a normal prior on its coefficients, and its score on data left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy.special import expit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

WEIGHT_SD = 1.0  # prior of the weights: normal around 0
SMOOTHING = 1.0  # a true and a false case added to a constant forecast (Laplace)
STEPS, TOLERANCE = 100, 1e-8


class Mode(NamedTuple):
    """Mode of a posterior, its covariance, and the log evidence (Laplace, up to a constant)."""

    coefficients: Floats
    covariance: Floats
    log_evidence: float


def posterior_mode(design: Floats, true: Floats, mean: Floats, sd: Floats) -> Mode:
    """Most probable coefficients of a logistic model with independent normal priors.

    Newton's method with halved steps: the posterior is log-concave, so there is one mode.

    Parameters
    ----------
    design
        Shape (n, k).
    true
        0 or 1 (or weights between), shape (n,).
    mean, sd
        Priors, shape (k,); an infinite ``sd`` is no prior.

    Examples
    --------
    >>> one = np.ones((3, 1))
    >>> found = posterior_mode(one, np.array([1.0, 1.0, 0.0]), np.zeros(1), np.full(1, np.inf))
    >>> found.coefficients.round(3).tolist()
    [0.693]
    """
    precision = 1 / sd**2
    value = np.where(np.isfinite(sd), mean, 0.0)

    def loss(at: Floats) -> float:
        odds = design @ at
        prior = (precision * (at - mean) ** 2).sum() / 2
        return float(np.logaddexp(0, odds).sum() - true @ odds + prior)

    best = loss(value)
    for _ in range(STEPS):
        share = expit(design @ value)
        slope = design.T @ (share - true) + precision * (value - mean)
        curve = (design.T * (share * (1 - share))) @ design + np.diag(precision)
        step = np.linalg.solve(curve, slope)
        size = 1.0
        while (new := loss(value - size * step)) > best and size > TOLERANCE:
            size /= 2
        value, best = value - size * step, min(new, best)
        if np.abs(step).max(initial=0.0) < TOLERANCE:
            break
    share = expit(design @ value)
    curve = (design.T * (share * (1 - share))) @ design + np.diag(precision)
    log_prior = float(np.log(sd[np.isfinite(sd)]).sum())
    evidence = -best - log_prior - float(np.linalg.slogdet(curve)[1]) / 2
    covariance = np.asarray(np.linalg.inv(curve), dtype=np.float64)
    return Mode(value, covariance, evidence)


def fit_logistic(features: Floats, true: Flags, *, sd: float = WEIGHT_SD) -> Floats:
    """Intercept and weights of the largest posterior, shape (1 + k,); the intercept has no prior.

    A class without a case would send the intercept to infinity: one true and one false case at the
    mean of the features are added (Laplace).

    Examples
    --------
    >>> fit_logistic(np.zeros((3, 1)), np.array([True, True, False])).round(3).tolist()
    [0.405, 0.0]
    """
    middle = features.mean(axis=0, keepdims=True) if len(features) else np.zeros((1, 1))
    x = np.vstack([features, middle, middle])
    y = np.concatenate([true, [True, False]]).astype(np.float64)
    design = np.column_stack([np.ones(len(x)), x])
    width = np.full(design.shape[1], sd)
    width[0] = np.inf
    return posterior_mode(design, y, np.zeros(design.shape[1]), width).coefficients


def forecast(weights: Floats, features: Floats) -> Floats:
    """Probability of each row, shape (n,)."""
    return np.asarray(expit(weights[0] + features @ weights[1:]), dtype=np.float64)


def left_out(features: Floats, true: Flags, group: NDArray[Any]) -> tuple[Floats, Floats]:
    """Forecast of each row by a model, and by a constant, fitted on the other groups.

    Returns
    -------
    Two arrays, shape (n,): the logistic model and the share of true cases of the other groups.
    """
    model, constant = np.empty(len(true)), np.empty(len(true))
    for one in np.unique(group):
        out = group == one
        model[out] = forecast(fit_logistic(features[~out], true[~out]), features[out])
        constant[out] = (true[~out].sum() + SMOOTHING) / ((~out).sum() + 2 * SMOOTHING)
    return model, constant
