"""Stratified random sampling of the sites to visit (Neyman allocation), reproducible."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import pandas as pd

from foncier.validation import metrics
from foncier.validation.estimates import strata_of
from foncier.validation.posterior import UNKNOWN, Share, share, true_counts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foncier.geometry import Floats

    Target = Literal["precision", "recall", "f1", "confidence"]

SEED = 20260115
PLOTS = ("dent_creuse", "terrain_divisible")  # they have no confidence by default
PRIOR_VISITS = 2.0  # weight of the forecast, in visits (as Agresti and Coull add two and two)
UNKNOWN_SHARE = 0.5  # expected of a listed stratum without a confidence
MISSED_SHARE = 0.02  # expected of what is not listed
STRATA = [
    "kind",
    "band",
    "listed",
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


class Plan(NamedTuple):
    """A plan of visits.

    ``rows``: ``opportunity_id``, ``stratum`` (position in ``strata``) and ``weight`` (members of
    the stratum that the visit stands for), sorted by id. ``strata``: `STRATA`. ``before`` and
    ``after``: the figure that the plan is to narrow, as known now and as expected afterwards.
    """

    rows: pd.DataFrame
    strata: pd.DataFrame
    before: Share = UNKNOWN
    after: Share = UNKNOWN


def strata(sites: pd.DataFrame, unlisted: pd.DataFrame | None = None) -> pd.DataFrame:
    """Count the sites, judged and true, by kind and band of confidence.

    Parameters
    ----------
    sites
        Assessed sites (`assess`).
    unlisted
        What is not listed: ``kind`` (that it was sought as), ``stratum`` and ``holds``.

    Returns
    -------
    The first columns of `STRATA`: ``share`` is the expected share of true sites (the observed ones
    and two more as forecast: the mean confidence, 0.5 without one, 0.02 for what is not listed);
    ``low`` and ``high`` the Wilson interval of the observed share. Listed ones first, by kind, then
    by band.
    """
    table: pd.DataFrame = strata_of(sites)
    table = table.assign(forecast=table["expected"].fillna(UNKNOWN_SHARE))
    if unlisted is not None and len(unlisted):
        judged = unlisted["holds"].notna()
        counts = unlisted.assign(judged=judged, true=unlisted["holds"].fillna(False).astype(bool))
        other = counts.groupby(["kind", "stratum"], as_index=False).agg(
            sites=("judged", "size"), judged=("judged", "sum"), true=("true", "sum")
        )
        other = other.rename(columns={"stratum": "band"})
        other = other.assign(listed=False, forecast=MISSED_SHARE, expected=np.nan)
        other = other.assign(group=other["kind"] + " -")
        table = pd.concat([table, other], ignore_index=True)
    table = table.assign(has_confidence=_have_confidence(table))
    done = table["judged"].to_numpy(dtype=np.int64)
    true = table["true"].to_numpy(dtype=np.int64)
    forecast = table["forecast"].to_numpy(dtype=np.float64)
    bounds = [metrics.wilson(int(t), int(n))[1:] for t, n in zip(true, done, strict=True)]
    return table.assign(
        share=(true + PRIOR_VISITS * forecast) / (done + PRIOR_VISITS),
        low=[low for low, _ in bounds],
        high=[high for _, high in bounds],
    )


def _have_confidence(table: pd.DataFrame) -> NDArray[np.bool_]:
    """Strata whose members have a confidence: no plots, listed or rejected."""
    rejected = ~table["listed"].to_numpy(dtype=bool) & table["kind"].isin(PLOTS).to_numpy()
    return np.asarray((table["band"] != metrics.NO_BAND).to_numpy(dtype=bool) & ~rejected)


def allocation(table: pd.DataFrame, visits: int, *, gain: Floats | None = None) -> NDArray[np.intp]:
    """Number of visits in each stratum, shape (n,): Neyman's optimum in integers.

    Each visit goes where it reduces the variance most: to the stratum with the largest
    ``g·N·S/√(m(m+1))``, N sites, S their standard deviation, m visits so far, g the ``gain`` (how
    much the figure changes with one true site more in the stratum; 1 for a precision) (Wright 2012,
    "The equivalence of Neyman optimum allocation for sampling and equal proportions"). A stratum
    without a visit comes first. Known verdicts count as visits.

    Examples
    --------
    >>> table = pd.DataFrame({"sites": [10, 90], "judged": [0, 0], "share": [0.5, 0.5]})
    >>> allocation(table, 10).tolist()
    [1, 9]
    """
    size = table["sites"].to_numpy(dtype=np.float64)
    done = table["judged"].to_numpy(dtype=np.float64)
    expected = table["share"].to_numpy(dtype=np.float64)
    change = np.ones(len(table)) if gain is None else gain
    weight = size * np.sqrt(expected * (1 - expected)) * change
    left = np.where(change > 0, size - done, 0).astype(np.intp)
    chosen = np.zeros(len(table), dtype=np.intp)
    for _ in range(min(visits, int(left.sum()))):
        made = done + chosen
        # A stratum without a visit goes first, the one of greatest weight before the others.
        gained = np.where(made > 0, weight / np.sqrt(np.maximum(made * (made + 1), 1)), np.inf)
        gained = np.where(chosen < left, gained, -np.inf)
        best = np.lexsort((-weight, -gained))[0]
        chosen[best] += 1
    return chosen


def visit_plan(
    sites: pd.DataFrame,
    visits: int,
    *,
    unlisted: pd.DataFrame | None = None,
    target: Target = "precision",
    seed: int = SEED,
) -> Plan:
    """Choose the sites to visit at random in each stratum, so that the shares are unbiased.

    Parameters
    ----------
    sites
        Assessed sites (`assess`); those already judged are left out.
    visits
        Number of visits; fewer when fewer sites are left.
    unlisted
        What is not listed, for the recall: ``opportunity_id``, ``kind``, ``stratum``, ``holds`` and
        ``order`` (visits of a stratum are spread evenly along it).
    target
        The figure that the visits narrow most. Recall and F1 need ``unlisted``: visits are then
        split between the list and the rest in proportion to what each adds to the variance. With
        ``confidence`` only sites that have one are drawn, for what `learn` needs.
    seed
        Seed of the draw; the same sites and seed give the same plan in any order of the rows.
    """
    table = strata(sites, unlisted)
    chosen = allocation(table, visits, gain=_gain(table, target))
    rng = np.random.default_rng(seed)
    listed = sites.assign(stratum=metrics.band(sites["confidence"]), listed=True, order="")
    parts = [listed] if unlisted is None else [listed, unlisted.assign(listed=False)]
    members = pd.concat(
        [
            p[["opportunity_id", "kind", "stratum", "listed", "holds", "order"]]
            for p in parts
            if len(p)
        ]
        or [listed.iloc[:0]],
        ignore_index=True,
    )
    free = members.loc[members["holds"].isna()].sort_values(["order", "opportunity_id"])
    groups = dict(list(free.groupby(["kind", "stratum", "listed"])["opportunity_id"]))
    rows = []
    keys = zip(table["kind"], table["band"], table["listed"], strict=True)
    for place, (key, count) in enumerate(zip(keys, chosen, strict=True)):
        ids = groups.get(key, pd.Series([], dtype="str")).to_numpy(dtype=str)
        drawn = _spread(ids, int(count), rng) if not key[2] else rng.permutation(ids)[:count]
        stands = table["sites"][place] / max(int(table["judged"][place]) + int(count), 1)
        rows.append(
            pd.DataFrame({"opportunity_id": drawn, "stratum": place, "weight": float(stands)})
        )
    empty = pd.DataFrame({"opportunity_id": pd.Series(dtype="str"), "stratum": [], "weight": []})
    plan = pd.concat(rows, ignore_index=True) if rows else empty
    planned = _with_expected(table.assign(chosen=chosen))
    return Plan(
        plan.sort_values("opportunity_id", ignore_index=True),
        planned[STRATA],
        _figure(table, target),
        _figure(_as_expected(planned), target),
    )


def _spread(ids: NDArray[np.str_], count: int, rng: np.random.Generator) -> NDArray[np.str_]:
    """Draw ids evenly along their order, from a random start: all have the same probability."""
    if not count:
        return ids[:0]
    places = (rng.random() + np.arange(count)) * len(ids) / count
    return ids[np.minimum(places.astype(np.intp), len(ids) - 1)]


def _gain(table: pd.DataFrame, target: Target) -> Floats:
    """Change of the figure with one true member more in each stratum, up to a factor."""
    listed = table["listed"].to_numpy(dtype=bool)
    expected = (table["sites"] * table["share"]).to_numpy(dtype=np.float64)
    found, missed = expected[listed].sum(), expected[~listed].sum()
    if target == "confidence":
        return table["has_confidence"].to_numpy(dtype=np.float64)
    if target == "precision" or not missed:
        return listed.astype(np.float64)
    size = float(table.loc[listed, "sites"].sum())
    inside = missed if target == "recall" else size + missed
    return np.asarray(np.where(listed, inside, found), dtype=np.float64)


def _with_expected(table: pd.DataFrame) -> pd.DataFrame:
    """Strata with the interval of each that is expected after the visits."""
    after = [
        metrics.wilson(round(expected * (judged + more)), int(judged + more))
        for expected, judged, more in zip(
            table["share"], table["judged"], table["chosen"], strict=True
        )
    ]
    return table.assign(low_after=[a[1] for a in after], high_after=[a[2] for a in after])


def _as_expected(table: pd.DataFrame) -> pd.DataFrame:
    """Strata as they are expected to be known after the visits; counts may be fractions."""
    return table.assign(
        true=table["true"] + table["share"] * table["chosen"],
        judged=table["judged"] + table["chosen"],
    )


def _figure(table: pd.DataFrame, target: Target) -> Share:
    """The figure that a plan narrows, from what is known of the strata."""
    if target == "confidence":
        table = table.loc[table["has_confidence"]]
    listed = table["listed"].to_numpy(dtype=bool)
    if not listed.any():
        return UNKNOWN
    drawn = true_counts(table)
    found, size = drawn[:, listed].sum(axis=1), float(table.loc[listed, "sites"].sum())
    if target in {"precision", "confidence"}:
        return share(found / size)
    wanted = drawn.sum(axis=1)
    if target == "recall":
        return share(np.divide(found, wanted, out=np.full_like(found, np.nan), where=wanted > 0))
    return share(2 * found / (size + wanted))


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
