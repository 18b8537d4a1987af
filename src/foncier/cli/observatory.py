"""``foncier observatory``: several editions of a study as a trend."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from foncier.cli.console import (
    Debug,
    Language,
    Replace,
    argument,
    option,
    report_errors,
    say_file,
    say_set_aside,
    say_warnings,
)
from foncier.i18n import language

OUT = "observatoire"


def observatory(
    folder: Annotated[Path, argument("results", help="cli.observatory.help.folder")],
    where: Annotated[
        Path | None, option("--out", help="cli.observatory.help.out", metavar="folder")
    ] = None,
    lang: Language = None,
    replace: Replace = False,
    debug: Debug = False,
) -> None:
    """Follow a study over its editions."""
    with report_errors(debug=debug):
        from foncier.pipeline import observatory as steps  # noqa: PLC0415 (slow to import)

        lang, out = lang or language(), where or folder / OUT
        seen = steps.observe(folder)
        owner = steps.observatory_owner(seen.folders, out, replace=replace)
        owner.check(out, steps.NAMES)
        steps.write(seen, out, lang=lang, owner=owner)
        say_warnings(seen.warnings, lang)
        say_set_aside(owner.set_aside)
        for name in steps.NAMES:
            say_file("report", out / name)
