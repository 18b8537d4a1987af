"""Schemas of the tables of a result, all in the legal metric CRS."""

from foncier.schemas.base import LINE, POINT, POLYGON, Column, Table
from foncier.schemas.inputs import OWNER_SOURCES, PERMIT_KINDS, PERMIT_STATES

KINDS = ("friche", "dent_creuse", "batiment_non_affecte", "terrain_divisible")
# Perimeters that are real outlines; the others are guessed, as a disc of the declared area.
KNOWN_OUTLINES = ("parcelles", "piece", "batiment", "trace")
OPPORTUNITY = Column("opportunity_id", "text")

# Types of owners, joined by `|` in `owner_types`: groups of DGFiP, and what the typology of Cerema
# (`catpro3`) adds. `PUBLIC_OWNERS` are those of which the name may be written (groups 1-6 and 9).
PUBLIC_OWNERS = (
    *("etat", "region", "departement", "intercommunalite", "commune"),
    *("hlm", "sem", "etablissement_public"),
)
OWNER_TYPES = (
    *PUBLIC_OWNERS,
    *("reseau", "amenageur", "copropriete", "associes", "societe", "autre", "personnes_privees"),
)
PLANNING_EFFECTS = ("reserve", "cut", "bound", "flag")  # the strongest first

# The land can be had, is to be confirmed, or is taken (a project, a permit).
READY, TO_CONFIRM, TAKEN = AVAILABILITY_CLASSES = ("pret", "a_confirmer", "pris")

# Noted by people in `saisies.gpkg`.
SITE_STATUSES = ("a_etudier", "contacte", "en_projet", "ecarte", "vendu")

CANDIDATES = Table(
    "candidates",
    ("opportunity_id",),
    (
        Column("opportunity_id", "text", unique=True),
        Column("kind", "text", values=KINDS),
        Column("name", "text", optional=True),
        Column("address", "text", optional=True),
        Column("commune", "text", optional=True),
        Column("parcel_ids", "text", optional=True),
        Column("area_m2", "number", "m²", optional=True, low=0),
        Column("usable_area_m2", "number", "m²", optional=True, low=0),
        Column("built_share", "number", "0–1", optional=True, low=0, high=1.0),
        Column("fabric", "text", optional=True, values=("dense", "groupee", "diffuse", "isolee")),
        Column("yield_low", "number", optional=True, low=0),
        Column("yield_high", "number", optional=True, low=0),
        Column("status", "text", optional=True),
        Column(
            "perimeter",
            "text",
            values=(*KNOWN_OUTLINES, "emprise_approximative", "point_seul"),
        ),
        Column("confidence", "number", "0–1", optional=True, low=0, high=1),
        Column("family", "text", optional=True),
        Column("zone", "text", optional=True),
        Column("warnings", "text", optional=True),
        Column("warnings_en", "text", optional=True),
        Column("axis_distance_m", "number", "m", optional=True, low=0),
        Column("residents_around", "number", "hab.", optional=True, low=0),
        Column("compactness", "number", "0–1", optional=True, low=0, high=1.001),
        Column("offered_m2", "number", "m²", optional=True, low=0),
        Column("open_ground_m2", "number", "m²", optional=True, low=0),
        Column("existing_m2", "number", "m²", optional=True, low=0),
        Column("zoning", "number", optional=True, low=0, high=1),
        Column("warning_count", "number", optional=True, low=0),
        Column("price_eur_m2", "number", "€/m²", optional=True, low=0),
        Column("sources", "text"),
        Column("residents_5min", "number", "hab.", optional=True, low=0),
        Column("residents_10min", "number", "hab.", optional=True, low=0),
        Column("residents_15min", "number", "hab.", optional=True, low=0),
        Column(
            "confidence_band",
            "text",
            optional=True,
            values=("faible", "incertaine", "probable", "forte"),
        ),
        Column("counted_area_m2", "number", "m²", optional=True, low=0),
        Column("departures_per_hour", "number", "/h", optional=True, low=0),
        Column("site_status", "text", optional=True, values=SITE_STATUSES),
        Column("owner_types", "text", optional=True, parts=OWNER_TYPES),
        Column("public_land", "text", optional=True, values=("public", "partiel", "prive")),
        Column("owner_rights", "number", optional=True, low=1),
        Column("owner_name", "text", optional=True),
        Column("owner_source", "text", optional=True, values=OWNER_SOURCES),
        Column("permit_kind", "text", optional=True, values=PERMIT_KINDS[:3]),
        Column("permit_state", "text", optional=True, values=PERMIT_STATES),
        Column("permit_on", "date", optional=True),
        Column("prescriptions", "text", optional=True),
        Column("planning_effect", "text", optional=True, values=PLANNING_EFFECTS),
        Column("availability_class", "text", optional=True, values=AVAILABILITY_CLASSES),
        Column("availability", "number", "0–1", optional=True, low=0, high=1),
        Column("availability_low", "number", "0–1", optional=True, low=0, high=1),
        Column("availability_high", "number", "0–1", optional=True, low=0, high=1),
        Column("qpv", "text", optional=True),
        Column("qpv_distance_m", "number", "m", optional=True, low=0),
        Column("in_perimeters", "text", optional=True),
        Column("artificialised_share", "number", "0–1", optional=True, low=0, high=1.0),
    ),
    POLYGON,
)

# One row a site and factor of its availability, known or not.
AVAILABILITY = Table(
    "availability",
    ("opportunity_id", "factor"),
    (
        OPPORTUNITY,
        Column("factor", "text"),
        Column("label_fr", "text"),
        Column("label_en", "text"),
        Column("value", "text", optional=True),
        Column("text_fr", "text", optional=True),
        Column("text_en", "text", optional=True),
        Column("low", "number", "0–1", label_id="factor_low", low=0, high=1),
        Column("high", "number", "0–1", label_id="factor_high", low=0, high=1),
        Column("known", "yes_no", label_id="factor_known"),
        Column("taken", "yes_no", label_id="factor_taken"),
        Column("source", "text", optional=True),
        Column("observed_on", "date", label_id="evidence_date", optional=True),
        Column("rule_source", "text", optional=True),
    ),
)

# What some evidence supports, but with too little confidence to be listed.
UNLISTED = Table(
    "unlisted",
    ("opportunity_id",),
    (
        Column("opportunity_id", "text", unique=True),
        Column("kind", "text", values=KINDS),
        Column("name", "text", optional=True),
        Column("commune", "text", optional=True),
        Column("parcel_ids", "text", optional=True),
        Column("area_m2", "number", "m²", optional=True, low=0),
        Column("confidence", "number", "0–1", optional=True, low=0, high=1),
        Column("zone", "text", optional=True),
        Column("sources", "text"),
    ),
    POLYGON,
)

# Sections of the nomenclature of activities (INSEE, NAF rev. 2): what SIRENE counts by.
NAF_SECTIONS = tuple(f"naf_{letter}" for letter in "ABCDEFGHIJKLMNOPQRSTU")
PARTNERS = (
    *("university", "research", "innovation", "third_place", "incubator", "hospital"),
    *("public_service", "social_housing"),
)
# One row for each of the nearest places of a category, and one for each section of companies.
AROUND = Table(
    "around",
    ("opportunity_id", "order"),
    (
        OPPORTUNITY,
        Column("order", "count", label_id="around_order", low=1),
        Column("category", "text", values=(*PARTNERS, *NAF_SECTIONS)),
        Column("name", "text", label_id="around_name", optional=True),
        Column("number", "count", label_id="around_number", low=1),
        Column("distance_m", "number", "m", label_id="straight_m", low=0),
        Column("minutes", "number", "min", label_id="walking_minutes", optional=True, low=0),
        Column("source", "text"),
    ),
)

# How each site answers the needs that the study names; those that it does not meet are left out.
SITE_NEEDS = Table(
    "site_needs",
    ("opportunity_id", "need"),
    (
        OPPORTUNITY,
        Column("need", "text"),
        Column("outcome", "text", values=("fits", "to_check", "near_miss")),
        Column("met", "count", low=0),
        Column("to_check", "count", low=0),
        Column("failed", "count", low=0),
        Column("detail_fr", "text", label_id="need_detail", optional=True),
        Column("detail_en", "text", label_id="need_detail", optional=True),
    ),
)

EVIDENCE = Table(
    "evidence",
    (),
    (
        OPPORTUNITY,
        Column("signal", "text"),
        Column("direction", "text", values=("for", "against", "neutral")),
        Column("weight", "number", label_id="log_odds", optional=True),
        Column("source", "text"),
        Column("observed_on", "date", label_id="evidence_date", optional=True),
        Column("text_fr", "text"),
        Column("text_en", "text"),
        Column("base_weight", "number", optional=True),
        Column("distance_m", "number", "m", label_id="evidence_distance_m", optional=True, low=0),
        Column("share", "number", "0–1", optional=True, low=0, high=1),
    ),
)

TESTS = Table(
    "tests",
    ("parcel_id", "kind", "rule"),
    (
        Column("parcel_id", "text"),
        Column("kind", "text", label_id="kind_sought", values=KINDS),
        Column("step", "count", label_id="order", low=1),
        Column("rule", "text"),
        Column("value", "number", optional=True),
        Column("threshold", "number"),
        Column("margin", "number", optional=True),
        Column("unit", "text", optional=True),
        Column("passed", "yes_no", optional=True),
        Column("detail", "text", label_id="detail_fr", optional=True),
        Column("detail_en", "text", optional=True),
        Column("label_fr", "text"),
        Column("label_en", "text"),
    ),
)

REJECTIONS = Table(
    "rejections",
    ("parcel_id",),
    (
        Column("parcel_id", "text", unique=True),
        Column("area_m2", "number", "m²", low=0),
        Column("kind", "text", label_id="kind_sought", values=KINDS),
        Column("rule", "text", label_id="first_failed_rule"),
        Column("value", "number", optional=True),
        Column("threshold", "number"),
        Column("margin", "number", optional=True),
        Column("unit", "text", optional=True),
        Column("detail", "text", label_id="detail_fr", optional=True),
        Column("detail_en", "text", optional=True),
        Column("reason_fr", "text"),
        Column("reason_en", "text"),
    ),
    POLYGON,
)

ASSEMBLIES = Table(
    "assemblies",
    ("assembly_id",),
    (
        Column("assembly_id", "text", unique=True),
        Column("kind", "text", label_id="assembly_kind", values=("parcelles_nues", "fonds_batis")),
        Column("parcel_ids", "text", label_id="assembled_parcel_ids"),
        Column("parcels", "count", low=2),
        Column("units", "number", optional=True, low=1),
        Column("area_m2", "number", "m²", label_id="assembled_area_m2", low=0),
        Column("usable_area_m2", "number", "m²", optional=True, low=0),
        Column("fabric", "text", optional=True, values=("dense", "groupee", "diffuse", "isolee")),
        Column("alone_fr", "text"),
        Column("alone_en", "text"),
        Column("together_fr", "text"),
        Column("together_en", "text"),
        Column("agreement_fr", "text"),
        Column("agreement_en", "text"),
    ),
    POLYGON,
)

ACCESS_POINTS = Table(
    "access_points",
    ("opportunity_id",),
    (
        Column("opportunity_id", "text", unique=True),
        Column("street_id", "text"),
        Column("street_name", "text", optional=True),
        Column("frontage_m", "number", "m", low=0),
        Column("offset_m", "number", "m", low=0),
    ),
    POINT,
)

ACCESS = Table(
    "access",
    ("opportunity_id", "target"),
    (
        OPPORTUNITY,
        Column("target", "text"),
        Column("place", "text", optional=True),
        Column("distance_m", "number", "m", label_id="walking_distance_m", optional=True, low=0),
        Column("time_min", "number", "min", optional=True, low=0),
        Column("straight_m", "number", "m", optional=True, low=0),
        Column("detour_index", "number", optional=True, low=0),
        Column("leaves_by", "text", optional=True),
        Column(
            "barrier", "text", optional=True, values=("none", "water", "railway", "water_railway")
        ),
        Column("barrier_name", "text", optional=True),
        Column("bike_m", "number", "m", optional=True, low=0),
        Column("bike_min", "number", "min", optional=True, low=0),
    ),
)

SCORES = Table(
    "scores",
    ("opportunity_id",),
    (
        Column("opportunity_id", "text", unique=True),
        Column("score", "number", "0–1", optional=True, low=0, high=1),
        Column("score_low", "number", "0–1", low=0, high=1),
        Column("score_high", "number", "0–1", low=0, high=1),
        Column("coverage", "number", "0–1", low=0, high=1),
        Column("rank_factor", "number", "0–1", optional=True, low=0, high=1),
        Column("rank_value", "number", "0–1", optional=True, low=0, high=1),
        Column("overall_rank", "number", optional=True, low=1),
        Column("rank_low", "number", optional=True, low=1),
        Column("rank_high", "number", optional=True, low=1),
        Column("top20_share", "number", "0–1", optional=True, low=0, high=1),
        Column("topsis_rank", "number", optional=True, low=1),
        Column("pareto", "yes_no", optional=True),
        Column("line", "text", optional=True),
    ),
    extra=True,  # one column a criterion, in [0, 1]
)

LINES = Table(
    "lines",
    ("name",),
    (
        Column("name", "text", unique=True),
        Column("role", "text", values=("axis", "loop")),
        Column("status", "text", label_id="line_status", optional=True),
        Column("length_m", "number", "m", low=0),
    ),
    LINE,
)

ISOCHRONES = Table(
    "isochrones",
    ("opportunity_id", "minutes"),
    (
        OPPORTUNITY,
        Column("minutes", "number", "min", low=0),
        Column("area_m2", "number", "m²", label_id="isochrone_area_m2", low=0),
        Column(
            "residents", "number", "hab.", label_id="residents_in_isochrone", optional=True, low=0
        ),
    ),
    POLYGON,
)

ALL_KINDS = "toutes"
DISTRICTS = Table(
    "potential",
    ("quarter_id", "kind"),
    (
        Column("quarter_id", "text", label_id="district_id"),
        Column("name", "text", label_id="district_name", optional=True),
        Column("kind", "text", values=(*KINDS, ALL_KINDS)),
        Column("number", "number", low=0),
        Column("area_m2", "number", "m²", label_id="district_area_m2", low=0),
        Column("offered_area_m2", "number", "m²", optional=True, low=0),
        Column("yield_low", "number", optional=True, low=0),
        Column("yield_high", "number", optional=True, low=0),
        Column("mean_score", "number", "0–1", optional=True, low=0, high=1),
        Column("mean_confidence", "number", "0–1", optional=True, low=0, high=1),
        Column("ready_number", "number", optional=True, low=0),
        Column("to_confirm_number", "number", optional=True, low=0),
        Column("taken_number", "number", optional=True, low=0),
        Column("residents", "number", "hab.", label_id="district_residents", optional=True, low=0),
        Column("price_eur_m2", "number", "€/m²", label_id="commune_price", optional=True, low=0),
        Column(
            "vacancy_share",
            "number",
            "0–1",
            label_id="commune_vacancy",
            optional=True,
            low=0,
            high=1,
        ),
    ),
    POLYGON,
)

MUTABILITY_BANDS = ("excellent", "tres_bon", "bon", "moyen", "mauvais")
MUTABILITY = Table(
    "mutability",
    ("opportunity_id", "use"),
    (
        OPPORTUNITY,
        Column(
            "use",
            "text",
            values=(
                "residentiel",
                "equipements",
                "culture",
                "tertiaire",
                "industrie",
                "renaturation",
                "photovoltaique",
            ),
        ),
        Column("index", "number", "/100", low=0, high=100),
        Column("index_low", "number", "/100", low=0, high=100),
        Column("index_high", "number", "/100", low=0, high=100),
        Column("reliability", "number", "/10", low=0, high=10),
        Column("band", "text", label_id="mutafriches_band", values=MUTABILITY_BANDS),
        Column("use_rank", "number", low=1, high=7),
        Column("stated_band", "text", optional=True, values=(*MUTABILITY_BANDS, TO_CONFIRM)),
    ),
)

MUTABILITY_FACTS = Table(
    "mutability_facts",
    ("opportunity_id", "criterion"),
    (
        OPPORTUNITY,
        Column("criterion", "text", label_id="mutafriches_criterion"),
        Column("label_fr", "text"),
        Column("label_en", "text"),
        Column("answers", "text"),
        Column("value", "number", label_id="measure", optional=True),
        Column("unit", "text", optional=True),
        Column("source_fr", "text"),
        Column("source_en", "text"),
    ),
)

EFFORT = Table(
    "effort",
    ("opportunity_id",),
    (
        Column("opportunity_id", "text", unique=True),
        Column("works_low_keur", "number", "k€", optional=True, low=0),
        Column("works_high_keur", "number", "k€", optional=True, low=0),
        Column("hardness_low", "number", "points", low=0),
        Column("hardness_high", "number", "points", low=0),
        Column("hardness", "text", optional=True, values=("faible", "moyenne", "forte")),
        Column("known", "text", optional=True),
    ),
)

MATCHES = Table(
    "matches",
    ("opportunity_id",),
    (
        Column("opportunity_id", "text", unique=True),
        Column("outcome", "text", values=("fits", "to_check", "near_miss", "no")),
        Column("met", "count", low=0),
        Column("to_check", "count", low=0),
        Column("failed", "count", low=0),
        Column("overall_rank", "number", optional=True, low=1),
    ),
)

MATCH_CHECKS = Table(
    "match_checks",
    ("opportunity_id", "condition"),
    (
        OPPORTUNITY,
        Column("condition", "text"),
        Column("label_fr", "text"),
        Column("label_en", "text"),
        Column("verdict", "text", values=("yes", "no", "unknown")),
        Column("value", "number", label_id="measure", optional=True),
        Column("bound", "number", optional=True),
        Column("side", "text", values=("at_least", "at_most")),
        Column("short", "number", optional=True, low=0),
        Column("unit", "text", optional=True),
        Column("why", "text", optional=True),
    ),
)

WHAT_IF = Table(
    "what_if",
    ("scenario", "opportunity_id"),
    (
        Column("scenario", "text"),
        OPPORTUNITY,
        Column("loop_m_before", "number", "m", optional=True, low=0),
        Column("loop_m_after", "number", "m", optional=True, low=0),
        Column("minutes_gained", "number", "min", optional=True),
        Column("towards", "text", optional=True),
        Column("unlocked", "yes_no"),
        Column("score_before", "number", "0–1", optional=True),
        Column("score_after", "number", "0–1", optional=True),
        Column("rank_before", "number", optional=True, low=1),
        Column("rank_after", "number", optional=True, low=1),
    ),
)
