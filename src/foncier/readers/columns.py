"""From a file's own columns and cells to ours: names, text, numbers, dates."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from foncier.errors import ConfigError, FormatError
from foncier.i18n import Message, label

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from foncier.model import LayerFile
    from foncier.readers.report import Journal
    from foncier.schemas import Table

UNKNOWN = ("", "NA", "N/A", "null", "inconnu", "inconnue")
# UTF-8 read as Windows-1252 leaves these before every accented letter.
GARBLED_MARKS = "[ÃÂâ]"
MAX_EXACT = 2.0**53  # beyond, a float no longer tells neighbouring whole numbers apart
SPACES = re.compile(r"\s")  # narrow and no-break spaces included


@dataclass(frozen=True)
class Field:
    """One column of ours: its name, what files call it (case does not count), and if it must be."""

    name: str
    aliases: tuple[str, ...] = ()
    required: bool = False


def pick(
    frame: pd.DataFrame,
    fields: Iterable[Field],
    file: LayerFile,
    journal: Journal,
    *,
    names: Iterable[str] | None = None,
) -> pd.DataFrame:
    """Bring a file's columns under our names; text is cleaned, what is absent is unknown.

    A constant of the study wins over its ``columns``, which win over the usual names.

    Parameters
    ----------
    frame
        Rows as read, with or without geometry (kept as it is).
    fields
        The columns of ours that this format can give.
    file
        The file with its ``columns`` and ``constants``.
    names
        Columns of the file, where ``frame`` only has those that are `wanted`.

    Raises
    ------
    ConfigError
        The study maps a column that this format does not know.
    FormatError
        A column that the study names, or that is required, is not in the file.
    """
    fields = tuple(fields)
    _check_keys(fields, file)
    names = [str(name) for name in names or frame.columns if name != "geometry"]
    picked = frame[["geometry"]].copy() if "geometry" in frame else frame[[]].copy()
    absent = []
    for field in fields:
        if field.name in file.constants:
            picked[field.name] = pd.Series(file.constants[field.name], frame.index, dtype="str")
            continue
        chosen, found = file.columns.get(field.name), _find_column(names, field, file)
        if found is not None:
            picked[field.name] = frame[found]
        elif (field.required or chosen is not None) and len(frame):
            absent.append(field.name if chosen is None else chosen)
        else:
            picked[field.name] = pd.Series(np.nan, frame.index, dtype=object)
    if absent:
        raise _missing_columns(file, absent, names, fields)
    return tidy(picked, journal)


def used_columns(names: Iterable[str], fields: Iterable[Field], file: LayerFile) -> set[str]:
    """Columns of a file that `pick` takes something from."""
    own = [name for name in names if name != "geometry"]
    found = {_find_column(own, f, file) for f in fields if f.name not in file.constants}
    return {name for name in found if name is not None}


def _find_column(names: list[str], field: Field, file: LayerFile) -> str | None:
    """Column of the file that gives one of ours: as the study says, else by its usual names."""
    own = {name.lower(): name for name in reversed(names)}
    chosen = file.columns.get(field.name)
    wanted = (field.name, *field.aliases) if chosen is None else (chosen,)
    return next((own[name.lower()] for name in wanted if name.lower() in own), None)


def _check_keys(fields: tuple[Field, ...], file: LayerFile) -> None:
    known = [field.name for field in fields]
    strange = [name for name in (*file.columns, *file.constants) if name not in known]
    if strange:
        raise ConfigError(
            "readers.columns.unknown_columns",
            path=file.shown,
            names=strange,
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
    """Clean the text columns: outer spaces off, empty is unknown, garbled accents repaired.

    Whole numbers that a missing cell turned into 1.0 become 1 again: they may be ids.
    """
    mended = 0
    for name in frame.columns:
        if pd.api.types.is_float_dtype(frame[name]) and _is_whole(frame[name]):
            frame[name] = frame[name].astype("Int64")
        if name != "geometry" and isinstance(
            frame[name].dtype, (pd.StringDtype, np.dtypes.ObjectDType)
        ):
            frame[name], count = _clean_text(frame[name].where(frame[name].notna()))
            mended += count
    journal.add(
        "repaired",
        mended,
        "readers.columns.accents_restored",
    )
    return frame


def _is_whole(values: pd.Series[Any]) -> bool:
    """Whether all known numbers are whole, and small enough to be exact."""
    known = values.dropna()
    return bool(len(known) and ((known % 1 == 0) & (known.abs() < MAX_EXACT)).all())


def _cell_text(value: object) -> str:
    """Text of a cell; a whole number has no decimals."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _clean_text(values: pd.Series[Any]) -> tuple[pd.Series[Any], int]:
    text = isinstance(values.dtype, pd.StringDtype)
    written = (values if text else values.map(_cell_text, na_action="ignore")).astype("str")
    garbled = written.str.contains(GARBLED_MARKS, na=False)
    # Before the spaces go: a garbled « à » ends in a no-break space.
    restored = written[garbled].map(repair_encoding)
    changed = int((restored != written[garbled]).sum())
    if changed:
        written[garbled] = restored
    written = written.str.strip()
    return written.mask(written == ""), changed


def repair_encoding(text: str) -> str:
    """Undo UTF-8 that was read as Windows-1252, once or several times.

    A text that does not round-trip is left as it is.

    Examples
    --------
    >>> unscramble("AllÃ©e"), unscramble("LâÎle"), unscramble("Château")
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


def numbers(values: pd.Series[Any], *, column: str, shown: str) -> pd.Series[Any]:
    """Read numbers as French files write them (``56 248``, ``3,4``); missing stays missing.

    Raises
    ------
    FormatError
        Some cells hold text.
    """
    if pd.api.types.is_numeric_dtype(values):
        return values.astype("float64")
    written = values.astype("str").str.replace(SPACES, "", regex=True)
    written = written.str.replace(",", ".", regex=False)
    read = pd.to_numeric(written, errors="coerce").astype("float64")
    wrong = read.isna() & written.notna() & (written != "")
    if wrong.any():
        raise FormatError(
            "readers.columns.not_numbers",
            path=shown,
            column=column,
            count=int(wrong.sum()),
            cells=list(values[wrong].astype("str").unique()),
        )
    return read.where(np.isfinite(read))


def dates(values: pd.Series[Any], *, column: str, journal: Journal) -> pd.Series[Any]:
    """Read ISO dates (2023-08-17, a time after it is left out); what is none becomes unknown."""
    if pd.api.types.is_datetime64_any_dtype(values):
        days: pd.Series[Any] = values.dt.tz_localize(None).dt.normalize()
        return days
    written = values.astype("str")
    read = pd.to_datetime(written.str.slice(0, 10), format="%Y-%m-%d", errors="coerce")
    journal.add(
        "dropped",
        int((read.isna() & written.notna()).sum()),
        "readers.columns.bad_dates",
        column=column,
    )
    return read


def allowed_values(table: Table, column: str) -> dict[str, str]:
    """Values that a contract allows in a column, as words that `translate` takes."""
    found = next(c for c in table.columns if c.name == column)
    return {value: value for value in found.values}  # noqa: PD011  # our contract's field


def translate(
    values: pd.Series[Any], words: Mapping[str, str], *, column: str, shown: str
) -> pd.Series[Any]:
    """Turn a file's words into ours; missing stays missing.

    Raises
    ------
    FormatError
        A word is not in the list.
    """
    plain = values.map(lambda word: str(word).strip().lower(), na_action="ignore")
    read = plain.map(words)
    wrong = read.isna() & values.notna()
    if wrong.any():
        raise FormatError(
            "readers.columns.unexpected_words",
            path=shown,
            column=column,
            count=int(wrong.sum()),
            cells=list(values[wrong].astype("str").unique()),
            words=list(words),
        )
    return read.astype("str")
