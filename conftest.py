"""One run of the demonstration for all doctests and tests that look at a result."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Take away the measures that a doctest registers: their names end with the doctest."""
    module = sys.modules.get("foncier.detect.measures")
    before = dict(module._MEASURES) if module and isinstance(item, pytest.DoctestItem) else None
    yield
    if module and before is not None:
        module._MEASURES.clear()
        module._MEASURES.update(before)
