"""``foncier export``: a result in other formats."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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

if TYPE_CHECKING:
    from foncier.results import SavedResult


def export(  # noqa: PLR0917 (typer makes options of them)
    result: ResultFolder,
    to: Annotated[str, option(help="cli.export.help.to", metavar="formats")] = "",
    postgis: Annotated[str, option(help="cli.export.help.postgis", metavar="url")] = "",
    schema: Annotated[str, option(help="cli.export.help.schema", metavar="name")] = "foncier",
    qfield: Annotated[Path | None, option(help="cli.export.help.qfield", metavar="folder")] = None,
    copy: Annotated[Path | None, option(help="cli.export.help.copy", metavar="file")] = None,
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
        if not (asked or postgis or qfield or copy):
            raise ConfigError("cli.export.nothing", formats=list(formats.FORMATS))
        tables = read_saved(result)
        where = folder or result
        owner = Owner("export", (subject_of(where, result),), result_files(result), replace)
        for name in formats.write_formats(tables, where, asked, owner=owner):
            say_file("written", where / name)
        say_set_aside(owner.set_aside)
        if qfield is not None or copy is not None:
            _write_copies(tables, qfield, copy, replace=replace)
        if postgis:
            from foncier.export.postgis import write_postgis  # noqa: PLC0415

            made = write_postgis(tables, postgis, schema=schema)
            say("cli.export.postgis", count=len(made), schema=schema)


def _write_copies(
    tables: SavedResult, qfield: Path | None, copy: Path | None, *, replace: bool
) -> None:
    """Write the folder for the field, and the GeoPackage under another name."""
    from foncier._util.destination import Owner, subject_of  # noqa: PLC0415
    from foncier.export.qfield import write_copy, write_qfield  # noqa: PLC0415 (slow to import)
    from foncier.results.manifest import result_files  # noqa: PLC0415

    inputs = result_files(tables.folder)
    for folder in [] if qfield is None else [qfield]:
        owner = Owner("qfield", (subject_of(folder, tables.folder),), inputs, replace)
        for name in write_qfield(tables, folder, owner=owner):
            say_file("project", folder / name)
        say_set_aside(owner.set_aside)
    for file in [] if copy is None else [copy]:
        owner = Owner("copy", (subject_of(file.parent, tables.folder),), inputs, replace)
        write_copy(tables, file, owner=owner)
        say_file("written", file)
        say_set_aside(owner.set_aside)
