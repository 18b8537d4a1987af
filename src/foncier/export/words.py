"""Words that a reader sees for the coded values of the contracts, in two languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foncier.i18n import Localized
from foncier.model import KIND_LABELS

if TYPE_CHECKING:
    from foncier.schemas import Column

FICTIONAL = Localized("DONNÉES FICTIVES", "FICTIONAL DATA")

# One meaning per code, whatever the table: a code that means two things is a fault of the contract.
VALUES: dict[str, Localized] = {
    **KIND_LABELS,
    "toutes": Localized("Toutes natures", "All kinds"),
    "parcelles": Localized("Parcelles du cadastre", "Cadastral parcels"),
    "piece": Localized("Partie de parcelle", "Part of a parcel"),
    "batiment": Localized("Bâtiment", "Building"),
    "trace": Localized("Tracé de l'inventaire", "Outline of the inventory"),
    "emprise_approximative": Localized("Emprise approximative", "Approximate outline"),
    "point_seul": Localized("Point seul", "Point only"),
    "dense": Localized("Dense", "Dense"),
    "groupee": Localized("Groupé", "Grouped"),
    "diffuse": Localized("Diffus", "Diffuse"),
    "isolee": Localized("Isolé", "Isolated"),
    "for": Localized("Pour", "For"),
    "against": Localized("Contre", "Against"),
    "neutral": Localized("Neutre", "Neutral"),
    "axis": Localized("Axe", "Axis"),
    "loop": Localized("Boucle", "Loop"),
    "hard": Localized("En dur", "Solid"),
    "light": Localized("Construction légère", "Light construction"),
    "unknown": Localized("Inconnue", "Unknown"),
    "building": Localized("Bâtiment", "Building"),
    "parcel": Localized("Parcelle", "Parcel"),
    "incertaine": Localized("Incertaine", "Uncertain"),
    "probable": Localized("Probable", "Likely"),
    "site": Localized("Site", "Site"),
    "station": Localized("Gare", "Station"),
    "stop": Localized("Arrêt", "Stop"),
    "university": Localized("Université", "University"),
    "research": Localized("Recherche", "Research"),
    "innovation": Localized("Innovation, tiers-lieu", "Innovation, third place"),
    "hospital": Localized("Hôpital", "Hospital"),
    "public_service": Localized("Service public", "Public service"),
    "shop": Localized("Commerce", "Shop"),
    "school": Localized("Enseignement", "School"),
    "green": Localized("Espace vert", "Green space"),
    "water": Localized("Eau", "Water"),
    "park": Localized("Parc ou square", "Park or square"),
    "cemetery": Localized("Cimetière", "Cemetery"),
    "sports": Localized("Terrain de sport", "Sports ground"),
    "allotments": Localized("Jardins familiaux", "Allotments"),
    "railway": Localized("Chemin de fer", "Railway"),
    "water_railway": Localized("Eau et chemin de fer", "Water and railway"),
    "none": Localized("Aucune", "None"),
    "both": Localized("Dans les deux sens", "Both ways"),
    "forward": Localized("Dans le sens du tracé", "Along the line"),
    "backward": Localized("À l'inverse du tracé", "Against the line"),
    "road": Localized("Voirie", "Road"),
    "hazard": Localized("Risque", "Hazard"),
    "heritage": Localized("Patrimoine", "Heritage"),
    "parking": Localized("Stationnement", "Car park"),
    "courtyard": Localized("Cour d'immeubles", "Courtyard"),
    "other": Localized("Autre", "Other"),
    "exclude": Localized("Écarte", "Excludes"),
    "flag": Localized("Signale", "Flags"),
    "context": Localized("Contexte", "Context"),
    "friche potentielle": Localized("Friche potentielle", "Potential brownfield"),
    "friche sans projet": Localized("Friche sans projet", "Brownfield without a project"),
    "friche avec projet": Localized("Friche avec projet", "Brownfield with a project"),
    "friche reconvertie": Localized("Friche reconvertie", "Converted brownfield"),
    "residentiel": Localized("Résidentiel ou mixte", "Housing or mixed use"),
    "equipements": Localized("Équipements publics", "Public facilities"),
    "culture": Localized("Culture, tourisme", "Culture, tourism"),
    "tertiaire": Localized("Tertiaire", "Offices and services"),
    "industrie": Localized("Industrie, logistique", "Industry, logistics"),
    "renaturation": Localized("Renaturation", "Renaturation"),
    "photovoltaique": Localized("Photovoltaïque au sol", "Ground-mounted solar"),
    "excellent": Localized("Excellent", "Excellent"),
    "tres_bon": Localized("Très bon", "Very good"),
    "bon": Localized("Bon", "Good"),
    "moyen": Localized("Moyen", "Medium"),
    "mauvais": Localized("Mauvais", "Poor"),
    "faible": Localized("Faible", "Low"),
    "moyenne": Localized("Moyenne", "Medium"),
    "forte": Localized("Forte", "High"),
    "fits": Localized("Convient", "Fits"),
    "to_check": Localized("À vérifier", "To check"),
    "near_miss": Localized("Manque de peu", "Near miss"),
    "no": Localized("Non", "No"),
    "yes": Localized("Oui", "Yes"),
    "at_least": Localized("Au moins", "At least"),
    "at_most": Localized("Au plus", "At most"),
    "parcelles_nues": Localized("Parcelles nues", "Bare parcels"),
    "fonds_batis": Localized("Avec un fond de parcelle bâtie", "With the end of a built parcel"),
}

KINDS_FR = {
    "text": "texte",
    "number": "nombre",
    "count": "entier",
    "yes_no": "oui/non",
    "date": "date",
}
KINDS_EN = {
    "text": "text",
    "number": "number",
    "count": "integer",
    "yes_no": "yes/no",
    "date": "date",
}


def label(column: Column, lang: str) -> str:
    """Name of a column with its unit, as a reader sees it.

    Examples
    --------
    >>> from foncier import schemas
    >>> label(schemas.PARCELS.columns[2], "fr")
    'Surface mesurée (m²)'
    >>> label(schemas.SCORES.columns[1], "fr")
    'Score, de 0 à 1'
    """
    words = column.fr if lang == "fr" else column.en
    if column.unit == "0–1":  # a range, not a unit
        return f"{words}, de 0 à 1" if lang == "fr" else f"{words}, 0 to 1"
    return f"{words} ({column.unit})" if column.unit else words


def value_words(column: Column, lang: str) -> dict[str, str]:
    """Coded values of a column and their words; empty when the column is free."""
    return {value: VALUES[value][lang] for value in column.values}


# Told apart with any colour vision (by 11 in CIELAB at the least), and dark enough for white text;
# the web map and the sheets give each kind a shape of its own besides.
KINDS = {
    "friche": "#b34700",
    "dent_creuse": "#0063a6",
    "batiment_non_affecte": "#7d2e74",
    "terrain_divisible": "#00694f",
}
