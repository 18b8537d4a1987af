"""``foncier run``: run a study, with its progress and its summary."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from foncier.cli.console import (
    Debug,
    Lang,
    Language,
    OptionalStudy,
    Quiet,
    Replace,
    Untrusted,
    default_result,
    err,
    escape,
    open_study,
    option,
    out,
    report_errors,
    say,
    say_file,
    say_warnings,
)
from foncier.communes import named
from foncier.i18n import format_value, language, localize, localized
from foncier.model import KIND_PLURALS
from foncier.parallel.dask import PATIENCE_S

MAX_COMMUNES = 8  # named above the table

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from foncier.i18n import Localized
    from foncier.model import ResultTables
    from foncier.study.config import Study

Tiles = Annotated[str | None, option(help="cli.run.help.tiles", metavar="tiles")]
Scheduler = Annotated[str, option(help="cli.run.help.scheduler", metavar="scheduler")]
Work = Annotated[str | None, option(help="cli.run.help.work", metavar="folder")]
Patience = Annotated[float, option(min=0, help="cli.run.help.patience", metavar="seconds")]
STEPS = 6  # those of the pipeline, and writing
COLUMNS = (
    SpinnerColumn(),
    TextColumn("{task.description}"),
    BarColumn(),
    TimeElapsedColumn(),
)
# "lines": each step is a line on the error output, for a program that shows the progress.
PROGRESS = "FONCIER_PROGRESS"
# Kind of file by the ending of its name.
# Parameters of the sentences on what is on offer.
SUPPLY = ("offered", "offered_ha", "ready", "to_confirm", "taken", "taken_ha")
PUBLIC = ("public", "public_ha", "partly_public")
FIRST = 10  # lines of the ranking in the terminal
NAME_WIDTH = 34
FILES = {".html": "map", ".gpkg": "geopackage", ".csv": "table"}


class Clock:
    """Duration of each step in seconds, and the progress bar of the run."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.task = progress.add_task(localize("cli.run.study"), total=STEPS)
        self.timings: dict[str, float] = {}
        self.name = ""
        self.since = time.perf_counter()

    def step(self, name: str) -> None:
        """End the current step and begin the next."""
        now = time.perf_counter()
        if self.name:
            self.timings[self.name] = now - self.since
            self.progress.advance(self.task)
        self.name, self.since = name, now
        self.progress.update(self.task, description=name)
        if os.environ.get(PROGRESS) == "lines":
            done = int(self.progress.tasks[self.task].completed)
            err.print(escape(f"[{done}/{STEPS}] {name}"), soft_wrap=True)

    def tile(self, done: int, total: int) -> None:
        """Show how many tiles are done."""
        words = localize("cli.run.tiles_done", step=self.name, count=done, total=total)
        self.progress.update(self.task, description=words)


def _work(work: str | None, results: Path) -> Path:
    """Working folder of tiles: the given one, else one beside the results."""
    from foncier._util.storage import to_path  # noqa: PLC0415 (slow to import)

    return results.with_name(f"{results.name}.travail") if work is None else to_path(work)


def _read(where: Path | None, project: str | None, *, untrusted: bool) -> Study:
    """Study of a folder (None: the demo), for a kind of project."""
    from foncier import demo  # noqa: PLC0415
    from foncier.pipeline.write_results import check_pictures  # noqa: PLC0415 (slow to import)
    from foncier.study.config import Score  # noqa: PLC0415

    study = open_study(where or demo.study_folder(), untrusted=untrusted)
    check_pictures(study)  # before the work, not after it
    if project is None:
        return study
    return study.model_copy(update={"score": Score(project=project)})


def run(  # noqa: PLR0917 (typer makes options of them)
    where: OptionalStudy = None,
    folder: Annotated[
        Path | None, option("--out", help="cli.run.help.out", metavar="folder")
    ] = None,
    lang: Language = None,
    workers: Annotated[int, option(min=1, help="cli.run.help.workers", metavar="count")] = 2,
    project: Annotated[str | None, option(help="cli.run.help.project", metavar="project")] = None,
    tiles: Tiles = None,
    scheduler: Scheduler = "processes",
    work: Work = None,
    patience: Patience = PATIENCE_S,
    replace: Replace = False,
    untrusted: Untrusted = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Run a study."""
    with report_errors(debug=debug):
        from foncier.parallel.dask import is_exposed  # noqa: PLC0415 (slow to import)
        from foncier.parallel.executors import get_executor  # noqa: PLC0415 (slow to import)
        from foncier.pipeline import write_results as writing  # noqa: PLC0415
        from foncier.pipeline.entries import with_entries  # noqa: PLC0415
        from foncier.pipeline.run import run as run_study  # noqa: PLC0415
        from foncier.pipeline.tiles import Tiling  # noqa: PLC0415

        study, lang = _read(where, project, untrusted=untrusted), lang or language()
        results = folder or default_result(where, study)
        owner = writing.run_owner(study, replace=replace)
        writing.check_destination(results, owner)  # before the work, not after it
        study = with_entries(study, results, complete=True)
        with Progress(*COLUMNS, console=err, transient=True, disable=quiet) as progress:
            clock, tiling = Clock(progress), None
            if tiles is not None:
                if is_exposed(scheduler) and not quiet:
                    say_warnings([localized("cli.run.exposed", address=scheduler)], lang)
                executor = get_executor(scheduler, workers=workers, patience_s=patience)
                tiling = Tiling(tiles, executor, _work(work, results), clock.tile)
            result = run_study(study, workers=workers, step=clock.step, tiling=tiling)
            clock.step(localize("cli.run.writing"))
            kept: list[Localized] = []
            made = writing.write_results(
                result,
                study,
                results,
                lang=lang,
                timings=clock.timings,
                owner=owner,
                notify=kept.append,
            )
            clock.step("")
        if not quiet:
            _summary(result, lang)
            _say_files(results, made)
        say_warnings(kept, lang)  # never in silence
        if not quiet:
            say("cli.run.duration", seconds=sum(clock.timings.values()))


def _say_files(results: Path, made: Mapping[str, str]) -> None:
    """Print where the map, the GeoPackages and the table are."""
    for ending, kind in FILES.items():
        for name in made:
            if name.startswith("opportunites") and name.endswith(ending):
                say_file(kind, results / name)


def _summary(result: ResultTables, lang: Lang) -> None:
    out.print(_table(result, lang))
    if result.availability is not None and len(result.candidates):
        _say_supply(result)
        out.print(_first_sites(result, lang))
    if result.agreement is not None:
        agreement = result.agreement
        say("cli.run.agreement", tau=agreement.tau, count=agreement.sites)
    if result.demo:
        out.print(f"[bold yellow]{localize('cli.run.fictional')}[/bold yellow]")
    say_warnings((gap.cost for gap in result.missing), lang)


def _say_supply(result: ResultTables) -> None:
    """Print what is on offer, by availability, what is taken, and the public land."""
    from foncier.results.totals import supply  # noqa: PLC0415 (slow to import)

    parts = supply(result.candidates)
    figures: dict[str, float] = {name: land.sites for name, land in parts.items()}
    figures |= {f"{name}_ha": land.area_m2 / 1e4 for name, land in parts.items()}
    for name, uses in (("availability", SUPPLY), ("public_land", PUBLIC)):
        say(f"cli.run.{name}", **{use: figures[use] for use in uses})


def _first_sites(result: ResultTables, lang: Lang) -> Table:
    """First lines of the ranking, with what decides: score, confidence, availability, owner."""
    from foncier.export.tables import opportunities  # noqa: PLC0415 (slow to import)
    from foncier.results.labels import VALUES, words_of  # noqa: PLC0415 (slow to import)

    table = Table(title=localize("cli.run.first", lang), title_justify="left")
    for name in ("rank", "site", "score", "confidence", "availability", "owner"):
        figures = name in ("rank", "score", "confidence")
        table.add_column(
            localize(f"cli.run.column_{name}", lang), justify="right" if figures else "left"
        )
    sites = opportunities(result)
    heads = sites[sites["overall_rank"].notna() & (sites["line"] == sites["opportunity_id"])]
    for site in heads.head(FIRST).to_dict("records"):
        known = {name: value for name, value in site.items() if value == value}  # noqa: PLR0124
        low, high = (
            format_value(site[f"availability_{end}"], "%", lang) for end in ("low", "high")
        )
        table.add_row(
            format_value(site["overall_rank"], "n", lang),
            escape(str(_label(known))[:NAME_WIDTH]),
            format_value(site["score"] * 100, ".0f", lang),
            format_value(site["confidence"], "%", lang) if "confidence" in known else "?",
            f"{VALUES[site['availability_class']][lang]} ({low} – {high})",
            words_of(known.get("owner_types"), lang) or "?",
        )
    return table


def _label(site: Mapping[str, Any]) -> object:
    """Name of a site, else its address, else its id."""
    return site.get("name") or site.get("address") or site["opportunity_id"]


def _table(result: ResultTables, lang: Lang) -> Table:
    from foncier.results.totals import sought_kinds, totals  # noqa: PLC0415 (slow to import)

    names = ", ".join(named(code) for code in result.communes[:MAX_COMMUNES])
    table = Table(title=escape(f"{result.title}  {names}"), title_justify="left")
    table.add_column(localize("cli.kind"))
    for head in ("cli.run.number", "cli.run.area"):
        table.add_column(localize(head), justify="right")
    offered, not_sought = totals(result.candidates), localize("cli.run.not_sought", lang)
    sought = sought_kinds({report.layer for report in result.reports})
    for kind, words in KIND_PLURALS.items():
        found = _figures(offered[offered.index == kind], lang)
        table.add_row(words[lang], *(found if kind in sought else (not_sought, "")))
    table.add_row(localize("cli.run.total", lang), *_figures(offered, lang))
    table.add_section()
    rejected = format_value(len(result.rejections), "n", lang)
    rejected = rejected if "dent_creuse" in sought else not_sought
    table.add_row(localize("cli.run.rejected"), rejected, "")
    if result.unlisted is not None:
        table.add_row(
            localize("cli.run.unlisted"), format_value(len(result.unlisted), "n", lang), ""
        )
    if result.assemblies is not None and "dent_creuse" in sought:
        count = format_value(len(result.assemblies), "n", lang)
        table.add_row(localize("cli.run.assemblies"), count, _hectares(result.assemblies, lang))
    return table


def _figures(offered: pd.DataFrame, lang: Lang) -> tuple[str, str]:
    """Number and hectares of some kinds of sites."""
    number, area = int(offered["sites"].sum()), float(offered["area_m2"].sum())
    return format_value(number, "n", lang), format_value(area / 1e4, ".1f", lang)


def _hectares(rows: Any, lang: Lang) -> str:
    """Area of the union of some shapes, in hectares."""
    area = rows.geometry.union_all().area / 1e4 if len(rows) else 0.0
    return format_value(area, ".1f", lang)
