"""Unassigned buildings: a sign is carried to its building; no sign is no evidence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from foncier import tables
from foncier.detect import Ground, find_buildings
from foncier.records import Ledger

from .conftest import X, Y, at, table

EVERYWHERE = shapely.box(X - 9000, Y - 9000, X + 9000, Y + 9000)
HOUSES = {"h1": at(0, 0, 20, 10), "h2": at(20, 0, 20, 10), "hut": at(60, 0, 3, 3)}
KINDS = {"h1": "hard", "h2": "hard", "hut": "hard", "shed": "light"}


def buildings(**more: shapely.Geometry) -> Any:
    every = {**HOUSES, **more}
    rows = [{"building_id": i, "kind": KINDS[i], "area_m2": g.area} for i, g in every.items()]
    return table(tables.BUILDINGS, rows, list(every.values()))


def signs(*seen: tuple[str, shapely.Geometry]) -> Any:
    rows = [
        {"observation_id": f"o{n}", "signal": signal, "subject": "building", "name": "Garage",
         "source": "OpenStreetMap"}
        for n, (signal, _) in enumerate(seen)
    ]  # fmt: skip
    return table(tables.OBSERVATIONS, rows, [g for _, g in seen])


def found(ledger: Ledger, *seen: tuple[str, shapely.Geometry], **layers: Any) -> Any:
    ground = Ground(observations=signs(*seen), **{"buildings": buildings(), **layers})
    return find_buildings(ground, ledger, EVERYWHERE)


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
def test_a_sign_is_carried_to_its_building(
    ledger: Ledger, spot: shapely.Geometry, carried: list[str]
) -> None:
    result = found(ledger, ("disused:shop", spot))
    assert result.candidates["opportunity_id"].tolist() == carried
    assert set(result.evidence["opportunity_id"]) == set(carried)


def test_light_buildings_are_no_candidates(ledger: Ledger) -> None:
    shed = buildings(shed=at(100, 0, 20, 20))
    sign = ("disused:building", shapely.Point(X + 110, Y + 10))
    result = found(ledger, sign, buildings=shed)
    assert result.candidates.empty
    assert result.notes[0].count == 1


def test_a_sign_of_use_outweighs_a_sign_of_disuse(ledger: Ledger) -> None:
    spot = shapely.Point(X + 5, Y + 5)
    assert len(found(ledger, ("disused:shop", spot)).candidates) == 1
    both = found(ledger, ("disused:shop", spot), ("survey_used", spot))
    assert both.candidates.empty
    assert both.notes[0].count == 1


def test_evidence_says_where_belief_starts_and_what_each_sign_weighs(ledger: Ledger) -> None:
    result = found(ledger, ("disused:shop", shapely.Point(X + 5, Y + 5)))
    rows = result.evidence.set_index("signal")
    assert rows.loc["disused:shop", "weight"] == 4.0
    assert "supposé" in rows.loc["prior", "text_fr"]
    known = replace(ledger, building_prior=0.05, assumed_prior=False)
    rows = found(known, ("disused:shop", shapely.Point(X + 5, Y + 5))).evidence
    assert "5,0\xa0% des logements vacants (LOVAC)" in rows.set_index("signal").loc["prior"].text_fr


def test_an_unknown_signal_is_told_and_weighs_nothing(ledger: Ledger) -> None:
    result = found(ledger, ("strange", shapely.Point(X + 5, Y + 5)))
    assert result.candidates.empty


def test_without_buildings_an_observed_outline_stands_for_itself(ledger: Ledger) -> None:
    seen = [("disused:building", at(0, 0, 20, 10)), ("disused:shop", shapely.Point(X, Y))]
    result = found(ledger, *seen, buildings=None)
    assert result.candidates["opportunity_id"].tolist() == ["BN-o0"]
    assert result.candidates["perimeter"].tolist() == ["trace"]
    assert result.notes[0].count == 1


def test_the_parcel_under_the_building_is_named(ledger: Ledger) -> None:
    plots = table(tables.PARCELS, [{"parcel_id": "P", "commune": "80021", "area_m2": 9.0}],
                  [at(-5, -5, 100, 100)])  # fmt: skip
    result = found(ledger, ("disused:shop", shapely.Point(X + 5, Y + 5)), parcels=plots)
    assert result.candidates["parcel_ids"].tolist() == ["P"]


def test_no_observations_no_candidates(ledger: Ledger) -> None:
    for ground in (Ground(buildings=buildings()),
                   Ground(buildings=buildings(), observations=signs())):  # fmt: skip
        assert find_buildings(ground, ledger, EVERYWHERE).candidates.empty


@settings(max_examples=12, deadline=None)
@given(taken=st.sets(st.integers(0, 3)))
def test_leaving_out_signs_of_disuse_never_makes_a_building_vacant(taken: set[int]) -> None:
    from foncier.records import Signal, Text

    signals = {n: Signal(n, 4.0, Text(n, n), "t") for n in ("disused", "abandoned")}
    book = Ledger(signals, 0.39, 0.03, 0.3, 20.0)
    spot = shapely.Point(X + 5, Y + 5), shapely.Point(X + 25, Y + 5)
    every = [("disused:shop", spot[0]), ("abandoned:building", spot[0]),
             ("disused:shop", spot[1]), ("unknown", spot[1])]  # fmt: skip
    whole = found(book, *every).candidates.set_index("opportunity_id")["confidence"]
    kept = [sign for n, sign in enumerate(every) if n not in taken]
    left = found(book, *kept).candidates.set_index("opportunity_id")["confidence"]
    assert set(left.index) <= set(whole.index)
    assert (left <= whole.reindex(left.index) + 1e-12).all()
    assert isinstance(left, pd.Series)
