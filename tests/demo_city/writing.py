"""The city as a study folder: each layer in the format that its real source has."""

from __future__ import annotations

import gzip
import io
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyproj
import shapely
from tests.demo_city import land
from tests.demo_city.perimeters import NEED, perimeters
from tests.demo_city.plan import ORIGIN, WAYPOINTS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import geopandas as gpd
    from tests.demo_city.city import City
    from tests.demo_city.shapes import Geometries

DECIMALS = 7  # about a centimetre, as in the files of the cadastre
# Tour of the soft loop, in metres from the origin of the plan; the order is the order of the tour.
LOOP = (
    ("Gare d'Amiens", 200, -800),
    ("Gare la Vallée", 568, -684),
    ("Port d'Amont", 200, -432),
    ("Quai de l'Innovation", -40, -191),
    ("Saint-Leu", -293, -86),
    ("Citadelle", -252, 627),
    ("Hôpital Nord", -1029, 950),
    ("Rue de Grâce", -380, 905),
    ("Chaussée Saint-Pierre", 0, 480),
    ("Parc Saint-Pierre", 184, -40),
)


def study_files(city: City) -> dict[str, bytes]:
    """Content of every file of the study, by name; the same city gives the same bytes."""
    prescribed = land.prescriptions(city.parcels, city.truth)
    return {
        "study.toml": _toml().encode(),
        "parcelles.json.gz": _zipped(_cadastre(city)),
        "batiments.json.gz": _zipped(_built(city)),
        "voies.geojson.gz": _zipped(_lines(city)),
        "occupation.geojson.gz": _zipped(
            _features(
                city.constraints,
                {"id": "constraint_id", "kind": "kind", "label": "label", "effect": "effect"},
            )
        ),
        "lieux.geojson": _features(
            city.places, {"id": "place_id", "category": "category", "name": "name"}
        ),
        "zonage.geojson": _features(city.zones, {"typezone": "zone_type", "libelle": "label"}),
        "friches.csv": _table(_wkt(city.inventory)),
        "indices.geojson": _features(
            city.observations,
            {
                "id": "observation_id",
                "signal": "signal",
                "subject": "subject",
                "name": "name",
                "detail": "detail",
                "observed_on": "observed_on",
                "source": "source",
            },
        ),
        "population.geojson": _features(
            city.population, {"id": "cell_id", "residents": "residents"}
        ),
        "lovac.csv": _lovac(city.vacancy_rates),
        "etablissements.csv": _table(_lonlat(city.establishments), names=("longitude", "latitude")),
        "fichiers-fonciers.csv": _table(city.tax),
        "locaux.csv": _table(_lonlat(city.premises)),
        "perimetres.geojson": _features(perimeters(), {n: n for n in ("id", "nature", "nom")}),
        "besoin.toml": NEED.encode(),
        "proprietaires.csv": land.owners(city.parcels, city.truth, ASSEMBLED).encode(),
        "permis.csv": land.permits(city.truth).encode(),
        "prescriptions.geojson": _features(
            prescribed, {name: name for name in prescribed.columns if name != "geometry"}
        ),
        "verite.csv": _table(_lonlat(city.truth)),
    }


def write(city: City, folder: Path) -> None:
    """Write the city as a study folder (made when it is not there; other files stay).

    Files are as their real sources deliver them: cadastre in Etalab's layout, CNIG inventory,
    LOVAC table, GeoJSON in EPSG:4326. ``verite.csv`` is what was planted; no layer reads it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in study_files(city).items():
        (folder / name).write_bytes(content)


def _degrees(shapes: Geometries) -> Geometries:
    turn = pyproj.Transformer.from_crs(2154, 4326, always_xy=True)
    return np.asarray(
        shapely.transform(
            shapes,
            lambda xy: np.round(np.column_stack(turn.transform(xy[:, 0], xy[:, 1])), DECIMALS),
        )
    )


def _features(table: gpd.GeoDataFrame, columns: Mapping[str, str]) -> bytes:
    """GeoJSON in EPSG:4326, one feature a line; missing values are null."""
    plain = pd.DataFrame({name: table[column] for name, column in columns.items()}).astype(object)
    rows: list[dict[Any, Any]] = plain.where(plain.notna(), None).to_dict("records")
    shapes = shapely.to_geojson(_degrees(table.geometry.to_numpy()))
    lines = [
        f'{{"type":"Feature","properties":{_json(row)},"geometry":{shape.replace(" ", "")}}}'
        for row, shape in zip(rows, shapes, strict=True)
    ]
    text = '{"type":"FeatureCollection","features":[\n' + ",\n".join(lines) + "\n]}\n"
    return text.encode()


def _json(row: dict[Any, Any]) -> str:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def _cadastre(city: City) -> bytes:
    names = ("commune", "prefixe", "section", "numero", "contenance")
    return _features(city.parcels, {"id": "parcel_id", **{name: name for name in names}})


def _built(city: City) -> bytes:
    kinds = city.buildings["kind"].map({"hard": "01", "light": "02"})
    table = city.buildings.assign(type=kinds, nom=None, commune="80021")
    return _features(table, {"type": "type", "nom": "nom", "commune": "commune"})


def _lines(city: City) -> bytes:
    table = city.streets.assign(structure=np.where(city.streets["level"] > 0, "bridge", "normal"))
    same = ("name", "structure", "walk", "bike", "drive")
    columns = {"id": "street_id", "class": "street_class", **{name: name for name in same}}
    return _features(table, columns)


def _zipped(content: bytes) -> bytes:
    """Zip without a date or a name, so that the bytes say nothing of when they were made."""
    file = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as zipped:
        zipped.write(content)
    return file.getvalue()


def _wkt(table: gpd.GeoDataFrame) -> pd.DataFrame:
    points = shapely.to_wkt(_degrees(table.geometry.to_numpy()), rounding_precision=DECIMALS)
    plain = pd.DataFrame(table.drop(columns="geometry"))
    plain.insert(len(plain.columns) - 1, "geompoint", points)
    return plain


def _lonlat(table: gpd.GeoDataFrame) -> pd.DataFrame:
    xy = shapely.get_coordinates(_degrees(table.geometry.to_numpy()))
    plain = pd.DataFrame(table.drop(columns="geometry"))
    return plain.assign(lon=xy[:, 0], lat=xy[:, 1])


def _table(table: pd.DataFrame, names: tuple[str, str] = ("lon", "lat")) -> bytes:
    table = table.rename(columns=dict(zip(("lon", "lat"), names, strict=True)))
    return table.to_csv(index=False, sep=";", lineterminator="\n").encode()


def _lovac(rates: pd.DataFrame) -> bytes:
    """The open LOVAC table as it comes: latin-1, decimal comma, spaces between thousands."""
    lines = ["comm_insee;NOM_COM;Nb_log_pp_2022;Prop_logvac_pp_2A_010121"]
    columns = (rates["commune"], rates["name"], rates["dwellings"], rates["rate_percent"])
    for commune, name, dwellings, rate in zip(*columns, strict=True):
        count = f"{dwellings:,.0f}".replace(",", "\xa0")
        share = "" if np.isnan(rate) else f"{rate:.1f}".replace(".", ",")
        lines.append(f"{commune};{name};{count};{share}")
    return ("\n".join(lines) + "\n").encode("latin-1")


def _waypoints(points: list[tuple[str, float, float]]) -> str:
    rows = [
        f'  {{ name = "{name}", lat = {lat:.5f}, lon = {lon:.5f} }},' for name, lat, lon in points
    ]
    return "[\n" + "\n".join(rows) + "\n]"


def _header(layer: str) -> str:
    """Header of one file of a layer: a list where the layer has several."""
    several = sum(name == layer for name, _, _ in LAYERS) > 1
    return f"[[layers.{layer}]]" if several else f"[layers.{layer}]"


def _toml() -> str:
    turn = pyproj.Transformer.from_crs(2154, 4326, always_xy=True)
    loop = []
    for name, x, y in LOOP:
        lon, lat = turn.transform(x + ORIGIN[0], y + ORIGIN[1])
        loop.append((name, lat, lon))
    text = HEAD.replace("@AXIS@", _waypoints(list(WAYPOINTS))).replace("@LOOP@", _waypoints(loop))
    return text + "".join(
        f'\n{_header(layer)}\npath = "{path}"\nformat = "{kind}"\n'
        f'source = "Données fictives (foncier{OF.get(path, "")})"\nlicence = "MIT"\n'
        f"date = {TAX_YEAR if kind == 'fichiers-fonciers' else '2026-01-15'}\n"
        for layer, path, kind in LAYERS
    )


HEAD = """\
# Étude de démonstration : une ville inventée sur le véritable axe d'Amiens.
# Aucune parcelle, aucun bâtiment, aucune friche n'existe ; tout est dessiné par foncier.demo.

[study]
title = "Démonstration : axe Hôpital Nord – Citadelle / Saint-Leu / Gare la Vallée"
communes = ["80021"]
date = 2026-01-15
demo = true

[area]
around = "axis"

[axis]
name = "Axe stratégique Hôpital Nord – Citadelle / Saint-Leu / Gare la Vallée"
half_width_m = 500
waypoints = @AXIS@

[loop]
name = "Boucle douce"
status = "tracé d'étude"
waypoints = @LOOP@

[rules]
profile = "foncier"

[needs]
files = ["besoin.toml"]

[densification]
need = { dwellings = 1500, until = 2035, source = "besoin fictif" }

[[densification.consumption]]
period = "2011-2021"
hectares = 21.5
source = "chiffre fictif"

[leaflet]
intro = "Une offre mobilisable rapidement pour les porteurs de projets, à partir des espaces en \
friche, des dents creuses et des bâtiments non affectés."
map_url = "https://exemple.fr/carte"
partners = ["Chambre de commerce (fictive)", "Université (fictive)", "Agence d'urbanisme (fictive)"]

[[leaflet.contacts]]
name = "Mission foncier (fictive)"
lines = ["Mairie de secteur Nord", "foncier@exemple.fr"]

[[leaflet.contacts]]
name = "Pépinière d'entreprises (fictive)"
lines = ["Accueil des porteurs de projets", "pepiniere@exemple.fr"]

[[leaflet.changes]]
when = "Printemps 2027"
text = "Ouverture de la passerelle des Hortillonnages aux piétons et aux vélos (fictif)."

[[leaflet.changes]]
when = "2028"
text = "Gare la Vallée : livraison du premier îlot, bureaux et ateliers (fictif)."

[[leaflet.premises]]
name = "Pépinière du Pigeonnier, atelier 3 (fictif)"
area_m2 = 120
rent = "85 €/m²/an"
available = "mars 2027"
contact = "pepiniere@exemple.fr"

[[leaflet.premises]]
name = "Hôtel d'entreprises de la Vallée, bureau 12 (fictif)"
area_m2 = 35
available = "tout de suite"

[[leaflet.testimonies]]
text = "Nos stagiaires viennent à pied de la gare, et nos clients aussi."
who = "Une entreprise de l'hôtel de la Vallée (fictive)"
"""
TAX_YEAR = "2024-01-01"  # tax data come about two years late
OF = {
    "etablissements.csv": " : établissements",
    "fichiers-fonciers.csv": " : données fiscales",
    "locaux.csv": " : locaux à louer",
}
LAYERS = (
    ("parcels", "parcelles.json.gz", "etalab-cadastre"),
    ("buildings", "batiments.json.gz", "etalab-cadastre"),
    ("streets", "voies.geojson.gz", "lines"),
    ("constraints", "occupation.geojson.gz", "vector"),
    ("places", "lieux.geojson", "vector"),
    ("zones", "zonage.geojson", "vector"),
    ("inventory", "friches.csv", "cnig"),
    ("observations", "indices.geojson", "vector"),
    ("observations", "etablissements.csv", "sirene"),
    ("observations", "fichiers-fonciers.csv", "fichiers-fonciers"),
    ("observations", "locaux.csv", "premises"),
    ("population", "population.geojson", "vector"),
    ("vacancy_rates", "lovac.csv", "lovac"),
    ("perimeters", "perimetres.geojson", "vector"),
    ("owners", "proprietaires.csv", "personnes-morales"),
    ("prescriptions", "prescriptions.geojson", "vector"),
    ("permits", "permis.csv", "sitadel"),
)
# Adjoining parcels of the commune: an assembly that needs nobody else.
ASSEMBLED = ("80021000AM0065", "80021000AM0072", "80021000AH0076", "80021000AH0077")
