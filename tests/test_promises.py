"""What SECURITY.md and docs/robustness.md promise is held by tests that exist."""

from __future__ import annotations

import ast
import re

import pytest

from .conftest import ROOT

PAGES = ("SECURITY.md", "docs/robustness.md")
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
REQUIREMENT = re.compile(r"^[A-Za-z0-9][\w.\[\]-]* ?(==|@)", re.MULTILINE)


def defined(path: str) -> set[str]:
    """Names of the functions and classes of a test module."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.ClassDef)
    return {one.name for one in ast.walk(tree) if isinstance(one, kinds)}


@pytest.mark.parametrize("page", PAGES)
def test_every_test_that_a_page_names_exists(page: str) -> None:
    named = NAMED.findall((ROOT / page).read_text(encoding="utf-8"))
    assert named
    missing = [f"{path}::{name}" for path, name in named if name not in defined(path)]
    assert not missing


def test_every_protection_names_its_test_or_says_that_there_is_none() -> None:
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 15
    assert not [row for row in rows if not NAMED.search(row) and "not in the tests" not in row]


def test_every_section_on_a_campaign_names_its_tests() -> None:
    text = (ROOT / "docs/robustness.md").read_text(encoding="utf-8")
    sections = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    without = [one.splitlines()[0] for one in sections if not NAMED.search(one)]
    assert without == ["Not tested", "Dependencies"]


@pytest.mark.parametrize("file", sorted((ROOT / "requirements").glob("*.txt")), ids=str)
def test_every_dependency_has_a_hash(file: object) -> None:
    text = (ROOT / str(file)).read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=[A-Za-z0-9])", text)
    pinned = [block for block in blocks if REQUIREMENT.match(block)]
    assert pinned
    assert not [block.splitlines()[0] for block in pinned if "--hash=sha256:" not in block]
