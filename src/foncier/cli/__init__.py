"""The command ``foncier``: the only package that prints.

Exit codes: 0 done; 1 unforeseen; 2 wrong study, key or argument; 3 a layer cannot be read;
4 a table breaks its schema or its coordinates; 5 a deliverable cannot be written;
6 some tiles failed; 130 interrupted.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from foncier import __version__
from foncier._util.lifetime import interrupt_on_signals
from foncier.cli.language import language_of
from foncier.i18n import localize, set_language

ASKED = language_of(sys.argv[1:])
set_language(ASKED)  # before the commands are imported: they word their help

from foncier.cli.backtest import backtest  # noqa: E402
from foncier.cli.check import check  # noqa: E402
from foncier.cli.compare_profiles import compare_profiles  # noqa: E402
from foncier.cli.console import Language, hide_secrets, option, out  # noqa: E402
from foncier.cli.convert import convert  # noqa: E402
from foncier.cli.diff import diff  # noqa: E402
from foncier.cli.explain import explain  # noqa: E402
from foncier.cli.export import export  # noqa: E402
from foncier.cli.fetch import cache, fetch  # noqa: E402
from foncier.cli.help import Command, Group  # noqa: E402
from foncier.cli.learn import learn  # noqa: E402
from foncier.cli.match import match  # noqa: E402
from foncier.cli.new import new  # noqa: E402
from foncier.cli.observatory import observatory  # noqa: E402
from foncier.cli.report import report  # noqa: E402
from foncier.cli.run import run  # noqa: E402
from foncier.cli.sheets import sheets  # noqa: E402
from foncier.cli.validate import validate  # noqa: E402
from foncier.cli.visits import visits  # noqa: E402
from foncier.cli.what_if import what_if  # noqa: E402

app = typer.Typer(
    cls=Group,
    help=localize("cli.help.foncier"),
    subcommand_metavar=localize("cli.help.subcommand"),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # brackets in a help text are brackets
    add_completion=False,
)
COMMANDS = (
    run,
    check,
    explain,
    new,
    fetch,
    cache,
    convert,
    compare_profiles,
    validate,
    learn,
    backtest,
    visits,
    diff,
    observatory,
    sheets,
    report,
    export,
    match,
    what_if,
)
for command in COMMANDS:
    name = command.__name__
    app.command(name.replace("_", "-"), cls=Command, help=localize(f"cli.{name}.help.command"))(
        command
    )


def _version(asked: bool) -> None:
    if asked:
        out.print(f"foncier {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, option("--version", help="cli.help.version", callback=_version, is_eager=True)
    ] = False,
    lang: Language = None,
) -> None:
    set_language(lang or ASKED)


def main() -> None:
    """Run the command; output is UTF-8 on Windows too."""
    interrupt_on_signals()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")
    hide_secrets()
    typer.main.get_command(app)()  # app() would show traces in its own way
