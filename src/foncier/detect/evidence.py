"""From signs to a confidence: prior odds times what each sign is worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from foncier import schemas
from foncier.details import english
from foncier.i18n import Localized
from foncier.model import EvidenceModel, Note, Signal

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from foncier.geometry import Floats
    from foncier.wording import Lang

YEAR_DAYS = 365.25
NBSP = "\u00a0"


@dataclass(frozen=True)
class Detection:
    """Candidates of one kind, their evidence, and what had to be left aside."""

    candidates: gpd.GeoDataFrame
    evidence: pd.DataFrame
    notes: tuple[Note, ...] = ()


def signal_of(name: str, evidence_model: EvidenceModel) -> Signal:
    """Signal that an observation's name stands for: itself, or its family.

    ``disused:shop`` is of the family ``disused``, ``building=ruins`` of ``ruins``. A name that the
    ledger does not know is worth nothing, and says so.

    Examples
    --------
    >>> ruins = Signal("ruins", 5.0, Localized("Ruine", "Ruins"), "OSM")
    >>> signal_of("building=ruins", EvidenceModel({"ruins": ruins}, 0.4, 0.03, 0.3, 20)).weight
    5.0
    """
    families = (name, name.split("=", 1)[0], name.split(":", 1)[0], name.split("=", 1)[-1])
    for family in families:
        if family in evidence_model.signals:
            return evidence_model.signals[family]
    text = Localized(f"Signal sans poids connu{NBSP}: {name}", f"Sign of unknown weight: {name}")
    return Signal(name, float("nan"), text, "")


def apply_weights(frame: pd.DataFrame, evidence_model: EvidenceModel) -> pd.DataFrame:
    """Weigh each sign: its own weight, then as applied after age, doubt and repetition.

    Parameters
    ----------
    frame
        Columns ``opportunity_id`` (any key), ``signal``, ``source``, ``observed_on``; optional
        ``detail`` and ``part`` (what is left of the weight because the sign may speak of
        several objects, or of a part of one; 1 when absent).
    evidence_model
        Weights, half-lives and the date up to which signs age.

    Returns
    -------
    The rows in their order, with ``base_weight``, ``age`` (share of the weight that time left),
    ``weight`` (as applied; NaN for a signal of unknown weight) and ``repeated``: another sign of
    the same origin and direction is the stronger one, and this one counts for nothing.
    """
    code, names = pd.factorize(np.asarray(frame["signal"], dtype=object), sort=True)
    signals = [signal_of(str(name), evidence_model) for name in names]
    base = np.array([s.weight for s in signals], dtype=np.float64)[code]
    half = np.array([s.half_life_years or np.inf for s in signals], dtype=np.float64)[code]
    age = _age(frame["observed_on"], half, evidence_model)
    part = frame["part"].to_numpy(dtype=np.float64) if "part" in frame else 1.0
    weight = base * age * part
    repeated = _repeated(frame, signals, code, weight)
    return frame.assign(
        base_weight=base, age=age, weight=np.where(repeated, 0.0, weight), repeated=repeated
    )


def _age(
    observed: pd.Series[Any], half_life_years: Floats, evidence_model: EvidenceModel
) -> Floats:
    """Share of the weight that is left, shape (n,): 1 when the study has no date."""
    if evidence_model.on is None:
        return np.ones(len(observed))
    days = (pd.Timestamp(evidence_model.on) - pd.to_datetime(observed)).dt.days.to_numpy(
        dtype=np.float64
    )
    halvings = np.maximum(days, 0.0) / YEAR_DAYS / half_life_years
    undated = np.where(np.isfinite(half_life_years), evidence_model.undated_half_lives, 0.0)
    return np.asarray(0.5 ** np.where(np.isnan(days), undated, halvings))


def _repeated(
    frame: pd.DataFrame, signals: Sequence[Signal], code: NDArray[np.intp], weight: Floats
) -> NDArray[np.bool_]:
    """Signs whose origin has already spoken in that direction, more strongly."""
    origins, _ = pd.factorize(np.array([s.origin or s.name for s in signals], dtype=object))
    who, _ = pd.factorize(np.asarray(frame["opportunity_id"]))
    group = (who * (len(signals) + 1) + origins[code]) * 3 + np.sign(np.nan_to_num(weight)) + 1
    # A tie is settled by what the signs say, never by the order in which they came.
    ties = [_rank(frame[name]) for name in ("detail", "source") if name in frame]
    day = pd.to_datetime(frame["observed_on"]).fillna(pd.Timestamp(0)).astype("int64").to_numpy()
    order = np.lexsort((*ties, code, -day, -np.abs(np.nan_to_num(weight)), group))
    first = np.ones(len(order), dtype=bool)
    first[1:] = group[order][1:] != group[order][:-1]
    repeated = np.zeros(len(order), dtype=bool)
    repeated[order] = ~first
    return np.asarray(repeated & (np.nan_to_num(weight) != 0))


def _rank(words: pd.Series[Any]) -> NDArray[np.intp]:
    return pd.factorize(words, sort=True)[0]


def evidence_rows(frame: pd.DataFrame, evidence_model: EvidenceModel) -> pd.DataFrame:
    """Build EVIDENCE rows from ``opportunity_id, signal, detail, source, observed_on``.

    See `weighed` for what becomes of a weight; ``distance_m``, ``share`` and ``part`` may be
    given. Each row says in words what its age, its doubt or a repetition took from it.
    """
    if frame.empty:
        return schemas.EVIDENCE.empty()  # type: ignore[no-any-return]
    rows = frame if "weight" in frame else apply_weights(frame, evidence_model)
    code, names = pd.factorize(np.asarray(rows["signal"], dtype=object))
    texts = [signal_of(str(name), evidence_model).text for name in names]
    base = rows["base_weight"].to_numpy(dtype=np.float64)
    words: dict[str, Any] = {}
    for lang in ("fr", "en"):
        told = np.array([text[lang] for text in texts], dtype=object)[code]
        words[f"text_{lang}"] = told + _details(rows["detail"], lang) + _lessened(rows, lang)
    return schemas.EVIDENCE.conform(  # type: ignore[no-any-return]
        rows.assign(
            direction=np.select([base > 0, base < 0], ["for", "against"], "neutral"), **words
        )
    )


def _details(details: pd.Series[Any], lang: str) -> NDArray[np.object_]:
    said = [d if isinstance(d, str) else "" for d in details]
    if lang == "fr":
        return np.array([f"{NBSP}: {d}" if d else "" for d in said], object)
    return np.array([f": {english(d)}" if d else "" for d in said], object)


def _lessened(rows: pd.DataFrame, lang: Lang) -> NDArray[np.object_]:
    """Say why a weight is less than its signal's: age, doubt, repetition; empty when it is not."""
    part = rows["part"].to_numpy(dtype=np.float64) if "part" in rows else np.ones(len(rows))
    moves = rows["base_weight"].fillna(0).to_numpy() != 0
    columns = zip(
        rows["age"], part, rows["repeated"], rows["observed_on"].isna(), moves, strict=True
    )
    return np.array([_why(*row, lang) if row[-1] else "" for row in columns], dtype=object)


def _why(age: float, part: float, repeated: bool, undated: bool, _: bool, lang: Lang) -> str:
    fr, told = lang == "fr", []
    if repeated:
        told.append(
            "même origine qu'un indice plus fort, non compté"
            if fr
            else "same origin as a stronger sign, not counted"
        )
    elif age < 0.995:  # what rounds to 1 is not said
        why = ("sans date", "no date") if undated else ("ancienneté", "age")
        told.append(
            f"{why[0 if fr else 1]}{NBSP if fr else ''}: "
            f"{'poids' if fr else 'weight'} × {_times(age, lang)}"
        )
    if part < 1.0 and not repeated:
        told.append(
            ("indice partiel ou partagé" + NBSP if fr else "partial or shared sign") + ": "
            f"{'poids' if fr else 'weight'} × {_times(part, lang)}"
        )
    return f" ({'; '.join(told) if not fr else f'{NBSP}; '.join(told)})" if told else ""


def _times(value: float, lang: Lang) -> str:
    return f"{value:.2f}".replace(".", ",") if lang == "fr" else f"{value:.2f}"


def confidence(ids: Any, evidence: pd.DataFrame) -> Floats:
    """Probability after the evidence, shape (n,): the weights as applied, summed with the prior's.

    The prior is a row of the evidence (`prior_rows`), so that the ledger of a site adds up to its
    confidence line by line.
    """
    total = evidence.groupby("opportunity_id")["weight"].sum().reindex(ids, fill_value=0.0)
    return np.asarray(expit(total.to_numpy(dtype=np.float64)))


def band_of(sure: Floats, evidence_model: EvidenceModel) -> NDArray[np.object_]:
    """Name of the class of each confidence, shape (n,); None where there is no confidence.

    Examples
    --------
    >>> from foncier.model import Band
    >>> low, high = Localized("basse", "low"), Localized("haute", "high")
    >>> bands = (Band("low", 0, 0.5, low), Band("high", 0.5, 1, high))
    >>> model = EvidenceModel({}, 0.4, 0.03, 0.3, 20, bands=bands)
    >>> list(band_of(np.array([0.2, 0.5, np.nan]), model))
    ['low', 'high', None]
    """
    names: NDArray[np.object_] = np.full(max(len(evidence_model.bands), 1), None, dtype=object)
    names[: len(evidence_model.bands)] = [band.name for band in evidence_model.bands]
    found = names[
        np.searchsorted([band.low for band in evidence_model.bands[1:]], sure, side="right")
    ]
    found[np.isnan(sure)] = None
    return np.asarray(found, dtype=object)


def prior_rows(ids: Any, prior: Any, fr: Any, en: Any, source: str) -> pd.DataFrame:
    """EVIDENCE rows that say where belief starts; their weight is the prior's log-odds."""
    odds = logit(np.broadcast_to(np.asarray(prior, dtype=np.float64), len(ids)))
    return neutral(ids, "prior", fr, en, source=source, weight=odds, base_weight=odds)


def without_age(evidence_model: EvidenceModel) -> Localized:
    """What to add where a study without a date lets nothing age; empty words otherwise."""
    if evidence_model.on is not None:
        return Localized("", "")
    return Localized(
        f"{NBSP}; étude sans date, l'âge des indices n'est pas compté",
        "; the study has no date, the age of signs is not counted",
    )


def neutral(ids: Any, signal: str, fr: Any, en: Any, **rest: Any) -> pd.DataFrame:
    """Build EVIDENCE rows that inform without pointing either way."""
    if not len(ids):
        return schemas.EVIDENCE.empty()  # type: ignore[no-any-return]
    rows = {"opportunity_id": ids, "signal": signal, "direction": "neutral"}
    return schemas.EVIDENCE.conform(  # type: ignore[no-any-return]
        pd.DataFrame({**rows, "text_fr": fr, "text_en": en, **rest})
    )


def concat_evidence(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Join EVIDENCE tables, by opportunity, heaviest first."""
    kept = [part for part in parts if len(part)]
    if not kept:
        return schemas.EVIDENCE.empty()  # type: ignore[no-any-return]
    rows = pd.concat(kept, ignore_index=True)
    heavy = rows["weight"].abs().fillna(0).where(rows["signal"] != "prior", 0)
    rows = rows.assign(_heavy=-heavy).sort_values(
        ["opportunity_id", "_heavy", "signal", "source", "observed_on", "text_fr", "distance_m"]
    )
    return schemas.EVIDENCE.conform(rows)  # type: ignore[no-any-return]


def count_repeats(effect: Any, count: int, fr: str, en: str) -> tuple[Note, ...]:
    """Give a note when there is something to note."""
    return (Note(effect, count, Localized(fr, en)),) if count else ()


SAID = ["opportunity_id", "signal", "detail", "source", "observed_on"]
# What a sign carried by its place would say besides: this one speaks of the whole site.
WHOLE = {"distance_m": np.nan, "share": np.nan, "part": 1.0, "active": 0, "known": 0}


def evidence_by_name(observations: gpd.GeoDataFrame | None, ids: Any) -> pd.DataFrame:
    """Signs on sites that bear the id of one of these opportunities, wherever they lie.

    Such a sign makes no site of its own: « occupé » on a site that is no longer listed is silent.

    Parameters
    ----------
    observations
        OBSERVATIONS, or None.
    ids
        Opportunities of this run.

    Returns
    -------
    Columns that `apply_weights` reads: the site, the signal, its detail, source and date.
    """
    if observations is None or observations.empty:
        return pd.DataFrame(columns=[*SAID, *WHOLE])
    own = (observations["subject"] == "site") & observations["opportunity_id"].isin(list(ids))
    rows: pd.DataFrame = pd.DataFrame(observations.loc[own.to_numpy(dtype=bool), SAID])
    return rows.reset_index(drop=True).assign(**WHOLE)
