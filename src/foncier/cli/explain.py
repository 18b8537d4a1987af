"""``foncier explain``: why a site is listed, or why a parcel is not."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from foncier.cli.console import (
    Debug,
    Language,
    ResultFolder,
    out,
    report_errors,
)


def explain(
    result: ResultFolder,
    id_: Annotated[str, typer.Argument(metavar="ID", help="Opportunité ou parcelle.")],
    lang: Language = "fr",
    debug: Debug = False,
) -> None:
    """Dire pourquoi une opportunité est retenue, ou pourquoi une parcelle est écartée."""
    with report_errors(debug=debug):
        from foncier.results import explain as gather  # noqa: PLC0415
        from foncier.results import read_saved  # noqa: PLC0415
        from foncier.results.explain import story  # noqa: PLC0415

        for title, rows in story(gather(read_saved(result), id_), lang):
            out.print(f"\n[bold]{escape(title)}[/bold]")
            for row in rows:
                out.print(f"  {escape(row)}", soft_wrap=True)
