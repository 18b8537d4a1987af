"""``foncier export``: a delivered result in other forms."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from foncier.cli.console import (
    Debug,
    ResultFolder,
    out,
    report_errors,
)
from foncier.errors import ConfigError


def export(  # noqa: PLR0917 (typer makes options of them)
    result: ResultFolder,
    to: Annotated[
        str, typer.Option(metavar="FORMES", help="xlsx, flatgeobuf, geojson ; plusieurs avec ,")
    ] = "",
    postgis: Annotated[
        str,
        typer.Option(
            metavar="URL",
            help="Base PostGIS, postgresql://utilisateur@hôte/base ; le mot de passe peut rester "
            "dans ~/.pgpass ou PGPASSWORD.",
        ),
    ] = "",
    schema: Annotated[str, typer.Option(help="Schéma de la base.")] = "foncier",
    folder: Annotated[
        Path | None, typer.Option("--out", help="Dossier des fichiers [celui du résultat].")
    ] = None,
    debug: Debug = False,
) -> None:
    """Donner au résultat une autre forme : classeur Excel, FlatGeobuf, GeoJSON, base PostGIS."""
    with report_errors(debug=debug):
        from foncier.export import formats  # noqa: PLC0415 (slow to import)
        from foncier.results import read_saved  # noqa: PLC0415

        forms = formats.parse_formats(to)
        if not forms and not postgis:
            raise ConfigError(
                f"rien à écrire : donnez --to ({', '.join(formats.FORMATS)}) ou --postgis URL."
            )
        tables = read_saved(result)
        where = folder or result
        for name in formats.write_formats(tables, where, forms):
            out.print(f"Écrit       {escape(str(where / name))}", soft_wrap=True)
        if postgis:
            from foncier.export.postgis import write_postgis  # noqa: PLC0415

            made = write_postgis(tables, postgis, schema=schema)
            out.print(f"PostGIS     {len(made)} tables dans le schéma {escape(schema)}")
