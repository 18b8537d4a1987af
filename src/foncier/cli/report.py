"""``foncier report``: a document on a result, by its kind."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from foncier.cli.console import (
    Debug,
    Language,
    Quiet,
    Replace,
    ResultFolder,
    option,
    report_errors,
    say_file,
    say_set_aside,
)
from foncier.i18n import language


def report(  # noqa: PLR0917 (typer makes options of them)
    result: ResultFolder,
    kind: Annotated[str, option(help="cli.report.help.kind", metavar="name")] = "note",
    folder: Annotated[
        Path | None, option("--out", help="cli.report.help.out", metavar="folder")
    ] = None,
    template: Annotated[
        list[Path] | None, option("--template", help="cli.report.help.template", metavar="file")
    ] = None,
    lang: Language = None,
    replace: Replace = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write a report."""
    with report_errors(debug=debug):
        from foncier.export.report import write_report  # noqa: PLC0415 (slow to import)

        where = folder or result / "rapports"
        made = write_report(
            result,
            where,
            kind,
            lang=lang or language(),
            templates=template or (),
            replace=replace,
        )
        say_set_aside(made.set_aside)
        for name in () if quiet else made.files:
            say_file("report", where / name)
