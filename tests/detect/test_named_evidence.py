"""A verdict is evidence on the site whose id it states, and makes no site."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
import shapely

from foncier import detect, schemas
from foncier.detect.evidence import evidence_by_name
from foncier.study import evidence_model
from foncier.study.config import Study

from ..conftest import X, Y, box, frame

AREA = box(-500, -500, 2000, 2000)


def ledger() -> Any:
    plan = Study.model_validate(
        {"study": {"title": "t", "communes": ["80021"]}, "layers": {"inventory": {"path": "f.csv"}}}
    )
    return evidence_model(plan, None)


def inventory() -> Any:
    return schemas.INVENTORY.conform(
        frame(
            [
                {
                    "site_id": "80021_1",
                    "source": "ADUGA",
                    "status": "friche potentielle",
                    "area_m2": 900.0,
                }
            ],
            [shapely.Point(X, Y)],
        )
    )


def visit(verdict: str, site: str) -> Any:
    return schemas.OBSERVATIONS.conform(
        frame(
            [
                {
                    "observation_id": "v1",
                    "signal": f"visit_{verdict}",
                    "subject": "site",
                    "observed_on": pd.Timestamp("2026-02-03"),
                    "source": "Visite",
                    "opportunity_id": site,
                }
            ],
            [shapely.Point(X, Y)],
        )
    )


def sure(observations: Any) -> float:
    context = detect.SpatialContext(inventory=inventory(), observations=observations)
    found = detect.find_friches(context, ledger(), AREA)
    assert found.candidates["opportunity_id"].tolist() == ["FR-80021_1"]
    return float(found.candidates["confidence"].iloc[0])


@pytest.mark.parametrize(
    ("verdict", "low", "high"),
    [
        ("friche_confirmee", 0.95, 1.0),
        ("partiel", 0.7, 0.98),
        ("occupe", 0.0, 0.05),
        ("bati_depuis", 0.0, 0.05),
    ],
)
def test_a_verdict_moves_the_confidence_of_its_site(verdict: str, low: float, high: float) -> None:
    assert sure(None) == pytest.approx(0.39)
    assert low <= sure(visit(verdict, "FR-80021_1")) <= high


def test_a_verdict_on_a_former_site_has_no_effect() -> None:
    assert sure(visit("occupe", "FR-80021_9")) == sure(None)
    context = detect.SpatialContext(observations=visit("friche_confirmee", "FR-80021_9"))
    assert detect.find_friches(context, ledger(), AREA).candidates.empty


def test_no_observation_names_nothing() -> None:
    assert evidence_by_name(None, ["FR-80021_1"]).empty
    assert evidence_by_name(schemas.OBSERVATIONS.empty(), ["FR-80021_1"]).empty


def test_evidence_on_a_building_is_not_evidence_on_the_site_that_it_names() -> None:
    on_site = visit("occupe", "FR-80021_1")
    on_building = on_site.assign(subject="building")
    assert len(evidence_by_name(on_site, ["FR-80021_1"])) == 1
    assert evidence_by_name(on_building, ["FR-80021_1"]).empty
    assert evidence_by_name(on_site, ["FR-80021_2"]).empty
