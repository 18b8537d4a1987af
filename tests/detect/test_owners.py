"""Owners by parcel: types, sources, what absence from a complete file means, land units."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from foncier import schemas
from foncier.detect import owner_columns, owner_evidence, public_units
from foncier.study import land_rules

RULES = land_rules().owners
CRS = "EPSG:2154"
A, B, C = "80021000AB0001", "80021000AB0002", "80021000AB0003"


def sites(*parcel_ids: str | None, kind: str = "dent_creuse") -> gpd.GeoDataFrame:
    """Sites of a square each, with their parcels joined by a bar."""
    rows = [
        {
            "opportunity_id": f"FR-{n}" if kind == "friche" else f"DC-{n}",
            "kind": kind,
            "parcel_ids": ids,
            "perimeter": "parcelles",
            "sources": "test",
        }
        for n, ids in enumerate(parcel_ids)
    ]
    squares = [shapely.box(20 * n, 0, 20 * n + 20, 20) for n in range(len(rows))]
    frame: gpd.GeoDataFrame = schemas.CANDIDATES.conform(
        gpd.GeoDataFrame(rows, geometry=squares, crs=CRS)
    )
    return frame


def owners(*rows: dict[str, Any], complete: bool = False) -> pd.DataFrame:
    """OWNERS rows, of legal persons unless they say otherwise."""
    table = pd.DataFrame(
        [
            {
                "ownership_id": str(n),
                "rights": 1,
                "right_codes": "P",
                "source": "personnes_morales",
                "complete": complete,
                **row,
            }
            for n, row in enumerate(rows)
        ]
    )
    checked: pd.DataFrame = schemas.OWNERS.conform(table)
    return checked


def commune(parcel: str, **more: Any) -> dict[str, Any]:
    """A parcel of the commune of Amiens."""
    named = {"owner_name": "COMMUNE D'AMIENS", "owner_siren": "218000198"}
    return {"parcel_id": parcel, "owner_group": "commune", **named, **more}


@pytest.mark.parametrize(
    ("rows", "types", "public", "rights"),
    [
        ([commune(A)], "commune", "public", 1),
        ([{"parcel_id": A, "owner_group": "other"}], "societe", "prive", 1),
        (
            [{"parcel_id": A, "owner_group": "coownership", "rights": 12}],
            "copropriete",
            "prive",
            12,
        ),
        ([commune(A), {"parcel_id": A, "owner_group": "other"}], "commune|societe", "partiel", 2),
        # A manager owns nothing: the State's land that an agency manages is the State's.
        (
            [
                {"parcel_id": A, "owner_group": "state", "owner_siren": "110000023"},
                {"parcel_id": A, "owner_group": "public_establishment", "right_codes": "G"},
            ],
            "etat",
            "public",
            1,
        ),
        ([{"parcel_id": A, "owner_group": "other", "right_codes": "G"}], None, None, None),
    ],
)
def test_types_of_the_owners_of_a_parcel(
    rows: list[dict[str, Any]], types: Any, public: Any, rights: Any
) -> None:
    found = owner_columns(sites(A), owners(*rows), None, RULES).iloc[0]
    known = [
        None if pd.isna(found[name]) else found[name]
        for name in ("owner_types", "public_land", "owner_rights")
    ]
    assert known == [types, public, rights]


@pytest.mark.parametrize(("complete", "expected"), [(True, "personnes_privees"), (False, None)])
def test_an_absent_parcel_is_of_persons_only_where_the_file_is_complete(
    complete: bool, expected: str | None
) -> None:
    found = owner_columns(sites(A, B), owners(commune(A), complete=complete), None, RULES)
    got = found["owner_types"].iloc[1]
    assert (None if pd.isna(got) else got) == expected


def test_a_commune_without_a_row_is_unknown_even_in_a_complete_file() -> None:
    other = "80725000AB0001"
    found = owner_columns(sites(other), owners(commune(A), complete=True), None, RULES)
    assert found["owner_types"].isna().all()


def test_public_land_needs_every_parcel_unless_it_is_mixed() -> None:
    table = owners(commune(A), {"parcel_id": C, "owner_group": "other"})
    found = owner_columns(sites(f"{A}|{B}", f"{A}|{C}"), table, None, RULES)
    assert found["owner_types"].tolist() == ["commune", "commune|societe"]
    assert pd.isna(found["public_land"].iloc[0])
    assert found["public_land"].iloc[1] == "partiel"


def test_legal_persons_count_before_the_tax_data_of_the_same_parcel() -> None:
    tax = {"source": "fichiers_fonciers", "right_codes": None}
    table = owners(
        commune(A),
        {"parcel_id": A, "owner_code": "G1a", **tax},
        {"parcel_id": B, "owner_code": "X1a", "rights": 3, **tax},
    )
    found = owner_columns(sites(A, B), table, None, RULES)
    assert found["owner_types"].tolist() == ["commune", "personnes_privees"]
    assert found["owner_source"].tolist() == ["personnes_morales", "fichiers_fonciers"]
    assert found["owner_rights"].tolist() == [1, 3]


@pytest.mark.parametrize(
    ("codes", "types", "public"),
    [
        ("{P5a}", "commune", "public"),
        ("{F1a,F6a,G2a,G1a}", "hlm|amenageur|copropriete|societe", "partiel"),
        ("R6a", "reseau", None),  # a network may be public or not
        ("{G2d,P4a}", "intercommunalite|copropriete", "partiel"),
        ("{X1a,NULL}", "personnes_privees", "prive"),
        ("inconnu", None, None),
    ],
)
def test_types_of_the_inventory_are_decoded(codes: str, types: Any, public: Any) -> None:
    inventory = pd.DataFrame({"site_id": ["0"], "owner_types": [codes]})
    found = owner_columns(sites(None, kind="friche"), None, inventory, RULES).iloc[0]
    assert [None if pd.isna(found[n]) else found[n] for n in ("owner_types", "public_land")] == [
        types,
        public,
    ]


def test_every_group_and_code_is_decoded_to_a_known_type() -> None:
    assert set(RULES.groups) == set(schemas.OWNER_GROUPS.values())
    assert {*RULES.groups.values(), *RULES.codes.values()} <= set(schemas.OWNER_TYPES)
    assert {name for name, public in RULES.public.items() if public} == set(schemas.PUBLIC_OWNERS)


def test_only_public_bodies_are_named_in_the_evidence() -> None:
    table = owners(commune(A), {"parcel_id": B, "owner_group": "other"})
    found = owner_columns(sites(A, B), table, None, RULES)
    rows = owner_evidence(found, {"personnes_morales": "DGFiP"})
    assert rows["text_fr"].str.contains("COMMUNE D'AMIENS").tolist() == [True, False]
    assert rows["source"].eq("DGFiP").all()
    assert rows["weight"].isna().all()


def squares(count: int, gap: float = 0.0) -> gpd.GeoDataFrame:
    """A row of parcels of 20 m."""
    step = 20 + gap
    boxes = [shapely.box(step * n, 0, step * n + 20, 20) for n in range(count)]
    ids = [f"80021000AB{n + 1:04d}" for n in range(count)]
    return gpd.GeoDataFrame({"parcel_id": ids}, geometry=boxes, crs=CRS)


def test_adjoining_parcels_of_one_public_body_are_one_unit() -> None:
    rows = [commune(A), commune(B), commune("80021000AB0004")]
    other = {"parcel_id": C, "owner_group": "state", "owner_siren": "110000023"}
    units = public_units(squares(4), owners(*rows, other), RULES)
    assert units["unit_id"].tolist() == [f"public-{A}"]
    assert units.geometry.area.tolist() == [800.0]


@pytest.mark.parametrize(
    ("rows", "gap"),
    [
        ([commune(A), commune(B)], 3.0),  # a street between them
        ([{"parcel_id": p, "owner_group": "other"} for p in (A, B)], 0.0),  # nobody knows of whom
        ([commune(A), commune(B), {"parcel_id": B, "owner_group": "other"}], 0.0),  # not alone
    ],
)
def test_other_parcels_are_no_unit(rows: list[dict[str, Any]], gap: float) -> None:
    assert public_units(squares(2, gap), owners(*rows), RULES).empty


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(sorted(schemas.OWNER_GROUPS.values())), min_size=1, max_size=6))
def test_one_owner_more_never_makes_land_more_public(groups: list[str]) -> None:
    order = {"public": 2, "partiel": 1, "prive": 0}

    def public(some: list[str]) -> str:
        rows = [{"parcel_id": A, "owner_group": group} for group in some]
        return str(owner_columns(sites(A), owners(*rows), None, RULES)["public_land"].iloc[0])

    with_private = public([*groups, "other"])
    assert order[with_private] <= order[public(groups)]
    assert with_private != "public"
