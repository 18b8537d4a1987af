"""Labels of coded values and columns, as a reader sees them, in two languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foncier import schemas
from foncier.i18n import LANGUAGES, Lang, Localized, label, localize
from foncier.model import KIND_LABELS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from foncier.schemas import Column

SHARE = "0–1"  # unit of a share: a range, not a unit
FICTIONAL = label("results.fictional")

# One meaning per code, whatever the table.
CODES = dict.fromkeys(
    code
    for table in (*schemas.INPUTS, *schemas.RESULTS)
    for column in table.columns
    for code in (*column.values, *column.parts)
)
VALUES: Mapping[str, Localized] = {
    code: KIND_LABELS[code]
    if code in KIND_LABELS
    else label(f"results.value_{code.replace(' ', '_')}")
    for code in CODES
}
UNITS = {column.unit for table in schemas.RESULTS for column in table.columns}


def alias(column: Column, lang: Lang) -> str:
    """Label of a column with its unit, as a reader sees it.

    Examples
    --------
    >>> alias(schemas.PARCELS.columns[2], "fr"), alias(schemas.SCORES.columns[1], "fr")
    ('Surface mesurée (m²)', 'Score, de 0 à 1')
    """
    words = column.label[lang]
    if column.unit == SHARE:
        return localize("results.share_alias", lang, label=words)
    return f"{words} ({column.unit})" if column.unit else words


def unit_of(alias: str) -> str:
    """Unit of a column by its alias, in either language; empty where it has none.

    Examples
    --------
    >>> unit_of("Surface mesurée (m²)"), unit_of("Score, de 0 à 1"), unit_of("Commune (INSEE)")
    ('m²', '0–1', '')
    """
    if alias.endswith(tuple(localize("results.share_alias", lang, label="") for lang in LANGUAGES)):
        return SHARE
    unit = alias.removesuffix(")").rsplit(" (", maxsplit=1)[-1] if alias.endswith(")") else ""
    return unit if unit in UNITS else ""


def words_of(codes: object, lang: Lang) -> str:
    """Labels of the codes of a list (``A|B``), with commas; empty where there is none.

    Examples
    --------
    >>> words_of("commune|etat", "fr"), words_of(None, "fr")
    ('Commune, État', '')
    """
    parts = codes.split("|") if isinstance(codes, str) else []
    return ", ".join(VALUES[one][lang] if one in VALUES else one for one in parts)


def value_labels(column: Column, lang: Lang) -> dict[str, str]:
    """Coded values of a column and their labels; empty when the column has no coded values."""
    return {value: VALUES[value][lang] for value in column.values}
