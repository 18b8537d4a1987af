"""``foncier check``: what is read of each layer, what is wrong, what is missing."""

from __future__ import annotations

import typer
from rich.markup import escape

from foncier.cli.console import (
    Debug,
    StudyFolder,
    out,
    report_errors,
)
from foncier.errors import SourceError


def check(
    study: StudyFolder,
    debug: Debug = False,
) -> None:
    """Dire ce qui est lu de chaque couche, ce qui y cloche, ce qui manque et ce que cela coûte."""
    with report_errors(debug=debug):
        from foncier.pipeline import check  # noqa: PLC0415
        from foncier.study import read_study  # noqa: PLC0415

        faults = 0
        for seen in check.check_layers(read_study(study)):
            shown, lines = seen.told("fr")
            mark = "[red]✗[/red]" if seen.fault else "[green]✓[/green]" if seen.report else "–"
            out.print(f"{mark} [bold]{seen.layer}[/bold]  {escape(shown)}", soft_wrap=True)
            for line in lines:
                out.print(f"    {escape(line)}", soft_wrap=True)
            faults += seen.fault is not None
        if faults:
            raise typer.Exit(SourceError.exit_code)
