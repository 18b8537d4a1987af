"""Changes between two results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from foncier.validation import Edition, compare_results

from ..conftest import LAMBERT_93, box

if TYPE_CHECKING:
    import shapely

SQUARE = box(0, 0, 40, 40)


def site(id_: str, shape: shapely.Geometry = SQUARE, **more: Any) -> dict[str, Any]:
    base = {
        "kind": "dent_creuse",
        "name": None,
        "status": None,
        "warnings": None,
        "zone": None,
        "perimeter": "parcelles",
        "area_m2": shape.area,
        "score": 0.5,
        "overall_rank": 1.0,
        "confidence": np.nan,
    }
    return {"opportunity_id": id_, **base, **more, "geometry": shape}


def edition(
    *sites: dict[str, Any],
    evidence: tuple[tuple[str, str], ...] = (),
    turned_down: tuple[tuple[str, shapely.Geometry], ...] = (),
) -> Edition:
    columns = list(site(""))
    frame = gpd.GeoDataFrame(
        pd.DataFrame(list(sites), columns=columns), geometry="geometry", crs=LAMBERT_93
    )
    proofs = pd.DataFrame(evidence, columns=["opportunity_id", "signal"])
    rejected = gpd.GeoDataFrame(
        {"reason_fr": [r for r, _ in turned_down], "reason_en": [r for r, _ in turned_down]},
        geometry=[g for _, g in turned_down],
        crs=LAMBERT_93,
    )
    return Edition(frame, proofs, rejected)


def fates(old: Edition, new: Edition) -> dict[str, str]:
    rows = compare_results(old, new)
    return dict(zip(rows["opportunity_id"], rows["fate"], strict=True))


HALVES = [box(0, 0, 20, 40), box(20, 0, 20, 40)]


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        ("nothing", edition(), edition(), {}),
        ("the same", edition(site("a")), edition(site("a")), {"a": "inchange"}),
        ("came", edition(), edition(site("a")), {"a": "apparu"}),
        ("went", edition(site("a")), edition(), {"a": "disparu"}),
        ("a rank only", edition(site("a")), edition(site("a", rank=9.0)), {"a": "inchange"}),
        ("area", edition(site("a")), edition(site("a", box(0, 0, 40, 42))), {"a": "modifie"}),
        ("a score", edition(site("a")), edition(site("a", score=0.6)), {"a": "modifie"}),
        ("rounding", edition(site("a")), edition(site("a", score=0.5001)), {"a": "inchange"}),
        ("now unknown", edition(site("a")), edition(site("a", score=np.nan)), {"a": "modifie"}),
        ("status", edition(site("a")), edition(site("a", status="x")), {"a": "modifie"}),
        ("renamed", edition(site("a")), edition(site("b")), {"b": "renomme"}),
        (
            "another kind there",
            edition(site("a")),
            edition(site("b", kind="friche")),
            {"a": "disparu", "b": "apparu"},
        ),
        (
            "elsewhere",
            edition(site("a")),
            edition(site("b", box(500, 0, 40, 40))),
            {"a": "disparu", "b": "apparu"},
        ),
        (
            "split",
            edition(site("a")),
            edition(site("b", HALVES[0]), site("c", HALVES[1])),
            {"b": "renomme", "c": "apparu"},
        ),
        (
            "merged",
            edition(site("b", HALVES[0]), site("c", HALVES[1])),
            edition(site("a")),
            {"a": "renomme", "c": "disparu"},
        ),
    ],
)
def test_fates(name: str, old: Edition, new: Edition, expected: dict[str, str]) -> None:
    assert fates(old, new) == expected, name


def test_what_changed_is_named_with_evidence_gained_and_lost() -> None:
    old = edition(site("a", confidence=0.4), evidence=(("a", "disused"), ("a", "old")))
    new = edition(
        site("a", confidence=0.9, name="Halle"), evidence=(("a", "disused"), ("a", "new"))
    )
    row = compare_results(old, new).iloc[0]
    assert row["changed"] == "confidence | name | evidence"
    assert (row["gained"], row["lost"]) == ("new", "old")
    assert (row["old_confidence"], row["new_confidence"]) == (0.4, 0.9)


def test_a_plot_that_disappeared_has_the_reason_of_its_land() -> None:
    gone = edition(site("a"), site("f", box(100, 0, 40, 40), kind="friche"))
    new = edition(
        turned_down=(
            ("coin", box(35, 35, 40, 40)),
            ("trop étroite", SQUARE),
            ("autre", box(100, 0, 40, 40)),
        )
    )
    rows = compare_results(gone, new).set_index("opportunity_id")
    assert rows.loc["a", "reason_fr"] == "trop étroite"
    # What turns a plot down says nothing of a friche.
    assert rows.loc["f", "reason_fr"].startswith("N'est plus dans la liste")


def test_the_comparison_is_symmetric() -> None:
    one = edition(site("a"), site("b", box(100, 0, 9, 9)), site("c", box(200, 0, 9, 9)))
    two = edition(site("a", score=0.9), site("d", box(200, 0, 9, 9)), site("e", box(300, 0, 9, 9)))
    there, back = compare_results(one, two), compare_results(two, one)
    count, again = (rows["fate"].value_counts().to_dict() for rows in (there, back))
    assert count == {"apparu": 1, "disparu": 1, "modifie": 1, "renomme": 1}
    assert again == count
    assert there.crs == LAMBERT_93


def test_the_rows_do_not_depend_on_the_order() -> None:
    old = edition(*(site(f"s{n}", box(50 * n, 0, 40, 40)) for n in range(5)))
    new = edition(*(site(f"t{n}", box(50 * n + 5, 0, 40, 40)) for n in reversed(range(5))))
    upside = Edition(old.sites.iloc[::-1].reset_index(drop=True), old.evidence, old.rejections)
    pd.testing.assert_frame_equal(
        pd.DataFrame(compare_results(old, new)), pd.DataFrame(compare_results(upside, new))
    )
    assert compare_results(old, new).geometry.iloc[0].equals(box(5, 0, 40, 40))
