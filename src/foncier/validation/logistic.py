"""Logistic regression with a prior on its weights, and its score on data left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

WEIGHT_SD = 1.0  # prior of the weights: normal around 0
SMOOTHING = 1.0  # a true and a false case added to a constant forecast (Laplace)


def fit_logistic(features: Floats, true: Flags, *, sd: float = WEIGHT_SD) -> Floats:
    """Intercept and weights of the largest posterior, shape (1 + k,); the intercept has no prior.

    A class without a case would send the intercept to infinity: one true and one false case at the
    mean of the features are added (Laplace).

    Examples
    --------
    >>> fit_logistic(np.zeros((3, 1)), np.array([True, True, False])).round(3).tolist()
    [0.405, 0.0]
    """
    from scipy.optimize import minimize  # noqa: PLC0415 (slow to import)

    middle = features.mean(axis=0, keepdims=True) if len(features) else np.zeros((1, 1))
    x = np.vstack([features, middle, middle])
    y = np.concatenate([true, [True, False]]).astype(np.float64)
    design = np.column_stack([np.ones(len(x)), x])

    def loss(weights: Floats) -> tuple[float, Floats]:
        odds = design @ weights
        error = 1 / (1 + np.exp(-odds)) - y
        slope = design.T @ error
        slope[1:] += weights[1:] / sd**2
        value = np.logaddexp(0, odds).sum() - odds @ y + (weights[1:] ** 2).sum() / (2 * sd**2)
        return float(value), slope

    found = minimize(loss, np.zeros(design.shape[1]), jac=True, method="BFGS")
    return np.asarray(found.x, dtype=np.float64)


def forecast(weights: Floats, features: Floats) -> Floats:
    """Probability of each row, shape (n,)."""
    odds = weights[0] + features @ weights[1:]
    return np.asarray(1 / (1 + np.exp(-odds)), dtype=np.float64)


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
