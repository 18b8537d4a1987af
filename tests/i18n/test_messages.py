"""Messages are worded in both languages: numbers, plurals, lists, no-break spaces, nesting."""

from __future__ import annotations

import pickle
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foncier.errors import ConfigError, FormatError
from foncier.i18n import (
    LANGUAGES,
    Localized,
    Message,
    MessageError,
    catalog,
    figure,
    format_value,
    language,
    localize,
    localized,
    set_language,
)
from foncier.i18n.arrays import figures, localize_many
from foncier.readers.report import Journal

if TYPE_CHECKING:
    from collections.abc import Iterator

SAMPLES: dict[str, dict[str, Any]] = {
    "fr": {
        "t.path": "« {path} » : {rows:n} {rows:plural ligne|lignes} !",
        "t.count": {"zero": "aucun site", "one": "{count:n} site", "other": "{count:n} sites"},
        "t.nested": "{what} : {why}",
        "t.list": "avec {names:list}",
        "t.many": "{name} {value:q {unit}} ({share:%}) {rows:n} {rows:plural lot|lots} {x:.2f}",
    },
    "en": {
        "t.path": "“{path}”: {rows:n} {rows:plural row|rows}!",
        "t.count": {"one": "{count:n} site", "other": "{count:n} sites"},
        "t.nested": "{what}: {why}",
        "t.list": "with {names:list}",
        "t.many": "{name} {value:q {unit}} ({share:%}) {rows:n} {rows:plural lot|lots} {x:.2f}",
    },
}


def sent(value: Any) -> Any:
    """Pass a value from one process to another."""
    return pickle.loads(pickle.dumps(value))  # noqa: S301 (our own bytes)


@pytest.fixture(autouse=True, scope="module")
def _samples() -> Iterator[None]:
    """Messages of these tests beside those of the catalogues."""
    with pytest.MonkeyPatch.context() as patch:
        every: dict[str, Any] = {
            one: {**catalog.messages(one), **SAMPLES[one]} for one in LANGUAGES
        }
        patch.setattr(catalog, "messages", every.__getitem__)
        catalog.template.cache_clear()
        yield
    catalog.template.cache_clear()


@pytest.mark.parametrize(
    ("value", "spec", "fr", "en"),
    [
        (31248, "n", "31\u202f248", "31,248"),
        (0.4, "n", "0", "0"),
        (-0.2, ".0f", "0", "0"),
        (1234.56, ".1f", "1\u202f234,6", "1,234.6"),
        (0.05, "+.2f", "+0,05", "+0.05"),
        (0.4, "%", "40\u00a0%", "40%"),
        (0.125, ".1%", "12,5\u00a0%", "12.5%"),
        (5.43, "q m", "5,4\u00a0m", "5.4\u00a0m"),
        (None, "q m", "inconnu", "unknown"),
        (float("nan"), "n", "inconnu", "unknown"),
        (pd.NaT, "date", "inconnu", "unknown"),
        (pd.NA, "", "inconnu", "unknown"),
        (date(2026, 3, 1), "date", "1er\u00a0mars\u00a02026", "1\u00a0March\u00a02026"),
        (date(2026, 3, 1), "day", "01/03/2026", "2026-03-01"),
        (2154, "", "2154", "2154"),
        ("Dent creuse", "lower", "dent creuse", "dent creuse"),
        (["a", "b"], "list", "«\u00a0a\u00a0», «\u00a0b\u00a0»", "“a”, “b”"),
        ("abcdefg", "items 5", "a, b, c, d, e et 2 autres", "a, b, c, d, e and 2 more"),
        ("abcdef", "items 5", "a, b, c, d, e et 1 autre", "a, b, c, d, e and 1 more"),
        ("abcdefg", "items", "a, b, c, d, e, f, g", "a, b, c, d, e, f, g"),
        (0, "plural site|sites", "site", "sites"),
        (1.5, "plural site|sites", "site", "sites"),
    ],
)
def test_values_are_written_as_each_language_does(value: Any, spec: str, fr: str, en: str) -> None:
    assert format_value(value, spec, "fr") == fr
    assert format_value(value, spec, "en") == en


@pytest.mark.parametrize(
    ("count", "fr", "en"),
    [
        (0, "aucun site", "0 sites"),
        (1, "1 site", "1 site"),
        (2, "2 sites", "2 sites"),
        (1200, "1\u202f200 sites", "1,200 sites"),
    ],
)
def test_the_count_selects_the_plural_form(count: int, fr: str, en: str) -> None:
    assert localized("t.count", count=count) == Localized(fr, en)


@given(st.text())
def test_no_break_spaces_never_change_a_parameter(path: str) -> None:
    assert (
        localize("t.path", "fr", path=path, rows=1) == f"«\u00a0{path}\u00a0»\u00a0: 1 ligne\u00a0!"
    )
    assert localize("t.path", "en", path=path, rows=2) == f"“{path}”: 2 rows!"


def test_a_message_in_a_message_is_in_the_same_language() -> None:
    fault = FormatError("t.count", count=1)
    nested = Message("t.nested", what=Message("t.count", count=2), why=fault)
    deeper = Message("t.nested", what=Localized("Cause", "Reason"), why=nested)
    assert localize(deeper, "fr") == "Cause\u00a0: 2 sites\u00a0: 1 site"
    assert localize(deeper, "en") == "Reason: 2 sites: 1 site"


def test_a_message_is_a_value() -> None:
    one, other = (Message("t.path", path="a", rows=[1, 2]) for _ in range(2))
    assert {one} == {other}
    assert sent(one) == one
    assert one != Message("t.path", path="b", rows=[1, 2])
    with pytest.raises(AttributeError):
        one.id = "t.count"


@pytest.mark.parametrize(
    ("message_id", "params", "shown"),
    [
        ("t.unknown", {"rows": 1}, "'t.unknown', rows=1"),
        ("t.path", {"path": "a"}, "'t.path', path='a'"),
        ("t.path", {"path": "a", "rows": "x"}, "'t.path', path='a', rows='x'"),
        ("t.count", {}, "'t.count'"),
    ],
)
def test_a_wrong_message_raises_in_tests_and_is_shown_in_use(
    message_id: str, params: dict[str, Any], shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(MessageError, match="t\\."):
        localize(message_id, "fr", **params)
    monkeypatch.delenv("FONCIER_STRICT_MESSAGES")
    assert localize(message_id, "fr", **params) == shown


numbers = st.one_of(st.floats(-1e7, 1e7), st.just(float("nan")))


@given(
    st.lists(
        st.tuples(st.text(), numbers, numbers, st.integers(0, 10**6), st.integers(0, 3)),
        max_size=12,
    ),
    st.sampled_from(LANGUAGES),
)
def test_many_rows_are_worded_as_each_alone(rows: list[tuple[Any, ...]], lang: Any) -> None:
    names = ("name", "value", "x", "rows", "count")
    columns = dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else {}
    arrays = {
        name: np.array(columns.get(name, ()), dtype=object if name == "name" else None)
        for name in names
    }
    for message_id in ("t.many", "t.count"):
        alone = [
            localize(message_id, lang, unit="m²", share=0.5, **dict(zip(names, row, strict=True)))
            for row in rows
        ]
        many = localize_many(message_id, lang, len(rows), unit="m²", share=0.5, **arrays)
        assert many.tolist() == alone


def test_each_row_may_have_a_list() -> None:
    names = np.empty(2, dtype=object)
    names[:] = [["a"], ["a", Message("t.count", count=2)]]
    assert localize_many("t.list", "en", 2, names=names).tolist() == [
        "with “a”",
        "with “a”, “2 sites”",
    ]


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({}, "fr"),
        ({"LANG": "C.UTF-8"}, "fr"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LC_ALL": "de_DE.UTF-8", "LANG": "en_GB.UTF-8"}, "fr"),
        ({"LC_MESSAGES": "en_US", "LANG": "fr_FR.UTF-8"}, "en"),
        ({"FONCIER_LANG": "fr", "LC_ALL": "en_US.UTF-8"}, "fr"),
        ({"FONCIER_LANG": "en", "LC_ALL": "fr_FR.UTF-8"}, "en"),
    ],
)
def test_the_language_is_that_of_the_environment_until_it_is_set(
    env: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("FONCIER_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert language() == expected
    set_language("en" if expected == "fr" else "fr")
    try:
        assert language() != expected
    finally:
        set_language(None)


def test_an_error_speaks_the_current_language(monkeypatch: pytest.MonkeyPatch) -> None:
    fault = FormatError("t.count", count=1200)
    assert str(fault) == "1\u202f200 sites"
    monkeypatch.setenv("FONCIER_LANG", "en")
    assert str(fault) == "1,200 sites"
    assert fault.message("fr") == "1\u202f200 sites"
    assert isinstance(fault, (OSError, ValueError))
    assert (fault.exit_code, fault.id, dict(fault.params)) == (3, "t.count", {"count": 1200})


def test_an_error_crosses_processes_with_its_cause_as_words() -> None:
    fault = FormatError("t.nested", what="a", why=OSError(lambda: 0, "disque plein"))
    fault.add_note("tile 3")
    back = sent(fault)
    assert type(back) is FormatError
    assert (str(back), back.__notes__) == (str(fault), ["tile 3"])


def test_an_error_may_still_be_a_sentence() -> None:
    assert str(ConfigError("Un fichier {vide} : rien.")) == "Un fichier {vide} : rien."
    assert str(sent(ConfigError("vide"))) == "vide"
    with pytest.raises(MessageError):
        ConfigError("t.unknown")


def test_a_note_is_a_message_with_its_count() -> None:
    journal = Journal()
    journal.add("dropped", 1, "t.count")
    journal.add("dropped", 0, "t.count")
    assert [note.text for note in journal.notes] == [
        Localized("1 site", "1 site"),
    ]


def test_value_halfway_between_two_decimals_does_not_change_the_others() -> None:
    values = np.array([0.05, 0.03125])
    assert figures(values, "m", "en").tolist() == [figure(value, "m", "en") for value in values]
