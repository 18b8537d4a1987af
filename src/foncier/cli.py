"""The command ``foncier``: the only room that speaks to the screen.

Exit codes: 0 done; 1 unforeseen; 2 study, key or argument wrong; 3 a layer cannot be read;
4 a table breaks its contract or its coordinates; 5 a deliverable cannot be written;
130 interrupted.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from foncier import __version__
from foncier.errors import ConfigError, FoncierError, SourceError

Lang = Literal["fr", "en"]
STEPS = 6  # those of the pipeline, and writing
KINDS = {
    "friche": ("Friches", "Friches"),
    "dent_creuse": ("Dents creuses", "Infill plots (dents creuses)"),
    "batiment_non_affecte": ("Bâtiments non affectés", "Unassigned buildings"),
    "terrain_divisible": ("Terrains divisibles", "Divisible plots"),
}

app = typer.Typer(
    help="Trouver, noter et cartographier les opportunités foncières et immobilières.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

Debug = Annotated[bool, typer.Option("--debug", help="Montrer la trace complète d'une erreur.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="N'écrire que les erreurs.")]
StudyArg = Annotated[
    Path | None, typer.Argument(metavar="[ÉTUDE]", help="Dossier d'étude ; sans lui, la démo.")
]


class Clock:
    """Seconds that each step took, and the progress bar that shows where the run is."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.task = progress.add_task("Étude", total=STEPS)
        self.timings: dict[str, float] = {}
        self.name = ""
        self.since = time.perf_counter()

    def step(self, name: str) -> None:
        """Close the running step and open the next."""
        now = time.perf_counter()
        if self.name:
            self.timings[self.name] = now - self.since
            self.progress.advance(self.task)
        self.name, self.since = name, now
        self.progress.update(self.task, description=name)


@app.command()
def run(  # noqa: PLR0917 (typer makes options of them)
    study: StudyArg = None,
    folder: Annotated[
        Path | None, typer.Option("--out", help="Dossier des résultats [maps/NOM].")
    ] = None,
    lang: Annotated[Lang, typer.Option(help="Langue des fichiers et de la carte.")] = "fr",
    workers: Annotated[int, typer.Option(min=1, help="Fils de lecture des couches.")] = 2,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Chercher les opportunités d'une étude et écrire carte, GeoPackage et tableaux."""
    with _told(debug=debug):
        from foncier import demo, pipeline  # noqa: PLC0415 (slow to import: help stays quick)
        from foncier.study import load  # noqa: PLC0415

        plan = load(study or demo.study_folder())
        where = folder or Path("maps") / ("demo" if study is None else plan.folder.resolve().name)
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(),
                   TimeElapsedColumn())  # fmt: skip
        with Progress(*columns, console=err, transient=True, disable=quiet) as progress:
            clock = Clock(progress)
            result = pipeline.run(plan, workers=workers, step=clock.step)
            clock.step("Écriture")
            pipeline.deliver(result, plan, where, lang=lang, timings=clock.timings)
            clock.step("")
        if not quiet:
            _summary(result, where, clock.timings, lang)


@app.command()
def check(
    study: Annotated[Path, typer.Argument(metavar="ÉTUDE", help="Dossier d'étude.")],
    debug: Debug = False,
) -> None:
    """Dire ce qui est lu de chaque couche, ce qui y cloche, ce qui manque et ce que cela coûte."""
    with _told(debug=debug):
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


@app.command()
def explain(
    result: Annotated[Path, typer.Argument(metavar="RÉSULTAT", help="Dossier des résultats.")],
    id_: Annotated[str, typer.Argument(metavar="ID", help="Opportunité ou parcelle.")],
    lang: Annotated[Lang, typer.Option(help="Langue.")] = "fr",
    debug: Debug = False,
) -> None:
    """Dire pourquoi une opportunité est retenue, ou pourquoi une parcelle est écartée."""
    with _told(debug=debug):
        from foncier.export.explaining import story  # noqa: PLC0415
        from foncier.export.reading import explain as read  # noqa: PLC0415

        for title, rows in story(read(result, id_), lang):
            out.print(f"\n[bold]{escape(title)}[/bold]")
            for row in rows:
                out.print(f"  {escape(row)}", soft_wrap=True)


@app.command()
def new(
    name: Annotated[str, typer.Argument(metavar="NOM", help="Nom du dossier d'étude.")],
    commune: Annotated[str, typer.Option(help="Code INSEE, par exemple 80021.")],
    parent: Annotated[Path, typer.Option("--in", help="Où créer le dossier.")] = Path("layers"),
    debug: Debug = False,
) -> None:
    """Créer un dossier d'étude à compléter."""
    with _told(debug=debug):
        from foncier.study import template  # noqa: PLC0415

        text, folder = template(name, commune), parent / name
        if Path(name).name != name or name in (".", ".."):
            raise ConfigError(f"{name!r} : attendu un nom simple, sans dossier.")
        if (folder / "study.toml").exists():
            raise ConfigError(f"{folder} : cette étude existe déjà. Choisissez un autre nom.")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "study.toml").write_text(text, encoding="utf-8", newline="\n")
        out.print(f"Étude créée : [bold]{escape(str(folder / 'study.toml'))}[/bold]")
        out.print(f"Complétez-la, puis : foncier check {escape(str(folder))}")


@app.command("compare-profiles")
def compare_profiles(
    study: Annotated[Path, typer.Argument(metavar="ÉTUDE", help="Dossier d'étude.")],
    folder: Annotated[
        Path | None, typer.Option("--out", help="Dossier du GeoPackage de comparaison.")
    ] = None,
    debug: Debug = False,
) -> None:
    """Passer chaque jeu de règles sur les mêmes parcelles ; dire où ils s'accordent."""
    with _told(debug=debug):
        from foncier.pipeline import comparing  # noqa: PLC0415
        from foncier.study import load  # noqa: PLC0415

        plan = load(study)
        found = comparing.compare(plan, workers=2)
        table = Table(title=escape(plan.study.title), title_justify="left")
        table.add_column("Jeu de règles")
        for head in ("Dents creuses", "ha", "Terrains divisibles", "ha"):
            table.add_column(head, justify="right")
        for row in found.summary.itertuples(index=False):
            areas = [f"{a:.1f}".replace(".", ",") for a in (row[2], row[4])]
            table.add_row(str(row[0]), str(row[1]), areas[0], str(row[3]), areas[1])
        out.print(table)
        for kind, (words, _) in KINDS.items():
            by = found.agreement.loc[found.agreement["kind"] == kind, "found_by"].value_counts()
            told = ", ".join(f"{int(by[n])} par {n}" for n in sorted(by.index, reverse=True))
            if told:
                out.print(f"{words} trouvés par combien de jeux : {told}", soft_wrap=True)
        if folder is not None:
            where = comparing.write(found, plan, folder)
            out.print(f"GeoPackage  {escape(str(where))}", soft_wrap=True)


def _version(asked: bool) -> None:
    if asked:
        out.print(f"foncier {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Version.")
    ] = False,
) -> None:
    """Trouver, noter et cartographier les opportunités foncières et immobilières."""


class _told:  # noqa: N801 (reads as a phrase: with _told(...))
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


def _summary(result: Any, where: Path, timings: dict[str, float], lang: Lang) -> None:
    fr = lang == "fr"
    table = Table(title=escape(result.title), title_justify="left")
    for head in ("Nature", "Nombre", "Surface (ha)") if fr else ("Kind", "Number", "Area (ha)"):
        table.add_column(head, justify="left" if head in ("Nature", "Kind") else "right")
    kinds = result.candidates["kind"]
    for kind, words in KINDS.items():
        own = result.candidates.loc[kinds == kind]
        area = own.geometry.union_all().area / 1e4 if len(own) else 0.0
        shown = f"{area:.1f}".replace(".", "," if fr else ".")
        table.add_row(words[0 if fr else 1], str(len(own)), shown)
    table.add_section()
    rejected = "Parcelles écartées, avec motif" if fr else "Rejected parcels, with reason"
    table.add_row(rejected, str(len(result.rejections)), "")
    out.print(table)
    if result.demo:
        out.print("[bold yellow]DONNÉES FICTIVES[/bold yellow] (ville de démonstration)")
    for gap in result.missing:
        out.print(f"  [yellow]![/yellow] {escape(gap.cost[lang])}", soft_wrap=True)
    out.print(f"Carte       {escape(str(where / 'opportunites.html'))}", soft_wrap=True)
    out.print(f"GeoPackage  {escape(str(where / 'opportunites.gpkg'))}", soft_wrap=True)
    out.print(f"Tableau     {escape(str(where / 'opportunites.csv'))}", soft_wrap=True)
    out.print(f"{sum(timings.values()):.1f} s")


def main() -> None:
    """Run the command; on Windows too, text goes out as UTF-8."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")
    app()
