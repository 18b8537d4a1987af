"""``foncier match``: the sites of a result that meet the requirements of a project holder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from rich.table import Table

from foncier.cli.console import (
    Debug,
    Language,
    Replace,
    UntrustedFile,
    argument,
    escape,
    option,
    out,
    report_errors,
    say_file,
    say_sections,
    say_set_aside,
)
from foncier.errors import ConfigError
from foncier.i18n import format_value, language, localize

OUTCOMES = ("fits", "to_check", "near_miss", "no")


def match(  # noqa: PLR0917 (typer makes options of them)
    result: Annotated[Path | None, argument("result", help="cli.options.result")] = None,
    needs: Annotated[Path | None, argument("needs", help="cli.match.help.needs")] = None,
    template: Annotated[bool, option("--template", help="cli.match.help.template")] = False,
    file: Annotated[Path | None, option("--out", help="cli.match.help.out", metavar="file")] = None,
    replace: Replace = False,
    untrusted: UntrustedFile = False,
    lang: Language = None,
    debug: Debug = False,
) -> None:
    """Match sites with requirements."""
    with report_errors(debug=debug):
        from foncier import scoring  # noqa: PLC0415 (slow to import)
        from foncier._util.destination import Owner, subject_of  # noqa: PLC0415
        from foncier.export.match import describe_matches, write_matches  # noqa: PLC0415
        from foncier.parallel import confined  # noqa: PLC0415
        from foncier.results import read_saved  # noqa: PLC0415
        from foncier.results.layers import SITES  # noqa: PLC0415
        from foncier.results.manifest import result_files  # noqa: PLC0415
        from foncier.study import conditions, read_requirements, requirements_template  # noqa: PLC0415

        if template:
            out.print(requirements_template(), markup=False, soft_wrap=True)
            return
        if result is None or needs is None:
            raise ConfigError("cli.match.two_arguments")
        lang, limits = lang or language(), confined.limits_of(untrusted)
        requirements = confined.call(limits, needs.name, read_requirements, needs)
        sites = read_saved(result).table(SITES)
        asked = conditions(requirements)
        matches, checks = scoring.match_requirements(sites, asked, requirements.tolerance)
        names = sites.set_index("opportunity_id")["name"]
        where = file or result / f"besoins-{needs.stem}.csv"
        subject = subject_of(where.parent, result, needs)
        owner = Owner("match", (subject,), (*result_files(result), needs), replace)
        write_matches(matches, checks, names, where, lang=lang, owner=owner)
        out.print(_table(requirements.name, matches))
        say_sections(describe_matches(matches, checks, names, lang))
        out.print()
        say_set_aside(owner.set_aside)
        say_file("table", where)


def _table(name: str, matches: Any) -> Table:
    from foncier.results.labels import VALUES  # noqa: PLC0415 (slow to import)

    table = Table(title=escape(name), title_justify="left")
    table.add_column(localize("cli.match.outcome"))
    table.add_column(localize("cli.match.sites"), justify="right")
    counts = matches["outcome"].value_counts()
    for outcome in OUTCOMES:
        count = format_value(int(counts.get(outcome, 0)), "n", language())
        table.add_row(VALUES[outcome][language()], count)
    return table
