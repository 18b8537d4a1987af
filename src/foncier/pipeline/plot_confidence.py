"""Calibration of the confidence of plots on parcels read on plans, and its test."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from foncier._util.atomic_write import write_atomically
from foncier.detect import FEATURES
from foncier.export.tables import write_frame
from foncier.pipeline.readings import labels
from foncier.validation import discrimination, metrics
from foncier.validation.logistic import fit_logistic, left_out
from foncier.validation.readings import KINDS, conclusive

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from foncier._util.destination import Owner
    from foncier.i18n import Lang
    from foncier.pipeline.compare_profiles import Comparison

TABLE = "confiance.csv"
LEAST_LABELS = 20


def calibrate(comparison: Comparison, files: Sequence[Path]) -> pd.DataFrame:
    """Fit a model by rule set and kind on the listed plots that were read.

    Returns
    -------
    One row by rule set and kind with 20 conclusive labels or more: ``rule_set``, ``kind``,
    ``labels``, ``true``, ``share`` (true ones) and its Wilson interval; the model (``intercept``
    and one column a feature); ``brier``, ``auc`` of the forecast of each label by a model fitted
    without its reading (without its half of the parcels where there is one reading), and
    ``brier_constant``, that of a constant fitted in the same way. ``informative``: the model is
    better than the constant by more than twice the standard error; else the weights are 0 and the
    model is the constant. A plot read twice is two labels.
    """
    every = pd.concat([labels(comparison, file) for file in files], ignore_index=True)
    return pd.DataFrame(list(_models(comparison, every)))


def _models(comparison: Comparison, every: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for name, plots in comparison.candidates.items():
        table = comparison.features[name].assign(
            kind=plots["kind"].to_numpy(), parcel_id=plots["parcel_ids"].to_numpy()
        )
        for kind in KINDS:
            rows = every.merge(table[table["kind"] == kind], on="parcel_id")
            rows = rows.assign(holds=conclusive(rows, kind)).dropna(subset="holds")
            if len(rows) < LEAST_LABELS:
                continue
            yield {"rule_set": name, "kind": kind, **_fitted(rows)}


def _fitted(rows: pd.DataFrame) -> dict[str, Any]:
    features = rows[list(FEATURES)].to_numpy(dtype=np.float64)
    true = rows["holds"].to_numpy(dtype=bool)
    group = rows["reading"].to_numpy(dtype=str)
    if len(np.unique(group)) == 1:
        group = np.array([sum(map(ord, i)) % 2 for i in rows["parcel_id"]])
    model, constant = left_out(features, true, group)
    gain = (constant - true) ** 2 - (model - true) ** 2
    informative = bool(gain.mean() > 2 * gain.std(ddof=1) / np.sqrt(len(gain)))
    # Without any feature the same fit gives the constant.
    weights = fit_logistic(features if informative else np.zeros_like(features), true)
    share, low, high = metrics.wilson(int(true.sum()), len(true))
    scored = pd.DataFrame({"confidence": model, "holds": true, "kind": rows["kind"].to_numpy()})
    return {
        "labels": len(true),
        "true": int(true.sum()),
        "share": share,
        "share_low": low,
        "share_high": high,
        "informative": informative,
        "intercept": float(weights[0]),
        **dict(zip(FEATURES, map(float, weights[1:]), strict=True)),
        "brier": float(np.mean((model - true) ** 2)),
        "brier_constant": float(np.mean((constant - true) ** 2)),
        "auc": discrimination(scored).auc.value,
    }


def as_toml(table: pd.DataFrame, rule_set: str, *, date: str, source: str) -> str:
    """Tables of a calibration of one rule set, as ``[rules] confidence`` reads them."""
    lines = [f'rule_set = "{rule_set}"', f'date = "{date}"', f'source = "{source}"']
    rows: list[Any] = table[table["rule_set"] == rule_set].to_dict("records")
    for row in rows:
        lines += ["", f"[{row['kind']}]"]
        lines += [f"{n} = {row[n]:.4f}" for n in ("intercept", *FEATURES)]
        lines += [f"{n} = {row[n]}" for n in ("labels", "true")]
        known = [n for n in ("brier", "brier_constant", "auc") if row[n] == row[n]]
        lines += [f"{n} = {row[n]:.3f}" for n in known]
    return "\n".join([*lines, ""])


def write(
    table: pd.DataFrame,
    folder: Path,
    *,
    date: str,
    source: str,
    lang: Lang,
    owner: Owner | None = None,
) -> tuple[str, ...]:
    """Write the models as CSV, and one TOML file a rule set that a study can name.

    Returns
    -------
    Names of the files.

    Raises
    ------
    ExportError
        They cannot be written; the previous ones are intact.
    """

    def write_text(path: Path, *, text: str) -> None:
        path.write_text(text, encoding="utf-8", newline="\n")

    writers: dict[str, Any] = {
        f"confiance-{name}.toml": partial(
            write_text, text=as_toml(table, str(name), date=date, source=source)
        )
        for name in dict.fromkeys(table["rule_set"])
    }
    writers[TABLE] = partial(write_frame, table, lang=lang)
    write_atomically(folder, writers, owner=owner)
    return tuple(writers)
