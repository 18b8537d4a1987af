"""``foncier explain``: why a site is listed, or why a parcel is not."""

from __future__ import annotations

from typing import Annotated

from foncier.cli.console import (
    Debug,
    Language,
    ResultFolder,
    argument,
    report_errors,
    say_sections,
)
from foncier.i18n import language


def explain(
    result: ResultFolder,
    id_: Annotated[str, argument("id", help="cli.explain.help.id")],
    lang: Language = None,
    debug: Debug = False,
) -> None:
    """Explain an opportunity or a parcel."""
    with report_errors(debug=debug):
        from foncier.results import explain as gather  # noqa: PLC0415 (slow to import)
        from foncier.results import read_saved  # noqa: PLC0415
        from foncier.results.explain import story  # noqa: PLC0415

        say_sections(story(gather(read_saved(result), id_), lang or language()))
