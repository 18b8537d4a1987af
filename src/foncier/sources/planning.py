"""Zones of the local plan, constraints, and what hand-made layers say of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foncier import tables
from foncier.sources import columns, keys, reading
from foncier.sources.columns import Field

if TYPE_CHECKING:
    import pandas as pd

    from foncier.records import LayerFile
    from foncier.sources.journal import Journal
    from foncier.sources.reading import Draft, Target

ZONE_FIELDS = (
    Field("zone_id", ("idzone", "gid")),
    Field("zone_type", ("typezone",), required=True),
    Field("label", ("libelle",)),
)
CONSTRAINT_FIELDS = (
    Field("constraint_id", ("id", "gid", "fid")),
    Field("kind", required=True),
    Field("label", ("libelle", "nom", "name")),
    Field("effect", ("effet",)),
)
# What a kind does to a plot unless the file says otherwise (docs METHODS §3: false positives are
# excluded with the reason kept; courtyards and car parks are flagged, not excluded).
EFFECTS = {
    "water": "exclude", "park": "exclude", "cemetery": "exclude", "sports": "exclude",
    "school": "exclude", "allotments": "exclude", "railway": "exclude", "road": "exclude",
    "hazard": "flag", "heritage": "flag", "parking": "flag", "courtyard": "flag",
    "other": "context",
}  # fmt: skip
FRENCH_KINDS = {
    "eau": "water", "parc": "park", "square": "park", "cimetière": "cemetery", "sport": "sports",
    "école": "school", "jardins familiaux": "allotments", "hortillonnages": "allotments",
    "voie ferrée": "railway", "voirie": "road", "risque": "hazard", "patrimoine": "heritage",
    "stationnement": "parking", "cour": "courtyard", "autre": "other",
}  # fmt: skip
FRENCH_EFFECTS = {"exclure": "exclude", "signaler": "flag", "contexte": "context"}


def zones(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read zones of a local plan in the layout of the Géoportail de l'urbanisme."""
    draft = reading.layer(file, target, journal, fields=ZONE_FIELDS, shape="polygon")
    frame: Any = draft.frame
    typed = frame["zone_type"].notna()
    journal.add(
        "dropped", int((~typed).sum()), "zones sans type écartées", "zones without type dropped"
    )
    return reading.Draft(
        keys.keyed(frame[typed], "zone_id", journal=journal), draft.rows_read, draft.crs
    )


def constraints(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read constraints: ``kind`` from a column or a constant, ``effect`` by default that of it.

    Raises
    ------
    FormatError
        A kind or an effect that is not in the contract.
    """
    draft = reading.layer(file, target, journal, fields=CONSTRAINT_FIELDS, shape="any")
    return constraints_of(draft, file, journal)


def constraints_of(draft: Draft, file: LayerFile, journal: Journal) -> Draft:
    """Constraints with their key, their kind in our words and its effect."""
    frame: Any = draft.frame
    kinds = columns.allowed(tables.CONSTRAINTS, "kind") | FRENCH_KINDS
    effects = columns.allowed(tables.CONSTRAINTS, "effect") | FRENCH_EFFECTS
    kind = columns.translate(frame["kind"], kinds, column="kind", shown=file.shown)
    said = columns.translate(frame["effect"], effects, column="effect", shown=file.shown)
    frame = frame.assign(kind=kind, effect=said.fillna(effect_of(kind)))
    kindless = frame["kind"].isna()
    journal.add(
        "dropped",
        int(kindless.sum()),
        "contraintes sans nature écartées",
        "constraints without kind dropped",
    )
    frame = keys.keyed(frame[~kindless], "constraint_id", journal=journal)
    return reading.Draft(frame, draft.rows_read, draft.crs)


def effect_of(kind: pd.Series[Any]) -> pd.Series[Any]:
    """What each kind of constraint does to a plot when nothing else is said.

    Examples
    --------
    >>> import pandas as pd
    >>> list(effect_of(pd.Series(["water", "parking"])))
    ['exclude', 'flag']
    """
    return kind.map(EFFECTS).astype("str")
