"""Weights of evidence: posterior log-odds are those of the prior plus the sum of the weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from foncier import schemas
from foncier.i18n import LANGUAGES, Lang, Message, localize, localized
from foncier.i18n.arrays import Words, localize_many
from foncier.model import EvidenceModel, Note, Signal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from foncier.geometry import Floats

YEAR_DAYS = 365.25
NOT_AGED = 0.995  # a share of the weight that rounds to 1 is not mentioned


@dataclass(frozen=True)
class Detection:
    """Candidates of one kind, their evidence, and notes on what was excluded.

    ``unlisted`` are those that some evidence supports, but with too little confidence to be listed
    (None: none), and ``unlisted_evidence`` is their evidence.
    """

    candidates: gpd.GeoDataFrame
    evidence: pd.DataFrame
    notes: tuple[Note, ...] = ()
    unlisted: gpd.GeoDataFrame | None = None
    unlisted_evidence: pd.DataFrame | None = None


def split_listed(
    candidates: gpd.GeoDataFrame,
    evidence: pd.DataFrame,
    listed: NDArray[np.bool_],
    notes: tuple[Note, ...],
) -> Detection:
    """Separate the candidates that are listed from the others, shape (n,)."""
    one, other = candidates.loc[listed], candidates.loc[~listed]
    own = evidence["opportunity_id"].isin(one["opportunity_id"])
    return Detection(
        schemas.CANDIDATES.conform(one),
        schemas.EVIDENCE.conform(evidence.loc[own]),
        notes,
        schemas.CANDIDATES.conform(other) if len(other) else None,
        schemas.EVIDENCE.conform(evidence.loc[~own]) if len(other) else None,
    )


def signal_of(name: str, evidence_model: EvidenceModel) -> Signal:
    """Signal of an observation, by its name or by its family.

    ``disused:shop`` is of the family ``disused``, ``building=ruins`` of ``ruins``. A name that the
    model does not know has an unknown weight (NaN), and its words say so.

    Examples
    --------
    >>> from foncier.i18n import Localized
    >>> ruins = Signal("ruins", 5.0, Localized("Ruine", "Ruins"), "OSM")
    >>> signal_of("building=ruins", EvidenceModel({"ruins": ruins}, 0.4, 0.03, 0.3, 20)).weight
    5.0
    """
    families = (name, name.split("=", 1)[0], name.split(":", 1)[0], name.split("=", 1)[-1])
    for family in families:
        if family in evidence_model.signals:
            return evidence_model.signals[family]
    return Signal(name, float("nan"), localized("detect.evidence.unknown_signal", name=name), "")


def apply_weights(frame: pd.DataFrame, evidence_model: EvidenceModel) -> pd.DataFrame:
    """Compute the weight of each item of evidence, reduced by its age, its part and repetition.

    Parameters
    ----------
    frame
        Columns ``opportunity_id`` (any key), ``signal``, ``source``, ``observed_on``; optional
        ``detail`` and ``part`` (share of the weight that applies: the evidence concerns one of
        several objects, or a part of one; 1 when absent).
    evidence_model
        Weights, half-lives and the date up to which evidence ages.

    Returns
    -------
    The rows in their order, with ``base_weight``, ``age`` (share of the weight after ageing),
    ``weight`` (as applied; NaN for an unknown signal) and ``repeated``: stronger evidence of the
    same source group and direction exists, and this row has no weight.
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
    """Share of the weight after ageing, shape (n,): 1 when the study has no date."""
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
    """Evidence with a stronger one of the same source group and direction on the same site."""
    groups, _ = pd.factorize(np.array([s.source_group or s.name for s in signals], dtype=object))
    site, _ = pd.factorize(np.asarray(frame["opportunity_id"]))
    group = (site * (len(signals) + 1) + groups[code]) * 3 + np.sign(np.nan_to_num(weight)) + 1
    # A tie is decided by the content of the evidence, never by the order of the rows.
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

    Optional columns: ``detail_en`` (details in English; ``detail`` stands for both languages where
    it is missing), ``distance_m``, ``share``, ``part``, and those of `apply_weights`. The words of
    each row say what its age, its part or a repetition took from its weight.
    """
    if frame.empty:
        return schemas.EVIDENCE.empty()  # type: ignore[no-any-return]
    rows = frame if "weight" in frame else apply_weights(frame, evidence_model)
    code, names = pd.factorize(np.asarray(rows["signal"], dtype=object))
    texts = [signal_of(str(name), evidence_model).text for name in names]
    base = rows["base_weight"].to_numpy(dtype=np.float64)
    reasons = _reductions(rows)
    words = {}
    for lang in LANGUAGES:
        text = np.array([text[lang] for text in texts], dtype=object)[code]
        words[f"text_{lang}"] = _explain(text, _details(rows, lang), reasons, lang)
    return schemas.EVIDENCE.conform(  # type: ignore[no-any-return]
        rows.assign(
            direction=np.select([base > 0, base < 0], ["for", "against"], "neutral"), **words
        )
    )


def _details(rows: pd.DataFrame, lang: Lang) -> Words:
    """Details in a language, empty where there is none."""
    details = rows["detail"]
    if lang == "en" and "detail_en" in rows:
        details = rows["detail_en"].where(rows["detail_en"].notna(), details)
    return np.array([d if isinstance(d, str) else "" for d in details], dtype=object)


def _explain(text: Words, details: Words, reasons: list[list[Message]], lang: Lang) -> Words:
    """Words of each item of evidence: its text, its detail, and what reduced its weight."""
    count = len(text)
    detailed = localize_many("detect.evidence.detailed", lang, count, text=text, detail=details)
    words = np.where(details == "", text, detailed)
    why = np.array([_join(some, lang) for some in reasons], dtype=object)
    reduced = localize_many("detect.evidence.reduced", lang, count, text=words, reasons=why)
    explained: Words = np.where(why == "", words, reduced)
    return explained


def _join(reasons: list[Message], lang: Lang) -> str:
    """Reasons in a language, as one text; empty where there is none."""
    words = [localize(reason, lang) for reason in reasons]
    text = words[0] if words else ""
    for other in words[1:]:
        text = localize("detect.evidence.two_reasons", lang, first=text, second=other)
    return text


def _reductions(rows: pd.DataFrame) -> list[list[Message]]:
    """Why the weight of each row is less than that of its signal; empty when it is not."""
    part = rows["part"].to_numpy(dtype=np.float64) if "part" in rows else np.ones(len(rows))
    weighs = rows["base_weight"].fillna(0).to_numpy() != 0
    columns = zip(rows["age"], part, rows["repeated"], rows["observed_on"].isna(), strict=True)
    return [_reduction(*row) if some else [] for row, some in zip(columns, weighs, strict=True)]


def _reduction(age: float, part: float, repeated: bool, undated: bool) -> list[Message]:
    if repeated:
        return [Message("detect.evidence.repeated")]
    reasons = []
    if age < NOT_AGED:
        name = "detect.evidence.undated" if undated else "detect.evidence.aged"
        reasons.append(Message(name, factor=age))
    if part < 1.0:
        reasons.append(Message("detect.evidence.partial", factor=part))
    return reasons


def confidence(ids: Any, evidence: pd.DataFrame) -> Floats:
    """Posterior probability, shape (n,), from the sum of the weights as applied.

    The prior is a row of the evidence (`prior_rows`), so that the rows of a site add up to its
    confidence.
    """
    total = evidence.groupby("opportunity_id")["weight"].sum().reindex(ids, fill_value=0.0)
    return np.asarray(expit(total.to_numpy(dtype=np.float64)))


def band_of(confidences: Floats, evidence_model: EvidenceModel) -> NDArray[np.object_]:
    """Name of the class of each confidence, shape (n,); None where there is no confidence.

    Examples
    --------
    >>> from foncier.i18n import Localized
    >>> from foncier.model import Band
    >>> low, high = Localized("basse", "low"), Localized("haute", "high")
    >>> bands = (Band("low", 0, 0.5, low), Band("high", 0.5, 1, high))
    >>> model = EvidenceModel({}, 0.4, 0.03, 0.3, 20, bands=bands)
    >>> list(band_of(np.array([0.2, 0.5, np.nan]), model))
    ['low', 'high', None]
    """
    names: NDArray[np.object_] = np.full(max(len(evidence_model.bands), 1), None, dtype=object)
    names[: len(evidence_model.bands)] = [band.name for band in evidence_model.bands]
    lows = [band.low for band in evidence_model.bands[1:]]
    bands = names[np.searchsorted(lows, confidences, side="right")]
    bands[np.isnan(confidences)] = None
    return np.asarray(bands, dtype=object)


def prior_rows(
    ids: Any, prior: Any, message_id: str, evidence_model: EvidenceModel, *, source: str
) -> pd.DataFrame:
    """EVIDENCE rows of the prior; their weight is its log-odds.

    Parameters
    ----------
    prior
        Probability, one for all opportunities or one for each.
    message_id
        Message of the prior, with the parameter ``prior``.
    """
    share = np.array(np.broadcast_to(np.asarray(prior, dtype=np.float64), len(ids)))
    rows = neutral(
        ids,
        "prior",
        message_id,
        source=source,
        weight=prior_odds(share, evidence_model),
        base_weight=logit(share),
        params={"prior": share},
    )
    known = evidence_model.calibration
    if known is not None:
        date = {} if known.until is None else {"until": known.until}
        name = "calibrated_until" if date else "calibrated"
        rows = _with_words(rows, name, count=known.verdicts, **date)
    return rows if evidence_model.on is not None else _with_words(rows, "no_date")


def _with_words(rows: pd.DataFrame, name: str, **params: Any) -> pd.DataFrame:
    """Rows whose words are those of a message about them, ``text``."""
    words = {
        f"text_{lang}": localize_many(
            f"detect.evidence.{name}",
            lang,
            len(rows),
            text=rows[f"text_{lang}"].to_numpy(object),
            **params,
        )
        for lang in LANGUAGES
    }
    return rows.assign(**words)


def prior_odds(prior: Any, evidence_model: EvidenceModel) -> Any:
    """Log-odds of a prior share, as a calibration moves them if there is one.

    Examples
    --------
    >>> from foncier.model import Calibration
    >>> model = EvidenceModel({}, 0.5, 0.5, 0.3, 20, calibration=Calibration(-1.0, 2.0, 40))
    >>> float(prior_odds(0.5, model))
    -1.0
    """
    odds, known = logit(prior), evidence_model.calibration
    return odds if known is None else known.intercept + known.slope * odds


def neutral(
    ids: Any, signal: str, message_id: str, *, params: Mapping[str, Any], **columns: Any
) -> pd.DataFrame:
    """Build EVIDENCE rows without direction, worded by one message.

    ``params`` holds the parameters of the message: one value for all rows, or an array.
    """
    if not len(ids):
        return schemas.EVIDENCE.empty()  # type: ignore[no-any-return]
    words = {
        f"text_{lang}": localize_many(message_id, lang, len(ids), **params) for lang in LANGUAGES
    }
    rows = {"opportunity_id": ids, "signal": signal, "direction": "neutral", **words, **columns}
    return schemas.EVIDENCE.conform(pd.DataFrame(rows))  # type: ignore[no-any-return]


def concat_evidence(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Join EVIDENCE tables, by opportunity, the largest weights first."""
    some = [part for part in parts if len(part)]
    if not some:
        return schemas.EVIDENCE.empty()  # type: ignore[no-any-return]
    rows = pd.concat(some, ignore_index=True)
    size = rows["weight"].abs().fillna(0).where(rows["signal"] != "prior", 0)
    rows = rows.assign(_size=-size).sort_values(
        ["opportunity_id", "_size", "signal", "source", "observed_on", "text_fr", "distance_m"]
    )
    return schemas.EVIDENCE.conform(rows)  # type: ignore[no-any-return]


def notes_of(counts: Mapping[str, int], effect: Literal["dropped", "kept"]) -> tuple[Note, ...]:
    """Notes of the counts, by message id, that are not 0."""
    return tuple(
        Note(effect, count, localized(message, count=count))
        for message, count in counts.items()
        if count
    )


COLUMNS = ["opportunity_id", "signal", "detail", "detail_en", "source", "observed_on"]
# Evidence by name has no location: it concerns the whole site.
WHOLE_SITE = {"distance_m": np.nan, "share": np.nan, "part": 1.0, "active": 0, "known": 0}


def evidence_by_name(observations: gpd.GeoDataFrame | None, ids: Any) -> pd.DataFrame:
    """Evidence on sites that names the id of one of these opportunities, wherever it lies.

    It makes no site of its own: « occupé » on a site that is no longer listed has no effect.

    Parameters
    ----------
    observations
        OBSERVATIONS, or None.
    ids
        Opportunities of this run.

    Returns
    -------
    Columns of `apply_weights`: the site, the signal, its detail, source and date.
    """
    if observations is None or observations.empty:
        return pd.DataFrame(columns=[*COLUMNS, *WHOLE_SITE])
    named = (observations["subject"] == "site") & observations["opportunity_id"].isin(list(ids))
    rows = observations.loc[named.to_numpy(dtype=bool)]
    table = pd.DataFrame(rows).reindex(columns=COLUMNS).reset_index(drop=True)
    return table.assign(**WHOLE_SITE)
