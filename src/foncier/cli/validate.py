"""``foncier validate``: what a result is worth by known truths, and which sites to visit next."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from foncier.cli.console import (
    Debug,
    Lang,
    ResultFolder,
    out,
    report_errors,
)
from foncier.errors import ConfigError
from foncier.i18n import localize
from foncier.model import KIND_PLURALS

FOLDER = "validation"


def validate(  # noqa: PLR0917 (typer makes options of them)
    result: ResultFolder,
    truth: Annotated[
        Path | None, typer.Option(help="Vérités : visites de la carte (CSV), GeoPackage, GeoJSON…")
    ] = None,
    complete: Annotated[
        bool, typer.Option("--complete", help="Ces vérités sont toutes celles du secteur.")
    ] = False,
    plan: Annotated[
        int | None, typer.Option(min=1, help="Nombre de sites à visiter, à choisir au mieux.")
    ] = None,
    folder: Annotated[
        Path | None, typer.Option("--out", help=f"Dossier du rapport [RÉSULTAT/{FOLDER}].")
    ] = None,
    lang: Annotated[Lang, typer.Option(help="Langue du rapport.")] = "fr",
    debug: Debug = False,
) -> None:
    """Juger un résultat par des vérités connues ; dire quels sites visiter pour en savoir plus."""
    with report_errors(debug=debug):
        from foncier.pipeline import validate  # noqa: PLC0415

        if truth is None and plan is None:
            raise ConfigError(
                "donnez des vérités (--truth FICHIER) ou un nombre de visites à prévoir (--plan N)."
            )
        where = folder or result / FOLDER
        if truth is not None:
            judged = validate.assess_result(result, truth, complete=complete)
            validate.write(judged, where, lang=lang)
            _summary(judged, lang)
            out.print(f"Rapport     {escape(str(where / validate.REPORT))}", soft_wrap=True)
            out.print(f"Image       {escape(str(where / validate.PICTURE))}", soft_wrap=True)
        if plan is not None:
            planned = validate.visits(result, truth, plan)
            validate.write_visits(planned, where, lang=lang)
            count, many = len(planned.sites), "s" * (len(planned.sites) > 1)
            out.print(
                f"{count} site{many} à visiter" if lang == "fr" else f"{count} site{many} to visit"
            )
            out.print(f"Liste       {escape(str(where / validate.LIST))}", soft_wrap=True)
            out.print(f"Formulaire  {escape(str(where / validate.FORM))}", soft_wrap=True)


def _summary(judged: Any, lang: Lang) -> None:
    from foncier.export.validation_report import ALL, conclusions, truth_summary  # noqa: PLC0415

    fr = lang == "fr"
    table = Table(title=escape(judged.title), title_justify="left")
    heads = (
        ("Nature", "Listés", "Jugés", "Vrais", "Précision", "Rappel")
        if fr
        else ("Kind", "Listed", "Judged", "True", "Precision", "Recall")
    )
    for head in heads:
        table.add_column(head, justify="left" if head == heads[0] else "right")
    for row in judged.by_kind.to_dict("records"):
        words = KIND_PLURALS.get(row["kind"], ALL)[lang]
        cells = [
            localize(
                "export.report.share",
                lang,
                share=row[name],
                low=row[f"{name}_low"],
                high=row[f"{name}_high"],
            )
            for name in ("precision", "recall")
        ]
        table.add_row(words, str(row["found"]), str(row["judged"]), str(row["true"]), *cells)
    out.print(table)
    for warning in judged.warnings:
        out.print(f"  [yellow]![/yellow] {escape(warning[lang])}", soft_wrap=True)
    for line in (*truth_summary(judged, lang)[:1], *conclusions(judged, lang)):
        out.print(escape(line.replace("**", "")), soft_wrap=True)
