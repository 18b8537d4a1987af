"""``foncier new``, ``check`` and ``explain``: before a run, and about one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from foncier.cli.console import Debug, Language, ResultFolder, StudyFolder, out, told
from foncier.errors import ConfigError, SourceError


def check(
    study: StudyFolder,
    debug: Debug = False,
) -> None:
    """Dire ce qui est lu de chaque couche, ce qui y cloche, ce qui manque et ce que cela coûte."""
    with told(debug=debug):
        from foncier.pipeline import looking  # noqa: PLC0415
        from foncier.study import load  # noqa: PLC0415

        faults = 0
        for seen in looking.look(load(study)):
            shown, lines = seen.told("fr")
            mark = "[red]✗[/red]" if seen.fault else "[green]✓[/green]" if seen.report else "–"
            out.print(f"{mark} [bold]{seen.layer}[/bold]  {escape(shown)}", soft_wrap=True)
            for line in lines:
                out.print(f"    {escape(line)}", soft_wrap=True)
            faults += seen.fault is not None
        if faults:
            raise typer.Exit(SourceError.exit_code)


def explain(
    result: ResultFolder,
    id_: Annotated[str, typer.Argument(metavar="ID", help="Opportunité ou parcelle.")],
    lang: Language = "fr",
    debug: Debug = False,
) -> None:
    """Dire pourquoi une opportunité est retenue, ou pourquoi une parcelle est écartée."""
    with told(debug=debug):
        from foncier.export.explaining import story  # noqa: PLC0415
        from foncier.export.reading import explain as read  # noqa: PLC0415

        for title, rows in story(read(result, id_), lang):
            out.print(f"\n[bold]{escape(title)}[/bold]")
            for row in rows:
                out.print(f"  {escape(row)}", soft_wrap=True)


def new(
    name: Annotated[str, typer.Argument(metavar="NOM", help="Nom du dossier d'étude.")],
    commune: Annotated[str, typer.Option(help="Code INSEE, par exemple 80021.")],
    parent: Annotated[Path, typer.Option("--in", help="Où créer le dossier.")] = Path("layers"),
    debug: Debug = False,
) -> None:
    """Créer un dossier d'étude à compléter."""
    with told(debug=debug):
        from foncier.export.aside import deliver  # noqa: PLC0415
        from foncier.study import template  # noqa: PLC0415

        text, folder = template(name, commune), parent / name
        if Path(name).name != name or name in (".", ".."):
            raise ConfigError(f"{name!r} : attendu un nom simple, sans dossier.")
        if (folder / "study.toml").exists():
            raise ConfigError(f"{folder} : cette étude existe déjà. Choisissez un autre nom.")
        deliver(folder, {"study.toml": lambda path: _write(path, text)})
        out.print(f"Étude créée : [bold]{escape(str(folder / 'study.toml'))}[/bold]")
        out.print(f"Puis : foncier fetch {escape(str(folder))}", soft_wrap=True)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
