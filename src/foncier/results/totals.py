"""Number and area of the sites on offer, by kind: the same figures in every deliverable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from foncier.schemas.results import KINDS, READY, TAKEN, TO_CONFIRM

if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Any

    import geopandas as gpd

PUBLIC, PARTLY_PUBLIC = "public", "partiel"  # of the column public_land
# Parts of the sites of a result, in the order in which they are stated.
PARTS = ("found", "offered", "ready", "to_confirm", "taken", "public", "partly_public")

# Layers without which a kind is not sought: one of the sets is enough.
NEEDED = {
    "friche": ({"inventory"}, {"observations"}),
    "dent_creuse": ({"parcels", "buildings"},),
    "batiment_non_affecte": ({"buildings", "observations"},),
    "terrain_divisible": ({"parcels", "buildings"},),
}


def sought_kinds(layers: Collection[str]) -> tuple[str, ...]:
    """Kinds that a study with these layers looks for: none of another kind is not 0 of them.

    Examples
    --------
    >>> sought_kinds(["inventory", "streets"])
    ('friche',)
    """
    there = set(layers)
    return tuple(kind for kind in KINDS if any(needed <= there for needed in NEEDED[kind]))


def counted_area(candidates: Any) -> Any:
    """Land that each site counts, m²; missing where unknown. All areas on offer are its sums.

    A result of version 0.1.0 has no counted area but that of its friches: the others count theirs.
    """
    return candidates["counted_area_m2"].fillna(candidates["area_m2"])


def totals(candidates: gpd.GeoDataFrame) -> pd.DataFrame:
    """Count the sites of each kind that is present, and the land that they offer.

    Parameters
    ----------
    candidates
        Table of the schema ``CANDIDATES``.

    Returns
    -------
    One row by kind, in the order of `foncier.schemas.results.KINDS` (index ``kind``): ``sites``,
    ``area_m2`` (land counted once: the sum of ``counted_area_m2``) and ``unknown``, the sites whose
    area is not known. The sums over the rows are those of the result.
    """
    areas = counted_area(candidates)
    kinds = candidates["kind"]
    table = pd.DataFrame(
        {
            "sites": kinds.groupby(kinds).size(),
            "area_m2": areas.groupby(kinds).sum(),
            "unknown": areas.isna().groupby(kinds).sum(),
        }
    )
    present = [kind for kind in KINDS if kind in table.index]
    return table.reindex(present).rename_axis("kind")


@dataclass(frozen=True)
class Land:
    """Sites of one part of a result, their land counted once, and those of unknown area."""

    sites: int
    area_m2: float
    unknown: int


def offer_classes(candidates: pd.DataFrame) -> pd.Series[str]:
    """Class of availability of each site; to be confirmed where the result has none.

    Examples
    --------
    >>> offer_classes(pd.DataFrame({"availability_class": ["pris", None]})).tolist()
    ['pris', 'a_confirmer']
    """
    if "availability_class" not in candidates:
        return pd.Series(TO_CONFIRM, index=candidates.index, dtype="str")
    classes: pd.Series[str] = candidates["availability_class"].fillna(TO_CONFIRM)
    return classes


def on_offer(candidates: Any) -> Any:
    """Sites that are not taken, in their order."""
    return candidates[(offer_classes(candidates) != TAKEN).to_numpy(dtype=bool)]


def supply(candidates: gpd.GeoDataFrame) -> dict[str, Land]:
    """Sites and land of each of `PARTS`: the one definition that every deliverable states.

    ``found`` is all sites; ``taken`` those with a project or a permit, ``offered`` all others,
    which are ``ready`` or ``to_confirm``. ``public`` is the part of the offer that public bodies
    own entirely, ``partly_public`` that which they share; unknown owners are in neither.

    Parameters
    ----------
    candidates
        Table of the schema ``CANDIDATES``.
    """
    classes = offer_classes(candidates)
    offered = classes != TAKEN
    owned = candidates["public_land"] if "public_land" in candidates else classes.map(lambda _: "")
    rows = {
        "found": offered | True,
        "offered": offered,
        "ready": classes == READY,
        "to_confirm": classes == TO_CONFIRM,
        "taken": ~offered,
        "public": offered & (owned == PUBLIC).fillna(value=False),
        "partly_public": offered & (owned == PARTLY_PUBLIC).fillna(value=False),
    }
    return {name: _land(candidates[rows[name].to_numpy(dtype=bool)]) for name in PARTS}


def _land(candidates: gpd.GeoDataFrame) -> Land:
    table = totals(candidates)
    sums = (table["sites"].sum(), table["area_m2"].sum(), table["unknown"].sum())
    return Land(int(sums[0]), float(sums[1]), int(sums[2]))
