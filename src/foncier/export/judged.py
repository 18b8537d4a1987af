"""A validation for machines: its figures as JSON, the judged sites as CSV."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from foncier.export.flat import FORMULA
from foncier.export.manifest import plain

if TYPE_CHECKING:
    from pathlib import Path

    from foncier.judgement import Validation

SITES = ["opportunity_id", "kind", "name", "address", "confidence", "holds", "verdict", "truth_id",
         "way", "gap"]  # fmt: skip


def write_json(told: Validation, path: Path) -> None:
    """Write every figure as JSON: keys sorted, unknown is null; shares in [0, 1]."""
    made = {
        "title": told.title,
        "fictional": told.fictional,
        "truth": told.truth,
        "complete": told.complete,
        "counts": told.counts,
        "notes": [{"effect": n.effect, "count": n.count, "text": n.text} for n in told.notes],
        "warnings": told.warnings,
        "by_kind": _rows(told.by_kind),
        "by_band": _rows(told.by_band),
        "calibration": _rows(told.calibration),
        "baselines": _rows(told.baselines),
        "auc": told.auc,
        "brier": told.brier,
        "brier_base": told.brier_base,
        "rising": told.rising,
        "missed": _rows(told.wanted.loc[~told.wanted["hit"]]),
    }
    text = json.dumps(plain(made), ensure_ascii=False, sort_keys=True, indent=2, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): None if pd.isna(v) else v for k, v in row.items()}
            for row in table.to_dict("records")]  # fmt: skip


def write_sites(told: Validation, path: Path, *, lang: str) -> None:
    """Write each site with its truth: verdict, how it was matched, whether it holds.

    ``holds`` is ``vrai``, ``faux`` or empty (nobody knows).
    """
    held = told.found["holds"].map({True: "vrai", False: "faux"}, na_action="ignore")
    write_cells(told.found.assign(holds=held)[SITES], path, lang=lang)


def write_cells(table: pd.DataFrame, path: Path, *, lang: str) -> None:
    """Write a table as a spreadsheet of the language opens it (see `foncier.export.flat`)."""
    french = lang == "fr"
    cells = {name: _cells(table[name], comma=french) for name in table.columns}
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";" if french else ",", lineterminator="\r\n")
        writer.writerow(table.columns)
        writer.writerows(pd.DataFrame(cells).itertuples(index=False, name=None))


def _cells(values: pd.Series[Any], *, comma: bool) -> pd.Series[str]:
    if pd.api.types.is_datetime64_any_dtype(values):
        days: pd.Series[str] = values.dt.strftime("%Y-%m-%d").astype("str").fillna("")
        return days
    if pd.api.types.is_float_dtype(values):
        numbers = values.to_numpy(dtype=np.float64)
        texts = pd.Series([repr(v) for v in numbers.tolist()], values.index, dtype="str")
        texts = texts.str.replace(r"\.0$", "", regex=True)
        texts = texts.str.replace(".", ",", regex=False) if comma else texts
        return texts.where(np.isfinite(numbers), "")
    return values.astype("str").str.replace(FORMULA, "'", regex=True).fillna("")
