"""``foncier export``: a result in other formats."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from foncier.cli.console import (
    Debug,
    Language,
    Replace,
    ResultFolder,
    option,
    report_errors,
    say,
    say_file,
    say_set_aside,
)
from foncier.errors import ConfigError


def export(  # noqa: PLR0917 (typer makes options of them)
    result: ResultFolder,
    to: Annotated[str, option(help="cli.export.help.to", metavar="formats")] = "",
    postgis: Annotated[str, option(help="cli.export.help.postgis", metavar="url")] = "",
    schema: Annotated[str, option(help="cli.export.help.schema", metavar="name")] = "foncier",
    folder: Annotated[
        Path | None, option("--out", help="cli.export.help.out", metavar="folder")
    ] = None,
    replace: Replace = False,
    lang: Language = None,
    debug: Debug = False,
) -> None:
    """Write a result in other formats."""
    with report_errors(debug=debug):
        from foncier._util.destination import Owner, subject_of  # noqa: PLC0415
        from foncier.export import formats  # noqa: PLC0415 (slow to import)
        from foncier.results import read_saved  # noqa: PLC0415
        from foncier.results.manifest import result_files  # noqa: PLC0415

        asked = formats.parse_formats(to)
        if not asked and not postgis:
            raise ConfigError("cli.export.nothing", formats=list(formats.FORMATS))
        tables = read_saved(result)
        where = folder or result
        owner = Owner("export", (subject_of(where, result),), result_files(result), replace)
        for name in formats.write_formats(tables, where, asked, owner=owner):
            say_file("written", where / name)
        say_set_aside(owner.set_aside)
        if postgis:
            from foncier.export.postgis import write_postgis  # noqa: PLC0415

            made = write_postgis(tables, postgis, schema=schema)
            say("cli.export.postgis", count=len(made), schema=schema)
