"""``foncier fetch``: the public layers of a study, from their services."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from foncier.cli.console import (
    Debug,
    StudyFolder,
    out,
    report_errors,
)
from foncier.errors import OfflineError

if TYPE_CHECKING:
    from foncier.download import Cache, Outcome
    from foncier.pipeline.fetch import Wanted


def fetch(  # noqa: PLR0917 (typer makes options of them)
    study: StudyFolder,
    only: Annotated[
        str, typer.Option(help="Sources voulues, séparées par des virgules [toutes].")
    ] = "",
    accept: Annotated[str, typer.Option(help="Doutes acceptés : vide, moins, colonnes.")] = "",
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Redemander ce qui est déjà là.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Dire ce qui serait demandé, sans le demander.")
    ] = False,
    offline: Annotated[
        bool, typer.Option("--offline", help="Ne rien demander : dire ce qui manque.")
    ] = False,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Ne rien lire ni garder du cache partagé.")
    ] = False,
    debug: Debug = False,
) -> None:
    """Télécharger les couches publiques d'une étude dans son dossier fetched."""
    with report_errors(debug=debug):
        from foncier.pipeline import fetch  # noqa: PLC0415 (slow to import)
        from foncier.study import read_bare_study  # noqa: PLC0415

        plan = read_bare_study(study)
        names = _words(only)
        if dry_run or offline:
            _shown(fetch.wanted(plan, names), offline=offline)
            return
        faults, web = [], fetch.web_of(plan, cache=not no_cache)
        for one in fetch.fetch(
            plan,
            today=datetime.now(UTC).date(),
            only=names,
            refresh=refresh,
            accepted=_words(accept),
            web=web,
        ):
            _told_of(one)
            faults += [one.error] if one.error and one.state == "failed" else []
        _told_of_cache(web.cache)
        if faults:
            raise typer.Exit(faults[0].exit_code)
        out.print(f"Puis : foncier check {escape(str(study))}", soft_wrap=True)


def _told_of_cache(shared: Cache | None) -> None:
    if shared is not None and shared.fault:
        out.print(f"Cache inutilisable : {escape(shared.fault)}", soft_wrap=True)


def _words(listed: str) -> tuple[str, ...]:
    """Words that a user wrote with commas between them."""
    return tuple(filter(None, (word.strip() for word in listed.split(","))))


def cache(
    clear: Annotated[bool, typer.Option("--clear", help="Vider le cache.")] = False,
) -> None:
    """Dire où est le cache que les études partagent, et ce qu'il pèse ; ou le vider."""
    from foncier import download as services  # noqa: PLC0415 (slow to import)

    kept = services.shared_cache()
    if clear:
        kept.clear()
    files, size = kept.size()
    line = f"{kept.folder} : {files} fichier(s), {size / 1e6:.1f} Mo"
    out.print(escape(line), soft_wrap=True)


def _shown(wanted: tuple[Wanted, ...], *, offline: bool) -> None:
    lacking = 0
    for one in wanted:
        lacking += one.former is None
        mark = "[green]✓[/green]" if one.former else "–"
        when = f"du {one.former.fetched_on}" if one.former else "absent"
        line = f"{one.source.label} : {when} ; {one.source.licence} ; mis à jour {one.source.fresh}"
        out.print(f"{mark} [bold]{one.source.group}[/bold]  {escape(line)}", soft_wrap=True)
        if not offline:
            out.print(f"    {escape(one.source.address)}", soft_wrap=True)
    if offline and lacking:
        raise OfflineError(
            f"{lacking} source(s) absente(s) et --offline interdit le réseau. "
            "Lancez foncier fetch sans --offline, ou déclarez vos fichiers dans study.toml."
        )


def _told_of(one: Outcome) -> None:
    source, error = one.source, one.error
    if one.state == "absent":
        out.print(f"–  [bold]{source.group}[/bold]  {escape(str(error))}", soft_wrap=True)
        return
    if error is not None:
        out.print(f"[red]✗[/red] [bold]{source.group}[/bold]  {escape(str(error))}", soft_wrap=True)
        return
    rows = one.provenance.rows if one.provenance else {}
    counts = ", ".join(f"{layer} {count}" for layer, count in rows.items())
    state = "à jour" if one.state == "current" else "reçu"
    unit = "mailles" if "elevation" in rows else "lignes"
    line = f"{source.label} : {state}, {counts} {unit}"
    out.print(f"[green]✓[/green] [bold]{source.group}[/bold]  {escape(line)}", soft_wrap=True)
