"""``foncier what-if``: another loop or a new crossing, and which sites gain."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from foncier.cli.console import (
    Debug,
    Language,
    OptionalStudy,
    out,
    report_errors,
)


def what_if(  # noqa: PLR0917 (typer makes options of them)
    study: OptionalStudy = None,
    loop: Annotated[
        Path | None,
        typer.Option(help="Autre boucle : TOML avec [loop], ou fichier d'étapes ou de ligne."),
    ] = None,
    crossings: Annotated[
        Path | None, typer.Option(help="Franchissements à essayer : fichier de lignes.")
    ] = None,
    folder: Annotated[
        Path | None, typer.Option("--out", help="Dossier [maps/NOM-scenarios].")
    ] = None,
    lang: Language = "fr",
    debug: Debug = False,
) -> None:
    """Comparer la boucle de l'étude à une autre, ou essayer des franchissements."""
    with report_errors(debug=debug):
        from foncier import demo  # noqa: PLC0415
        from foncier.export import what_if  # noqa: PLC0415
        from foncier.pipeline.what_if import run_what_if  # noqa: PLC0415
        from foncier.study import read_study  # noqa: PLC0415

        plan = read_study(study or demo.study_folder())
        name = "demo" if study is None else plan.folder.resolve().name
        where = folder or Path("maps") / f"{name}-scenarios"
        found = run_what_if(plan, loop=loop, crossings=crossings, workers=2)
        names = found.result.candidates.set_index("opportunity_id")["name"]
        for line in found.lines.to_dict("records"):
            length = f"{line['length_m'] / 1000:.2f} km".replace(".", "," if lang == "fr" else ".")
            out.print(f"{escape(str(line['name']))}  {length}", soft_wrap=True)
        for title, rows in what_if.describe_scenarios(found.gains, names, lang):
            out.print(f"\n[bold]{escape(title)}[/bold]", soft_wrap=True)
            for row in rows:
                out.print(f"  {escape(row)}", soft_wrap=True)
        made = what_if.write_what_if(found.result, found.gains, found.lines, where, lang=lang)
        words = ("Tableau", "Carte") if lang == "fr" else ("Table", "Map")
        for word, path in zip(words, made.values(), strict=True):
            out.print(f"{word:8} {escape(str(path))}", soft_wrap=True)
