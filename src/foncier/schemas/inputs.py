"""Schemas of the tables that readers return, all in the legal metric CRS."""

from foncier.schemas.base import ANY, LINE, POINT, POLYGON, Column, Table

# Owner groups of legal persons, by the code of DGFiP.
OWNER_GROUPS = {
    "0": "other",
    "1": "state",
    "2": "region",
    "3": "departement",
    "4": "commune",
    "5": "social_housing",
    "6": "semi_public",
    "7": "coownership",
    "8": "partners",
    "9": "public_establishment",
}
# Public bodies: the only owners whose name is read, kept and shown (groups 1 to 6 and 9).
NAMED_OWNERS = tuple(group for code, group in OWNER_GROUPS.items() if code in "1234569")
OWNER_SOURCES = ("personnes_morales", "fichiers_fonciers", "inventaire")
UNKNOWN_ZONE = "inconnu"  # type of a zone of which it is not known what it allows
PRESCRIPTION_FAMILIES = ("prescription", "information", "servitude")
PERMIT_KINDS = ("build", "declaration", "layout", "demolish")
PERMIT_STATES = ("authorised", "cancelled", "started", "completed")

PARCELS = Table(
    "parcels",
    ("parcel_id",),
    (
        Column("parcel_id", "text", label_id="parcel_idu", unique=True),
        Column("commune", "text", optional=True),
        Column("area_m2", "number", "m²", label_id="measured_area_m2", low=0),
    ),
    POLYGON,
)

BUILDINGS = Table(
    "buildings",
    ("building_id",),
    (
        Column("building_id", "text", unique=True),
        Column("kind", "text", label_id="construction", values=("hard", "light", "unknown")),
        Column("area_m2", "number", "m²", label_id="footprint_m2", low=0),
        Column("source", "text", label_id="files_of_layer", optional=True),
    ),
    POLYGON,
)

STREETS = Table(
    "streets",
    ("street_id",),
    (
        Column("street_id", "text", unique=True),
        Column("name", "text", label_id="name_of_street", optional=True),
        Column("street_class", "text"),
        Column("level", "count"),
        Column("walk", "yes_no"),
        Column("bike", "yes_no"),
        Column("drive", "yes_no"),
        Column("bike_way", "text", optional=True, values=("both", "forward", "backward")),
        Column("source", "text", label_id="files_of_layer", optional=True),
    ),
    LINE,
)

VOCATIONS = (
    *("housing", "mixed", "activity", "tourism", "equipment", "gardens"),
    *("farming", "nature", "quarry", "other"),
)

ZONES = Table(
    "zones",
    ("zone_id",),
    (
        Column("zone_id", "text", unique=True),
        Column("zone_type", "text"),
        Column("label", "text", optional=True),
        Column("vocation", "text", optional=True, values=VOCATIONS),
        Column("source", "text", label_id="files_of_layer", optional=True),
    ),
    POLYGON,
)

CONSTRAINTS = Table(
    "constraints",
    ("constraint_id",),
    (
        Column("constraint_id", "text", unique=True),
        Column(
            "kind",
            "text",
            values=(
                "water",
                "park",
                "cemetery",
                "sports",
                "school",
                "allotments",
                "railway",
                "road",
                "construction",
                "military",
                "utility",
                "fuel_station",
                "woodland",
                "wetland",
                "hazard",
                "heritage",
                "parking",
                "courtyard",
                "other",
            ),
        ),
        Column("label", "text", optional=True),
        Column("effect", "text", values=("exclude", "flag", "context")),
    ),
    ANY,
)

PLACES = Table(
    "places",
    ("place_id",),
    (
        Column("place_id", "text", unique=True),
        Column(
            "category",
            "text",
            values=(
                "station",
                "stop",
                "university",
                "research",
                "innovation",
                "hospital",
                "public_service",
                "shop",
                "school",
                "green",
                "third_place",
                "incubator",
                "social_housing",
                "other",
            ),
        ),
        Column("name", "text", optional=True),
    ),
    POINT,
)

PERIMETER_KINDS = ("qpv", "acv", "ort", "zac", "npnru", "other_perimeter")
# Perimeters of public policies: a site in one has its tag.
PERIMETERS = Table(
    "perimeters",
    ("perimeter_id",),
    (
        Column("perimeter_id", "text", unique=True),
        Column("kind", "text", label_id="perimeter_kind", values=PERIMETER_KINDS),
        Column("name", "text", label_id="perimeter_name", optional=True),
    ),
    POLYGON,
)

# Ground of which IGN says whether it is artificialised; what the file does not cover is unknown.
ARTIFICIAL_LAND = Table(
    "artificial_land",
    ("part_id",),
    (
        Column("part_id", "text", label_id="artificial_part_id", unique=True),
        Column("artificialised", "yes_no"),
        Column("year", "number", label_id="artificial_year", optional=True),
    ),
    POLYGON,
)

INVENTORY = Table(
    "inventory",
    ("site_id",),
    (
        Column("site_id", "text", unique=True),
        Column("name", "text", optional=True),
        Column("site_type", "text", optional=True),
        Column(
            "status",
            "text",
            optional=True,
            values=(
                "friche potentielle",
                "friche sans projet",
                "friche avec projet",
                "friche reconvertie",
            ),
        ),
        Column("address", "text", optional=True),
        Column("commune", "text", optional=True),
        Column("identified_on", "date", optional=True),
        Column("updated_on", "date", optional=True),
        Column("parcel_ids", "text", optional=True),
        Column("area_m2", "number", "m²", label_id="declared_area_m2", optional=True, low=0),
        Column("zone_type", "text", label_id="zone", optional=True),
        Column("zone_label", "text", optional=True),
        Column("vacancy", "text", optional=True),
        Column("buildings_state", "text", optional=True),
        Column("pollution", "text", optional=True),
        Column("activity", "text", optional=True),
        Column("source", "text"),
        Column("producer", "text", optional=True),
        Column("url", "text", optional=True),
        Column("buildings_number", "number", optional=True, low=0),
        Column("buildings_m2", "number", "m²", optional=True, low=0),
        Column("buildings_pollution", "text", optional=True),
        Column("renewables_zone", "text", optional=True),
        Column("signal", "text", label_id="signal_or_status", optional=True),
        Column("commune_name", "text", optional=True),
        Column("owner_types", "text", label_id="owner_codes", optional=True),
    ),
    POINT | POLYGON,
)

OBSERVATIONS = Table(
    "observations",
    ("observation_id",),
    (
        Column("observation_id", "text", unique=True),
        Column("signal", "text"),
        Column("subject", "text", values=("building", "site", "parcel")),
        Column("name", "text", optional=True),
        Column("detail", "text", optional=True),
        Column("detail_en", "text", optional=True),
        Column("observed_on", "date", optional=True),
        Column("source", "text"),
        Column("parcel_ids", "text", optional=True),
        Column("share", "number", "0–1", optional=True, low=0, high=1),
        Column("points", "number", optional=True, low=0),
        Column("opportunity_id", "text", label_id="former_opportunity_id", optional=True),
    ),
    POINT | POLYGON,
)

POPULATION = Table(
    "population",
    ("cell_id",),
    (Column("cell_id", "text", unique=True), Column("residents", "number", "hab.", low=0)),
    POINT,
)

VACANCY_RATES = Table(
    "vacancy_rates",
    ("commune",),
    (
        Column("commune", "text", unique=True),
        Column("dwellings", "number", optional=True, low=0),
        Column("rate_share", "number", "0–1", optional=True, low=0, high=1),
    ),
)

DISTRICT_OUTLINES = Table(
    "districts",
    ("quarter_id",),
    (
        Column("quarter_id", "text", label_id="district_id", unique=True),
        Column("name", "text", optional=True),
    ),
    POLYGON,
)

PRICES = Table(
    "prices",
    ("commune",),
    (
        Column("commune", "text", unique=True),
        Column(
            "price_eur_m2", "number", "€/m²", label_id="median_price_eur_m2", optional=True, low=0
        ),
        Column("sales", "number", optional=True, low=0),
    ),
)

ENVELOPE = Table("envelope", ("part_id",), (Column("part_id", "text", unique=True),), POLYGON)

LAND_UNITS = Table("land_units", ("unit_id",), (Column("unit_id", "text", unique=True),), POLYGON)

TRANSIT = Table(
    "transit",
    ("stop_id",),
    (
        Column("stop_id", "text", unique=True),
        Column("name", "text", optional=True),
        Column("departures_per_hour", "number", "/h", label_id="stop_departures_per_hour", low=0),
        Column("routes", "text", optional=True),
        Column("runs", "text", optional=True),
    ),
    POINT,
)

# One row a parcel and public body, or a parcel and group where no name is kept. Joined by parcel.
# A row has a group of DGFiP or a code of the tax data. `complete`: the file has every right of
# legal persons in the commune of the parcel.
OWNERS = Table(
    "owners",
    ("ownership_id",),
    (
        Column("ownership_id", "text", unique=True),
        Column("parcel_id", "text", label_id="parcel_idu"),
        Column("owner_group", "text", optional=True, values=tuple(OWNER_GROUPS.values())),
        Column("right_codes", "text", optional=True),
        Column("rights", "count", low=1),
        Column("owner_name", "text", optional=True),
        Column("owner_siren", "text", optional=True),
        Column("owner_code", "text", optional=True),
        Column("source", "text", label_id="owner_source", values=OWNER_SOURCES[:2]),
        Column("complete", "yes_no", label_id="owners_complete", optional=True),
    ),
)

# Prescriptions and informations of a planning document, codes of the CNIG standard.
PRESCRIPTIONS = Table(
    "prescriptions",
    ("prescription_id",),
    (
        Column("prescription_id", "text", unique=True),
        Column("family", "text", label_id="prescription_family", values=PRESCRIPTION_FAMILIES),
        Column("code", "text", label_id="prescription_code"),
        Column("subcode", "text", label_id="prescription_subcode", optional=True),
        Column("label", "text", optional=True),
        Column("text", "text", label_id="prescription_text", optional=True),
        Column("document", "text", label_id="planning_document", optional=True),
        Column("url", "text", optional=True),
        Column("validated_on", "date", optional=True),
    ),
    ANY,
)

# Permits located on the parcels that they name.
PERMITS = Table(
    "permits",
    ("permit_id",),
    (
        Column("permit_id", "text", unique=True),
        Column("kind", "text", label_id="permit_kind", values=PERMIT_KINDS),
        Column("state", "text", label_id="permit_state", optional=True, values=PERMIT_STATES),
        Column("nature", "text", label_id="permit_nature", optional=True, values=("new", "works")),
        Column("authorised_on", "date", optional=True),
        Column("started_on", "date", optional=True),
        Column("completed_on", "date", optional=True),
        Column("dwellings", "number", label_id="permit_dwellings", optional=True, low=0),
        Column("floor_area_m2", "number", "m²", optional=True, low=0),
        Column("parcel_ids", "text"),
        Column("source", "text"),
    ),
    POLYGON,
)
