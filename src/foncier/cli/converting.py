"""``foncier convert``: read the layers of a study once, for all later runs."""

from __future__ import annotations

from typing import Annotated

import typer

from foncier.cli.console import Debug, StudyFolder, out, told


def convert(
    study: StudyFolder,
    to: Annotated[
        str | None, typer.Option(help="Dossier de travail d'un run --work, ou s3://… [l'étude].")
    ] = None,
    debug: Debug = False,
) -> None:
    """Lire les couches une fois pour toutes (GeoParquet) ; les études suivantes vont plus vite."""
    with told(debug=debug):
        from foncier import pipeline  # noqa: PLC0415 (slow to import: help stays quick)
        from foncier.places import place  # noqa: PLC0415
        from foncier.study import load  # noqa: PLC0415

        plan = load(study)
        folder = pipeline.converted_folder(plan, None if to is None else place(to))
        reports = pipeline.convert(plan, folder)
        for report in reports:
            out.print(f"{report.layer:<14}{report.rows_kept:>12,}  {report.path}".replace(",", " "))
        size = sum(file.stat().st_size for file in folder.iterdir()) / 1e6
        out.print(
            f"{folder} : {size:.1f} Mo".replace(".", ",", 1)
            if size < 1
            else f"{folder} : {size:.0f} Mo",
            soft_wrap=True,
        )
