"""The facts of Amiens one by one: 66 rows, twins, families, LEGUICHARD; the 632 of the Somme."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.special import expit

from foncier import detect, readers, schemas
from foncier.crs import legal_crs
from foncier.model import LayerFile
from foncier.study import evidence_model
from foncier.study.config import Study

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.real
CRS = legal_crs("80021")
FRANCE = shapely.box(0, 6_000_000, 1_300_000, 7_200_000)
TWINS = [("21473", "15776"), ("24663", "28551"), ("28550", "20515")]
FAMILIES = [
    ("21839", "20421", "21496"),
    ("28548", "28549", "20483"),
    ("24629", "21265"),
    ("21342", "24641"),
]


def read(folder: Path, name: str, format_: str, **given: Any) -> Any:
    file = LayerFile("inventory", folder / "amiens" / name, name, format_)
    return readers.read(file, crs=CRS, **{"communes": (), **given})


def ledger() -> Any:
    study = Study.model_validate(
        {"study": {"title": "t", "communes": ["80021"]}, "layers": {"inventory": {"path": "x"}}}
    )
    return evidence_model(study, 0.03, dt.date(2024, 2, 13))


@pytest.fixture(scope="module")
def inventory(real_data: Path) -> Any:
    return read(real_data, "friches-cartofriches-80021.csv", "cnig")


@pytest.fixture(scope="module")
def found(real_data: Path, inventory: Any) -> Any:
    ademe, _ = read(real_data, "ademe-sites-pollues.geojson", "ademe-sites", communes=("80021",))
    both = schemas.INVENTORY.conform(pd.concat([inventory[0], ademe], ignore_index=True))
    return detect.find_friches(detect.SpatialContext(inventory=both), ledger(), FRANCE)


def site(found: Any, number: str) -> Any:
    return found.candidates.set_index("opportunity_id").loc[f"FR-80021_{number}"]


def test_66_rows_come_in_with_their_status_and_unknown_types_stay_unknown(
    inventory: Any, real_data: Path
) -> None:
    table, report = inventory
    raw = pd.read_csv(
        real_data / "amiens" / "friches-cartofriches-80021.csv",
        sep=";",
        dtype=str,
        keep_default_na=False,
        index_col="site_id",
    )
    assert len(table) == len(raw) == report.rows_read == 66
    assert (raw["site_type"] == "inconnu").sum() == table["site_type"].isna().sum() == 45
    assert table.set_index("site_id")["status"].to_dict() == raw["site_statut"].to_dict()
    (years,) = [n for n in report.notes if "secondes" in n.text.fr]
    assert (years.effect, years.count) == ("dropped", 132)  # two columns, every row


@pytest.mark.parametrize("pair", TWINS)
def test_twins_become_one_site_that_names_both(found: Any, pair: tuple[str, str]) -> None:
    ids = {f"FR-80021_{number}" for number in pair} & set(found.candidates["opportunity_id"])
    assert len(ids) == 1
    told = found.evidence.set_index("opportunity_id").loc[ids.pop()]
    (words,) = told.loc[told["signal"] == "même site", "text_fr"]
    assert all(f"80021_{number}" in words for number in pair)
    assert len(told.loc[told["signal"].str.startswith(("friche", "statut")), "source"]) >= 1


def test_66_rows_and_leguichard_are_63_sites(found: Any) -> None:
    assert len(found.candidates) == 63
    assert not found.candidates["opportunity_id"].str.contains("ADEME").any()


@pytest.mark.parametrize("numbers", FAMILIES)
def test_families_are_linked_not_melted_and_their_land_counts_once(
    found: Any, numbers: tuple[str, ...]
) -> None:
    rows = pd.DataFrame([site(found, number) for number in numbers])
    assert len(set(rows["family"])) == 1
    others = found.candidates.loc[found.candidates["family"] == rows["family"].iloc[0]]
    assert len(others) == len(numbers)
    counted, told = rows["counted_area_m2"].sum(), rows["area_m2"].sum()
    assert rows["area_m2"].max() * 0.99 <= counted < told
    assert (rows["counted_area_m2"] <= rows["area_m2"] + 1e-6).all()


def test_catel_orion_and_the_sewage_works_count_their_union(found: Any) -> None:
    rows = pd.DataFrame([site(found, number) for number in FAMILIES[0]])
    parcels = [set(ids.split("|")) for ids in rows["parcel_ids"]]
    assert parcels[1] | parcels[2] <= parcels[0]  # CATEL holds both
    assert rows["counted_area_m2"].sum() == pytest.approx(rows["area_m2"].iloc[0])


def test_leguichard_is_joined_to_24180_by_its_parcels(found: Any) -> None:
    row = site(found, "24180")
    assert row["parcel_ids"] == "80021000AR0150|80021000AR0151"
    assert "ADEME" in row["sources"]
    assert "DDT de la Somme" in row["sources"]
    told = found.evidence.loc[found.evidence["opportunity_id"] == "FR-80021_24180"]
    (sign,) = told.loc[told["signal"] == "ademe_site"].to_dict("records")
    assert (sign["direction"], sign["weight"]) == ("for", 0.8)
    assert told["text_fr"].str.contains("Traitement de surface").any()


def test_every_confidence_is_the_sum_of_its_ledger(found: Any) -> None:
    sums = found.evidence.groupby("opportunity_id")["weight"].sum()
    sure = found.candidates.set_index("opportunity_id")["confidence"]
    np.testing.assert_allclose(expit(sums.reindex(sure.index)), sure)
    assert set(found.candidates["confidence_band"]) <= {"faible", "incertaine", "probable", "forte"}


def test_leaving_out_ademe_lowers_only_the_site_that_it_speaks_of(
    found: Any, inventory: Any
) -> None:
    without = detect.find_friches(detect.SpatialContext(inventory=inventory[0]), ledger(), FRANCE)
    pair = [f.candidates.set_index("opportunity_id")["confidence"] for f in (found, without)]
    changed = pair[0].index[~np.isclose(pair[0], pair[1].reindex(pair[0].index))]
    assert changed.tolist() == ["FR-80021_24180"]
    assert pair[1]["FR-80021_24180"] < pair[0]["FR-80021_24180"]


def test_all_632_rows_of_the_somme_are_accounted_for(real_data: Path) -> None:
    table, report = read(real_data, "friches-cartofriches-80.csv", "cnig")
    assert len(table) == report.rows_read == report.rows_kept == 632
    result = detect.find_friches(detect.SpatialContext(inventory=table), ledger(), FRANCE)
    done = (table["status"] == "friche reconvertie").sum()
    melted = sum(n.count for n in result.notes if "réunies" in n.text.fr)
    assert len(result.candidates) + melted + done == 632
    assert isinstance(result.candidates, gpd.GeoDataFrame)
    total = result.candidates["area_m2"].sum()
    assert result.candidates["counted_area_m2"].sum() < total
