"""Sites compared with the request of a project: in words, and as a CSV file."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from foncier._util.atomic_write import write_atomically
from foncier.export.tables import write_frame
from foncier.i18n import Lang, Message, localize
from foncier.results.labels import VALUES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import pandas as pd

    from foncier._util.destination import Owner

DESCRIBED = ("fits", "to_check", "near_miss")
SYMBOLS = {"yes": "✓", "no": "✗", "unknown": "?"}


def describe_matches(
    matches: pd.DataFrame, checks: pd.DataFrame, names: pd.Series[str], lang: Lang
) -> Iterator[tuple[str, list[str]]]:
    """Word each site that fits or nearly does: a title, then one line per condition.

    Parameters
    ----------
    matches, checks
        Tables of the schemas ``MATCHES`` and ``MATCH_CHECKS``.
    names
        Name of each site by its id; missing where it has none.
    """
    by_site: Any = dict(iter(checks.groupby("opportunity_id", sort=False)))
    for site in matches[matches["outcome"].isin(DESCRIBED)].to_dict("records"):
        id_ = site["opportunity_id"]
        name = names.get(id_)
        title = [
            VALUES[str(site["outcome"])][lang],
            id_,
            *([name] if isinstance(name, str) else []),
        ]
        lines = [describe_check(check, lang) for check in by_site[id_].to_dict("records")]
        yield " – ".join(title), lines


def describe_check(check: Mapping[str, Any], lang: Lang) -> str:
    """Word one condition: verdict, value, bound, shortfall, and why it is asked for."""
    verdict, label = str(check["verdict"]), check[f"label_{lang}"]
    parts = list(_parts(check, verdict))
    line = f"{SYMBOLS[verdict]} {label}"
    if parts:
        line = localize("export.match.check", lang, condition=line, parts=parts)
    return (
        f"{line} ({check['why']})" if isinstance(check["why"], str) and verdict != "yes" else line
    )


def _parts(check: Mapping[str, Any], verdict: str) -> Iterator[Message]:
    unit = check["unit"] if isinstance(check["unit"], str) else ""
    known = check["value"] == check["value"]
    if known:
        yield Message("export.match.value", value=check["value"], unit=unit)
    elif verdict == "unknown":
        yield Message("export.match.unknown")
    if check["bound"] == check["bound"]:
        yield Message(f"export.match.{check['side']}", bound=check["bound"], unit=unit)
    if check["short"] == check["short"] and verdict == "no":
        gap = "excess" if check["side"] == "at_most" else "shortfall"
        yield Message(f"export.match.{gap}", gap=check["short"], unit=unit)
    if known and verdict == "unknown":
        yield Message("export.match.storeys_unknown")


def write_matches(
    matches: pd.DataFrame,
    checks: pd.DataFrame,
    names: pd.Series[str],
    path: Path,
    *,
    lang: Lang,
    owner: Owner | None = None,
) -> None:
    """Write one row per site as CSV: outcome, counts, then verdict and shortfall by condition.

    Raises
    ------
    ConfigError
        A file there may not be replaced (`foncier._util.destination`).
    ExportError
        The file cannot be written; a former one is intact.
    """
    by_condition = checks.pivot_table(
        index="opportunity_id",
        columns="condition",
        values=["verdict", "value", "short"],
        aggfunc="first",
        dropna=False,
        sort=False,
    )
    table = matches.assign(name=matches["opportunity_id"].map(names))
    for condition in checks["condition"].drop_duplicates():
        for name in ("verdict", "value", "short"):
            if (name, condition) in by_condition:
                values = table["opportunity_id"].map(by_condition[(name, condition)])
                table[f"{condition}_{name}"] = values.astype("str" if name == "verdict" else float)
    writers = {path.name: partial(write_frame, table, lang=lang)}
    write_atomically(path.parent, writers, owner=owner)
