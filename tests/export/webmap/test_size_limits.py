"""A page that would be too heavy leaves out whole layers, and says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foncier.export.webmap import grid
from foncier.export.webmap.payload import payload

if TYPE_CHECKING:
    import pytest

    from foncier.model import ResultTables


def test_what_one_page_cannot_hold_is_left_out_whole_and_told(
    small_result: ResultTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = payload(small_result, lang="fr")
    assert len(whole["rejected"]["parcel"]) == len(small_result.rejections) > 0
    monkeypatch.setattr(grid, "MOST_REJECTED", len(small_result.rejections) - 1)
    houses = len(small_result.background.buildings)
    monkeypatch.setattr(grid, "MOST_BUILDINGS", houses - 1)
    fitted = payload(small_result, lang="fr")
    assert fitted["rejected"]["parcel"] == []
    assert len(fitted["sites"]["id"]) == len(small_result.candidates)
    told = {what: fr for what, fr, _ in fitted["missing"][len(whole["missing"]) :]}
    assert f"{len(small_result.rejections)} parcelles écartées" in told["rejections"]
    assert "par carreau" in told["rejections"]
    assert sum(fitted["squares"]["count"]) == len(small_result.rejections)
    assert whole["squares"]["count"] == []
    assert f"{houses} bâtiments" in told["background"]
