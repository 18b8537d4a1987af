"""Stratified random sampling of the sites to visit (Neyman allocation), reproducible."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from foncier.validation import metrics

if TYPE_CHECKING:
    from numpy.typing import NDArray

SEED = 20260115
PRIOR_VISITS = 2.0  # weight of the confidence, in visits (as Agresti and Coull add two and two)
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
    """Count the sites, judged and true, by kind and band of confidence.

    Returns
    -------
    ``kind``, ``band``, ``sites``, ``judged``, ``true``, ``share`` (expected share of true
    sites: the observed ones and two more at the mean confidence, or at 0.5 without confidence),
    ``low``, ``high`` (Wilson interval of the observed share). Sorted by kind, then by band.
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
    """Number of visits in each stratum, shape (n,): Neyman's optimum in integers.

    Each visit goes where it reduces the variance of the share of true sites most: to the stratum
    with the largest ``N·S/√(m(m+1))``, N sites, S their standard deviation, m visits so far
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
        # A stratum without a visit goes first, the one of greatest weight before the others.
        gain = np.where(made > 0, weight / np.sqrt(np.maximum(made * (made + 1), 1)), np.inf)
        gain = np.where(chosen < left, gain, -np.inf)
        best = np.lexsort((-weight, -gain))[0]
        chosen[best] += 1
    return chosen


def visit_plan(
    sites: pd.DataFrame, visits: int, *, seed: int = SEED
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Choose the sites to visit at random in each stratum, so that the shares are unbiased.

    Parameters
    ----------
    sites
        Assessed sites (`assess`); those already judged are left out.
    visits
        Number of visits; fewer when fewer sites are left.
    seed
        Seed of the draw; the same sites and seed give the same plan in any order of the rows.

    Returns
    -------
    The chosen rows, ``opportunity_id`` and ``stratum`` (position), sorted by id; and the strata
    with ``chosen`` and the expected interval afterwards.
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


def draw_from_strata(
    strata: pd.Series[str], count: int, *, seed: int = SEED
) -> tuple[pd.DataFrame, pd.Series[int]]:
    """Draw the same number of rows from each stratum, in an order that tells nothing of it.

    Parameters
    ----------
    strata
        Stratum of each id (the index).
    count
        Number of rows; a stratum that has fewer gives its share to the others.
    seed
        Seed of the draw; the same ids and seed give the same sample in any order of the rows.

    Returns
    -------
    ``id``, ``stratum`` and ``weight`` (number of rows that each stands for), shuffled; and the size
    of each stratum.

    Examples
    --------
    >>> rows, sizes = draw_from_strata(pd.Series({"a": "x", "b": "y", "c": "y"}), 2)
    >>> sorted(rows["stratum"]), sorted(rows["weight"]), sizes.to_dict()
    (['x', 'y'], [1.0, 2.0], {'x': 1, 'y': 2})
    """
    rng = np.random.default_rng(seed)
    ordered = strata.sort_index()
    sizes = ordered.groupby(ordered).size()
    taken = dict.fromkeys(sizes.index, 0)
    for _ in range(min(count, len(ordered))):
        open_ = [name for name in sizes.index if taken[name] < sizes[name]]
        taken[min(open_, key=lambda name: taken[name])] += 1
    parts = [
        pd.DataFrame(
            {
                "id": rng.permutation(ordered.index[ordered == name].to_numpy())[:number],
                "stratum": name,
                "weight": sizes[name] / max(number, 1),
            }
        )
        for name, number in taken.items()
    ]
    rows = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    return rows.iloc[rng.permutation(len(rows))].reset_index(drop=True), sizes
