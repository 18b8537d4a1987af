"""From signs to a confidence: prior odds times what each sign is worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from foncier import tables
from foncier.records import Ledger, Note, Signal, Text

if TYPE_CHECKING:
    import geopandas as gpd

    from foncier.geometry import Floats


@dataclass(frozen=True)
class Found:
    """Candidates of one kind, their evidence, and what had to be left aside."""

    candidates: gpd.GeoDataFrame
    evidence: pd.DataFrame
    notes: tuple[Note, ...] = ()


def signal_of(name: str, ledger: Ledger) -> Signal:
    """Signal that an observation's name stands for: itself, or its family.

    ``disused:shop`` is of the family ``disused``, ``building=ruins`` of ``ruins``. A name that the
    ledger does not know is worth nothing, and says so.

    Examples
    --------
    >>> ruins = Signal("ruins", 5.0, Text("Ruine", "Ruins"), "OSM")
    >>> signal_of("building=ruins", Ledger({"ruins": ruins}, 0.4, 0.03, 0.3, 20)).weight
    5.0
    """
    families = (name, name.split("=", 1)[0], name.split(":", 1)[0], name.split("=", 1)[-1])
    for family in families:
        if family in ledger.signals:
            return ledger.signals[family]
    text = Text(f"Signal sans poids connu : {name}", f"Sign of unknown weight: {name}")
    return Signal(name, float("nan"), text, "")


def evidence_rows(frame: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    """Build EVIDENCE rows from ``opportunity_id, signal, detail, source, observed_on``."""
    if frame.empty:
        return tables.EVIDENCE.empty()  # type: ignore[no-any-return]
    signals = [signal_of(str(name), ledger) for name in frame["signal"]]
    details = [f"\u00a0: {d}" if isinstance(d, str) and d else "" for d in frame["detail"]]
    weight = np.array([s.weight for s in signals])
    return tables.EVIDENCE.conform(  # type: ignore[no-any-return]
        frame.assign(
            weight=weight,
            direction=np.select([weight > 0, weight < 0], ["for", "against"], "neutral"),
            text_fr=[s.text.fr + d for s, d in zip(signals, details, strict=True)],
            text_en=[s.text.en + d.replace("\u00a0:", ":")
                     for s, d in zip(signals, details, strict=True)],
        )
    )  # fmt: skip


def confidence(ids: Any, evidence: pd.DataFrame, prior: float) -> Floats:
    """Probability after the evidence, shape (n,): the prior's log-odds and the weights, summed.

    The same signal counts once an opportunity, however many sources repeat it: two inventories
    that copy each other are not two witnesses.
    """
    once = evidence.drop_duplicates(["opportunity_id", "signal"])
    total = once.groupby("opportunity_id")["weight"].sum().reindex(ids, fill_value=0.0)
    return np.asarray(expit(logit(prior) + total.to_numpy(dtype=np.float64)))


def neutral(ids: Any, signal: str, fr: list[str], en: list[str], **rest: Any) -> pd.DataFrame:
    """Build EVIDENCE rows that inform without weighing."""
    if not len(ids):
        return tables.EVIDENCE.empty()  # type: ignore[no-any-return]
    rows = {"opportunity_id": ids, "signal": signal, "direction": "neutral"}
    return tables.EVIDENCE.conform(  # type: ignore[no-any-return]
        pd.DataFrame({**rows, "text_fr": fr, "text_en": en, **rest})
    )


def joined(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Join EVIDENCE tables, by opportunity, heaviest first."""
    kept = [part for part in parts if len(part)]
    if not kept:
        return tables.EVIDENCE.empty()  # type: ignore[no-any-return]
    rows = pd.concat(kept, ignore_index=True)
    heavy = rows["weight"].abs().fillna(0)
    rows = rows.assign(_heavy=-heavy).sort_values(
        ["opportunity_id", "_heavy", "signal", "source", "text_fr"]
    )
    return tables.EVIDENCE.conform(rows)  # type: ignore[no-any-return]


def counted(effect: Any, count: int, fr: str, en: str) -> tuple[Note, ...]:
    """Give a note when there is something to note."""
    return (Note(effect, count, Text(fr, en)),) if count else ()
