"""``foncier what-if``: another loop or a new crossing, and which sites gain."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from foncier.cli.console import (
    Debug,
    FormerResult,
    Language,
    OptionalStudy,
    Replace,
    Untrusted,
    escape,
    open_study,
    option,
    out,
    report_errors,
    say_file,
    say_sections,
    say_set_aside,
    with_former,
)
from foncier.i18n import format_value, language

FILES = ("table", "map")


def what_if(  # noqa: PLR0917 (typer makes options of them)
    where: OptionalStudy = None,
    loop: Annotated[Path | None, option(help="cli.what_if.help.loop", metavar="file")] = None,
    crossings: Annotated[
        Path | None, option(help="cli.what_if.help.crossings", metavar="file")
    ] = None,
    folder: Annotated[
        Path | None, option("--out", help="cli.what_if.help.out", metavar="folder")
    ] = None,
    result: FormerResult = None,
    replace: Replace = False,
    untrusted: Untrusted = False,
    lang: Language = None,
    debug: Debug = False,
) -> None:
    """Compare another loop or new crossings."""
    with report_errors(debug=debug):
        from foncier import demo  # noqa: PLC0415
        from foncier.export import what_if  # noqa: PLC0415 (slow to import)
        from foncier.pipeline import what_if as scenario  # noqa: PLC0415

        lang, study = (
            lang or language(),
            open_study(where or demo.study_folder(), untrusted=untrusted),
        )
        study = with_former(study, where, result)
        name = "demo" if where is None else study.folder.resolve().name
        results = folder or Path("maps") / f"{name}-scenarios" / scenario.scenario_name(
            loop, crossings
        )
        owner = scenario.what_if_owner(
            study, results, loop=loop, crossings=crossings, replace=replace
        )
        owner.check(results, what_if.NAMES)
        scenarios = scenario.run_what_if(study, loop=loop, crossings=crossings, workers=2)
        names = scenarios.result.candidates.set_index("opportunity_id")["name"]
        for line in scenarios.lines.to_dict("records"):
            length = format_value(line["length_m"] / 1000, ".2f", lang)
            out.print(f"{escape(str(line['name']))}  {length}\u00a0km", soft_wrap=True)
        say_sections(what_if.describe_scenarios(scenarios.gains, names, lang))
        made = what_if.write_what_if(
            scenarios.result, scenarios.gains, scenarios.lines, results, lang=lang, owner=owner
        )
        say_set_aside(owner.set_aside)
        for kind, path in zip(FILES, made.values(), strict=True):
            say_file(kind, path)
