"""The rule sets on the real cadastre of Ennezat: counts, and one envelope done plainly again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely

from foncier import detect
from foncier.detect.measures import find_measure
from foncier.pipeline import compare_profiles
from foncier.pipeline.layers import read_layers
from foncier.pipeline.readings import assess, count_reasons
from foncier.pipeline.run import CONTEXT_LAYERS
from foncier.study import published, read_study

if TYPE_CHECKING:
    from foncier.study.config import Study

STUDY = Path(__file__).resolve().parent / "studies" / "ennezat"
COUNTS = {
    "foncier": (58, 68),
    "foncier-api": (59, 75),
    "parcel-manager": (122, 318),
    "qgis-foncier": (58, 116),
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
    assert by["dent_creuse"].to_dict() == {1: 63, 2: 30, 3: 34, 4: 18}
    assert by["terrain_divisible"].to_dict() == {1: 201, 2: 68, 3: 12, 4: 51}


def test_the_envelope_of_qgis_foncier_equals_one_drawn_over_the_whole_town(study: Study) -> None:
    """Holes under 50 m² filled, parts of 500 m² or more, 30 % and 100 m² of the parcel in it."""
    layers = read_layers(study)
    context = detect.SpatialContext(**{k: layers.get(k) for k in CONTEXT_LAYERS})
    rules = {r.name: r for r in published("qgis-foncier").rules["dent_creuse"]}
    share, area = rules["envelope"], rules["envelope_area"]
    assert (share.at_least, area.at_least, share.params["hole_m2"]) == (30, 100, 50)
    town = _by_the_book(context.footprints)
    shapely.prepare(town)  # most plots lie wholly in it, or wholly out of it
    whole, met = shapely.covers(town, context.plots), shapely.intersects(town, context.plots)
    inside = np.where(whole, shapely.area(context.plots), 0.0)
    cut = met & ~whole
    inside[cut] = [shapely.intersection(plot, town).area for plot in context.plots[cut]]
    rows = np.arange(len(context.plots))
    found = find_measure(area.measure).take(context, rows, area.params)[0]
    # A circle drawn with eight sides a quarter is 0.5 % short of 50 m, here and there.
    assert (np.abs(found - inside) / shapely.area(context.plots)).max() < 0.01
    assert np.quantile(np.abs(found - inside), 0.98) < 0.01
    expected = (inside >= 100) & (inside / shapely.area(context.plots) >= 0.30)
    shares = find_measure(share.measure).take(context, rows, share.params)[0]
    verdict = (found >= 100) & (shares >= 0.30)
    assert 800 < expected.sum() < len(rows)
    assert (verdict == expected).all()


def _by_the_book(footprints: np.ndarray) -> shapely.Geometry:
    """+50 m, holes filled, −30 m, small parts left out: over the whole commune at once."""
    kept = [shape for shape in footprints if shape.area >= 25]
    grown = shapely.union_all([shape.buffer(50, quad_segs=8) for shape in kept])
    filled = [
        shapely.Polygon(
            part.exterior, [hole for hole in part.interiors if shapely.Polygon(hole).area > 50]
        )
        for part in getattr(grown, "geoms", [grown])
    ]
    worn = shapely.union_all(filled).buffer(-30, quad_segs=8)
    return shapely.union_all([part for part in worn.geoms if part.area >= 500])


def test_rule_sets_against_the_parcels_read_on_plans(study: Study, real_data: Path) -> None:
    """Figures of the README of the truths; those of the default rule set are in the docs."""
    names = ("ennezat-plans-lus.csv", "ennezat-plans-lus-2.csv")
    files = [*(real_data / "truth" / name for name in names), STUDY / "lecture-3.csv"]
    readings = assess(compare_profiles.compare(study), files)
    f1 = readings.scores.pivot(index=["rule_set", "kind"], columns="reading", values="f1").round(2)
    found = {key: tuple(row) for key, row in zip(f1.index, f1.to_numpy(), strict=True)}
    assert found["foncier-api", "dent_creuse"] == (0.45, 0.74, 0.24)
    assert found["foncier-api", "terrain_divisible"] == (0.70, 0.46, 0.30)
    assert found["parcel-manager", "dent_creuse"] == (0.64, 0.69, 0.79)
    kappas = readings.agreement.iloc[0]
    assert (kappas["shared"], kappas["certain"], kappas["agreed"]) == (20, 16, 13)
    assert (round(kappas["kappa"], 2), round(kappas["kappa_certain"], 2)) == (0.48, 0.70)
    errors = readings.errors
    assert set(errors["error"]) == {"missed", "wrong"}
    assert errors["reason_fr"].notna().all()
    assert errors.loc[errors["error"] == "missed", "rule"].notna().all()
    counts = count_reasons(errors)
    assert counts["labels"].sum() >= len(errors)
