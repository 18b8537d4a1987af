"""Zones of the local plan, constraints, envelope, land units, districts and perimeters."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from foncier import schemas
from foncier.errors import FormatError
from foncier.geometry import covered_area_m2
from foncier.readers import base, columns, ids, parse
from foncier.readers.columns import Field

if TYPE_CHECKING:
    from collections.abc import Iterable

    from foncier.model import LayerFile
    from foncier.readers.base import Draft, Target
    from foncier.readers.report import Journal

ZONE_FIELDS = (
    Field("zone_id", ("idzone", "gid")),
    Field("zone_type", ("typezone",), required=True),
    Field("label", ("libelle",)),
    Field("vocation", ("destdomi",)),
    Field("long_label", ("libelong",)),
)
# Main vocation of a zone (CNIG, standard PLU, `destdomi`); 00 and 99: none stated.
VOCATIONS = {
    "01": "housing",
    "02": "activity",
    "03": "mixed",
    "04": "tourism",
    "05": "equipment",
    "07": "farming",
    "08": "nature",
    "09": "nature",
    "10": "quarry",
}
# Without it, words of the label, then what its code usually means (UE, UX, UT, UJ…).
VOCATION_WORDS = (
    ("equipment", r"[ée]quipement|scolaire|sportif|cimeti[èe]re|h[ôo]pital|service public"),
    ("tourism", r"touris|loisir|camping|h[ôo]telier"),
    ("gardens", r"jardin"),
    ("activity", r"activit[ée]s?|[ée]conomi|industri|artisan|commerc|logisti"),
)
VOCATION_CODES = (
    ("equipment", r"^\d?UE(?![A-Z])"),
    ("activity", r"^\d?U[IXYZ](?![A-Z])"),
    ("tourism", r"^\d?U[TL](?![A-Z])"),
    ("gardens", r"^\d?UJ(?![A-Z])"),
)
# Sectors of a carte communale (CNIG, `typesect`): 01 buildable, 02 buildable for activities alone,
# 03 not buildable, 99 any other.
SECTOR_FIELDS = (
    Field("zone_id", ("idsect", "gid")),
    Field("zone_type", ("typesect",), required=True),
    Field("label", ("libelle",)),
)
HIDDEN_SHARE = 0.99  # of a zone without a type: under zones with one, it says nothing
SECTOR_LETTERS = {"ZC": "01", "ZCA": "02", "ZNC": "03"}  # of the standard of 2012 (COVADIS)
SECTOR_TYPES = {"01": "U", "02": "U", "03": "N", "99": schemas.UNKNOWN_ZONE}
CONSTRAINT_FIELDS = (
    Field("constraint_id", ("id", "gid", "fid")),
    Field("kind", required=True),
    Field("label", ("libelle", "nom", "name")),
    Field("effect", ("effet",)),
)
# Default effect of a kind on a plot (docs METHODS §3: false positives are excluded with the reason;
# courtyards and car parks are flagged, not excluded).
DEFAULT_EFFECTS = {
    "water": "exclude",
    "park": "exclude",
    "cemetery": "exclude",
    "sports": "exclude",
    "school": "exclude",
    "allotments": "exclude",
    "railway": "exclude",
    "road": "exclude",
    "construction": "exclude",
    "military": "exclude",
    "utility": "exclude",
    "fuel_station": "exclude",
    "wetland": "flag",
    "woodland": "flag",
    "hazard": "flag",
    "heritage": "flag",
    "parking": "flag",
    "courtyard": "flag",
    "other": "context",
}
FRENCH_KINDS = {
    "eau": "water",
    "parc": "park",
    "square": "park",
    "cimetière": "cemetery",
    "sport": "sports",
    "école": "school",
    "jardins familiaux": "allotments",
    "hortillonnages": "allotments",
    "voie ferrée": "railway",
    "voirie": "road",
    "bois": "woodland",
    "forêt": "woodland",
    "risque": "hazard",
    "patrimoine": "heritage",
    "stationnement": "parking",
    "chantier": "construction",
    "terrain militaire": "military",
    "réseau": "utility",
    "station-service": "fuel_station",
    "zone humide": "wetland",
    "cour": "courtyard",
    "autre": "other",
}
FRENCH_EFFECTS = {"exclure": "exclude", "signaler": "flag", "contexte": "context"}


def zones(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read zones of a local plan, or sectors of a carte communale, as the GPU publishes them.

    A buildable sector is ``U``, one that is not is ``N``; what a sector of another kind or a zone
    without a type allows is unknown (`foncier.schemas.UNKNOWN_ZONE`): it neither includes nor
    excludes the plots in it.

    Raises
    ------
    FormatError
        Neither ``typezone`` nor ``typesect`` is in the file.
    """
    draft = base.layer(file, target, journal, fields=_zone_fields, shape="polygon")
    frame: Any = draft.frame
    words = frame["zone_type"].astype("str").str.strip()
    code = words.str.upper().replace(SECTOR_LETTERS).str.extract(r"^(\d{1,2})$", expand=False)
    sector = code.str.zfill(2).map(SECTOR_TYPES)
    kind = sector.fillna(columns.without_unknown(words))
    frame = frame.assign(zone_type=kind, vocation=_vocation(frame, code))
    frame = _with_unknown(frame, journal)
    frame = _without_copies(frame, "zone_id", journal)
    return base.Draft(ids.fill_keys(frame, "zone_id", journal=journal), draft.rows_read, draft.crs)


def _with_unknown(frame: Any, journal: Journal) -> Any:
    """Name the type of zones without one, but for those that lie under zones with a type."""
    untyped = frame["zone_type"].isna().to_numpy(dtype=bool)
    if not untyped.any():
        return frame
    shapes = np.array(frame.geometry.to_numpy(), dtype=object)
    area = shapely.area(shapes[untyped])
    hidden = untyped.copy()
    typed = shapely.STRtree(shapes[~untyped])
    hidden[untyped] = covered_area_m2(shapes[untyped], typed) >= HIDDEN_SHARE * area
    journal.add("dropped", int(hidden.sum()), "readers.planning.zone_hidden")
    journal.add("kept", int((untyped & ~hidden).sum()), "readers.planning.zone_without_type")
    return frame.assign(zone_type=frame["zone_type"].fillna(schemas.UNKNOWN_ZONE))[~hidden]


def _without_copies(frame: Any, key: str, journal: Journal) -> Any:
    """Keep one of the rows that have the same shape and the same cells, but for the key."""
    cells = [name for name in frame.columns if name not in (key, "geometry")]
    return ids.merge_equal_shapes(frame, prefer=[key], same=cells, journal=journal)


def _vocation(frame: Any, sector: Any) -> Any:
    """Vocation of each zone: of ``destdomi``, else of the words of its labels, else of its code.

    A label such as ``UE`` is a convention that not all plans keep: the flag that follows says
    which label it was read from.
    """
    if "vocation" not in frame:
        return (sector.str.zfill(2) == "02").map({True: "activity", False: None})
    code = frame["vocation"].astype("str").str.extract(r"^\s*(\d{1,2})(?:\.0)?\s*$", expand=False)
    vocation = code.str.zfill(2).map(VOCATIONS).astype(object)
    label = frame["label"].fillna("").astype(str)
    words = label.str.cat(frame["long_label"].fillna("").astype(str), sep=" ")
    for texts, patterns, flags in (
        (words, VOCATION_WORDS, re.IGNORECASE),
        (label, VOCATION_CODES, 0),
    ):
        for name, pattern in patterns:
            found = texts.str.contains(pattern, regex=True, flags=flags) & vocation.isna()
            vocation = vocation.mask(found, name)
    return vocation


def _zone_fields(names: Iterable[str]) -> tuple[Field, ...]:
    known = {name.lower() for name in names}
    return SECTOR_FIELDS if "typesect" in known and "typezone" not in known else ZONE_FIELDS


def constraints(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read constraints: ``kind`` is a column or constant, ``effect`` defaults to that of the kind.

    Raises
    ------
    FormatError
        A kind or an effect is not in the contract.
    """
    draft = base.layer(file, target, journal, fields=CONSTRAINT_FIELDS, shape="any")
    return complete_constraints(draft, file, journal)


def complete_constraints(draft: Draft, file: LayerFile, journal: Journal) -> Draft:
    """Add the key, the kind and the effect of constraints."""
    frame: Any = draft.frame
    kinds = columns.allowed_values(schemas.CONSTRAINTS, "kind") | FRENCH_KINDS
    effects = columns.allowed_values(schemas.CONSTRAINTS, "effect") | FRENCH_EFFECTS
    kind = columns.translate(frame["kind"], kinds, column="kind", shown=file.shown, journal=journal)
    effect = columns.translate(
        frame["effect"], effects, column="effect", shown=file.shown, journal=journal
    )
    frame = frame.assign(kind=kind, effect=effect.fillna(default_effect(kind)))
    kindless = frame["kind"].isna()
    journal.add(
        "dropped",
        int(kindless.sum()),
        "readers.planning.constraint_without_kind",
    )
    frame = _without_copies(frame[~kindless], "constraint_id", journal)
    frame = ids.fill_keys(frame, "constraint_id", journal=journal)
    return base.Draft(frame, draft.rows_read, draft.crs)


def default_effect(kind: pd.Series[Any]) -> pd.Series[Any]:
    """Return the default effect of each kind of constraint.

    Examples
    --------
    >>> import pandas as pd
    >>> list(default_effect(pd.Series(["water", "parking"])))
    ['exclude', 'flag']
    """
    return kind.map(DEFAULT_EFFECTS).astype("str")


ENVELOPE_FIELDS = (Field("part_id", ("id", "gid", "fid")),)
LAND_UNIT_FIELDS = (Field("unit_id", ("id_uf", "iduf", "id", "gid", "fid")),)


def envelope(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read the parts of an urban envelope (tache urbaine, enveloppe urbaine)."""
    return _outlines(file, target, journal, ENVELOPE_FIELDS)


def land_units(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read unités foncières: adjacent parcels of one owner."""
    draft = _outlines(file, target, journal, LAND_UNIT_FIELDS)
    return _without_crowds(draft, "unit_id", journal)


def _outlines(
    file: LayerFile, target: Target, journal: Journal, fields: tuple[Field, ...]
) -> Draft:
    draft = base.layer(file, target, journal, fields=fields, shape="polygon")
    frame: Any = ids.fill_keys(draft.frame, fields[0].name, journal=journal)
    return base.Draft(frame, draft.rows_read, draft.crs)


DISTRICT_FIELDS = (
    Field("quarter_id", ("code_iris", "code_qp", "code_qpv", "dcomiris", "id", "gid", "fid")),
    Field("name", ("nom", "nom_iris", "nom_qp", "nom_qpv", "lib_iris", "lib_qp", "libelle")),
)


def districts(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read districts of any vector file; a missing id is derived from the location."""
    draft = base.layer(file, target, journal, fields=DISTRICT_FIELDS, shape="polygon")
    frame = ids.fill_keys(draft.frame, "quarter_id", journal=journal)
    return _without_crowds(base.Draft(frame, draft.rows_read, draft.crs), "quarter_id", journal)


def _without_crowds(draft: Draft, key: str, journal: Journal) -> Draft:
    """Keep the first of the objects that are drawn over each other by dozens."""
    frame: Any = draft.frame
    kept = ids.first_of_crowds(frame, key, journal=journal)
    return base.Draft(kept, draft.rows_read, draft.crs)


PERIMETER_FIELDS = (
    Field("perimeter_id", ("code_qp", "code_qpv", "id", "gid", "fid")),
    Field("kind", ("type", "type_perimetre", "nature")),
    Field("name", ("lib_qp", "nom_qp", "nom", "libelle")),
)
PERIMETER_WORDS = {
    "action coeur de ville": "acv",
    "action cœur de ville": "acv",
    "anru": "npnru",
    "autre": "other_perimeter",
}


def perimeters(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read perimeters of public policies: QPV, ACV, ORT, ZAC, NPNRU, others.

    A file with the codes of QPV (``code_qp``) holds QPV; a perimeter without a kind, or of another
    kind, is ``other_perimeter``, and that is counted.
    """
    draft = base.layer(file, target, journal, fields=PERIMETER_FIELDS, shape="polygon")
    frame: Any = draft.frame
    known = columns.allowed_values(schemas.PERIMETERS, "kind") | PERIMETER_WORDS
    kind = frame["kind"].astype("str").str.strip().str.lower().map(known)
    priority = frame["perimeter_id"].astype("str").str.fullmatch(r"QN\d{5}[A-Z]").fillna(False)
    kind = kind.where(kind.notna() | ~priority, "qpv")
    journal.add("assumed", int(kind.isna().sum()), "readers.planning.other_perimeter")
    frame = frame.assign(kind=kind.fillna("other_perimeter"))
    frame = ids.fill_keys(frame, "perimeter_id", journal=journal)
    return base.Draft(frame, draft.rows_read, draft.crs)


EASEMENT = r"^\s*([A-Z]{1,3}\d{0,2})\b"  # of the nomenclature of the easements: AC1, PM1, I4…
PRESCRIPTION_FIELDS = (
    Field("prescription_id", ("objet", "lib_idpsc", "lib_idinfo", "idass", "id", "gid", "fid")),
    Field("typepsc"),
    Field("stypepsc"),
    Field("typeinf"),
    Field("stypeinf"),
    Field("suptype", ("typesup", "suptype", "categorie")),
    Field("label", ("libelle", "nomsuplitt", "nomass")),
    Field("text", ("txt",)),
    Field("document", ("idurba", "partition")),
    Field("url", ("urlfic",)),
    Field("validated_on", ("datvalid", "datappro")),
)


def prescriptions(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read prescriptions and informations of a local plan, or easements (CNIG standards).

    ``code`` and ``subcode`` have two digits (``typepsc``, ``stypepsc``; ``typeinf``, ``stypeinf``
    of an information); that of an easement is its ``suptype`` (AC1, PM1…). An object without a code
    is dropped: nothing tells what it prescribes.

    Raises
    ------
    FormatError
        The file has neither ``typepsc`` nor ``typeinf`` nor ``suptype``.
    """
    draft = base.layer(file, target, journal, fields=PRESCRIPTION_FIELDS, shape="any")
    frame: Any = draft.frame
    codes = {n: _two_digits(frame[n]) for n in ("typepsc", "stypepsc", "typeinf", "stypeinf")}
    easement = frame["suptype"].astype("str").str.upper().str.extract(EASEMENT, expand=False)
    coded = codes["typepsc"].notna() | codes["typeinf"].notna() | easement.notna()
    if len(frame) and not coded.any():
        raise FormatError("readers.planning.no_code", path=file.shown, columns=list(draft.found))
    journal.add("dropped", int((~coded).sum()), "readers.planning.without_code")
    of_plan = codes["typepsc"].notna()
    prescription, information, servitude = schemas.PRESCRIPTION_FAMILIES
    family = of_plan.map({True: prescription, False: information}).astype("str")
    frame = frame.assign(
        family=family.mask(~of_plan & codes["typeinf"].isna(), servitude),
        code=codes["typepsc"].fillna(codes["typeinf"]).fillna(easement),
        subcode=codes["stypepsc"].where(of_plan, codes["stypeinf"]),
        url=frame["url"].where(frame["url"].str.fullmatch(r"https?://\S+", na=False)),
        validated_on=_plan_dates(frame["validated_on"], journal),
    )
    frame = ids.fill_keys(frame[coded], "prescription_id", journal=journal)
    return base.Draft(frame, draft.rows_read, draft.crs)


def _two_digits(codes: pd.Series[Any]) -> pd.Series[Any]:
    return codes.astype("str").str.extract(r"^\s*(\d{1,2})\s*$", expand=False).str.zfill(2)


def _plan_dates(values: pd.Series[Any], journal: Journal) -> pd.Series[Any]:
    """Read dates of the CNIG standard, ``20240131``, and ISO dates."""
    texts = values.astype("str") if not pd.api.types.is_datetime64_any_dtype(values) else values
    if texts is not values:
        texts = texts.str.replace(r"^(\d{4})(\d\d)(\d\d)$", r"\1-\2-\3", regex=True)
    return parse.dates(texts, column="datvalid", journal=journal)
