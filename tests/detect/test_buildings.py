"""Unassigned buildings: a sign is carried to its building; no sign is no evidence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from foncier import schemas
from foncier.detect import SpatialContext, find_buildings
from foncier.model import EvidenceModel

from .conftest import X, Y, at, table

EVERYWHERE = shapely.box(X - 9000, Y - 9000, X + 9000, Y + 9000)
HOUSES = {"h1": at(0, 0, 20, 10), "h2": at(20, 0, 20, 10), "hut": at(60, 0, 3, 3)}
KINDS = {"h1": "hard", "h2": "hard", "hut": "hard", "shed": "light"}


def buildings(**more: shapely.Geometry) -> Any:
    every = {**HOUSES, **more}
    rows = [{"building_id": i, "kind": KINDS[i], "area_m2": g.area} for i, g in every.items()]
    return table(schemas.BUILDINGS, rows, list(every.values()))


def signs(*seen: tuple[str, shapely.Geometry]) -> Any:
    rows = [
        {
            "observation_id": f"o{n}",
            "signal": signal,
            "subject": "building",
            "name": "Garage",
            "source": "OpenStreetMap",
        }
        for n, (signal, _) in enumerate(seen)
    ]
    return table(schemas.OBSERVATIONS, rows, [g for _, g in seen])


def found(evidence_model: EvidenceModel, *seen: tuple[str, shapely.Geometry], **layers: Any) -> Any:
    context = SpatialContext(observations=signs(*seen), **{"buildings": buildings(), **layers})
    return find_buildings(context, evidence_model, EVERYWHERE)


@pytest.mark.parametrize(
    ("spot", "carried"),
    [
        (shapely.Point(X + 5, Y + 5), ["BN-h1"]),
        (shapely.Point(X + 5, Y - 3), ["BN-h1"]),  # on the pavement
        (shapely.Point(X + 5, Y - 8), []),
        (at(1, 1, 18, 8), ["BN-h1"]),
        (at(2, 0, 36, 10), ["BN-h1", "BN-h2"]),  # one outline that the cadastre cuts in two
        (at(15, 0, 25, 10), ["BN-h2"]),
        (at(300, 0, 25, 10), []),
        (shapely.Point(X + 61, Y + 1), []),  # an annexe of 9 m² is no premises
    ],
)
def test_an_observation_is_linked_to_its_building(
    evidence_model: EvidenceModel, spot: shapely.Geometry, carried: list[str]
) -> None:
    result = found(evidence_model, ("disused:shop", spot))
    assert result.candidates["opportunity_id"].tolist() == carried
    assert set(result.evidence["opportunity_id"]) == set(carried)


def test_light_buildings_are_no_candidates(evidence_model: EvidenceModel) -> None:
    shed = buildings(shed=at(100, 0, 20, 20))
    sign = ("disused:building", shapely.Point(X + 110, Y + 10))
    result = found(evidence_model, sign, buildings=shed)
    assert result.candidates.empty
    assert result.notes[0].count == 1


def test_evidence_of_use_outweighs_evidence_of_disuse(evidence_model: EvidenceModel) -> None:
    spot = shapely.Point(X + 5, Y + 5)
    assert len(found(evidence_model, ("disused:shop", spot)).candidates) == 1
    both = found(evidence_model, ("disused:shop", spot), ("survey_used", spot))
    assert both.candidates.empty
    assert both.notes[0].count == 1


def test_evidence_states_the_prior_and_each_weight(
    evidence_model: EvidenceModel,
) -> None:
    result = found(evidence_model, ("disused:shop", shapely.Point(X + 5, Y + 5)))
    rows = result.evidence.set_index("signal")
    assert rows.loc["disused:shop", "weight"] == 4.0
    assert "supposé" in rows.loc["prior", "text_fr"]
    known = replace(evidence_model, building_prior=0.05, assumed_prior=False)
    rows = found(known, ("disused:shop", shapely.Point(X + 5, Y + 5))).evidence
    assert "5,0\xa0% des logements vacants (LOVAC)" in rows.set_index("signal").loc["prior"].text_fr


def test_an_unknown_signal_is_listed_without_weight(evidence_model: EvidenceModel) -> None:
    result = found(evidence_model, ("strange", shapely.Point(X + 5, Y + 5)))
    assert result.candidates.empty


def test_without_buildings_an_observed_outline_is_a_building(
    evidence_model: EvidenceModel,
) -> None:
    seen = [("disused:building", at(0, 0, 20, 10)), ("disused:shop", shapely.Point(X, Y))]
    result = found(evidence_model, *seen, buildings=None)
    assert result.candidates["opportunity_id"].tolist() == ["BN-o0"]
    assert result.candidates["perimeter"].tolist() == ["trace"]
    assert result.notes[0].count == 1


def test_the_parcel_under_the_building_is_named(evidence_model: EvidenceModel) -> None:
    plots = table(
        schemas.PARCELS,
        [{"parcel_id": "P", "commune": "80021", "area_m2": 9.0}],
        [at(-5, -5, 100, 100)],
    )
    result = found(evidence_model, ("disused:shop", shapely.Point(X + 5, Y + 5)), parcels=plots)
    assert result.candidates["parcel_ids"].tolist() == ["P"]


def test_no_observations_no_candidates(evidence_model: EvidenceModel) -> None:
    for context in (
        SpatialContext(buildings=buildings()),
        SpatialContext(buildings=buildings(), observations=signs()),
    ):
        assert find_buildings(context, evidence_model, EVERYWHERE).candidates.empty


@settings(max_examples=12, deadline=None)
@given(taken=st.sets(st.integers(0, 3)))
def test_less_evidence_of_disuse_never_makes_a_building_vacant(taken: set[int]) -> None:
    from foncier.i18n import Localized
    from foncier.model import Signal

    signals = {n: Signal(n, 4.0, Localized(n, n), "t") for n in ("disused", "abandoned")}
    book = EvidenceModel(signals, 0.39, 0.03, 0.3, 20.0)
    spot = shapely.Point(X + 5, Y + 5), shapely.Point(X + 25, Y + 5)
    every = [
        ("disused:shop", spot[0]),
        ("abandoned:building", spot[0]),
        ("disused:shop", spot[1]),
        ("unknown", spot[1]),
    ]
    whole = found(book, *every).candidates.set_index("opportunity_id")["confidence"]
    kept = [sign for n, sign in enumerate(every) if n not in taken]
    left = found(book, *kept).candidates.set_index("opportunity_id")["confidence"]
    assert set(left.index) <= set(whole.index)
    assert (left <= whole.reindex(left.index) + 1e-12).all()
    assert isinstance(left, pd.Series)
