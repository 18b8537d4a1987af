"""``foncier convert``: read the layers of a study once, for all later runs."""

from __future__ import annotations

from typing import Annotated

from foncier.cli.console import (
    Debug,
    Language,
    Replace,
    StudyFolder,
    Untrusted,
    escape,
    open_study,
    option,
    out,
    report_errors,
    say,
)
from foncier.errors import ConfigError
from foncier.i18n import format_value, language


def convert(  # noqa: PLR0917 (typer makes options of them)
    where: StudyFolder,
    to: Annotated[str | None, option(help="cli.convert.help.to", metavar="folder")] = None,
    replace: Replace = False,
    untrusted: Untrusted = False,
    lang: Language = None,
    debug: Debug = False,
) -> None:
    """Convert the layers of a study to GeoParquet."""
    with report_errors(debug=debug):
        from foncier._util.storage import to_path  # noqa: PLC0415 (slow to import)
        from foncier.pipeline.convert import convert as convert_layers  # noqa: PLC0415
        from foncier.pipeline.convert import converted_folder  # noqa: PLC0415
        from foncier.study.untrusted import is_archive  # noqa: PLC0415

        if to is None and is_archive(where):
            raise ConfigError("study.untrusted.no_archive", file=where)
        study = open_study(where, untrusted=untrusted)
        folder = converted_folder(study, None if to is None else to_path(to))
        for report in convert_layers(study, folder, replace=replace):
            rows = format_value(report.rows_kept, "n", lang or language())
            out.print(escape(f"{report.layer:<14}{rows:>12}  {report.path}"), soft_wrap=True)
        size = sum(file.stat().st_size for file in folder.iterdir())
        say("cli.convert.written", folder=folder, size_mb=size / 1e6)
