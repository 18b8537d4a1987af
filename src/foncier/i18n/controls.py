"""Characters that no text of a study needs: controls, escapes of a terminal, direction marks.

XML 1.0 cannot hold most of them, a terminal obeys them, and a reader does not see them.
"""

from __future__ import annotations

import re
from typing import Any

# Controls but for the tab and the line feed, line separators, direction marks, noncharacters.
# The pattern is one of Python and of RE2 (Arrow).
BLANKS = "\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029"
MARKS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff"
CONTROLS = f"[{BLANKS}{MARKS}]"
_control = re.compile(f"[{BLANKS}{MARKS}\ud800-\udfff]")
_marks = re.compile(f"[{MARKS}\ud800-\udfff]")
# Sequences of a terminal: colours and movements (CSI), titles and links (OSC), other escapes.
_escape = re.compile(
    "(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]"
    "|(?:\x1b[\\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\\\|\x9c|$)"
    "|\x1b[ -/]*[0-~]"
)
_spaces = re.compile(" {2,}")


def first_control(text: str) -> str | None:
    r"""Return the code of the first such character of a text; None without one.

    Examples
    --------
    >>> first_control("Mairie\x0bService"), first_control("Mairie, « Service »\n")
    ('U+000B', None)
    """
    found = _control.search(text)
    return None if found is None else f"U+{ord(found[0]):04X}"


def without_controls(text: str) -> str:
    r"""Return a text without these characters: a blank for a control, nothing for a mark.

    Examples
    --------
    >>> without_controls("Usine \x1b[31mROUGE\x1b]8;;http://a.example\x1b\\ ici"[:80])
    'Usine ROUGE ici'
    >>> without_controls("Mairie\x0bService"), without_controls("a\u202egpj.exe")
    ('Mairie Service', 'agpj.exe')
    """
    if _control.search(text) is None:
        return text
    plain = _marks.sub("", _escape.sub("", text))
    return _spaces.sub(" ", _control.sub(" ", plain.replace("\r\n", "\n")))


def cleaned(value: Any) -> Any:
    """Return a JSON or TOML value with its texts, and its keys, as `without_controls`."""
    if isinstance(value, str):
        return without_controls(value)
    if isinstance(value, dict):
        return {cleaned(key): cleaned(one) for key, one in value.items()}
    if isinstance(value, list):
        return [cleaned(one) for one in value]
    return value


def control_in(value: Any) -> str | None:
    """Return the code of the first control in a value, or in the texts that it holds."""
    if isinstance(value, str):
        return first_control(value)
    if isinstance(value, dict):
        parts: Any = (*value, *value.values())
    elif isinstance(value, list | tuple):
        parts = value
    else:
        return None
    return next((found for part in parts if (found := control_in(part))), None)
