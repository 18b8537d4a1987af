"""How QGIS shows a column: its place, whether it is hidden, its decimals and its widget."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foncier.export.qgis.environment import settings
from foncier.results.labels import alias

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

    from foncier.i18n import Lang
    from foncier.schemas import Column


CHARACTER, MARGINS = 8, 28  # pixels of a character of a heading, and around it


def by_use(columns: Sequence[Column]) -> list[Column]:
    """Columns in the order in which a planner reads them; those that no list names come last."""
    first = settings()["columns"]["first"]
    places = {name: place for place, name in enumerate(first)}
    return sorted(columns, key=lambda column: places.get(column.name, len(first)))


def in_other_language(name: str, names: Iterable[str], lang: Lang) -> bool:
    """Tell a column that another one repeats in the language of the project.

    Examples
    --------
    >>> in_other_language("warnings_en", ["warnings", "warnings_en"], "fr")
    True
    >>> in_other_language("warnings", ["warnings", "warnings_en"], "en")
    True
    >>> in_other_language("label_fr", ["label_fr", "label_en"], "fr")
    False
    """
    if lang == "fr":
        return name.endswith("_en") and {name[:-3], f"{name[:-3]}_fr"} & {*names} != set()
    return f"{name.removesuffix('_fr')}_en" in names


def hidden(name: str, names: Iterable[str], lang: Lang) -> bool:
    """Tell a column that the attribute table does not show: of little use, or in both languages."""
    rarely = settings()["columns"]["hidden"]
    return (
        name in rarely["names"]
        or name.startswith(tuple(rarely["starts"]))
        or name.endswith(tuple(rarely["ends"]))
        or in_other_language(name, names, lang)
    )


def width(column: Column, lang: Lang) -> int:
    """Width in the attribute table, in pixels: the heading and what most values need."""
    known: dict[str, int] = settings()["columns"]["widths"]
    heading = CHARACTER * len(alias(column, lang)) + MARGINS
    return max(known.get(column.name, 0), min(heading, known["heading"]))


def decimals(column: Column) -> int | None:
    """Decimals of a number; None for what is not a number.

    Examples
    --------
    >>> from foncier.schemas import CANDIDATES
    >>> [decimals(column) for column in CANDIDATES.columns if column.name in ("area_m2", "name")]
    [None, 0]
    """
    if column.kind == "count":
        return 0
    if column.kind != "number":
        return None
    known = settings()["decimals"]
    by_name: dict[str, int] = known["names"]
    by_unit: dict[str, int] = known["units"]
    other: int = known["other"]
    return by_name.get(column.name, by_unit.get(column.unit, other))


def text_expression(column: Column, lang: Lang, coded: Container[str] = ()) -> str:
    """Expression of QGIS that gives a value as the attribute table shows it; NULL where unknown.

    ``coded`` are the columns of which the layer words the values.
    """
    name = '"{}"'.format(column.name.replace('"', '""'))
    digits = decimals(column)
    if digits is not None:
        return f"format_number({name}, {digits}, '{lang}')"
    if column.values or column.kind in ("yes_no", "date") or column.name in coded:
        return f"represent_value({name})"
    return f"replace({name}, '|', ' · ')" if column.kind == "text" else name
