"""Help and usage errors of the commands in the current language."""

from __future__ import annotations

import sys
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup

from foncier.cli.console import err, escape
from foncier.i18n import localize

if TYPE_CHECKING:
    from collections.abc import Sequence

# Base classes of typer's errors, from whichever package provides them.
UsageError: Any = typer.BadParameter.__mro__[1]
EXIT_CODE = 2
WHOLE = 200  # characters: the help of a command in the list is not cut
# Messages by class of error.
PROBLEMS = {
    "BadOptionUsage": "cli.usage.no_value",
    "BadParameter": "cli.usage.wrong_value",
    "MissingParameter": "cli.usage.missing",
    "NoSuchOption": "cli.usage.unknown_option",
}


class _Help:
    """Usage line, sections and help option with words of the catalogues."""

    def format_usage(self: Any, ctx: Any, formatter: Any) -> None:
        """Write the usage line."""
        pieces = " ".join(self.collect_usage_pieces(ctx))
        formatter.write_usage(ctx.command_path, pieces, prefix=f"{localize('cli.help.usage')} ")

    def format_options(self: Any, ctx: Any, formatter: Any) -> None:
        """Write the sections of arguments, options and commands."""
        records = [(param, param.get_help_record(ctx)) for param in self.get_params(ctx)]
        for kind, title in (("argument", "cli.help.arguments"), ("option", "cli.help.options")):
            rows = [row for param, row in records if row and param.param_type_name == kind]
            _write_section(formatter, title, rows)
        if isinstance(self, TyperGroup):
            commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
            rows = [(name, one.get_short_help_str(WHOLE)) for name, one in commands if one]
            _write_section(formatter, "cli.help.commands", rows)

    def get_help_option(self: Any, ctx: Any) -> Any:
        """``--help``, with its help in the current language."""
        option = super().get_help_option(ctx)  # type: ignore[misc]
        if option is not None:
            option.help = localize("cli.help.help")
        return option


def _write_section(formatter: Any, title: str, rows: list[Any]) -> None:
    if rows:
        with formatter.section(localize(title).removesuffix(":").rstrip()):
            formatter.write_dl(rows)


class Command(_Help, TyperCommand):
    """A command with localized help."""


class Group(_Help, TyperGroup):
    """The command ``foncier``: localized help, usage errors as messages."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find a command; an unknown one is an error that gives the near name."""
        name = args[0]
        if not name.startswith("-") and self.get_command(ctx, name) is None:
            known = self.list_commands(ctx)
            near = get_close_matches(name, known, n=1)
            id_ = "cli.usage.near_command" if near else "cli.usage.unknown_command"
            _fail(ctx, localize(id_, name=name, near="".join(near), known=known))
        return super().resolve_command(ctx, args)

    def main(  # type: ignore[override]
        self, args: Sequence[str] | None = None, *, standalone_mode: bool = True, **options: Any
    ) -> Any:
        """Run a command; a usage error is one message in the current language."""
        try:
            code = super().main(args, standalone_mode=False, **options)
        except UsageError as error:
            if type(error).__name__ == "NoArgsIsHelpError":
                error.show()
                sys.exit(EXIT_CODE)
            _fail(error.ctx, _words(error))
        except typer.Abort:
            err.print(localize("cli.interrupted"))
            sys.exit(1)
        if standalone_mode:
            sys.exit(code if isinstance(code, int) else 0)
        return code


def _words(error: Any) -> str:
    name = getattr(error, "option_name", None) or _shown_name(getattr(error, "param", None))
    message_id = PROBLEMS.get(type(error).__name__)
    if message_id is None or not name:
        return localize("cli.usage.wrong_arguments")
    near = getattr(error, "possibilities", None)
    if near:
        return localize("cli.usage.near_option", name=name, near=sorted(near))
    return localize(message_id, name=name)


def _shown_name(param: Any) -> str:
    """Name of a parameter as the help shows it; what typer offers changes with its versions."""
    if param is None:
        return ""
    if param.param_type_name == "argument":
        return str(param.metavar or param.name.upper())
    return " / ".join(param.opts)


def _fail(ctx: Any, words: str) -> NoReturn:
    """Show the usage line, where the help is, and what is wrong; end with exit code 2."""
    if ctx is not None:
        err.print(escape(ctx.get_usage()), soft_wrap=True)
        err.print(escape(localize("cli.usage.see_help", command=ctx.command_path)), soft_wrap=True)
    err.print(f"[bold red]{localize('cli.error')}[/bold red] {escape(words)}", soft_wrap=True)
    sys.exit(EXIT_CODE)
