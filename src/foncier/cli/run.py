"""``foncier run``: the main job, its progress and its summary."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from foncier.cli.console import (
    Debug,
    Lang,
    OptionalStudy,
    Quiet,
    err,
    out,
    report_errors,
)
from foncier.model import KIND_PLURALS
from foncier.parallel.dask import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Mapping

    from foncier.study.config import Study

Tiles = Annotated[
    str | None, typer.Option(help="Chercher par tuiles : auto, commune ou leur nombre.")
]
Scheduler = Annotated[
    str, typer.Option(help="Qui calcule les tuiles : serial, processes, dask, tcp://…")
]
Work = Annotated[
    str | None,
    typer.Option(help="Dossier de travail des tuiles, ou s3://… [à côté des résultats]."),
]
Patience = Annotated[
    float, typer.Option(min=0, help="Secondes sans ordonnanceur ni processus dask, puis arrêt.")
]
STEPS = 6  # those of the pipeline, and writing
COLUMNS = (
    SpinnerColumn(),
    TextColumn("{task.description}"),
    BarColumn(),
    TimeElapsedColumn(),
)


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

    def tile(self, done: int, of: int) -> None:
        """Show how many tiles are done."""
        self.progress.update(self.task, description=f"{self.name} ({done} tuiles sur {of})")


def beside(results: Path) -> Path:
    """Folder of the work of a run, beside its results."""
    return results.with_name(f"{results.name}.travail")


def _work(words: str | None, results: Path) -> Path:
    from foncier._util.storage import to_path  # noqa: PLC0415 (slow to import)

    return beside(results) if words is None else to_path(words)


def _plan(study: Path | None, project: str | None) -> Study:
    """Study as read, or the demonstration; weighed for a kind of project where one is named."""
    from foncier import demo  # noqa: PLC0415 (slow to import)
    from foncier.pipeline.write_results import check_pictures  # noqa: PLC0415 (slow to import)
    from foncier.study import read_study  # noqa: PLC0415
    from foncier.study.config import Score  # noqa: PLC0415

    plan = read_study(study or demo.study_folder())
    check_pictures(plan)  # before the work, not after it
    if project is None:
        return plan
    return plan.model_copy(update={"score": Score(project=project)})


def run(  # noqa: PLR0917 (typer makes options of them)
    study: OptionalStudy = None,
    folder: Annotated[
        Path | None, typer.Option("--out", help="Dossier des résultats [maps/NOM].")
    ] = None,
    lang: Annotated[Lang, typer.Option(help="Langue des fichiers et de la carte.")] = "fr",
    workers: Annotated[int, typer.Option(min=1, help="Fils de lecture, processus des tuiles.")] = 2,
    project: Annotated[
        str | None, typer.Option(help="Classer pour un projet : logement, tiers_lieu…")
    ] = None,
    tiles: Tiles = None,
    scheduler: Scheduler = "processes",
    work: Work = None,
    patience: Patience = PATIENCE_S,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Chercher les opportunités d'une étude et écrire carte, GeoPackage et tableaux."""
    with report_errors(debug=debug):
        from foncier.parallel.executors import get_executor  # noqa: PLC0415
        from foncier.pipeline.run import run as pipeline_run  # noqa: PLC0415 (slow to import: help stays quick)
        from foncier.pipeline.tiles import Tiling  # noqa: PLC0415 (slow to import: help stays quick)
        from foncier.pipeline.write_results import write_results  # noqa: PLC0415 (slow to import: help stays quick)

        plan = _plan(study, project)
        where = folder or Path("maps") / ("demo" if study is None else plan.folder.resolve().name)
        with Progress(*COLUMNS, console=err, transient=True, disable=quiet) as progress:
            clock, tiling = Clock(progress), None
            if tiles is not None:
                carrier = get_executor(scheduler, workers=workers, patience_s=patience)
                tiling = Tiling(tiles, carrier, _work(work, where), clock.tile)
            result = pipeline_run(plan, workers=workers, step=clock.step, tiling=tiling)
            clock.step("Écriture")
            made = write_results(result, plan, where, lang=lang, timings=clock.timings)
            clock.step("")
        if not quiet:
            _summary(result, lang)
            _files(where, made)
            out.print(f"{sum(clock.timings.values()):.1f} s")


def _files(where: Path, made: Mapping[str, str]) -> None:
    """Say where map, GeoPackage (one or several) and table are."""
    for word, ending in (("Carte", ".html"), ("GeoPackage", ".gpkg"), ("Tableau", ".csv")):
        for name in made:
            if name.startswith("opportunites") and name.endswith(ending):
                out.print(f"{word:<12}{escape(str(where / name))}", soft_wrap=True)


def _summary(result: Any, lang: Lang) -> None:
    fr = lang == "fr"
    table = Table(title=escape(result.title), title_justify="left")
    for head in ("Nature", "Nombre", "Surface (ha)") if fr else ("Kind", "Number", "Area (ha)"):
        table.add_column(head, justify="left" if head in ("Nature", "Kind") else "right")
    kinds = result.candidates["kind"]
    for kind, words in KIND_PLURALS.items():
        own = result.candidates.loc[kinds == kind]
        table.add_row(words[lang], str(len(own)), _hectares(own, fr=fr))
    table.add_section()
    rejected = "Parcelles écartées, avec motif" if fr else "Rejected parcels, with reason"
    table.add_row(rejected, str(len(result.rejections)), "")
    if result.assemblies is not None:
        groups = "Assemblages de parcelles, hors classement" if fr else "Assemblies, not ranked"
        table.add_row(groups, str(len(result.assemblies)), _hectares(result.assemblies, fr=fr))
    out.print(table)
    if result.agreement is not None:
        tau = f"{result.agreement.tau:.2f}"
        out.print(
            f"Accord avec TOPSIS : tau de Kendall {tau.replace('.', ',')} "
            f"sur {result.agreement.sites} sites (1 : même ordre)"
            if fr
            else f"Agreement with TOPSIS: Kendall's tau {tau} over {result.agreement.sites} sites"
        )
    if result.demo:
        out.print("[bold yellow]DONNÉES FICTIVES[/bold yellow] (ville de démonstration)")
    for gap in result.missing:
        out.print(f"  [yellow]![/yellow] {escape(gap.cost[lang])}", soft_wrap=True)


def _hectares(rows: Any, *, fr: bool) -> str:
    """Area of some shapes, land held twice counted once."""
    area = rows.geometry.union_all().area / 1e4 if len(rows) else 0.0
    return f"{area:.1f}".replace(".", "," if fr else ".")
