"""Blind plan sheets: what is drawn, what is not said, and the form that comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from tests.hamlet import hamlet
from tests.test_cli import foncier

from foncier import demo
from foncier.export.plan_sheets import write_pdf
from foncier.pipeline import compare_profiles, plan_sheets, readings, validate
from foncier.study import read_study
from foncier.validation import draw_from_strata

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> compare_profiles.Comparison:
    folder = hamlet(tmp_path_factory.mktemp("h") / "h")
    return compare_profiles.compare(read_study(folder))


def test_strata_share_the_sample_and_weights_add_up() -> None:
    strata = pd.Series(["a"] * 2 + ["b"] * 30 + ["c"] * 100, [f"p{n:03d}" for n in range(132)])
    rows, sizes = draw_from_strata(strata, 20)
    assert rows["stratum"].value_counts().to_dict() == {"a": 2, "b": 9, "c": 9}
    assert rows.groupby("stratum")["weight"].sum().round(9).to_dict() == sizes.to_dict()
    again, _ = draw_from_strata(strata.sample(frac=1, random_state=3), 20)
    assert again["id"].tolist() == rows["id"].tolist()
    assert rows["stratum"].tolist() != sorted(rows["stratum"])
    assert len(draw_from_strata(strata, 500)[0]) == 132


def test_every_parcel_is_in_one_stratum_and_known_ones_are_not_drawn(
    comparison: compare_profiles.Comparison, tmp_path: Path
) -> None:
    parcels = comparison.scene.parcels["parcel_id"]
    sheets, sample = plan_sheets.draw_parcels(comparison, len(parcels))
    assert sorted(sample["id"]) == sorted(parcels)
    assert sample["weight"].eq(1).all()
    none = sample.loc[sample["stratum"] == plan_sheets.NONE, "id"]
    assert not none.isin(comparison.agreement["parcel_id"]).any()
    known = tmp_path / "lu.csv"
    known.write_text(f"parcel_id,verdict\n{parcels.iloc[0]},faux\n", encoding="utf-8")
    _, rest = plan_sheets.draw_parcels(comparison, len(parcels), [known])
    assert set(parcels) - set(rest["id"]) == {parcels.iloc[0]}
    assert sheets.places["place_id"].tolist() == sample["id"].tolist()


def test_the_form_is_read_back_and_says_nothing_of_the_rule_sets(
    comparison: compare_profiles.Comparison, tmp_path: Path
) -> None:
    sheets, sample = plan_sheets.draw_parcels(comparison, 2)
    plan_sheets.write(sheets, tmp_path, lang="fr", sample=sample)
    pages = sorted(p.name for p in (tmp_path / "plans").iterdir())
    assert pages == [f"{n + 1:03d}-{i}.png" for n, i in enumerate(sample["id"])]
    form = pd.read_csv(tmp_path / "lecture.csv", sep=";", decimal=",", encoding="utf-8-sig")
    assert form.columns.tolist() == ["parcel_id", "verdict", "reason", "weight"]
    form.assign(verdict="faux").to_csv(tmp_path / "lecture.csv", index=False)
    found = readings.assess(comparison, [tmp_path / "lecture.csv"])
    assert found.scores["judged"].eq(2).all()


def test_the_same_places_give_the_same_bytes(
    comparison: compare_profiles.Comparison, tmp_path: Path
) -> None:
    sheets, _ = plan_sheets.draw_parcels(comparison, 1)
    for name in ("a.pdf", "b.pdf"):
        write_pdf(sheets, tmp_path / name, lang="en")
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()


def test_visits_of_a_plan_are_drawn_from_the_layers_of_their_study(
    demo_folder: Path, tmp_path: Path
) -> None:
    visits = validate.visits(demo_folder, [], 2)
    sheets = plan_sheets.visit_sheets(read_study(demo.study_folder()), visits.sites)
    assert sheets.places["place_id"].tolist() == visits.sites["opportunity_id"].tolist()
    assert np.isin(sheets.verdicts, ["occupe", "friche_confirmee"]).sum() == 2
    plan_sheets.write(sheets, tmp_path, lang="fr")
    assert len(list((tmp_path / "plans").iterdir())) == 2
    assert not (tmp_path / "tirage.csv").exists()


def test_options_that_need_another_are_refused(demo_folder: Path, tmp_path: Path) -> None:
    no_folder = foncier("compare-profiles", hamlet(tmp_path / "h"), "--plan", "3")
    no_plan = foncier("validate", demo_folder, "--truth", "x.csv", "--sheets", "x")
    assert (no_folder.returncode, no_plan.returncode) == (2, 2)
    assert "--out" in no_folder.stderr
    assert "--plan" in no_plan.stderr
