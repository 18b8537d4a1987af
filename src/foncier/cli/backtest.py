"""``foncier backtest``: what the rule sets would have listed of the plots built since."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from rich.table import Table

from foncier.cli.console import (
    Debug,
    Language,
    OptionalStudy,
    Replace,
    Untrusted,
    escape,
    open_study,
    option,
    out,
    report_errors,
    say,
    say_file,
    say_set_aside,
    say_warnings,
)
from foncier.i18n import format_value, language, localize
from foncier.model import KIND_PLURALS

if TYPE_CHECKING:
    import pandas as pd

    from foncier.pipeline.backtest import Backtest

COLUMNS = ("counts", "recall", "rate", "lift")


def backtest(  # noqa: PLR0917 (typer makes options of them)
    where: OptionalStudy = None,
    years: Annotated[
        list[Path] | None, option(help="cli.backtest.help.years", metavar="file")
    ] = None,
    last: Annotated[int, option(min=1, help="cli.backtest.help.last", metavar="count")] = 10,
    folder: Annotated[
        Path | None, option("--out", help="cli.backtest.help.out", metavar="folder")
    ] = None,
    replace: Replace = False,
    untrusted: Untrusted = False,
    lang: Language = None,
    debug: Debug = False,
) -> None:
    """Test the rule sets on the ground as it was."""
    with report_errors(debug=debug):
        from foncier import demo  # noqa: PLC0415 (slow to import)
        from foncier.pipeline import backtest as testing  # noqa: PLC0415

        study = open_study(where or demo.study_folder(), untrusted=untrusted)
        owner = testing.backtest_owner(study, folder or Path(), years=years or (), replace=replace)
        if folder is not None:
            owner.check(folder, (testing.SETS, testing.RULES))
        found = testing.backtest(study, years or (), last=last)
        out.print(escape(localize(testing.conclusion(found))), soft_wrap=True)
        say_warnings(found.warnings, lang or language())
        tables: Any = found.sets.groupby(["kind", "unit"], sort=False)
        for (kind, unit), rows in tables:
            out.print(_table(localize(f"cli.backtest.{unit}", kind=KIND_PLURALS[kind]), rows))
        _say_rules(found, study.rules.profile)
        say("cli.backtest.limits")
        if folder is not None:
            testing.write(found, folder, lang=lang or language(), owner=owner)
            say_set_aside(owner.set_aside)
            for name in (testing.SETS, testing.RULES):
                say_file("table", folder / name)


def _table(title: str, rows: pd.DataFrame) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column(localize("cli.compare_profiles.rule_set"), no_wrap=True)
    for name in COLUMNS:
        words = localize(f"cli.backtest.columns.{name}")
        table.add_column(words, justify="right", no_wrap=name != "counts")
    records: list[Any] = rows.to_dict("records")
    for row in records:
        table.add_row(row["rule_set"], *_cells(row))
    return table


def _cells(row: Any) -> list[str]:
    shares = [
        localize(
            "cli.validate.interval",
            share=row[name],
            low=row[f"{name}_low"],
            high=row[f"{name}_high"],
        )
        for name in ("recall", "rate")
    ]
    lift = localize(
        "cli.backtest.lift", lift=row["lift"], low=row["lift_low"], high=row["lift_high"]
    )
    return [f"{row['found']}/{row['built']}", *shares, lift]


def _say_rules(found: Backtest, rule_set: str) -> None:
    """Print what each rule of the study's rule set does to the plots built since."""
    lang = language()
    own = found.rules[found.rules["rule_set"] == rule_set]
    for kind, rows in own.groupby("kind", sort=False):
        say("cli.backtest.rules", kind=KIND_PLURALS[str(kind)], rule_set=rule_set)
        records: list[Any] = rows.to_dict("records")
        for row in records:
            say(
                "cli.backtest.rule",
                rule=row[f"label_{lang}"],
                found=row["found"],
                built=row["built"],
                kept=format_value(row["recall"], "%", lang),
                land=row["listed"] / row["plots"],
                lift=row["lift"],
                count=row["stops"],
            )
