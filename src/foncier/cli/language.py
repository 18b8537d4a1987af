"""Language of the command line, chosen before the commands and their help are imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foncier.i18n import LANGUAGES, Lang, set_language

if TYPE_CHECKING:
    from collections.abc import Sequence

OPTION = "--lang"


def language_of(arguments: Sequence[str]) -> Lang | None:
    """Language that the arguments ask for by ``--lang``, the last one if there are several.

    Examples
    --------
    >>> language_of(["run", "--lang", "en"]), language_of(["--lang=fr"]), language_of(["run"])
    ('en', 'fr', None)
    """
    chosen: Lang | None = None
    for position, argument in enumerate(arguments):
        value = argument.removeprefix(f"{OPTION}=")
        if argument == OPTION:
            value = "".join(arguments[position + 1 : position + 2])
        elif value == argument:
            continue
        chosen = next((lang for lang in LANGUAGES if lang == value), chosen)
    return chosen


def use_language(lang: Lang | None) -> Lang | None:
    """Set the language of messages if one is given (callback of ``--lang``)."""
    if lang is not None:
        set_language(lang)
    return lang
