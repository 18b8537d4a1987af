"""Names of the streets that the sketch does not name: plausible, and of no one."""

from __future__ import annotations

THINGS = (
    """
de la Dodane|des Majots|d'Engoulvent|Motte|des Francs-Mûriers|des Tanneurs|des Teinturiers
des Foulons|des Drapiers|de la Guède|du Pastel|des Corroyeurs|des Meuniers|du Moulin-Neuf
des Bondes|des Coches|des Gantiers|des Rinchevaux|de l'Andouille|des Poirées|de la Plumette
du Don|du Marché-aux-Herbes|de l'Oratoire|des Sergents|du Cloître|de l'Aventure|des Lombards
du Bloc|des Vergeaux|des Orfèvres|des Chaudronniers|des Doubles-Chaises|du Beau-Puits
des Wattelets|des Minimes|des Capettes|des Écluses|du Bac|des Barques|du Pont-Piperesse
du Pont-du-Cange|de la Queue-de-Vache|du Fil|du Rouet|de la Navette|du Velours|de la Serge
du Lin|du Chanvre|de la Garance|des Tisserands|des Peigneurs|des Fileuses|des Lavandières
du Lavoir|de la Fontaine|du Puits-Vert|des Saules|des Aulnes|des Peupliers|des Roseaux
des Iris|des Joncs|des Nénuphars|des Hortillons|des Cornets|du Rieu|de la Barque-à-Cornet
des Maraîchères|des Radis|des Artichauts|du Cresson|des Groseilliers|des Cerisiers|des Pommiers
des Lilas|des Églantines|des Glycines|des Mésanges|des Alouettes|des Hirondelles|des Martinets
de la Prévoyance|de la Mutualité|de la Solidarité|de la Fraternité|de l'Union|de l'Espérance
du Progrès|de l'Industrie|des Ateliers|de la Forge|des Fondeurs|des Chaudières|de la Vapeur
du Charbon|de l'Octroi|des Messageries|du Triage|des Cheminots|de la Rotonde|du Sémaphore
des Aiguilleurs|du Quai-aux-Grains|du Roulage|de la Briqueterie|des Tuiliers|de la Sucrerie
de la Brasserie|de la Malterie|du Houblon|de la Râperie|des Cordiers|de la Corderie
du Rempart|de la Poterne|du Bastion|de l'Esplanade|des Casemates|du Glacis|du Polygone
du Champ-de-Manœuvre|du Moulin-à-Vent|du Plateau-Fleuri|du Point-du-Jour|de Belle-Vue
des Quatre-Vents|du Bel-Air|de la Croix-Rompue|du Calvaire|des Sablières|de la Marnière
des Carrières|du Chemin-Vert|des Champs|de la Moisson|du Colza|du Sainfoin|des Bleuets
des Coquelicots|du Blé-Noir|de la Meule|du Pigeonnier|de la Ferme|du Clos|du Verger
du Paradis|de l'Abreuvoir|du Vidame|des Jacobins|des Cordeliers|des Augustins|des Sœurs-Grises
Saint-Patrice|Saint-Germain|Saint-Firmin|Saint-Honoré|Saint-Acheul|Saint-Roch|Saint-Maurice
de Doullens|de Corbie|d'Albert|de Péronne|de Roye|de Montdidier|d'Abbeville|de Poix|de Conty
de Beauvais|de Picardie|de Thiérache|du Vimeu|du Ponthieu|du Santerre|de la Haute-Somme
de l'Authie|de la Selle|de l'Avre|de la Noye|de l'Ancre|de la Nièvre
""".replace("\n", "|")
    .strip("|")
    .split("|")
)

KINDS = {
    "pedestrian": ("Rue", "Ruelle", "Rue", "Passage", "Rue"),
    "footway": ("Allée", "Sente"),
    "service": ("Allée", "Cour"),
    "unclassified": ("Rue", "Rue", "Impasse"),
    "residential": ("Rue", "Rue", "Rue", "Rue", "Impasse", "Allée", "Cité"),
}


def street_name(number: int, kind: str, length_m: float) -> str | None:
    """Name the ``number``-th new street; the shortest have no name, as on the ground.

    Examples
    --------
    >>> street_name(0, "pedestrian", 80), street_name(0, "pedestrian", 12)
    ('Rue de la Dodane', None)
    """
    if length_m < 22:
        return None
    kinds = KINDS[kind]
    # Words are taken again with another kind of street once the list is through.
    turn = number // len(THINGS)
    word = "Rue" if turn == 0 and length_m > 150 else kinds[(number + turn) % len(kinds)]
    return f"{word} {THINGS[number % len(THINGS)]}"
