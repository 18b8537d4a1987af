"""Both catalogues hold the same messages, and the code and the catalogues agree."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import foncier
from foncier.errors import MESSAGE_ID
from foncier.i18n import LANGUAGES, Lang, localize
from foncier.i18n.catalog import messages, placeholders

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Path(foncier.__file__).parent
IDS = sorted(messages("fr"))
SECTIONS = {one.partition(".")[0] for one in IDS}
# Functions whose first argument is a message id.
WORDING = frozenset({"localize", "localized", "label", "Message", "localize_many", "fixed"})
SAMPLES: dict[str, Any] = {
    "list": ["a", "b", "c", "d", "e", "f", "g"],
    "items": ["a", "b"],
    "date": date(2026, 3, 1),
    "day": date(2026, 3, 1),
    "": "x",
    "lower": "X",
}


@dataclass
class Uses:
    """Message ids in the code: constants, patterns of f-strings, calls with their keywords."""

    constants: set[str] = field(default_factory=set)
    patterns: set[str] = field(default_factory=set)
    calls: list[tuple[str, str, set[str] | None]] = field(default_factory=list)


def texts(lang: Lang) -> Iterator[tuple[str, str]]:
    for message_id, written in messages(lang).items():
        forms = [written] if isinstance(written, str) else written.values()
        yield from ((message_id, text) for text in forms)


def message_argument(call: ast.Call) -> ast.expr | None:
    """Argument of a call that is a message id, if it is a call that words a message."""
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    if name == "add" and len(call.args) == 3:
        return call.args[2]
    if call.args and (name in WORDING or name.endswith("Error")):
        return call.args[0]
    return None


def sample(specs: set[str], count: int) -> Any:
    """Value that every format of a parameter can write: a count where no other is asked for."""
    kinds = {spec.partition(" ")[0] for spec in specs}
    known = [SAMPLES[kind] for kind in sorted(kinds, reverse=True) if kind in SAMPLES]
    return known[0] if known and kinds <= SAMPLES.keys() else count


def uses() -> Uses:
    found = Uses()
    for file in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.constants.add(node.value)
            if isinstance(node, ast.JoinedStr):
                pieces = (
                    re.escape(str(p.value)) if isinstance(p, ast.Constant) else "[A-Za-z0-9_]+"
                    for p in node.values
                )
                found.patterns.add("".join(pieces))
            if not isinstance(node, ast.Call):
                continue
            first = message_argument(node)
            if isinstance(first, ast.Constant) and MESSAGE_ID.fullmatch(str(first.value)):
                keywords = {word.arg for word in node.keywords if word.arg}
                spread = any(word.arg is None for word in node.keywords)
                is_note = isinstance(node.func, ast.Attribute) and node.func.attr == "add"
                given = None if spread else keywords | {"count"} if is_note else keywords
                where = f"{file.relative_to(SOURCE)}:{node.lineno}"
                found.calls.append((where, str(first.value), given))
    return found


USES = uses()


def test_both_languages_hold_the_same_ids() -> None:
    assert sorted(messages("en")) == IDS


@pytest.mark.parametrize("message_id", IDS)
def test_both_languages_take_the_same_parameters(message_id: str) -> None:
    french, english = (placeholders(message_id, lang) for lang in LANGUAGES)
    plural = {"count"} if "count" in french.keys() ^ english.keys() else set()
    assert french.keys() - plural == english.keys() - plural


@pytest.mark.parametrize("message_id", IDS)
@pytest.mark.parametrize("count", [0, 1, 1234])
def test_every_message_can_be_worded(message_id: str, count: int) -> None:
    for lang in LANGUAGES:
        params = {
            name: sample(specs, count) for name, specs in placeholders(message_id, lang).items()
        }
        assert localize(message_id, lang, **params)


def test_every_id_of_the_code_is_in_the_catalogues() -> None:
    unknown = [f"{where} {used}" for where, used, _ in USES.calls if used not in IDS]
    assert USES.calls
    assert unknown == []


def test_every_call_gives_the_parameters_of_its_message() -> None:
    lacking = [
        f"{where} {used}: {sorted(wanted - given)}"
        for where, used, given in USES.calls
        if given is not None and used in IDS
        if (wanted := placeholders(used, "fr").keys() | placeholders(used, "en").keys()) - given
    ]
    assert lacking == []


def test_every_message_is_used() -> None:
    families = [re.compile(one) for one in USES.patterns if one.split(r"\.")[0] in SECTIONS]
    unused = [
        one
        for one in IDS
        if one not in USES.constants and not any(family.fullmatch(one) for family in families)
    ]
    assert unused == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_catalogues_are_written_with_plain_spaces_and_true_plurals(lang: Lang) -> None:
    wrong = [
        one
        for one, text in texts(lang)
        if re.search("[\u00a0\u202f]|TODO", text) or re.search(r"\w\((s|x|es)\)", text)
    ]
    assert wrong == []
