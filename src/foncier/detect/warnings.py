"""Points to watch on a candidate: what does not rule it out, but must be known before a visit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from foncier import geometry
from foncier.detect.context import texts
from foncier.detect.measures.parcel import constraint_shapes, constraint_words, largest
from foncier.i18n import Localized
from foncier.wording import flag_columns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from foncier.detect.context import SpatialContext
    from foncier.detect.rule_engine import RuleOutcome
    from foncier.geometry import Geometries

OVERLAP_SHARE = 0.02  # less is the slack of the drawing between two sheets


def site_warnings(
    context: SpatialContext,
    rows: NDArray[np.intp],
    found: Mapping[str, NDArray[np.intp]],
    passages: Mapping[str, Sequence[RuleOutcome]],
) -> dict[str, list[str | None]]:
    """Columns ``warnings`` and ``warnings_en`` of the candidates, as `wording.flag_columns`.

    Parameters
    ----------
    rows
        Positions of the candidates in the parcels, kind after kind.
    found, passages
        The same by kind, and the tests they went through.
    """
    told = constrained(context, context.plots[rows])
    for words, twice in zip(told, overlaps(context, rows), strict=True):
        words.extend([twice] if twice else [])
    begins = 0
    for kind, own in found.items():
        for passage in passages[kind]:
            warned = passage.rows[passage.passed == 0] if passage.rule.warns else []
            for n in np.flatnonzero(np.isin(own, warned)):
                told[begins + n].append(passage.rule.failed or passage.rule.label)
        begins += len(own)
    return flag_columns(told)


def constrained(context: SpatialContext, plots: Geometries) -> list[list[Localized]]:
    """The constraint that covers most of each plot without ruling it out; none or one a plot."""
    if context.constraints is None:
        return [[] for _ in plots]
    kept, outlines = constraint_shapes(context.constraints, "flag", 1.0)
    words, most = constraint_words(kept), largest(geometry.overlaps(plots, outlines), len(plots))
    return [[words[at]] if at >= 0 else [] for at in most.tolist()]


def overlaps(context: SpatialContext, rows: NDArray[np.intp]) -> NDArray[np.object_]:
    """Words for the parcel that a plot overlaps most: the cadastre holds that land twice."""
    told = np.full(len(rows), None, dtype=object)
    if context.parcels is None or not len(rows):
        return told
    plots, ids = context.plots[rows], texts(context.parcels["parcel_id"])
    plot, other = context.plots_tree.query(plots, predicate="intersects")
    apart = rows[plot] != other
    plot, other = plot[apart], other[apart]
    area = shapely.area(shapely.intersection(plots[plot], context.plots[other]))
    enough = area >= OVERLAP_SHARE * shapely.area(plots[plot])
    plot, other, area = plot[enough], other[enough], area[enough]
    order = np.lexsort((-other, area))
    told[plot[order]] = [
        Localized(f"recouvre la parcelle {i}", f"overlaps parcel {i}") for i in ids[other[order]]
    ]
    return told
