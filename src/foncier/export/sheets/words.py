"""Words of the sheets and of the leaflet, in French and in English."""

from foncier.i18n import Localized

NBSP = "\u00a0"
WORDS: dict[str, Localized] = {
    "demo": Localized("DONNÉES FICTIVES", "FICTIONAL DATA"),
    "demo_more": Localized(
        f"Démonstration{NBSP}: aucun de ces lieux n'existe.",
        "Demonstration: none of these places exists.",
    ),
    "model": Localized(
        "Résultat d'un modèle, à vérifier sur place.",
        "Result of a model, to be checked on the spot.",
    ),
    "edition": Localized("Édition du {date}", "Edition of {date}"),
    "undated": Localized("Édition non datée", "Undated edition"),
    "commune": Localized("commune {code}", "commune {code}"),
    "unknown": Localized("inconnu", "unknown"),
    "layer_of": Localized("couche du {day}", "layer of {day}"),
    "unknown_date": Localized("date inconnue", "date unknown"),
    "score": Localized("Score", "Score"),
    "rank_of": Localized("Rang {rank} sur {n}", "Rank {rank} of {n}"),
    "rank_span": Localized(
        "de {low} à {high} si les poids varient", "{low} to {high} if the weights vary"
    ),
    "rank_firm": Localized("le même si les poids varient", "the same if the weights vary"),
    "yes": Localized("oui", "yes"),
    "no": Localized("non", "no"),
    "unranked": Localized(f"Sans rang{NBSP}: trop peu est connu", "Unranked: too little is known"),
    "interval": Localized(
        "de {low} à {high} selon ce qui reste inconnu",
        "{low} to {high} depending on what is unknown",
    ),
    "coverage": Localized("{share} du poids connu", "{share} of the weight known"),
    "confidence": Localized("Confiance", "Confidence"),
    "locator": Localized("Sur l'axe et la boucle", "On the axis and the loop"),
    "scale": Localized("Échelle {scale}", "Scale {scale}"),
    "legend_plot": Localized("périmètre du site", "outline of the site"),
    "legend_rough": Localized("emprise approximative", "approximate outline"),
    "legend_parcels": Localized("ses parcelles", "its parcels"),
    "legend_other": Localized("autre site", "other site"),
    "legend_loop": Localized("boucle", "loop"),
    "legend_way": Localized("trajet à pied jusqu'à la boucle", "way on foot to the loop"),
    "legend_entry": Localized("accès sur rue", "street access"),
    "legend_axis": Localized("axe", "axis"),
    "legend_area": Localized("périmètre d'étude", "study area"),
    "criteria": Localized("Score par critère", "Score by criterion"),
    "criterion": Localized("Critère", "Criterion"),
    "measure": Localized("Mesure", "Measure"),
    "mark": Localized("Note sur 100", "Mark out of 100"),
    "weight": Localized("Poids", "Weight"),
    "measures": Localized("Mesures", "Measures"),
    "access": Localized("À pied depuis le site", "On foot from the site"),
    "target": Localized("Destination", "Destination"),
    "time": Localized("Temps", "Time"),
    "distance": Localized("Distance", "Distance"),
    "detour": Localized("Détour", "Detour"),
    "no_access": Localized("Aucun trajet calculé.", "No way computed."),
    "warnings": Localized("Points d'attention", "Points to watch"),
    "approximate": Localized(
        f"Emprise approximative{NBSP}: un disque de la surface déclarée, faute de parcelles. "
        "Ne mesurez rien sur ce contour.",
        "Approximate outline: a disc of the declared area, for want of parcels. "
        "Measure nothing on it.",
    ),
    "point_only": Localized(
        f"Point seul{NBSP}: ni parcelle ni surface connues, le contour n'est qu'un repère.",
        "Point only: neither parcel nor area is known, the outline is a mere mark.",
    ),
    "evidence": Localized("Preuves", "Evidence"),
    "no_evidence": Localized("Aucune preuve enregistrée.", "No evidence recorded."),
    "more_evidence": Localized(
        "Suite dans le GeoPackage\u00a0: {n}", "More in the GeoPackage: {n}"
    ),
    "for": Localized("pour", "for"),
    "against": Localized("contre", "against"),
    "neutral": Localized("constat", "finding"),
    "tests": Localized("Essais de détection", "Detection tests"),
    "tests_parcels": Localized(
        "Essais de détection (au plus juste de {n} parcelles)",
        "Detection tests (the closest of {n} parcels)",
    ),
    "test": Localized("Essai", "Test"),
    "value": Localized("Valeur", "Value"),
    "threshold": Localized("Seuil", "Threshold"),
    "margin": Localized("Marge", "Margin"),
    "passed": Localized("réussi", "passed"),
    "failed": Localized("non tenu", "failed"),
    "untold": Localized("non mesuré", "not measured"),
    "parcels": Localized("Parcelles ({n})", "Parcels ({n})"),
    "unknowns": Localized("Ce qui reste inconnu", "What remains unknown"),
    "missing": Localized("Ce qui manque à l'étude", "What the study lacks"),
    "sources": Localized("Sources et licences", "Sources and licences"),
    "report": Localized(
        "Une erreur{nbsp}? Signalez-la au service qui publie l'étude, en citant {id}.",
        "A mistake? Tell the service that publishes the study, quoting {id}.",
    ),
    "page": Localized("page {page} sur {pages}", "page {page} of {pages}"),
    "alt_site": Localized(
        "Carte au {scale}{nbsp}: {name}, ses parcelles, les rues et les bâtiments autour.",
        "Map at {scale}: {name}, its parcels, streets and buildings around.",
    ),
    "alt_locator": Localized(
        "Carte de situation au {scale}{nbsp}: {name} dans le secteur de l'étude.",
        "Locator map at {scale}: {name} in the sector of the study.",
    ),
    "alt_sign": Localized("{kind}, rang {rank}", "{kind}, rank {rank}"),
    "alt_photo": Localized("Photographie", "Photograph"),
    "alt_logo": Localized("Logo", "Logo"),
    "street": Localized("Rue d'accès", "Street of access"),
    "dwellings": Localized("Logements possibles", "Possible dwellings"),
    "range": Localized("{low} à {high}", "{low} to {high}"),
    "sheets_title": Localized("Fiches des sites", "Sheets of the sites"),
    "mutability": Localized("Mutabilité (Mutafriches)", "Mutability (Mutafriches)"),
    "use": Localized("Usage", "Use"),
    "index": Localized("Indice sur 100", "Index out of 100"),
    "reading": Localized("Lecture", "Reading"),
    "leaflet": Localized("Plaquette du secteur", "Leaflet of the sector"),
    "offer": Localized("Ce qui est offert", "What is on offer"),
    "kind": Localized("Nature", "Kind"),
    "sites": Localized("Sites", "Sites"),
    "area": Localized("Surface", "Area"),
    "dwellings_short": Localized("Logements", "Dwellings"),
    "all": Localized("Ensemble", "All"),
    "overlap": Localized(
        "Les surfaces qui se recouvrent ne sont comptées qu'une fois.",
        "Areas that overlap are counted once.",
    ),
    "none": Localized(
        "Aucune opportunité n'a été trouvée avec ces données et ces règles.",
        "No opportunity was found with these data and rules.",
    ),
    "first": Localized("Les {n} premiers sites", "The first {n} sites"),
    "services": Localized("Accès et services", "Access and services"),
    "stops": Localized("Étapes de la boucle", "Stops of the loop"),
    "loop_more": Localized("{name}{nbsp}: {length}{status}", "{name}: {length}{status}"),
    "reach": Localized("À pied depuis les sites", "On foot from the sites"),
    "within": Localized("à moins de {n}", "within {n}"),
    "median": Localized("médiane", "median"),
    "premises": Localized("Locaux et lieux d'appui", "Premises and supporting places"),
    "premises_one": Localized("et un autre sur la carte", "and one more on the map"),
    "premises_more": Localized("et {n} autres sur la carte", "and {n} more on the map"),
    "nearest": Localized("à {minutes} du site {rank}", "{minutes} from site {rank}"),
    "quarters": Localized(
        "Surface offerte, par quartier ou tronçon d'axe",
        "Area on offer, by quarter or stretch of the axis",
    ),
    "contacts": Localized("À qui s'adresser", "Whom to ask"),
    "changes": Localized("Ce qui va changer", "What is about to change"),
    "outside": Localized("{n} sites hors de la carte", "{n} sites off the map"),
    "legend_small": Localized(
        "sans numéro\u00a0: rang au-delà de {n}", "without number: rank beyond {n}"
    ),
    "legend_stop": Localized("étape de la boucle", "stop of the loop"),
    "legend_place": Localized("arrêt, commerce, école…", "stop, shop, school…"),
    "to_loop": Localized("Boucle à", "Loop within"),
    "site": Localized("Site", "Site"),
    "in_time": Localized("Sites à {n} au plus", "Sites within {n}"),
    "summary": Localized("{sites} · {area} · {edition}", "{sites} · {area} · {edition}"),
    "sites_n": Localized("{n} sites", "{n} sites"),
    "sites_one": Localized("1 site", "1 site"),
    "alt_sector": Localized(
        "Carte du secteur au {scale}{nbsp}: {n} sites numérotés par rang, l'axe et la boucle.",
        "Map of the sector at {scale}: {n} sites numbered by rank, the axis and the loop.",
    ),
    "alt_services": Localized(
        "Carte des accès et des services au {scale}{nbsp}: lieux à rejoindre et "
        "étapes de la boucle.",
        "Map of access and services at {scale}: places to reach and stops of the loop.",
    ),
}


def word(key: str, lang: str, **put: object) -> str:
    """Words of a key, with what goes into their gaps.

    Examples
    --------
    >>> word("rank_of", "fr", rank=2, n=5)
    'Rang 2 sur 5'
    """
    text = WORDS[key][lang]
    return text.format(nbsp=NBSP, **put) if "{" in text else text
