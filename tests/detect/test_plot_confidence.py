"""Confidence of plots: features, model, and what a study does with a calibration."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.hamlet import hamlet

from foncier.detect import FEATURES, find_plots, plot_features
from foncier.detect.plot_confidence import plot_confidence
from foncier.errors import ConfigError
from foncier.model import PlotConfidence, PlotModel
from foncier.study import profile, published, read_study
from foncier.study.plot_confidence import read_calibration
from foncier.validation.logistic import fit_logistic, forecast, left_out

from .village import AREA, village

if TYPE_CHECKING:
    from pathlib import Path

WEIGHTS = {"weakest": 2.0, "mean": 0.0, "flags": -1.0}
MODEL = PlotModel(0.5, WEIGHTS, 40, 30)
CALIBRATION = PlotConfidence("mine", "foncier", "2026-12-01", "labels", {"dent_creuse": MODEL})


def test_listed_plots_have_features_of_their_own_tests() -> None:
    rules = published("foncier")
    found = find_plots(village(), rules, AREA, source="C")
    features = plot_features(found.candidates, found.tests, rules.rules)
    assert features.columns.tolist() == list(FEATURES)
    assert len(features) == len(found.candidates)
    assert (features["weakest"] >= 0).all()  # a listed plot passes
    assert (features["mean"] >= features["weakest"]).all()
    shuffled = found.tests.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(features, plot_features(found.candidates, shuffled, rules.rules))


def test_only_kinds_with_a_model_have_a_confidence() -> None:
    rules = replace(published("foncier"), confidence=CALIBRATION)
    found = find_plots(village(), rules, AREA, source="C")
    bare = found.candidates["kind"] == "dent_creuse"
    assert bare.any()
    assert (~bare).any()
    assert found.candidates.loc[bare, "confidence"].between(0, 1).all()
    assert found.candidates.loc[~bare, "confidence"].isna().all()
    without = find_plots(village(), published("foncier"), AREA, source="C").candidates
    assert without["confidence"].isna().all()
    assert without["opportunity_id"].tolist() == found.candidates["opportunity_id"].tolist()


@given(st.floats(0, 1), st.floats(0, 1), st.integers(0, 3))
def test_more_margin_is_more_confidence_and_a_flag_is_less(
    one: float, other: float, flags: int
) -> None:
    low, high = sorted((one, other))
    plots = pd.DataFrame({"kind": ["dent_creuse"] * 3})
    rows = [(low, 0, flags), (high, 0, flags), (high, 0, flags + 1)]
    table = pd.DataFrame(rows, columns=list(FEATURES), dtype=float)
    first, second, third = plot_confidence(plots, table, CALIBRATION)
    assert first <= second
    assert third <= second


def test_the_fit_finds_the_weights_of_simulated_labels() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(4000, 2))
    truth = np.array([0.4, 1.0, -0.7])
    y = rng.random(4000) < forecast(truth, x)
    assert fit_logistic(x, y) == pytest.approx(truth, abs=0.15)
    few = fit_logistic(x[:10], y[:10])
    assert np.isfinite(few).all()
    assert np.isfinite(fit_logistic(x[:10], np.ones(10, dtype=bool))).all()


def test_each_label_is_forecast_without_its_group() -> None:
    x = np.zeros((6, 1))
    true = np.array([1, 1, 1, 0, 0, 0], dtype=bool)
    group = np.array(["a"] * 3 + ["b"] * 3)
    model, constant = left_out(x, true, group)
    assert constant.tolist() == [0.2] * 3 + [0.8] * 3
    assert model == pytest.approx(constant, abs=1e-4)


def with_rules(folder: Path, text: str) -> Any:
    file = hamlet(folder / "h") / "study.toml"
    before = file.read_text(encoding="utf-8")
    file.write_text(f"{before}\n[rules]\n{text}\n", encoding="utf-8")
    return read_study(file.parent)


def test_a_study_names_a_calibration_or_a_file(tmp_path: Path) -> None:
    chosen = profile(with_rules(tmp_path / "a", 'confidence = "ennezat-2026-12"'))
    assert chosen.confidence is not None
    assert set(chosen.confidence.kinds) == {"dent_creuse", "terrain_divisible"}
    assert all(m.labels >= 20 and m.true <= m.labels for m in chosen.confidence.kinds.values())
    folder = tmp_path / "b"
    (folder / "h").mkdir(parents=True)
    (folder / "h" / "mienne.toml").write_text(
        'rule_set = "foncier"\ndate = "2026"\nsource = "x"\n[dent_creuse]\nintercept = 1\n'
        "weakest = 0\nmean = 0\nflags = 0\nlabels = 30\ntrue = 20\n",
        encoding="utf-8",
    )
    study = with_rules(folder, 'confidence = "mienne.toml"')
    assert set(profile(study).confidence.kinds) == {"dent_creuse"}  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ('confidence = "ennezat"', "ennezat-2026-12"),
        ('confidence = "absente.toml"', r"absente\.toml"),
        ('profile = "foncier-api"\nconfidence = "ennezat-2026-12"', "foncier-api"),
    ],
)
def test_a_wrong_calibration_is_refused(tmp_path: Path, rules: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        with_rules(tmp_path, rules)


def test_unknown_keys_of_a_calibration_are_named(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text('rule_set = "foncier"\nweights = 1\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="weights"):
        read_calibration("c.toml", tmp_path)
