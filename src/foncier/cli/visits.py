"""``foncier visits``: merge visits of the field into the entries of a result."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from rich.markup import escape

from foncier.cli.console import (
    Debug,
    Language,
    ResultFolder,
    argument,
    out,
    report_errors,
    say,
    say_file,
)
from foncier.i18n import localize


def visits(
    result: ResultFolder,
    source: Annotated[Path, argument("visits", help="cli.visits.help.source")],
    lang: Language = None,
    debug: Debug = False,
) -> None:
    """Merge visits."""
    with report_errors(debug=debug):
        from foncier.model.entries import ENTRIES  # noqa: PLC0415 (slow to import)
        from foncier.pipeline.visits import merge_visits  # noqa: PLC0415

        done = merge_visits(result, source)
        say("cli.visits.done", added=done.added, changed=done.changed, same=done.same)
        if done.conflicts:
            say("cli.visits.conflicts", count=len(done.conflicts))
        for one in done.conflicts:
            site = one.opportunity_id or localize("cli.visits.no_site")
            words = localize(
                "cli.visits.conflict", site=site, layer=one.layer, mine=one.mine, theirs=one.theirs
            )
            out.print(f"  [yellow]![/yellow] {escape(words)}", soft_wrap=True)
        say_file("entries", result / ENTRIES)
