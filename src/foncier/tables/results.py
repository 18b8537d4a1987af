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
        Column("residents_around", "number", "Habitants à moins de 500 m",
               "Residents within 500 m", "hab.", optional=True, low=0),
        Column("sources", "text", "Sources", "Sources"),
        Column("confidence_band", "text", "Classe de confiance", "Class of confidence",
               optional=True, values=("faible", "incertaine", "probable", "forte")),
        Column("counted_area_m2", "number", "Surface comptée une fois",
               "Area counted once", "m²", optional=True, low=0),
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
        Column("detail", "text", "Détail", "Detail", optional=True),
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
        Column("detail", "text", "Détail", "Detail", optional=True),
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
