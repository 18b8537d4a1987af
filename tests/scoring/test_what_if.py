"""Gains of each site between two situations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from foncier import schemas
from foncier.scoring import Situation, gains, score_gain

NAN = float("nan")


def situation(loop_m: float, station_m: float, score: float, rank: float) -> Situation:
    access = pd.DataFrame(
        [
            {"opportunity_id": "a", "target": target, "distance_m": far, "time_min": far / 75}
            for target, far in (("loop", loop_m), ("station", station_m))
        ]
    )
    scores = pd.DataFrame(
        [
            {
                "opportunity_id": "a",
                "score": score,
                "score_low": 0.0,
                "score_high": 1.0,
                "coverage": 1.0,
                "overall_rank": rank,
            }
        ]
    )
    return Situation(schemas.ACCESS.conform(access), schemas.SCORES.conform(scores))


CASES: dict[str, tuple[Situation, Situation, list[Any]]] = {
    # name: before, after; minutes gained, towards, unlocked, gain of score
    "nothing changes": (
        situation(750, 750, 0.5, 2),
        situation(750, 750, 0.5, 2),
        [0.0, None, False, 0.0],
    ),
    "the loop comes nearer": (
        situation(750, 750, 0.5, 2),
        situation(300, 750, 0.6, 1),
        [6.0, "loop", False, 0.1],
    ),
    "the loop goes away": (
        situation(750, NAN, 0.5, 1),
        situation(1500, NAN, 0.4, 2),
        [-10.0, "loop", False, -0.1],
    ),
    "the best of two gains": (
        situation(750, 1500, 0.5, 2),
        situation(675, 750, 0.6, 1),
        [10.0, "station", False, 0.1],
    ),
    "a way where there was none": (
        situation(750, NAN, 0.5, 2),
        situation(750, 450, 0.7, 1),
        [0.0, None, True, 0.2],
    ),
    "no way at all": (
        situation(NAN, NAN, NAN, NAN),
        situation(NAN, NAN, NAN, NAN),
        [NAN, None, False, NAN],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_gains_of_a_site(case: str) -> None:
    before, after, (minutes, towards, unlocked, gain) = CASES[case]
    table = gains("essai", before, after)
    found = table.iloc[0]
    assert np.array_equal([found["minutes_gained"]], [minutes], equal_nan=True)
    assert (None if pd.isna(found["towards"]) else found["towards"]) == towards
    assert found["unlocked"] == unlocked
    assert score_gain(table) == pytest.approx([gain], nan_ok=True)
    assert found["scenario"] == "essai"


def test_empty_situations() -> None:
    none = Situation(schemas.ACCESS.empty(), schemas.SCORES.empty())
    assert list(gains("essai", none, none).columns) == schemas.WHAT_IF.names
