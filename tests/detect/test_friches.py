"""Friches: rows fused into sites, families linked, evidence weighed, nothing made up."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from foncier import schemas
from foncier.detect import SpatialContext, find_friches
from foncier.model import EvidenceModel

from .conftest import CRS, X, Y, at, table

EVERYWHERE = shapely.box(X - 9000, Y - 9000, X + 9000, Y + 9000)
PARCELS = {"A1": at(0, 0, 50, 50), "A2": at(50, 0, 50, 50), "A3": at(100, 0, 400, 400)}


def site(site_id: str, **values: Any) -> dict[str, Any]:
    return {"site_id": site_id, "source": "Cartofriches", "status": "friche sans projet", **values}


def inventory(*rows: dict[str, Any]) -> Any:
    spots = [row.pop("geometry", shapely.Point(X + 10, Y + 10)) for row in rows]
    return table(schemas.INVENTORY, list(rows), spots)


def parcels() -> Any:
    rows = [{"parcel_id": i, "area_m2": g.area} for i, g in PARCELS.items()]
    return table(schemas.PARCELS, rows, list(PARCELS.values()))


def found(evidence_model: EvidenceModel, *rows: dict[str, Any], **layers: Any) -> Any:
    context = SpatialContext(inventory=inventory(*rows), **layers)
    return find_friches(context, evidence_model, EVERYWHERE)


def test_the_perimeter_is_the_parcels_when_the_cadastre_is_there(
    evidence_model: EvidenceModel,
) -> None:
    row = site("80021_1", parcel_ids="A1|A2", area_m2=99.0)
    (got,) = found(evidence_model, row, parcels=parcels()).candidates.to_dict("records")
    assert (got["perimeter"], got["area_m2"]) == ("parcelles", 5000)
    row = site("80021_1", parcel_ids="A1|A2", area_m2=99.0)
    (got,) = found(evidence_model, row).candidates.to_dict("records")
    assert (got["perimeter"], got["area_m2"]) == ("emprise_approximative", 99)
    assert got["geometry"].area == pytest.approx(99, rel=0.02)


def test_a_site_without_parcels_or_area_is_a_point_of_unknown_area(
    evidence_model: EvidenceModel,
) -> None:
    (got,) = found(evidence_model, site("80021_1")).candidates.to_dict("records")
    assert got["perimeter"] == "point_seul"
    assert np.isnan(got["area_m2"])


def test_a_lost_parcel_is_a_warning(evidence_model: EvidenceModel) -> None:
    result = found(evidence_model, site("80021_1", parcel_ids="A1|GONE"), parcels=parcels())
    assert "1 parcelle introuvable" in result.candidates["warnings"][0]
    assert "1 parcel not found in the cadastre" in result.candidates["warnings_en"][0]
    assert result.candidates["area_m2"][0] == 2500
    assert result.notes[-1].count == 1


def test_the_same_parcels_twice_are_one_site_under_the_older_id(
    evidence_model: EvidenceModel,
) -> None:
    rows = (
        site(
            "80021_9",
            parcel_ids="A1|A2",
            name=None,
            identified_on=pd.Timestamp("2020-01-01"),
            source="ADUGA",
            status="friche potentielle",
        ),
        site(
            "80021_2",
            parcel_ids="A1|A2",
            name="Halle",
            source="DDT",
            identified_on=pd.Timestamp("2023-01-01"),
            updated_on=pd.Timestamp("2023-01-01"),
        ),
    )
    result = found(evidence_model, *rows)
    (got,) = result.candidates.to_dict("records")
    assert got["opportunity_id"] == "FR-80021_9"
    assert (got["name"], got["sources"]) == ("Halle", "ADUGA | DDT")
    assert got["status"] == "friche sans projet"  # the latest word
    assert pd.isna(got["family"])
    assert any("80021_2, 80021_9" in t for t in result.evidence["text_fr"])


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ({"geometry": shapely.Point(X + 40, Y + 10)}, True),  # 30 m away, the same area
        ({"geometry": shapely.Point(X + 90, Y + 10)}, False),  # 80 m away
        ({"area_m2": 501.0}, False),
        ({"parcel_ids": "A1"}, False),  # one knows its parcels: not "points only"
    ],
)
def test_points_alone_are_the_same_site_only_when_near_and_as_large(
    evidence_model: EvidenceModel, other: dict[str, Any], same: bool
) -> None:
    rows = site("80021_1", area_m2=500.0), site("80021_2", **{"area_m2": 500.0, **other})
    assert len(found(evidence_model, *rows).candidates) == (1 if same else 2)


@pytest.mark.parametrize("with_cadastre", [True, False])
def test_sites_that_overlap_in_part_are_a_family(
    evidence_model: EvidenceModel, with_cadastre: bool
) -> None:
    rows = (
        site("80021_1", parcel_ids="A1"),
        site("80021_2", parcel_ids="A1|A2"),
        site("80021_3", parcel_ids="A3"),
    )
    layers = {"parcels": parcels()} if with_cadastre else {}
    got = found(evidence_model, *rows, **layers).candidates.set_index("opportunity_id")["family"]
    assert got["FR-80021_1"] == got["FR-80021_2"] == "FAM-80021_1"
    assert pd.isna(got["FR-80021_3"])


def test_reconverted_and_faraway_sites_are_left_aside_and_counted(
    evidence_model: EvidenceModel,
) -> None:
    rows = (
        site("80021_1", status="friche reconvertie"),
        site("80021_2", geometry=shapely.Point(X + 20_000, Y)),
        site("80021_3"),
    )
    result = found(evidence_model, *rows)
    assert result.candidates["opportunity_id"].tolist() == ["FR-80021_3"]
    assert [n.count for n in result.notes] == [1, 1]
    gone = site("80021_1", status="friche reconvertie")
    none = found(evidence_model, gone, site("80021_2", geometry=shapely.Point(X + 20_000, Y)))
    assert [n.count for n in none.notes] == [1, 1]
    assert list(none.candidates.columns) == schemas.CANDIDATES.names
    assert len(none.candidates) == len(none.evidence) == 0


def test_confidence_follows_the_status_and_unknown_moves_nothing(
    evidence_model: EvidenceModel,
) -> None:
    rows = (
        site("80021_1"),
        site("80021_2", status="friche potentielle"),
        site("80021_3", status=None),
        site("80021_4", vacancy="vacant"),
    )
    sure = found(evidence_model, *rows).candidates.set_index("opportunity_id")["confidence"]
    assert sure["FR-80021_2"] == pytest.approx(0.39)
    assert sure["FR-80021_3"] == pytest.approx(0.39)
    assert sure["FR-80021_2"] < sure["FR-80021_1"] < sure["FR-80021_4"] < 1


def test_two_inventories_with_the_same_status_count_once(
    evidence_model: EvidenceModel,
) -> None:
    alone = found(evidence_model, site("80021_1", parcel_ids="A1")).candidates["confidence"][0]
    rows = site("80021_1", parcel_ids="A1"), site("80021_2", parcel_ids="A1", source="DDT")
    assert found(evidence_model, *rows).candidates["confidence"][0] == pytest.approx(alone)


def test_mapped_brownfield_becomes_a_site_or_joins_one(evidence_model: EvidenceModel) -> None:
    seen = table(
        schemas.OBSERVATIONS,
        [
            {
                "observation_id": i,
                "signal": "landuse=brownfield",
                "subject": "site",
                "source": "OpenStreetMap",
            }
            for i in ("w1", "w2")
        ],
        [PARCELS["A1"], at(0, 900, 50, 50)],
    )
    rows = site("80021_1", parcel_ids="A1", identified_on=pd.Timestamp("2020-01-01"))
    got = found(evidence_model, rows, parcels=parcels(), observations=seen).candidates
    assert got["opportunity_id"].tolist() == ["FR-80021_1", "FR-w2"]
    joined = got.set_index("opportunity_id").loc["FR-80021_1"]
    assert joined["sources"] == "Cartofriches | OpenStreetMap"
    assert joined["confidence"] > 0.9


@pytest.mark.parametrize("rows", [0, 1])
def test_nothing_to_read_gives_empty_contracts(evidence_model: EvidenceModel, rows: int) -> None:
    context = SpatialContext(inventory=schemas.INVENTORY.empty(CRS)) if rows else SpatialContext()
    result = find_friches(context, evidence_model, EVERYWHERE)
    assert list(result.candidates.columns) == schemas.CANDIDATES.names
    assert len(result.candidates) == len(result.evidence) == 0


@settings(max_examples=12, deadline=None)
@given(order=st.permutations(range(5)))
def test_the_order_of_the_rows_changes_nothing(order: list[int]) -> None:
    signals = {"friche sans projet": 2.2}
    from foncier.i18n import Localized
    from foncier.model import Signal

    book = EvidenceModel(
        {k: Signal(k, w, Localized(k, k), "t") for k, w in signals.items()}, 0.39, 0.03, 0.3, 20
    )
    rows = [
        site("1", parcel_ids="A1"),
        site("2", parcel_ids="A1", source="B"),
        site("3", parcel_ids="A1|A2"),
        site("4", area_m2=5.0),
        site("5", area_m2=5.0, source="C"),
    ]
    first = find_friches(
        SpatialContext(inventory=inventory(*[dict(r) for r in rows])), book, EVERYWHERE
    )
    again = find_friches(
        SpatialContext(inventory=inventory(*[dict(rows[i]) for i in order])), book, EVERYWHERE
    )
    pd.testing.assert_frame_equal(pd.DataFrame(first.candidates), pd.DataFrame(again.candidates))
    pd.testing.assert_frame_equal(first.evidence, again.evidence)
