"""The screen, the options that commands share, and how an error is shown."""

from __future__ import annotations

import logging
import sys
import traceback
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich import markup
from rich.console import Console

from foncier._util.lifetime import INTERRUPTED, was_interrupted
from foncier.cli.language import use_language
from foncier.errors import FoncierError
from foncier.i18n import WithoutSecrets, localize, without_controls, without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterable

    from foncier.i18n import Localized
    from foncier.study.config import Study

Lang = Literal["fr", "en"]

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def escape(text: str) -> str:
    """Text as the screen shows it: no markup or escape sequence is obeyed, no password."""
    return markup.escape(without_controls(without_secrets(text)))


def option(*names: str, help: str, metavar: str | None = None, **more: Any) -> Any:  # noqa: A002
    """Option of a command: ids of its help and of its metavar; defaults stand in the help."""
    words = None if metavar is None else localize(f"cli.metavar.{metavar}")
    return typer.Option(*names, help=localize(help), metavar=words, show_default=False, **more)


def argument(metavar: str, *, help: str) -> Any:  # noqa: A002
    """Argument of a command: ids of its help and of its metavar."""
    return typer.Argument(
        metavar=localize(f"cli.metavar.{metavar}"), help=localize(help), show_default=False
    )


Debug = Annotated[bool, option("--debug", help="cli.options.debug")]
Quiet = Annotated[bool, option("--quiet", "-q", help="cli.options.quiet")]
OptionalStudy = Annotated[Path | None, argument("study", help="cli.options.optional_study")]
NamedStudy = Annotated[Path | None, argument("study", help="cli.options.study")]
StudyFolder = Annotated[Path, argument("study", help="cli.options.study")]
ResultFolder = Annotated[Path, argument("result", help="cli.options.result")]
FormerResult = Annotated[
    Path | None, option("--result", help="cli.options.former_result", metavar="result")
]
Untrusted = Annotated[bool, option("--untrusted", help="cli.options.untrusted")]
UntrustedFile = Annotated[bool, option("--untrusted", help="cli.options.untrusted_file")]
Replace = Annotated[bool, option("--replace", help="cli.options.replace")]
Language = Annotated[
    Lang | None,
    option("--lang", help="cli.options.lang", callback=use_language, is_eager=True),
]


class report_errors:  # noqa: N801 (used as a statement: with report_errors(...))
    """Turn an error of foncier into one message and its exit code; others keep their trace."""

    def __init__(self, *, debug: bool) -> None:
        self.debug = debug

    def __enter__(self) -> None:
        """Nothing to open."""

    def __exit__(self, kind: type[BaseException] | None, fault: Any, _: object) -> None:
        if isinstance(fault, KeyboardInterrupt) or (
            was_interrupted() and isinstance(fault, Exception) and not isinstance(fault, typer.Exit)
        ):
            err.print(localize("cli.interrupted"))
            raise typer.Exit(INTERRUPTED) from None
        if isinstance(fault, FoncierError) and not self.debug:
            words = f"[bold red]{localize('cli.error')}[/bold red] {escape(str(fault))}"
            err.print(words, soft_wrap=True)
            raise typer.Exit(fault.exit_code) from None


def hide_secrets() -> None:
    """Keep passwords out of what Python itself prints: traces, logs and warnings."""
    word = warnings.formatwarning

    def show(kind: type[BaseException], error: BaseException, trace: Any) -> None:
        lines = traceback.format_exception(kind, error, trace)
        sys.stderr.write(without_secrets("".join(lines)))

    sys.excepthook = show
    warnings.formatwarning = lambda *given, **more: without_secrets(word(*given, **more))
    if logging.lastResort is not None:  # what no other handler takes
        logging.lastResort.addFilter(WithoutSecrets())


def say(message_id: str, /, **params: Any) -> None:
    """Print a message in the current language."""
    out.print(escape(localize(message_id, **params)), soft_wrap=True)


def open_study(where: Path, *, untrusted: bool) -> Study:
    """Read a study, and say in one line that somebody else made it."""
    from foncier.study import read_study  # noqa: PLC0415 (slow to import)

    study = read_study(where, untrusted=untrusted)
    say_untrusted(study)
    return study


def default_result(where: Path | None, study: Study) -> Path:
    """Folder of the result of a study (None: the demonstration), where a command names none."""
    return Path("maps") / ("demo" if where is None else study.folder.resolve().name)


def with_former(study: Study, where: Path | None, result: Path | None) -> Study:
    """Study with what people wrote beside its former result, as ``foncier run`` reads it."""
    from foncier.model.entries import ENTRIES  # noqa: PLC0415 (slow to import)
    from foncier.pipeline.entries import with_entries  # noqa: PLC0415 (slow to import)

    folder = result or default_result(where, study)
    read = with_entries(study, folder)
    if read.visits or read.statuses:
        say("cli.entries_read", file=folder / ENTRIES)
    return read


def say_untrusted(study: Study) -> None:
    """Say in one line what a study that somebody else made may not do."""
    if study.untrusted:
        err.print(escape(localize("cli.untrusted")), soft_wrap=True)


def say_file(kind: str, path: Path | str) -> None:
    """Print the path of a file after its kind (see ``cli.files`` in the catalogues)."""
    out.print(f"{localize(f'cli.files.{kind}'):<12}{escape(str(path))}", soft_wrap=True)


def say_set_aside(copies: Iterable[Path]) -> None:
    """Print the copies of former results that somebody had changed."""
    for copy in copies:
        say("cli.set_aside", copy=copy)


def say_warnings(warnings: Iterable[Localized], lang: Lang) -> None:
    """Print warnings, one a line."""
    for warning in warnings:
        out.print(f"  [yellow]![/yellow] {escape(warning[lang])}", soft_wrap=True)


def say_sections(sections: Iterable[tuple[str, Iterable[str]]]) -> None:
    """Print titles with their lines."""
    for title, rows in sections:
        out.print(f"\n[bold]{escape(title)}[/bold]", soft_wrap=True)
        for row in rows:
            out.print(f"  {escape(row)}", soft_wrap=True)
