"""Data dictionary: every column of every schema, in both languages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from foncier import schemas
from foncier.export import dictionary
from foncier.export.layers import LAYER_TABLES

if TYPE_CHECKING:
    from foncier.schemas import Table

EVERY = (*schemas.INPUTS, *schemas.RESULTS, *LAYER_TABLES)
DOCS = Path(__file__).resolve().parents[2] / "docs" / "data-dictionary.md"


@pytest.mark.parametrize("table", EVERY, ids=lambda table: table.name)
def test_dictionary_has_every_column(table: Table) -> None:
    text = dictionary.markdown()
    part = text.split(f"### `{table.name}` ")[1].split("\n### ")[0].split("\n## ")[0]
    for column in table.columns:
        row = next(line for line in part.splitlines() if line.startswith(f"| `{column.name}` |"))
        assert column.fr.replace("|", "\\|") in row
        assert column.en.replace("|", "\\|") in row


def test_tables_are_well_formed() -> None:
    text = dictionary.markdown()
    rows = [line.replace("\\|", "") for line in text.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in rows} == {8, 4}
    assert text.endswith("|\n")
    assert "**" not in text
    assert not [line for line in text.splitlines() if line != line.rstrip()]


def test_page_of_the_docs_is_up_to_date() -> None:
    assert DOCS.read_text(encoding="utf-8") == dictionary.markdown()
