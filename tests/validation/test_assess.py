"""Assessment of sites against ground truth."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from foncier.model import VERDICTS, verdict_codes
from foncier.validation import assess, match_truths
from foncier.validation.assess import deduplicate_truths

from ..conftest import LAMBERT_93, X, Y, box

AREA = box(-100, -100, 1000, 500)


def sites(*rows: dict[str, Any]) -> gpd.GeoDataFrame:
    base = {"kind": "friche", "confidence": 0.5, "parcel_ids": None}
    table = [{**base, "opportunity_id": f"FR-{n}", **row} for n, row in enumerate(rows)]
    frame = gpd.GeoDataFrame(pd.DataFrame(table), geometry="geometry", crs=LAMBERT_93)
    return frame.astype({"parcel_ids": "str", "confidence": "float64"})


def truths(*rows: dict[str, Any]) -> gpd.GeoDataFrame:
    base = {
        "kind": None,
        "opportunity_id": None,
        "parcel_ids": None,
        "verdict": "vrai",
        "observed_on": pd.NaT,
        "note": None,
        "geometry": None,
    }
    table = [{**base, "truth_id": f"T{n}", **row} for n, row in enumerate(rows)]
    columns = ["truth_id", *base]
    frame = pd.DataFrame(table, columns=columns)
    text = dict.fromkeys(("kind", "opportunity_id", "parcel_ids", "note"), "str")
    frame = frame.astype({**text, "observed_on": "datetime64[us]"})
    shapes = gpd.GeoSeries(frame["geometry"].tolist(), crs=LAMBERT_93)
    return gpd.GeoDataFrame(frame.drop(columns="geometry"), geometry=shapes)


SQUARE = box(0, 0, 40, 40)


@pytest.mark.parametrize(
    ("name", "site", "truth", "way"),
    [
        ("id", {}, {"opportunity_id": "FR-0"}, "id"),
        ("another id", {}, {"opportunity_id": "FR-9"}, None),
        ("same parcels", {"parcel_ids": "a|b"}, {"parcel_ids": "b|a"}, "parcelles"),
        ("half of the parcels", {"parcel_ids": "a|b"}, {"parcel_ids": "a"}, "parcelles"),
        ("a third of them", {"parcel_ids": "a|b|c"}, {"parcel_ids": "a"}, None),
        ("overlap", {}, {"geometry": box(0, 0, 40, 25)}, "recouvrement"),
        ("a corner", {}, {"geometry": box(30, 30, 40, 40)}, None),
        ("a small part of it", {}, {"geometry": box(5, 5, 4, 4)}, "recouvrement"),
        ("inside", {}, {"geometry": shapely.Point(X + 5, Y + 5)}, "distance"),
        ("from the street", {}, {"geometry": shapely.Point(X - 14, Y)}, "distance"),
        ("across the street", {}, {"geometry": shapely.Point(X - 16, Y)}, None),
        ("of another kind", {}, {"kind": "dent_creuse", "opportunity_id": "FR-0"}, None),
        ("nowhere", {}, {}, None),
    ],
)
def test_ways_to_match(
    name: str, site: dict[str, Any], truth: dict[str, Any], way: str | None
) -> None:
    pairs = match_truths(sites({"geometry": SQUARE, **site}), truths(truth))
    assert pairs["way"].tolist() == ([way] if way else []), name


def test_the_best_pair_wins_and_each_is_taken_once() -> None:
    own = sites({"geometry": box(0, 0, 20, 20)}, {"geometry": box(22, 0, 20, 20)})
    near = truths({"geometry": shapely.Point(X + 23, Y + 5)}, {"geometry": box(21, 0, 20, 20)})
    pairs = match_truths(own, near)
    assert pairs[["site", "truth", "way"]].to_numpy().tolist() == [
        [0, 0, "distance"],
        [1, 1, "recouvrement"],
    ]


def test_nothing_matches_nothing() -> None:
    none = sites({"geometry": SQUARE}).iloc[:0]
    assert match_truths(none, truths()).empty
    assert match_truths(none, truths({"geometry": SQUARE})).empty
    found = assess(none, truths(), AREA)
    assert found.found.empty
    assert found.wanted.empty


EXPECTED = {
    "friche_confirmee": (True, False, True, None),
    "dent_creuse_confirmee": (False, True, False, True),
    "batiment_vacant": (True, False, True, None),
    "partiel": (True, None, False, None),
    "occupe": (False,) * 4,
    "bati_depuis": (False,) * 4,
    "inaccessible": (None,) * 4,
    "a_revoir": (None,) * 4,
}
KINDS = ("friche", "dent_creuse", "batiment_non_affecte", "terrain_divisible")


@pytest.mark.parametrize("verdict", EXPECTED)
def test_each_verdict_of_the_map_on_each_kind(verdict: str) -> None:
    for kind, holds in zip(KINDS, EXPECTED[verdict], strict=True):
        got = assess(
            sites({"geometry": SQUARE, "kind": kind}),
            truths({"opportunity_id": "FR-0", "verdict": verdict}),
            AREA,
        ).found["holds"]
        assert got.isna().all() if holds is None else got.tolist() == [holds], kind


def test_the_verdicts_are_those_of_the_map() -> None:
    from foncier.model import VISIT_VERDICTS

    from ..conftest import ROOT

    script = ROOT / "src" / "foncier" / "export" / "webmap" / "static" / "visit.js"
    listed = script.read_text(encoding="utf-8").split("VERDICTS = [")[1].split("]")[0]
    assert tuple(word.strip(" '\n") for word in listed.split(",")) == VISIT_VERDICTS


def test_verdicts_are_read_however_they_are_written() -> None:
    words = pd.Series(
        ["Friche confirmée", "PARTIELLEMENT OCCUPÉ", "a-revoir", "oui", "peut-être", None]
    )
    assert verdict_codes(words).astype(object).where(
        verdict_codes(words).notna(), None
    ).tolist() == [
        "friche_confirmee",
        "partiel",
        "a_revoir",
        "vrai",
        None,
        None,
    ]


def test_a_repeated_truth_counts_once_with_its_latest_verdict() -> None:
    old, new = pd.Timestamp("2025-01-01"), pd.Timestamp("2026-01-01")
    rows = truths(
        {"opportunity_id": "FR-0", "verdict": "friche_confirmee", "observed_on": old},
        {"opportunity_id": "FR-0", "verdict": "occupe", "observed_on": new},
        {"opportunity_id": "FR-0", "verdict": "inaccessible"},
    )
    kept, repeated, torn = deduplicate_truths(rows)
    assert kept["verdict"].tolist() == ["occupe"]
    assert (repeated, torn) == (2, 0)
    judged = assess(sites({"geometry": SQUARE}), rows, AREA)
    assert judged.found["holds"].tolist() == [False]


def test_contradictory_verdicts_of_one_day_cancel_out() -> None:
    rows = truths(
        {"opportunity_id": "FR-0", "verdict": "friche_confirmee"},
        {"opportunity_id": "FR-0", "verdict": "occupe"},
    )
    judged = assess(sites({"geometry": SQUARE}), rows, AREA)
    assert judged.counts["contradictory"] == 1
    assert judged.found["holds"].isna().all()


def test_two_buildings_of_one_parcel_are_two_truths() -> None:
    spots = [shapely.Point(X + 2, Y + 2), shapely.Point(X + 32, Y + 2)]
    rows = truths(
        *({"parcel_ids": "p", "kind": "batiment_non_affecte", "geometry": s} for s in spots)
    )
    own = sites(
        *(
            {"kind": "batiment_non_affecte", "parcel_ids": "p", "geometry": box(x, 0, 5, 5)}
            for x in (0, 30)
        )
    )
    assert assess(own, rows, AREA).found["holds"].tolist() == [True, True]


def test_a_truth_outside_the_area_is_not_missed() -> None:
    far = truths(
        {"kind": "friche", "geometry": shapely.Point(X + 5000, Y)},
        {"kind": "friche", "geometry": shapely.Point(X + 500, Y)},
    )
    judged = assess(sites({"geometry": SQUARE}), far, AREA)
    assert judged.counts["outside"] == 1
    assert judged.wanted["truth_id"].tolist() == ["T1"]
    assert not judged.wanted["hit"].any()
    assert assess(sites({"geometry": SQUARE}), far, None).counts["outside"] == 0


def test_a_site_without_a_truth_is_unknown_unless_truths_are_exhaustive() -> None:
    own, none = sites({"geometry": SQUARE}), truths()
    assert assess(own, none, AREA).found["holds"].isna().all()
    assert assess(own, none, AREA, complete=True).found["holds"].tolist() == [False]


def test_visits_of_listed_sites_do_not_count_for_recall() -> None:
    judged = assess(sites({"geometry": SQUARE}), truths({"opportunity_id": "FR-0"}), AREA)
    assert judged.found["holds"].tolist() == [True]
    assert judged.wanted.empty
    assert judged.counts["independent"] == 0


def test_a_missed_site_counts_by_its_verdict() -> None:
    missed = truths(
        {"geometry": shapely.Point(X + 500, Y), "verdict": "dent_creuse_confirmee"},
        {"geometry": shapely.Point(X + 600, Y), "verdict": "occupe"},
        {"geometry": shapely.Point(X + 700, Y), "verdict": "vrai"},
    )
    wanted = assess(sites({"geometry": SQUARE}), missed, AREA).wanted
    assert wanted["kind"].where(wanted["kind"].notna(), None).tolist() == ["dent_creuse", None]


@st.composite
def scenes(draw: st.DrawFn) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    where = st.integers(0, 12)
    own = [
        {
            "kind": draw(st.sampled_from(KINDS)),
            "geometry": box(30 * x, 0, 25, 20),
            "parcel_ids": draw(st.none() | st.sampled_from(["a", "b", "a|b"])),
        }
        for x in draw(st.lists(where, min_size=1, max_size=6))
    ]
    told = [
        {
            "kind": draw(st.none() | st.sampled_from(KINDS)),
            "verdict": draw(st.sampled_from(sorted(VERDICTS))),
            "opportunity_id": draw(st.none() | st.sampled_from(["FR-0", "FR-1", "FR-99"])),
            "parcel_ids": draw(st.none() | st.sampled_from(["a", "b"])),
            "geometry": draw(
                st.sampled_from(
                    [None, shapely.Point(X + 30 * x, Y + 3), box(30 * x + 5, 0, 25, 20)]
                )
            ),
        }
        for x in draw(st.lists(where, max_size=6))
    ]
    return sites(*own), truths(*told)


@given(scenes(), st.randoms())
@settings(max_examples=20, deadline=None)
def test_the_order_of_the_rows_changes_nothing_and_no_input_is_changed(
    scene: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame], random: Any
) -> None:
    own, told = scene
    before = own.copy(), told.copy()
    one = assess(own, told, AREA)
    pd.testing.assert_frame_equal(pd.DataFrame(own), pd.DataFrame(before[0]))
    pd.testing.assert_frame_equal(pd.DataFrame(told), pd.DataFrame(before[1]))
    order, other = np.arange(len(own)), np.arange(len(told))
    random.shuffle(order)
    random.shuffle(other)
    two = assess(
        own.iloc[order].reset_index(drop=True), told.iloc[other].reset_index(drop=True), AREA
    )
    assert one.counts == two.counts
    a = one.found.sort_values("opportunity_id", ignore_index=True)
    b = two.found.sort_values("opportunity_id", ignore_index=True)
    pd.testing.assert_frame_equal(a, b, check_dtype=False)
    assert one.found["truth_id"].dropna().is_unique
