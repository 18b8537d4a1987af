"""Contracts of what foncier finds, all in the legal metric CRS."""

from foncier.tables.contract import LINE, POINT, POLYGON, Column, Table

KINDS = ("friche", "dent_creuse", "batiment_non_affecte", "terrain_divisible")
OPPORTUNITY = Column("opportunity_id", "text", "Opportunité", "Opportunity")

CANDIDATES = Table(
    "candidates", "Opportunités", "Opportunities", ("opportunity_id",),
    (
        Column("opportunity_id", "text", "Opportunité", "Opportunity", unique=True),
        Column("kind", "text", "Nature", "Kind", values=KINDS),
        Column("name", "text", "Nom", "Name", optional=True),
        Column("address", "text", "Adresse", "Address", optional=True),
        Column("commune", "text", "Commune (INSEE)", "Commune (INSEE code)", optional=True),
        Column("parcel_ids", "text", "Parcelles", "Parcels", optional=True),
        Column("area_m2", "number", "Surface", "Area", "m²", optional=True, low=0),
        Column("usable_area_m2", "number", "Surface constructible d'un tenant",
               "Buildable area in one piece", "m²", optional=True, low=0),
        Column("built_share", "number", "Emprise au sol (CES)", "Built share (CES)", "0–1",
               optional=True, low=0, high=1.0),
        Column("fabric", "text", "Tissu bâti autour", "Built fabric around", optional=True,
               values=("dense", "groupee", "diffuse", "isolee")),
        Column("yield_low", "number", "Logements, hypothèse basse", "Dwellings, low",
               optional=True, low=0),
        Column("yield_high", "number", "Logements, hypothèse haute", "Dwellings, high",
               optional=True, low=0),
        Column("status", "text", "Statut", "Status", optional=True),
        Column("perimeter", "text", "Origine du périmètre", "Where the outline comes from",
               values=("parcelles", "piece", "batiment", "trace", "emprise_approximative",
                       "point_seul")),
        Column("confidence", "number", "Confiance", "Confidence", "0–1", optional=True, low=0,
               high=1),
        Column("family", "text", "Famille de sites qui se recouvrent",
               "Family of overlapping sites", optional=True),
        Column("zone", "text", "Zone du PLU", "Zone", optional=True),
        Column("flags", "text", "Points d'attention", "Points to watch (French)", optional=True),
        Column("flags_en", "text", "Points d'attention (anglais)", "Points to watch",
               optional=True),
        Column("axis_distance_m", "number", "Distance à l'axe", "Distance to the axis", "m",
               optional=True, low=0),
        Column("residents_around", "number", "Habitants à moins de 500 m à vol d'oiseau",
               "Residents within 500 m as the crow flies", "hab.", optional=True, low=0),
        Column("compactness", "number", "Forme (1 : un disque)", "Shape (1: a disc)", "0–1",
               optional=True, low=0, high=1.001),
        Column("open_ground_m2", "number", "Sol libre de bâtiment", "Ground free of buildings",
               "m²", optional=True, low=0),
        Column("existing_m2", "number", "Bâti en place, emprise au sol",
               "Existing buildings, footprint", "m²", optional=True, low=0),
        Column("zoning", "number", "Zone constructible (1 : U, 0,5 : AU, 0 : A ou N)",
               "Buildable zone (1: U, 0.5: AU, 0: A or N)", optional=True, low=0, high=1),
        Column("watch_count", "number", "Points d'attention relevés", "Points to watch found",
               optional=True, low=0),
        Column("price_eur_m2", "number", "Prix de vente médian de la commune",
               "Median sale price of the commune", "€/m²", optional=True, low=0),
        Column("sources", "text", "Sources", "Sources"),
        Column("residents_5min", "number", "Habitants à 5 min à pied",
               "Residents within 5 min on foot", "hab.", optional=True, low=0),
        Column("residents_10min", "number", "Habitants à 10 min à pied",
               "Residents within 10 min on foot", "hab.", optional=True, low=0),
        Column("residents_15min", "number", "Habitants à 15 min à pied",
               "Residents within 15 min on foot", "hab.", optional=True, low=0),
        Column("confidence_band", "text", "Classe de confiance", "Class of confidence",
               optional=True, values=("faible", "incertaine", "probable", "forte")),
        Column("counted_area_m2", "number", "Surface comptée une fois",
               "Area counted once", "m²", optional=True, low=0),
        Column("departures_per_hour", "number",
               "Départs de transport par heure à 10 min à pied (jour ouvrable, 7 h à 19 h)",
               "Transit departures an hour within 10 min on foot (weekday, 7 a.m. to 7 p.m.)",
               "/h", optional=True, low=0),
    ),
    POLYGON,
)  # fmt: skip

EVIDENCE = Table(
    "evidence", "Preuves", "Evidence", (),
    (
        OPPORTUNITY,
        Column("signal", "text", "Signal", "Signal"),
        Column("direction", "text", "Sens", "Direction", values=("for", "against", "neutral")),
        Column("weight", "number", "Poids (log-cote)", "Weight (log-odds)", optional=True),
        Column("source", "text", "Source", "Source"),
        Column("observed_on", "date", "Date", "Date", optional=True),
        Column("text_fr", "text", "Constat", "Finding (French)"),
        Column("text_en", "text", "Constat (anglais)", "Finding"),
        Column("base_weight", "number", "Poids avant l'âge et le doute (log-cote)",
               "Weight before age and doubt (log-odds)", optional=True),
        Column("distance_m", "number", "Distance de l'indice", "Distance of the sign", "m",
               optional=True, low=0),
        Column("share", "number", "Part concernée", "Share concerned", "0–1", optional=True,
               low=0, high=1),
    ),
)  # fmt: skip

TESTS = Table(
    "tests", "Essais par parcelle", "Tests by parcel", ("parcel_id", "kind", "rule"),
    (
        Column("parcel_id", "text", "Parcelle", "Parcel"),
        Column("kind", "text", "Nature cherchée", "Kind sought", values=KINDS),
        Column("step", "count", "Ordre", "Order", low=1),
        Column("rule", "text", "Règle", "Rule"),
        Column("value", "number", "Valeur", "Value", optional=True),
        Column("threshold", "number", "Seuil", "Threshold"),
        Column("margin", "number", "Marge (négative : il manque)", "Margin (negative: short)",
               optional=True),
        Column("unit", "text", "Unité", "Unit", optional=True),
        Column("passed", "yes_no", "Réussi", "Passed", optional=True),
        Column("detail", "text", "Détail", "Detail (French)", optional=True),
        Column("detail_en", "text", "Détail (anglais)", "Detail", optional=True),
        Column("label_fr", "text", "Libellé", "Label (French)"),
        Column("label_en", "text", "Libellé (anglais)", "Label"),
    ),
)  # fmt: skip

REJECTIONS = Table(
    "rejections", "Parcelles écartées", "Rejected parcels", ("parcel_id",),
    (
        Column("parcel_id", "text", "Parcelle", "Parcel", unique=True),
        Column("area_m2", "number", "Surface", "Area", "m²", low=0),
        Column("kind", "text", "Nature cherchée", "Kind sought", values=KINDS),
        Column("rule", "text", "Première règle non tenue", "First rule failed"),
        Column("value", "number", "Valeur", "Value", optional=True),
        Column("threshold", "number", "Seuil", "Threshold"),
        Column("margin", "number", "Marge", "Margin", optional=True),
        Column("unit", "text", "Unité", "Unit", optional=True),
        Column("detail", "text", "Détail", "Detail (French)", optional=True),
        Column("detail_en", "text", "Détail (anglais)", "Detail", optional=True),
        Column("reason_fr", "text", "Motif", "Reason (French)"),
        Column("reason_en", "text", "Motif (anglais)", "Reason"),
    ),
    POLYGON,
)  # fmt: skip

ASSEMBLIES = Table(
    "assemblies", "Assemblages de parcelles", "Assemblies of parcels", ("assembly_id",),
    (
        Column("assembly_id", "text", "Assemblage", "Assembly", unique=True),
        Column("kind", "text", "Composition", "Made of", values=("parcelles_nues", "fonds_batis")),
        Column("parcel_ids", "text", "Parcelles à assembler", "Parcels to assemble"),
        Column("parcels", "count", "Nombre de parcelles", "Number of parcels", low=2),
        Column("units", "number", "Unités foncières, d'après la couche fournie",
               "Land units, after the layer supplied", optional=True, low=1),
        Column("area_m2", "number", "Surface réunie", "Area together", "m²", low=0),
        Column("usable_area_m2", "number", "Surface constructible d'un tenant",
               "Buildable area in one piece", "m²", optional=True, low=0),
        Column("fabric", "text", "Tissu bâti autour", "Built fabric around", optional=True,
               values=("dense", "groupee", "diffuse", "isolee")),
        Column("alone_fr", "text", "Ce qui manque à chacune", "Short alone (French)"),
        Column("alone_en", "text", "Ce qui manque à chacune (anglais)", "Short alone"),
        Column("together_fr", "text", "Ensemble", "Together (French)"),
        Column("together_en", "text", "Ensemble (anglais)", "Together"),
        Column("agreement_fr", "text", "Accord nécessaire", "Agreement needed (French)"),
        Column("agreement_en", "text", "Accord nécessaire (anglais)", "Agreement needed"),
    ),
    POLYGON,
)  # fmt: skip

ACCESS_POINTS = Table(
    "access_points", "Accès sur rue", "Street access", ("opportunity_id",),
    (
        Column("opportunity_id", "text", "Opportunité", "Opportunity", unique=True),
        Column("street_id", "text", "Tronçon", "Street segment"),
        Column("street_name", "text", "Rue", "Street", optional=True),
        Column("frontage_m", "number", "Façade sur rue", "Frontage", "m", low=0),
        Column("offset_m", "number", "De la limite à l'axe de la rue",
               "From the plot's edge to the street's centre line", "m", low=0),
    ),
    POINT,
)  # fmt: skip

ACCESS = Table(
    "access", "Accessibilité", "Accessibility", ("opportunity_id", "target"),
    (
        OPPORTUNITY,
        Column("target", "text", "Destination", "Target"),
        Column("place", "text", "Lieu le plus proche", "Nearest place", optional=True),
        Column("distance_m", "number", "Distance à pied", "Walking distance", "m",
               optional=True, low=0),
        Column("time_min", "number", "Temps à pied", "Walking time", "min", optional=True, low=0),
        Column("straight_m", "number", "À vol d'oiseau", "As the crow flies", "m",
               optional=True, low=0),
        Column("detour_index", "number", "Indice de détour", "Detour index", optional=True,
               low=0),
        Column("leaves_by", "text", "Sortie par", "Leaves by", optional=True),
        Column("barrier", "text", "Coupure contournée", "Barrier walked around", optional=True,
               values=("none", "water", "railway", "water_railway")),
        Column("barrier_name", "text", "Nom de la coupure", "Name of the barrier", optional=True),
        Column("bike_m", "number", "Distance à vélo", "Cycling distance", "m", optional=True,
               low=0),
        Column("bike_min", "number", "Temps à vélo", "Cycling time", "min", optional=True, low=0),
    ),
)  # fmt: skip

SCORES = Table(
    "scores", "Scores", "Scores", ("opportunity_id",),
    (
        Column("opportunity_id", "text", "Opportunité", "Opportunity", unique=True),
        Column("score", "number", "Score", "Score", "0–1", optional=True, low=0, high=1),
        Column("score_low", "number", "Score si l'inconnu est au pire",
               "Score if the unknown is at its worst", "0–1", low=0, high=1),
        Column("score_high", "number", "Score si l'inconnu est au mieux",
               "Score if the unknown is at its best", "0–1", low=0, high=1),
        Column("coverage", "number", "Part du poids connue", "Share of the weight known", "0–1",
               low=0, high=1),
        Column("rank", "number", "Rang", "Rank", optional=True, low=1),
        Column("rank_low", "number", "Rang, 5 % des tirages", "Rank, 5 % of draws",
               optional=True, low=1),
        Column("rank_high", "number", "Rang, 95 % des tirages", "Rank, 95 % of draws",
               optional=True, low=1),
        Column("top20_share", "number", "Part des tirages dans les 20 premiers",
               "Share of draws in the first 20", "0–1", optional=True, low=0, high=1),
        Column("topsis_rank", "number", "Rang selon TOPSIS", "Rank by TOPSIS", optional=True,
               low=1),
        Column("pareto", "yes_no", "Front de Pareto (aucun site n'est meilleur en tout)",
               "Pareto front (no site is better throughout)", optional=True),
    ),
    extra=True,  # one column a criterion, in [0, 1]
)  # fmt: skip

LINES = Table(
    "lines", "Axe et boucle", "Axis and loop", ("name",),
    (
        Column("name", "text", "Nom", "Name", unique=True),
        Column("role", "text", "Rôle", "Role", values=("axis", "loop")),
        Column("status", "text", "Statut du tracé", "Status of the line", optional=True),
        Column("length_m", "number", "Longueur", "Length", "m", low=0),
    ),
    LINE,
)  # fmt: skip

ISOCHRONES = Table(
    "isochrones", "Isochrones à pied", "Walking isochrones", ("opportunity_id", "minutes"),
    (
        OPPORTUNITY,
        Column("minutes", "number", "Minutes à pied", "Minutes on foot", "min", low=0),
        Column("area_m2", "number", "Surface atteinte", "Area reached", "m²", low=0),
        Column("residents", "number", "Habitants atteints", "Residents reached", "hab.",
               optional=True, low=0),
    ),
    POLYGON,
)  # fmt: skip

ALL_KINDS = "toutes"
QUARTERS = Table(
    "potential", "Potentiel par quartier", "Potential by quarter", ("quarter_id", "kind"),
    (
        Column("quarter_id", "text", "Quartier", "Quarter"),
        Column("name", "text", "Nom du quartier", "Name of the quarter", optional=True),
        Column("kind", "text", "Nature", "Kind", values=(*KINDS, ALL_KINDS)),
        Column("number", "number", "Nombre (au prorata de la surface)", "Number (by share of area)",
               low=0),
        Column("area_m2", "number", "Surface, comptée une fois", "Area, counted once", "m²",
               low=0),
        Column("yield_low", "number", "Logements, hypothèse basse", "Dwellings, low",
               optional=True, low=0),
        Column("yield_high", "number", "Logements, hypothèse haute", "Dwellings, high",
               optional=True, low=0),
        Column("mean_score", "number", "Score moyen", "Mean score", "0–1", optional=True, low=0,
               high=1),
        Column("mean_confidence", "number", "Confiance moyenne", "Mean confidence", "0–1",
               optional=True, low=0, high=1),
    ),
    POLYGON,
)  # fmt: skip

MUTABILITY = Table(
    "mutability", "Mutabilité des friches (Mutafriches)", "Mutability of friches (Mutafriches)",
    ("opportunity_id", "use"),
    (
        OPPORTUNITY,
        Column("use", "text", "Usage", "Use",
               values=("residentiel", "equipements", "culture", "tertiaire", "industrie",
                       "renaturation", "photovoltaique")),
        Column("index", "number", "Indice de mutabilité", "Mutability index", "/100",
               low=0, high=100),
        Column("index_low", "number", "Indice si l'inconnu est au pire",
               "Index if the unknown is at its worst", "/100", low=0, high=100),
        Column("index_high", "number", "Indice si l'inconnu est au mieux",
               "Index if the unknown is at its best", "/100", low=0, high=100),
        Column("reliability", "number", "Fiabilité", "Reliability", "/10", low=0, high=10),
        Column("band", "text", "Lecture", "Reading",
               values=("excellent", "tres_bon", "bon", "moyen", "mauvais")),
        Column("rank", "number", "Rang de l'usage", "Rank of the use", low=1, high=7),
    ),
)  # fmt: skip

MUTABILITY_FACTS = Table(
    "mutability_facts", "Mutabilité : ce qui est connu", "Mutability: what is known",
    ("opportunity_id", "criterion"),
    (
        OPPORTUNITY,
        Column("criterion", "text", "Critère de Mutafriches", "Criterion of Mutafriches"),
        Column("label_fr", "text", "Libellé", "Label (French)"),
        Column("label_en", "text", "Libellé (anglais)", "Label"),
        Column("answers", "text", "Réponse (plusieurs : l'une d'elles)",
               "Answer (several: one of them)"),
        Column("value", "number", "Mesure", "Measure", optional=True),
        Column("unit", "text", "Unité", "Unit", optional=True),
        Column("source_fr", "text", "D'après", "From (French)"),
        Column("source_en", "text", "D'après (anglais)", "From"),
    ),
)  # fmt: skip

EFFORT = Table(
    "effort", "Coût et dureté foncière", "Cost and hardness of the land", ("opportunity_id",),
    (
        Column("opportunity_id", "text", "Opportunité", "Opportunity", unique=True),
        Column("works_low_keur", "number", "Travaux de recyclage, au moins",
               "Recycling works, at least", "k€", optional=True, low=0),
        Column("works_high_keur", "number", "Travaux de recyclage, au plus",
               "Recycling works, at most", "k€", optional=True, low=0),
        Column("hardness_low", "number", "Dureté foncière, au moins", "Hardness, at least",
               "points", low=0),
        Column("hardness_high", "number", "Dureté foncière, au plus", "Hardness, at most",
               "points", low=0),
        Column("hardness", "text", "Dureté foncière", "Hardness", optional=True,
               values=("faible", "moyenne", "forte")),
        Column("known", "text", "Points connus", "Points known", optional=True),
    ),
)  # fmt: skip

MATCHES = Table(
    "matches", "Sites face à un besoin", "Sites against a need", ("opportunity_id",),
    (
        Column("opportunity_id", "text", "Opportunité", "Opportunity", unique=True),
        Column("outcome", "text", "Réponse", "Outcome",
               values=("fits", "to_check", "near_miss", "no")),
        Column("met", "count", "Conditions tenues", "Conditions met", low=0),
        Column("to_check", "count", "Conditions à vérifier", "Conditions to check", low=0),
        Column("failed", "count", "Conditions non tenues", "Conditions failed", low=0),
        Column("rank", "number", "Rang", "Rank", optional=True, low=1),
    ),
)  # fmt: skip

MATCH_CHECKS = Table(
    "match_checks", "Conditions d'un besoin par site", "Conditions of a need by site",
    ("opportunity_id", "condition"),
    (
        OPPORTUNITY,
        Column("condition", "text", "Condition", "Condition"),
        Column("label_fr", "text", "Libellé", "Label (French)"),
        Column("label_en", "text", "Libellé (anglais)", "Label"),
        Column("verdict", "text", "Verdict", "Verdict", values=("yes", "no", "unknown")),
        Column("value", "number", "Mesure", "Measure", optional=True),
        Column("bound", "number", "Borne", "Bound", optional=True),
        Column("side", "text", "Sens de la borne", "Side of the bound",
               values=("at_least", "at_most")),
        Column("short", "number", "Ce qui manque", "What is short", optional=True, low=0),
        Column("unit", "text", "Unité", "Unit", optional=True),
        Column("why", "text", "Pourquoi", "Why", optional=True),
    ),
)  # fmt: skip

WHAT_IF = Table(
    "what_if", "Ce que changerait un tracé", "What a line would change",
    ("scenario", "opportunity_id"),
    (
        Column("scenario", "text", "Scénario", "Scenario"),
        OPPORTUNITY,
        Column("loop_m_before", "number", "Distance à la boucle, avant",
               "Distance to the loop, before", "m", optional=True, low=0),
        Column("loop_m_after", "number", "Distance à la boucle, après",
               "Distance to the loop, after", "m", optional=True, low=0),
        Column("minutes_gained", "number", "Minutes gagnées, au mieux",
               "Minutes gained, at best", "min", optional=True),
        Column("towards", "text", "Vers", "Towards", optional=True),
        Column("unlocked", "yes_no", "Désenclavé : une destination devient accessible",
               "Unlocked: a destination comes within reach"),
        Column("score_before", "number", "Score, avant", "Score, before", "0–1", optional=True),
        Column("score_after", "number", "Score, après", "Score, after", "0–1", optional=True),
        Column("rank_before", "number", "Rang, avant", "Rank, before", optional=True, low=1),
        Column("rank_after", "number", "Rang, après", "Rank, after", optional=True, low=1),
    ),
)  # fmt: skip
