"""The back-test: figures by hand, the planted years of the demonstration, no single plot told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from tests.hamlet import hamlet
from tests.test_cli import foncier

import foncier as fo
from foncier import demo
from foncier.errors import ConfigError
from foncier.pipeline import backtest as testing
from foncier.pipeline.layers import read_layers
from foncier.study import profiles, read_study
from foncier.validation.backtest import hindsight

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def found() -> testing.Backtest:
    return testing.backtest(read_study(demo.study_folder()))


def test_figures_by_hand() -> None:
    listed = np.array([1, 1, 1, 0, 0, 0, 0, 0, 0, 0], dtype=bool)
    built = np.array([1, 1, 0, 1, 0, 0, 0, 0, 0, 0], dtype=bool)
    row = hindsight(listed, built)
    assert (row["plots"], row["built"], row["found"], row["listed"]) == (10, 3, 2, 3)
    assert row["recall"] == pytest.approx(2 / 3)
    assert row["rate"] == pytest.approx(2 / 3)
    assert row["lift"] == pytest.approx((2 / 3) / 0.3)
    assert row["lift_low"] < row["lift"] < row["lift_high"]
    nothing = hindsight(listed, np.zeros(10, dtype=bool))
    assert np.isnan([nothing["recall"], nothing["lift"]]).all()
    assert np.isnan(hindsight(listed[:0], built[:0])["base"])


def test_planted_years_are_taken_away(found: testing.Backtest) -> None:
    """One planted house in nine is of 2013 or later; `tests/demo_city/registers.py`."""
    assert (found.since, found.newest) == (2013, 2022)
    tax = pd.read_csv(demo.study_folder() / "fichiers-fonciers.csv", sep=";")
    planted = int((tax["jannatmin"] >= 2013).sum())
    parcels: Any = found.sets[found.sets["unit"] == testing.PARCEL].set_index("rule_set")
    assert parcels.index.tolist() == list(profiles())
    assert 20 <= parcels["built"].iloc[0] <= planted
    assert parcels["built"].nunique() == parcels["plots"].nunique() == 1
    assert found.counts["mixed"] > 0
    assert 0 < parcels.loc["foncier", "found"] < parcels.loc["parcel-manager", "found"]


def test_every_missed_plot_has_a_rule_that_rejects_it(found: testing.Backtest) -> None:
    parcels: Any = found.sets[found.sets["unit"] == testing.PARCEL].set_index("rule_set")
    stops: Any = found.rules.groupby("rule_set")["stops"].sum()
    for name in profiles():
        assert stops[name] == parcels.loc[name, "built"] - parcels.loc[name, "found"]
    rules: Any = found.rules
    assert (rules["found"] <= rules["built"]).all()
    assert ((rules["built"] - rules["found"] - rules["stops"]) >= 0).all()


def test_nothing_about_a_single_plot_or_person_is_written(
    found: testing.Backtest, tmp_path: Path
) -> None:
    testing.write(found, tmp_path, lang="fr")
    for name in (testing.SETS, testing.RULES):
        text = (tmp_path / name).read_text(encoding="utf-8-sig")
        assert not re.search(r"80021\d{3}[A-Z]{2}\d{4}", text)


def dated(folder: Path) -> tuple[Path, Path]:
    """A hamlet and the years of its parcels: 2001, 2002… in the order of the cadastre."""
    study = hamlet(folder / "h")
    ids = read_layers(read_study(study)).get("parcels")["parcel_id"]
    years = folder / "annees.csv"
    rows = [f"{i},{2001 + n}" for n, i in enumerate(ids)]
    years.write_text("\n".join(["parcelle,annee", *rows]), encoding="utf-8")
    return study, years


def test_the_command_prints_and_writes_counts_only(tmp_path: Path) -> None:
    study, years = dated(tmp_path)
    arguments = ("backtest", study, "--years", years, "--lang", "en")
    done = foncier(*arguments, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert not re.search(r"\d{5}000[A-Z]{2}", done.stdout)
    assert "bare land as one piece" in done.stdout
    assert "cut by the building itself" in done.stdout
    files = (testing.SETS, testing.RULES)
    first = [(tmp_path / "out" / name).read_bytes() for name in files]
    assert foncier(*arguments, "--out", tmp_path / "out").returncode == 0
    assert [(tmp_path / "out" / name).read_bytes() for name in files] == first


def test_more_years_take_more_away(tmp_path: Path) -> None:
    study, years = dated(tmp_path)
    built = [int(fo.backtest(study, [years], last=n).sets["built"].iloc[0]) for n in (1, 3, 99)]
    assert built == sorted(built)
    assert built[0] < built[-1]


def test_without_years_the_command_says_what_to_give(tmp_path: Path) -> None:
    folder = hamlet(tmp_path / "h")
    with pytest.raises(ConfigError, match="--years"):
        testing.backtest(read_study(folder))
    assert foncier("backtest", folder).returncode == 2
