"""From verdicts on a result to a calibration, and to a study that uses it."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from foncier import demo
from foncier.errors import ConfigError
from foncier.pipeline import validate
from foncier.pipeline.learn import as_toml, learn_confidence, write
from foncier.results import read_saved
from foncier.study import calibrated, evidence_model
from foncier.study.config import Study

if TYPE_CHECKING:
    from pathlib import Path

TRUTH = demo.study_folder() / "verite.csv"


def study(folder: Path, **more: Any) -> Study:
    raw = {"study": {"title": "Essai", "communes": ["80021"]}, "folder": folder, **more}
    return Study.model_validate(raw)


def test_the_demonstration_teaches_level_and_slope(demo_folder: Path, tmp_path: Path) -> None:
    learned, tables = learn_confidence([demo_folder], [TRUTH])
    assert learned.verdicts >= 60
    assert not learned.own_weights
    assert learned.is_better
    path = tmp_path / "calibration.toml"
    write(tables, path, [demo_folder], [TRUTH])
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    assert told["verdicts"] == learned.verdicts
    assert told["brier_learned"] < told["brier_expert"]
    plain = evidence_model(study(tmp_path), 0.04)
    model = calibrated(plain, study(tmp_path, evidence={"calibration": path.name}))
    slope = told["slope"]["value"]
    before, after = (m.signals["tax_vacant_5y"].weight for m in (plain, model))
    assert after == pytest.approx(slope * before)
    # A verdict is what the weights are learned from: its own stays.
    assert model.signals["visit_occupe"] == plain.signals["visit_occupe"]
    assert model.calibration is not None
    assert model.calibration.verdicts == learned.verdicts
    assert calibrated(plain, study(tmp_path)) is plain


def test_a_calibrated_confidence_says_so(demo_folder: Path, tmp_path: Path) -> None:
    """Prior and words of the evidence: what the map, the sheets and ``explain`` show."""
    from foncier.detect.evidence import prior_rows
    from foncier.model import Calibration, EvidenceModel

    known = Calibration(-0.5, 2.0, 120)
    model = EvidenceModel({}, 0.4, 0.03, 0.3, 20, calibration=known)
    (row,) = prior_rows(["a"], 0.5, "detect.evidence.lovac_prior", model, source="LOVAC").to_dict(
        "records"
    )
    assert row["weight"] == pytest.approx(-0.5)
    assert row["base_weight"] == pytest.approx(0.0)
    assert "calibrée sur 120 constats de visite" in row["text_fr"]
    assert "calibrated on 120 verdicts" in row["text_en"]


def weighted() -> dict[str, Any]:
    shift = {"value": 0.0, "low": -1.0, "high": 1.0}
    return {
        "foncier": "0.2.0",
        "verdicts": 150,
        "true": 90,
        "communes": ["80021"],
        "own_weights": True,
        "brier_expert": 0.2,
        "brier_learned": 0.17,
        "gain": 0.03,
        "gain_error": 0.01,
        "intercept": shift,
        "slope": shift | {"value": 1.5},
        "weights": {"disused": {"weight": 1.2, "low": 0.5, "high": 1.9, "expert": 2.2}},
        "groups": {"80021": shift | {"value": 0.4}},
    }


def test_a_calibration_of_other_weights_is_refused(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text(as_toml(weighted()), encoding="utf-8")
    used = study(tmp_path, evidence={"calibration": "c.toml"})
    plain = evidence_model(study(tmp_path), 0.04)
    expert = plain.signals["disused"].weight
    tables = weighted()
    tables["weights"]["disused"]["expert"] = expert + 1
    (tmp_path / "c.toml").write_text(as_toml(tables), encoding="utf-8")
    with pytest.raises(ConfigError, match="disused"):
        calibrated(plain, used)
    tables["weights"]["disused"]["expert"] = expert
    (tmp_path / "c.toml").write_text(as_toml(tables), encoding="utf-8")
    model = calibrated(plain, used)
    assert model.signals["disused"].weight == 1.2
    assert model.signals["tax_used"].weight == pytest.approx(1.5 * -2.0)
    assert model.calibration is not None
    assert model.calibration.intercept == pytest.approx(0.4)  # that of the commune
    with pytest.raises(ConfigError, match=r"absente\.toml"):
        calibrated(plain, study(tmp_path, evidence={"calibration": "absente.toml"}))
    (tmp_path / "c.toml").write_text("verdicts = 0\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="verdicts"):
        calibrated(plain, used)


def test_no_or_few_verdicts_are_refused(demo_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="pas de constat"):
        learn_confidence([demo_folder])
    few = tmp_path / "v.csv"
    ids = read_saved(demo_folder).table("opportunites")["opportunity_id"][:12]
    rows = "\n".join(f"{i},faux,2026-02-03" for i in ids)
    few.write_text(f"opportunity_id,verdict,date\n{rows}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="30"):
        learn_confidence([demo_folder], [few])


def test_a_verdict_that_is_evidence_proves_nothing(demo_folder: Path, tmp_path: Path) -> None:
    """A plan outside the list, filled in, gives a recall; EC ids are those of rejected parcels."""
    plan = validate.visits(demo_folder, [], 60, with_rejected=True)
    ids = plan.sites["opportunity_id"]
    off = ids.str.startswith("EC-")
    assert 20 < off.sum() < 55
    assert plan.after[1] - plan.after[0] < plan.before[1] - plan.before[0]
    path = tmp_path / "v.csv"
    verdicts = ["faux" if outside else "vrai" for outside in off]
    rows = "\n".join(f"{i},{w},2026-02-03" for i, w in zip(ids, verdicts, strict=True))
    path.write_text(f"opportunity_id,verdict,date\n{rows}\n", encoding="utf-8")
    told = validate.assess_result(demo_folder, path)
    total: Any = told.by_kind.iloc[-1]
    assert told.counts["unlisted"] == (~ids.isin(told.found["opportunity_id"])).sum()
    assert total["judged"] + told.counts["unlisted"] == 60
    assert total["recall"] > 0.3
    assert 0 < total["recall_low"] < total["recall"] <= total["recall_high"] <= 1
    with pytest.raises(ConfigError, match="--with-rejected"):
        validate.visits(demo_folder, [], 5, target="recall")


def test_two_judges_are_compared(demo_folder: Path, tmp_path: Path) -> None:
    ids = read_saved(demo_folder).table("opportunites")["opportunity_id"][:20]
    for name, wrong in (("a", 3), ("b", 6)):
        rows = "\n".join(
            f"{i},{'faux' if n < wrong else 'vrai'},2026-02-03" for n, i in enumerate(ids)
        )
        (tmp_path / f"{name}.csv").write_text(f"opportunity_id,verdict,date\n{rows}\n", "utf-8")
    told = validate.assess_result(demo_folder, tmp_path / "a.csv", tmp_path / "b.csv")
    (pair,) = told.judges.to_dict("records")
    assert (pair["shared"], pair["agreed"]) == (20, 17)
    assert told.truth == "a.csv, b.csv"
