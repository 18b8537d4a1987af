"""The rule sets on the real cadastre of Ennezat: counts, published programs, readings of plans."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest
import shapely

from foncier import detect
from foncier.pipeline import compare_profiles
from foncier.pipeline.layers import read_layers
from foncier.pipeline.readings import assess, count_reasons
from foncier.pipeline.run import CONTEXT_LAYERS
from foncier.study import published, read_study

if TYPE_CHECKING:
    from foncier.study.config import Study

STUDY = Path(__file__).resolve().parent / "studies" / "ennezat"
COUNTS = {
    "foncier": (92, 234),
    "foncier-api": (59, 75),
    "parcel-manager": (125, 325),
    "qgis-foncier": (61, 114),
}
pytestmark = pytest.mark.real


@pytest.fixture
def study(real_data: Path, monkeypatch: pytest.MonkeyPatch) -> Study:
    monkeypatch.setenv("FONCIER_REAL_DATA", str(real_data))
    return read_study(STUDY)


def test_each_rule_set_finds_what_the_docs_say(study: Study) -> None:
    found = compare_profiles.compare(study)
    rows = found.summary.set_index("profile")[["dent_creuse", "terrain_divisible"]]
    assert dict(zip(rows.index, rows.itertuples(index=False, name=None), strict=True)) == COUNTS
    by = found.agreement.groupby(["kind", "found_by"]).size()
    assert by["dent_creuse"].to_dict() == {1: 58, 2: 26, 3: 41, 4: 26}
    assert by["terrain_divisible"].to_dict() == {1: 177, 2: 85, 3: 67, 4: 50}


def test_bare_plots_of_qgis_foncier_equal_those_of_its_own_sql(study: Study) -> None:
    """The same parcels and fabric classes as its SQL on PostGIS, before zone and access.

    ``qgis-foncier-nus.csv`` is what its functions 1 to 3 find with the cadastre of the study
    (aandrieu1406/qgisfoncierV2, 2024-04-15; PostGIS 3.3, GEOS 3.11), parcels as land units.
    """
    layers = read_layers(study)
    context = detect.SpatialContext(**{k: layers.get(k) for k in CONTEXT_LAYERS})
    rules = published("qgis-foncier")
    others = ("zone", "exclusion", "access")  # of foncier, or of its later functions
    bare = tuple(r for r in rules.rules["dent_creuse"] if r.name not in others)
    own = replace(rules, rules={"dent_creuse": bare}, assembly=None)
    town = shapely.box(*layers.get("parcels").total_bounds)
    found = detect.find_plots(context, own, town, source="").candidates
    expected = pd.read_csv(STUDY / "qgis-foncier-nus.csv").set_index("parcel_id")["fabric"]
    assert len(expected) == 106
    assert dict(zip(found["parcel_ids"], found["fabric"], strict=True)) == expected.to_dict()


def test_rule_sets_against_the_parcels_read_on_plans(study: Study, real_data: Path) -> None:
    """Figures of the README of the truths; those of the default rule set are in the docs."""
    names = ("ennezat-plans-lus.csv", "ennezat-plans-lus-2.csv")
    files = [*(real_data / "truth" / name for name in names), STUDY / "lecture-3.csv"]
    readings = assess(compare_profiles.compare(study), files)
    keys = ["rule_set", "kind"]
    f1 = readings.scores.pivot_table(index=keys, columns="reading", values="f1", sort=False)
    f1 = f1.round(2)[[file.stem for file in files]]
    found = {key: tuple(row) for key, row in zip(f1.index, f1.to_numpy(), strict=True)}
    assert found["foncier-api", "dent_creuse"] == (0.45, 0.74, 0.24)
    assert found["foncier-api", "terrain_divisible"] == (0.70, 0.46, 0.30)
    assert found["parcel-manager", "dent_creuse"] == (0.62, 0.69, 0.79)
    kappas = readings.agreement.iloc[0]
    assert (kappas["shared"], kappas["certain"], kappas["agreed"]) == (20, 16, 13)
    assert (round(kappas["kappa"], 2), round(kappas["kappa_certain"], 2)) == (0.48, 0.70)
    errors = readings.errors
    assert set(errors["error"]) == {"missed", "wrong"}
    assert errors["reason_fr"].notna().all()
    assert errors.loc[errors["error"] == "missed", "rule"].notna().all()
    counts = count_reasons(errors)
    assert counts["labels"].sum() >= len(errors)
