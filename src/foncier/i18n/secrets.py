"""Addresses without passwords and tokens, in every text that is shown, logged or stored.

Parameters of messages, texts of a study, the manifest, the screen, logs and traces all pass through
`without_secrets`.
"""

from __future__ import annotations

import logging
import re
from typing import Any

HIDDEN = "***"
LEAST_LENGTH = 4  # of the value of a variable that is hidden: a shorter one is part of any word
_NAMES = (
    r"[\w.-]*(?:token|secret|passw(?:or)?d|pwd|signature|credential|session|jwt)[\w.-]*"
    r"|(?:[\w.-]*[._-])?(?:api|access|private|subscription)?[_-]?key"
    r"|auth(?:orization)?|sig|sid|mdp|motdepasse|jeton|cle"
)
# What stands before the host of an address: user, password.
_user = re.compile(r"(?<=://)[^\s/?#'\"<>]*@")
# The punctuation of the sentence after the value stays.
_token = re.compile(rf"(?<=[?&;#])({_NAMES})=[^\s&;#'\"<>]*(?<![.,:])", re.IGNORECASE)
# Of the connection of a database, of a header.
_setting = re.compile(r"\b(password|passwd|pwd)(\s*[=:]\s*)('[^']*'|[^\s'\",;&]+)", re.IGNORECASE)
_hints = ("://", "assw", "wd", "?", "&")  # a text without any of them has no secret of this kind
_values: dict[str, str] = {}  # secret values of this process, and what is shown instead


def without_secrets(text: str) -> str:
    """Remove passwords and tokens from the addresses of a text, and the values of `hide_value`.

    Examples
    --------
    >>> without_secrets("https://moi:mdp@miroir.example/a?x=1&token=abc: no answer")
    'https://miroir.example/a?x=1&token=***: no answer'
    >>> without_secrets("https://miroir.example/a?token=abc:def.ghi")
    'https://miroir.example/a?token=***'
    >>> without_secrets("PG:host=base user=moi password=mdp")
    'PG:host=base user=moi password=***'
    """
    for value, shown in _values.items():
        if value in text:
            text = text.replace(value, shown)
    if not any(hint in text for hint in _hints):
        return text
    text = _user.sub("", text)
    text = _token.sub(rf"\1={HIDDEN}", text)
    return _setting.sub(rf"\1\2{HIDDEN}", text)


def hide_value(value: str, shown: str) -> None:
    """Show another text wherever this value would be shown: that of a variable, as it is written.

    A value that is too short to be told from other words is left as it is.
    """
    if len(value) >= LEAST_LENGTH and value != shown:
        _values[value] = shown


def all_without_secrets(value: Any) -> Any:
    """Apply `without_secrets` to the texts of nested tuples, lists and dicts.

    Examples
    --------
    >>> all_without_secrets(("https://a:b@c.example", 3))
    ('https://c.example', 3)
    """
    if isinstance(value, str):
        return without_secrets(value)
    if isinstance(value, dict):
        return {key: all_without_secrets(one) for key, one in value.items()}
    if isinstance(value, list):
        return [all_without_secrets(one) for one in value]
    if isinstance(value, tuple):
        made = tuple(all_without_secrets(one) for one in value)
        return made if made != value else value  # a named one without secrets stays so
    return value


def hide_in_error(error: BaseException) -> None:
    """Apply `without_secrets` to the words of an error and of those that it came from."""
    seen: set[int] = set()
    waiting: list[Any] = [error]
    while waiting:
        one = waiting.pop()
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        waiting += [one.__cause__, one.__context__, *one.args]
        one.args = tuple(_hidden(arg) for arg in one.args)
        if isinstance(one, OSError) and isinstance(one.strerror, str):
            one.strerror = without_secrets(one.strerror)


def _hidden(arg: Any) -> Any:
    """Argument of an error as it is, or its words where they have a secret."""
    plain = without_secrets(str(arg))
    return arg if isinstance(arg, BaseException) or plain == str(arg) else plain


class WithoutSecrets(logging.Filter):
    """Filter of a logger or handler: records without passwords and tokens."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Word a record, and let it pass."""
        record.msg, record.args = without_secrets(record.getMessage()), ()
        return True
