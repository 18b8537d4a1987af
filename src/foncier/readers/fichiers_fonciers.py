"""Fichiers fonciers (tax data by parcel, Cerema): the NAFU rule, premises vacant or in use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from foncier import schemas
from foncier.i18n.arrays import localize_columns
from foncier.readers import base, geolocate, ids, parse
from foncier.readers.columns import Field
from foncier.readers.parcel_ids import excel_numbers, identities

if TYPE_CHECKING:
    from foncier.model import LayerFile
    from foncier.readers.base import Draft, Target
    from foncier.readers.report import Journal

COUNTS = (
    "nlocal",
    "nloghvac",
    "nactvacant",
    "nloghvac2a",
    "nloghvac5a",
    "nactvac2a",
    "nactvac5a",
    "nlocdep",
)
# The columns on owners (dnupro, ddenom, catpro…) are never read.
FIELDS = (
    Field("idpar", ("idpar_14", "parcelle", "id_parcelle"), required=True),
    Field("tlocdomin"),
    *(Field(name, required=name in ("nlocal", "nloghvac", "nactvacant")) for name in COUNTS),
)
VACANT_SHARE = 0.4  # NAFU (EPF de Nouvelle-Aquitaine)
PARTIAL_ACTIVITY = 0.79  # NAFU: an activity rate of 1 to 79 % gives one point, 0 % gives two


def parcels(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read tax data: a CSV or GeoPackage, one row per parcel, located by the cadastre of the study.

    Each parcel with premises gives evidence on its buildings: all vacant (for five years, two years
    or less), some vacant, all in use; annexes (``nlocdep``) do not count. A parcel that meets the
    NAFU rule (dominant use ACTIVITE, 40 % vacant or more) gives evidence on the site too, with the
    points of the NAFU score that these data give. A missing count is unknown; unknown vacancy gives
    no evidence. The date is that of the layer.

    Raises
    ------
    FormatError
        A column is missing.
    """
    rows, size, geometry = geolocate.cells(file, FIELDS, journal)
    rows = rows.assign(**{name: parse.loose_numbers(rows[name]) for name in COUNTS})
    written = rows["idpar"].astype("str")
    lost = excel_numbers(written)
    journal.add("dropped", int(lost.sum()), "readers.parcel_ids.excel", cells=list(written[lost]))
    idpar = identities(written, target.communes)
    valid = idpar.notna().to_numpy(dtype=bool)
    journal.add("dropped", int((~valid & ~lost).sum()), "readers.fichiers_fonciers.bad_idpar")
    rows = rows.assign(idpar=idpar, parcel_ids=idpar, commune=idpar.str.slice(0, 5))[valid]
    rows = base.filter_communes(rows, target, journal)
    evidence = pd.concat([_premises_evidence(rows), _nafu_evidence(rows)])
    journal.add("kept", len(rows) - evidence.index.nunique(), "readers.fichiers_fonciers.no_signal")
    if evidence.empty:
        return base.Draft(schemas.OBSERVATIONS.empty(target.crs), size)
    evidence = evidence.assign(
        observation_id=evidence["parcel_ids"] + "-" + evidence["signal"],
        observed_on=np.datetime64(file.vintage or "NaT", "us"),
        source=file.source or "Fichiers fonciers",
        name=None,
    ).reset_index(names="row")
    locations = gpd.GeoSeries([None] * len(evidence), crs=target.crs)
    if geometry is not None:
        locations = gpd.GeoSeries(geometry.loc[evidence["row"]].to_numpy(), crs=geometry.crs)
    draft = geolocate.locate(evidence, locations, file, target, journal, parcels_first=True)
    frame = ids.fill_keys(draft.frame, "observation_id", journal=journal)
    return base.Draft(frame, size, draft.crs)


def _premises_evidence(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the evidence of each parcel on its premises, without annexes."""
    total = (rows["nlocal"] - rows["nlocdep"].fillna(0)).clip(lower=0)
    vacant, two, five = (_vacant(rows, end) for end in ("", "2a", "5a"))
    known = (total > 0) & vacant.notna()
    share = (vacant / total.where(total > 0)).clip(upper=1.0)
    full = share >= 1.0
    signal = np.select(
        [full & (five >= total), full & (two >= total), full, share > 0],
        ["tax_vacant_5y", "tax_vacant_2y", "tax_vacant", "tax_partly"],
        "tax_used",
    )
    evidence = rows[["parcel_ids"]].assign(
        signal=signal,
        subject="parcel",
        # All premises vacant or in use: every building of the parcel is.
        share=np.where((share > 0) & (share < 1), share, 1.0),
        **localize_columns(
            "detail",
            "detect.details.of_total",
            len(rows),
            part=vacant.fillna(0).to_numpy(dtype=np.float64),
            total=total.fillna(0).to_numpy(dtype=np.float64),
        ),
        points=np.nan,
    )
    return evidence[known]


def _vacant(rows: pd.DataFrame, end: str) -> pd.Series[Any]:
    """Return vacant premises, dwellings and business; unknown when neither is known."""
    activity = "nactvacant" if not end else f"nactvac{end}"
    return rows[[f"nloghvac{end}", activity]].sum(axis=1, min_count=1)


def _nafu_evidence(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the parcels that meet the NAFU rule, with the points of tax data (at most 4 of 11)."""
    share = (_vacant(rows, "") / rows["nlocal"].where(rows["nlocal"] > 0)).clip(upper=1.0)
    business = rows["tlocdomin"].astype("str").str.strip().str.upper() == "ACTIVITE"
    full = share >= 1.0
    lasting = _vacant(rows, "5a") >= rows["nlocal"]
    points = np.where(full, 2, np.where(1 - share <= PARTIAL_ACTIVITY, 1, 0))
    points = points + np.where(full & lasting, 2, np.where(full, 1, 0))
    evidence = rows[["parcel_ids"]].assign(
        signal="nafu",
        subject="site",
        share=share,
        points=points,
        **localize_columns(
            "detail",
            "detect.details.vacancy",
            len(rows),
            share=share.fillna(0).to_numpy(dtype=np.float64),
        ),
    )
    return evidence[(business & (share >= VACANT_SHARE)).fillna(False).to_numpy(dtype=bool)]
