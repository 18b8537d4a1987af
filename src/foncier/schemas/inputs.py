"""Contracts of what the sources deliver, all in the legal metric CRS."""

from foncier.schemas.base import (
    ANY,
    LINE,
    POINT,
    POLYGON,
    Column,
    Table,
)

PARCELS = Table(
    "parcels",
    "Parcelles du cadastre",
    "Cadastral parcels",
    ("parcel_id",),
    (
        Column("parcel_id", "text", "Parcelle (IDU)", "Parcel (IDU)", unique=True),
        Column("commune", "text", "Commune (INSEE)", "Commune (INSEE code)", optional=True),
        Column("area_m2", "number", "Surface mesurée", "Measured area", "m²", low=0),
    ),
    POLYGON,
)

BUILDINGS = Table(
    "buildings",
    "Bâtiments du cadastre",
    "Cadastral buildings",
    ("building_id",),
    (
        Column("building_id", "text", "Bâtiment", "Building", unique=True),
        Column("kind", "text", "Construction", "Construction", values=("hard", "light", "unknown")),
        Column("area_m2", "number", "Emprise au sol", "Footprint", "m²", low=0),
    ),
    POLYGON,
)

STREETS = Table(
    "streets",
    "Voies",
    "Streets",
    ("street_id",),
    (
        Column("street_id", "text", "Tronçon", "Street segment", unique=True),
        Column("name", "text", "Nom de la voie", "Street name", optional=True),
        Column("street_class", "text", "Classe", "Class"),
        Column("level", "count", "Niveau (pont 1, tunnel -1)", "Level (bridge 1, tunnel -1)"),
        Column("walk", "yes_no", "Ouvert aux piétons", "Open to walkers"),
        Column("bike", "yes_no", "Ouvert aux vélos", "Open to cyclists"),
        Column("drive", "yes_no", "Ouvert aux voitures", "Open to cars"),
        Column(
            "bike_way",
            "text",
            "Sens des vélos (dans le sens du tracé)",
            "Way of cyclists (along the line)",
            optional=True,
            values=("both", "forward", "backward"),
        ),
    ),
    LINE,
)

ZONES = Table(
    "zones",
    "Zonage du PLU",
    "Local plan zoning",
    ("zone_id",),
    (
        Column("zone_id", "text", "Zone", "Zone", unique=True),
        Column("zone_type", "text", "Type (U, AU, A, N)", "Type (U, AU, A, N)"),
        Column("label", "text", "Libellé", "Label", optional=True),
    ),
    POLYGON,
)

CONSTRAINTS = Table(
    "constraints",
    "Contraintes et usages",
    "Constraints and uses",
    ("constraint_id",),
    (
        Column("constraint_id", "text", "Objet", "Object", unique=True),
        Column(
            "kind",
            "text",
            "Nature",
            "Kind",
            values=(
                "water",
                "park",
                "cemetery",
                "sports",
                "school",
                "allotments",
                "railway",
                "road",
                "hazard",
                "heritage",
                "parking",
                "courtyard",
                "other",
            ),
        ),
        Column("label", "text", "Libellé", "Label", optional=True),
        Column("effect", "text", "Effet", "Effect", values=("exclude", "flag", "context")),
    ),
    ANY,
)

PLACES = Table(
    "places",
    "Lieux à rejoindre",
    "Places to reach",
    ("place_id",),
    (
        Column("place_id", "text", "Lieu", "Place", unique=True),
        Column(
            "category",
            "text",
            "Catégorie",
            "Category",
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
                "other",
            ),
        ),
        Column("name", "text", "Nom", "Name", optional=True),
    ),
    POINT,
)

INVENTORY = Table(
    "inventory",
    "Inventaire de friches (CNIG)",
    "Inventory of friches (CNIG)",
    ("site_id",),
    (
        Column("site_id", "text", "Identifiant du site", "Site id", unique=True),
        Column("name", "text", "Nom", "Name", optional=True),
        Column("site_type", "text", "Type de friche", "Kind of friche", optional=True),
        Column(
            "status",
            "text",
            "Statut",
            "Status",
            optional=True,
            values=(
                "friche potentielle",
                "friche sans projet",
                "friche avec projet",
                "friche reconvertie",
            ),
        ),
        Column("address", "text", "Adresse", "Address", optional=True),
        Column("commune", "text", "Commune (INSEE)", "Commune (INSEE code)", optional=True),
        Column("identified_on", "date", "Identifié le", "Identified on", optional=True),
        Column("updated_on", "date", "Mis à jour le", "Updated on", optional=True),
        Column("parcel_ids", "text", "Parcelles", "Parcels", optional=True),
        Column(
            "area_m2", "number", "Surface déclarée", "Declared area", "m²", optional=True, low=0
        ),
        Column("zone_type", "text", "Zone du PLU", "Zone", optional=True),
        Column("zone_label", "text", "Libellé de zone", "Zone label", optional=True),
        Column("vacancy", "text", "Vacance du bâti", "Vacancy of the buildings", optional=True),
        Column("buildings_state", "text", "État du bâti", "State of the buildings", optional=True),
        Column("pollution", "text", "Pollution du sol", "Soil pollution", optional=True),
        Column("activity", "text", "Ancienne activité", "Former activity", optional=True),
        Column("source", "text", "Source", "Source"),
        Column("producer", "text", "Producteur", "Producer", optional=True),
        Column("url", "text", "Fiche", "Record", optional=True),
        Column(
            "buildings_number",
            "number",
            "Nombre de bâtiments",
            "Number of buildings",
            optional=True,
            low=0,
        ),
        Column(
            "buildings_m2",
            "number",
            "Emprise bâtie déclarée",
            "Declared footprint",
            "m²",
            optional=True,
            low=0,
        ),
        Column(
            "buildings_pollution",
            "text",
            "Pollution du bâti",
            "Pollution of the buildings",
            optional=True,
        ),
        Column(
            "renewables_zone",
            "text",
            "Zone d'accélération des énergies renouvelables",
            "Renewable energy acceleration zone",
            optional=True,
        ),
        Column(
            "signal", "text", "Signal (sinon le statut)", "Signal (else the status)", optional=True
        ),
        Column("commune_name", "text", "Nom de la commune", "Name of the commune", optional=True),
    ),
    POINT | POLYGON,
)

OBSERVATIONS = Table(
    "observations",
    "Indices d'usage ou de vacance",
    "Signs of use or vacancy",
    ("observation_id",),
    (
        Column("observation_id", "text", "Indice", "Sign", unique=True),
        Column("signal", "text", "Signal", "Signal"),
        Column("subject", "text", "Porte sur", "About", values=("building", "site", "parcel")),
        Column("name", "text", "Nom", "Name", optional=True),
        Column("detail", "text", "Détail", "Detail", optional=True),
        Column("observed_on", "date", "Observé le", "Observed on", optional=True),
        Column("source", "text", "Source", "Source"),
        Column("parcel_ids", "text", "Parcelles", "Parcels", optional=True),
        Column(
            "share",
            "number",
            "Part concernée",
            "Share concerned",
            "0–1",
            optional=True,
            low=0,
            high=1,
        ),
        Column(
            "points",
            "number",
            "Points d'un barème publié",
            "Points of a published score",
            optional=True,
            low=0,
        ),
        Column(
            "opportunity_id",
            "text",
            "Opportunité d'un résultat dont il parle",
            "Opportunity of a former result that it speaks of",
            optional=True,
        ),
    ),
    POINT | POLYGON,
)

POPULATION = Table(
    "population",
    "Population par carreau",
    "Population by grid cell",
    ("cell_id",),
    (
        Column("cell_id", "text", "Carreau", "Cell", unique=True),
        Column("residents", "number", "Habitants", "Residents", "hab.", low=0),
    ),
    POINT,
)

VACANCY_RATES = Table(
    "vacancy_rates",
    "Vacance de longue durée (LOVAC)",
    "Long-term vacancy (LOVAC)",
    ("commune",),
    (
        Column("commune", "text", "Commune (INSEE)", "Commune (INSEE code)", unique=True),
        Column(
            "dwellings",
            "number",
            "Logements du parc privé",
            "Private dwellings",
            optional=True,
            low=0,
        ),
        Column(
            "rate_share",
            "number",
            "Part vacante depuis plus de 2 ans",
            "Share vacant for over 2 years",
            "0–1",
            optional=True,
            low=0,
            high=1,
        ),
    ),
)

DISTRICT_OUTLINES = Table(
    "districts",
    "Quartiers (IRIS, QPV…)",
    "Quarters (IRIS, QPV…)",
    ("quarter_id",),
    (
        Column("quarter_id", "text", "Quartier", "Quarter", unique=True),
        Column("name", "text", "Nom", "Name", optional=True),
    ),
    POLYGON,
)

PRICES = Table(
    "prices",
    "Prix de vente par commune (DVF)",
    "Sale prices by commune (DVF)",
    ("commune",),
    (
        Column("commune", "text", "Commune (INSEE)", "Commune (INSEE code)", unique=True),
        Column(
            "price_eur_m2",
            "number",
            "Prix médian du bâti",
            "Median price of dwellings",
            "€/m²",
            optional=True,
            low=0,
        ),
        Column("sales", "number", "Ventes", "Sales", optional=True, low=0),
    ),
)

ENVELOPE = Table(
    "envelope",
    "Enveloppe urbaine fournie",
    "Urban envelope as supplied",
    ("part_id",),
    (Column("part_id", "text", "Partie", "Part", unique=True),),
    POLYGON,
)

LAND_UNITS = Table(
    "land_units",
    "Unités foncières fournies",
    "Land units as supplied",
    ("unit_id",),
    (Column("unit_id", "text", "Unité foncière", "Land unit", unique=True),),
    POLYGON,
)

TRANSIT = Table(
    "transit",
    "Arrêts de transport (GTFS)",
    "Transit stops (GTFS)",
    ("stop_id",),
    (
        Column("stop_id", "text", "Arrêt", "Stop", unique=True),
        Column("name", "text", "Nom", "Name", optional=True),
        Column(
            "departures_per_hour",
            "number",
            "Départs par heure, jour ouvrable de 7 h à 19 h",
            "Departures an hour, weekday 7 a.m. to 7 p.m.",
            "/h",
            low=0,
        ),
        Column("routes", "text", "Lignes qui en partent", "Lines that leave it", optional=True),
        Column(
            "runs",
            "text",
            "Courses de 7 h à 19 h, par groupe de mêmes arrêts (groupe:courses)",
            "Runs, 7 a.m. to 7 p.m., by group with the same stops (group:runs)",
            optional=True,
        ),
    ),
    POINT,
)
