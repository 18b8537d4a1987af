"""``foncier new``: create the folder of a study, and ask for what is missing."""

from __future__ import annotations

import os
import re
import sys
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from foncier import communes
from foncier.cli.console import (
    Debug,
    Language,
    argument,
    err,
    escape,
    option,
    out,
    report_errors,
    say,
)
from foncier.errors import ConfigError
from foncier.i18n import localize

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from foncier.communes import Commune

ANSWERS = ("axis", "loop", "places")


def new(  # noqa: PLR0917 (typer makes options of them)
    name: Annotated[str | None, argument("name", help="cli.new.help.name")] = None,
    commune: Annotated[
        list[str] | None, option("--commune", help="cli.new.help.commune", metavar="commune")
    ] = None,
    axis: Annotated[str | None, option(help="cli.new.help.axis", metavar="line")] = None,
    loop: Annotated[str | None, option(help="cli.new.help.loop", metavar="line")] = None,
    places: Annotated[str | None, option(help="cli.new.help.places", metavar="places")] = None,
    parent: Annotated[Path, option("--in", help="cli.new.help.parent", metavar="folder")] = Path(
        "layers"
    ),
    lang: Language = None,
    debug: Debug = False,
) -> None:
    """Create a study folder."""
    with report_errors(debug=debug):
        from foncier._util.atomic_write import write_atomically  # noqa: PLC0415 (slow to import)
        from foncier.study.new import new_study  # noqa: PLC0415

        asks = sys.stdin.isatty() or not commune
        studied = [_found(one) for one in commune] if commune else _ask_communes(name)
        title, name = name or studied[0].name, name or _slug(studied[0].name)
        folder = _folder(parent, name)
        given = {"axis": axis, "loop": loop, "places": places}

        def texts_with(answers: dict[str, str]) -> dict[str, str]:
            return new_study(folder, title, studied, **answers)

        answers = {key: text for key, text in given.items() if text}
        texts = texts_with(answers)
        for key in (key for key in ANSWERS if asks and given[key] is None):
            answers, texts = _ask_more(key, answers, texts, texts_with)
        write_atomically(folder, {file: _writer(text) for file, text in texts.items()})
        _say_next(folder, studied)


def _folder(parent: Path, name: str) -> Path:
    if Path(name).name != name or name in (".", ".."):
        raise ConfigError("cli.new.not_a_name", name=name)
    folder = parent / name
    if os.path.lexists(folder / "study.toml"):
        raise ConfigError("cli.new.exists", folder=folder)
    return folder


def _ask_communes(name: str | None) -> list[Commune]:
    """Ask for the commune until the answer is one; without anybody to answer, it is an error."""
    while True:
        text = _ask("commune")
        if text is None:
            raise ConfigError("cli.new.no_commune", name=name or localize("cli.metavar.name"))
        try:
            return [_found(text)]
        except ConfigError as fault:
            err.print(escape(str(fault)), soft_wrap=True)


def _found(text: str) -> Commune:
    """Commune of a text; says so where its code is also the postal code of others."""
    found = communes.find(text)
    others = communes.of_postal_code(found.code) if text.strip() == found.code else ()
    if others:
        words = localize(
            "cli.new.also_postal_code",
            code=found.code,
            commune=found.name,
            communes=[str(one) for one in others],
        )
        err.print(escape(words), soft_wrap=True)
    return found


def _ask_more(
    key: str,
    answers: dict[str, str],
    texts: dict[str, str],
    texts_with: Callable[[dict[str, str]], dict[str, str]],
) -> tuple[dict[str, str], dict[str, str]]:
    """Answers and texts with one more answer; asked again while it cannot be read."""
    while text := _ask(key):
        more = {**answers, key: text}
        try:
            return more, texts_with(more)
        except ConfigError as fault:
            err.print(escape(str(fault)), soft_wrap=True)
    return answers, texts


def _ask(key: str) -> str | None:
    """Answer to a question, "" for none; None when the input is at its end."""
    err.print(f"{escape(localize(f'cli.new.ask_{key}'))} ", end="", soft_wrap=True)
    line = sys.stdin.readline()
    return line.strip() if line else None


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFD", name.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def _say_next(folder: Path, studied: Sequence[Commune]) -> None:
    file = f"[bold]{escape(str(folder / 'study.toml'))}[/bold]"
    names = ", ".join(communes.named(one.code) for one in studied)
    out.print(f"{localize('cli.new.created')} {file}  {escape(names)}", soft_wrap=True)
    say("cli.new.next")
    for command in ("fetch", "run"):
        out.print(f"  foncier {command} {escape(str(folder))}", soft_wrap=True)


def _writer(text: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_text(text, encoding="utf-8", newline="\n")

    return write
