"""The data dictionary, made from the contracts: one source for the docs and for every label."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foncier import schemas
from foncier.export import words
from foncier.export.layers import OWN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from foncier.schemas import Column, Table

# Where each table stands in the GeoPackage.
LAYERS = {
    "candidates": "opportunites",
    "scores": "opportunites",
    "evidence": "indices",
    "tests": "tests",
    "rejections": "parcelles_ecartees",
    "access_points": "acces",
    "access": "acces_detail",
    "lines": "boucle, axe",
    "buildings": "batiments",
    "places": "lieux",
    "stops": "etapes",
    "criteria": "criteres",
    "layers": "couches",
    "missing": "manques",
    "held_parcels": "parcelles_retenues",
    "criterion_scores": "scores_par_critere",
    "routes": "chemins",
    "isochrones": "isochrones",
    "streets": "voies",
    "constraints": "contraintes",
    "potential": "quartiers",
    "assemblies": "assemblages",
    "mutability": "mutabilite",
    "mutability_facts": "mutabilite_connus",
    "effort": "cout_durete",
}

OPENING = """\
# Dictionnaire des données — Data dictionary

*Fichier produit par `foncier` à partir des contrats des tables\u00a0: ne pas le modifier.*
*Made by `foncier` from the contracts of the tables: do not edit.*

Une valeur absente veut dire inconnue, jamais zéro. Les géométries sont dans le système légal en
mètres du territoire (EPSG:2154 en métropole). `_m`, `_m2`, `_min` et `_share` disent l'unité.

A missing value means unknown, never zero. Geometries are in the legal metric reference system of
the territory (EPSG:2154 in mainland France). `_m`, `_m2`, `_min` and `_share` tell the unit.

La couche `opportunites` réunit `candidates`, `scores`, une colonne `criterion_<critère>` par
critère (note de 0 à 1) et trois colonnes par destination, `<destination>_min` et
`<destination>_m` (temps et distance à pied), `<destination>_bike_min` (temps à vélo). Sur des
données fictives elle porte aussi `donnees` = `FICTIVES`. Le CSV ajoute `lon` et `lat`
(degrés WGS 84).

The layer `opportunites` joins `candidates`, `scores`, one column `criterion_<criterion>` for each
criterion (mark from 0 to 1) and three columns for each target, `<target>_min` and `<target>_m`
(walking time and distance), `<target>_bike_min` (cycling time). On fictional data it also bears
`donnees` = `FICTIVES`. The CSV adds `lon` and `lat` (WGS 84 degrees).
"""
PARTS = (
    ("Ce que `foncier` livre — What `foncier` delivers", (*schemas.RESULTS, *OWN)),
    ("Ce que `foncier` lit — What `foncier` reads", schemas.INPUTS),
)


def markdown() -> str:
    """Text of ``docs/data-dictionary.md``, in French and in English.

    Returns
    -------
    Markdown: one table for each contract (column, kind, unit, words, whether it may be unknown),
    then the coded values and their words.
    """
    lines = [OPENING]
    for title, contracts in PARTS:
        lines += [f"## {title}", ""]
        for table in contracts:
            lines += _table(table)
    lines += [
        "## Valeurs codées — Coded values",
        "",
        "| code | français | English |",
        "|---|---|---|",
    ]
    lines += [
        f"| `{code}` | {text.fr} | {text.en} |" for code, text in sorted(words.VALUES.items())
    ]
    return "\n".join(lines) + "\n"


def comment(column: Column, lang: str) -> str:
    """What a column holds, in one line: kind, unit, bounds or values, whether it may be unknown.

    Examples
    --------
    >>> comment(schemas.SCORES.columns[1], "fr")
    'Score\u00a0: nombre (0–1), ≥ 0, ≤ 1. Absent\u00a0= inconnu.'
    >>> comment(schemas.REJECTIONS.columns[0], "en")
    'Parcel: text. Never missing.'
    """
    french = lang == "fr"
    kind = (words.KINDS_FR if french else words.KINDS_EN)[column.kind]
    unit = f" ({column.unit})" if column.unit else ""
    values = ", ".join(words.value_words(column, lang).values()) or _bounds(column)
    held = ", ".join(filter(None, (f"{kind}{unit}", values)))
    if french:
        unknown = "Absent\u00a0= inconnu." if column.optional else "Jamais absent."
        return f"{column.fr}\u00a0: {held}. {unknown}"
    unknown = "Missing = unknown." if column.optional else "Never missing."
    return f"{column.en}: {held}. {unknown}"


def _table(table: Table) -> Iterator[str]:
    yield f"### `{table.name}` — {table.fr} — {table.en}"
    yield ""
    said = (
        ("Couche — Layer", f"`{LAYERS[table.name]}`" if table.name in LAYERS else ""),
        ("Clé — Key", ", ".join(f"`{name}`" for name in table.key)),
        ("Géométrie — Geometry", ", ".join(sorted(table.geometry))),
    )
    facts = [f"- {word}: {value}" for word, value in said if value]
    yield from (*facts, "") if facts else ()
    yield "| colonne | type | unité | français | English | inconnu — unknown | valeurs — values |"
    yield "|---|---|---|---|---|---|---|"
    yield from (_row(column) for column in table.columns)
    yield ""


def _row(column: Column) -> str:
    kind = f"{words.KINDS_FR[column.kind]} — {words.KINDS_EN[column.kind]}"
    values = ", ".join(f"`{value}`" for value in column.values) or _bounds(column)
    unknown = "possible" if column.optional else "jamais — never"
    cells = (f"`{column.name}`", kind, column.unit, column.fr, column.en, unknown, values)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _bounds(column: Column) -> str:
    low = f"≥ {column.low:g}" if column.low is not None else ""
    high = f"≤ {column.high:g}" if column.high is not None else ""
    return ", ".join(bound for bound in (low, high) if bound)
