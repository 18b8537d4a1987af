"""Public services for a hamlet of Amiens on a local server, in the formats of the real ones."""

from __future__ import annotations

import io
import json
import zipfile
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any

import pyproj
import pytest
import shapely

from foncier import download as services
from foncier.pipeline import fetch
from foncier.study import read_bare_study

from ..hamlet import X, Y, degrees, feature, hamlet
from ..timetable import feed, write_zip
from .replay import CASIAS, DPE, ICPE, OVERPASS, RNB, STORE, Replay

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TODAY = date(2026, 1, 15)
CADASTRE = "/cadastre.data.gouv.fr/data/etalab-cadastre/latest/geojson/communes/80/80021/"
PARCELS = f"{CADASTRE}cadastre-80021-parcelles.json.gz"
BUILDINGS = f"{CADASTRE}cadastre-80021-batiments.json.gz"
FRICHES = "sites-references-dans-cartofriches"
SITES = "/apidf-preprod.cerema.fr/cartofriches/geofriches/"
DVF = "/files.data.gouv.fr/geo-dvf/latest/csv/{}/communes/80/80021.csv"
LOVAC = "61816c6e23197bb34835228e"
GRID = "/www.insee.fr/fr/statistiques/fichier/8735162/Filosofi2021_carreaux_200m_csv.zip"
QPV = "/static.data.gouv.fr/resources/qp2024-geojson.zip"
QPV_STABLE = "/www.data.gouv.fr/api/1/datasets/r/942d4ee8-8142-4556-8ea1-335537ce1119"
SIRENE = "/object.files.data.gouv.fr/data-pipeline-open/siren/stock/StockEtablissement_utf8.zip"
SIRENE_STABLE = "/www.data.gouv.fr/api/1/datasets/r/0651fb76-bcf3-4f6a-a38d-bc04fa708576"
PERMIT_FILES = (
    "8b35affb-55fc-4c1f-915b-7750f974446a",
    "f8f0700f-806c-40a7-83b1-f21cf507e7c4",
    "96883f50-538b-41f9-a059-c6eb97e6a23a",
    "1a9a2f0c-56fe-4e69-84a7-fbbda2121f02",
)
PERMITS = "/data.statistiques.developpement-durable.gouv.fr/dido/api/v1/datafiles/{}/csv"
OWNERS = (
    "/data.economie.gouv.fr/api/explore/v2.1/catalog/datasets/"
    "fichiers-des-locaux-et-des-parcelles-des-personnes-morales/attachments"
)
ARCHIVE = f"{OWNERS}/fichier_des_parcelles_situation_2025_dpts_57_a_976_zip"
PRICES = "/tabular-api.data.gouv.fr/api/resources/851d342f-9c96-41c1-924a-11a7a7aae8a6/data/"
COMMUNE = "/geo.api.gouv.fr/communes/80021"
FEED = f"/{STORE}/82192/2.zip"
HEAD = (
    "site_id;site_nom;site_type;comm_nom;comm_insee;site_identif_date;site_actu_date;"
    "urba_zaer;source_nom;unite_fonciere_refcad;geompoint"
)
QUICK = services.RETRIES.new(total=4, backoff_factor=0.01, backoff_jitter=0.0, backoff_max=0.05)


def osm() -> bytes:
    """A street along the hamlet, as Overpass writes it."""
    ends = shapely.get_coordinates(degrees(shapely.LineString([(X, Y - 5), (X + 400, Y - 5)])))
    nodes = "".join(
        f'<node id="{n}" lat="{y:.7f}" lon="{x:.7f}"/>' for n, (x, y) in enumerate(ends, start=1)
    )
    way = (
        '<way id="7"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/>'
        '<tag k="name" v="Rue du Hameau"/></way>'
    )
    return f'<?xml version="1.0"?><osm version="0.6">{nodes}{way}</osm>\n'.encode()


def zone(n: int, kind: str = "U") -> dict[str, object]:
    shape = degrees(shapely.box(X + 60 * n, Y - 20, X + 60 * n + 60, Y + 60))
    return {**feature(shape, typezone=kind, libelle=f"{kind}{n}"), "id": f"zone_urba.{n}"}


def sales(year: int) -> bytes:
    """Two sales of premises and one of bare land, as the geolocated DVF writes them."""
    head = (
        "id_mutation,date_mutation,nature_mutation,valeur_fonciere,code_commune,id_parcelle,"
        "type_local,longitude,latitude"
    )
    lon, lat = shapely.get_coordinates(degrees(shapely.Point(X + 70, Y + 20)))[0]
    rows = [
        f"{year}-{n},{year}-03-0{n},Vente,150000,80021,80021000AB000{n},{kind},{lon:.6f},{lat:.6f}"
        for n, kind in ((2, "Maison"), (3, "Local industriel. commercial ou assimilé"), (4, ""))
    ]
    return "\n".join([head, *rows, ""]).encode()


def certificate(n: int) -> dict[str, object]:
    return {
        "numero_dpe": f"2580E{n:07}A",
        "date_etablissement_dpe": "2025-05-06",
        "code_insee_ban": "80021",
        "coordonnee_cartographique_x_ban": X + 30 * n + 10.5,
        "coordonnee_cartographique_y_ban": Y + 12.25,
    }


def building(n: int, status: str = "demolished") -> dict[str, object]:
    shape = shapely.geometry.mapping(
        degrees(shapely.box(X + 30 * n + 5, Y + 5, X + 30 * n + 25, Y + 30))
    )
    point = shapely.geometry.mapping(degrees(shapely.Point(X + 30 * n + 15, Y + 15)))
    return {
        "rnb_id": f"RNB{n:09}",
        "status": status,
        "point": point,
        "shape": shape,
        "addresses": [],
        "ext_ids": [],
        "is_active": True,
    }


def works(n: int, state: str = "En arrêt") -> dict[str, object]:
    point = shapely.geometry.mapping(degrees(shapely.Point(X + 30 * n + 15, Y + 20)))
    return {
        "identifiant_ssp": f"SSP400{n}",
        "identifiant_casias": f"PIC800{n}",
        "nom_etablissement": "Teinturerie Untel",
        "adresse": "1 rue du Hameau",
        "code_insee": "80021",
        "nom_commune": "AMIENS",
        "statut": state,
        "fiche_risque": f"https://fiches-risques.brgm.fr/georisques/casias/SSP400{n}",
        "date_maj": "2014-12-04",
        "geom": point,
    }


def installation(n: int, state: str = "A l'arrêt") -> dict[str, object]:
    point = degrees(shapely.Point(X + 30 * n + 15, Y + 20))
    return {
        "codeAIOT": f"000510000{n}",
        "raisonSociale": "SCI Plantureux",
        "adresse1": "1 rue Plantureux",
        "codeInsee": "80021",
        "etatActivite": state,
        "regime": "Enregistrement",
        "longitude": point.x,
        "latitude": point.y,
        "date_maj": "2025-07-17/19-32-59",
    }


def easement(n: int, kind: str, name: str) -> dict[str, object]:
    shape = degrees(shapely.box(X + 30 * n, Y, X + 30 * n + 30, Y + 40))
    row = feature(shape, gid=n, suptype=kind, nomsuplitt=name, typeass="Enveloppe", idass=f"a{n}")
    return {**row, "id": f"assiette_sup_s.{n}"}


def packed(**members: str) -> bytes:
    """A zip of texts by name."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, written in members.items():
            archive.writestr(zipfile.ZipInfo(name), written, zipfile.ZIP_DEFLATED)
    return whole.getvalue()


def grid(residents: str = "12.5") -> str:
    """Three cells of INSEE's grid: one that holds the hamlet, its neighbour, one in Marseille."""
    moved = pyproj.Transformer.from_crs(2154, 3035, always_xy=True).transform(X + 200, Y)
    east, north = (int(axis // 200) * 200 for axis in moved)
    ids = [(north, east), (north, east + 200), (2_229_000, 3_959_000)]
    rows = [f"CRS3035RES200mN{n}E{e},0,{residents},,80021,7" for n, e in ids]
    return "\n".join(["idcar_200m,i_est_200,ind,men,lcog_geo,x", *rows, ""])


def districts() -> str:
    here = degrees(shapely.box(X + 90, Y - 20, X + 400, Y + 60))
    rows = [
        feature(here, fid=1, code_qp="QN08001M", lib_qp="Le Hameau", insee_com="80021"),
        feature(
            shapely.box(5.37, 43.29, 5.38, 43.3),
            fid=2,
            code_qp="QN01301M",
            lib_qp="Ailleurs",
            insee_com="13055",
        ),
    ]
    return json.dumps({"type": "FeatureCollection", "features": rows})


def firms(*changes: tuple[str, str]) -> bytes:
    """Establishments of INSEE's stock, with columns that are not kept."""
    head = (
        "siren,siret,enseigne1Etablissement,codeCommuneEtablissement,"
        "coordonneeLambertAbscisseEtablissement,coordonneeLambertOrdonneeEtablissement,"
        "dateDebut,etatAdministratifEtablissement,activitePrincipaleEtablissement"
    )
    rows = [
        f'{n},{n}00017,"Chez Untel,\nboucher",{insee},{X + 45},{Y + 15},2015-0{n}-01,{state},47.22Z'
        for n, state, insee in ((1, "A", "80021"), (2, "F", "80021"), (3, "A", "80002"))
    ]
    text = "\n".join([head, *rows, ""])
    for old, new in changes:
        text = text.replace(old, new)
    return packed(**{"StockEtablissement_utf8.csv": text})


def prescription(n: int, layer: str, **codes: str) -> dict[str, object]:
    shape = degrees(shapely.box(X + 30 * n, Y, X + 30 * n + 30, Y + 40))
    row = feature(shape, gid=n, libelle=layer, datvalid="20240131", **codes)
    return {**row, "id": f"{layer}.{n}"}


def permits(n: int) -> bytes:
    """Permits of one file of DiDo; the applicant is invented."""
    head = (
        "COMM;TYPE_DAU;NUM_DAU;ETAT_DAU;DATE_REELLE_AUTORISATION;DENOM_DEM;SIREN_DEM;"
        "ADR_LIBVOIE_TER;SEC_CADASTRE1;NUM_CADASTRE1\n"
    )
    kind = ("PC", "PC", "PA", "PD")[n]
    row = f"80021;{kind};{kind}{n};2;2025-03-0{n + 1};SCI PLANTÉE;123456789;RUE X;AB;{n + 2}\n"
    return (head + row).encode()


def attachments() -> bytes:
    names = [
        f"fichier_des_parcelles_situation_{year}_{dep}_zip"
        for year, dep in (
            (2024, "dpts_57_a_976"),
            (2025, "dpts_01_a_56"),
            (2025, "dpts_57_a_976"),
        )
    ]
    listed = [{"href": f"https:/{OWNERS}/{name}", "metas": {"id": name}} for name in names]
    return json.dumps({"attachments": listed}).encode()


def owners() -> str:
    """Rights of five owners on the parcels of the hamlet; all names are invented."""
    head = (
        "Département;Code Direction;Code Commune;Nom de la commune;Préfixe;Section;N° plan;SUF;"
        "Code droit - par;N° Majic - par;N° SIREN - par;Groupe personne - par;"
        "Forme juridique - par;Dénomination - par\n"
    )
    rows = (
        "021;AMIENS;;AB;0002;;P - Propriétaire;PBB1;218000198;4 - Commune;COM;VILLE PUBLIQUE",
        "021;AMIENS;;AB;0003;;P - Propriétaire;PBB2;999999901;0 - PM;SCI;SCI DUPLANTIN",
        "021;AMIENS;;AB;0003;;P - Propriétaire;PBB3;999999902;0 - PM;SCI;SCI DUPLANTON",
        "021;AMIENS;;AB;0004;;S - Syndic;PBB4;999999903;7 - Copropriétaires;CPR;COPRO PLANTEE",
        "021;AMIENS;;AB;0005;;P - Propriétaire;PBB5;;8 - Associés;;MONSIEUR PLANTUREUX",
        "022;AILLEURS;;AB;0005;;P - Propriétaire;PBB6;;4 - Commune;;VILLE VOISINE",
    )
    return head + "".join(f"80;0;{row}\n" for row in rows)


def network(ident: str, *, insee: str = "248000531", kind: str = "epci") -> dict[str, Any]:
    """A data set of transport.data.gouv.fr, as in its own tests."""
    number = {"ametis": 82192}.get(ident, 7)
    return {
        "id": f"id-{ident}",
        "slug": ident,
        "title": f"Réseau {ident}",
        "type": "public-transit",
        "licence": "odc-odbl",
        "publisher": {"name": "Amiens Métropole"},
        "covered_area": [{"type": kind, "nom": "Ici", "insee": insee}],
        "resources": [
            {
                "id": number,
                "format": "GTFS",
                "is_available": True,
                "url": "https://www.data.gouv.fr/r/1",
                "original_url": "http://bus.example",
            },
            {"id": 5, "format": "gbfs", "is_available": True},
        ],
    }


def prices(**change: object) -> bytes:
    row = {
        "__id": 1,
        "code_geo": "80021",
        "libelle_geo": "Amiens",
        "echelle_geo": "commune",
        "nb_ventes_whole_apt_maison": 6000,
        "med_prix_m2_whole_apt_maison": 2200,
    }
    told = {
        "data": [row],
        "links": {"next": None, "prev": None},
        "meta": {"page": 1, "page_size": 50, "total": 1},
    }
    return json.dumps(told | change).encode()


def more_services(replay: Replay, folder: Path) -> None:
    """DEM, timetable, easements, grid, districts, establishments and prices."""
    replay.easements = [
        easement(10, "pm1", "PPRi de la Somme"),
        easement(9, "ac1", "Cathédrale"),
        easement(11, "t5", "Aérodrome"),
    ]
    replay.files[GRID] = packed(**{"carreaux_200m_met.csv": grid(), "carreaux_200m_mart.csv": "x"})
    replay.files[QPV] = packed(
        **{
            "GEOJSON/QP2024_France_Hexagonale_Outre_Mer_WGS84.geojson": districts(),
            "GEOJSON/QP2024_France_hexagonale_LB93.geojson": "{}",
        }
    )
    replay.fail(QPV_STABLE, times=999, status=302, headers={"Location": f"https:/{QPV}"})
    replay.files[SIRENE] = firms()
    replay.fail(SIRENE_STABLE, times=999, status=302, headers={"Location": f"https:/{SIRENE}"})
    replay.layers = {
        "wfs_du:prescription_surf": [prescription(1, "prescription_surf", typepsc="01")],
        "wfs_du:prescription_lin": [prescription(1, "prescription_lin", typepsc="05")],
        "wfs_du:info_surf": [prescription(1, "info_surf", typeinf="02")],
    }
    for n, file in enumerate(PERMIT_FILES):
        replay.files[PERMITS.format(file)] = permits(n)
    replay.files[OWNERS] = attachments()
    replay.files[ARCHIVE] = packed(**{"PM_25_NB_800.csv": owners(), "PM_25_NB_590.csv": "x"})
    replay.files[PRICES] = prices()
    replay.files[COMMUNE] = json.dumps({"code": "80021", "codeEpci": "248000531"}).encode()
    replay.networks(
        network("ametis"), network("ter", insee="32", kind="region"), network("rouen", insee="1")
    )
    replay.files[FEED] = write_zip(folder / "feed.zip", feed()).read_bytes()


def workshop() -> dict[str, Any]:
    """A site as the API of Cartofriches has it: that of the file, with its outline."""
    return feature(
        degrees(shapely.box(X + 330, Y, X + 360, Y + 40)),
        site_id="80021_1",
        site_nom="Ancien atelier",
        site_type="inconnu",
        comm_nom="Amiens",
        comm_insee="80021",
        site_identif_date="2020-01-01",
        site_actu_date="2024-02-01",
        urba_zaer="inconnu",
        source_nom="ADUGA",
        proprio_type=["P5a"],
        proprio_nom="MONSIEUR PLANTUREUX",
        unite_fonciere_refcad="80021000AB0011",
    )


def bare_site() -> dict[str, Any]:
    """The site as a point, without its parcel."""
    row = workshop()
    row["geometry"] = shapely.geometry.mapping(degrees(shapely.Point(X + 345, Y + 20)))
    return {**row, "properties": {**row["properties"], "unite_fonciere_refcad": None}}


def sites(*rows: dict[str, Any], following: str | None = None) -> bytes:
    """A page of the API of Cartofriches."""
    answer = {"type": "FeatureCollection", "count": len(rows), "next": following, "features": rows}
    return json.dumps(answer).encode()


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FONCIER_CACHE", str(tmp_path / "cache"))


@contextmanager
def served(folder: Path) -> Iterator[Replay]:
    """All services of the catalogue, without faults."""
    there = hamlet(folder / "there")
    point = degrees(shapely.Point(X + 345, Y + 20)).wkt
    row = (
        "80021_1;Ancien atelier;inconnu;Amiens;80021;2020-01-01;2024-02-01;inconnu;ADUGA;"
        f"80021000AB0011;{point}"
    )
    with Replay() as replay:
        replay.files[PARCELS] = (there / "parcelles.json.gz").read_bytes()
        replay.files[BUILDINGS] = (there / "batiments.json.gz").read_bytes()
        replay.files[OVERPASS] = osm()
        replay.features = [zone(n) for n in range(7)]
        replay.dataset(FRICHES, "friches-standard.csv", f"{HEAD}\n{row}\n".encode())
        replay.files[SITES] = sites(workshop())
        lovac = "comm_insee;NOM_COM;Nb_log_pp_2022;Prop_logvac_pp_2A_010121\n80021;Amiens;9 000;3,1"
        replay.dataset(LOVAC, "lovac-communes.csv", f"{lovac}\n".encode("latin-1"))
        for year in (2024, 2025):
            replay.files[DVF.format(year)] = sales(year)
        replay.lists[DPE] = [certificate(n) for n in range(1, 8)]
        replay.lists[RNB] = [building(1), building(9, "notUsable"), building(3)]
        replay.lists[CASIAS] = [works(5), works(6, "En activité"), works(7)]
        replay.lists[ICPE] = [installation(5), installation(6, "En exploitation avec titre")]
        more_services(replay, folder)
        yield replay


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Replay]:
    """The services, for a test."""
    with served(tmp_path) as replay:
        yield replay


@pytest.fixture
def study(tmp_path: Path, service: Replay) -> Path:
    """A study as ``foncier new`` creates it, with the local server as its mirror."""
    folder = tmp_path / "ici"
    folder.mkdir()
    (folder / "study.toml").write_text(
        '[study]\ntitle = "Hameau"\ncommunes = ["80021"]\ndate = 2026-01-15\n'
        f'[fetch]\nmirror = "{service.address}"\ninsecure = true\n',
        encoding="utf-8",
    )
    return folder


def fetched_bytes(study: Path) -> dict[str, bytes]:
    """Bytes of every fetched file."""
    return {p.name: p.read_bytes() for p in sorted((study / "fetched").iterdir()) if p.is_file()}


def fetched(
    service: Replay,
    study: Path,
    *,
    today: date = TODAY,
    web_more: dict[str, object] | None = None,
    **more: Any,
) -> dict[str, services.Outcome]:
    """Fetch the sources of a study; outcomes by source."""
    client = web(service, **(web_more or {}))
    outcomes = fetch.fetch(read_bare_study(study), today=today, web=client, **more)
    return {one.source.name: one for one in outcomes}


def web(service: Replay, **more: object) -> services.HttpClient:
    """A client that does not wait long."""
    what = {
        "mirror": service.address,
        "insecure": True,
        "retries": QUICK,
        "pause_s": 0.0,
        "timeout_s": (2.0, 0.5),
        **more,
    }
    return services.HttpClient(services.hosts(), **what)  # type: ignore[arg-type]
