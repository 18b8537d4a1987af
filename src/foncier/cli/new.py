"""``foncier new``: create the folder of a study."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from foncier.cli.console import Debug, Language, argument, escape, option, out, report_errors, say
from foncier.errors import ConfigError
from foncier.i18n import localize


def new(
    name: Annotated[str, argument("name", help="cli.new.help.name")],
    commune: Annotated[str | None, option(help="cli.new.help.commune", metavar="commune")] = None,
    parent: Annotated[Path, option("--in", help="cli.new.help.parent", metavar="folder")] = Path(
        "layers"
    ),
    lang: Language = None,
    debug: Debug = False,
) -> None:
    """Create a study folder."""
    with report_errors(debug=debug):
        from foncier._util.atomic_write import write_atomically  # noqa: PLC0415 (slow to import)
        from foncier.study import template  # noqa: PLC0415

        if commune is None:
            raise ConfigError("cli.new.no_commune", name=name)
        text, folder = template(name, commune), parent / name
        if Path(name).name != name or name in (".", ".."):
            raise ConfigError("cli.new.not_a_name", name=name)
        if os.path.lexists(folder / "study.toml"):
            raise ConfigError("cli.new.exists", folder=folder)
        write_atomically(folder, {"study.toml": lambda path: _write(path, text)})
        file = f"[bold]{escape(str(folder / 'study.toml'))}[/bold]"
        out.print(f"{localize('cli.new.created')} {file}", soft_wrap=True)
        say("cli.new.next", folder=folder)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
