"""``foncier match``: the sites of a result that fit a project holder's needs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from foncier.cli.console import (
    Debug,
    Language,
    out,
    report_errors,
)
from foncier.errors import ConfigError

OUTCOMES = ("fits", "to_check", "near_miss", "no")


def match(  # noqa: PLR0917 (typer makes options of them)
    result: Annotated[
        Path | None, typer.Argument(metavar="RÉSULTAT", help="Dossier des résultats.")
    ] = None,
    needs: Annotated[
        Path | None, typer.Argument(metavar="BESOINS", help="Fichier des besoins, en TOML.")
    ] = None,
    template: Annotated[bool, typer.Option("--template", help="Montrer un modèle.")] = False,
    file: Annotated[
        Path | None, typer.Option("--out", help="Tableau CSV [RÉSULTAT/besoins-NOM.csv].")
    ] = None,
    lang: Language = "fr",
    debug: Debug = False,
) -> None:
    """Dire quels sites conviennent à un porteur de projet, et ce qui manque aux autres."""
    with report_errors(debug=debug):
        from foncier import scoring  # noqa: PLC0415
        from foncier.export.match import describe_matches, write_matches  # noqa: PLC0415
        from foncier.results import read_saved  # noqa: PLC0415
        from foncier.results.layers import SITES  # noqa: PLC0415
        from foncier.study import conditions, read_requirements, requirements_template  # noqa: PLC0415

        if template:
            out.print(requirements_template(), markup=False, soft_wrap=True)
            return
        if result is None or needs is None:
            raise ConfigError(
                "foncier match RÉSULTAT BESOINS.toml : donnez les deux. "
                "Un modèle de besoins : foncier match --template > besoins.toml."
            )
        asked = read_requirements(needs)
        sites = read_saved(result).table(SITES)
        matches, checks = scoring.match_requirements(sites, conditions(asked), asked.tolerance)
        names = sites.set_index("opportunity_id")["name"]
        where = file or result / f"besoins-{needs.stem}.csv"
        write_matches(matches, checks, names, where, lang=lang)
        _summary(asked.name, matches, lang)
        for title, rows in describe_matches(matches, checks, names, lang):
            out.print(f"\n[bold]{escape(title)}[/bold]", soft_wrap=True)
            for row in rows:
                out.print(f"  {escape(row)}", soft_wrap=True)
        out.print(
            f"\n{'Tableau' if lang == 'fr' else 'Table'}  {escape(str(where))}", soft_wrap=True
        )


def _summary(name: str, matches: Any, lang: str) -> None:
    from foncier.results.labels import VALUES  # noqa: PLC0415

    table = Table(title=escape(name), title_justify="left")
    table.add_column("Réponse" if lang == "fr" else "Outcome")
    table.add_column("Sites", justify="right")
    counts = matches["outcome"].value_counts()
    for outcome in OUTCOMES:
        table.add_row(VALUES[outcome][lang], str(counts.get(outcome, 0)))
    out.print(table)
