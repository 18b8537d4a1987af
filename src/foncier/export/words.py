"""Words that a reader sees for the coded values of the contracts, in two languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foncier.records import Text
from foncier.wording import KIND_LABELS

if TYPE_CHECKING:
    from foncier.tables import Column

FICTIONAL = Text("DONNÉES FICTIVES", "FICTIONAL DATA")

# One meaning per code, whatever the table: a code that means two things is a fault of the contract.
VALUES: dict[str, Text] = {
    **KIND_LABELS,
    "parcelles": Text("Parcelles du cadastre", "Cadastral parcels"),
    "piece": Text("Partie de parcelle", "Part of a parcel"),
    "batiment": Text("Bâtiment", "Building"),
    "trace": Text("Tracé de l'inventaire", "Outline of the inventory"),
    "emprise_approximative": Text("Emprise approximative", "Approximate outline"),
    "point_seul": Text("Point seul", "Point only"),
    "dense": Text("Dense", "Dense"),
    "groupee": Text("Groupé", "Grouped"),
    "diffuse": Text("Diffus", "Diffuse"),
    "isolee": Text("Isolé", "Isolated"),
    "for": Text("Pour", "For"),
    "against": Text("Contre", "Against"),
    "neutral": Text("Neutre", "Neutral"),
    "axis": Text("Axe", "Axis"),
    "loop": Text("Boucle", "Loop"),
    "hard": Text("En dur", "Solid"),
    "light": Text("Construction légère", "Light construction"),
    "unknown": Text("Inconnue", "Unknown"),
    "building": Text("Bâtiment", "Building"),
    "parcel": Text("Parcelle", "Parcel"),
    "faible": Text("Faible", "Low"),
    "incertaine": Text("Incertaine", "Uncertain"),
    "probable": Text("Probable", "Likely"),
    "forte": Text("Forte", "High"),
    "site": Text("Site", "Site"),
    "station": Text("Gare", "Station"),
    "stop": Text("Arrêt", "Stop"),
    "university": Text("Université", "University"),
    "research": Text("Recherche", "Research"),
    "innovation": Text("Innovation, tiers-lieu", "Innovation, third place"),
    "hospital": Text("Hôpital", "Hospital"),
    "public_service": Text("Service public", "Public service"),
    "shop": Text("Commerce", "Shop"),
    "school": Text("Enseignement", "School"),
    "green": Text("Espace vert", "Green space"),
    "water": Text("Eau", "Water"),
    "park": Text("Parc ou square", "Park or square"),
    "cemetery": Text("Cimetière", "Cemetery"),
    "sports": Text("Terrain de sport", "Sports ground"),
    "allotments": Text("Jardins familiaux", "Allotments"),
    "railway": Text("Chemin de fer", "Railway"),
    "road": Text("Voirie", "Road"),
    "hazard": Text("Risque", "Hazard"),
    "heritage": Text("Patrimoine", "Heritage"),
    "parking": Text("Stationnement", "Car park"),
    "courtyard": Text("Cour d'immeubles", "Courtyard"),
    "other": Text("Autre", "Other"),
    "exclude": Text("Écarte", "Excludes"),
    "flag": Text("Signale", "Flags"),
    "context": Text("Contexte", "Context"),
    "friche potentielle": Text("Friche potentielle", "Potential brownfield"),
    "friche sans projet": Text("Friche sans projet", "Brownfield without a project"),
    "friche avec projet": Text("Friche avec projet", "Brownfield with a project"),
    "friche reconvertie": Text("Friche reconvertie", "Converted brownfield"),
    "parcelles_nues": Text("Parcelles nues", "Bare parcels"),
    "fonds_batis": Text("Avec un fond de parcelle bâtie", "With the end of a built parcel"),
}

KINDS_FR = {"text": "texte", "number": "nombre", "count": "entier", "yes_no": "oui/non",
            "date": "date"}  # fmt: skip
KINDS_EN = {"text": "text", "number": "number", "count": "integer", "yes_no": "yes/no",
            "date": "date"}  # fmt: skip


def label(column: Column, lang: str) -> str:
    """Name of a column with its unit, as a reader sees it.

    Examples
    --------
    >>> from foncier import tables
    >>> label(tables.PARCELS.columns[2], "fr")
    'Surface mesurée (m²)'
    >>> label(tables.SCORES.columns[1], "fr")
    'Score, de 0 à 1'
    """
    words = column.fr if lang == "fr" else column.en
    if column.unit == "0–1":  # a range, not a unit
        return f"{words}, de 0 à 1" if lang == "fr" else f"{words}, 0 to 1"
    return f"{words} ({column.unit})" if column.unit else words


def value_words(column: Column, lang: str) -> dict[str, str]:
    """Coded values of a column and their words; empty when the column is free."""
    return {value: VALUES[value][lang] for value in column.values}
