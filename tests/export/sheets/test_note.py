"""The note for elected members: one page whatever the result, without what is taken."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from foncier.errors import ConfigError
from foncier.export.report import write_report

from .pdf import pages

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from foncier.model import ResultTables


@pytest.mark.parametrize("taken", [False, True])
def test_one_page_without_what_is_taken(
    delivered: Callable[..., Path], small_result: ResultTables, tmp_path: Path, *, taken: bool
) -> None:
    classes = ["pris" if taken else "pret", "a_confirmer", "a_confirmer"]
    sites = small_result.candidates.assign(availability_class=classes)
    folder = delivered(replace(small_result, candidates=sites), mapped=False)
    made = write_report(folder, tmp_path / "out", "note")
    assert made.files == ("note.pdf",)
    (text,) = pages(tmp_path / "out" / "note.pdf")
    first = text[text.index("Les dix premiers") :]
    assert ("Halle <Sernam>" in first) != taken
    assert ("oui, vite" in first) != taken
    assert ("déjà pris" in first) == taken  # to be followed


def test_an_unknown_kind_names_the_known_ones(small_result: ResultTables, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="note"):
        write_report(tmp_path, tmp_path / "out", "zae")
