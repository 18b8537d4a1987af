"""Confidence of sites as it was before anybody visited them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit, logit

if TYPE_CHECKING:
    import pandas as pd

    from foncier.geometry import Floats

VERDICT_SIGNALS = "visit_"  # prefix of the signals of verdicts
CERTAIN = 1e-12  # a confidence that was rounded to 0 or 1


def without_verdicts(sites: pd.DataFrame, evidence: pd.DataFrame) -> Floats:
    """Compute the confidence of sites without the verdicts that are among their evidence.

    A verdict that is evidence proves itself: judged by its own confidence, a list is right whatever
    was noted. Log-odds add up, so the weights of verdicts are taken away again.

    Parameters
    ----------
    sites
        ``opportunity_id`` and ``confidence`` (missing for plots).
    evidence
        EVIDENCE of these sites, others ignored.

    Returns
    -------
    Shape (n,); missing where the confidence is.

    Examples
    --------
    >>> import pandas as pd
    >>> sites = pd.DataFrame({"opportunity_id": ["a", "b"], "confidence": [0.9, 0.9]})
    >>> seen = {"opportunity_id": ["a"], "signal": ["visit_occupe"], "weight": [-2.2]}
    >>> without_verdicts(sites, pd.DataFrame(seen)).round(2).tolist()
    [0.99, 0.9]
    """
    of_visits = evidence["signal"].astype("str").str.startswith(VERDICT_SIGNALS)
    rows = evidence.loc[of_visits.to_numpy(dtype=bool)]
    total = rows.groupby("opportunity_id")["weight"].sum()
    weight = sites["opportunity_id"].map(total).fillna(0.0).to_numpy(dtype=np.float64)
    known = sites["confidence"].to_numpy(dtype=np.float64)
    odds = logit(np.clip(known, CERTAIN, 1 - CERTAIN)) - weight
    return np.where(weight == 0, known, expit(odds))
