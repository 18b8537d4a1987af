"""A message is an id and parameters; it is worded in a language when it is shown."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from foncier.i18n.catalog import (
    Lang,
    MessageError,
    strict,
    template,
)
from foncier.i18n.format import render

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_chosen: list[Lang] = []  # the language that was set, if any


@dataclass(frozen=True)
class Localized:
    """The same words in French and in English."""

    fr: str
    en: str

    def __getitem__(self, lang: str) -> str:
        """Words in a language, ``fr`` or ``en``."""
        return self.fr if lang == "fr" else self.en

    def __localize__(self, lang: Lang) -> str:
        """Words in a language, as a parameter of another message."""
        return self[lang]


class Message:
    """A message id with its parameters: immutable, hashable, picklable.

    Parameters are strings, numbers, dates, sequences of them, and messages. Sequences are kept as
    tuples.

    Examples
    --------
    >>> Message("util.and_more", count=1) == Message("util.and_more", count=1)
    True
    """

    __slots__ = ("_params", "id")
    id: str
    _params: dict[str, Any]

    def __init__(self, message_id: str, /, **params: Any) -> None:
        object.__setattr__(self, "id", message_id)
        kept = {k: tuple(v) if isinstance(v, (list, set)) else v for k, v in params.items()}
        object.__setattr__(self, "_params", kept)

    @property
    def params(self) -> Mapping[str, Any]:
        """A copy of the parameters."""
        return dict(self._params)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a message is immutable: {name}")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Message):
            return NotImplemented
        return self.id == other.id and self._params == other._params

    def __hash__(self) -> int:
        return hash((self.id, frozenset(self._params.items())))

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (self.id, self._params)

    def __repr__(self) -> str:
        return f"Message({shown(self.id, self._params)})"

    def __str__(self) -> str:
        return localize(self)

    def __localize__(self, lang: Lang) -> str:
        """Words in a language."""
        return localize(self.id, lang, **self._params)


def _restore(message_id: str, params: Mapping[str, Any]) -> Message:
    return Message(message_id, **params)


def shown(message_id: str, params: Mapping[str, Any]) -> str:
    """Id and parameters as code: what is shown where a message cannot be worded."""
    return ", ".join([repr(message_id), *(f"{name}={value!r}" for name, value in params.items())])


def localize(message: str | Message, /, lang: Lang | None = None, **params: Any) -> str:
    r"""Word a message in a language (None: the current one).

    A wrong id or a missing parameter raises `MessageError` where ``FONCIER_STRICT_MESSAGES`` is
    set; elsewhere id and parameters are shown.

    Examples
    --------
    >>> localize("util.and_more", "fr", count=1), localize("util.and_more", "en", count=1200)
    ('et 1 autre', 'and 1,200 more')
    """
    if isinstance(message, Message):
        return localize(message.id, lang, **{**message.params, **params})
    lang = lang or language()
    try:
        return render(template(message, lang).select(params.get("count"), lang), params, lang)
    except (MessageError, ValueError, TypeError) as fault:
        if strict():
            raise MessageError(f"{shown(message, params)}: {fault}") from fault
        return shown(message, params)


def localized(message: str | Message, /, **params: Any) -> Localized:
    """Word a message in both languages."""
    return Localized(localize(message, "fr", **params), localize(message, "en", **params))


@cache
def label(message_id: str, /) -> Localized:
    """Words of a message without parameters, in both languages."""
    return localized(message_id)


class Labels(Mapping[str, Localized]):
    """Labels by code, worded when they are read: no catalogue is loaded before.

    Examples
    --------
    >>> kinds = Labels(lambda code: label(f"util.kinds.{code}"), ["friche", "dent_creuse"])
    >>> kinds["dent_creuse"].en, list(kinds)
    ('Infill plot', ['friche', 'dent_creuse'])
    """

    def __init__(self, word: Callable[[str], Localized], codes: Sequence[str]) -> None:
        self._word, self._codes = word, tuple(codes)

    def __getitem__(self, code: str) -> Localized:
        if code not in self._codes:
            raise KeyError(code)
        return self._word(code)

    def __iter__(self) -> Iterator[str]:
        return iter(self._codes)

    def __len__(self) -> int:
        return len(self._codes)


def language() -> Lang:
    """Language of messages: the one set, else ``FONCIER_LANG``, else that of the locale.

    English where the locale is English, else French.
    """
    if _chosen:
        return _chosen[0]
    asked = os.environ.get("FONCIER_LANG", "")
    if not asked:
        names = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
        asked = next((name for name in names if name), "")
    return "en" if asked.lower().startswith("en") else "fr"


def set_language(lang: Lang | None) -> None:
    """Choose the language of messages in this process; None: as the environment says."""
    _chosen[:] = [lang] if lang else []
