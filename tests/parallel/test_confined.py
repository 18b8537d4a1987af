"""Reading in a child process with limits: what exceeds them ends in one error, not in a crash."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from foncier.errors import FormatError, SourceError
from foncier.parallel import confined
from foncier.readers import files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIMITS = confined.Limits(memory_mb=1024, seconds=5, text_chars=1000)
linux = pytest.mark.skipif(sys.platform != "linux", reason="limits of memory and processor")


@pytest.fixture(scope="module", autouse=True)
def child() -> Iterator[None]:
    """The child of these tests, which the next module does not need."""
    yield
    if confined._child.process is not None:
        confined._child._end()


NAMES = {"name": ["a", "b"]}


def test_a_table_comes_back_as_it_is() -> None:
    there = confined.call(LIMITS, "a.geojson", pd.DataFrame, NAMES)
    pd.testing.assert_frame_equal(pd.DataFrame(NAMES), there)


def test_without_limits_it_is_this_process() -> None:
    assert confined.call(None, "a.geojson", os.getpid) == os.getpid()
    assert confined.call(LIMITS, "a.geojson", os.getpid) != os.getpid()


def test_files_are_read_by_one_child() -> None:
    assert len({confined.call(LIMITS, "a.geojson", os.getpid) for _ in range(3)}) == 1


def test_an_error_of_a_reader_comes_back(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="nothing"):
        confined.call(LIMITS, "nothing", files.sha256, tmp_path / "nothing", "nothing")


CASES: dict[str, tuple[Any, ...]] = {
    "memory": (bytearray, 4 << 30),
    "processor": (sum, range(10**12)),
    "crash": (os.abort,),
    "text": (pd.DataFrame, {"name": ["x" * 2000]}),
    "clock": (time.sleep, 60),
}


@linux
@pytest.mark.parametrize("case", CASES)
def test_what_exceeds_a_limit_is_one_error_and_the_next_file_is_read(case: str) -> None:
    limits = replace(LIMITS, seconds=1)
    with pytest.raises(FormatError, match=r"a\.geojson.*--untrusted"):
        confined.call(limits, "a.geojson", *CASES[case])
    assert len(confined.call(LIMITS, "b.geojson", pd.DataFrame, NAMES)) == 2
