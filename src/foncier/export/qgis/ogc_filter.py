"""Filters of the rules of a style as OGC Filter Encoding 1.1: what a server reads of an expression.

The filters of our styles are a part of the expressions of QGIS that SQL has too: comparisons of
columns with literals, ``in``, ``is null``, arithmetic, ``and``, ``or``, ``not``. Brackets hold
conditions only.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Callable

OGC = "http://www.opengis.net/ogc"
TOKEN = re.compile(
    r"\s*(?:(?P<column>\"(?:[^\"]|\"\")*\")|(?P<text>'(?:[^']|'')*')|(?P<number>\d+(?:\.\d+)?)"
    r"|(?P<word>[A-Za-z_]+)|(?P<sign><=|>=|<>|!=|[-+*/=<>(),]))"
)
COMPARISONS = {
    "=": "PropertyIsEqualTo",
    "<>": "PropertyIsNotEqualTo",
    "!=": "PropertyIsNotEqualTo",
    "<": "PropertyIsLessThan",
    "<=": "PropertyIsLessThanOrEqualTo",
    ">": "PropertyIsGreaterThan",
    ">=": "PropertyIsGreaterThanOrEqualTo",
}
SUMS, PRODUCTS = {"+": "Add", "-": "Sub"}, {"*": "Mul", "/": "Div"}


def ogc_filter(expression: str) -> ET.Element | None:
    """Element ``ogc:Filter`` of an expression; None where a filter cannot state it.

    Examples
    --------
    >>> ET.tostring(ogc_filter('"kind" is null'), encoding="unicode").count("PropertyIsNull")
    2
    >>> ogc_filter("$area > 10") is None
    True
    """
    try:
        tokens = _tokens(expression)
        parser = _Parser(tokens)
        condition = parser.any_of()
        parser.end()
    except (ValueError, IndexError):
        return None
    return _element("Filter", condition)


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at = [], 0
    text = text.rstrip()
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise ValueError(text[at:])
        kind = match.lastgroup
        value = match.group(kind)
        found.append((kind, value.lower() if kind == "word" else value))
        at = match.end()
    return found


def _element(tag: str, *children: ET.Element, text: str | None = None) -> ET.Element:
    made = ET.Element(f"{{{OGC}}}{tag}")
    made.text = text
    made.extend(children)
    return made


class _Parser:
    """Recursive descent: or, and, not, comparison, sum, product, value."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = tokens
        self.at = 0

    def end(self) -> None:
        if self.at != len(self.tokens):
            raise ValueError(self.tokens[self.at])

    def any_of(self) -> ET.Element:
        return self._joined("or", "Or", self._all_of)

    def _all_of(self) -> ET.Element:
        return self._joined("and", "And", self._negated)

    def _joined(self, word: str, tag: str, part: Callable[[], ET.Element]) -> ET.Element:
        parts = [part()]
        while self._skip("word", word):
            parts.append(part())
        return parts[0] if len(parts) == 1 else _element(tag, *parts)

    def _negated(self) -> ET.Element:
        if self._skip("word", "not"):
            return _element("Not", self._negated())
        return self._compared()

    def _compared(self) -> ET.Element:
        if self._skip("sign", "("):
            inside = self.any_of()
            self._take("sign", ")")
            return inside
        left = self._sum()
        if self._skip("word", "is"):
            turned = self._skip("word", "not")
            self._take("word", "null")
            found = _element("PropertyIsNull", left)
            return _element("Not", found) if turned else found
        turned = self._skip("word", "not")
        if turned or self.tokens[self.at] == ("word", "in"):
            self._take("word", "in")
            found = self._member(left)
            return _element("Not", found) if turned else found
        kind, sign = self._next()
        if kind != "sign" or sign not in COMPARISONS:
            raise ValueError(sign)
        return _element(COMPARISONS[sign], left, self._sum())

    def _member(self, left: ET.Element) -> ET.Element:
        self._take("sign", "(")
        values = [self._sum()]
        while self._skip("sign", ","):
            values.append(self._sum())
        self._take("sign", ")")
        each = [_element("PropertyIsEqualTo", left, value) for value in values]
        return each[0] if len(each) == 1 else _element("Or", *each)

    def _sum(self) -> ET.Element:
        return self._chain(SUMS, self._product)

    def _product(self) -> ET.Element:
        return self._chain(PRODUCTS, self._value)

    def _chain(self, signs: dict[str, str], part: Callable[[], ET.Element]) -> ET.Element:
        found = part()
        while self.at < len(self.tokens) and self.tokens[self.at][1] in signs:
            if self.tokens[self.at][0] != "sign":
                break
            found = _element(signs[self._next()[1]], found, part())
        return found

    def _value(self) -> ET.Element:
        kind, text = self._next()
        if kind == "column":
            return _element("PropertyName", text=text[1:-1].replace('""', '"'))
        if kind == "text":
            return _element("Literal", text=text[1:-1].replace("''", "'"))
        if kind == "number":
            return _element("Literal", text=text)
        raise ValueError(text)

    def _next(self) -> tuple[str, str]:
        self.at += 1
        return self.tokens[self.at - 1]

    def _skip(self, kind: str, text: str) -> bool:
        there = self.at < len(self.tokens) and self.tokens[self.at] == (kind, text)
        self.at += there
        return there

    def _take(self, kind: str, text: str) -> None:
        if not self._skip(kind, text):
            raise ValueError(text)
