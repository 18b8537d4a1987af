"""The answer to a need: in words, and as a CSV."""

from __future__ import annotations

import csv
from functools import partial
from typing import TYPE_CHECKING, Any

from foncier._util.atomic_write import write_atomically
from foncier.export.tables import plain
from foncier.export.words import VALUES
from foncier.i18n import figure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd

    from foncier.i18n import Lang

SHOWN = ("fits", "to_check", "near_miss")
MARKS = {"yes": "✓", "no": "✗", "unknown": "?"}


def answers(
    matches: pd.DataFrame, checks: pd.DataFrame, names: pd.Series[str], lang: Lang
) -> Iterator[tuple[str, list[str]]]:
    """Say of each site that fits or nearly does why, what is short, and what is to be checked.

    Parameters
    ----------
    matches, checks
        Tables of the contracts ``MATCHES`` and ``MATCH_CHECKS``.
    names
        Name of each site by its id; missing where it has none.
    """
    by_site: Any = dict(iter(checks.groupby("opportunity_id", sort=False)))
    for row in matches[matches["outcome"].isin(SHOWN)].to_dict("records"):
        name = names.get(row["opportunity_id"])
        title = f"{VALUES[str(row['outcome'])][lang]} – {row['opportunity_id']}"
        title += f" – {name}" if isinstance(name, str) else ""
        own = by_site[row["opportunity_id"]]
        yield title, [said(check, lang) for check in own.to_dict("records")]


def said(check: dict[str, Any], lang: Lang) -> str:
    """One condition in words: verdict, value, bound, what is short, and why it is asked."""
    fr = lang == "fr"
    unit = check["unit"] if isinstance(check["unit"], str) else ""
    label, verdict = check[f"label_{lang}"], str(check["verdict"])
    colon = "\u00a0: " if fr else ": "
    parts = []
    if check["value"] == check["value"]:
        parts.append(figure(float(check["value"]), unit, lang))
    elif verdict == "unknown":
        parts.append("inconnu, à vérifier" if fr else "unknown, to be checked")
    if check["bound"] == check["bound"]:
        sides = {"at_least": ("au moins", "at least"), "at_most": ("au plus", "at most")}
        side = sides[str(check["side"])][0 if fr else 1]
        parts.append(f"{side} {figure(float(check['bound']), unit, lang)}")
    if check["short"] == check["short"] and verdict == "no":
        over = check["side"] == "at_most"
        word = (
            ("il y a de trop" if over else "il manque") if fr else ("too much" if over else "short")
        )
        parts.append(f"{word} {figure(float(check['short']), unit, lang)}")
    if verdict == "unknown" and check["value"] == check["value"]:
        parts.append("étages inconnus, à vérifier" if fr else "storeys unknown, to be checked")
    why = f" ({check['why']})" if isinstance(check["why"], str) and verdict != "yes" else ""
    return f"{MARKS[verdict]} {label}" + (colon if parts else "") + ", ".join(parts) + why


def write_matches(
    matches: pd.DataFrame, checks: pd.DataFrame, names: pd.Series[str], path: Path, *, lang: Lang
) -> None:
    """Write one row a site: outcome, counts, then verdict and what is short by condition.

    Separators, decimals and guards are those of `foncier.export.tables.write_csv`.

    Raises
    ------
    ExportError
        It cannot be written whole; a former one is intact.
    """
    wide = checks.pivot_table(
        index="opportunity_id",
        columns="condition",
        values=["verdict", "value", "short"],
        aggfunc="first",
        dropna=False,
        sort=False,
    )
    table = matches.assign(name=matches["opportunity_id"].map(names))
    for condition in checks["condition"].drop_duplicates():
        for value in ("verdict", "value", "short"):
            if (value, condition) in wide:
                own = table["opportunity_id"].map(wide[(value, condition)])
                table[f"{condition}_{value}"] = own.astype("str" if value == "verdict" else float)
    table = table.astype(dict.fromkeys(("met", "to_check", "failed"), "float64"))
    shown = plain(table, comma=lang == "fr")
    write_atomically(path.parent, {path.name: partial(_write, shown, lang)})


def _write(table: pd.DataFrame, lang: Lang, path: Path) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";" if lang == "fr" else ",", lineterminator="\r\n")
        writer.writerow(table.columns)
        writer.writerows(table.itertuples(index=False, name=None))
