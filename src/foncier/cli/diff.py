"""``foncier diff``: what changed from one result to the next."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from rich.table import Table

from foncier.cli.console import (
    Debug,
    Lang,
    Language,
    Replace,
    argument,
    escape,
    option,
    out,
    report_errors,
    say_file,
    say_set_aside,
    say_warnings,
)
from foncier.i18n import format_value, language, localize
from foncier.model import KIND_PLURALS

if TYPE_CHECKING:
    from foncier.pipeline.diff import Changes

FOLDER = "differences"
SHOWN = 10  # sites of each kind of change; the table has all


def diff(  # noqa: PLR0917 (typer makes options of them)
    old: Annotated[Path, argument("old", help="cli.diff.help.old")],
    new: Annotated[Path, argument("new", help="cli.diff.help.new")],
    folder: Annotated[
        Path | None, option("--out", help="cli.diff.help.out", metavar="folder")
    ] = None,
    replace: Replace = False,
    lang: Language = None,
    debug: Debug = False,
) -> None:
    """Compare two results."""
    with report_errors(debug=debug):
        from foncier.pipeline import diff  # noqa: PLC0415 (slow to import)

        lang, where = lang or language(), folder or new / FOLDER / old.resolve().name
        owner = diff.diff_owner(old, new, where, replace=replace)
        owner.check(where, diff.NAMES)
        changes = diff.compare(old, new)
        diff.write(changes, where, lang=lang, owner=owner)
        _summary(changes, lang)
        say_set_aside(owner.set_aside)
        say_file("table", where / diff.TABLE)
        say_file("geopackage", where / diff.LAYER)
        say_file("map", where / diff.MAP)


def _summary(changes: Changes, lang: Lang) -> None:
    from foncier.export.diff import FATES  # noqa: PLC0415 (slow to import)

    say_warnings(changes.warnings, lang)
    rows = changes.rows
    table = Table(title=escape(changes.title), title_justify="left")
    table.add_column(localize("cli.kind"))
    for text in FATES.values():
        table.add_column(text[lang], justify="right")
    for kind, words in KIND_PLURALS.items():
        fates = rows.loc[rows["kind"] == kind, "fate"]
        counts = (format_value(int((fates == fate).sum()), "n", lang) for fate in FATES)
        table.add_row(words[lang], *counts)
    out.print(table)
    for fate, text in FATES.items():
        sites = rows.loc[rows["fate"] == fate]
        if fate == "inchange" or sites.empty:
            continue
        out.print(f"[bold]{text[lang]}[/bold]")
        for row in sites.head(SHOWN).to_dict("records"):
            out.print(f"  {escape(line(row, lang))}", soft_wrap=True)
        if len(sites) > SHOWN:
            out.print(f"  … {localize('util.and_more', count=len(sites) - SHOWN)}")
    for words in changes.entries:
        out.print(escape(words[lang]), soft_wrap=True)


def line(row: dict[str, Any], lang: Lang) -> str:
    """Describe a site in one line: id, name, former id, what changed, why it is gone."""
    words = [row["opportunity_id"], row["name"], row["changed"], row[f"reason_{lang}"]]
    if isinstance(row["old_id"], str) and row["old_id"] != row["opportunity_id"]:
        words.insert(1, localize("cli.diff.former_id", lang, id=row["old_id"]))
    for symbol, name in (("+", "gained"), ("−", "lost")):
        if isinstance(row[name], str):
            words.append(f"{symbol} {row[name]}")
    return "  ".join(word for word in words if isinstance(word, str))
