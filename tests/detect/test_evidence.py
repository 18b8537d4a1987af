"""What must hold of evidence whatever the data: age, witnesses, doubt, and no data no vacancy."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from foncier import schemas
from foncier.detect import SpatialContext, find_buildings, find_friches
from foncier.study import evidence_model
from foncier.study.config import Study

from .conftest import CRS, X, Y, at, table

if TYPE_CHECKING:
    from foncier.model import EvidenceModel

EVERYWHERE = shapely.box(X - 9000, Y - 9000, X + 9000, Y + 9000)
ON = dt.date(2026, 1, 1)
HOUSES = [at(30 * k, 0, 20, 15) for k in range(4)]
PLOTS = [at(30 * k - 2, -2, 26, 30) for k in range(4)]


def book(rate: float | None = 0.03, on: dt.date | None = ON) -> EvidenceModel:
    plan = Study.model_validate(
        {"study": {"title": "t", "communes": ["80021"]}, "layers": {"buildings": {"path": "x"}}}
    )
    return evidence_model(plan, rate, on)


def buildings(move: Any = None) -> Any:
    shapes = [move(h) for h in HOUSES] if move else HOUSES
    rows = [
        {"building_id": f"h{k}", "kind": "hard", "area_m2": h.area} for k, h in enumerate(shapes)
    ]
    return table(schemas.BUILDINGS, rows, shapes)


def sign(n: int, signal: str, spot: Any, **more: Any) -> tuple[dict[str, Any], Any]:
    row = {
        "observation_id": f"o{n}",
        "signal": signal,
        "subject": "building",
        "source": signal,
        "observed_on": pd.Timestamp(ON),
        **more,
    }
    return row, spot


def seen(*signs: tuple[dict[str, Any], Any]) -> Any:
    return table(schemas.OBSERVATIONS, [row for row, _ in signs], [spot for _, spot in signs])


def found(
    *signs: tuple[dict[str, Any], Any], ledger: EvidenceModel | None = None, **layers: Any
) -> Any:
    context = SpatialContext(**{"observations": seen(*signs), "buildings": buildings(), **layers})
    return find_buildings(context, ledger or book(), EVERYWHERE)


def sure(result: Any) -> Any:
    return result.candidates.set_index("opportunity_id")["confidence"]


DOOR = shapely.Point(X + 10, Y + 7)


@pytest.mark.parametrize(
    ("day", "share", "words"),
    [
        (dt.date(2026, 1, 1), 1.0, ""),
        (dt.date(2027, 6, 1), 1.0, ""),  # after the study's date: fresh
        (dt.date(2022, 1, 1), 0.5, "ancienneté\xa0: poids × 0,50"),  # one half-life of four years
        (dt.date(2018, 1, 1), 0.25, "ancienneté\xa0: poids × 0,25"),
        (None, 0.5**0.5, "sans date\xa0: poids × 0,71"),
    ],
)
def test_the_weight_decreases_by_its_half_life(
    day: dt.date | None, share: float, words: str
) -> None:
    low = replace(book(), least_confidence=0.01)
    observed = pd.NaT if day is None else pd.Timestamp(day)
    (row,) = (
        found(sign(1, "disused:shop", DOOR, observed_on=observed), ledger=low)
        .evidence.query("signal == 'disused:shop'")
        .to_dict("records")
    )
    assert row["weight"] == pytest.approx(4.0 * share, rel=2e-3)
    assert row["base_weight"] == 4.0
    assert words in row["text_fr"]
    assert bool(words) == row["text_fr"].endswith(")")


def test_a_study_without_a_date_lets_nothing_age_and_says_so() -> None:
    old = sign(1, "disused:shop", DOOR, observed_on=pd.Timestamp("1999-01-01"))
    rows = found(old, ledger=book(on=None)).evidence.set_index("signal")
    assert rows.loc["disused:shop", "weight"] == 4.0
    assert "étude sans date" in rows.loc["prior", "text_fr"]
    assert "no date" in rows.loc["prior", "text_en"]


def test_one_source_group_counts_once_in_each_direction() -> None:
    """A certificate told by the DPE and again by the BDNB counts once; so do two tags of a map."""
    signs = [
        sign(1, "survey_vacant", DOOR),
        sign(2, "dpe_recent", DOOR, source="DPE"),
        sign(3, "dpe_recent", DOOR, source="BDNB"),
        sign(4, "disused:shop", DOOR),
        sign(5, "shop=vacant", DOOR),
        sign(6, "osm_in_use", DOOR),
    ]
    rows = found(*signs).evidence
    weights = rows.groupby("signal")["weight"].sum()
    assert weights["dpe_recent"] == -1.5
    assert sorted(weights[["disused:shop", "shop=vacant"]]) == [0.0, 4.0]
    assert weights["osm_in_use"] == -2.5  # the same origin, the other direction
    again = rows.loc[(rows["weight"] == 0) & (rows["base_weight"] != 0)]
    assert len(again) == 2
    assert again["text_fr"].str.contains("non compté").all()


def test_an_ambiguous_point_is_weak_evidence_for_both() -> None:
    between = shapely.Point(X + 25, Y + 7)  # 5 m from two walls
    low = replace(book(), least_confidence=0.01)
    rows = found(sign(1, "disused:shop", between), ledger=low).evidence
    rows = rows.loc[rows["signal"] == "disused:shop"]
    assert rows["opportunity_id"].tolist() == ["BN-h0", "BN-h1"]
    assert rows["weight"].tolist() == [2.0, 2.0]
    assert rows["distance_m"].tolist() == [5.0, 5.0]
    assert rows["text_fr"].str.contains("partagé").all()


@pytest.mark.parametrize(
    ("signal", "metres", "linked"),
    [
        ("disused:shop", 4.9, True),
        ("disused:shop", 5.1, False),
        ("premises_empty", 19.0, True),
        ("premises_empty", 21.0, False),
    ],
)
def test_the_search_radius_depends_on_the_source_group(
    signal: str, metres: float, linked: bool
) -> None:
    low = replace(book(), least_confidence=0.01)
    result = found(sign(1, signal, shapely.Point(X - metres, Y + 7)), ledger=low)
    assert (len(result.candidates) == 1) == linked


def test_closed_establishments_count_only_where_none_is_active() -> None:
    strong = sign(9, "survey_vacant", DOOR)
    closed = [sign(k, "sirene_closed", DOOR, source="SIRENE") for k in (1, 2, 3)]
    active = [sign(k, "sirene_active", DOOR, source="SIRENE") for k in (4, 5)]
    alone = found(strong, *closed).evidence.groupby("signal")["weight"].sum()
    assert alone["sirene_closed"] == 1.2
    mixed = found(strong, *closed, *active)
    rows = mixed.evidence.set_index("signal")
    assert rows.loc["sirene_closed", "weight"] == 0
    assert rows.loc["sirene_active", "share"] == pytest.approx(0.4)
    assert rows.loc["sirene_active", "text_fr"].endswith("× 2")
    assert mixed.candidates["warnings"].tolist() == [
        "occupé en partie\xa0: 2 établissements actifs sur 5"
    ]


def test_evidence_on_all_premises_of_a_plot_concerns_each_building_on_it() -> None:
    two = table(
        schemas.BUILDINGS,
        [{"building_id": i, "kind": "hard", "area_m2": 50.0} for i in "ab"],
        [at(0, 0, 10, 5), at(12, 0, 10, 5)],
    )
    low = replace(book(), least_confidence=0.01)
    parts = {}
    for signal, share in (("tax_vacant_2y", 1.0), ("tax_partly", 0.5)):
        told = sign(1, signal, PLOTS[0], subject="parcel", share=share)
        rows = found(told, ledger=low, buildings=two).evidence
        parts[signal] = rows.loc[rows["signal"] == signal, "weight"].tolist()
    assert parts == {"tax_vacant_2y": [2.2, 2.2], "tax_partly": [0.15, 0.15]}


def test_plots_of_a_friche_count_for_the_site_and_not_for_its_buildings() -> None:
    told = sign(1, "tax_vacant_5y", PLOTS[0], subject="parcel", share=1.0)
    alone = found(told)
    site = table(
        schemas.CANDIDATES,
        [{"opportunity_id": "FR-1", "kind": "friche", "perimeter": "parcelles", "sources": "x"}],
        [PLOTS[0]],
    )
    context = SpatialContext(observations=seen(told), buildings=buildings())
    within = find_buildings(context, book(), EVERYWHERE, friches=site)
    assert (len(alone.candidates), len(within.candidates)) == (1, 0)


@pytest.mark.parametrize("signal", ["sirene_active", "dpe_recent", "tax_used", "strange"])
@pytest.mark.parametrize("rate", [0.03, 0.45, None])
def test_no_evidence_of_disuse_no_candidate_whatever_the_rate(
    signal: str, rate: float | None
) -> None:
    low = replace(book(rate), least_confidence=0.01)
    assert found(sign(1, signal, DOOR), ledger=low).candidates.empty


@pytest.mark.parametrize(
    ("rate", "prior", "assumed"),
    [
        (None, 0.03, True),
        (0.0, 0.03, True),
        (0.042, 0.042, False),
        (1e-4, 0.0005, False),
        (0.001, 0.001, False),
        (0.9, 0.5, False),
    ],
)
def test_a_rate_of_zero_is_unknown_and_a_tiny_one_is_used(
    rate: float | None, prior: float, assumed: bool
) -> None:
    ledger = book(rate)
    assert (ledger.building_prior, ledger.assumed_prior) == (prior, assumed)


SIGNALS = (
    "disused:shop",
    "abandoned:building",
    "survey_vacant",
    "sirene_closed",
    "tax_vacant_5y",
    "rnb_not_usable",
    "sirene_active",
    "dpe_recent",
    "dvf_sale",
    "osm_in_use",
    "survey_used",
    "nobody knows",
)
SOURCES = {
    "disused:shop": "OSM",
    "abandoned:building": "OSM",
    "osm_in_use": "OSM",
    "survey_vacant": "survey",
    "survey_used": "survey",
    "sirene_closed": "SIRENE",
    "sirene_active": "SIRENE",
    "tax_vacant_5y": "tax",
    "dpe_recent": "DPE",
    "dvf_sale": "DVF",
    "rnb_not_usable": "RNB",
    "nobody knows": "?",
}
DRAWN = st.lists(
    st.tuples(st.sampled_from(SIGNALS), st.integers(0, 3), st.integers(0, 12)), max_size=10
)


def drawn(rows: list[tuple[str, int, int]], without: str = "") -> list[Any]:
    return [
        sign(
            n,
            signal,
            shapely.Point(X + 30 * house + 10, Y + 7),
            source=SOURCES[signal],
            observed_on=pd.Timestamp(2026 - years, 1, 1),
        )
        for n, (signal, house, years) in enumerate(rows)
        if SOURCES[signal] != without
    ]


@settings(max_examples=15, deadline=None)
@given(rows=DRAWN, without=st.sampled_from(sorted(set(SOURCES.values()))))
def test_leaving_out_a_source_never_makes_unknown_vacant(
    rows: list[tuple[str, int, int]], without: str
) -> None:
    """What a source says for vacancy goes with it; without a sign for, nothing is listed.

    A confidence rises when a source is left out only where that source spoke against.
    """
    whole, left = found(*drawn(rows)), found(*drawn(rows, without))
    for result in (whole, left):
        positive = result.evidence.loc[result.evidence["weight"] > 0, "opportunity_id"]
        assert set(result.candidates["opportunity_id"]) <= set(positive)
    net = whole.evidence.loc[whole.evidence["source"] == without]
    net = net.groupby("opportunity_id")["weight"].sum()
    both = sure(whole).index.intersection(sure(left).index)
    spoke_for = [i for i in both if net.get(i, 0.0) >= 0]
    assert (sure(left)[spoke_for] <= sure(whole)[spoke_for] + 1e-12).all()
    new = sure(left).index.difference(sure(whole).index)
    against = {
        house
        for signal, house, _ in rows
        if SOURCES[signal] == without
        and signal in ("sirene_active", "osm_in_use", "dpe_recent", "dvf_sale", "survey_used")
    }
    assert {int(i.removeprefix("BN-h")) for i in new} <= against


@settings(max_examples=15, deadline=None)
@given(rows=DRAWN, order=st.randoms(use_true_random=False))
def test_the_order_of_evidence_changes_nothing(
    rows: list[tuple[str, int, int]], order: Any
) -> None:
    signs = drawn(rows)
    mixed = list(signs)
    order.shuffle(mixed)
    first, again = found(*signs), found(*mixed)
    pd.testing.assert_frame_equal(pd.DataFrame(first.candidates), pd.DataFrame(again.candidates))
    pd.testing.assert_frame_equal(first.evidence, again.evidence)


@settings(max_examples=15, deadline=None)
@given(rows=DRAWN, east=st.integers(-5000, 5000), north=st.integers(-5000, 5000))
def test_moving_the_map_changes_no_confidence(
    rows: list[tuple[str, int, int]], east: int, north: int
) -> None:
    def move(shape: Any) -> Any:
        return shapely.transform(shape, lambda xy: xy + np.array([east, north]))

    moved = [(row, move(spot)) for row, spot in drawn(rows)]
    first, again = found(*drawn(rows)), found(*moved, buildings=buildings(move))
    pd.testing.assert_series_equal(sure(first), sure(again))
    total = first.evidence.groupby("opportunity_id")["weight"].sum()
    assert np.allclose(expit(total.reindex(sure(first).index)), sure(first))


def inventory(*rows: dict[str, Any], spots: list[Any]) -> Any:
    return table(schemas.INVENTORY, [{"source": "s", **row} for row in rows], spots)


def parcels() -> Any:
    rows = [{"parcel_id": f"P{k}", "area_m2": p.area} for k, p in enumerate(PLOTS)]
    return table(schemas.PARCELS, rows, PLOTS)


CENTRE = shapely.Point(X + 10, Y + 10)


def friches(context: SpatialContext) -> Any:
    return find_friches(context, book(), EVERYWHERE)


def test_a_register_supports_the_site_that_holds_it_and_is_no_site_beside_it() -> None:
    listed = inventory(
        {"site_id": "80021_1", "parcel_ids": "P0|P1"},
        {"site_id": "C1", "signal": "casias_closed"},
        {"site_id": "A1", "signal": "ademe_site", "parcel_ids": "P1"},
        spots=[CENTRE, CENTRE, at(2000, 0, 5, 5)],
    )
    result = friches(SpatialContext(inventory=listed, parcels=parcels()))
    (row,) = result.candidates.to_dict("records")
    assert row["opportunity_id"] == "FR-80021_1"
    assert row["confidence"] == pytest.approx(expit(np.log(0.39 / 0.61) + 0.5 + 0.8))
    assert row["parcel_ids"] == "P0|P1"  # the better source's perimeter


def test_a_register_alone_is_listed_from_the_least_confidence_and_counted_below() -> None:
    listed = inventory(
        {"site_id": "C1", "signal": "casias_unknown"},
        {"site_id": "A1", "signal": "ademe_abandoned"},
        spots=[CENTRE, shapely.Point(X + 500, Y)],
    )
    result = friches(SpatialContext(inventory=listed))
    assert result.candidates["opportunity_id"].tolist() == ["FR-A1"]
    assert any("seuls registres" in n.text.fr and n.count == 1 for n in result.notes)


def test_closed_works_warn_of_the_soil() -> None:
    """A closed classified installation is evidence, and its soil is to be checked."""
    low = replace(book(), least_confidence=0.01)
    listed = inventory({"site_id": "80021_1", "parcel_ids": "P0|P1"}, spots=[CENTRE])
    for signal, warned in (("icpe_closed", True), ("icpe_active", False)):
        signs = (sign(1, signal, DOOR), sign(2, "disused", DOOR))
        (building,) = found(*signs, ledger=low).candidates.to_dict("records")
        context = SpatialContext(inventory=listed, parcels=parcels(), observations=seen(*signs))
        (site,) = friches(context).candidates.to_dict("records")
        for one in (building, site):
            assert ("sol à vérifier" in str(one["warnings"])) is warned, signal
            assert ("soil to be checked" in str(one["warnings_en"])) is warned


def test_tax_parcels_of_a_site_add_up_to_their_share_of_it() -> None:
    listed = inventory({"site_id": "80021_1", "parcel_ids": "P0|P1|P2|P3"}, spots=[CENTRE])
    signs = [
        sign(k, "tax_vacant_2y", PLOTS[k], subject="parcel", share=1.0, source="tax")
        for k in range(3)
    ]
    signs.append(sign(8, "sirene_active", shapely.Point(X + 70, Y + 7), source="SIRENE"))
    context = SpatialContext(inventory=listed, parcels=parcels(), observations=seen(*signs))
    rows = friches(context).evidence.set_index("signal")
    assert rows.loc["tax_vacant_2y", "share"] == pytest.approx(0.75)
    assert rows.loc["tax_vacant_2y", "weight"] == pytest.approx(2.2 * 0.75)
    assert rows.loc["sirene_active", "weight"] == pytest.approx(-2.5 * 0.4)


def test_the_nafu_rule_makes_a_site_of_low_confidence_with_its_score() -> None:
    told = sign(1, "nafu", PLOTS[0], subject="site", parcel_ids="P0", share=0.5, points=1.0)
    near = inventory({"site_id": "80021_1", "parcel_ids": "P3"}, spots=[CENTRE])
    zones = table(schemas.ZONES, [{"zone_id": "1", "zone_type": "U"}], [at(-50, -50, 500, 500)])
    context = SpatialContext(
        inventory=near, parcels=parcels(), observations=seen(told), zones=zones
    )
    result = friches(context)
    assert sure(result)["FR-o1"] == pytest.approx(expit(np.log(0.15 / 0.85) + 1.0))
    told_score = result.evidence.set_index("signal").loc["score NAFU", "text_fr"]
    assert told_score == "Score NAFU\xa0: 3 points sur 8 mesurés (barème sur 11)"


def test_a_lost_parcel_is_named_and_its_site_is_a_point() -> None:
    listed = inventory({"site_id": "80021_1", "parcel_ids": "GONE"}, spots=[CENTRE])
    (row,) = friches(SpatialContext(inventory=listed, parcels=parcels())).candidates.to_dict(
        "records"
    )
    assert row["perimeter"] == "point_seul"
    assert row["warnings"] == "1 parcelle introuvable au cadastre\xa0: GONE"
    assert row["geometry"].centroid.distance(CENTRE) < 1


def test_land_of_a_family_counts_once_with_or_without_the_cadastre() -> None:
    rows = (
        {"site_id": "1", "parcel_ids": "P0|P1|P2", "area_m2": 3 * PLOTS[0].area},
        {"site_id": "2", "parcel_ids": "P1", "area_m2": PLOTS[1].area},
        {"site_id": "3", "parcel_ids": "P3", "area_m2": 10.0},
    )
    spots = [CENTRE, CENTRE, CENTRE]
    for layers in ({"parcels": parcels()}, {}):
        got = friches(SpatialContext(inventory=inventory(*rows, spots=spots), **layers)).candidates
        counted = got.set_index("opportunity_id")["counted_area_m2"]
        assert counted["FR-1"] + counted["FR-2"] == pytest.approx(3 * PLOTS[0].area)
        assert counted["FR-2"] == pytest.approx(PLOTS[1].area)


def test_bands_cover_all_confidences() -> None:
    from foncier.detect.evidence import band_of
    from foncier.export.words import VALUES

    bands = book().bands
    assert [b.low for b in bands] == [0.0, *[b.high for b in bands[:-1]]]
    assert bands[-1].high == 1.0
    assert list(band_of(np.array([0.0, 0.3, 0.6, 0.85, 1.0]), book())) == [
        "faible",
        "incertaine",
        "probable",
        "forte",
        "forte",
    ]
    column = next(c for c in schemas.CANDIDATES.columns if c.name == "confidence_band")
    names = column.values  # noqa: PD011  # our contract's field
    assert names == tuple(b.name for b in bands)
    assert [VALUES[b.name] for b in bands] == [b.text for b in bands]
    assert CRS.is_projected
