"""Names in a result folder: files, layers and columns, with the names of former versions."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from foncier import schemas
from foncier.schemas import Column, Table
from foncier.schemas.results import OPPORTUNITY

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import pandas as pd

    from foncier.i18n import Localized

Shape = Literal["", "Point", "MultiLineString", "MultiPolygon"]

GEOPACKAGE = "opportunites.gpkg"
PART = "opportunites-{}.gpkg"  # of one département
GEOPACKAGES = re.compile(r"opportunites(-[0-9][0-9AB][0-9]?)?\.gpkg")
SURFACE = "acces.tif"  # raster of travel times
SITES = "opportunites"
MUTABLE = "parcelles_mutables"  # only of a study with [densification]
# Layers that the GeoPackage of each département holds in full: one of them is read.
SHARED = frozenset(
    (
        "boucle",
        "axe",
        "etapes",
        "lieux",
        "quartiers",
        "perimetres",
        "criteres",
        "couches",
        "manques",
    )
)
# Names of version 0.1.0 by their present name.
FORMER_LAYERS = {"indices": "preuves", "tests": "essais", "scores_par_critere": "notes"}
FORMER_COLUMNS = {
    SITES: {
        "warnings": "flags",
        "warnings_en": "flags_en",
        "warning_count": "watch_count",
        "overall_rank": "rank",
    },
    "scores_par_critere": {"criterion_score": "mark"},
    "mutabilite": {"use_rank": "rank"},
}

ROUTES = Table(
    "routes",
    ("opportunity_id", "target"),
    (OPPORTUNITY, Column("target", "text")),
    schemas.LINES.geometry,
)
# Tables that are checked against their contract when they are read whole.
CHECKED = {
    "indices": schemas.EVIDENCE,
    "tests": schemas.TESTS,
    "acces_detail": schemas.ACCESS,
    "mutabilite": schemas.MUTABILITY,
    "mutabilite_connus": schemas.MUTABILITY_FACTS,
    "cout_durete": schemas.EFFORT,
    "disponibilite": schemas.AVAILABILITY,
    "autour": schemas.AROUND,
    "besoins": schemas.SITE_NEEDS,
}
# Columns that identify a row from one edition of a study to the next.
KEYS: dict[str, tuple[str, ...]] = {
    SITES: schemas.CANDIDATES.key,
    "parcelles_ecartees": schemas.REJECTIONS.key,
    "assemblages": schemas.ASSEMBLIES.key,
    MUTABLE: schemas.MUTABLE_PLOTS.key,
    "sites_ecartes": schemas.UNLISTED.key,
    "lieux": schemas.PLACES.key,
    "voies": schemas.STREETS.key,
    "batiments": schemas.BUILDINGS.key,
    "contraintes": schemas.CONSTRAINTS.key,
    "tests": schemas.TESTS.key,
    "acces_detail": schemas.ACCESS.key,
    "chemins": ROUTES.key,
    "isochrones": schemas.ISOCHRONES.key,
    "quartiers": schemas.DISTRICTS.key,
    "mutabilite": schemas.MUTABILITY.key,
    "mutabilite_connus": schemas.MUTABILITY_FACTS.key,
    "cout_durete": schemas.EFFORT.key,
    "disponibilite": schemas.AVAILABILITY.key,
    "autour": schemas.AROUND.key,
    "besoins": schemas.SITE_NEEDS.key,
    "perimetres": schemas.PERIMETERS.key,
    "parcelles_retenues": ("opportunity_id", "parcel_id"),
    "scores_par_critere": ("opportunity_id", "criterion"),
    "criteres": ("name",),
}
# Layers that a result may lack: they are read as an empty table of this contract.
OPTIONAL = {
    "mutabilite": schemas.MUTABILITY,
    "mutabilite_connus": schemas.MUTABILITY_FACTS,
    "cout_durete": schemas.EFFORT,
    "disponibilite": schemas.AVAILABILITY,
    "assemblages": schemas.ASSEMBLIES,
    MUTABLE: schemas.MUTABLE_PLOTS,
    "sites_ecartes": schemas.UNLISTED,
    "indices_ecartes": schemas.EVIDENCE,
    "isochrones": schemas.ISOCHRONES,
    "quartiers": schemas.DISTRICTS,
    "chemins": ROUTES,
    "voies": schemas.STREETS,
    "contraintes": schemas.CONSTRAINTS,
    "autour": schemas.AROUND,
    "besoins": schemas.SITE_NEEDS,
    "perimetres": schemas.PERIMETERS,
}


@dataclass(frozen=True)
class Layer:
    """One layer: name, title, columns in order, type of geometry (empty: none) and rows.

    ``words`` are the labels of the values of a column that depend on the study, by column.
    """

    name: str
    title: Localized
    columns: tuple[Column, ...]
    shape: Shape
    frame: pd.DataFrame
    words: Mapping[str, Mapping[str, Localized]] = field(default_factory=dict)


def present_layer(name: str) -> str:
    """Present name of a layer that is named as of now or as in a former version.

    Examples
    --------
    >>> present_layer("preuves"), present_layer("indices"), present_layer("axe")
    ('indices', 'indices', 'axe')
    """
    return next((now for now, former in FORMER_LAYERS.items() if former == name), name)


def stored_layer(name: str, stored: Collection[str]) -> str:
    """Name under which a file stores a layer, asked for by its present or its former name.

    Examples
    --------
    >>> stored_layer("indices", ["preuves", "axe"]), stored_layer("preuves", ["indices"])
    ('preuves', 'indices')
    """
    now = present_layer(name)
    return next((one for one in (name, now, FORMER_LAYERS.get(now, now)) if one in stored), name)


def stored_column(layer: str, name: str, stored: Collection[str]) -> str:
    """Name under which a file stores a column, asked for by its present or its former name.

    Raises
    ------
    KeyError
        The file has no such column.

    Examples
    --------
    >>> stored_column("opportunites", "warnings", ["flags", "kind"])
    'flags'
    """
    pairs = FORMER_COLUMNS.get(layer, {}).items()
    same = [name, *(n for pair in pairs if name in pair for n in pair)]
    found = next((one for one in same if one in stored), None)
    if found is None:
        raise KeyError(f"{layer}.{name}")
    return found
