"""The plan that the demonstration city is drawn from: a hand sketch in metres.

Every figure is a distance in metres east and north of `ORIGIN` (Lambert-93). The reference points
of the axis are true; rivers, railway, avenues and districts follow the geography of Amiens in
outline only, and everything between them is invented.
"""

from __future__ import annotations

from dataclasses import dataclass

ORIGIN = (650_000.0, 6_978_000.0)
Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Line:
    """A sketched line: what it is called, its class and its width between plots."""

    name: str
    kind: str
    width_m: float
    points: Points


@dataclass(frozen=True)
class Style:
    """How a district is cut: blocks, streets, plots and the houses on them (metres)."""

    length: float
    width: float
    street: str
    street_m: float
    frontage: float
    depth: float
    house: tuple[float, float]
    bend: float = 0.03
    turn: float = 3.0


@dataclass(frozen=True)
class Site:
    """A piece of land kept whole for one use, wherever the streets leave room for it."""

    use: str
    label: str
    x: float
    y: float
    area_m2: float


# Centre of the fort, radius to the tips of its bastions and to its curtain walls, first tip.
FORT = ((-512.0, 605.0), 215.0, 142.0, 36.0)

STYLES = {
    "medieval": Style(84, 52, "pedestrian", 5.5, 9.6, 19, (8.5, 12.0), 0.07, 9),
    "centre": Style(112, 66, "residential", 10, 11.5, 28, (11.0, 14.0), 0.03, 5),
    "row": Style(172, 62, "residential", 9.5, 7.4, 27, (8.5, 11.0), 0.05, 4),
    "villa": Style(158, 66, "residential", 10, 15.0, 29, (8.5, 11.0), 0.12, 7),
    "slab": Style(210, 130, "residential", 11, 74, 62, (12.0, 13.0), 0.05, 4),
    "industry": Style(215, 128, "unclassified", 11, 62, 58, (20.0, 34.0), 0.03, 4),
    "hospital": Style(300, 190, "service", 9, 120, 90, (15.0, 18.0), 0.05, 5),
    "allotment": Style(150, 88, "canal", 5, 14, 40, (0.0, 0.0), 0.09, 6),
    "citadel": Style(500, 500, "service", 8, 500, 500, (0.0, 0.0)),
    "park": Style(430, 330, "footway", 3, 400, 300, (0.0, 0.0), 0.15, 8),
}


@dataclass(frozen=True)
class Ribbon:
    """A river or a railway: its width changes along the way (easting, northing, width)."""

    name: str
    kind: str
    points: tuple[tuple[float, float, float], ...]


WATER = (
    Ribbon(
        "La Somme",
        "river",
        (
            (2300, -770, 36),
            (1900, -690, 36),
            (1400, -605, 34),
            (1100, -553, 36),
            (850, -520, 34),
            (620, -478, 38),
            (430, -424, 36),
            (300, -385, 40),
            (190, -357, 46),
            (110, -342, 40),
            (40, -328, 20),
            (-20, -306, 15),
            (-160, -232, 14),
            (-330, -160, 16),
            (-500, -82, 15),
            (-690, -8, 18),
            (-850, 66, 30),
            (-1000, 128, 40),
            (-1150, 268, 42),
            (-1290, 500, 40),
            (-1470, 780, 42),
            (-1750, 1010, 40),
            (-2200, 1250, 40),
        ),
    ),
    Ribbon(
        "Bras de la Citadelle",
        "river",
        (
            (160, -345, 26),
            (158, -200, 18),
            (134, -60, 18),
            (62, 105, 20),
            (-30, 212, 18),
            (-150, 286, 18),
            (-300, 322, 20),
            (-450, 312, 18),
            (-640, 306, 16),
            (-900, 372, 16),
            (-1260, 480, 16),
        ),
    ),
    Ribbon(
        "Canal du Hocquet",
        "canal",
        (
            (142, -130, 8),
            (40, -108, 8),
            (-90, -128, 7),
            (-190, -100, 8),
            (-310, -72, 9),
            (-420, -62, 8),
            (-520, -74, 8),
        ),
    ),
    Ribbon(
        "Canal des Teinturiers",
        "canal",
        (
            (98, 40, 8),
            (-20, 22, 7),
            (-150, 52, 7),
            (-290, 34, 8),
            (-420, 44, 7),
            (-545, 22, 7),
            (-640, -30, 8),
        ),
    ),
    Ribbon(
        "Canal des Merveilles",
        "canal",
        (
            (-10, 195, 7),
            (-120, 168, 7),
            (-250, 182, 6),
            (-390, 150, 7),
            (-510, 158, 7),
            (-620, 100, 7),
            (-760, 26, 7),
        ),
    ),
)

PONDS: tuple[tuple[str, Points], ...] = (
    (
        "Étang Saint-Pierre",
        (
            (205, 60),
            (260, 96),
            (330, 84),
            (400, 40),
            (432, -20),
            (420, -84),
            (372, -100),
            (340, -60),
            (286, -48),
            (240, -6),
            (206, 12),
        ),
    ),
    (
        "Étang de Clermont",
        (
            (640, -60),
            (700, -36),
            (770, -70),
            (812, -150),
            (800, -230),
            (745, -262),
            (690, -226),
            (668, -160),
        ),
    ),
)

RAIL = (
    Ribbon(
        "Ligne de Lille et de Rouen",
        "rail",
        (
            (2300, -1460, 34),
            (1900, -1330, 34),
            (1400, -1150, 36),
            (1100, -1062, 40),
            (900, -1018, 58),
            (700, -984, 88),
            (520, -968, 98),
            (340, -972, 92),
            (215, -1000, 52),
            (110, -1046, 26),
            (-20, -1112, 22),
            (-110, -1152, 22),
            (-400, -1180, 22),
            (-700, -1160, 22),
            (-1050, -1010, 22),
            (-1450, -690, 22),
        ),
    ),
)

AVENUES = (
    Line(
        "Boulevard de Beauvillé",
        "primary",
        24,
        ((1040, 990), (900, 690), (780, 440), (670, 227), (560, 0), (455, -230), (388, -380)),
    ),
    Line(
        "Boulevard d'Alsace-Lorraine",
        "primary",
        24,
        ((388, -380), (335, -490), (252, -665), (150, -860), (75, -985), (-40, -1082)),
    ),
    Line(
        "Boulevard de Belfort",
        "primary",
        24,
        ((-40, -1082), (-190, -1102), (-350, -1115), (-690, -1092), (-1000, -930), (-1380, -620)),
    ),
    Line("Boulevard du Port", "primary", 22, ((-1380, -620), (-1180, -290), (-1000, 10))),
    Line(
        "Rue du Faubourg-de-Hem",
        "secondary",
        15,
        ((-1000, 10), (-925, 200), (-880, 380), (-806, 520), (-760, 640)),
    ),
    Line(
        "Rue de la Veillère",
        "secondary",
        15,
        (
            (-1000, 10),
            (-860, -30),
            (-720, -78),
            (-560, -128),
            (-395, -200),
            (-180, -290),
            (20, -374),
            (200, -432),
            (345, -472),
        ),
    ),
    Line(
        "Rue des Archers",
        "secondary",
        14,
        (
            (-1000, -930),
            (-880, -640),
            (-800, -350),
            (-735, -74),
            (-640, 60),
            (-530, 200),
            (-420, 330),
            (-335, 392),
        ),
    ),
    Line(
        "Rue Saint-Leu",
        "tertiary",
        9,
        (
            (-395, -200),
            (-330, -140),
            (-293, -86),
            (-276, 40),
            (-300, 180),
            (-328, 290),
            (-335, 392),
        ),
    ),
    Line(
        "Avenue du Général-de-Gaulle",
        "primary",
        20,
        ((-335, 392), (-252, 627), (-178, 940), (-140, 1300), (-120, 1800)),
    ),
    Line(
        "Chaussée Saint-Pierre",
        "secondary",
        16,
        ((-335, 392), (-160, 424), (0, 480), (380, 640), (690, 770), (960, 866), (1600, 1160)),
    ),
    Line(
        "Rue du Hocquet",
        "tertiary",
        9,
        (
            (-96, -324),
            (-58, -262),
            (-40, -191),
            (-22, -60),
            (-46, 80),
            (-98, 210),
            (-130, 330),
            (-160, 424),
        ),
    ),
    Line(
        "Rue de la Vallée",
        "tertiary",
        12,
        (
            (338, -482),
            (470, -548),
            (640, -590),
            (850, -620),
            (1100, -650),
            (1400, -706),
            (1900, -800),
            (2300, -880),
        ),
    ),
    Line(
        "Rue Legrand-d'Aussy",
        "secondary",
        14,
        ((252, -665), (420, -668), (568, -684), (760, -735), (930, -806)),
    ),
    Line(
        "Rue Dejean",
        "secondary",
        13,
        ((930, -806), (1060, -884), (1189, -967), (1400, -1052), (1900, -1236), (2300, -1370)),
    ),
    Line(
        "Chaussée de Noyon",
        "secondary",
        16,
        (
            (-190, -1102),
            (-182, -1240),
            (60, -1204),
            (330, -1140),
            (600, -1220),
            (900, -1370),
            (1300, -1600),
            (1700, -1900),
        ),
    ),
    Line(
        "Rue du Pont-de-la-Vallée",
        "tertiary",
        12,
        ((850, -620), (838, -770), (826, -1000), (806, -1180), (780, -1310)),
    ),
    Line(
        "Rue du Pont-Noir",
        "tertiary",
        11,
        ((1120, -925), (1136, -1074), (1120, -1250), (1070, -1500)),
    ),
    Line(
        "Rue de Noyon",
        "tertiary",
        13,
        (
            (150, -860),
            (-150, -790),
            (-450, -716),
            (-700, -660),
            (-880, -640),
            (-1190, -560),
            (-1300, -480),
        ),
    ),
    Line(
        "Rue des Otages",
        "tertiary",
        11,
        ((-190, -1102), (-160, -940), (-150, -790), (-172, -540), (-180, -290)),
    ),
    Line(
        "Rue des Trois-Cailloux",
        "tertiary",
        11,
        ((-560, -1108), (-500, -900), (-450, -716), (-500, -520), (-562, -350), (-560, -128)),
    ),
    Line(
        "Rue du Soleil",
        "residential",
        9,
        ((-800, -350), (-562, -350), (-172, -540), (60, -560), (296, -570)),
    ),
    Line(
        "Avenue de l'Hôpital",
        "secondary",
        15,
        (
            (-1800, 1760),
            (-1400, 1290),
            (-1200, 1100),
            (-1040, 960),
            (-860, 790),
            (-760, 640),
            (-735, 470),
            (-640, 378),
            (-520, 352),
            (-335, 392),
        ),
    ),
    Line(
        "Rue de Grâce",
        "secondary",
        14,
        (
            (-1040, 960),
            (-860, 1010),
            (-560, 930),
            (-380, 905),
            (-184, 916),
            (60, 900),
            (330, 960),
            (560, 1100),
            (760, 1290),
        ),
    ),
    Line(
        "Rue du Plateau", "tertiary", 11, ((-860, 1010), (-790, 1240), (-800, 1500), (-740, 2000))
    ),
    Line(
        "Rue du Petit-Saint-Jean",
        "tertiary",
        11,
        ((0, 480), (20, 700), (60, 900), (40, 1150), (60, 1500)),
    ),
    Line(
        "Rue de Corbie",
        "tertiary",
        12,
        (
            (-30, 468),
            (120, 372),
            (330, 330),
            (540, 340),
            (725, 332),
            (1000, 300),
            (1600, 250),
            (2100, 160),
        ),
    ),
    Line("Rue des Maraîchers", "tertiary", 11, ((400, 648), (330, 800), (330, 960))),
    Line("Rue de la Voirie", "residential", 9, ((540, 340), (500, 520), (520, 700))),
    Line(
        "Quai du Port-d'Amont",
        "residential",
        9,
        (
            (440, -262),
            (330, -320),
            (200, -300),
            (182, -180),
            (160, -20),
            (100, 120),
            (-12, 244),
            (-130, 330),
        ),
    ),
    Line(
        "Rue du Faubourg-Saint-Maurice",
        "tertiary",
        11,
        (
            (-1040, 960),
            (-1060, 760),
            (-1140, 600),
            (-1270, 560),
            (-1500, 680),
            (-1800, 1000),
            (-2200, 1180),
        ),
    ),
    Line(
        "Rue de l'Île-aux-Fagots",
        "tertiary",
        11,
        ((1440, -1070), (1460, -1170), (1440, -1400), (1300, -1600)),
    ),
    Line("Rue de la Prairie", "tertiary", 11, ((1400, -706), (1376, -860), (1400, -1052))),
    Line(
        "Rue des Huchers", "tertiary", 10, ((-1060, 760), (-1300, 830), (-1420, 960), (-1400, 1290))
    ),
    Line(
        "Rue du Bois-Planté",
        "tertiary",
        11,
        ((-1250, 1150), (-1130, 1330), (-800, 1400), (-480, 1330), (-140, 1300)),
    ),
    Line(
        "Quai de la Somme",
        "residential",
        9,
        ((-925, 200), (-1080, 300), (-1180, 420), (-1140, 600)),
    ),
)

# Footways that are sketched: the bridges and the towpath between them.
PATHS = (
    Line(
        "Passerelle de la Gare",
        "pedestrian",
        7,
        ((420, -668), (432, -760), (440, -970), (446, -1172)),
    ),
    Line(
        "Chemin de halage",
        "cycleway",
        5,
        (
            (388, -380),
            (470, -402),
            (620, -448),
            (850, -488),
            (1100, -520),
            (1400, -572),
            (1900, -650),
        ),
    ),
    Line("Passerelle des Hortillonnages", "footway", 4, ((850, -488), (856, -530), (850, -620))),
    Line(
        "Allée du Parc Saint-Pierre",
        "footway",
        4,
        ((182, -180), (250, -150), (330, -150), (455, -230)),
    ),
    Line(
        "Promenade de l'Étang",
        "footway",
        4,
        ((250, -150), (184, -40), (170, 60), (230, 140), (350, 130), (470, 60), (560, 0)),
    ),
    Line("Allée des Tilleuls", "footway", 4, ((230, 140), (240, 240), (330, 330))),
    Line("Passerelle du Bras Nord", "footway", 3, ((-640, 378), (-640, 250), (-560, 162))),
    Line(
        "Allée de la Citadelle",
        "pedestrian",
        7,
        ((-254, 620), (-380, 604), (-512, 600), (-640, 612), (-758, 650)),
    ),
)

DISTRICTS: tuple[tuple[str, Points], ...] = (
    (
        "allotment",
        (
            (470, -405),
            (560, -200),
            (680, 60),
            (700, 130),
            (960, 190),
            (2300, 100),
            (2300, -740),
            (1900, -650),
            (1400, -575),
            (1100, -525),
            (850, -490),
            (620, -450),
        ),
    ),
    (
        "park",
        (
            (168, -318),
            (300, -340),
            (440, -318),
            (570, 10),
            (760, 330),
            (540, 345),
            (330, 334),
            (190, 330),
            (60, 190),
            (100, 130),
            (160, -20),
        ),
    ),
    (
        "park",
        (
            (-880, 84),
            (-1010, 145),
            (-1150, 290),
            (-1280, 480),
            (-1100, 425),
            (-905, 364),
            (-903, 250),
            (-870, 130),
        ),
    ),
    (
        "hospital",
        ((-1250, 1150), (-1060, 980), (-860, 1010), (-790, 1240), (-800, 1400), (-1130, 1330)),
    ),
    (
        "medieval",
        (
            (-735, -74),
            (-560, -128),
            (-395, -200),
            (-180, -290),
            (20, -374),
            (150, -400),
            (150, -60),
            (62, 105),
            (-150, 286),
            (-335, 322),
            (-420, 322),
            (-640, 60),
        ),
    ),
    (
        "medieval",
        (
            (-735, -74),
            (-562, -350),
            (-500, -520),
            (-172, -540),
            (60, -560),
            (20, -374),
            (-180, -290),
            (-395, -200),
        ),
    ),
    (
        "industry",
        (
            (252, -560),
            (338, -482),
            (470, -530),
            (640, -500),
            (1400, -640),
            (2300, -790),
            (2300, -860),
            (1400, -720),
            (1380, -860),
            (1160, -890),
            (1060, -860),
            (930, -785),
            (900, -990),
            (500, -940),
            (130, -960),
        ),
    ),
    (
        "slab",
        (
            (-380, 905),
            (-184, 916),
            (60, 900),
            (50, 1120),
            (130, 1600),
            (-800, 1600),
            (-790, 1240),
            (-860, 1010),
            (-560, 930),
        ),
    ),
    ("slab", ((460, 330), (725, 332), (800, 480), (660, 560), (500, 520))),
    (
        "centre",
        (
            (-1000, 10),
            (-735, -74),
            (-180, -290),
            (345, -472),
            (252, -665),
            (75, -985),
            (-40, -1082),
            (-350, -1115),
            (-690, -1092),
            (-1000, -930),
            (-1380, -620),
            (-1180, -290),
        ),
    ),
    (
        "villa",
        (
            (-1060, 950),
            (-860, 790),
            (-760, 640),
            (-880, 380),
            (-1150, 350),
            (-2200, 700),
            (-1900, 1760),
            (-1250, 1130),
        ),
    ),
    ("villa", ((1180, -870), (1250, -1000), (2300, -1370), (2300, -900), (1376, -860))),
    ("villa", ((700, 130), (725, 330), (900, 690), (1040, 860), (1700, 900), (1700, 130))),
    ("slab", ((-1250, 1150), (-1130, 1330), (-800, 1400), (-800, 1700), (-1700, 1700))),
    ("slab", ((320, -1010), (826, -1000), (806, -1180), (600, -1220), (330, -1140))),
    (
        "villa",
        ((826, -1000), (780, -1310), (900, -1370), (1300, -1600), (2300, -1900), (2300, -1370)),
    ),
    ("slab", ((60, 900), (330, 960), (560, 1100), (500, 1500), (130, 1600), (50, 1120))),
    ("villa", ((330, 960), (400, 700), (960, 860), (1040, 990), (800, 1400))),
)

WAYPOINTS = (
    ("Hôpital Nord", 49.90718, 2.29020),
    ("Citadelle", 49.90433, 2.30082),
    ("Saint-Leu", 49.89792, 2.30057),
    ("Port d'Amont", 49.89558, 2.30619),
    ("Gare la Vallée", 49.89262, 2.31262),
    ("Rue Dejean", 49.89013, 2.32129),
)

SITES = (
    Site("cathedral", "Cathédrale Notre-Dame", -385, -402, 21_000),
    Site("university", "Campus Saint-Leu", -170, -10, 5_500),
    Site("university", "Pôle universitaire Cathédrale", -520, -270, 4_500),
    Site("innovation", "Quai de l'Innovation", -30, -215, 2_600),
    Site("innovation", "Hôtel d'entreprises de la Vallée", 620, -655, 9_000),
    Site("innovation", "Pépinière d'entreprises d'Amiens Nord", -330, 985, 16_000),
    Site("research", "Centre de recherche en santé", -800, 930, 15_000),
    Site("research", "Plateforme de simulation", -960, 1075, 24_000),
    Site("station", "Gare d'Amiens", 262, -905, 9_000),
    Site("cemetery", "Cimetière Saint-Pierre", 230, 780, 24_000),
    Site("sports", "Stade du Pigeonnier", -60, 1075, 24_000),
    Site("sports", "Terrain de sport du Plateau", -560, 1230, 17_000),
    Site("school", "Groupe scolaire Saint-Pierre", 210, 470, 7_000),
    Site("school", "Lycée des Archers", -540, -420, 9_000),
    Site("school", "École de la Vallée", 640, -1150, 7_000),
    Site("park", "Square Saint-Denis", 40, -700, 6_000),
    Site("park", "Jardin de l'Évêché", -300, -330, 4_500),
    Site("park", "Square des Quatre-Chênes", 160, 590, 4_200),
    Site("parking", "Parking-relais de la gare", 520, -850, 9_000),
    Site("parking", "Parking du Port-d'Amont", 120, -470, 4_500),
    Site("parking", "Parking de l'Hôpital Nord", -1120, 1110, 24_000),
    Site("square", "Place du Marché", -120, -440, 2_600),
    Site("square", "Place du Don", -230, -150, 1_800),
    Site("square", "Place Saint-Maurice", -900, 700, 2_500),
    Site("public_service", "Cité administrative", -60, -620, 7_000),
)
