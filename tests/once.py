"""What one process of a test run makes, all of them read."""

from __future__ import annotations

import os
import pickle
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest


def shared(factory: pytest.TempPathFactory) -> Path:
    """Folder that the processes of one test run have in common."""
    own = factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


def once(path: Path, make: Callable[[], Any]) -> Any:
    """Value that the first process to ask makes and keeps in a file, and the others read there.

    When the making fails, the next process to ask tries again, and fails for itself.
    """
    turn = path.with_suffix(".turn")
    while not path.exists():
        try:
            turn.mkdir()
        except FileExistsError:
            time.sleep(0.2)
            continue
        try:
            draft = path.with_suffix(".draft")
            draft.write_bytes(pickle.dumps(make()))
            draft.replace(path)
        finally:
            turn.rmdir()
    return pickle.loads(path.read_bytes())  # noqa: S301 (our own file, of this very run)
