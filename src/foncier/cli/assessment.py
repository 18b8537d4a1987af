"""Rule sets against readings of plans, on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table

from foncier.cli.console import out, say
from foncier.i18n import format_value, label, language, localize
from foncier.model import KIND_PLURALS

if TYPE_CHECKING:
    from foncier.validation import Readings

COLUMNS = ("number", "counts", "precision", "recall", "f1")


def show_readings(readings: Readings) -> None:
    """Print the figures of each rule set, the agreement of the readings, the reasons of errors."""
    names = list(dict.fromkeys(readings.scores["reading"]))
    named = [f"{number} {name}" for number, name in enumerate(names, 1)]
    say("cli.compare_profiles.readings", readings=named)
    for kind in dict.fromkeys(readings.means["kind"]):
        scores = readings.scores[readings.scores["kind"] == kind]
        if len(scores):
            numbers = scores["reading"].map(lambda name: str(names.index(name) + 1))
            out.print(_scores(kind, scores.assign(number=numbers).to_dict("records")))
        means = readings.means[readings.means["kind"] == kind]
        out.print(_means(kind, means.to_dict("records")))
    for row in readings.agreement.to_dict("records"):
        say(
            "cli.compare_profiles.readings_agree",
            kind=KIND_PLURALS[str(row["kind"])],
            **{str(name): value for name, value in row.items() if name != "kind"},
        )
    _say_errors(readings)


def show_calibration(table: Any) -> None:
    """Print what the confidence of plots is worth on labels left out, by rule set and kind."""
    for row in table.to_dict("records"):
        verdict = "informative" if row["informative"] else "uninformative"
        words = {
            "kind": KIND_PLURALS[row["kind"]],
            "verdict": label(f"cli.compare_profiles.{verdict}"),
        }
        say("cli.compare_profiles.calibrated", **{**row, **words})


def _table(kind: str) -> Table:
    words = KIND_PLURALS.get(kind, label("cli.validate.all"))[language()]
    table = Table(title=words, title_justify="left")
    table.add_column(localize("cli.compare_profiles.rule_set"), no_wrap=True)
    return table


def _scores(kind: str, rows: list[Any]) -> Table:
    lang, table = language(), _table(kind)
    for name in COLUMNS:
        words = localize(f"cli.compare_profiles.columns.{name}")
        table.add_column(words, justify="right", no_wrap=name == "f1")
    for row in rows:
        table.add_row(
            row["rule_set"],
            row["number"],
            f"{row['hit']}/{row['listed']}/{row['true']}",
            *(format_value(row[name], ".2f", lang) for name in ("precision", "recall")),
            _interval(row, "f1"),
        )
    return table


def _means(kind: str, rows: list[Any]) -> Table:
    table = _table(kind)
    for name in ("mean", "behind"):
        table.add_column(localize(f"cli.compare_profiles.columns.{name}"), justify="right")
    for row in rows:
        table.add_row(row["rule_set"], _interval(row, "f1"), _interval(row, "behind"))
    return table


def _interval(row: dict[str, Any], name: str) -> str:
    return localize(
        "cli.compare_profiles.figure",
        value=row[name],
        low=row[f"{name}_low"],
        high=row[f"{name}_high"],
    )


def _say_errors(readings: Readings) -> None:
    from foncier.pipeline.readings import count_reasons  # noqa: PLC0415 (slow to import)

    lang = language()
    counts: Any = count_reasons(readings.errors).groupby(["rule_set", "kind", "error"], sort=True)
    totals = readings.errors.groupby(["rule_set", "kind", "error"]).size()
    for key, rows in counts:
        rule_set, kind, error = key
        reasons = [
            f"{row[f'reason_{lang}']} {format_value(row['labels'], 'n', lang)}"
            for row in rows.to_dict("records")
        ]
        say(
            f"cli.compare_profiles.{error}",
            rule_set=rule_set,
            kind=KIND_PLURALS[kind],
            count=int(totals[key]),
            reasons=reasons,
        )
