"""Precision, recall and F1 of a list, and its calibration, with the weights of the visits' plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from foncier.validation.metrics import BAND_NAMES, BANDS, NO_BAND, band, f1, wilson
from foncier.validation.posterior import Share, share, true_counts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from foncier.geometry import Floats

ALL = "ensemble"
STRATUM = ["kind", "band"]
UNLISTED_COLUMNS = ["kind", "stratum", "sites", "judged", "true"]


@dataclass(frozen=True)
class Estimate:
    """Draws of the number of true sites of a list, its value, and its size."""

    drawn: Floats
    value: float
    size: int


def strata_of(sites: pd.DataFrame) -> pd.DataFrame:
    """Sites, judged and true ones by kind and band of confidence.

    Verdicts of a stratum stand for its other sites: they were drawn at random in it (`visit_plan`),
    or are taken as if.

    Parameters
    ----------
    sites
        ``kind``, ``confidence`` (missing for plots) and ``holds`` (missing where not judged).

    Returns
    -------
    ``kind``, ``band``, ``sites``, ``judged``, ``true``, ``expected`` (mean confidence, missing
    without one), ``group`` and ``listed`` (for `true_counts`); sorted by kind, then by band.
    """
    order = {name: n for n, name in enumerate((*BAND_NAMES, NO_BAND))}
    rows = pd.DataFrame(
        {
            "kind": sites["kind"].to_numpy(dtype=object),
            "band": band(sites["confidence"]),
            "confidence": sites["confidence"].to_numpy(dtype=np.float64),
            "judged": sites["holds"].notna().to_numpy(dtype=bool),
            "true": sites["holds"].fillna(False).to_numpy(dtype=bool),
        }
    )
    table = rows.groupby(STRATUM, as_index=False).agg(
        sites=("judged", "size"),
        judged=("judged", "sum"),
        true=("true", "sum"),
        expected=("confidence", "mean"),
    )
    table = table.assign(group=table["kind"], listed=True)
    return table.sort_values(
        STRATUM, key=lambda c: c.map(order) if c.name == "band" else c, ignore_index=True
    )


def unlisted_strata(rows: pd.DataFrame) -> pd.DataFrame | None:
    """Strata of what is not listed, `UNLISTED_COLUMNS`; None where no plan visited any of it.

    ``rows``: ``kind``, ``stratum`` and ``holds``.
    """
    judged = rows["holds"].notna()
    if not judged.any():
        return None
    counted = rows.assign(judged=judged, true=rows["holds"].fillna(False).astype("bool"))
    table = pd.DataFrame(counted).groupby(["kind", "stratum"], as_index=False)
    return table.agg(sites=("judged", "size"), judged=("judged", "sum"), true=("true", "sum"))


def estimate(strata: pd.DataFrame) -> Estimate:
    """Estimate the true members of strata.

    The value is that of stratified sampling (Horvitz-Thompson), which is unbiased: each judged
    member counts for those of its stratum. A stratum without any takes the mean of its posterior.
    """
    drawn = true_counts(strata)
    sites, judged, true = (
        strata[name].to_numpy(dtype=np.float64) for name in ("sites", "judged", "true")
    )
    mean = drawn.mean(axis=0) if len(strata) else np.zeros(0)
    scaled = np.divide(true * sites, judged, out=mean.copy(), where=judged > 0)
    return Estimate(drawn.sum(axis=1), float(scaled.sum()), int(sites.sum()))


def precision(sites: pd.DataFrame, *, census: bool = False) -> Share:
    """Share of true sites in a list.

    Parameters
    ----------
    sites
        As for `strata_of`.
    census
        Every true site is known: the interval (Wilson) is then that of another city of the same
        kind, not of the sites not visited.

    A kind without any judged site does not count.

    Returns
    -------
    Value and interval at 95 %; NaN and [0, 1] without a judged site.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = {"kind": "friche", "confidence": [0.9] * 80 + [0.4] * 20}
    >>> sites = pd.DataFrame(rows).assign(holds=pd.NA)
    >>> sites.loc[:9, "holds"], sites.loc[80:89, "holds"] = True, False  # ten of each, as drawn
    >>> found = precision(sites)
    >>> round(found.value, 2), found.low > 0.6, found.high < 0.9
    (0.8, True, True)
    """
    judged = sites["holds"].dropna()
    if census or not len(judged):
        return Share(*wilson(int(judged.sum()), len(judged)))
    return _share(estimate(strata_of(_of_judged_kinds(sites))))


def _of_judged_kinds(sites: pd.DataFrame) -> pd.DataFrame:
    """Sites of the kinds of which at least one was judged: nothing is known of the others."""
    judged = sites.loc[sites["holds"].notna(), "kind"].unique()
    return sites.loc[sites["kind"].isin(judged)]


def _share(known: Estimate) -> Share:
    drawn = share(known.drawn / known.size)
    value = known.value / known.size
    return Share(value, min(drawn.low, value), max(drawn.high, value))


def list_metrics(
    sites: pd.DataFrame,
    truths: pd.DataFrame,
    *,
    census: bool = False,
    unlisted: pd.DataFrame | None = None,
) -> dict[str, float]:
    """Metrics of one list.

    Parameters
    ----------
    sites
        Sites of the list: ``kind``, ``confidence``, ``holds`` (True, False, missing when unknown)
        and ``verdict``.
    truths
        True sites, recorded independently of the list; column ``hit``: it is in the list.
    census
        See `precision`.
    unlisted
        `UNLISTED_COLUMNS`: strata of what is not listed, visited by a plan; recall and F1 are then
        estimated from them, else from ``truths``.

    Returns
    -------
    ``found``, ``judged``, ``true``, ``partial`` (judged « partiel »), precision and its interval,
    ``wanted``, ``hit``, recall and its interval, ``f1`` and its interval. A share without data is
    NaN, and its interval [0, 1].
    """
    judged = sites["holds"].dropna()
    exact = precision(sites, census=census)
    hit = int(truths["hit"].sum())
    recall = Share(*wilson(hit, len(truths)))
    both = Share(f1(exact.value, recall.value), 0.0, 1.0)
    if unlisted is not None and unlisted["judged"].sum() and len(judged):
        recall, both = _with_unlisted(sites, unlisted)
    elif not np.isnan(both.value):
        both = Share(both.value, f1(exact.low, recall.low), f1(exact.high, recall.high))
    return {
        "found": len(sites),
        "judged": len(judged),
        "true": int(judged.sum()),
        "partial": int((sites["verdict"] == "partiel").sum()),
        **_columns("precision", exact),
        "wanted": len(truths),
        "hit": hit,
        **_columns("recall", recall),
        **_columns("f1", both),
    }


def _columns(name: str, figures: Share) -> dict[str, float]:
    return {name: figures.value, f"{name}_low": figures.low, f"{name}_high": figures.high}


def _with_unlisted(sites: pd.DataFrame, unlisted: pd.DataFrame) -> tuple[Share, Share]:
    """Recall and F1 of a list from the visits of what is not listed."""
    sites = _of_judged_kinds(sites)
    found = estimate(strata_of(sites))
    strata = unlisted.loc[unlisted["kind"].isin(sites["kind"])]
    strata = strata.assign(group=strata["kind"], listed=False, expected=np.nan)
    missed = estimate(strata)

    def shares(found_true: Floats | float, missed_true: Floats | float) -> tuple[Floats, Floats]:
        wanted = np.asarray(found_true + missed_true, dtype=np.float64)
        ratio = np.divide(found_true, wanted, out=np.full_like(wanted, np.nan), where=wanted > 0)
        return ratio, np.asarray(2 * found_true / np.maximum(found.size + wanted, 1))

    drawn = shares(found.drawn, missed.drawn)
    values = shares(found.value, missed.value)
    made = []
    for one, value in zip(drawn, values, strict=True):
        interval = share(one)
        known = float(value)
        made.append(Share(known, min(interval.low, known), max(interval.high, known)))
    return made[0], made[1]


def by_kind(
    sites: pd.DataFrame,
    truths: pd.DataFrame,
    kinds: Iterable[str],
    *,
    census: bool = False,
    unlisted: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """`list_metrics` of each kind present, then of all kinds together; first column ``kind``."""
    rows = []
    for kind in kinds:
        own, wanted = sites[sites["kind"] == kind], truths[truths["kind"] == kind]
        if len(own) or len(wanted):
            missed = None if unlisted is None else unlisted[unlisted["kind"] == kind]
            figures = list_metrics(own, wanted, census=census, unlisted=missed)
            rows.append({"kind": kind, **figures})
    total = list_metrics(sites, truths, census=census, unlisted=unlisted)
    return pd.DataFrame([*rows, {"kind": ALL, **total}])


def by_band(
    sites: pd.DataFrame, truths: pd.DataFrame, kinds: Iterable[str], *, census: bool = False
) -> pd.DataFrame:
    """`list_metrics` of each kind and band, in increasing order; columns ``kind``, ``band``.

    Recall is that of the list of the sites of this band and above. A missed site has no
    confidence, so it counts in every band. The total covers the kinds with a confidence.
    """
    rows = []
    sure = sites.loc[sites["confidence"].notna(), "kind"].unique()
    sites, truths = sites[sites["kind"].isin(sure)], truths[truths["kind"].isin(sure)]
    for kind in (*kinds, ALL):
        listed = sites if kind == ALL else sites[sites["kind"] == kind]
        wanted = truths if kind == ALL else truths[truths["kind"] == kind]
        bands = band(listed["confidence"])
        for place, name in enumerate(BAND_NAMES):
            if not (bands == name).any():
                continue
            in_list = wanted["confidence"] >= BANDS[place]
            up_to = wanted.assign(hit=wanted["hit"] & in_list)
            figures = list_metrics(listed[bands == name], up_to, census=census)
            rows.append({"kind": kind, "band": name, **figures})
    names = ["kind", "band", *list_metrics(sites.iloc[:0], truths.iloc[:0])]
    return pd.DataFrame(rows, columns=names)


def calibration(sites: pd.DataFrame, *, census: bool = False) -> pd.DataFrame:
    """Predicted confidence against the observed share, by band, over all kinds.

    Returns
    -------
    ``band``, ``judged``, ``true``, ``told`` (mean confidence of the sites of the band), ``seen``
    (share of true ones, by `precision`) and its interval ``seen_low``, ``seen_high``; one row a
    band with a judged site, in increasing order.
    """
    sure = sites.loc[sites["confidence"].notna()]
    bands = band(sure["confidence"])
    rows = []
    for name in BAND_NAMES:
        in_band = sure[bands == name]
        judged = in_band["holds"].dropna()
        if judged.empty:
            continue
        seen = precision(in_band, census=census)
        mean = float(in_band["confidence"].mean())
        rows.append((name, len(judged), int(judged.sum()), mean, *seen))
    names = ["band", "judged", "true", "told", "seen", "seen_low", "seen_high"]
    return pd.DataFrame(rows, columns=names)
