"""``foncier new``: create the folder of a study."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from foncier.cli.console import Debug, out, report_errors
from foncier.errors import ConfigError


def new(
    name: Annotated[str, typer.Argument(metavar="NOM", help="Nom du dossier d'étude.")],
    commune: Annotated[str, typer.Option(help="Code INSEE, par exemple 80021.")],
    parent: Annotated[Path, typer.Option("--in", help="Où créer le dossier.")] = Path("layers"),
    debug: Debug = False,
) -> None:
    """Créer un dossier d'étude à compléter."""
    with report_errors(debug=debug):
        from foncier._util.atomic_write import write_atomically  # noqa: PLC0415
        from foncier.study import template  # noqa: PLC0415

        text, folder = template(name, commune), parent / name
        if Path(name).name != name or name in (".", ".."):
            raise ConfigError(f"{name!r} : attendu un nom simple, sans dossier.")
        if (folder / "study.toml").exists():
            raise ConfigError(f"{folder} : cette étude existe déjà. Choisissez un autre nom.")
        write_atomically(folder, {"study.toml": lambda path: _write(path, text)})
        out.print(f"Étude créée : [bold]{escape(str(folder / 'study.toml'))}[/bold]")
        out.print(f"Puis : foncier fetch {escape(str(folder))}", soft_wrap=True)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
