"""How sure the place of a row is, by what a geocoder or a register says of it.

A point at the level of a street or a commune lies on a building by chance: it is no evidence for or
against that building.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pandas as pd

from foncier.readers import columns, parse
from foncier.readers.columns import Field

if TYPE_CHECKING:
    from foncier.readers.report import Journal

# Columns of the geocoder of the BAN, of the files of INSEE, ADEME and Géorisques, of the
# Géoportail, of ArcGIS, Nominatim and Google. `accuracy` names the level, `geocoded` whether an
# address was found.
FIELDS = (
    Field(
        "accuracy",
        (
            *("result_type", "geo_type", "qualite_xy", "geocodage_type", "type_geocodage"),
            *("precision_geocodage", "niveau_geocodage", "qualite_geocodage", "niveau_precision"),
            *("precision_xy", "precision", "addr_type", "location_type"),
            *("geocode_precision", "precision_geocode", "matchtype", "match_type", "addresstype"),
        ),
    ),
    Field("geocoded", ("result_status", "statut_geocodage", "geocodage_etat", "geocodage_statut")),
    Field(
        "score",
        ("result_score", "geo_score", "score_ban", "geocodage_score", "score_geocodage"),
    ),
)
NAMES = tuple(field.name for field in FIELDS)
MIN_SCORE = 0.5  # of the BAN's geocoder: below, the address found is often another one
STREET, COMMUNE = "street", "commune"
# `qualite_xy` of INSEE: x1 the number was found, x2 a random point of the street, 33 of the
# commune.
CODES = {"12": STREET, "22": STREET, "32": STREET, "33": COMMUNE}
EXACT = re.compile(
    r"\b(?:house ?number|numeros?|street number|building|parcelle|batiment|entree|rooftop"
    r"|point ?address)\b"
)
OF_COMMUNE = re.compile(
    r"\b(?:communes?|communal|municipality|villes?|city|town|village|code postal|postal|postcode"
    r"|approximate|departement|region|mairie|chef lieu|not found|no match|zero results|sans reponse"
    r"|aucun\w*|echec|error|erreur|skipped|introuvable)\b"
)
OF_STREET = re.compile(
    r"\b(?:rues?|voies?|streets?|road|street ?name|locality|localite|lieu ?dit|hameau|quartier"
    r"|geometric center|intersection|secteur)\b"
)


def levels(rows: pd.DataFrame) -> pd.Series[Any]:
    """Level of the place of each row: ``street``, ``commune``, or missing for a building's.

    A row without a quality has none. A place that was not found, or with a score below
    `MIN_SCORE`, counts as that of a commune: it may be anywhere.

    Parameters
    ----------
    rows
        With those of the columns `NAMES` that the file has.

    Examples
    --------
    >>> rows = {"accuracy": ["33", "11", "street", None], "score": [None, "0.2", "0.9", "0.9"]}
    >>> list(levels(pd.DataFrame(rows)))
    ['commune', 'commune', 'street', nan]
    >>> list(levels(pd.DataFrame({"geocoded": ["adresse géocodée ban à l'adresse", "not-found"]})))
    [nan, 'commune']
    """
    level = pd.Series(None, rows.index, dtype="str")
    for name in ("accuracy", "geocoded"):
        if name in rows and rows[name].notna().any():
            words = rows[name].astype("str")
            of_word = {one: _level(one) for one in words.dropna().unique()}
            level = level.fillna(words.map(of_word).astype("str"))
    if "score" in rows:
        score = parse.loose_numbers(rows["score"])
        low = score / (100.0 if score.max() > 1 else 1.0) < MIN_SCORE
        level = level.mask(low, COMMUNE)
    return level.astype("str")


def _level(text: str) -> str | None:
    plain = columns.plain_name(text.replace("-", " ").replace("'", " ")).removesuffix(" 0")
    if plain in CODES:
        return CODES[plain]
    if "non geocode" in plain:
        return COMMUNE
    if EXACT.search(plain):
        return None
    if OF_COMMUNE.search(plain):
        return COMMUNE
    return STREET if OF_STREET.search(plain) else None


def drop_rough(frame: Any, journal: Journal, *, streets: bool = True) -> Any:
    """Rows whose place is that of one building, by its own quality, with a note on the others.

    Parameters
    ----------
    frame
        Rows with a place, and with those of the columns `NAMES` that the file has: they are
        removed.
    streets
        Drop places at the level of a street too; else only those of a commune.
    """
    level = levels(frame)
    rough = level.notna() if streets else level == COMMUNE
    message = "readers.geocoding.rough_dropped" if streets else "readers.geocoding.of_commune"
    journal.add("dropped", int(rough.sum()), message)
    return frame[~rough].drop(columns=[name for name in NAMES if name in frame])
