"""CNIG file of friches: valid for the standard, and read back without loss."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from frictionless import Checklist, Dialect, Resource, Schema, formats, system
from frictionless.checks.row.row_constraint import row_constraint
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foncier import readers, schemas
from foncier.export import cnig
from foncier.model import LayerFile, ResultTables

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

from ..conftest import LAMBERT_93, X, Y, box

ENUMS = {
    f["name"]: f["constraints"]["enum"]
    for f in cnig.schema()["fields"]
    if "enum" in f.get("constraints", {})
}


def faults(path: Path) -> list[str]:
    """What frictionless has to say against an exchange file."""
    order = row_constraint(formula="site_identif_date <= site_actu_date")
    with system.use_context(trusted=True):
        resource = Resource(
            path=str(path),
            schema=Schema.from_descriptor(cnig.schema()),
            encoding="utf-8",
            dialect=Dialect(controls=[formats.CsvControl(delimiter=";")]),
        )
        report = resource.validate(Checklist(checks=[order]))
    return [str(error) for task in report.tasks for error in task.errors]


def write(table: pd.DataFrame, path: Path) -> Path:
    table.to_csv(path, sep=";", index=False, encoding="utf-8")
    return path


def read(path: Path, communes: tuple[str, ...] = ()) -> gpd.GeoDataFrame:
    file = LayerFile("inventory", path, path.name, "cnig")
    frame: gpd.GeoDataFrame = readers.read(file, crs=LAMBERT_93, communes=communes)[0]
    return frame


def alike(one: gpd.GeoDataFrame, other: gpd.GeoDataFrame, *, rounded: bool = True) -> None:
    """Two inventories say the same: areas to the square metre, places to the centimetre."""
    assert list(one["site_id"]) == list(other["site_id"])
    for name in schemas.INVENTORY.names[:-1]:
        if name == "area_m2" and rounded:
            gap = (one[name] - other[name]).abs()
            assert (one[name].isna() == other[name].isna()).all()
            assert gap.max() <= 0.5 or gap.isna().all()
        else:
            pd.testing.assert_series_equal(one[name], other[name], check_names=False)
    assert (one.geom_type == other.geom_type).all()
    moved = shapely.hausdorff_distance(one.geometry.to_numpy(), other.geometry.to_numpy())
    assert moved.max(initial=0.0) < 0.01


def test_schema_is_that_of_the_standard() -> None:
    fields = cnig.schema()["fields"]
    required = {f["name"] for f in fields if f.get("constraints", {}).get("required")}
    assert required == {
        "site_id",
        "site_nom",
        "site_type",
        "site_identif_date",
        "site_actu_date",
        "comm_nom",
        "comm_insee",
        "urba_zaer",
        "source_nom",
        "geompoint",
    }
    assert len(fields) == 51
    assert "friche d'habitat" in ENUMS["site_type"]
    assert "mixte" not in ENUMS["site_type"]
    assert Schema.from_descriptor(cnig.schema()).field_names[0] == "site_id"


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("site_type", "usine"),
        ("site_id", "Somme-1"),
        ("geompoint", "49.9, 2.3"),
        ("site_actu_date", "2019-01-01"),
        ("site_nom", ""),
        ("urba_zaer", "peut-être"),
        ("unite_fonciere_refcad", "AB160/161"),
        ("comm_insee", "800021"),
    ],
)
def test_schema_rejects_what_the_standard_rejects(
    tmp_path: Path, small_result: ResultTables, column: str, value: str
) -> None:
    table = cnig.exchange(cnig.sites(small_result), day=date(2026, 1, 15))
    assert faults(write(table, tmp_path / "good.csv")) == []
    later = table.assign(site_identif_date="2020-05-05")
    assert faults(write(later.assign(**{column: value}), tmp_path / "bad.csv"))


def test_site_without_inventory_has_unknown_values(
    tmp_path: Path, small_result: ResultTables
) -> None:
    lone = small_result.candidates.iloc[:1].assign(
        opportunity_id="FR-way/12", commune=None, parcel_ids=None, name=None, perimeter="trace"
    )
    result = replace(small_result, candidates=schemas.CANDIDATES.conform(lone))
    cnig.write_cnig(result, tmp_path / "f.csv")
    assert faults(tmp_path / "f.csv") == []
    row = pd.read_csv(tmp_path / "f.csv", sep=";", dtype=str, keep_default_na=False).iloc[0]
    assert row["site_id"] == "inconnu_way/12"
    assert row["comm_nom"] == row["comm_insee"] == row["site_nom"] == row["site_type"] == "inconnu"
    assert row["site_identif_date"] == "2026-11-01"  # the day of the result that lists it
    assert row["unite_fonciere_refcad"] == ""
    assert row["geomsurf"].startswith("POLYGON")
    assert row["proprio_nom"] == row["source_contact"] == ""
    back = read(tmp_path / "f.csv").iloc[0]
    assert pd.isna(back["name"])
    assert pd.isna(back["commune"])


def test_result_without_friche_is_a_header_only(tmp_path: Path, small_result: ResultTables) -> None:
    none = small_result.candidates[small_result.candidates["kind"] != "friche"]
    cnig.write_cnig(replace(small_result, candidates=none), tmp_path / "f.csv")
    text = (tmp_path / "f.csv").read_text(encoding="utf-8")
    assert text.startswith("site_id;site_nom;")
    assert text.count("\n") == 1


def test_spreadsheet_runs_no_cell_and_text_is_unchanged(
    tmp_path: Path, small_result: ResultTables
) -> None:
    named = small_result.candidates.iloc[:1].assign(name='=HYPERLINK("x")', address="-5\nrue A")
    result = replace(small_result, candidates=schemas.CANDIDATES.conform(named))
    cnig.write_cnig(result, tmp_path / "f.csv")
    row = pd.read_csv(tmp_path / "f.csv", sep=";", dtype=str, keep_default_na=False).iloc[0]
    assert row["site_nom"].startswith(" =")
    back = read(tmp_path / "f.csv").iloc[0]
    assert back["name"] == '=HYPERLINK("x")'
    assert back["address"] == "-5\nrue A"


# What an inventory may hold once read: no empty text, no blank at the ends, nothing garbled.
LETTERS = st.characters(
    codec="utf-8", categories=("L", "N", "P", "Zs"), exclude_characters="|{}\u00a0ÃÂâ"
)
WORDS = (
    st.text(LETTERS, min_size=1, max_size=20)
    .map(lambda t: " ".join(t.split()))
    .filter(lambda t: t and t not in {"NA", "N/A", "null", "inconnu", "inconnue"})
)
DAYS = st.dates(min_value=pd.Timestamp("1990-01-01").date()).filter(lambda d: d.year < 2100)


def one_of(column: str) -> st.SearchStrategy[str | None]:
    return st.sampled_from([*[v for v in ENUMS[column] if v != "inconnu"], None])


@st.composite
def inventories(draw: st.DrawFn) -> gpd.GeoDataFrame:
    count = draw(st.integers(1, 5))
    rows = []
    for n in range(count):
        days = sorted(draw(st.tuples(DAYS, DAYS)))
        parcels = draw(st.lists(st.integers(1, 9999), max_size=3, unique=True))
        rows.append(
            {
                "site_id": f"80021_{n}",
                "name": draw(st.none() | WORDS),
                "site_type": draw(one_of("site_type")),
                "status": draw(
                    one_of("site_statut").filter(lambda s: s not in ("autre", "sans objet"))
                ),
                "address": draw(st.none() | WORDS),
                "commune": draw(st.sampled_from(["80021", "2A004", None])),
                "commune_name": draw(st.none() | WORDS),
                "identified_on": pd.Timestamp(days[0]),
                "updated_on": pd.Timestamp(days[1]),
                "parcel_ids": "|".join(f"80021000AB{p:04}" for p in sorted(parcels)) or None,
                "area_m2": draw(st.none() | st.floats(1, 1e6)),
                "zone_type": draw(one_of("urba_zone_type")),
                "zone_label": draw(st.none() | WORDS),
                "vacancy": draw(one_of("bati_vacance")),
                "buildings_state": draw(one_of("bati_etat")),
                "pollution": draw(one_of("sol_pollution_existe")),
                "activity": draw(st.none() | st.sampled_from(["Filature de lin", "Garage|Dépôt"])),
                "source": draw(st.sampled_from(["Observatoire des friches", "DDT 80|Cerema"])),
                "producer": draw(st.sampled_from([None, "DDT 80", "Ville d'Amiens|Cerema"])),
                "url": draw(
                    st.sampled_from([None, "https://a.fr/x?y=1", "http://a.fr|http://b.fr"])
                ),
                "geometry": draw(st.sampled_from([shapely.Point(X, Y + n), box(10 * n, 0, 9, 7)])),
            }
        )
    frame: gpd.GeoDataFrame = schemas.INVENTORY.conform(
        gpd.GeoDataFrame(pd.DataFrame(rows), geometry="geometry", crs=LAMBERT_93)
    )
    return frame


@given(inventories())
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_file_reads_back_without_loss(tmp_path_factory: pytest.TempPathFactory, sites: Any) -> None:
    before = sites.copy()
    table = cnig.exchange(sites, day=date(2026, 1, 15))
    pd.testing.assert_frame_equal(pd.DataFrame(sites), pd.DataFrame(before))
    path = write(table, tmp_path_factory.mktemp("cnig") / "f.csv")
    alike(sites, read(path))


@given(inventories())
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_inventory_is_a_valid_file(
    tmp_path_factory: pytest.TempPathFactory, sites: Any
) -> None:
    table = cnig.exchange(sites, day=date(2026, 1, 15))
    assert faults(write(table, tmp_path_factory.mktemp("cnig") / "f.csv")) == []


def test_file_of_the_demo_is_valid_and_in_the_manifest(
    demo_result: ResultTables, demo_folder: Path
) -> None:
    result, folder = demo_result, demo_folder
    assert faults(folder / "friches-cnig.csv") == []
    table = read(folder / "friches-cnig.csv")
    kinds = result.candidates["kind"]
    assert len(table) == (kinds == "friche").sum()
    told = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert "friches-cnig.csv" in told["deliverables"]
    # A site that bears no date was identified by this very result.
    found, day = cnig.sites(result), pd.Timestamp(result.edition or date.min)
    last = found["updated_on"].fillna(day)
    alike(found.assign(updated_on=last, identified_on=found["identified_on"].fillna(last)), table)


def test_site_with_two_records_has_both_sources(demo_folder: Path) -> None:
    table = read(demo_folder / "friches-cnig.csv").set_index("site_id")
    site = table.loc["80021_90059"]
    assert site["source"] == "Inventaire historique fictif|Observatoire fictif des friches"
    assert site["identified_on"] < site["updated_on"]
    assert site["activity"] == "Garage"


@pytest.mark.real
def test_file_of_amiens_is_valid_and_reads_back(
    real_data: Path, tmp_path: Path, studied: Callable[[str], ResultTables]
) -> None:
    result = studied("amiens")
    path = tmp_path / "friches-cnig.csv"
    cnig.write_cnig(result, path)
    assert faults(path) == []
    friches = result.candidates[result.candidates["kind"] == "friche"]
    back = read(path, ("80021",))
    assert len(back) == len(friches) == 63
    found = cnig.sites(result)
    alike(found.assign(site_type=found["site_type"].replace(cnig.FORMER_TYPES)), back)
    # Every source and every link of the 66 records is still there; unknown kinds stay unknown.
    assert result.inventory is not None
    for name in ("source", "url"):
        kept = {p for value in back[name].dropna() for p in value.split("|")}
        assert kept == set(result.inventory[name].dropna()), name
    raw = pd.read_csv(real_data / "amiens" / "friches-cartofriches-80021.csv", sep=";", dtype=str)
    known = raw.loc[raw["site_type"] != "inconnu", "site_type"]
    assert back["site_type"].notna().sum() >= len(known) - 3
    assert set(back["commune_name"]) == {"AMIENS"}
    text = path.read_text(encoding="utf-8")
    table = pd.read_csv(path, sep=";", dtype=str)
    assert table[["proprio_nom", "source_contact"]].isna().all(axis=None)
    # The type of owner is a code of the tax data, which names nobody.
    assert table["proprio_type"].str.fullmatch(r"[A-Z]\d[a-z](\|[A-Z]\d[a-z])*").all()
    names = set(raw["source_producteur"]) - set(back["producer"].dropna())
    assert names
    assert not any(name in text for name in names - set(raw["source_nom"]))


@pytest.mark.real
def test_632_rows_of_the_somme_are_valid_and_read_back(real_data: Path, tmp_path: Path) -> None:
    whole = read(real_data / "amiens" / "friches-cartofriches-80.csv")
    assert len(whole) == 632
    table = cnig.exchange(whole, day=date(2024, 2, 13))
    path = write(table, tmp_path / "somme.csv")
    assert faults(path) == []
    # What the standard has no word for: « mixte » without its main use, one zone « Nh ».
    mixed = whole["site_type"].replace(cnig.FORMER_TYPES)
    strange = whole["zone_type"].isin(ENUMS["urba_zone_type"]) | whole["zone_type"].isna()
    assert (~strange).sum() == 1
    expected = whole.assign(site_type=mixed, zone_type=whole["zone_type"].where(strange, "autre"))
    alike(schemas.INVENTORY.conform(expected), read(path))
