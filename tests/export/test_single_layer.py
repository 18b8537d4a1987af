"""Form of the visits in a real headless QGIS: opened, filled in, read back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from foncier import readers, validation
from foncier.export import diff, visits
from foncier.export.visits import Visits, write_form
from foncier.model import VERDICTS, VISIT_VERDICTS, LayerFile
from foncier.validation import Edition

from ..conftest import LAMBERT_93
from .test_qgis import ARTEFACTS, HERE, qgis, run

if TYPE_CHECKING:
    from pathlib import Path

    from foncier.model import ResultTables

__all__ = ["qgis"]  # the fixture that skips where QGIS is not installed


def planned(result: ResultTables) -> Visits:
    """Every site of a result, to be visited."""
    sites = result.candidates.assign(stratum=range(len(result.candidates)))
    found = pd.DataFrame(sites[["opportunity_id", "kind", "confidence"]]).assign(
        holds=pd.array([None] * len(sites), dtype="boolean")
    )
    rows, strata = validation.visit_plan(found, len(sites))[:2]
    own = result.candidates.merge(rows, on="opportunity_id")
    return Visits(result.title, result.demo, result.edition, own, strata)


def opened(path: Path, layer: str, *, verdict: str = "") -> dict[str, Any]:
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    picture = ARTEFACTS / f"{layer}.png"
    done = run(str(HERE.parent / "forms_script.py"), str(path), layer, str(picture), verdict)
    assert done.returncode == 0, done.stderr
    assert picture.stat().st_size > 2000
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.mark.qgis
def test_form_asks_for_a_verdict_and_a_date(
    qgis: str, small_result: ResultTables, tmp_path: Path
) -> None:
    path = tmp_path / "visites.gpkg"
    write_form(planned(small_result), path, lang="fr")
    told = opened(path, "visites", verdict="batiment_vacant")
    assert told["valid"]
    assert told["style_loaded"], told["message"]
    assert (told["count"], told["crs"]) == (3, "EPSG:2154")
    assert told["renderer"] == "categorizedSymbol"
    assert told["labels"]
    assert told["widgets"]["verdict"] == "ValueMap"
    assert told["widgets"]["date"] == "DateTime"
    assert told["widgets"]["note"] == "TextEdit"
    assert told["types"]["date"] == "Date"
    assert told["choices"] == [[VERDICTS[v].text.fr, v] for v in VISIT_VERDICTS]
    assert told["aliases"]["date"] == "Date de la visite"
    columns = [column.name for column in visits.VISITS.columns]
    assert told["closed"] == [c for c in columns if c not in ("verdict", "date", "note")]
    # What QGIS saved comes back as truth and as evidence.
    assert told["saved"]
    truth, _, _ = readers.read_truth(path, crs=LAMBERT_93)
    assert truth["verdict"].tolist() == ["batiment_vacant"] * 3
    assert set(truth["observed_on"]) == {pd.Timestamp("2026-02-03")}
    file = LayerFile("observations", path, path.name, "visits")
    signs, _ = readers.read(file, crs=LAMBERT_93, communes=("80021",))
    assert set(signs["signal"]) == {"visit_batiment_vacant"}


@pytest.mark.qgis
def test_layer_of_differences_is_coloured_by_fate(
    qgis: str, small_result: ResultTables, tmp_path: Path
) -> None:
    sites = small_result.candidates.merge(small_result.scores, on="opportunity_id")
    old = Edition(sites, small_result.evidence, small_result.rejections)
    new = Edition(sites.iloc[1:].reset_index(drop=True), old.evidence, old.rejections)
    rows = validation.compare_results(old, new)
    path = tmp_path / "differences.gpkg"
    diff.write_layer(rows, path, title="Essai", day=small_result.edition, lang="fr")
    told = opened(path, "differences")
    assert told["style_loaded"], told["message"]
    assert told["count"] == 3
    assert told["widgets"]["fate"] == "ValueMap"
    assert set(told["closed"]) == {c.name for c in diff.DIFFERENCES.columns}


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_each_site_has_a_reason_to_visit(small_result: ResultTables, lang: Any) -> None:
    table = visits.table(planned(small_result), lang)
    assert list(table.columns) == visits.VISITS.names
    words = table["reason"].str.cat(sep=" ")
    assert ("1 site, 0 déjà vu" in words) == (lang == "fr")
    assert "1 sites" not in words
    assert table["lon"].between(2.2, 2.4).all()
    assert table["lat"].between(49.8, 50).all()


def test_plan_without_visit_is_an_empty_form(small_result: ResultTables, tmp_path: Path) -> None:
    import pyogrio

    whole = planned(small_result)
    none = Visits(whole.title, True, None, whole.sites.iloc[:0], whole.strata)
    write_form(none, tmp_path / "v.gpkg", lang="en")
    assert len(pyogrio.read_dataframe(tmp_path / "v.gpkg", layer="visites")) == 0
