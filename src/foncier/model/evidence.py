"""Weights of evidence: signals, confidence bands, priors."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from foncier.i18n import Localized


@dataclass(frozen=True)
class Signal:
    """Weight of one kind of evidence: log-odds towards vacancy, with its words and its source.

    The weight halves every ``half_life_years`` (None: it does not age). Evidence of one
    ``source_group`` and one direction is not independent: only the strongest counts (empty: the
    signal is a group of its own). ``prior`` is the share of friches among the sites that only such
    a record lists (None: the prior of the model). ``comment`` explains the values.
    """

    name: str
    weight: float
    text: Localized
    source: str
    half_life_years: float | None = None
    source_group: str = ""
    prior: float | None = None
    comment: str = ""


@dataclass(frozen=True)
class Band:
    """A class of confidence: ``low`` included, ``high`` excluded; the last class includes 1."""

    name: str
    low: float
    high: float
    text: Localized


@dataclass(frozen=True)
class Calibration:
    """What ``foncier learn`` found: log-odds o of a prior become ``intercept`` + ``slope``·o.

    The weights of the signals of the model are the learned ones. ``verdicts``: their number;
    ``until``: the date of the latest one.
    """

    intercept: float
    slope: float
    verdicts: int
    until: date | None = None


@dataclass(frozen=True)
class EvidenceModel:
    """Weights of evidence, priors (as shares), and the least values to be listed.

    ``assumed_prior`` tells that no LOVAC rate is known and a default is used. Evidence ages up to
    the date ``on`` (None: the study has no date, and nothing ages); undated evidence has an age of
    ``undated_half_lives``. ``search_radius_m`` is the largest distance of a mapped point from its
    building, by source group. A site that only registers list needs a confidence of ``least_site``.
    A building with one of the signals ``always_listed``, and nothing against it, needs none.
    """

    signals: Mapping[str, Signal]
    friche_prior: float
    building_prior: float
    least_confidence: float
    least_building_m2: float
    assumed_prior: bool = True
    least_site: float = 0.0
    always_listed: tuple[str, ...] = ()
    calibration: Calibration | None = None
    bands: tuple[Band, ...] = ()
    on: date | None = None
    undated_half_lives: float = 0.0
    search_radius_m: Mapping[str, float] = field(default_factory=dict)
