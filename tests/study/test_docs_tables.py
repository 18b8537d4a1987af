"""docs/scores.md shows the tables of the data files."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.study.docs_tables import criteria_table, projects_table, themes_table

PAGE = Path(__file__).resolve().parents[2] / "docs" / "scores.md"
TABLES = {"criteria": criteria_table, "projects": projects_table, "themes": themes_table}


@pytest.mark.parametrize("name", TABLES)
def test_the_page_matches_the_data_files(name: str) -> None:
    """To renew a table after a wanted change, print it and paste it between its marks."""
    page = PAGE.read_text(encoding="utf-8")
    assert f"<!-- {name} -->\n{TABLES[name]()}\n<!-- /{name} -->" in page
