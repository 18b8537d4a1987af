"""``foncier diff``: what changed from one result to the next."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from foncier.cli.console import (
    Debug,
    Lang,
    out,
    report_errors,
)
from foncier.model import KIND_PLURALS

FOLDER = "differences"
SHOWN = 10  # sites of each fate that the screen tells; the table tells all


def diff(
    old: Annotated[Path, typer.Argument(metavar="ANCIEN", help="Résultat de référence.")],
    new: Annotated[Path, typer.Argument(metavar="NOUVEAU", help="Résultat à comparer.")],
    folder: Annotated[
        Path | None, typer.Option("--out", help=f"Dossier des différences [NOUVEAU/{FOLDER}].")
    ] = None,
    lang: Annotated[Lang, typer.Option(help="Langue.")] = "fr",
    debug: Debug = False,
) -> None:
    """Dire quels sites apparaissent, disparaissent ou changent d'un résultat à l'autre."""
    with report_errors(debug=debug):
        from foncier.pipeline import diff  # noqa: PLC0415

        changes = diff.compare(old, new)
        where = folder or new / FOLDER
        diff.write(changes, where, lang=lang)
        _summary(changes, lang)
        out.print(f"Tableau     {escape(str(where / diff.TABLE))}", soft_wrap=True)
        out.print(f"GeoPackage  {escape(str(where / diff.LAYER))}", soft_wrap=True)
        out.print(f"Carte       {escape(str(where / diff.MAP))}", soft_wrap=True)


def _summary(changes: Any, lang: Lang) -> None:
    from foncier.export.diff import FATES  # noqa: PLC0415

    for warning in changes.warnings:
        out.print(f"  [yellow]![/yellow] {escape(warning[lang])}", soft_wrap=True)
    rows, fr = changes.rows, lang == "fr"
    table = Table(title=escape(changes.title), title_justify="left")
    table.add_column("Nature" if fr else "Kind")
    for text in FATES.values():
        table.add_column(text[lang], justify="right")
    for kind, words in KIND_PLURALS.items():
        own = rows.loc[rows["kind"] == kind, "fate"]
        table.add_row(words[lang], *(str(int((own == fate).sum())) for fate in FATES))
    out.print(table)
    for fate, text in FATES.items():
        own = rows.loc[rows["fate"] == fate]
        if fate == "inchange" or own.empty:
            continue
        out.print(f"[bold]{text[lang]}[/bold]")
        for row in own.head(SHOWN).to_dict("records"):
            out.print(f"  {escape(line(row, lang))}", soft_wrap=True)
        if len(own) > SHOWN:
            rest = len(own) - SHOWN
            out.print(f"  … et {rest} autres" if fr else f"  … and {rest} more")


def line(row: dict[str, Any], lang: Lang) -> str:
    """Tell a site in one line: id, name, former id, what changed, why it went."""
    words = [row["opportunity_id"], row["name"], row["changed"], row[f"reason_{lang}"]]
    if isinstance(row["old_id"], str) and row["old_id"] != row["opportunity_id"]:
        words.insert(1, f"(avant : {row['old_id']})" if lang == "fr" else f"(was {row['old_id']})")
    for sign, name in (("+", "gained"), ("−", "lost")):
        if isinstance(row[name], str):
            words.append(f"{sign} {row[name]}")
    return "  ".join(word for word in words if isinstance(word, str))
