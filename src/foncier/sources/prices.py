"""Sale prices by commune, from aggregates of the DVF (DGFiP)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foncier.sources import columns, files, keys, reading
from foncier.sources.columns import Field

if TYPE_CHECKING:
    from foncier.records import LayerFile
    from foncier.sources.journal import Journal
    from foncier.sources.reading import Draft, Target

FIELDS = (
    Field("commune", ("city_code", "codgeo", "code_insee"), required=True),
    Field("price_eur_m2", ("dvf_pxm2_median", "prix_m2_median"), required=True),
    Field("sales", ("dvf_nbtrans", "nb_ventes")),
)
FEWEST = 10  # sales: below, a median is an anecdote


def by_commune(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read the median price and the number of sales by commune.

    A median of fewer than ten sales, or of 0 €, is unknown.

    Raises
    ------
    FormatError
        A column is absent, or text where a number belongs.
    """
    written = files.rows(file.path, file.shown, journal)
    rows: Any = columns.pick(written, FIELDS, file, journal)
    rows = rows.assign(commune=rows["commune"].astype("str").str.zfill(5))
    rows = keys.dropped_without_key(
        rows, "commune", fr="lignes sans code de commune écartées",
        en="rows without commune code dropped", journal=journal,
    )  # fmt: skip
    kept = reading.of_communes(rows, target, journal)
    price = columns.numbers(kept["price_eur_m2"], column="price_eur_m2", shown=file.shown)
    sales = columns.numbers(kept["sales"], column="sales", shown=file.shown)
    rare = price.notna() & ((sales < FEWEST) | (price <= 0))
    journal.add(
        "dropped",
        int(rare.sum()),
        f"prix médians de moins de {FEWEST} ventes tenus pour inconnus",
        f"median prices of fewer than {FEWEST} sales held as unknown",
    )
    return reading.Draft(kept.assign(price_eur_m2=price.mask(rare), sales=sales), len(written))
