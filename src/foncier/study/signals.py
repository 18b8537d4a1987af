"""Weights of the signals, and the reference rules that a validation compares with."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from foncier.errors import ConfigError
from foncier.i18n import Localized, localized
from foncier.model import Band, EvidenceModel, Signal
from foncier.study.rulesets import read_rules
from foncier.study.validation_errors import suggestion
from foncier.validation import Baseline

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from foncier.study.config import SignalChange, Study

MISSPELT = 0.85  # similarity from which an unknown signal without words is taken for a known one


def evidence_model(study: Study, rate_share: float | None, on: date | None = None) -> EvidenceModel:
    """Weights of evidence of a study: signals with its changes, and prior probabilities.

    Parameters
    ----------
    rate_share
        Share of private dwellings vacant for over two years (LOVAC), None when unknown. Exactly 0
        is unknown too: the open table has one decimal and masks small counts. A known share is
        clipped to the bounds of ``signals.toml``, so that log-odds stay finite.
    on
        Date to which evidence ages, None where the study has no date.

    Raises
    ------
    ConfigError
        An unknown signal without a weight.
    """
    raw = read_rules("signals.toml")
    prior, least = raw["prior"], raw["least"]
    known = rate_share is not None and rate_share > 0
    rate = min(max(rate_share or 0.0, prior["building_low"]), prior["building_high"])
    return EvidenceModel(
        signals=signals(study),
        friche_prior=prior["friche"],
        building_prior=rate if known else prior["building"],
        least_confidence=least["confidence"],
        least_building_m2=least["building_m2"],
        assumed_prior=not known,
        least_site=least["site"],
        always_listed=tuple(least["always"]),
        bands=tuple(
            Band(b["name"], b["low"], b["high"], Localized(b["fr"], b["en"])) for b in raw["band"]
        ),
        on=on,
        undated_half_lives=raw["age"]["undated_half_lives"],
        search_radius_m=raw["search_radius_m"],
    )


def least_confidence() -> dict[str, float]:
    """Least confidence to be listed, by kind; a friche of an inventory needs none.

    Examples
    --------
    >>> least_confidence()
    {'friche': 0.1, 'batiment_non_affecte': 0.3}
    """
    least = read_rules("signals.toml")["least"]
    return {"friche": least["site"], "batiment_non_affecte": least["confidence"]}


def signals(study: Study) -> dict[str, Signal]:
    """Signals of foncier with the study's changes, then those of the study's own data.

    Raises
    ------
    ConfigError
        An unknown signal without a weight, or a misspelt one.
    """
    by_name = {
        name: _signal(name, raw) for name, raw in read_rules("signals.toml")["signal"].items()
    }
    packaged = sorted(by_name)
    for name, change in study.signals.items():
        base = by_name.get(name)
        if base is None:
            _check_own_signal(name, change, packaged)
            text = localized("study.signals.own", name=name)
            base = Signal(name, 0.0, text, localized("study.rules.study_source").fr)
        by_name[name] = _changed(base, change)
    return by_name


def _check_own_signal(name: str, change: SignalChange, known: list[str]) -> None:
    """Check that a signal that foncier does not know is meant as one of the study's own."""
    misspelt = change.fr is None and get_close_matches(name, known, n=1, cutoff=MISSPELT)
    if change.weight is None or misspelt:
        raise ConfigError(
            "study.signals.unknown", name=name, hint=suggestion(name, known), known=known
        )


def _signal(name: str, raw: Mapping[str, Any]) -> Signal:
    return Signal(
        name,
        raw["weight"],
        Localized(raw["fr"], raw["en"]),
        raw["source"],
        raw["half_life_years"] or None,
        raw["source_group"],
        raw.get("prior"),
        raw["comment"],
    )


def _changed(base: Signal, change: SignalChange) -> Signal:
    age = base.half_life_years if change.half_life_years is None else change.half_life_years
    return replace(
        base,
        weight=base.weight if change.weight is None else change.weight,
        text=Localized(change.fr or base.text.fr, change.en or change.fr or base.text.en),
        source=change.source or base.source,
        half_life_years=age or None,
        source_group=base.source_group if change.source_group is None else change.source_group,
        prior=base.prior if change.prior is None else change.prior,
    )


def baselines() -> tuple[Baseline, ...]:
    """Simple rules that a validation compares a result with, in the order of the file.

    Examples
    --------
    >>> [rule.name for rule in baselines()]
    ['nafu', 'inventaire', 'osm', 'foncier']
    """
    return tuple(
        Baseline(
            raw["name"],
            Localized(raw["fr"], raw["en"]),
            raw["source"],
            tuple(raw["kinds"]),
            tuple(raw.get("signals", ())),
        )
        for raw in read_rules("baselines.toml")["baseline"]
    )
