"""What a result is worth by the truths that are known of it: the value that rooms pass on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from foncier.i18n import Localized
    from foncier.model import Note


@dataclass(frozen=True)
class Validation:
    """What a result is worth by the truths that are known of it.

    ``by_kind``, ``by_band``, ``calibration`` and ``baselines`` are the tables of
    `foncier.validation`; ``found`` and ``wanted`` the judged sites and the true sites behind them;
    ``words`` names the baselines. ``complete`` says that the truths are all there is. ``auc``,
    ``brier`` and ``brier_base`` (the mean share told to every site) are NaN where they cannot be
    computed; ``rising`` None. ``warnings`` are what a reader must know first.
    """

    title: str
    fictional: bool
    truth: str
    complete: bool
    counts: Mapping[str, int]
    notes: tuple[Note, ...]
    found: pd.DataFrame
    wanted: pd.DataFrame
    by_kind: pd.DataFrame
    by_band: pd.DataFrame
    calibration: pd.DataFrame
    baselines: pd.DataFrame
    words: Mapping[str, Localized]
    auc: float
    brier: float
    brier_base: float
    rising: bool | None
    warnings: tuple[Localized, ...] = ()
