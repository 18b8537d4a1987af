"""The docs show the rules as the data files hold them."""

from __future__ import annotations

from pathlib import Path

import pytest

from foncier.study.telling import criteria_table, projects_table, themes_table

PAGE = Path(__file__).resolve().parents[2] / "docs" / "scores.md"
TABLES = {"criteria": criteria_table, "projects": projects_table, "themes": themes_table}


@pytest.mark.parametrize("name", TABLES)
def test_the_page_shows_what_the_data_files_say(name: str) -> None:
    """To renew a table after a wanted change, print it and paste it between its marks."""
    page = PAGE.read_text(encoding="utf-8")
    assert f"<!-- {name} -->\n{TABLES[name]()}\n<!-- /{name} -->" in page
