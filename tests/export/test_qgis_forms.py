"""The form of an opportunity in a real headless QGIS: tabs with rows, rows with words."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from foncier.model.entries import ENTRIES, STATUSES, VISITS
from foncier.results import read_saved
from foncier.results.entries import editing, insert
from foncier.results.layers import GEOPACKAGE

from .test_qgis import HERE, qgis, run

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["qgis"]  # the fixture that skips where QGIS is not installed
pytestmark = pytest.mark.qgis
DAY = dt.date(2026, 12, 1)
COLUMNS = ["Fiche", "Propriété, permis, PLU", "Mesures", "Score", "Accès"]
WRITTEN = ["Visites", "Avis"]
EVERY = ["Disponibilité", "Indices", "Temps de parcours", "Notes", "Parcelles"]
FRICHE = ["Mutabilité", "Mutabilité\N{NO-BREAK SPACE}: réponses", "Coûts"]


def forms(path: Path, *expressions: str) -> list[dict[str, Any]]:
    done = run(str(HERE.parent / "qgis_forms_script.py"), str(path), *expressions)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def seen(
    qgis: str, demo_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> list[dict[str, Any]]:
    """The forms of the first friche and of the first dent creuse of the demonstration.

    The dent creuse has been visited once, is to be visited again, and its owner was contacted.
    """
    folder = tmp_path_factory.mktemp("forms")
    for name in (GEOPACKAGE, ENTRIES):
        shutil.copy(demo_folder / name, folder / name)
    sites = read_saved(demo_folder).table("opportunites").set_index("overall_rank")
    site = {"opportunity_id": sites.loc[8, "opportunity_id"]}
    visit = {"visit_id": "a", "verdict": "occupe", "date": DAY, "name": "Rue Haute"}
    status = {"status_id": "a", "site_status": "contacte", "date": DAY}
    with editing(folder / ENTRIES) as base:
        insert(base, VISITS, [{**visit, **site}, {"visit_id": "b", **site}])
        insert(base, STATUSES, [{**status, **site}])
    return forms(
        folder / GEOPACKAGE,
        """ "kind" = 'friche' and "overall_rank" = 1 """,
        """ "kind" = 'dent_creuse' and "overall_rank" = 8 """,
    )


def test_a_form_has_the_tabs_that_have_rows(seen: list[dict[str, Any]]) -> None:
    friche, plot = seen
    assert friche["tabs"] == [*COLUMNS, *WRITTEN, *EVERY, *FRICHE, "Autour"]
    assert plot["tabs"] == [*COLUMNS, *WRITTEN, *EVERY, "Autour"]


def test_a_file_sent_alone_has_no_blank_tab(qgis: str, demo_folder: Path, tmp_path: Path) -> None:
    """Without `saisies.gpkg` beside it, visits and statuses have nothing to show."""
    shutil.copy(demo_folder / GEOPACKAGE, tmp_path / GEOPACKAGE)
    (alone,) = forms(tmp_path / GEOPACKAGE, '"overall_rank" = 1')
    assert alone["tabs"] == [*COLUMNS, *EVERY, *FRICHE, "Autour"]


def test_the_rows_of_a_tab_are_named_by_words(seen: list[dict[str, Any]]) -> None:
    """Never by an internal code, nor by the identifier that all have."""
    for one in seen:
        for tab, rows in one["rows"].items():
            assert all(row not in ("", "NULL") for row in rows), tab
            assert not [row for row in rows if re.fullmatch(r"[a-z]+(_[a-z]+)*", row)], tab
            assert not [row for row in rows if row.startswith(("FR-", "DC-"))], tab
    friche, plot = seen
    assert plot["rows"]["Visites"] == ["01/12/2026 : Occupé - Rue Haute", "À visiter"]
    assert plot["rows"]["Avis"] == ["01/12/2026 : Propriétaire contacté"]
    assert "Gare" in friche["rows"]["Temps de parcours"]
    assert "Surface offerte" in friche["rows"]["Notes"]
    assert "Statut du site : sans projet" in friche["rows"]["Disponibilité"]
    assert "Service public : Médiathèque du Port" in friche["rows"]["Autour"]
    assert all(re.fullmatch(r"80021000[0-9A-Z]{6}", row) for row in friche["rows"]["Parcelles"])
