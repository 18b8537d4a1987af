"""Classes of the styles of the sites by availability and by public owner; marks of the kinds.

Colours follow the class, hatching and shape the kind: both are read on one map.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foncier.export.qgis.environment import settings, words_in
from foncier.results.labels import VALUES
from foncier.schemas import OWNER_TYPES
from foncier.schemas.results import AVAILABILITY_CLASSES, KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from foncier.i18n import Lang

# Ready dark, to be confirmed light, taken grey: they differ in lightness too.
AVAILABILITY = dict(zip(AVAILABILITY_CLASSES, ("#018571", "#F2C14E", "#8C8C8C"), strict=True))
# Okabe-Ito: groups of public owners. Words of `project.toml`, types of owners, colour.
OWNERS = (
    ("owner_state", ("etat",), "#5E3C99"),
    ("owner_departement", ("region", "departement"), "#0072B2"),
    ("owner_commune", ("intercommunalite", "commune"), "#009E73"),
    ("owner_housing", ("hlm", "sem"), "#E69F00"),
    ("owner_establishment", ("etablissement_public",), "#CC79A7"),
)
SEVERAL, PARTLY, PRIVATE, UNKNOWN = "#D55E00", "#F0E442", "#D9D9D9", "#FFFFFF"


def availability(lang: Lang) -> list[dict[str, Any]]:
    """Classes of ``availability_class``: label, filter of QGIS that is SQL, colour."""
    known = [
        (VALUES[value][lang], f"\"availability_class\" = '{value}'", colour)
        for value, colour in AVAILABILITY.items()
    ]
    unknown = (words_in(lang)["unknown"], '"availability_class" is null', UNKNOWN)
    return _classes([*known, unknown])


def public_owners(lang: Lang) -> list[dict[str, Any]]:
    """Classes of the sites by their public owners, of which each site has one.

    Where the owner of some parcel is unknown the site is unknown, unless ``public_land`` says more.
    """
    words = words_in(lang)
    public = "\"public_land\" = 'public'"
    one_group, rows = [], []
    for key, types, colour in OWNERS:
        joined = "|".join(sorted(types, key=OWNER_TYPES.index))
        listed = ", ".join(f"'{text}'" for text in dict.fromkeys((*types, joined)))
        one_group.append(listed)
        rows.append((words[key], f'{public} and "owner_types" in ({listed})', colour))
    others = f'{public} and "owner_types" not in ({", ".join(one_group)})'
    return _classes(
        [
            *rows,
            (words["owner_several"], others, SEVERAL),
            (VALUES["partiel"][lang], "\"public_land\" = 'partiel'", PARTLY),
            (VALUES["prive"][lang], "\"public_land\" = 'prive'", PRIVATE),
            (words["unknown"], '"public_land" is null', UNKNOWN),
        ]
    )


def marks(lang: Lang) -> list[dict[str, Any]]:
    """Rules of the kinds, drawn over the colour of a class: hatching, and a shape from afar."""
    return [
        {
            "label": VALUES[kind][lang],
            "filter": f"\"kind\" = '{kind}'",
            "colour": "#4D4D4D",
            "approximate": False,
            **settings()["marks"][kind],
        }
        for kind in KINDS
    ]


def colour_expression(classes: Iterable[dict[str, Any]]) -> str:
    """Expression of QGIS that gives the colour of the class of a site.

    Examples
    --------
    >>> print(colour_expression([{"filter": '"a" = 1', "colour": "#FFFFFF"}]))
    case when "a" = 1 then '#FFFFFF' end
    """
    cases = " ".join(f"when {one['filter']} then '{one['colour']}'" for one in classes)
    return f"case {cases} end"


def _classes(rows: Iterable[tuple[str, str, str]]) -> list[dict[str, Any]]:
    return [
        {"label": label, "filter": text, "colour": colour, "approximate": False}
        for label, text, colour in rows
    ]
