"""What is public changes on purpose only: `tests/golden/public.json` and the changelog say it."""

from __future__ import annotations

import json

from tests.public_surface import GOLDEN, broken, surface


def test_what_is_public_is_what_was_agreed() -> None:
    """After a change on purpose: an entry in the changelog, `python -m tests.public_surface`."""
    assert surface() == json.loads(GOLDEN.read_text(encoding="utf-8"))


def test_what_breaks_a_user_is_found_and_what_is_new_is_not() -> None:
    old = {"api": {"run": "study", "diff": "old, new"}, "commands": {"run": "--out"}}
    new = {"api": {"run": "study, lang=None", "match": ""}, "commands": {"run": "--out"}}
    assert broken(old, new) == ["run", "diff"]
    assert broken(old, old | {"layers": {"lieux": "place_id"}}) == []
