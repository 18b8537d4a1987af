"""The command ``foncier``: the only room that speaks to the screen.

Exit codes: 0 done; 1 unforeseen; 2 study, key or argument wrong; 3 a layer cannot be read;
4 a table breaks its contract or its coordinates; 5 a deliverable cannot be written;
6 some tiles failed; 130 interrupted.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from foncier import __version__
from foncier.cli.check import check
from foncier.cli.compare_profiles import compare_profiles
from foncier.cli.console import out
from foncier.cli.convert import convert
from foncier.cli.diff import diff
from foncier.cli.explain import explain
from foncier.cli.export import export
from foncier.cli.fetch import cache, fetch
from foncier.cli.match import match
from foncier.cli.new import new
from foncier.cli.run import run
from foncier.cli.sheets import sheets
from foncier.cli.validate import validate
from foncier.cli.what_if import what_if

app = typer.Typer(
    help="Trouver, noter et cartographier les opportunités foncières et immobilières.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # brackets in a help text are brackets
    add_completion=False,
)
for command in (run, check, explain, new, fetch, cache, convert):
    app.command()(command)
app.command("compare-profiles")(compare_profiles)
app.command()(validate)
app.command()(diff)
app.command()(sheets)
app.command("export")(export)
app.command("match")(match)
app.command("what-if")(what_if)


def _version(asked: bool) -> None:
    if asked:
        out.print(f"foncier {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Version.")
    ] = False,
) -> None:
    """Trouver, noter et cartographier les opportunités foncières et immobilières."""


def main() -> None:
    """Run the command; on Windows too, text goes out as UTF-8."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")
    app()
