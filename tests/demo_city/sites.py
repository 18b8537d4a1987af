"""Friches of the demonstration: invented names, on the sketch, as an inventory would list them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Friche:
    """A planted friche: where it is looked for, on how many plots, and what the inventory says."""

    number: int
    name: str
    kind: str
    x: float
    y: float
    count: int = 1
    bare: bool = False
    status: str = "friche sans projet"
    activity: str = ""
    vacancy: str = "vacant"
    state: str = "dégradation moyenne"
    pollution: str = "inconnu"
    source: str = "Observatoire fictif des friches"


FRICHES = (
    Friche(
        1,
        "Ancienne halle des Messageries",
        "friche ferroviaire",
        620,
        -850,
        2,
        activity="Transport ferroviaire de marchandises",
        pollution="pollution supposée",
    ),
    Friche(
        2,
        "Dépôt de charbon de la Vallée",
        "friche ferroviaire",
        760,
        -860,
        bare=True,
        activity="Dépôt de charbon",
        vacancy="inconnu",
        state="inconnu",
        pollution="pollution avérée",
    ),
    Friche(
        3,
        "Ancienne filature des Teinturiers",
        "friche industrielle",
        -380,
        105,
        8,
        activity="Filature de lin",
        state="dégradation très importante",
    ),
    Friche(
        4,
        "Teinturerie du Hocquet",
        "friche industrielle",
        20,
        -70,
        8,
        activity="Teinture de textiles",
        pollution="pollution supposée",
    ),
    Friche(
        5,
        "Ateliers de la Vallée",
        "friche industrielle",
        440,
        -620,
        2,
        activity="Chaudronnerie",
        pollution="pollution supposée",
    ),
    Friche(
        6,
        "Ancienne brasserie du Port",
        "friche agro-industrielle",
        690,
        -545,
        2,
        status="friche avec projet",
        activity="Brasserie",
        state="dégradation inexistante ou faible",
    ),
    Friche(7, "Entrepôt des Grains", "friche logistique", 980, -585, activity="Entreposage"),
    Friche(
        8,
        "Ancienne malterie",
        "friche agro-industrielle",
        1080,
        -690,
        3,
        activity="Malterie",
        state="dégradation hétérogène",
    ),
    Friche(
        9,
        "Garage de la Chaussée",
        "friche commerciale",
        60,
        560,
        8,
        activity="Garage",
        status="friche potentielle",
        vacancy="inconnu",
        state="inconnu",
    ),
    Friche(
        10,
        "Ancien dépôt de tramways",
        "friche logistique",
        -70,
        720,
        10,
        activity="Transport urbain de voyageurs",
        state="dégradation moyenne",
    ),
    Friche(
        11,
        "Pavillon des Convalescents",
        "friche hospitalière",
        -1010,
        1190,
        activity="Activités hospitalières",
        state="dégradation moyenne",
    ),
    Friche(
        12,
        "Ancienne blanchisserie de l'Hôpital",
        "friche hospitalière",
        -880,
        1250,
        activity="Blanchisserie",
        status="friche avec projet",
    ),
    Friche(
        13,
        "Centre commercial du Pigeonnier",
        "friche commerciale",
        -480,
        1090,
        activity="Commerce de détail",
        vacancy="partiellement occupé",
    ),
    Friche(
        14,
        "Ancien magasin du Génie",
        "friche militaire",
        -250,
        1030,
        activity="Entreposage militaire",
        status="friche potentielle",
    ),
    Friche(
        15,
        "Lavoir-séchoir de Grâce",
        "friche industrielle",
        -330,
        830,
        8,
        activity="Blanchisserie",
        vacancy="vacant",
    ),
    Friche(
        16,
        "Minoterie du Bras Nord",
        "friche agro-industrielle",
        -760,
        320,
        9,
        activity="Meunerie",
        state="dégradation très importante",
    ),
    Friche(
        17,
        "Ancienne imprimerie de l'Évêché",
        "friche industrielle",
        -300,
        -560,
        6,
        activity="Imprimerie",
        pollution="pollution supposée",
    ),
    Friche(
        18,
        "Cinéma du Faubourg",
        "friche loisir tourisme hôtellerie",
        180,
        -560,
        6,
        activity="Projection de films",
        state="dégradation inexistante ou faible",
    ),
    Friche(
        19,
        "Tuilerie de la rue Dejean",
        "friche industrielle",
        1180,
        -960,
        9,
        activity="Fabrication de tuiles",
        status="friche potentielle",
    ),
    Friche(
        20,
        "Cour aux marchandises",
        "friche ferroviaire",
        900,
        -930,
        bare=True,
        activity="Gare de marchandises",
        vacancy="inconnu",
        state="inconnu",
    ),
    Friche(
        21,
        "Ancienne usine à gaz",
        "friche industrielle",
        1230,
        -610,
        2,
        activity="Production de gaz",
        pollution="pollution avérée",
    ),
)

# The same land told twice by another producer, and a plateau that overlaps the gasworks in part.
TWICE = (5, 9, 13)
PLATEAU_OF = 21
RECONVERTED = Friche(
    40,
    "Ancienne manufacture de velours",
    "friche industrielle",
    540,
    -730,
    1,
    status="friche reconvertie",
    activity="Fabrication de velours",
    vacancy="occupé",
    state="dégradation inexistante ou faible",
)
