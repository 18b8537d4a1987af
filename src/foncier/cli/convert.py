"""``foncier convert``: read the layers of a study once, for all later runs."""

from __future__ import annotations

from typing import Annotated

import typer

from foncier.cli.console import (
    Debug,
    StudyFolder,
    out,
    report_errors,
)


def convert(
    study: StudyFolder,
    to: Annotated[
        str | None, typer.Option(help="Dossier de travail d'un run --work, ou s3://… [l'étude].")
    ] = None,
    debug: Debug = False,
) -> None:
    """Lire les couches une fois pour toutes (GeoParquet) ; les études suivantes vont plus vite."""
    with report_errors(debug=debug):
        from foncier._util.storage import to_path  # noqa: PLC0415
        from foncier.pipeline.convert import convert as pipeline_convert  # noqa: PLC0415
        from foncier.pipeline.convert import converted_folder  # noqa: PLC0415
        from foncier.study import read_study  # noqa: PLC0415

        plan = read_study(study)
        folder = converted_folder(plan, None if to is None else to_path(to))
        reports = pipeline_convert(plan, folder)
        for report in reports:
            out.print(f"{report.layer:<14}{report.rows_kept:>12,}  {report.path}".replace(",", " "))
        size = sum(file.stat().st_size for file in folder.iterdir()) / 1e6
        out.print(
            f"{folder} : {size:.1f} Mo".replace(".", ",", 1)
            if size < 1
            else f"{folder} : {size:.0f} Mo",
            soft_wrap=True,
        )
