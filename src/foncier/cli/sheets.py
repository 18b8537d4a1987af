"""``foncier sheets``: an A4 sheet a site and the leaflet of the sector, from a result."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from foncier.cli.console import Debug, Language, Quiet, ResultFolder, out, told
from foncier.errors import ConfigError

FIRST = 10  # sheets that are printed when nothing else is asked for


def sheets(  # noqa: PLR0917 (typer makes options of them)
    result: ResultFolder,
    top: Annotated[
        int | None,
        typer.Option(min=0, help=f"Les N premiers sites ; 0 : la plaquette seule [{FIRST}]."),
    ] = None,
    ids: Annotated[
        str | None, typer.Option(help="Ces sites plutôt, séparés par des virgules.")
    ] = None,
    folder: Annotated[
        Path | None, typer.Option("--out", help="Dossier des PDF [RÉSULTAT/fiches].")
    ] = None,
    lang: Language = "fr",
    workers: Annotated[int, typer.Option(min=1, help="Fils de mise en page.")] = 2,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Mettre en page une fiche A4 par site et la plaquette du secteur, en PDF accessible."""
    with told(debug=debug):
        from foncier.export.sheets import print_sheets  # noqa: PLC0415 (slow to import)

        asked = _asked(ids, top)
        made = print_sheets(
            result, folder or result / "fiches", top=FIRST if top is None else top, ids=asked,
            lang=lang, workers=workers,
        )  # fmt: skip
        if not quiet:
            n = len(made.sites)
            words = "fiche" if lang == "fr" else "sheet"
            leaflet = "et la plaquette" if lang == "fr" else "and the leaflet"
            out.print(f"{n} {words}{'s' if n > 1 else ''} {leaflet} : "
                      f"{escape(str(made.folder))}", soft_wrap=True)  # fmt: skip
            for name in made.files:
                out.print(f"  {escape(name)}", soft_wrap=True)


def _asked(ids: str | None, top: int | None) -> tuple[str, ...]:
    """Ids that are asked for: split at commas, semicolons and blanks.

    Raises
    ------
    ConfigError
        Both a number and ids, or ids without any.
    """
    if ids is None:
        return ()
    found = tuple(part for part in re.split(r"[,;\s]+", ids) if part)
    if not found:
        raise ConfigError("--ids\u00a0: aucun identifiant. Exemple\u00a0: --ids FR-80021_1,DC-2.")
    if top is not None:
        raise ConfigError("--ids et --top\u00a0: donnez l'un ou l'autre, pas les deux.")
    return found
