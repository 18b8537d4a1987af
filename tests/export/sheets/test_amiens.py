"""Sheets of the real friches of Amiens: the longest names, twenty-two parcels, no cadastre."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from foncier.export.sheets import Choice, print_sheets
from foncier.pipeline.write_results import write_results
from foncier.study import read_study

from .pdf import pages

if TYPE_CHECKING:
    from collections.abc import Callable

    from foncier.model import ResultTables

STUDY = Path(__file__).resolve().parents[2] / "studies" / "amiens"
LONGEST = 148  # letters of the longest name in the inventory


@pytest.mark.real
def test_the_longest_real_names_fit_on_one_page(
    real_data: Path, tmp_path: Path, studied: Callable[[str], ResultTables]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FONCIER_REAL_DATA", str(real_data))
        study = read_study(STUDY)
        result = studied("amiens")
        write_results(result, study, tmp_path, lang="fr", timings={})
    sites = result.candidates.set_index("opportunity_id")
    longest = sites["name"].str.len().nlargest(3)
    most_parcels = sites["parcel_ids"].str.count(r"\|").nlargest(1)
    assert longest.iloc[0] == LONGEST
    ids = list(dict.fromkeys([*longest.index, *most_parcels.index]))
    made = print_sheets(tmp_path, tmp_path / "fiches", choice=Choice(ids=tuple(ids)))
    for id_, name in zip(ids, made.files, strict=False):
        first, *more = pages(tmp_path / "fiches" / name)
        text = " ".join((first, *more))
        # Availability, uses and surroundings of a friche take a second page at most.
        assert len(more) <= 1 + (id_ in most_parcels.index), name
        assert " ".join(str(sites["name"][id_]).split()) in text.replace("\u00a0", " ")
        assert "Emprise approximative" in text
        assert "Aucune couche de parcelles fournie" in text
    first, second = pages(tmp_path / "fiches" / "plaquette.pdf")
    assert "47 sites en offre" in first.replace("\u00a0", " ")
    assert "16 sites" in first.replace("\u00a0", " ")  # with a project: left out
    assert "Quai de l'Innovation, 93 rue du Hocquet" in second
