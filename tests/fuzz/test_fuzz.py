"""Broken files end in a table or in an error of our tree, never in anything else."""

from __future__ import annotations

import gzip
from random import Random
from typing import TYPE_CHECKING

import pytest

from .breaking import SEEDS, case, tried

if TYPE_CHECKING:
    from pathlib import Path

# Cases that once found a fault: coordinates that are no numbers, text that is none, nodes without
# a place or a number.
KEPT = (237, 590, 2210, 2689, 2910, 3040, 3110, 3443)
FRESH = 5 * len(SEEDS)
GOOD = {"read", "FormatError", "ConfigError", "ContractError", "CrsError", "SourceError"}


@pytest.mark.parametrize("seed", [*range(FRESH), *KEPT])
def test_a_broken_file_ends_in_a_table_or_a_clear_error(seed: int, tmp_path: Path) -> None:
    assert set(tried(*case(seed, Random(seed)), tmp_path)) <= GOOD


@pytest.mark.parametrize("name", SEEDS)
def test_unbroken_it_is_read(name: str, tmp_path: Path) -> None:
    """Else the cases above would only show that a bad file stays bad."""
    data, readers = SEEDS[name]
    whole = gzip.compress(data) if name.endswith(".gz") else data
    assert set(tried(name, whole, readers, tmp_path)) == {"read"}
