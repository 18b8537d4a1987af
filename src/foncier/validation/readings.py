"""Rule sets held against parcels read blind on plans: figures by reading, agreement, errors."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from foncier.model import VERDICTS
from foncier.validation.metrics import INTERVAL_LEVEL

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

KINDS = ("dent_creuse", "terrain_divisible")
ALL = "ensemble"
DRAWS, SEED = 2000, 20261201
SHARES = ("precision", "recall", "f1")
KEY = ["rule_set", "kind", "reading"]
WORDS = list(VERDICTS)
CONCLUSIVE = [name for name, verdict in VERDICTS.items() if verdict.is_conclusive]
MISSED, WRONG = "missed", "wrong"
ERROR_COLUMNS = [*KEY, "parcel_id", "verdict", "error", "note"]


@dataclass(frozen=True)
class Readings:
    """Rule sets against readings.

    ``scores`` has one row by rule set, kind and reading: ``judged`` (conclusive labels with a
    weight), ``listed`` and ``true`` among them, ``hit`` (both), precision, recall and F1, each with
    ``…_low`` and ``…_high``. ``means`` has one row by rule set and kind (``ensemble``: the mean of
    the kinds): mean F1 over the readings, and ``behind``, by how much the best set is better, with
    its paired interval. ``agreement`` has one row by pair of readings (see `agreement`). ``errors``
    has one row by rule set and wrong label: `ERROR_COLUMNS`.
    """

    scores: pd.DataFrame
    means: pd.DataFrame
    agreement: pd.DataFrame
    errors: pd.DataFrame


def assess_rule_sets(labels: pd.DataFrame, listed: pd.DataFrame) -> Readings:
    """Precision, recall and F1 of rule sets, for each reading, with paired bootstrap intervals.

    Parameters
    ----------
    labels
        ``reading`` (name of the file), ``parcel_id``, ``verdict`` (a code), ``stratum`` and
        ``weight`` (missing: out of the weighted sample, or a sample without weights), ``note``.
        One row by reading and parcel. Uncertain verdicts count for the agreement only.
    listed
        ``rule_set``, ``kind``, ``parcel_id``: the plots that each rule set lists; at least one row.

    Returns
    -------
    `Readings`. Shares without data are NaN. Intervals are percentiles at 95 % of draws of the
    labels within each stratum, the same draws for every rule set; a stratum of one label does not
    vary, so intervals are a little narrow.
    """
    names = list(dict.fromkeys(listed["rule_set"]))
    draws = {r: _Draws.of(rows) for r, rows in labels.groupby("reading", sort=False)}
    scores: list[dict[str, Any]] = []
    f1: dict[tuple[str, str], list[Floats]] = {}
    errors = []
    for name in names:
        for kind in KINDS:
            own = (listed["rule_set"] == name) & (listed["kind"] == kind)
            ids = listed.loc[own, "parcel_id"]
            for reading, sample in draws.items():
                row, drawn = sample.score(kind, ids)
                scores.append({"rule_set": name, "kind": kind, "reading": reading, **row})
                f1.setdefault((name, kind), []).append(drawn)
            errors.append(_errors(labels, kind, ids).assign(rule_set=name, kind=kind))
    wrong = pd.concat(errors, ignore_index=True) if errors else pd.DataFrame(columns=ERROR_COLUMNS)
    return Readings(
        pd.DataFrame(scores), _means(f1, names), agreement(labels), wrong[ERROR_COLUMNS]
    )


def conclusive(labels: pd.DataFrame, kind: str) -> pd.Series[Any]:
    """Whether each label confirms a kind (boolean, missing where the reader could not say)."""
    words = [VERDICTS[verdict].confirms(kind) for verdict in labels["verdict"]]
    return pd.Series(pd.array(words, dtype="boolean"), labels.index)


@dataclass(frozen=True)
class _Draws:
    """Labels of a reading and how often each draw takes each of them, shape (1 + DRAWS, n).

    The first row is the sample itself.
    """

    labels: pd.DataFrame
    weights: Floats

    @classmethod
    def of(cls, labels: pd.DataFrame) -> _Draws:
        weight = labels["weight"].astype("float64")
        weight = weight if weight.notna().any() else weight.fillna(1.0)
        used = labels.assign(weight=weight).loc[weight.notna()].reset_index(drop=True)
        strata = used.groupby(["stratum", "weight"], dropna=False, sort=True).ngroup()
        rng = np.random.default_rng(SEED)
        taken = np.ones((1 + DRAWS, len(used)))
        for stratum in sorted(strata.unique()):
            rows = np.flatnonzero(strata == stratum)
            share = np.full(len(rows), 1 / len(rows))
            taken[1:, rows] = rng.multinomial(len(rows), share, size=DRAWS)
        return cls(used, taken * used["weight"].to_numpy())

    def score(self, kind: str, ids: pd.Series[Any]) -> tuple[dict[str, Any], Floats]:
        """Figures of a list of parcels, and its F1 in the sample and in every draw."""
        holds = conclusive(self.labels, kind)
        known = holds.notna().to_numpy()
        true = holds.fillna(False).to_numpy(dtype=bool)
        listed = self.labels["parcel_id"].isin(ids).to_numpy() & known
        hit, found, wanted = (self.weights @ mask for mask in (listed & true, listed, true))
        shares = {
            "precision": _ratio(hit, found),
            "recall": _ratio(hit, wanted),
            "f1": _ratio(2 * hit, found + wanted),
        }
        row: dict[str, Any] = {
            "judged": int(known.sum()),
            "listed": int(listed.sum()),
            "true": int(true.sum()),
            "hit": int((listed & true).sum()),
        }
        for name in SHARES:
            row |= _interval(name, shares[name])
        return row, shares["f1"]


def _ratio(part: Floats, whole: Floats) -> Floats:
    ratio: Floats = np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)
    return ratio


def _interval(name: str, values: Floats) -> dict[str, float]:
    """First value (the sample), and the interval of the others (the draws)."""
    known = values[1:][~np.isnan(values[1:])]
    tail = (1 - INTERVAL_LEVEL) / 2
    low, high = np.quantile(known, [tail, 1 - tail]) if len(known) else (np.nan, np.nan)
    return {name: float(values[0]), f"{name}_low": float(low), f"{name}_high": float(high)}


def _means(f1: dict[tuple[str, str], list[Floats]], names: list[str]) -> pd.DataFrame:
    """Mean F1 over the readings, and the distance to the best rule set in the same draws."""
    mean = {key: np.mean(values, axis=0) for key, values in f1.items()}
    for name in names:
        mean[name, ALL] = np.mean([mean[name, kind] for kind in KINDS], axis=0)
    rows = []
    for kind in (*KINDS, ALL):
        best = max(names, key=lambda name: np.nan_to_num(mean[name, kind][0]))
        for name in names:
            behind = _interval("behind", mean[best, kind] - mean[name, kind])
            figures = _interval("f1", mean[name, kind])
            rows.append({"rule_set": name, "kind": kind, **figures, **behind})
    return pd.DataFrame(rows)


def _errors(labels: pd.DataFrame, kind: str, ids: pd.Series[Any]) -> pd.DataFrame:
    holds = conclusive(labels, kind)
    listed = labels["parcel_id"].isin(ids)
    missed, wrong = holds.fillna(False) & ~listed, ~holds.fillna(True) & listed
    rows = labels.loc[missed | wrong, ["reading", "parcel_id", "verdict", "note"]]
    return rows.assign(error=np.where(missed[missed | wrong], MISSED, WRONG))


def agreement(labels: pd.DataFrame) -> pd.DataFrame:
    """How far the readings of the same parcels agree, which bounds what a rule set can reach.

    Returns
    -------
    One row by pair of readings and kind. ``shared`` parcels; ``certain`` ones (both readers
    concluded); ``agreed`` of them; ``positive``, of the kind for one reader or both; ``kappa`` over
    all verdicts (uncertain is one) and ``kappa_certain``, both of all kinds. ``f1`` is that of one
    reading against the other for the kind, among the certain: what a list as good as a second
    reader would reach. ``bound`` is its square root: what a list without error would reach, if both
    readers err independently and as often (the attenuation of a correlation by two measures of
    equal reliability, Spearman 1904). Intervals resample the shared parcels.

    Examples
    --------
    >>> import pandas as pd
    >>> one = pd.DataFrame({"parcel_id": list("abc"), "verdict": ["vrai_dc", "faux", "vrai_td"]})
    >>> both = pd.concat([one.assign(reading="x"), one.assign(reading="y")])
    >>> agreement(both)[["kind", "shared", "agreed", "kappa", "bound"]].to_numpy().tolist()
    [['dent_creuse', 3, 3, 1.0, 1.0], ['terrain_divisible', 3, 3, 1.0, 1.0]]
    """
    rows: list[dict[str, Any]] = []
    for first, second in combinations(labels["reading"].unique(), 2):
        pair = _shared(labels, first, second)
        if not len(pair):
            continue
        tables = _tables(pair)
        certain = _tables(pair[pair["first"].isin(CONCLUSIVE) & pair["second"].isin(CONCLUSIVE)])
        common = {
            "first": first,
            "second": second,
            "shared": len(pair),
            "certain": int(certain[0].sum()),
            "agreed": int(np.trace(certain[0])),
            **_interval("kappa", kappa(tables)),
            **_interval("kappa_certain", kappa(certain)),
        }
        for kind in KINDS:
            of_kind = np.array([bool(VERDICTS[word].confirms(kind)) for word in WORDS])
            positive = certain[0].sum() - certain[0][~of_kind][:, ~of_kind].sum()
            f1 = _mutual_f1(certain, of_kind)
            figures = {**_interval("f1", f1), **_interval("bound", np.sqrt(f1))}
            rows.append({**common, "kind": kind, "positive": int(positive), **figures})
    return pd.DataFrame(rows)


def _shared(labels: pd.DataFrame, first: str, second: str) -> pd.DataFrame:
    by = labels.set_index("parcel_id")
    one, two = (by.loc[by["reading"] == name, "verdict"] for name in (first, second))
    return pd.DataFrame({"first": one, "second": two}).dropna()


def _tables(pair: pd.DataFrame) -> Floats:
    """Contingency tables of two readers, shape (1 + DRAWS, verdicts, verdicts).

    The first is the sample, the others resample its parcels.
    """
    size = len(WORDS)
    codes = [pd.Categorical(pair[name], WORDS).codes.astype(np.intp) for name in pair.columns]
    counts = np.bincount(codes[0] * size + codes[1], minlength=size**2)
    drawn = np.zeros((DRAWS, size**2))
    if len(pair):
        rng = np.random.default_rng(SEED)
        drawn = rng.multinomial(len(pair), counts / len(pair), size=DRAWS).astype(np.float64)
    return np.vstack([counts, drawn]).reshape(1 + DRAWS, size, size)


def kappa(tables: Floats) -> Floats:
    """Cohen's kappa of contingency tables, shape (n, verdicts, verdicts) to (n,).

    NaN for an empty table, or where chance alone agrees wholly.

    Examples
    --------
    >>> kappa(np.array([[[1, 1], [0, 2]]])).tolist()
    [0.5]
    """
    total = tables.sum(axis=(1, 2))
    seen = _ratio(np.trace(tables, axis1=1, axis2=2), total)
    by_chance = _ratio((tables.sum(axis=1) * tables.sum(axis=2)).sum(axis=1), total**2)
    return _ratio(seen - by_chance, np.where(by_chance < 1, 1 - by_chance, 0.0))


def _mutual_f1(tables: Floats, of_kind: NDArray[np.bool_]) -> Floats:
    """F1 of one reader against the other for the verdicts of a kind."""
    both = tables[:, of_kind][:, :, of_kind].sum(axis=(1, 2))
    either = tables[:, of_kind].sum(axis=(1, 2)) + tables[:, :, of_kind].sum(axis=(1, 2))
    return _ratio(2 * both, either)
