"""Catalogues of messages: one TOML file per language, parsed once and compiled on first use.

A message is a string, or a table of plural forms ``{ zero, one, other }`` (``zero`` is optional)
that the parameter ``count`` selects. Placeholders are written as for `str.format`.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Lang = Literal["fr", "en"]
LANGUAGES: tuple[Lang, ...] = ("fr", "en")
FORMS = frozenset({"zero", "one", "other"})
STRICT = "FONCIER_STRICT_MESSAGES"  # set in tests and development: a wrong message raises


class MessageError(LookupError):
    """A message id is in no catalogue, or a parameter of the message is missing."""


@dataclass(frozen=True)
class Part:
    """Literal text, then the placeholder that follows it (an empty name: none)."""

    text: str
    name: str = ""
    spec: str = ""


@dataclass(frozen=True)
class Template:
    """A compiled message: one sequence of parts, or one for each plural form."""

    forms: Mapping[str, tuple[Part, ...]]

    def select(self, count: Any, lang: Lang) -> tuple[Part, ...]:
        """Parts of the plural form of a count; a message without forms has one."""
        if len(self.forms) == 1:
            return self.forms["other"]
        if count is None:
            raise MessageError("count")
        if count == 0 and "zero" in self.forms:
            return self.forms["zero"]
        return self.forms["one" if singular(count, lang) else "other"]


def singular(count: float, lang: Lang) -> bool:
    """Tell if a count takes the singular: from 0 to below 2 in French, 1 alone in English.

    Examples
    --------
    >>> singular(0, "fr"), singular(1.5, "fr"), singular(0, "en"), singular(1, "en")
    (True, True, False, True)
    """
    return abs(count) < 2 if lang == "fr" else abs(count) == 1


def typeset(text: str) -> str:
    r"""Put the no-break spaces of French typography.

    Examples
    --------
    >>> typeset("« voirie » : 5 %")
    '«\xa0voirie\xa0»\xa0: 5\xa0%'
    """
    return re.sub(r" (?=[:;?!%»])", "\u00a0", text.replace("« ", "«\u00a0"))


def strict() -> bool:
    """Tell if a wrong message raises (tests, development) instead of showing its id."""
    return bool(os.environ.get(STRICT))


@cache
def messages(lang: Lang) -> Mapping[str, str | Mapping[str, str]]:
    """All messages of a language by id, as the catalogue writes them."""
    import tomllib  # noqa: PLC0415  (9 ms, not needed to import foncier)

    text = Path(__file__).with_name(f"catalog_{lang}.toml").read_text(encoding="utf-8")
    return dict(_flat(tomllib.loads(text), ""))


def _flat(table: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str | Mapping[str, str]]]:
    for key, value in table.items():
        if isinstance(value, str) or "other" in value:
            yield prefix + key, value
        else:
            yield from _flat(value, f"{prefix}{key}.")


def known(message_id: str) -> bool:
    """Tell if the catalogues hold a message."""
    return message_id in messages("fr")


@cache
def template(message_id: str, lang: Lang) -> Template:
    """Compile a message; an id that is in no catalogue is a `MessageError`."""
    try:
        written = messages(lang)[message_id]
    except KeyError:
        raise MessageError(message_id) from None
    forms = {"other": written} if isinstance(written, str) else written
    return Template({form: parts(text, lang) for form, text in forms.items()})


def parts(text: str, lang: Lang) -> tuple[Part, ...]:
    r"""Split a text at its placeholders; French no-break spaces go into the literal text only.

    Examples
    --------
    >>> parts("{path} : {rows:n} lignes", "fr")
    (Part(text='', name='path', spec=''), Part(text='\xa0: ', name='rows', spec='n'),
     Part(text=' lignes', name='', spec=''))
    """
    pieces = Formatter().parse(text)
    return tuple(
        Part(typeset(before) if lang == "fr" else before, name or "", spec or "")
        for before, name, spec, _ in pieces
    )


def placeholders(message_id: str, lang: Lang) -> dict[str, set[str]]:
    """Parameters of a message, each with the formats that it is written in."""
    found: dict[str, set[str]] = {}
    compiled = template(message_id, lang)
    if len(compiled.forms) > 1:
        found["count"] = set()
    for form in compiled.forms.values():
        for part in form:
            if part.name:
                found.setdefault(part.name, set()).add(part.spec)
            for nested in parts(part.spec, "en"):
                if nested.name:
                    found.setdefault(nested.name, set())
    return found
