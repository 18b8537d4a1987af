"""Inventories, observations, population and vacancy: their traps, and who must not be named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from tests.readers.conftest import LAMBERT_93

from foncier import readers, schemas
from foncier.model import LayerFile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from foncier.model import LayerReport

X, Y = 650_000.0, 6_977_000.0


def plot(i: int = 0, width: float = 20) -> shapely.Geometry:
    return shapely.box(X + 50 * i, Y, X + 50 * i + width, Y + 30)


def notes(report: LayerReport) -> dict[str, int]:
    return {note.text.en: note.count for note in report.notes}


HEADER = (
    "site_id;site_nom;site_type;site_statut;site_identif_date;site_actu_date;comm_insee;source_nom;"
    "source_producteur;proprio_nom;unite_fonciere_surface;unite_fonciere_refcad;activite_libelle;"
    "local_recent_annee;site_url;geompoint;geomsurf"
)
SITES = [
    "80021_2;Gare;{friche ferroviaire};friche sans projet;2023-01-01;2022-01-01;80021;ADUGA;ADUGA;"
    "Untel;1 234,5;80021000AR0151|80021000AR0150|80021000AR0150|AR12;Dépôt;1538690400.0;"
    "javascript:alert(1);POINT (2.3 49.89);POLYGON ((2.3 49.89, 2.301 49.89, 2.301 49.891, "
    "2.3 49.89))",
    "80021_1;80021_1;inconnu;en cours;NA;hier;80021;Inventaire national;prénom nom;NA;NA;NA;"
    "Le site appartenait à Mme Untel;1974;NA;POINT (2.31 49.89);NA",
    "80001_1;Halle;NA;NA;2023-01-01;2023-01-01;80001;DDT;DDT;NA;0;NA;NA;NA;NA;POINT (1.8 50.1);NA",
]


def cnig(path: Path, encoding: str = "utf-8-sig") -> Path:
    path.write_text("\r\n".join([HEADER, *SITES]), encoding=encoding, newline="")
    return path


def test_an_inventory_and_its_traps(tmp_path: Path, read: Callable[..., Any]) -> None:
    path = cnig(tmp_path / "friches.csv")
    table, report = read("inventory", "cnig", path, communes=("80021",))
    first, second = table.to_dict("records")
    assert first["site_id"] == "80021_1"
    assert pd.isna(
        [first[n] for n in ("name", "site_type", "status", "producer", "activity")]
    ).all()
    assert pd.isna(
        [first[n] for n in ("identified_on", "updated_on", "area_m2", "parcel_ids")]
    ).all()
    assert second["site_type"] == "friche ferroviaire"
    assert second["parcel_ids"] == "80021000AR0012|80021000AR0150|80021000AR0151"
    assert (second["area_m2"], second["producer"], second["activity"]) == (1234.5, "ADUGA", "Dépôt")
    assert pd.isna(second["url"])
    assert table.geom_type.tolist() == ["Point", "Polygon"]
    assert notes(report) == {
        "row of a commune outside the study dropped": 1,
        "status that is not in the CNIG list taken as unknown": 1,
        "link that is not an http address dropped": 1,
        "description of an activity left out: it may name persons": 1,
        "producer that may be a person: name left out": 1,
        "year of construction rejected (local_ancien_annee, local_recent_annee): it is in seconds "
        "since 1970, not a year": 1,
        "unreadable date in site_actu_date (YYYY-MM-DD or DD/MM/YYYY expected) taken as unknown: "
        "“hier”": 1,
        "site identified after its update (site_identif_date > site_actu_date)": 1,
        "site whose parcels were abbreviated (AB160/161): IDUs resolved": 1,
    }


def test_an_inventory_names_no_person(tmp_path: Path, read: Callable[..., Any]) -> None:
    table, _ = read("inventory", "cnig", cnig(tmp_path / "friches.csv"))
    written = table.to_csv()
    assert "Untel" not in written
    assert "prénom" not in written


def test_other_encoding_is_read_with_a_note(tmp_path: Path, read: Callable[..., Any]) -> None:
    table, report = read("inventory", "cnig", cnig(tmp_path / "friches.csv", "cp1252"))
    assert "Dépôt" in set(table["activity"])
    assert notes(report)["file that is not UTF-8, read as Windows-1252"] == 1


def test_no_site_in_the_commune_is_an_empty_inventory(
    tmp_path: Path, read: Callable[..., Any]
) -> None:
    table, report = read("inventory", "cnig", cnig(tmp_path / "f.csv"), communes=("63148",))
    assert list(table.columns) == schemas.INVENTORY.names
    assert (len(table), report.rows_read) == (0, 3)


def test_observations_and_surveys(
    write: Callable[..., Path], read: Callable[..., Any], tmp_path: Path
) -> None:
    path = write([{"signal": "disused", "date": "2024-05-01"}], [plot()])
    table, _ = read("observations", "vector", path, constants={"subject": "building"}, source="Moi")
    assert table.loc[0, ["signal", "subject", "source"]].tolist() == ["disused", "building", "Moi"]
    assert table.loc[0, "observed_on"] == pd.Timestamp("2024-05-01")
    csv = tmp_path / "releve.csv"
    csv.write_text(
        "lon;lat;etat;date;nom\n2,30;49,89;Occupé;2024-05-01;A\n2,31;49,89;vacant;;\n"
        "2,32;49,89;partiel;2024-05-02;C\n",
        encoding="utf-8",
    )
    table, report = read("observations", "survey", csv)
    assert table["signal"].tolist() == ["survey_used", "survey_vacant", "survey_partial"]
    assert table["observed_on"].isna().tolist() == [False, True, False]
    assert set(table["source"]) == {"Relevé de terrain"}
    assert report.notes == ()
    path = write([{"etat": "vacant"}], [shapely.Point(X, Y)], name="releve.gpkg")
    table, _ = read("observations", "survey", path)
    assert table["signal"].tolist() == ["survey_vacant"]


SURVEYS = {
    "whole ids": ("parcelle;etat\n80021000AB0001;vacant\n80021000AB0002;occupé\n", 2),
    "short": ("parcelle;etat\nAB 1;vacant\nAB2;occupé\n", 2),
    "section and number": ("section;numero;etat\nAB;1;vacant\nAB;0002;occupé\n", 2),
    "name of the commune": ("commune;parcelle;etat\nAmiens;AB 1;vacant\nAMIENS;AB 2;occupé\n", 2),
    "postal code": ("commune;parcelle;etat\n80000;AB 1;vacant\n80000;AB 2;occupé\n", 2),
    "another commune": ("commune;parcelle;etat\nAbbeville;AB 1;vacant\n80021;AB 2;occupé\n", 1),
    "a name of no commune": ("commune;parcelle;etat\nQuartier nord;80021000AB0001;vacant\n", 1),
    "after a title": ("Relevé 2026;;\n;;\nparcelle;etat;date\nAB 1;vacant;15/03/2026\n", 1),
}


@pytest.mark.parametrize("case", SURVEYS)
def test_a_survey_by_parcel(case: str, tmp_path: Path) -> None:
    """A row without coordinates is that of all buildings of its parcels."""
    words, rows = SURVEYS[case]
    path = tmp_path / "releve.csv"
    path.write_text(words, encoding="utf-8")
    ids = ["80021000AB0001", "80021000AB0002"]
    parcels = schemas.PARCELS.conform(
        gpd.GeoDataFrame(
            {"parcel_id": ids, "commune": "80021", "area_m2": 600.0},
            geometry=[plot(), plot(2)],
            crs=LAMBERT_93,
        )
    )
    file = LayerFile("observations", path, path.name, "survey")
    table, _ = readers.read(file, crs=LAMBERT_93, communes=("80021",), parcels=parcels)
    signals = dict(zip(table["parcel_ids"], table["signal"], strict=True))
    assert len(table) == rows
    assert signals.items() <= {ids[0]: "survey_vacant", ids[1]: "survey_used"}.items()
    assert (table.area > 0).all()


def test_population_and_vacancy(
    write: Callable[..., Path], read: Callable[..., Any], tmp_path: Path
) -> None:
    table, _ = read("population", "vector", write([{"id": "c1", "Ind": 12.5}], [plot()]))
    assert table.loc[0, ["cell_id", "residents"]].tolist() == ["c1", 12.5]
    csv = tmp_path / "lovac.csv"
    csv.write_text(
        "comm_insee;NOM_COM;Nb_log_pp_2022;Prop_logvac_pp_2A_010121\n"
        "1004;Ambérieu;5\u00a0922;3,1\n80021;Amiens;56 248;s\n80001;Abbeville;;\n",
        encoding="latin-1",
    )
    table, report = read("vacancy_rates", "lovac", csv)
    assert table["commune"].tolist() == ["01004", "80001", "80021"]
    assert table["dwellings"].fillna(-1).tolist() == [5922, -1, 56248]
    assert table["rate_share"].fillna(-1).tolist() == [pytest.approx(0.031), -1, -1]
    assert notes(report)["value of rate_share under statistical secrecy: unknown"] == 1
