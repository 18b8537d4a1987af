"""Words for many rows at once: figures and messages over arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from foncier.i18n.catalog import (
    Lang,
    MessageError,
    Part,
    parts,
    template,
)
from foncier.i18n.format import (
    LARGE,
    figure,
    format_value,
    resolved,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Floats = NDArray[np.float64]
Words = NDArray[np.object_]


def figures(values: Floats, unit: str, lang: Lang) -> Words:
    r"""Write many figures (see `foncier.i18n.figure`); those that read the same are written once.

    Examples
    --------
    >>> figures(np.array([5.43, 5.41, np.nan]), "m", "en").tolist()
    ['5.4\xa0m', '5.4\xa0m', 'unknown']
    """
    values = np.asarray(values, dtype=np.float64)
    whole = (np.abs(values) >= LARGE) | (values == np.rint(values))
    shown = np.rint(np.where(whole, values, values * 10))
    # Halfway between two decimals the digits decide, not the tenths.
    half = ~whole & (np.abs(np.abs(values * 10 - shown) - 0.5) < 1e-6)
    groups = np.where(half, np.inf, 2 * shown + whole)
    _, first, back = np.unique(groups, return_index=True, return_inverse=True)
    words = np.array([figure(value, unit, lang) for value in values[first].tolist()], dtype=object)
    written: Words = words[back]
    written[half] = [figure(value, unit, lang) for value in values[half].tolist()]
    return written


def localize_many(message_id: str, lang: Lang, rows: int, /, **params: Any) -> Words:
    """Word a message for many rows; a parameter is one value for all rows or an array of them.

    Examples
    --------
    >>> localize_many("util.and_more", "fr", 2, count=np.array([1, 2])).tolist()
    ['et 1 autre', 'et 2 autres']
    """
    compiled = template(message_id, lang)
    if len(compiled.forms) == 1:
        return fill(compiled.forms["other"], params, rows, lang)
    count = np.broadcast_to(np.asarray(params["count"], dtype=np.float64), rows)
    form = np.where(singular_rows(count, lang), "one", "other")
    if "zero" in compiled.forms:
        form[count == 0] = "zero"
    written = np.full(rows, "", dtype=object)
    for name in np.unique(form):
        at = form == name
        chosen = {key: value[at] if is_column(value) else value for key, value in params.items()}
        written[at] = fill(compiled.forms[name], chosen, int(at.sum()), lang)
    return written


def word_values(values: NDArray[Any], lang: Lang) -> Words:
    """Word values that are text, messages or None; None stays None.

    Examples
    --------
    >>> from foncier.i18n.messages import Message
    >>> word_values(np.array([Message("util.unknown"), "AUc", None], dtype=object), "en").tolist()
    ['unknown', 'AUc', None]
    """
    written: dict[Any, str | None] = {None: None}
    of_object: dict[int, str | None] = {}  # most rows share their objects: no message is hashed
    objects = values.tolist()
    for value in {id(value): value for value in objects}.values():
        if value not in written:
            written[value] = format_value(value, "", lang)
        of_object[id(value)] = written[value]
    return np.array([of_object[id(value)] for value in objects], dtype=object)


def localize_columns(name: str, message_id: str, rows: int, /, **params: Any) -> dict[str, Words]:
    """Columns ``name`` and ``name_en``: a message worded for many rows in both languages."""
    return {
        name: localize_many(message_id, "fr", rows, **params),
        f"{name}_en": localize_many(message_id, "en", rows, **params),
    }


def fill_text(text: str, params: Mapping[str, Any], rows: int, lang: Lang) -> Words:
    """Fill the placeholders of words that are data (those of a rule set) for many rows.

    A name in braces that is no parameter stays as it is written, such as a ``${VARIABLE}``.
    """
    form = [
        part if not part.name or part.name in params else _literal(part)
        for part in parts(text, "en")
    ]
    return fill(form, params, rows, lang)


def _literal(part: Part) -> Part:
    """Text of a placeholder with its braces."""
    spec = f":{part.spec}" if part.spec else ""
    return Part(f"{part.text}{{{part.name}{spec}}}", "", "")


def fill(form: Iterable[Part], params: Mapping[str, Any], rows: int, lang: Lang) -> Words:
    """Fill the placeholders of a compiled text for many rows."""
    written = np.full(rows, "", dtype=object)
    for part in form:
        if part.name and part.name not in params:
            raise MessageError(part.name)
        value: Any = params[part.name] if part.name else ""
        spec = resolved(part.spec, params, lang)
        if is_column(value):
            before = written + part.text if part.text else written
            written = before + _column(value, spec, lang)
        elif part.text or part.name:
            written = written + (part.text + format_value(value, spec, lang))
    return written


def is_column(value: Any) -> TypeGuard[NDArray[Any]]:
    """Tell a parameter that has a value for each row."""
    return isinstance(value, np.ndarray) and value.ndim == 1


def singular_rows(count: Floats, lang: Lang) -> NDArray[np.bool_]:
    """`foncier.i18n.catalog.singular` for many counts."""
    wanted: NDArray[np.bool_] = np.abs(count) < 2 if lang == "fr" else np.abs(count) == 1
    return wanted


def _column(values: NDArray[Any], spec: str, lang: Lang) -> Words:
    kind, _, argument = spec.partition(" ")
    if kind == "q":
        return figures(values.astype(np.float64), argument, lang)
    if kind == "n":
        return figures(np.rint(values.astype(np.float64)), "", lang)
    if kind == "plural":
        one, other = argument.split("|")
        picked = singular_rows(values.astype(np.float64), lang)
        return np.where(picked, np.array(one, dtype=object), np.array(other, dtype=object))
    if not kind and set(map(type, values)) == {str}:
        return values
    if kind in ("list", "items"):
        return np.array([format_value(value, spec, lang) for value in values], dtype=object)
    written: dict[Any, str] = {}
    words = []
    for value in values.tolist():
        if value not in written:
            written[value] = format_value(value, spec, lang)
        words.append(written[value])
    return np.array(words, dtype=object)
