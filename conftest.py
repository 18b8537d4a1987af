"""One run of the demonstration for all doctests and tests that look at a result."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from foncier import Result


@pytest.fixture(scope="session")
def public_result() -> Result:
    """Result of the demonstration; tables are copies, so tests may share it."""
    import foncier as fo  # noqa: PLC0415 (slow to import: most tests need no result)

    return fo.run(fo.demo_study())


@pytest.fixture(autouse=True)
def _result_in_doctests(request: pytest.FixtureRequest, doctest_namespace: dict[str, Any]) -> None:
    """Give ``result`` to the doctests of the public names."""
    node: Any = request.node
    if isinstance(node, pytest.DoctestItem) and any(
        "result" in e.source for e in node.dtest.examples
    ):
        doctest_namespace["result"] = request.getfixturevalue("public_result")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Expect the failures that `tests/known_failures.txt` lists."""
    lines = (Path(__file__).parent / "tests" / "known_failures.txt").read_text("utf-8").splitlines()
    known = tuple(line for line in lines if line.startswith("tests/"))
    for item in items:
        if item.nodeid.startswith(known):
            item.add_marker(pytest.mark.xfail(reason="tests/known_failures.txt", strict=False))
