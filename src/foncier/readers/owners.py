"""Owners that are legal persons (DGFiP, parcelles des personnes morales), by group.

The name and the SIREN of public bodies alone are read (`foncier.schemas.NAMED_OWNERS`): companies,
co-ownerships and partners, some of which bear the name of a person, are a group and a number of
rights.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from foncier import schemas
from foncier.readers import base, columns, frames, geolocate, layouts, parse
from foncier.readers.columns import Field
from foncier.readers.former_communes import to_cadastre
from foncier.readers.parcel_ids import commune_of, compose, identities

if TYPE_CHECKING:
    from foncier.model import LayerFile
    from foncier.readers.base import Draft, Target
    from foncier.readers.report import Journal

REQUIRED = ("department", "commune", "section", "number", "owner_group")
# What tells two owners of a group apart; never kept for the groups without a name.
IDENTITY = ("right_code", "owner_siren", "majic", "legal_form", "owner_name")
SIREN = r"\d{9}"
LEGAL_PERSONS, TAX_DATA, _ = schemas.OWNER_SOURCES
TRUE = r"(?i)\s*(oui|yes|true|vrai|1|commune|complet)\s*"  # a file that states that it is complete
# Of the tax data: the type of the owner and the number of rights; neither names nor accounts.
TAX_FIELDS = (
    Field("idpar", ("idpar_14", "parcelle", "id_parcelle"), required=True),
    Field("owner_code", ("catpro3", "catpro2"), required=True),
    Field("rights", ("ndroitpro", "ndroit")),
)
TAX_CODE = r"([A-Z]\d[a-z]?)"


def legal_persons(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read the rights of legal persons on parcels, one row a parcel and public body.

    The file has a row a right and a tax subdivision of the parcel; the rights of one owner, and of
    all owners of a group without names, are one row with their number. ``right_codes`` are the
    letters of DGFiP (P owner, U usufruct, N bare ownership, E emphyteutic lease, G manager…). A row
    without a group is dropped: it says nothing of the owner.

    Raises
    ------
    FormatError
        The file has no column of the parcel, or none of the group.
    """
    table = frames.rows(file, journal)
    fields = layouts.fields("personnes-morales", map(str, table.columns), REQUIRED)
    rows: Any = columns.pick(table, fields, file, journal)
    code = commune_of(rows["department"], rows["commune"])
    parcels = compose(code, rows["prefix"], rows["section"], rows["number"])
    rows = rows.assign(parcel_id=parcels)
    valid = parcels.notna().to_numpy(dtype=bool)
    journal.add("dropped", int((~valid).sum()), "readers.owners.bad_parcel")
    listed = to_cadastre(rows["parcel_id"][valid], target.parcels, journal)
    rows = rows[valid].assign(parcel_id=listed, commune=listed.str.slice(0, 5))
    rows = base.filter_communes(rows, target, journal)
    group = rows["owner_group"].str.extract(r"^\s*(\d)(?:\D|$)", expand=False)
    group = group.map(schemas.OWNER_GROUPS)
    journal.add("dropped", int(group.isna().sum()), "readers.owners.no_group")
    rows = rows.assign(owner_group=group)[group.notna()]
    return base.Draft(_by_owner(rows), len(table))


def tax_data(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read the types of owners in the tax data (Fichiers fonciers, table of parcels).

    Only the key of the parcel, the type of its owner (``catpro3``, else ``catpro2``) and the number
    of its rights are read. A parcel without a type is dropped.

    Raises
    ------
    FormatError
        The file has no column of the parcel, or none of the type.
    """
    rows, size, _ = geolocate.cells(file, TAX_FIELDS, journal)
    idpar = identities(rows["idpar"].astype("str"), target.communes)
    valid = idpar.notna().to_numpy(dtype=bool)
    journal.add("dropped", int((~valid).sum()), "readers.fichiers_fonciers.bad_idpar")
    rows = rows.assign(parcel_id=idpar, commune=idpar.str.slice(0, 5))[valid]
    rows = base.filter_communes(rows, target, journal)
    codes = rows["owner_code"].astype("str").str.findall(TAX_CODE)
    rights = parse.loose_numbers(rows["rights"])
    rows = rows.assign(owner_code=codes, rights=rights.where(rights >= 1, 1).fillna(1))
    rows = rows.explode("owner_code").dropna(subset="owner_code").astype({"owner_code": "str"})
    rows = rows.drop_duplicates(["parcel_id", "owner_code"])
    journal.add("dropped", int(valid.sum()) - rows["parcel_id"].nunique(), "readers.owners.no_code")
    table = rows[["parcel_id", "owner_code", "rights"]].assign(
        rights=rows["rights"].astype("int64"),
        ownership_id=rows["parcel_id"] + "-" + rows["owner_code"],
        source=TAX_DATA,
    )
    return base.Draft(table.reset_index(drop=True), size)


def _by_owner(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a parcel, group and, for public bodies, owner; with the number of rights."""
    named = rows["owner_group"].isin(schemas.NAMED_OWNERS)
    siren = rows["owner_siren"].astype("str")
    siren = siren.where(named & siren.str.fullmatch(SIREN).fillna(False).astype(bool))
    name = rows["owner_name"].astype("str").str.replace(r"\s+", " ", regex=True).str.strip()
    name = name.where(named)
    letter = rows["right_code"].astype("str").str.extract(r"^\s*([A-Z])\b", expand=False)
    distinct = rows.drop_duplicates(["parcel_id", "owner_group", *IDENTITY]).index
    kept = pd.DataFrame(
        {
            "parcel_id": rows["parcel_id"],
            "owner_group": rows["owner_group"],
            "owner": siren.fillna(name).fillna(""),
            "right_code": letter,
            "owner_name": name,
            "owner_siren": siren,
            "complete": rows["complete"].astype("str").str.fullmatch(TRUE).fillna(False),
        }
    ).loc[distinct]
    keys = ["parcel_id", "owner_group", "owner"]
    groups = kept.sort_values([*keys, "owner_name"]).groupby(keys, sort=True)
    owners = groups.agg(
        right_codes=("right_code", _letters),
        rights=("right_code", "size"),
        owner_name=("owner_name", "first"),
        owner_siren=("owner_siren", "first"),
        complete=("complete", "max"),
    ).reset_index()
    nth = owners.groupby(["parcel_id", "owner_group"]).cumcount() + 1
    key = owners["parcel_id"] + "-" + owners["owner_group"] + "-" + nth.astype("str")
    owners = owners.assign(ownership_id=key, source=LEGAL_PERSONS)
    return owners.assign(complete=owners["complete"].astype("boolean")).drop(columns="owner")


def _letters(codes: pd.Series[Any]) -> Any:
    return "|".join(sorted(set(codes.dropna()))) or None
