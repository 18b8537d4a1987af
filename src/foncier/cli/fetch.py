"""``foncier fetch``: the public layers of a study, from their services."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, Self

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from foncier.cli.console import (
    Debug,
    Language,
    NamedStudy,
    Untrusted,
    escape,
    option,
    out,
    report_errors,
    say,
    say_untrusted,
)
from foncier.errors import ConfigError, FormatError, OfflineError
from foncier.i18n import Message, localize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from rich.progress import TaskID

    from foncier.download import Finding, HttpClient, Outcome, Provenance
    from foncier.pipeline.fetch import Wanted
    from foncier.study.config import Study


def fetch(  # noqa: PLR0917 (typer makes options of them)
    where: NamedStudy = None,
    only: Annotated[str, option(help="cli.fetch.help.only", metavar="list")] = "",
    accept: Annotated[str, option(help="cli.fetch.help.accept", metavar="list")] = "",
    refresh: Annotated[bool, option("--refresh", help="cli.fetch.help.refresh")] = False,
    dry_run: Annotated[bool, option("--dry-run", help="cli.fetch.help.dry_run")] = False,
    offline: Annotated[bool, option("--offline", help="cli.fetch.help.offline")] = False,
    untrusted: Untrusted = False,
    no_cache: Annotated[bool, option("--no-cache", help="cli.fetch.help.no_cache")] = False,
    probe: Annotated[bool, option("--probe", help="cli.fetch.help.probe")] = False,
    lang: Language = None,
    debug: Debug = False,
) -> None:
    """Download the public layers of a study."""
    with report_errors(debug=debug):
        from foncier.pipeline import fetch  # noqa: PLC0415 (slow to import)
        from foncier.study import read_bare_study  # noqa: PLC0415
        from foncier.study.untrusted import is_archive  # noqa: PLC0415

        names, today = _split(only), datetime.now(UTC).date()
        if where is None and not probe:
            raise ConfigError("cli.fetch.no_study")
        if where is not None and is_archive(where):
            raise ConfigError("study.untrusted.no_archive", file=where)
        study = None if where is None else read_bare_study(where, untrusted=untrusted)
        if study is not None:
            say_untrusted(study)
        if study is None or probe:
            client = fetch.web_of(study, cache=False)
            _say_findings(fetch.probe(client, names, today=today))
            return
        if dry_run or offline:
            wanted = fetch.wanted(study, names)
            bounds = fetch.bounds_of(study) if dry_run else None
            requests = [fetch.requests_of(study, one, today=today, bounds=bounds) for one in wanted]
            _say_to_supply(study, names)
            _say_wanted(wanted, requests if dry_run else None)
            return
        outcomes = partial(
            fetch.fetch,
            study,
            today=today,
            only=names,
            refresh=refresh,
            accepted=_split(accept),
        )
        _say_outcomes(outcomes, fetch.web_of(study, cache=not no_cache))
        _say_to_supply(study, names)
        say("cli.fetch.next", study=where)


def _say_outcomes(outcomes: Callable[..., Iterator[Outcome]], client: HttpClient) -> None:
    """Print what comes of each source, with bars while they are downloaded."""
    faults = []
    with _Bars() as bars:
        for outcome in outcomes(web=client, progress=bars.advance):
            bars.end(outcome)
            _say_outcome(outcome)
            faults += [outcome.error] if outcome.error and outcome.state == "failed" else []
    if client.cache is not None and client.cache.fault:
        say("cli.fetch.cache_unusable", why=client.cache.fault)
    if faults:
        raise typer.Exit(faults[0].exit_code)


def _say_to_supply(study: Study, only: tuple[str, ...]) -> None:
    """Print which public files the study may have and ``fetch`` does not download."""
    from foncier.pipeline import fetch  # noqa: PLC0415 (slow to import)

    for layer, words in () if only else fetch.to_supply(study):
        _say_source("– ", layer, localize(words.id, **words.params))


def _say_findings(findings: Iterable[Finding]) -> None:
    """Print a table of what the services answer, beside what foncier was written for."""
    names = ("source", "fixture", "status", "host", "columns", "date")
    rows = [tuple(localize(f"cli.fetch.probe.{name}") for name in names)]
    differs = [False]
    for one in findings:
        differs.append(one.differs)
        rows.append(_finding_cells(one))
    widths = [max(len(row[n]) for row in rows if n < len(row) - 1) for n in range(len(names) - 1)]
    for row, differing in zip(rows, differs, strict=True):
        cells = [cell.ljust(width) for cell, width in zip(row, [*widths, 0], strict=False)]
        mark = "[red]✗[/red]" if differing else "[green]✓[/green]"
        out.print(f"{' ' if row is rows[0] else mark} {escape('  '.join(cells))}", soft_wrap=True)
    say("cli.fetch.probe.differing", count=sum(differs))
    if any(differs):
        raise typer.Exit(FormatError.exit_code)


def _finding_cells(one: Finding) -> tuple[str, ...]:
    fixture = localize(f"cli.fetch.probe.{one.contract.kind}", day=one.contract.seen)
    if one.error is not None:
        return one.source.name, fixture, "–", str(one.error)
    date_ = localize("cli.fetch.probe.unknown") if one.vintage is None else str(one.vintage)
    return (
        one.source.name,
        fixture,
        _beside(one.status, one.contract.status),
        _beside(one.host, one.contract.host),
        _columns(one),
        date_,
    )


def _beside(found: object, expected: object) -> str:
    """What was found, with what was expected where that differs."""
    if found == expected:
        return str(found)
    return localize("cli.fetch.probe.instead", found=found, expected=expected)


def _columns(finding: Finding) -> str:
    if finding.missing is None or finding.new is None:
        return "–"
    words = [
        localize(f"cli.fetch.probe.{kind}", names=list(names))
        for kind, names in (("missing", finding.missing), ("new", finding.new))
        if names
    ]
    return "; ".join(words) or "="


def _split(listed: str) -> tuple[str, ...]:
    """Words that are separated by commas."""
    return tuple(filter(None, (word.strip() for word in listed.split(","))))


def cache(
    clear: Annotated[bool, option("--clear", help="cli.cache.help.clear")] = False,
    lang: Language = None,
) -> None:
    """Show or clear the shared cache."""
    from foncier import download as services  # noqa: PLC0415 (slow to import)

    shared = services.shared_cache()
    if clear:
        shared.clear()
    count, size = shared.size()
    say("cli.cache.size", folder=shared.folder, count=count, size_mb=size / 1e6)


class _Bars:
    """A bar for each source that is being downloaded; none where the output is no terminal."""

    def __init__(self) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
        self.progress = Progress(*columns, console=out, transient=True, disable=not out.is_terminal)
        self.tasks: dict[Path, TaskID] = {}

    def __enter__(self) -> Self:
        self.progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.progress.stop()

    def advance(self, one: Wanted, size: int, total: int | None) -> None:
        """Show the bytes of a source; called by the thread that downloads it."""
        if one.file not in self.tasks:
            self.tasks[one.file] = self.progress.add_task(escape(one.source.group), total=None)
        self.progress.update(self.tasks[one.file], completed=size, total=total)

    def end(self, outcome: Outcome) -> None:
        """Remove the bar of a source."""
        if outcome.file in self.tasks:
            self.progress.remove_task(self.tasks.pop(outcome.file))


def _say_wanted(wanted: tuple[Wanted, ...], requests: list[list[str]] | None) -> None:
    """Print the sources, and the addresses that would be requested; None: none may be."""
    missing = 0
    for n, one in enumerate(wanted):
        missing += one.former is None
        state = (
            Message("cli.fetch.fetched_on", day=date.fromisoformat(one.former.fetched_on))
            if one.former
            else Message("cli.fetch.absent")
        )
        words = localize(
            "cli.fetch.source",
            label=one.source.title,
            state=state,
            licence=one.source.licence,
            updates=one.source.frequency,
        )
        _say_source("[green]✓[/green]" if one.former else "–", one.source.group, words)
        for address in requests[n] if requests else ():
            out.print(f"    {escape(address)}", soft_wrap=True)
        if requests and one.source.requests_bounds and "?" not in requests[n][0]:
            out.print(f"    {escape(localize('cli.fetch.bounds_unknown'))}", soft_wrap=True)
    if requests is None and missing:
        raise OfflineError("cli.fetch.offline", count=missing)


def _say_outcome(outcome: Outcome) -> None:
    source, error = outcome.source, outcome.error
    if error is not None:
        mark = "– " if outcome.state == "absent" else "[red]✗[/red]"
        _say_source(mark, source.group, str(error))
        return
    rows = outcome.provenance.rows if outcome.provenance else {}
    unit = "cells" if "elevation" in rows else "rows"
    counts = [
        localize(f"cli.fetch.count_{unit}", layer=layer, count=count)
        for layer, count in rows.items()
    ]
    state = "cli.fetch.current" if outcome.state == "current" else "cli.fetch.received"
    words = localize(state, label=source.title, counts=counts, vintage=_vintage(outcome.provenance))
    _say_source("[green]✓[/green]", source.group, words)


def _vintage(provenance: Provenance | None) -> Message:
    if provenance is None or provenance.vintage is None:
        return Message("cli.fetch.vintage_unknown")
    return Message("cli.fetch.vintage", day=date.fromisoformat(provenance.vintage))


def _say_source(mark: str, group: str, words: str) -> None:
    out.print(f"{mark} [bold]{group}[/bold]  {escape(words)}", soft_wrap=True)
