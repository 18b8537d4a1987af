"""Registers with their original columns: evidence, location, dropped rows, prices by commune."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from foncier import readers, schemas
from foncier.crs import legal_crs
from foncier.errors import FormatError
from foncier.model import LayerFile
from foncier.readers import parcel_text

if TYPE_CHECKING:
    from pathlib import Path

CRS = legal_crs("80021")
X, Y = 650_000.0, 6_977_000.0
IDS = [f"80021000AB{n:04d}" for n in (160, 161, 163)]
PLOTS = [shapely.box(X + 30 * k, Y, X + 30 * k + 30, Y + 40) for k in range(3)]


def parcels() -> Any:
    rows = {"parcel_id": IDS, "commune": "80021", "area_m2": [p.area for p in PLOTS]}
    return schemas.PARCELS.conform(gpd.GeoDataFrame(rows, geometry=PLOTS, crs=CRS))


def read(path: Path, text: str, format_: str, layer: str = "observations", **given: Any) -> Any:
    path.write_text(text, encoding=given.pop("encoding", "utf-8"))
    plots = given.pop("parcels", parcels())
    communes = given.pop("communes", ("80021",))
    file = LayerFile(layer, path, path.name, format_, **given)
    return readers.read(file, crs=CRS, communes=communes, parcels=plots)


def signals_of(table: Any) -> dict[str, str]:
    return dict(zip(table["observation_id"], table["signal"], strict=True))


SIRENE = (
    "siret;etatAdministratifEtablissement;dateDebut;activitePrincipaleEtablissement;"
    "codeCommuneEtablissement;longitude;latitude;denominationUsuelleEtablissement\n"
    "1;A;2015-03-01;47.11F;80021;2.30;49.89;Un nom\n"
    "2;F;2021-06-30;56.10A;80021;2.30;49.89;Un nom\n"
    "3;F;;56.10A;80021;2.30;49.89;Un nom\n"
    "4;A;2015-03-01;47.11F;63148;3.2;45.9;Un nom\n"
    "5;A;2015-03-01;47.11F;80021;[ND];[ND];Un nom\n"
    "6;X;2015-03-01;47.11F;80021;2.30;49.89;Un nom\n"
)


def test_sirene_active_and_closed_without_names(tmp_path: Path) -> None:
    table, report = read(tmp_path / "s.csv", SIRENE, "sirene", vintage=dt.date(2025, 1, 1))
    assert signals_of(table) == {"1": "sirene_active", "2": "sirene_closed", "3": "sirene_closed"}
    dates = table.set_index("observation_id")["observed_on"]
    assert dates["1"] == pd.Timestamp("2025-01-01")  # active as the file was made
    assert dates["2"] == pd.Timestamp("2021-06-30")
    assert pd.isna(dates["3"])
    assert not table.astype("str").apply(lambda c: c.str.contains("Un nom")).any().any()
    assert {n.effect for n in report.notes} == {"dropped", "kept"}


def test_dpe_in_lambert_or_by_its_geopoint(tmp_path: Path) -> None:
    metres = (
        "numero_dpe,date_etablissement_dpe,code_insee_ban,coordonnee_cartographique_x_ban,"
        f"coordonnee_cartographique_y_ban\nD1,2024-05-02,80021,{X},{Y}\n"
    )
    table, _ = read(tmp_path / "d.csv", metres, "dpe")
    assert table["signal"].tolist() == ["dpe_recent"]
    assert table.geometry[0].distance(shapely.Point(X, Y)) < 0.1
    degrees = 'numero_dpe,date_etablissement_dpe,_geopoint\nD1,2024-05-02,"49.89,2.30"\n'
    table, _ = read(tmp_path / "e.csv", degrees, "dpe")
    assert table["observed_on"][0] == pd.Timestamp("2024-05-02")
    assert table.geometry[0].x == pytest.approx(649_700, abs=500)


DVF = (
    "id_mutation,date_mutation,nature_mutation,id_parcelle,type_local,code_commune,longitude,latitude\n"
    "M1,2023-02-01,Vente,80021000AB0160,Appartement,80021,2.3,49.89\n"
    "M1,2023-02-01,Vente,80021000AB0160,Dépendance,80021,2.3,49.89\n"
    "M2,2023-03-01,Echange,80021000AB0161,Maison,80021,2.3,49.89\n"
    "M3,2023-04-01,Vente,80021000AB0161,,80021,2.3,49.89\n"
    "M4,2023-05-01,Vente,80021000ZZ9999,Maison,80021,2.3,49.89\n"
)


@pytest.mark.parametrize(
    ("premises", "kept"),
    [
        (",type_local\n", 0),  # the column is there, and says that no premises were sold
        (",libtypbien\n", 0),
        ("\n", 2),  # without the column nothing is known of the premises
    ],
)
def test_dvf_of_bare_land_only(tmp_path: Path, premises: str, kept: int) -> None:
    head = "id_mutation,date_mutation,nature_mutation,id_parcelle,code_commune,longitude,latitude"
    cell = "," if premises != "\n" else ""
    rows = [f"M{n},2025-07-0{n},Vente,{IDS[n]},80021,2.3,49.89{cell}\n" for n in (1, 2)]
    table, report = read(tmp_path / "v.csv", "".join([head, premises, *rows]), "dvf")
    assert (len(table), report.rows_read) == (kept, 2)


def test_dvf_keeps_sales_of_premises_on_their_parcel(tmp_path: Path) -> None:
    table, _ = read(tmp_path / "v.csv", DVF, "dvf")
    rows = table.set_index("observation_id")
    assert set(rows.index) == {"M1/80021000AB0160", "M4/80021000ZZ9999"}
    assert rows.loc["M1/80021000AB0160", "subject"] == "parcel"
    assert rows.loc["M1/80021000AB0160"].geometry.equals(PLOTS[0])
    # A parcel that is gone: the sale keeps its own point, and speaks of the building there.
    assert rows.loc["M4/80021000ZZ9999"].geometry.geom_type == "Point"
    assert rows.loc["M4/80021000ZZ9999", "subject"] == "building"


def test_rnb_evidence_by_status(tmp_path: Path) -> None:
    text = (
        "rnb_id;point;shape;status\nA;SRID=4326;POINT (2.3 49.89);constructed\n".replace(
            "SRID=4326;", ""
        )
        + "B;POINT (2.3 49.89);;notUsable\nC;POINT (2.3 49.89);;demolished\n"
        "D;POINT (2.3 49.89);;constructionProject\nE;POINT (2.3 49.89);;strange\n"
    )
    table, report = read(
        tmp_path / "r.csv",
        text.replace("(2.3 49.89);constructed", "(2.3 49.89);;constructed"),
        "rnb",
    )
    assert signals_of(table) == {"B": "rnb_not_usable", "C": "rnb_demolished"}
    assert any("RNB status unknown" in n.text.en and n.count == 1 for n in report.notes)


def test_bdnb_evidence_of_dpe_and_dvf(tmp_path: Path) -> None:
    path = tmp_path / "b.gpkg"
    rows = [
        {
            "batiment_groupe_id": "g1",
            "date_etablissement_dpe": "2023-01-01",
            "date_mutation": "2022-05-05",
        },
        {"batiment_groupe_id": "g2", "date_etablissement_dpe": None, "date_mutation": None},
    ]
    gpd.GeoDataFrame(rows, geometry=PLOTS[:2], crs=CRS).to_file(path)
    file = LayerFile("observations", path, path.name, "bdnb")
    table, _ = readers.read(file, crs=CRS, communes=())
    assert signals_of(table) == {"g1/dpe_recent": "dpe_recent", "g1/dvf_sale": "dvf_sale"}


def test_premises_evidence_and_free_share(tmp_path: Path) -> None:
    text = (
        "nom;adresse;lat;lon;locaux;occupes;date;parcelles\n"
        "H1;1 rue A;49,89;2,30;10;0;2025-01-01;\nH2;;49.89;2.30;10;4;2025-01-01;\n"
        "H3;;49.89;2.30;10;10;;\nH4;;49.89;2.30;10;12;;\nH5;;49.89;2.30;;;;\n"
        "H6;2 rue B;;;8;2;2025-01-01;AB160/161\nH7;3 rue C;;;8;2;2025-01-01;\n"
    )
    text = text.replace("parcelles\n", "parcelles;code_insee\n", 1)
    text = "\n".join(line + ";80021" if line.startswith("H") else line for line in text.split("\n"))
    table, report = read(tmp_path / "h.csv", text, "premises")
    rows = table.set_index("name")
    assert rows["signal"].to_dict() == {
        "H1": "premises_empty",
        "H2": "premises_partly",
        "H3": "premises_full",
        "H6": "premises_partly",
    }
    assert rows.loc["H2", "share"] == pytest.approx(0.6)
    assert rows.loc["H2", "detail"] == "6 lots libres sur 10"
    assert rows.loc["H2", "detail_en"] == "6 free lots of 10"
    assert rows.loc["H6"].geometry.geom_type == "Polygon"
    notes = {n.text.fr: n.count for n in report.notes}
    assert sum(c for t, c in notes.items() if "dépasse le nombre de lots" in t) == 2
    assert sum(c for t, c in notes.items() if "sans coordonnées" in t) == 1


TAX_HEAD = (
    "idpar;tlocdomin;nlocal;nlocdep;nloghvac;nloghvac2a;nloghvac5a;nactvacant;nactvac2a;"
    "nactvac5a;ddenom\n"
)


@pytest.mark.parametrize(
    ("row", "signals", "points"),
    [
        ("ACTIVITE;4;0;0;0;0;4;4;4", {"tax_vacant_5y", "nafu"}, 4),
        ("ACTIVITE;4;0;0;0;0;4;4;0", {"tax_vacant_2y", "nafu"}, 3),
        ("ACTIVITE;5;0;0;0;0;2;0;0", {"tax_partly", "nafu"}, 1),  # exactly 40 %
        ("ACTIVITE;5;0;1;0;0;0;0;0", {"tax_partly"}, None),  # 20 %
        ("MAISON;1;0;1;1;1;0;0;0", {"tax_vacant_5y"}, None),  # vacant, but no business
        ("MAISON;2;1;1;0;0;0;0;0", {"tax_vacant"}, None),  # the other one is an annexe
        ("MAISON;2;0;0;0;0;0;0;0", {"tax_used"}, None),
        ("ACTIVITE;2;0;;;;;;", set(), None),  # vacancy unknown: nothing is said
        ("AUCUN LOCAL;0;0;0;0;0;0;0;0", set(), None),
    ],
)
def test_tax_data_and_the_nafu_rule(
    tmp_path: Path, row: str, signals: set[str], points: float | None
) -> None:
    text = TAX_HEAD + f"80021000AB0160;{row};Un nom\n80021000AB0161;MAISON;1;0;0;0;0;0;0;0;x\n"
    table, _ = read(tmp_path / "f.csv", text, "fichiers-fonciers", vintage=dt.date(2024, 1, 1))
    own = table[table["parcel_ids"] == IDS[0]]
    assert set(own["signal"]) == signals
    told = own.set_index("signal")
    if points is not None:
        assert told.loc["nafu", "points"] == points
        assert told.loc["nafu", "subject"] == "site"
    assert own.geometry.geom_equals(PLOTS[0]).all()
    assert not table.astype("str").apply(lambda c: c.str.contains("Un nom")).any().any()


def test_tax_data_without_cadastre_are_dropped_with_a_note(tmp_path: Path) -> None:
    text = TAX_HEAD + "80021000AB0160;MAISON;2;0;0;0;0;0;0;0;x\nAB12;MAISON;2;0;0;0;0;0;0;0;x\n"
    table, report = read(tmp_path / "f.csv", text, "fichiers-fonciers", parcels=None)
    assert table.empty
    words = " | ".join(n.text.fr for n in report.notes)
    assert "sans coordonnées ni parcelle" in words
    assert "idpar n'est pas un IDU" in words


def test_tax_data_lack_a_column(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="nactvacant"):
        read(tmp_path / "f.csv", "idpar;nlocal;nloghvac\na;1;1\n", "fichiers-fonciers")


def test_casias_states_and_locations(tmp_path: Path) -> None:
    text = (
        "identifiant_casias;nom_usuel;raison_sociale;code_insee;etat_occupation;longitude;latitude;"
        "parcelles\n"
        "P1;Garage;Un nom;80021;Activité terminée;2.3;49.89;\n"
        "P2;;Un nom;80021;En activité;2.3;49.89;\nP3;;;80021;Ne sait pas;2.3;49.89;\n"
        "P4;;;80021;En friche;;;AB160\nP5;;;80021;En friche;;;ZZ9\n"
        ";;;80021;En friche;2.3;49.89;\nP6;;;63148;En friche;3.2;45.9;\n"
    )
    table, report = read(tmp_path / "c.csv", text, "casias", layer="inventory")
    assert table.set_index("site_id")["signal"].to_dict() == {
        "P1": "casias_closed",
        "P2": "casias_active",
        "P3": "casias_unknown",
        "P4": "casias_waste",
    }
    assert table.set_index("site_id").loc["P4"].geometry.equals(PLOTS[0])
    assert not table.astype("str").apply(lambda c: c.str.contains("Un nom")).any().any()
    assert report.rows_read == 7


def test_ademe_features_without_geometry_live_on_their_parcels(tmp_path: Path) -> None:
    point = {"type": "Point", "coordinates": [2.3, 49.89]}

    def feature(n: int, use: str, refs: list[str], **more: Any) -> dict[str, Any]:
        properties = {
            "_id": str(n),
            "Nom_site": f"Site {n}",
            "Code_INSEE": "80021",
            "Usage_actuel_site": use,
            "Surface_site_m2": "non renseigné",
            "Numeros_parcelles_cadastrales": refs,
        }
        return {"type": "Feature", "properties": properties, **more}

    features = [
        feature(1, "Friche", ["000AB160", "000AB161"]),
        feature(2, "Non renseigné", ["000XX1"], geometry=point),
        feature(3, "Groupe scolaire", ["000AB163"], geometry=point),
        feature(4, "Abandon", []),
    ]
    text = json.dumps({"type": "FeatureCollection", "features": features})
    table, _ = read(tmp_path / "a.geojson", text, "ademe-sites", layer="inventory")
    rows = table.set_index("site_id")
    assert rows["signal"].to_dict() == {
        "ADEME-1": "ademe_abandoned",
        "ADEME-2": "ademe_site",
        "ADEME-3": "ademe_reused",
    }
    assert rows.loc["ADEME-1", "parcel_ids"] == "|".join(IDS[:2])
    assert rows.loc["ADEME-1"].geometry.area == pytest.approx(2400)
    assert rows.loc["ADEME-2"].geometry.geom_type == "Point"
    assert rows["area_m2"].isna().all()


@pytest.mark.parametrize(
    ("text", "ids", "strange"),
    [
        ("AB160/161/163", IDS, ()),
        ("AB 160, 161 et 163", IDS, ()),
        ("section AB n° 160", IDS[:1], ()),
        ("{80021000AB0160,80021000AB0161}", IDS[:2], ()),
        ("80021000AB0160/161", IDS[:2], ()),
        ("000AB160 000AB161", IDS[:2], ()),
        ("AB 160 à 161", IDS[:2], ()),
        ("000AB160 à 000AB161", IDS[:2], ()),
        ("AB 1 à 900", ["80021000AB0001", "80021000AB0900"], ("900",)),
        ("A 12", ["800210000A0012"], ()),
        ("00012_114", ["80021000120114"], ()),
        ("160", [], ("160",)),
        ("voir notaire", [], ("VOIR", "NOTAIRE")),
        ("AB160 et la cour", IDS[:1], ("LA", "COUR")),
        ("", [], ()),
    ],
)
def test_parcels_written_short(text: str, ids: list[str], strange: tuple[str, ...]) -> None:
    assert parcel_text.resolve(text, "80021") == (tuple(ids), strange)


def test_short_references_without_commune_stay_unresolved() -> None:
    assert parcel_text.resolve("AB160", None) == ((), ("AB160",))


CNIG = (
    "site_id;site_nom;site_type;site_identif_date;site_actu_date;comm_insee;source_nom;"
    "geompoint;unite_fonciere_refcad;unite_fonciere_surface;bati_vacance\n"
)


def test_an_inventory_with_every_small_fault(tmp_path: Path) -> None:
    """Windows-1252, decimal commas, braces, short references, other communes: all at once."""
    text = CNIG + (
        "80021_1;Château;inconnu;2020-01-01;2021-01-01;80021;DDT;POINT (2.3 49.89);"
        "AB160/161/163;1 234,5;{vacant}\n"
        "80021_2;b;inconnu;2020-01-01;2021-01-01;80021;DDT;POINT (2.3 49.89);"
        "{80021000AB0160,63148000AA0001};10,5;inconnu\n"
        "80021_3;c;inconnu;2020-01-01;2021-01-01;80021;DDT;POINT (2.3 49.89);voir acte;;\n"
        "63148_1;d;inconnu;2020-01-01;2021-01-01;63148;DDT;POINT (3.2 45.9);;;\n"
    )
    table, report = read(tmp_path / "i.csv", text, "cnig", layer="inventory", encoding="cp1252")
    rows = table.set_index("site_id")
    assert list(rows.index) == ["80021_1", "80021_2", "80021_3"]
    assert rows.loc["80021_1", ["name", "area_m2", "vacancy"]].tolist() == [
        "Château",
        1234.5,
        "vacant",
    ]
    assert rows.loc["80021_1", "parcel_ids"] == "|".join(IDS)
    assert rows.loc["80021_2", "parcel_ids"] == "63148000AA0001|80021000AB0160"
    assert pd.isna(rows.loc["80021_3", "parcel_ids"])
    words = " | ".join(n.text.fr for n in report.notes)
    for told in ("Windows-1252", "hors de l'étude", "écrites en abrégé", "VOIR, ACTE"):
        assert told in words


def read_prices(path: Path, communes: tuple[str, ...] = ("80021",)) -> Any:
    return readers.read(
        LayerFile("prices", path, path.name, "dvf-communes"), crs=CRS, communes=communes
    )


def test_prices_of_few_sales_are_unknown(tmp_path: Path) -> None:
    file = tmp_path / "dvf.csv"
    file.write_text(
        "city_code;dvf_pxm2_median;dvf_nbtrans\n1004;1500;40\n01005;900;3\n", encoding="utf-8"
    )
    table, report = read_prices(file, ("01004", "01005"))
    assert table["commune"].tolist() == ["01004", "01005"]
    assert table["price_eur_m2"].tolist() == pytest.approx([1500, float("nan")], nan_ok=True)
    assert [note.count for note in report.notes if note.effect == "dropped"] == [1]


def test_text_in_a_price_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "dvf.csv"
    file.write_text("city_code;dvf_pxm2_median;dvf_nbtrans\n80021;cher;40\n", encoding="utf-8")
    with pytest.raises(FormatError, match="cher"):
        read_prices(file)


@pytest.mark.real
def test_price_of_amiens(real_data: Path) -> None:
    table, _ = read_prices(real_data / "amiens" / "dvf-communes-80.csv")
    assert table["commune"].tolist() == ["80021"]
    assert 1000 < table["price_eur_m2"].iloc[0] < 4000


ADDRESSES = (
    "identifiant_ssp;code_insee;statut;longitude;latitude;geocodage_etat;geocodage_score;"
    "geocodage_type\n"
)


@pytest.mark.parametrize(
    ("state", "score", "kind", "placed"),
    [
        ("trouve", "0.91", "housenumber", True),
        ("trouve", "0.5", "housenumber", True),
        ("trouve", "0.49", "housenumber", False),
        ("trouve", "0.97", "street", False),
        ("trouve", "0.97", "municipality", False),
        ("introuvable", "", "", False),
        ("sans reponse", "", "", False),
    ],
)
def test_casias_by_address(state: str, score: str, kind: str, placed: bool, tmp_path: Path) -> None:
    """What the geocoder is not sure of is listed, not placed."""
    at = "2.3;49.9" if state == "trouve" else ";"
    text = f"{ADDRESSES}S1;80021;En arrêt;2.31;49.89;;;\n"
    text += f"S2;80021;En arrêt;{at};{state};{score};{kind}\n"
    table, report = read(tmp_path / "c.csv", text, "casias", layer="inventory")
    sources = dict(zip(table["site_id"], table["source"], strict=True))
    assert sources["S1"] == "CASIAS"
    assert sources.get("S2") == ("CASIAS (adresse, BAN)" if placed else None)
    notes = [note.text.fr for note in report.notes]
    assert any("S2" in note for note in notes) is not placed
    assert any("placé par son adresse" in note for note in notes) is placed


def test_icpe_states(tmp_path: Path) -> None:
    """Closed works and those in operation are evidence; names are not read."""
    states = {
        "A l'arrêt": "icpe_closed",
        "En fin d'exploitation": "icpe_closed",
        "En exploitation avec titre": "icpe_active",
        "En construction": None,
        "": None,
    }
    text = "code_aiot;raison_sociale;code_insee;etat_activite;regime;date_maj;longitude;latitude\n"
    for n, state in enumerate(states):
        text += f"A{n};MONSIEUR PLANTE;80021;{state};Autorisation;2026-07-17/19-32-59;2.3;49.9\n"
    table, _ = read(tmp_path / "i.csv", text, "icpe")
    found = dict(zip(table["observation_id"], table["signal"], strict=True))
    assert found == {f"A{n}": s for n, s in enumerate(states.values()) if s}
    assert set(table["observed_on"].astype(str)) == {"2026-07-17"}
    assert set(table["detail"]) == {"Autorisation"}
    assert "PLANTE" not in table.to_csv()
