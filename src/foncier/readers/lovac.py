"""LOVAC: long-term vacancy of private dwellings by commune, in the layouts of several years."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from foncier import communes
from foncier.errors import FormatError
from foncier.readers import base, columns, frames, ids, layouts, parse
from foncier.readers.columns import Field
from foncier.readers.parcel_ids import commune_codes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from foncier.model import LayerFile
    from foncier.readers.base import Draft, Target
    from foncier.readers.report import Journal

LAYOUT = "lovac"
# Cells instead of a figure that would identify somebody, or that is missing.
WITHHELD = r"(?i)s|ns|nc|nd|n\.?[acd]\.?|n/[acd]|c|x|\*+|-|\.+|secret( stat\w*)?|[<≤]=?\s*\d+"
WITHHELD += r"|n\.?s\.?|moins de \d+|\d+ ou moins|#n/[ad]"
CODES = ("commune", "code insee", "code commune", "insee")
INSEE_CODE = r"\s*(?:\d{4,5}(?:\.0)?|2[AB]\d{3})\s*"  # without its first zero, as a float
# A column with such a word in its name is a number of dwellings, never a rate.
COUNT_WORDS = r"\b(nb|nombre|pp vacant|vacants?|total|effectif|count)\b"
RATE_WORDS = r"\b(prop|taux|part|pct|pourcent\w*|rate|share)\b|%"


def lovac(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read the open LOVAC file: private dwellings, share vacant for over two years, by commune.

    Since 2024 the file has counts: the share is the vacant dwellings of a year over all dwellings
    of the year before (else of that year), of the newest year of which both are known. Before, it
    has percentages with a decimal comma. Values under statistical secrecy (``s``, ``nc``, ``<11``,
    ``*``) and shares of exactly 0 are unknown. A row of Lyon is that of its arrondissements too,
    where they have none.

    Raises
    ------
    FormatError
        A column is missing, a number is text, a count is given as a rate, or a rate is above 100 %.
    """
    table = frames.rows(file, journal)
    names = tuple(str(name) for name in table.columns)
    _check_not_a_count(file)
    vacant = layouts.by_year(LAYOUT, "vacant", names)
    totals = layouts.by_year(LAYOUT, "dwellings", names)
    rows: Any = columns.pick(table, _fields(names, bool(vacant and totals)), file, journal)
    rows = rows.assign(commune=commune_codes(rows["commune"]))
    rows = ids.drop_without_key(
        rows, "commune", message="readers.ids.no_commune_code", journal=journal
    )
    chosen = base.filter_communes(rows, target, journal)
    if "rate_share" in chosen and chosen["rate_share"].notna().any():
        dwellings, share = _published(chosen, file, journal)
    else:
        counts = table.loc[chosen.index]
        dwellings, share = _of_counts(counts, vacant, totals, file, journal)
    journal.add("kept", int((share == 0).sum()), "readers.insee.zero_rate")
    shares = chosen.assign(dwellings=dwellings, rate_share=share.where(share > 0))
    return base.Draft(of_arrondissements(shares, target.communes, journal), len(table))


def _fields(names: Sequence[str], counted: bool) -> tuple[Field, ...]:
    """Columns to read; the rate is required where there are no counts to compute it of."""
    fields = layouts.fields(LAYOUT, names, ("commune",))
    aliases = {field.name: field.aliases for field in fields}
    return (
        Field("commune", (*aliases["commune"], *CODES), required=True, holds=_share_of_codes),
        Field("dwellings", aliases["all_dwellings"]),
        Field("rate_share", aliases["rate_share"], required=not counted),
    )


def _share_of_codes(cells: pd.Series[Any]) -> float:
    """Share of the cells that are INSEE codes: a column « Commune » may hold names."""
    return float(cells.astype("str").str.fullmatch(INSEE_CODE).fillna(False).mean())


def _check_not_a_count(file: LayerFile) -> None:
    """Refuse a column of the study that holds numbers of dwellings as the rate."""
    chosen = columns.plain_name(file.columns.get("rate_share", ""))
    if re.search(COUNT_WORDS, chosen) and not re.search(RATE_WORDS, chosen):
        raise FormatError(
            "readers.lovac.count_for_rate", path=file.shown, column=file.columns["rate_share"]
        )


def _published(
    rows: pd.DataFrame, file: LayerFile, journal: Journal
) -> tuple[pd.Series[Any], pd.Series[Any]]:
    """Dwellings and share of a file that publishes the rate in percent."""
    percent = published_numbers(rows["rate_share"], "rate_share", file.shown, journal)
    if (percent > 100).any() or (percent < 0).any():
        raise FormatError(
            "readers.insee.not_percent", path=file.shown, low=percent.min(), high=percent.max()
        )
    dwellings = published_numbers(rows["dwellings"], "dwellings", file.shown, journal)
    return dwellings, percent / 100


def _of_counts(
    rows: pd.DataFrame,
    vacant: Any,
    totals: Any,
    file: LayerFile,
    journal: Journal,
) -> tuple[pd.Series[Any], pd.Series[Any]]:
    """Dwellings and share of the newest year of which a row has both counts."""
    unknown = pd.Series(np.nan, rows.index)
    share, dwellings, newest = unknown, unknown, 0
    figures: dict[str, pd.Series[Any]] = {
        name: published_numbers(rows[name], name, file.shown, journal)
        for name in (*vacant.values(), *totals.values())
    }
    for year, name in vacant.items():
        for of_year in (year - 1, year):
            total = figures.get(totals.get(of_year, ""), unknown)
            known = share.isna() & (total > 0) & (figures[name] <= total)
            newest = newest or (year if known.any() else 0)
            journal.add(
                "assumed",
                int(known.sum()) if year != newest else 0,
                "readers.lovac.older_year",
                year=year,
            )
            share = share.where(~known, figures[name] / total.where(total > 0))
            dwellings = dwellings.where(~known, total)
    return dwellings, share


def published_numbers(
    values: pd.Series[Any], column: str, shown: str, journal: Journal
) -> pd.Series[Any]:
    """Numbers as statistics publish them: secrecy marks are unknown, a per cent sign is dropped."""
    texts = values.astype("str").str.strip()
    secret = texts.str.fullmatch(WITHHELD).fillna(False).astype(bool)
    journal.add("kept", int(secret.sum()), "readers.insee.secret", column=column)
    return parse.numbers(
        texts.mask(secret).str.removesuffix("%"), column=column, shown=shown, journal=journal
    )


def of_arrondissements(
    rows: pd.DataFrame, studied: tuple[str, ...], journal: Journal
) -> pd.DataFrame:
    """Add the row of a commune as that of its arrondissements or former communes without one.

    Registers by commune have Lyon where the parcels of the study are of ``69381``.
    """
    codes = {code for one in studied for code in (one, *communes.arrondissements(one))}
    known = rows.drop_duplicates("commune").set_index("commune", drop=False)
    absent = sorted(codes - set(rows["commune"]))
    missing = [code for code in absent if communes.whole(code) in known.index]
    if not missing:
        return rows
    journal.add("assumed", len(missing), "readers.lovac.of_the_city")
    added = known.loc[[communes.whole(code) for code in missing]].assign(commune=missing)
    return pd.concat([rows, added], ignore_index=True)
