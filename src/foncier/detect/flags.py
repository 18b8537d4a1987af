"""Points to watch on a candidate: what does not rule it out, but must be known before a visit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from foncier.detect.ground import texts
from foncier.detect.measures import constraint_shapes, largest_constraint

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from foncier.detect.funnel import Passage
    from foncier.detect.ground import Ground

OVERLAP_SHARE = 0.05  # of the plot: more than limits drawn twice would cover
LISTED = "déjà dans l'inventaire des friches"
OVERLAPPING = "recouvre une parcelle voisine"


def flags(
    ground: Ground,
    rows: NDArray[np.intp],
    found: Mapping[str, NDArray[np.intp]],
    passages: Mapping[str, Sequence[Passage]],
) -> NDArray[np.object_]:
    """French words for each candidate, joined by ``|``; None where there is nothing to say.

    Parameters
    ----------
    rows
        Positions of the candidates in the parcels, kind after kind.
    found, passages
        The same by kind, and the tests they went through.
    """
    told: list[list[str]] = [[] for _ in rows]
    plots = ground.plots[rows]
    if ground.constraints is not None:
        under = largest_constraint(plots, *constraint_shapes(ground.constraints, "flag", 1.0))
        for words, constraint in zip(told, under, strict=True):
            words.extend([constraint] if constraint else [])
    for mark, sentence in (
        (overlapping(ground, rows), OVERLAPPING), (listed(ground, rows), LISTED)
    ):  # fmt: skip
        for n in np.flatnonzero(mark):
            told[n].append(sentence)
    begins = 0
    for kind, own in found.items():
        for passage in passages[kind]:
            warned = passage.rows[passage.passed == 0] if passage.rule.warns else []
            for n in np.flatnonzero(np.isin(own, warned)):
                told[begins + n].append(passage.rule.failed.fr if passage.rule.failed else "")
        begins += len(own)
    return np.array([" | ".join(words) or None for words in told], dtype=object)


def overlapping(ground: Ground, rows: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Tell which parcels another one covers in part: the cadastre is out of date there."""
    plots = ground.plots[rows]
    one, other = ground.plots_tree.query(plots, predicate="intersects")
    apart = other != rows[one]
    one, other = one[apart], other[apart]
    common = shapely.area(shapely.intersection(plots[one], ground.plots[other]))
    over = common > OVERLAP_SHARE * shapely.area(plots[one])
    return np.isin(np.arange(len(rows)), one[over])


def listed(ground: Ground, rows: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Tell which parcels a site of the inventory names: they are already an opportunity."""
    if ground.parcels is None or ground.inventory is None:
        return np.zeros(len(rows), dtype=bool)
    lists = [ids.split("|") for ids in texts(ground.inventory["parcel_ids"]) if ids]
    named = {parcel for ids in lists for parcel in ids}
    ids = ground.parcels["parcel_id"].to_numpy()[rows]
    return np.array([parcel in named for parcel in ids], dtype=bool)
