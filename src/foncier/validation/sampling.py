"""Which sites to visit next, so that the intervals narrow most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from foncier.validation import metrics

if TYPE_CHECKING:
    from numpy.typing import NDArray

SEED = 20260115
PRIOR_VISITS = 2.0  # what the confidence is worth before any visit (Agresti and Coull: two and two)
STRATA = [
    "kind",
    "band",
    "sites",
    "judged",
    "true",
    "share",
    "low",
    "high",
    "chosen",
    "high_after",
    "low_after",
]


def strata(sites: pd.DataFrame) -> pd.DataFrame:
    """Sites by kind and band of confidence: how many, how many judged, how many of them true.

    Returns
    -------
    ``kind``, ``band``, ``sites``, ``judged``, ``true``, ``share`` (true ones expected: those seen,
    and the mean confidence for two visits; a half where there is no confidence), ``low``, ``high``
    (Wilson interval of what was seen). Sorted by kind, then by band, least sure first.
    """
    bands = metrics.band(sites["confidence"])
    order = {name: n for n, name in enumerate((*metrics.BAND_NAMES, metrics.NO_BAND))}
    rows = []
    table = sites.assign(band=bands)
    for (kind, name), stratum_rows in table.groupby(["kind", "band"], sort=True):
        judged = stratum_rows["holds"].dropna()
        true = int(judged.sum())
        mean = float(stratum_rows["confidence"].mean()) if name != metrics.NO_BAND else 0.5
        share = (true + PRIOR_VISITS * mean) / (len(judged) + PRIOR_VISITS)
        low, high = metrics.wilson(true, len(judged))[1:]
        rows.append((kind, name, len(stratum_rows), len(judged), true, share, low, high))
    made = pd.DataFrame(rows, columns=STRATA[:8])
    return made.sort_values(
        ["kind", "band"], key=lambda c: c.map(order) if c.name == "band" else c, ignore_index=True
    )


def allocation(table: pd.DataFrame, visits: int) -> NDArray[np.intp]:
    """How many sites to visit in each stratum, shape (n,): Neyman's optimum in whole visits.

    Each visit goes where it lowers the variance of the share of true sites most: to the stratum
    with the largest ``N·S/√(m(m+1))``, N sites, S the spread of their truth, m visits so far
    (Wright 2012, "The equivalence of Neyman optimum allocation for sampling and equal
    proportions"). A stratum without a visit comes first. Known verdicts count as visits.

    Examples
    --------
    >>> table = pd.DataFrame({"sites": [10, 90], "judged": [0, 0], "share": [0.5, 0.5]})
    >>> allocation(table, 10).tolist()
    [1, 9]
    """
    size = table["sites"].to_numpy(dtype=np.float64)
    done = table["judged"].to_numpy(dtype=np.float64)
    share = table["share"].to_numpy(dtype=np.float64)
    weight = size * np.sqrt(share * (1 - share))
    left = (size - done).astype(np.intp)
    chosen = np.zeros(len(table), dtype=np.intp)
    for _ in range(min(visits, int(left.sum()))):
        made = done + chosen
        # Without a visit nothing is known: such a stratum goes first, the heaviest of them.
        gain = np.where(made > 0, weight / np.sqrt(np.maximum(made * (made + 1), 1)), np.inf)
        gain = np.where(chosen < left, gain, -np.inf)
        best = np.lexsort((-weight, -gain))[0]
        chosen[best] += 1
    return chosen


def visit_plan(
    sites: pd.DataFrame, visits: int, *, seed: int = SEED
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Choose the sites to visit: at random in each stratum, which keeps the shares unbiased.

    Parameters
    ----------
    sites
        Judged sites (`foncier.validation.judge`); those whose truth is known are not visited again.
    visits
        How many; fewer when fewer are left.
    seed
        Of the draw; the same sites and seed give the same plan, whatever the order of the rows.

    Returns
    -------
    The chosen rows, ``opportunity_id`` and ``stratum`` (position), sorted by id; and the strata
    with ``chosen`` and the interval to expect after, if what is seen goes on.
    """
    table = strata(sites)
    chosen = allocation(table, visits)
    rng = np.random.default_rng(seed)
    bands = metrics.band(sites["confidence"])
    parts = []
    for place, (kind, name) in enumerate(zip(table["kind"], table["band"], strict=True)):
        stratum_rows = sites.loc[(sites["kind"] == kind) & (bands == name) & sites["holds"].isna()]
        ids = np.sort(stratum_rows["opportunity_id"].to_numpy(dtype=str))
        chosen_ids = rng.permutation(ids)[: chosen[place]]
        parts.append(pd.DataFrame({"opportunity_id": chosen_ids, "stratum": place}))
    empty = pd.DataFrame({"opportunity_id": pd.Series(dtype="str"), "stratum": []})
    rows = pd.concat(parts, ignore_index=True) if parts else empty
    after = [
        metrics.wilson(round(share * (judged + more)), int(judged + more))
        for share, judged, more in zip(table["share"], table["judged"], chosen, strict=True)
    ]
    planned = table.assign(
        chosen=chosen, low_after=[a[1] for a in after], high_after=[a[2] for a in after]
    )
    return rows.sort_values("opportunity_id", ignore_index=True), planned
