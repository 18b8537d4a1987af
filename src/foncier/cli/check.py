"""``foncier check``: what is read of each layer, what is wrong, what is missing."""

from __future__ import annotations

import typer

from foncier import communes
from foncier.cli.console import (
    Debug,
    FormerResult,
    Language,
    StudyFolder,
    Untrusted,
    escape,
    open_study,
    out,
    report_errors,
    say,
    with_former,
)
from foncier.i18n import language


def check(
    where: StudyFolder,
    result: FormerResult = None,
    untrusted: Untrusted = False,
    lang: Language = None,
    debug: Debug = False,
) -> None:
    """Check the layers of a study."""
    with report_errors(debug=debug):
        from foncier.pipeline.check import check_layers  # noqa: PLC0415 (slow to import)

        study = with_former(open_study(where, untrusted=untrusted), where, result)
        faults = []
        for code in study.info.communes:
            known = "known" if code in communes.table() else "unknown"
            say(f"cli.check.commune_{known}", commune=communes.named(code), year=communes.VINTAGE)
        for one in check_layers(study):
            shown, lines = one.describe(lang or language())
            mark = "[red]✗[/red]" if one.fault else "[green]✓[/green]" if one.report else "–"
            out.print(f"{mark} [bold]{one.layer}[/bold]  {escape(shown)}", soft_wrap=True)
            for line in lines:
                out.print(f"    {escape(line)}", soft_wrap=True)
            faults += [one.fault] if one.fault else []
        if faults:
            raise typer.Exit(faults[0].exit_code)
