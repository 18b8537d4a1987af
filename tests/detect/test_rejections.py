"""Reasons of rejections: value, threshold and gap, or the words of the rule."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as drawn

from foncier.detect.rejections import describe_failure
from foncier.i18n import Localized, figure
from foncier.i18n.arrays import figures
from foncier.model import Rule

AREA = Rule("area", "area_m2", Localized("Surface", "Area"), "m²", "METHODS", at_least=300.0)
RULE_WORDS = Localized("{value} pour {threshold} : {detail}", "{value} of {threshold}: {detail}")


@given(
    drawn.arrays(
        np.float64,
        st.integers(1, 30),
        elements=st.one_of(
            st.floats(-1e9, 1e9),
            st.sampled_from([0.25, 0.35, 2.45, 4.0, 4.02, 99.95, 99.96, 100.0, 100.5, 101.5]),
            st.just(np.nan),
        ),
    )
)
def test_many_figures_are_those_of_each_alone(values: np.ndarray) -> None:
    for lang in ("fr", "en"):
        alone = [figure(value, "m²", lang) for value in values.tolist()]
        assert figures(values, "m²", lang).tolist() == alone


@pytest.mark.parametrize(
    ("rule", "thresholds", "expected"),
    [
        (
            AREA,
            None,
            [
                "Surface 250\xa0m², il faut 300\xa0m² (il manque 50\xa0m²)",
                "Surface\xa0: inconnu, la parcelle ne peut pas être jugée",
            ],
        ),
        (
            AREA,
            np.array([600.0, 600.0]),
            [
                "Surface 250\xa0m², il faut 600\xa0m² (il manque 350\xa0m²)\xa0: bâti isolé",
                "Surface\xa0: inconnu, la parcelle ne peut pas être jugée",
            ],
        ),
        (
            replace(AREA, at_least=None, below=200.0),
            None,
            [
                "Surface 250\xa0m², il faut moins de 200\xa0m² (50\xa0m² de trop)",
                "Surface\xa0: inconnu, la parcelle ne peut pas être jugée",
            ],
        ),
        (
            replace(AREA, failed=RULE_WORDS),
            None,
            [
                "250\xa0m² pour 300\xa0m² : bâti isolé",
                "Surface\xa0: inconnu, la parcelle ne peut pas être jugée",
            ],
        ),
    ],
)
def test_reasons_state_the_gap_and_what_is_unknown(
    rule: Rule, thresholds: np.ndarray | None, expected: list[str]
) -> None:
    details = np.array(["bâti isolé", None], dtype=object)
    values = np.array([250.0, np.nan])
    assert describe_failure(rule, values, details, "fr", thresholds=thresholds).tolist() == expected


def test_a_missing_detail_is_a_question_mark() -> None:
    rule = replace(AREA, failed=RULE_WORDS)
    reasons = describe_failure(rule, np.array([2.0]), np.array([None]), "en")
    assert reasons.tolist() == ["2\xa0m² of 300\xa0m²: ?"]
