"""The screen, the options that commands share, and how an error is told."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.markup import escape

from foncier.errors import FoncierError

Lang = Literal["fr", "en"]

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

Debug = Annotated[bool, typer.Option("--debug", help="Montrer la trace complète d'une erreur.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="N'écrire que les erreurs.")]
OptionalStudy = Annotated[
    Path | None, typer.Argument(metavar="[ÉTUDE]", help="Dossier d'étude ; sans lui, la démo.")
]
StudyFolder = Annotated[Path, typer.Argument(metavar="ÉTUDE", help="Dossier d'étude.")]
ResultFolder = Annotated[Path, typer.Argument(metavar="RÉSULTAT", help="Dossier des résultats.")]
Language = Annotated[Lang, typer.Option(help="Langue.")]


class report_errors:  # noqa: N801 (reads as a phrase: with told(...))
    """Turn an error of the tree into one message and its exit code; others keep their trace."""

    def __init__(self, *, debug: bool) -> None:
        self.debug = debug

    def __enter__(self) -> None:
        """Nothing to open."""

    def __exit__(self, kind: type[BaseException] | None, fault: Any, _: object) -> None:
        if isinstance(fault, FoncierError) and not self.debug:
            err.print(f"[bold red]Erreur[/bold red] {escape(str(fault))}", soft_wrap=True)
            raise typer.Exit(fault.exit_code) from None
        if isinstance(fault, KeyboardInterrupt):
            err.print("Interrompu. Les résultats précédents sont intacts.")
            raise typer.Exit(130) from None
