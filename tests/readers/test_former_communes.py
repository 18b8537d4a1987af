"""Communes that were merged or split, and locations that are not those of a building."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from foncier import communes, readers, schemas
from foncier.crs import legal_crs
from foncier.errors import ConfigError
from foncier.model import LayerFile
from foncier.readers import former_communes
from foncier.readers.report import Journal

if TYPE_CHECKING:
    from pathlib import Path

CRS = legal_crs("80021")
X, Y = 650_000.0, 6_977_000.0


def parcels(*ids: str) -> Any:
    plots = [shapely.box(X + 30 * k, Y, X + 30 * k + 30, Y + 40) for k in range(len(ids))]
    rows = {"parcel_id": list(ids), "commune": [one[:5] for one in ids], "area_m2": 1200.0}
    return schemas.PARCELS.conform(gpd.GeoDataFrame(rows, geometry=plots, crs=CRS))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("80021", "80021 Amiens"),
        (" 2a004 ", "2A004 Ajaccio"),
        ("amiens", "80021 Amiens"),
        ("L’Haÿ-les-Roses", "94038 L'Haÿ-les-Roses"),
        ("st valery sur somme", "80721 Saint-Valery-sur-Somme"),
        ("69383", "69383 Lyon 3e Arrondissement"),
        ("Marseille", "13055 Marseille"),
    ],
)
def test_a_commune_by_code_or_name(text: str, expected: str) -> None:
    assert str(communes.find(text)) == expected


@pytest.mark.parametrize(
    ("text", "proposed"),
    [
        ("80000", "80021 Amiens ?"),
        ("69003", None),  # also the code of a commune: Albigny-sur-Saône
        ("75011", "75111 Paris 11e Arrondissement"),
        ("63720", "63148 Ennezat"),
        ("amien", "80021 Amiens ?"),
        ("Saint-Denis", "93066 Saint-Denis"),
        ("01039", "01138 Culoz-Béon"),
        ("80999", "INSEE"),
        ("", "INSEE"),
    ],
)
def test_what_is_no_commune_is_answered_with_a_proposal(text: str, proposed: str | None) -> None:
    if proposed is None:
        assert communes.find(text).code == text
        return
    with pytest.raises(ConfigError) as error:
        communes.find(text)
    assert proposed in str(error.value).replace("\u202f", " ").replace("\xa0", " ")
    assert error.value.message("en") != str(error.value)


def test_every_commune_of_the_table_has_a_whole_of_today() -> None:
    table = communes.table()
    assert len([one for one in table.values() if not one.parent]) == 34969
    assert sum(one.is_arrondissement for one in table.values()) == 45
    wholes = {table[one.parent].parent for one in table.values() if one.parent}
    assert wholes == {""}


@pytest.mark.parametrize(
    ("codes", "studied", "inside"),
    [
        (["69381", "69123", "69382", None], ["69123"], [True, True, True, True]),
        (["69381", "69123", "69382", "80021"], ["69381"], [True, True, False, False]),
        (["97123", "97701", "97123"], ["97701"], [True, True, True]),
        (["01340", "01015", "01004"], ["01015"], [True, True, False]),
        (["01340", "01015", "01004"], ["01340"], [True, True, False]),
    ],
)
def test_rows_under_another_code_of_the_commune(
    codes: list[str | None], studied: list[str], inside: list[bool]
) -> None:
    assert list(former_communes.in_study(pd.Series(codes), studied)) == inside


def test_a_row_on_the_parcels_is_of_the_study_whatever_its_code() -> None:
    plots = parcels("69381000AB0001", "69381000AB0002")
    at = [shapely.Point(X + 5, Y + 5), shapely.Point(X + 900, Y), None, shapely.Point(X + 5, Y)]
    points = gpd.GeoSeries(at, crs=CRS)
    codes = pd.Series(["69123", "69123", "69123", "80021"])
    inside = former_communes.in_study(codes, ["69381"], plots, points)
    # On a parcel; elsewhere in the city; nowhere, so perhaps; on a parcel under a strange code.
    assert list(inside) == [True, False, True, True]


@pytest.mark.parametrize(
    ("cadastre", "written", "expected"),
    [
        ("80999021AB0011", "80021000AB0011", "80999021AB0011"),  # merged since
        ("80021000AB0011", "80999021AB0011", "80021000AB0011"),  # a cadastre of before
        ("97123000AB0011", "97701000AB0011", "97123000AB0011"),  # renumbered
        ("80021000AB0011", "80021000ZZ0011", "80021000ZZ0011"),  # another parcel
        ("69381000AB0011", "69123000AB0011", "69123000AB0011"),  # of any arrondissement
        ("69381000AB0011", "69382000AB0011", "69382000AB0011"),
    ],
)
def test_parcels_of_a_former_commune(cadastre: str, written: str, expected: str) -> None:
    lists = pd.Series([written, None, f"{cadastre}|{written}"])
    found = former_communes.to_cadastre(lists, parcels(cadastre), Journal())
    assert found[0] == expected
    assert pd.isna(found[1])
    assert set(found[2].split("|")) == {cadastre, expected}


FRICHES = (
    "site_id;site_nom;site_type;site_identif_date;site_actu_date;comm_insee;"
    "unite_fonciere_refcad;source_nom;geompoint\n"
    "1;Usine;inconnu;2022-02-01;2023-03-15;80999;80021000AB0011;ADUGA;POINT (2.3 49.89)\n"
    "2;Dépôt;inconnu;2022-02-01;2023-03-15;80021;80021000AB0012;ADUGA;POINT (2.3 49.89)\n"
    "3;Halle;inconnu;2022-02-01;2023-03-15;80600;;ADUGA;{place}\n"
    "4;Loin;inconnu;2022-02-01;2023-03-15;80601;;ADUGA;POINT (2.5 49.89)\n"
)


def test_inventory_of_a_merged_commune(tmp_path: Path) -> None:
    plots = parcels("80999021AB0011", "80999021AB0012")
    place = plots.to_crs(4326).geometry[0].representative_point().wkt
    path = tmp_path / "f.csv"
    path.write_text(FRICHES.format(place=place), encoding="utf-8")
    file = LayerFile("inventory", path, path.name, "cnig")
    table, report = readers.read(file, crs=CRS, communes=("80999",), parcels=plots)
    found = table.set_index("site_id")
    assert list(found.index) == ["1", "2", "3"]
    assert found["parcel_ids"].fillna("").tolist() == ["80999021AB0011", "80999021AB0012", ""]
    assert [note.count for note in report.notes if note.effect == "dropped"] == [1]


def test_cadastre_of_the_arrondissements_of_a_city(tmp_path: Path) -> None:
    path = tmp_path / "p.geojson"
    plots = parcels("69381000AB0001", "69382000AB0001", "69266000AB0001")
    plots.to_file(path)
    for studied, kept in (("69123", 2), ("69382", 1)):
        file = LayerFile("parcels", path, path.name, "vector")
        assert len(readers.read(file, crs=CRS, communes=(studied,))[0]) == kept


SIRENE = (
    "siret,etatAdministratifEtablissement,dateDebut,activitePrincipaleEtablissement,"
    "codeCommuneEtablissement,coordonneeLambertAbscisseEtablissement,"
    "coordonneeLambertOrdonneeEtablissement,longitude,latitude{columns}\n"
    "1,A,2015-03-01,47.11F,80021,650010,6977010,,{first}\n"
    "2,F,2021-06-30,56.10A,80021,,,2.30,49.89{second}\n"
)


@pytest.mark.parametrize(
    ("columns", "first", "second", "kept"),
    [
        ("", "", "", ["1", "2"]),
        (",qualite_xy", ",11", ",33", ["1"]),
        (",qualite_xy", ",12", ",21", ["2"]),
        (",geo_type,geo_score", ",street,0.9", ",housenumber,0.9", ["2"]),
        (",geo_type,geo_score", ",housenumber,0.9", ",housenumber,0.2", ["1"]),
        (",geo_type,geo_score", ",municipality,0.4", ",,", ["2"]),
    ],
)
def test_sirene_in_lambert_and_its_quality(
    columns: str, first: str, second: str, kept: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "s.csv"
    path.write_text(SIRENE.format(columns=columns, first=first, second=second), encoding="utf-8")
    file = LayerFile("observations", path, path.name, "sirene")
    table, report = readers.read(file, crs=CRS, communes=("80021",))
    assert table["observation_id"].tolist() == kept
    assert (report.rows_kept < 2) == bool(report.notes)
    if "1" in kept:
        assert table.geometry[0].distance(shapely.Point(X + 10, Y + 10)) < 0.01


def test_dpe_that_was_not_geocoded_and_one_with_degrees_only(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_text(
        "numero_dpe,date_etablissement_dpe,code_insee_ban,coordonnee_cartographique_x_ban,"
        "coordonnee_cartographique_y_ban,_geopoint,statut_geocodage,score_ban\n"
        f'1,2024-05-02,80021,{X},{Y},"49.89,2.30",adresse géocodée ban à l\'adresse,0.9\n'
        f"2,2024-05-02,80021,{X},{Y},,adresse non géocodée ban car aucune correspondance,\n"
        '3,2024-05-02,80021,,,"49.89,2.30",adresse géocodée ban à l\'adresse,0.9\n'
        f"4,2024-05-02,80021,{X},{Y},,adresse géocodée ban à l'adresse,0.2\n",
        encoding="utf-8",
    )
    file = LayerFile("observations", path, path.name, "dpe")
    table, _ = readers.read(file, crs=CRS, communes=("80021",))
    assert table["observation_id"].tolist() == ["1", "3"]
