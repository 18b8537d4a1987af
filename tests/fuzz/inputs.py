"""Small good inputs of every kind that foncier reads, and what reads each of them."""

from __future__ import annotations

import bz2
import datetime as dt
import gzip
import io
import json
import sqlite3
import tempfile
import zipfile
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from rasterio.transform import from_origin

from foncier import readers, schemas
from foncier.crs import legal_crs
from foncier.model import LayerFile
from foncier.readers.dem import read_dem
from foncier.study import read_study
from foncier.study.requirements import read_requirements, requirements_template

from ..sheets import HOUSE, PLOT, SHED, STREET, sheet, tarred, whole
from ..timetable import feed, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Read = Callable[[Path], object]
    Parts = Mapping[str, bytes]

CRS = legal_crs("80021")
X, Y = 650_000.0, 6_977_000.0
PLACE = {"type": "Point", "coordinates": [2.3, 49.89]}
LINE = {"type": "LineString", "coordinates": [[2.3, 49.89], [2.301, 49.891]]}


@dataclass(frozen=True)
class Input:
    """A good input: its parts and how they are packed, how its text is built, what reads it.

    ``form`` is ``json``, ``csv``, ``xml``, ``toml``, ``tiff``, ``sqlite``, ``lines`` or ``bytes``:
    how it can be broken with its structure still there.
    """

    name: str
    form: str
    parts: Parts
    pack: Callable[[Parts], bytes]
    readers: tuple[Read, ...]

    @property
    def whole(self) -> bytes:
        """The good file."""
        return self.pack(self.parts)


def bare(parts: Parts) -> bytes:
    """The only part, as it is."""
    return next(iter(parts.values()))


def gzipped(parts: Parts) -> bytes:
    """The only part, as gzip."""
    return gzip.compress(bare(parts), mtime=0)


def zipped(parts: Parts) -> bytes:
    """Parts as members of a zip, all of the same age."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def bzipped(parts: Parts) -> bytes:
    """Parts as members of a tar, as bzip2."""
    return bz2.compress(tarred(parts))


@cache
def plots() -> Any:
    """Parcels that registers are located by."""
    rows = {"parcel_id": ["80021000AB0160", "80021000AB0161"], "commune": "80021"}
    boxes = [shapely.box(X + 30 * k, Y, X + 30 * k + 30, Y + 40) for k in range(2)]
    frame = gpd.GeoDataFrame({**rows, "area_m2": 1200.0}, geometry=boxes, crs=CRS)
    return schemas.PARCELS.conform(frame)


def layer(name: str, format_: str, communes: tuple[str, ...] = ("80021",)) -> Callable[..., Any]:
    """Read a file, by the name of its path or another one, as a layer of a study."""

    def read(path: Path, shown: str = "") -> object:
        given = {"parcels": plots(), "on": dt.date(2026, 1, 18), "bounds": (X, Y, X + 400, Y + 40)}
        file = LayerFile(name, path, shown or path.name, format_)
        return readers.read(file, crs=CRS, communes=communes, **given)

    return read


def dem(path: Path) -> object:
    """Read a file as a relief."""
    file = LayerFile("elevation", path, path.name, "geotiff")
    return read_dem(file, crs=CRS, bounds=(X, Y, X + 100, Y + 100))


def drawn(path: Path, read: Callable[..., object]) -> object:
    """Read a file as something drawn by hand."""
    return read(path, crs=CRS, shown=path.name)


def truth(path: Path) -> object:
    """Read a file as truths."""
    return readers.read_truth(path, crs=CRS)


def features(*properties: Mapping[str, Any], shape: dict[str, Any] | None = None) -> bytes:
    """A collection of squares in a row, or of one shape."""
    rows = [
        {"type": "Feature", "properties": dict(one), "geometry": shape or square(2.3 + 0.001 * n)}
        for n, one in enumerate(properties)
    ]
    return json.dumps({"type": "FeatureCollection", "features": rows}).encode()


def square(x: float, y: float = 49.89) -> dict[str, Any]:
    """A square of a thousandth of a degree."""
    ring = [[x, y], [x + 0.001, y], [x + 0.001, y + 0.001], [x, y + 0.001], [x, y]]
    return {"type": "Polygon", "coordinates": [ring]}


@cache
def filed(suffix: str) -> bytes:
    """Two parcels as GDAL or Arrow write them."""
    frame = plots().assign(nom=["Un", None], typezone="U", verdict="occupe")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"x{suffix}"
        if suffix == ".parquet":
            frame.to_parquet(path)
        elif suffix == ".kml":
            frame[["nom", "geometry"]].to_crs(4326).to_file(path, driver="KML")
        elif suffix == ".shp.zip":
            frame.to_file(path.with_name("x.shp"))
            return zipped({p.name: p.read_bytes() for p in sorted(Path(folder).iterdir())})
        else:
            frame.to_file(path)
        if suffix == ".gpkg":
            with sqlite3.connect(path) as base:
                base.execute("PRAGMA journal_mode = DELETE")
        return path.read_bytes()


@cache
def hill() -> bytes:
    """A small relief in Lambert-93."""
    heights = np.fromfunction(lambda y, x: 40 + x + y / 2, (40, 40), dtype="float32")
    with rasterio.MemoryFile() as memory:
        with memory.open(
            driver="GTiff",
            width=40,
            height=40,
            count=1,
            dtype="float32",
            crs="EPSG:2154",
            transform=from_origin(X - 50, Y + 150, 5, 5),
            nodata=-9999,
            compress="deflate",
        ) as raster:
            raster.write(heights.astype("float32"), 1)
        return bytes(memory.read())


CNIG = (
    "site_id;site_nom;site_type;site_statut;site_identif_date;site_actu_date;comm_insee;source_nom;"
    "geompoint;unite_fonciere_surface;unite_fonciere_refcad;local_ancien_annee\n"
    "80021_1;Halle « Sernam »;friche ferroviaire;friche potentielle;2023-01-01;2023-01-02;80021;"
    "DDTM;POINT (2.3 49.89);1200;80021000AR0150|80021000AR0151;1538690400.0\n"
    "80021_2;Atelier;inconnu;NA;2023-01-01;2023-05-02;80021;ADUGA;POINT (2.31 49.89);NA;{};\n"
).encode()
LOVAC = (
    "comm_insee;NOM_COM;Nb_log_pp_2022;Prop_logvac_pp_2A_010121\n"
    "80021;Amiens;9 000;3,1\n1004;Ambérieu;5 922;s\n"
).encode("latin-1")
CSVS: Mapping[str, tuple[bytes, tuple[tuple[str, str], ...]]] = {
    "f.csv": (CNIG, (("inventory", "cnig"),)),
    "lovac.csv": (LOVAC, (("vacancy_rates", "lovac"),)),
    "prices.csv": (
        b"city_code;dvf_pxm2_median;dvf_nbtrans\n80021;1500;40\n01005;900,5;3\n",
        (("prices", "dvf-communes"),),
    ),
    "sirene.csv": (
        b"siret;etatAdministratifEtablissement;dateDebut;activitePrincipaleEtablissement"
        b";codeCommuneEtablissement;longitude;latitude\n"
        b"1;A;2015-03-01;47.11F;80021;2.30;49.89\n2;F;2021-06-30;56.10A;80021;2,3;"
        b"49,89\n",
        (("observations", "sirene"),),
    ),
    "dpe.csv": (
        b"numero_dpe,date_etablissement_dpe,code_insee_ban,"
        b"coordonnee_cartographique_x_ban,coordonnee_cartographique_y_ban,_geopoint\n"
        b'D1,2024-05-02,80021,650000,6977000,"49.89,2.30"\n',
        (("observations", "dpe"),),
    ),
    "dvf.csv": (
        b"id_mutation,date_mutation,nature_mutation,id_parcelle,type_local,code_commune,"
        b"longitude,latitude\nM1,2023-02-01,Vente,80021000AB0160,Maison,80021,2.3,49.89\n"
        b"M2,2023-03-01,Vente,80021000AB0161,Appartement,80021,,\n",
        (("observations", "dvf"),),
    ),
    "rnb.csv": (
        b"rnb_id;point;shape;status\nA;SRID=4326;;constructed\n"
        b"B;POINT (2.3 49.89);;notUsable\nC;;POLYGON ((2.3 49.89, 2.301 49.89, 2.3 49.891, "
        b"2.3 49.89));demolished\n",
        (("observations", "rnb"),),
    ),
    "premises.csv": (
        "nom;adresse;lat;lon;locaux;occupes;date;parcelles;code_insee\nH1;1 rue À;"
        "49,89;2,30;10;0;2025-01-01;;80021\nH6;2 rue B;;;8;2;2025-01-01;AB160/161;"
        "80021\n".encode(),
        (("observations", "premises"),),
    ),
    "tax.csv": (
        b"idpar;tlocdomin;nlocal;nlocdep;nloghvac;nloghvac2a;nloghvac5a;nactvacant;"
        b"nactvac2a;nactvac5a;catpro3;ndroitpro\n"
        b"80021000AB0160;ACTIVITE;5;0;0;0;0;2;1;0;P1a;1\n"
        b"80021000AB0161;MAISON;1;0;0;0;0;0;0;0;X1a,M1b;3\n",
        (("observations", "fichiers-fonciers"), ("owners", "fichiers-fonciers")),
    ),
    "casias.csv": (
        "identifiant_casias;nom_usuel;code_insee;etat_occupation;longitude;latitude;"
        "parcelles\nP1;Garage;80021;Activité terminée;2.3;49.89;\nP4;;80021;En friche;"
        ";;AB160\n".encode(),
        (("inventory", "casias"),),
    ),
    "icpe.csv": (
        "code_aiot;code_insee;etat_activite;regime;date_maj;longitude;latitude\n0051;80021;"
        "À l'arrêt;Autres régimes;2026-07-17/19-32-59;2.3;49.89\n0052;80021;En exploitation"
        " avec titre;Autorisation;;2,31;49,89\n".encode(),
        (("observations", "icpe"),),
    ),
    "pm.csv": (
        "Département;Code Commune;Préfixe;Section;N° plan;Code droit - par;N° SIREN - par;"
        "Groupe personne - par;Dénomination - par\n80;021;;AB;0160;P - Propriétaire;218000198;"
        "4 - Commune;COMMUNE\n80;21;;D;7;U;;0;\n".encode(),
        (("owners", "personnes-morales"),),
    ),
    "permits.csv": (
        b"COMM;TYPE_DAU;NUM_DAU;ETAT_DAU;DATE_REELLE_AUTORISATION;NB_LGT_TOT_CREES;"
        b"SURF_HAB_CREEE;SEC_CADASTRE1;NUM_CADASTRE1;SEC_CADASTRE2;NUM_CADASTRE2\n"
        b"80021;PC;PC1;2;2025-03-02;12;900;AB;160;AB;0161\n80021;PD;PD1;5;;;;AB;163;;\n",
        (("permits", "sitadel"),),
    ),
    "survey.csv": (
        b"lat;lon;etat;date;name\n49.89;2.30;vacant;2025-01-01;Garage\n",
        (("observations", "survey"),),
    ),
}
OSM = b"""<?xml version="1.0" encoding="UTF-8"?>
<osm version="0.6"><node id="1" lat="49.89" lon="2.30"/><node id="2" lat="49.891" lon="2.301"/>
<node id="3" lat="49.892" lon="2.300">
<tag k="shop" v="vacant"/><tag k="name" v="Ex-Caf&#233;"/></node>
<way id="7"><nd ref="1"/><nd ref="2"/><nd ref="3"/>
<tag k="highway" v="residential"/><tag k="layer" v="1"/></way>
<way id="8"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="1"/>
<tag k="disused:building" v="yes"/><tag k="leisure" v="park"/></way>
<relation id="9"><member type="way" ref="8" role="outer"/>
<tag k="type" v="multipolygon"/><tag k="landuse" v="brownfield"/></relation>
</osm>"""
PARCEL = {
    "id": "80021000AR0150",
    "commune": "80021",
    "prefixe": "000",
    "section": "AR",
    "numero": "150",
    "contenance": 800,
}
TOML = b"""[study]
title = "Essai"
communes = ["80021"]
date = 2026-01-15
[area]
around = "extent"
[axis]
name = "Axe"
half_width_m = 400
waypoints = [ { name = "A", lat = 49.9, lon = 2.29 }, { name = "B", lat = 49.89, lon = 2.3 } ]
[rules.dent_creuse.width]
at_least = 9
[signals]
osm_disused = 1.5
[weights]
station = 2
[fetch]
mirror = "https://miroir.example"
[layers.parcels]
path = "p.geojson"
format = "etalab-cadastre"
[[layers.places]]
path = "l.geojson"
constants = { category = "stop" }
"""
VISITS = (
    "verdict;wkt;opportunity_id;parcelles;nature;date;note;lon;lat\n"
    "occupe;POINT (2.3 49.89);FR-1;;friche;2026-01-15;fermé;;\n"
    "Friche confirmée;;DC-2;80021000AB0002 80021000AB0001;dent_creuse;;;2,3;49,89\n"
).encode()
VECTORS: Mapping[str, tuple[bytes, tuple[tuple[str, str], ...]]] = {
    "p.json.gz": (
        features(PARCEL, {**PARCEL, "numero": "151", "id": "80021000AR0151"}),
        (("parcels", "etalab-cadastre"),),
    ),
    "b.json.gz": (
        features({"type": "01", "commune": "80021", "nom": None}),
        (("buildings", "etalab-cadastre"),),
    ),
    "z.geojson": (
        features({"typezone": "U", "libelle": "UA"}, {"typezone": "AUc"}),
        (
            ("zones", "vector"),
            ("envelope", "vector"),
            ("land_units", "vector"),
            ("districts", "vector"),
            ("perimeters", "vector"),
        ),
    ),
    "psc.geojson": (
        features({"typepsc": "01", "stypepsc": "00", "datvalid": "20240131"}, {"typeinf": "2"}),
        (("prescriptions", "vector"),),
    ),
    "artif.geojson": (
        features({"artif": "artif", "millesime": 2021}, {"artif": "non artif"}),
        (("artificial_land", "ocs-ge"),),
    ),
    "c.geojson": (
        features({"kind": "park", "label": "Square", "effect": "exclude"}),
        (("constraints", "vector"),),
    ),
    "l.geojson": (
        features({"category": "stop", "name": "Gare"}, shape=PLACE),
        (("places", "vector"),),
    ),
    "i.geojson": (
        features(
            {
                "signal": "osm_disused",
                "subject": "site",
                "observed_on": "2024-01-01",
                "source": "relevé",
            }
        ),
        (("observations", "vector"),),
    ),
    "v.geojson": (
        features({"name": "Rue", "roadClass": "minor", "structure": "bridge"}, shape=LINE),
        (("streets", "lines"),),
    ),
    "r.geojson": (features({"residents": 12.5}, shape=PLACE), (("population", "vector"),)),
    "ademe.geojson": (
        features(
            {
                "_id": "1",
                "Nom_site": "Site",
                "Code_INSEE": "80021",
                "Usage_actuel_site": "Friche",
                "Surface_site_m2": "non renseigné",
                "Numeros_parcelles_cadastrales": ["000AB160", "000AB161"],
            }
        ),
        (("inventory", "ademe-sites"),),
    ),
    "bdnb.geojson": (
        features(
            {
                "batiment_groupe_id": "g1",
                "date_etablissement_dpe": "2023-01-01",
                "date_mutation": "2022-05-05",
            }
        ),
        (("observations", "bdnb"),),
    ),
    "velam.json": (
        b'[{"name": "Gare", "category": "stop", "latitude": 49.89, "longitude": 2.3}]',
        (("places", "latlon-json"),),
    ),
}
OSM_LAYERS = ("streets", "places", "constraints", "observations", "buildings")
DRAWN = (readers.read_line, readers.read_lines, readers.read_waypoints, readers.read_area)


def _packing(name: str) -> Callable[[Parts], bytes]:
    return gzipped if name.endswith(".gz") else bare


def layers_of(pairs: tuple[tuple[str, str], ...]) -> tuple[Read, ...]:
    return tuple(layer(name, format_) for name, format_ in pairs)


@cache
def own() -> Mapping[str, Input]:
    """Inputs of public services and of foncier, by the name of their file."""
    found = [
        Input(
            name, "json", {name: data}, gzipped if name.endswith(".gz") else bare, layers_of(pairs)
        )
        for name, (data, pairs) in VECTORS.items()
    ]
    found += [
        Input(name, "csv", {name: data}, bare, layers_of(pairs))
        for name, (data, pairs) in CSVS.items()
    ]
    osm = layers_of(tuple((n, "osm-xml") for n in OSM_LAYERS))
    lines = {"x": features({"name": "Axe", "order": 1}, {"name": "B", "order": None}, shape=LINE)}
    dots = {"x": features({"name": "A", "ordre": 2}, {"name": None, "ordre": 1}, shape=PLACE)}
    zone = (layer("zones", "vector"),)
    binary = [(f"x{s}", "bytes", filed(s)) for s in (".fgb", ".parquet", ".shp.zip")]
    sheet_ = sheet([whole("000AB01"), PLOT, HOUSE, SHED, STREET])
    cadastre = ("parcels", "buildings", "streets", "constraints")
    found += [
        Input("o.osm", "xml", {"x": OSM}, bare, osm),
        Input("o.osm.gz", "xml", {"x": OSM}, gzipped, osm),
        Input(
            "x.kml",
            "xml",
            {"x": filed(".kml")},
            bare,
            layers_of((("districts", "vector"), ("envelope", "vector"))),
        ),
        Input("axe.geojson", "json", lines, bare, tuple(partial(drawn, read=r) for r in DRAWN[:2])),
        Input("etapes.geojson", "json", dots, bare, (partial(drawn, read=DRAWN[2]),)),
        Input("zone.geojson", "json", {"x": features({})}, bare, (partial(drawn, read=DRAWN[3]),)),
        Input("x.gpkg", "sqlite", {"x": filed(".gpkg")}, bare, (*zone, truth)),
        *(Input(name, form, {"x": data}, bare, zone) for name, form, data in binary),
        Input(
            "gtfs.zip",
            "csv",
            {f"{n}.txt": text(n, rows) for n, rows in feed().items()},
            zipped,
            (layer("transit", "gtfs"),),
        ),
        Input(
            "edigeo-25354000AB01.tar.bz2",
            "lines",
            sheet_,
            bzipped,
            tuple(layer(name, "edigeo", ("25354",)) for name in cadastre),
        ),
        Input("relief.tif", "tiff", {"x": hill()}, bare, (dem,)),
        Input("study.toml", "toml", {"x": TOML}, bare, (read_study,)),
        Input(
            "besoins.toml",
            "toml",
            {"x": requirements_template().encode()},
            bare,
            (read_requirements,),
        ),
        Input("visites.csv", "csv", {"x": VISITS}, bare, (truth, layer("observations", "visits"))),
        Input(
            "verites.geojson",
            "json",
            {"x": features({"verdict": "occupe", "nature": "friche", "date": "2026-01-15"})},
            bare,
            (truth,),
        ),
    ]
    return {one.name: one for one in found}
