"""Rule sets of a comparison against parcels read blind on plans, with the reason of each error."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from foncier import readers
from foncier._util.atomic_write import write_atomically
from foncier.errors import ConfigError
from foncier.export.tables import write_frame
from foncier.i18n import label
from foncier.validation import assess_rule_sets
from foncier.validation.readings import MISSED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from foncier._util.destination import Owner
    from foncier.i18n import Lang
    from foncier.pipeline.compare_profiles import Comparison
    from foncier.validation import Readings

SCORES, ERRORS = "lectures.csv", "erreurs.csv"
REASONS = ["rule", "reason_fr", "reason_en", "value", "threshold", "unit"]


def assess(comparison: Comparison, files: Sequence[Path]) -> Readings:
    """Hold every rule set against the labels of one or several readings.

    Parameters
    ----------
    comparison
        Rule sets on the parcels of a study.
    files
        One file a reading (`foncier.readers.read_truth`): ``parcel_id``, ``verdict``, and
        ``stratum`` and ``weight`` where the sample was stratified. Rows of several parcels, or of
        parcels that the study does not have, are left out.

    Returns
    -------
    `foncier.validation.Readings`; the table of errors also has `REASONS`: the rule that rejects a
    missed parcel, with its value and threshold, or the warnings of a wrongly listed plot.

    Raises
    ------
    ConfigError
        A file labels no parcel of the study.
    SourceError, FormatError
        A file cannot be read.
    """
    every = pd.concat([labels(comparison, file) for file in files], ignore_index=True)
    listed = pd.concat(
        [
            pd.DataFrame(
                {"rule_set": name, "kind": plots["kind"], "parcel_id": plots["parcel_ids"]}
            )
            for name, plots in comparison.candidates.items()
        ],
        ignore_index=True,
    )
    readings = assess_rule_sets(every, listed)
    return replace(readings, errors=_with_reasons(readings.errors, comparison))


def labels(comparison: Comparison, file: Path) -> pd.DataFrame:
    """Labels of one reading: one row a parcel of the study (see `assess`)."""
    truths, _, _ = readers.read_truth(file, crs=comparison.scene.parcels.crs)
    rows = pd.DataFrame(truths.drop(columns="geometry"))
    rows = rows.assign(parcel_id=rows["parcel_ids"], reading=file.stem)
    rows = rows.loc[rows["parcel_id"].isin(comparison.scene.parcels["parcel_id"])]
    if rows.empty:
        raise ConfigError("pipeline.readings.no_label", path=file.name)
    rows = rows.sort_values("observed_on", na_position="first", kind="stable")
    latest = rows.drop_duplicates("parcel_id", keep="last").sort_values("parcel_id")
    return latest[["reading", "parcel_id", "verdict", "stratum", "weight", "note"]]


def _with_reasons(errors: pd.DataFrame, comparison: Comparison) -> pd.DataFrame:
    """Add the rule that rejects each missed parcel, the warnings of each wrongly listed one."""
    stops = pd.concat([t.assign(rule_set=n) for n, t in comparison.last_tests.items()])
    stops = stops.rename(columns={"label_fr": "reason_fr", "label_en": "reason_en"})
    flags = pd.concat([c.assign(rule_set=n) for n, c in comparison.candidates.items()])
    none = label("pipeline.readings.no_flag")
    flags = pd.DataFrame(
        {
            "rule_set": flags["rule_set"],
            "kind": flags["kind"],
            "parcel_id": flags["parcel_ids"],
            "reason_fr": flags["warnings"].astype(object).where(flags["warnings"].notna(), none.fr),
            "reason_en": flags["warnings_en"]
            .astype(object)
            .where(flags["warnings_en"].notna(), none.en),
        }
    ).reindex(columns=["rule_set", "kind", "parcel_id", *REASONS])
    key, missed = ["rule_set", "kind", "parcel_id"], errors["error"] == MISSED
    parts = [
        errors.loc[missed].merge(stops[[*key, *REASONS]], on=key, how="left"),
        errors.loc[~missed].merge(flags, on=key, how="left"),
    ]
    rows = pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)
    return rows.sort_values(["rule_set", "kind", "error", "parcel_id", "reading"]).reset_index(
        drop=True
    )


def count_reasons(errors: pd.DataFrame) -> pd.DataFrame:
    """Count errors by rule set, kind, error and reason, over all readings, most frequent first.

    A plot with several flags counts once for each.
    """
    apart = [
        errors.assign(**{f"reason_{lang}": errors[f"reason_{lang}"].str.split(" | ", regex=False)})
        for lang in ("fr", "en")
    ]
    french = apart[0].explode("reason_fr", ignore_index=True)
    english = apart[1].explode("reason_en", ignore_index=True)
    rows = french.assign(reason_en=english["reason_en"])
    key = ["rule_set", "kind", "error", "reason_fr", "reason_en"]
    counts = rows.groupby(key, dropna=False).size().rename("labels").reset_index()
    order = ["rule_set", "kind", "error", "labels", "reason_fr"]
    table: pd.DataFrame = counts.sort_values(
        order, ascending=[True, True, True, False, True], ignore_index=True
    )
    return table


def write(readings: Readings, folder: Path, *, lang: Lang, owner: Owner | None = None) -> None:
    """Write the scores and the errors, one row a label, as CSV.

    Raises
    ------
    ExportError
        They cannot be written; the previous ones are intact.
    """
    write_atomically(
        folder,
        {
            SCORES: partial(_write, readings.scores, lang=lang),
            ERRORS: partial(_write, readings.errors, lang=lang),
        },
        owner=owner,
    )


def _write(table: pd.DataFrame, path: Path, *, lang: Lang) -> None:
    write_frame(table, path, lang=lang)
