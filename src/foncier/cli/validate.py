"""``foncier validate``: compare a result with ground truth, and plan the next visits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from rich.table import Table

from foncier.cli.console import (
    Debug,
    Lang,
    Language,
    Replace,
    ResultFolder,
    UntrustedFile,
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
from foncier.errors import ConfigError
from foncier.i18n import format_value, label, language, localize, typeset
from foncier.model import KIND_PLURALS

if TYPE_CHECKING:
    from foncier._util.destination import Owner
    from foncier.export.visits import Visits
    from foncier.model import Validation
    from foncier.study.config import Study

FOLDER = "validation"


COUNTS = ("found", "judged", "true")
SHARES = ("precision", "recall")


def validate(  # noqa: PLR0917 (typer makes options of them)
    result: ResultFolder,
    truth: Annotated[
        list[Path] | None, option(help="cli.validate.help.truth", metavar="file")
    ] = None,
    complete: Annotated[bool, option("--complete", help="cli.validate.help.complete")] = False,
    plan: Annotated[
        int | None, option(min=1, help="cli.validate.help.plan", metavar="count")
    ] = None,
    with_rejected: Annotated[
        bool, option("--with-rejected", help="cli.validate.help.with_rejected")
    ] = False,
    target: Annotated[
        Literal["precision", "recall", "f1", "confidence"] | None,
        option(help="cli.validate.help.target"),
    ] = None,
    sheets: Annotated[
        Path | None, option("--sheets", help="cli.validate.help.sheets", metavar="study")
    ] = None,
    folder: Annotated[
        Path | None, option("--out", help="cli.validate.help.out", metavar="folder")
    ] = None,
    replace: Replace = False,
    untrusted: UntrustedFile = False,
    lang: Language = None,
    debug: Debug = False,
) -> None:
    """Validate a result."""
    with report_errors(debug=debug):
        from foncier.model.entries import ENTRIES  # noqa: PLC0415 (slow to import)
        from foncier.pipeline import validate  # noqa: PLC0415

        truths = truth or []
        if not truths and plan is None:
            raise ConfigError("cli.validate.nothing")
        if plan is None and (sheets is not None or with_rejected or target is not None):
            raise ConfigError("cli.validate.sheets_need_plan")
        lang, where = lang or language(), folder or result / FOLDER
        owner = validate.validate_owner(result, truths, where, replace=replace)
        for_visits = validate.visits_owner(result, where, replace=replace)
        owner.check(where, validate.REPORTS if truths else ())
        for_visits.check(where, () if plan is None else validate.PLAN)
        if truths:
            validation = validate.assess_result(
                result, *truths, complete=complete, untrusted=untrusted
            )
            validate.write(validation, where, lang=lang, owner=owner)
            _summary(validation, lang)
            say_file("report", where / validate.REPORT)
            say_file("picture", where / validate.PICTURE)
        if plan is not None:
            visits = validate.visits(
                result,
                truths,
                plan,
                with_rejected=with_rejected,
                target=target,
                untrusted=untrusted,
            )
            notices = validate.write_visits(
                visits, where, result=result, lang=lang, owner=for_visits
            )
            say("cli.validate.visits", count=len(visits.sites))
            _expected(visits, lang)
            say_warnings(notices, lang)
            say_file("entries", result / ENTRIES)
            say_file("list", where / validate.LIST)
            say_file("form", where / validate.FORM)
            if sheets is not None:
                study = open_study(sheets, untrusted=untrusted)
                _write_sheets(visits, study, where, lang, for_visits)
        say_set_aside((*owner.set_aside, *for_visits.set_aside))


def _expected(visits: Visits, lang: Lang) -> None:
    """Say which figure the plan narrows, from which interval to which."""
    (low, high), (low_after, high_after) = visits.before, visits.after
    words = localize(
        "cli.validate.expected",
        lang,
        figure=label(f"cli.validate.figures.{visits.target}"),
        low=low,
        high=high,
        low_after=low_after,
        high_after=high_after,
    )
    out.print(escape(words), soft_wrap=True)


def _write_sheets(visits: Visits, study: Study, where: Path, lang: Lang, owner: Owner) -> None:
    from foncier.pipeline import plan_sheets  # noqa: PLC0415 (slow to import)

    made = plan_sheets.visit_sheets(study, visits.sites)
    plan_sheets.write(made, where, lang=lang, owner=owner)
    say_file("sheets", where / plan_sheets.PDF)


def _summary(validation: Validation, lang: Lang) -> None:
    from foncier.export.validation_report import conclusions, truth_summary  # noqa: PLC0415 (slow to import)

    table = Table(title=escape(validation.title), title_justify="left")
    table.add_column(localize("cli.kind"))
    for name in (*COUNTS, *SHARES):
        table.add_column(localize(f"cli.validate.columns.{name}"), justify="right")
    rows: list[Any] = validation.by_kind.to_dict("records")
    for row in rows:
        table.add_row(*_cells(row, lang))
    out.print(table)
    say_warnings(validation.warnings, lang)
    for line in (*truth_summary(validation, lang)[:1], *conclusions(validation, lang)):
        plain = line.replace("**", "")
        out.print(escape(typeset(plain) if lang == "fr" else plain), soft_wrap=True)


def _cells(row: dict[str, Any], lang: Lang) -> list[str]:
    """Cells of a kind: name, counts, and shares with their intervals."""
    words = KIND_PLURALS.get(row["kind"], label("cli.validate.all"))[lang]
    counts = [format_value(row[name], "n", lang) for name in COUNTS]
    shares = [
        localize(
            "cli.validate.interval",
            lang,
            share=row[name],
            low=row[f"{name}_low"],
            high=row[f"{name}_high"],
        )
        for name in SHARES
    ]
    return [words, *counts, *shares]
