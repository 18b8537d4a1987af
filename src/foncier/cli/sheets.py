"""``foncier sheets``: an A4 sheet a site and the leaflet of the sector, from a result."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

from foncier.cli.console import (
    Debug,
    Language,
    Quiet,
    Replace,
    ResultFolder,
    escape,
    option,
    out,
    report_errors,
    say,
    say_set_aside,
)
from foncier.errors import ConfigError
from foncier.i18n import language

SPAN = re.compile(r"(\d{1,9})(?:\s*[-–]\s*(\d{1,9}))?")


def sheets(  # noqa: PLR0917 (typer makes options of them)
    result: ResultFolder,
    top: Annotated[int | None, option(min=0, help="cli.sheets.help.top", metavar="count")] = None,
    ids: Annotated[str | None, option(help="cli.sheets.help.ids", metavar="list")] = None,
    kind: Annotated[str | None, option(help="cli.sheets.help.kind", metavar="list")] = None,
    commune: Annotated[str | None, option(help="cli.sheets.help.commune", metavar="list")] = None,
    rank: Annotated[str | None, option(help="cli.sheets.help.rank", metavar="ranks")] = None,
    folder: Annotated[
        Path | None, option("--out", help="cli.sheets.help.out", metavar="folder")
    ] = None,
    lang: Language = None,
    workers: Annotated[int, option(min=1, help="cli.sheets.help.workers", metavar="count")] = 2,
    replace: Replace = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Print sheets and leaflet."""
    with report_errors(debug=debug):
        from foncier.export.sheets import Choice, print_sheets  # noqa: PLC0415 (slow to import)

        _check_ids_alone(ids, top, kind, commune, rank)
        choice = Choice(
            ids=_split("--ids", ids, "FR-80021_1,DC-2"),
            kinds=_split("--kind", kind, "friche"),
            communes=_split("--commune", commune, "80021"),
            ranks=_span(rank),
            top=top,
        )
        lang, where = lang or language(), folder or result / "fiches"
        made = print_sheets(
            result, where, choice=choice, lang=lang, workers=workers, replace=replace
        )
        say_set_aside(made.set_aside)
        if not quiet:
            say("cli.sheets.made", count=len(made.sites), folder=made.folder)
            for name in made.files:
                out.print(f"  {escape(name)}", soft_wrap=True)


def _check_ids_alone(ids: str | None, *others: str | int | None) -> None:
    if ids is not None and any(other is not None for other in others):
        raise ConfigError("cli.sheets.ids_alone")


def _split(option_name: str, text: str | None, example: str) -> tuple[str, ...]:
    """Values of an option, separated by commas, semicolons or spaces.

    Raises
    ------
    ConfigError
        There is none.
    """
    if text is None:
        return ()
    values = tuple(part for part in re.split(r"[,;\s]+", text) if part)
    if not values:
        no_value = "cli.sheets.no_id" if option_name == "--ids" else "cli.sheets.no_value"
        raise ConfigError(no_value, option=option_name, example=example)
    return values


def _span(text: str | None) -> tuple[int, int] | None:
    """First and last rank of ``12`` or ``11-30``.

    Raises
    ------
    ConfigError
        The text is neither.
    """
    if text is None:
        return None
    ranks = SPAN.fullmatch(text.strip())
    low, high = (0, 0) if ranks is None else (int(ranks[1]), int(ranks[2] or ranks[1]))
    if not 0 < low <= high:
        raise ConfigError("cli.sheets.wrong_rank", rank=text)
    return low, high
