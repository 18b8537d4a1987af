"""From the columns and cells of a file to those of a contract: names, text, numbers, dates."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from foncier.errors import ConfigError, FormatError
from foncier.i18n import Message, label, without_controls
from foncier.i18n.controls import CONTROLS
from foncier.readers import where

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from foncier.model import LayerFile
    from foncier.readers.report import Journal
    from foncier.schemas import Table

UNKNOWN = ("", "NA", "N/A", "null", "inconnu", "inconnue")
# UTF-8 read as Windows-1252 leaves these before every accented letter.
GARBLED_MARKS = "[ÃÂâ]"
# Spellings of names that differ between exports of the same table.
IGNORED = re.compile(r"\(.*\)|°")
SEPARATORS = re.compile(r"[\s_.]+")
DBASE_CHARS = 10  # of the name of a column in a Shapefile
NEARLY_ALL = 0.9  # of the cells of a column that no name tells
MAX_EXACT = 2.0**53  # above, floats skip whole numbers


@dataclass(frozen=True)
class Field:
    """A contract column: its name, its names in files (any case), and if it is required.

    ``absent`` is the value of all rows of a file without the column, where that differs from a
    column whose cells are empty; None: unknown. ``holds`` is the share of the cells of a column
    that are what this one must hold: of the columns with one of the names, and those whose plain
    name has a part that matches ``like``, the one with the largest share wins. Where there is
    ``like`` and none of them holds any, a column of any name wins whose cells nearly all are.
    """

    name: str
    aliases: tuple[str, ...] = ()
    required: bool = False
    absent: str | None = None
    holds: Callable[[pd.Series[Any]], float] | None = None
    like: str = ""


if TYPE_CHECKING:
    # Columns that a format can have, or those for the names of the columns of a file.
    Fields = Iterable[Field] | Callable[[Iterable[str]], Iterable[Field]]


def pick(
    frame: pd.DataFrame,
    fields: Fields,
    file: LayerFile,
    journal: Journal,
    *,
    names: Iterable[str] | None = None,
) -> pd.DataFrame:
    """Rename the columns of a file to contract names, clean text; missing columns are unknown.

    A constant of the study takes precedence over its ``columns``, and these over the usual names.

    Parameters
    ----------
    frame
        Rows as read, with or without geometry (unchanged).
    fields
        The contract columns that this format can have; a function where they depend on the names
        of the columns of the file.
    file
        The file with its ``columns`` and ``constants``.
    names
        Columns of the file, where ``frame`` has only the `used_columns`.

    Raises
    ------
    ConfigError
        The study maps a column that this format does not have.
    FormatError
        A required column, or one that the study names, is not in the file.
    """
    names = [str(name) for name in names or frame.columns if name != "geometry"]
    fields = of_names(fields, names)
    _check_keys(fields, file)
    picked = frame[["geometry"]].copy() if "geometry" in frame else frame[[]].copy()
    missing = []
    for field in fields:
        if field.name in file.constants:
            picked[field.name] = pd.Series(file.constants[field.name], frame.index, dtype="str")
            continue
        chosen, column = file.columns.get(field.name), _best(frame, names, field, file)
        if column is not None:
            picked[field.name] = _replaced(frame[column], file.replacements.get(field.name))
        elif (field.required or chosen is not None) and len(frame):
            missing.append(field.name if chosen is None else chosen)
        else:
            absent = np.nan if field.absent is None else field.absent
            picked[field.name] = pd.Series(absent, frame.index, dtype=object)
    if missing:
        raise _missing_columns(file, missing, names, fields)
    return tidy(picked, journal)


def _replaced(column: pd.Series[Any], values: Mapping[str, str] | None) -> pd.Series[Any]:
    """Replace the values of a column that the study maps; numbers are compared as they are read."""
    if not values:
        return column
    texts = column.astype("str").str.strip()
    return texts.map(values).fillna(texts)


def of_names(fields: Fields, names: Iterable[str]) -> tuple[Field, ...]:
    """Columns that a format can have, for the names of the columns of a file."""
    return tuple(fields(names) if callable(fields) else fields)


def used_columns(names: Iterable[str], fields: Fields, file: LayerFile) -> set[str]:
    """Return the columns of a file that `pick` uses."""
    columns = [name for name in names if name != "geometry"]
    wanted = of_names(fields, columns)
    used = {
        name
        for field in wanted
        if field.name not in file.constants
        for name in _to_read(columns, field, file)
    }
    return used | set(where.columns_of(file.where, columns, file.shown) if file.where else ())


def _to_read(names: list[str], field: Field, file: LayerFile) -> list[str]:
    """Columns to read for a contract column: one, or all those whose cells decide."""
    if field.holds is None:
        return _candidates(names, field, file)[:1]
    unnamed = field.name not in file.columns and not _named(names, field, file)
    return names if field.like and unnamed else _candidates(names, field, file)


def plain_name(name: str) -> str:
    """Name in lower case, without accents, parentheses and underscores, with single spaces.

    Examples
    --------
    >>> plain_name("N° plan (Références cadastrales)"), plain_name(" CODGEO_26")
    ('n plan', 'codgeo 26')
    """
    text = unicodedata.normalize("NFD", IGNORED.sub(" ", name))
    text = text.encode("ascii", "ignore").decode().lower()
    return SEPARATORS.sub(" ", text).strip()


def _best(frame: pd.DataFrame, names: list[str], field: Field, file: LayerFile) -> str | None:
    """Column of the file for a contract column: by its cells where they can tell, else its name."""
    found, named = _candidates(names, field, file), _named(names, field, file)
    if field.holds is not None and (len(found) > 1 or not named):
        best, share = _fullest(frame, found, field.holds)
        if share > 0:
            return best
    if field.holds is not None and field.like and not named and field.name not in file.columns:
        best, share = _fullest(frame, names, field.holds)
        if share >= NEARLY_ALL:
            return best
    return next(iter(named), None)


def _fullest(
    frame: pd.DataFrame, names: Iterable[str], holds: Callable[[pd.Series[Any]], float]
) -> tuple[str, float]:
    """Column with the largest share of cells that are what they must be, the first of equals."""
    shares = {name: holds(frame[name]) for name in names if name in frame}
    best = max(shares, key=lambda name: shares[name], default="")
    return best, shares.get(best, 0.0)


def _candidates(names: list[str], field: Field, file: LayerFile) -> list[str]:
    """Columns that may hold a contract column, those with its names first."""
    found = _named(names, field, file)
    if field.name in file.columns or not field.like:
        return found
    like = [name for name in names if re.search(field.like, plain_name(name))]
    return list(dict.fromkeys([*found, *like]))


def _named(names: list[str], field: Field, file: LayerFile) -> list[str]:
    """Columns of the file with one of the names of a contract column, in their order.

    That of the study alone where it names one. Names differ in case, accents, spaces and
    underscores; those of a Shapefile end after ten characters.
    """
    chosen = file.columns.get(field.name)
    if chosen is not None:
        by_lower_name = {name.lower(): name for name in reversed(names)}
        return [by_lower_name[chosen.lower()]] if chosen.lower() in by_lower_name else []
    by_name = {plain_name(name): name for name in reversed(names)}
    keys = [plain_name(name) for name in (field.name, *field.aliases)]
    if all(len(name) <= DBASE_CHARS for name in names):
        short = {plain_name(name): name for name in names if len(name) == DBASE_CHARS}
        by_name = {**short, **by_name}
        keys += [key[:DBASE_CHARS].strip() for key in keys if len(key) > DBASE_CHARS]
    return list(dict.fromkeys(by_name[key] for key in keys if key in by_name))


def _check_keys(fields: tuple[Field, ...], file: LayerFile) -> None:
    known = [field.name for field in fields]
    unknown = [
        name for name in (*file.columns, *file.constants, *file.replacements) if name not in known
    ]
    if unknown:
        raise ConfigError(
            "readers.columns.unknown_columns",
            path=file.shown,
            names=unknown,
            layer=file.layer,
            format=file.format,
            known=known or [label("readers.none")],
        )


def _missing_columns(
    file: LayerFile, missing: list[str], names: list[str], fields: tuple[Field, ...]
) -> FormatError:
    expected = [
        Message("readers.columns.required_column", name=field.name)
        if field.required
        else field.name
        for field in fields
    ]
    return FormatError(
        "readers.columns.missing_columns",
        path=file.shown,
        missing=missing,
        columns=names or [label("readers.none")],
        expected=expected,
        layer=file.layer,
        example=next((field.name for field in fields if field.required), fields[0].name),
    )


def tidy(frame: pd.DataFrame, journal: Journal) -> pd.DataFrame:
    """Clean text columns: no outer spaces, empty is unknown, garbled accents repaired.

    Whole numbers that missing cells turned into floats become integers again: they may be ids.
    """
    repaired = 0
    for name in frame.columns:
        if pd.api.types.is_float_dtype(frame[name]) and _is_whole(frame[name]):
            frame[name] = frame[name].astype("Int64")
        if name != "geometry" and isinstance(
            frame[name].dtype, (pd.StringDtype, np.dtypes.ObjectDType)
        ):
            frame[name], count = _clean_text(frame[name].where(frame[name].notna()))
            repaired += count
    journal.add(
        "repaired",
        repaired,
        "readers.columns.accents_restored",
    )
    return frame


def printable(frame: Any, journal: Journal) -> Any:
    """Remove the characters that no text needs (`foncier.i18n.controls`) from all text columns.

    A text without any other character is unknown then. The table is unchanged where there are none.
    """
    removed = 0
    for name in frame.columns:
        values = frame[name]
        if not isinstance(values.dtype, (pd.StringDtype, np.dtypes.ObjectDType)):
            continue
        text = isinstance(values.dtype, pd.StringDtype)
        texts = values if text else values.where(values.map(lambda cell: isinstance(cell, str)))
        found = texts.astype("str").str.contains(CONTROLS, na=False).to_numpy(dtype=bool)
        if found.any():
            plain = texts[found].map(without_controls).str.strip()
            cells = values.copy()
            cells[found] = plain.mask(plain == "")
            frame = frame.assign(**{name: cells})
            removed += int(found.sum())
    journal.add("repaired", removed, "readers.columns.controls_removed")
    return frame


def _is_whole(values: pd.Series[Any]) -> bool:
    """Tell if all known numbers are whole, and small enough to be exact."""
    known = values.dropna()
    return bool(len(known) and ((known % 1 == 0) & (known.abs() < MAX_EXACT)).all())


def _cell_text(value: object) -> str:
    """Return the text of a cell; a whole number has no decimals."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _clean_text(values: pd.Series[Any]) -> tuple[pd.Series[Any], int]:
    text = isinstance(values.dtype, pd.StringDtype)
    texts = (values if text else values.map(_cell_text, na_action="ignore")).astype("str")
    garbled = texts.str.contains(GARBLED_MARKS, na=False)
    # Before spaces are stripped: a garbled « à » ends in a no-break space.
    restored = texts[garbled].map(repair_encoding)
    changed = int((restored != texts[garbled]).sum())
    if changed:
        texts[garbled] = restored
    texts = texts.str.strip()
    return texts.mask(texts == ""), changed


def repair_encoding(text: str) -> str:
    """Undo UTF-8 that was read as Windows-1252, once or several times.

    A text that does not round-trip is unchanged.

    Examples
    --------
    >>> repair_encoding("AllÃ©e"), repair_encoding("LâÎle"), repair_encoding("Château")
    ('Allée', 'LâÎle', 'Château')
    """
    for code in ("cp1252", "latin-1"):
        try:
            better = text.encode(code).decode("utf-8")
        except UnicodeError:
            continue
        return better if better == text else repair_encoding(better)
    return text


def without_unknown(values: pd.Series[Any]) -> pd.Series[Any]:
    """Replace the words that mean "unknown" (``NA``, ``inconnu``, empty) by a missing value."""
    return values.mask(values.isin(UNKNOWN)).astype("str")


def allowed_values(table: Table, column: str) -> dict[str, str]:
    """Return the values that a contract allows in a column, in the form that `translate` takes."""
    definition = next(c for c in table.columns if c.name == column)
    return {value: value for value in definition.values}  # noqa: PD011  # our contract's field


def translate(
    values: pd.Series[Any], words: Mapping[str, str], *, column: str, shown: str, journal: Journal
) -> pd.Series[Any]:
    """Turn the words of a file into contract values; missing stays missing.

    A word that is not in the list is unknown, and listed in a note.

    Raises
    ------
    FormatError
        Most words are not in the list: it is another column.
    """
    keys = values.map(lambda word: str(word).strip().lower(), na_action="ignore")
    translated = keys.map(words).astype("str")
    invalid = translated.isna() & values.notna()
    cells = list(values[invalid].astype("str").unique())
    odd = int(invalid.sum())
    if odd > int(translated.notna().sum()):
        raise FormatError(
            "readers.columns.unexpected_words",
            path=shown,
            column=column,
            count=odd,
            cells=cells,
            words=list(words),
        )
    journal.add("dropped", odd, "readers.columns.odd_words", column=column, cells=cells)
    return translated
