"""``foncier sheets``: an A4 sheet a site and the leaflet of the sector, from a result."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from foncier.cli.console import (
    Debug,
    Language,
    Quiet,
    ResultFolder,
    out,
    report_errors,
)
from foncier.errors import ConfigError

FIRST = 10  # as foncier.export.sheets.select, which is slow to import
SPAN = re.compile(r"(\d{1,9})(?:\s*[-–]\s*(\d{1,9}))?")


def sheets(  # noqa: PLR0917 (typer makes options of them)
    result: ResultFolder,
    top: Annotated[
        int | None,
        typer.Option(min=0, help=f"Les N premiers (du choix) ; 0 : la plaquette seule [{FIRST}]."),
    ] = None,
    ids: Annotated[
        str | None, typer.Option(help="Ces sites plutôt, séparés par des virgules.")
    ] = None,
    kind: Annotated[str | None, typer.Option(help="Ces natures : friche, dent_creuse…")] = None,
    commune: Annotated[
        str | None, typer.Option(help="Ces communes (code INSEE), séparées par des virgules.")
    ] = None,
    rank: Annotated[str | None, typer.Option(help="Ces rangs : 12, ou 11-30.")] = None,
    folder: Annotated[
        Path | None, typer.Option("--out", help="Dossier des PDF [RÉSULTAT/fiches].")
    ] = None,
    lang: Language = "fr",
    workers: Annotated[int, typer.Option(min=1, help="Fils de mise en page.")] = 2,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Mettre en page une fiche A4 par site et la plaquette du secteur, en PDF accessible."""
    with report_errors(debug=debug):
        from foncier.export.sheets import Choice, print_sheets  # noqa: PLC0415 (slow to import)

        _check_ids_alone(ids, top, kind, commune, rank)
        choice = Choice(
            ids=_listed("--ids", ids, "FR-80021_1,DC-2"),
            kinds=_listed("--kind", kind, "friche"),
            communes=_listed("--commune", commune, "80021"),
            ranks=_span(rank),
            top=top,
        )
        where = folder or result / "fiches"
        made = print_sheets(result, where, choice=choice, lang=lang, workers=workers)
        if not quiet:
            n = len(made.sites)
            words = "fiche" if lang == "fr" else "sheet"
            leaflet = "et la plaquette" if lang == "fr" else "and the leaflet"
            out.print(
                f"{n} {words}{'s' if n > 1 else ''} {leaflet} : {escape(str(made.folder))}",
                soft_wrap=True,
            )
            for name in made.files:
                out.print(f"  {escape(name)}", soft_wrap=True)


def _check_ids_alone(ids: str | None, *others: str | int | None) -> None:
    if ids is not None and any(other is not None for other in others):
        raise ConfigError(
            "--ids\u00a0: donnez l'un ou l'autre, des identifiants ou --top, --kind, --commune "
            "et --rank."
        )


def _listed(option: str, text: str | None, example: str) -> tuple[str, ...]:
    """What an option names: split at commas, semicolons and blanks.

    Raises
    ------
    ConfigError
        It names nothing.
    """
    if text is None:
        return ()
    found = tuple(part for part in re.split(r"[,;\s]+", text) if part)
    if not found:
        what = "aucun identifiant" if option == "--ids" else "rien n'est nommé"
        raise ConfigError(f"{option}\u00a0: {what}. Exemple\u00a0: {option} {example}.")
    return found


def _span(text: str | None) -> tuple[int, int] | None:
    """First and last rank of ``12`` or ``11-30``.

    Raises
    ------
    ConfigError
        Neither of the two.
    """
    if text is None:
        return None
    found = SPAN.fullmatch(text.strip())
    low, high = (0, 0) if found is None else (int(found[1]), int(found[2] or found[1]))
    if not 0 < low <= high:
        raise ConfigError(f"--rank {text}\u00a0: attendu un rang (12) ou deux (11-30).")
    return low, high
