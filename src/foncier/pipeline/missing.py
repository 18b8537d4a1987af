"""Say what was not there, and what was left aside."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from foncier.i18n import (
    LANGUAGES,
    Localized,
    Message,
    format_value,
    label,
    localized,
)
from foncier.model import (
    Criterion,
    LayerReport,
    Missing,
    Note,
)
from foncier.study import costs as study_costs
from foncier.study import costs_in_communes, destination_categories
from foncier.study.config import LAYERS, Study

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date

    import geopandas as gpd
    import numpy as np
    import shapely
    from numpy.typing import NDArray

    from foncier import detect
    from foncier.detect.evidence import Detection
    from foncier.pipeline.layers import Layers

# Missed only by the criterion that reads it, which then says so itself.
ASKED_ONLY = ("prices", "transit")


def missing(
    study: Study, layers: Layers, destinations: dict[str, Any], loop: shapely.Geometry | None
) -> tuple[Missing, ...]:
    """Name every layer and destination that was not there, and what the result lacks."""
    costs = study_costs()
    # A layer whose absence costs nothing only replaces what is worked out otherwise; the stretches
    # of the axis stand in the place of quarters.
    spared = (*ASKED_ONLY, "districts") if study.axis is not None else ASKED_ONLY
    gaps = [
        Missing(layer, costs[layer])
        for layer in LAYERS
        if layer in costs and layer not in spared and layers.get(layer) is None
    ]
    if loop is None:
        gaps.append(Missing("loop", costs["loop"]))
    if layers.get("places") is not None:
        gaps += [
            Missing(key, localized("pipeline.no_destination", name=words))
            for key, (words, _) in destination_categories().items()
            if key not in destinations
        ]
    changed = {**study.rules.dent_creuse, **study.rules.terrain_divisible}
    skipped = sorted(name for name, change in changed.items() if change.skip)
    gaps += [Missing(name, localized("pipeline.rule_skipped", name=name)) for name in skipped]
    return tuple(gaps)


def partial_coverage(
    context: detect.SpatialContext, friches: Detection, lost: NDArray[np.bool_]
) -> tuple[Missing, ...]:
    """Name what layers that are there do not tell: of communes, of sites, of an inventory.

    ``lost`` are the sites of `foncier.pipeline.warnings.outside_street_coverage`.
    """
    return (
        *uncovered(context.lacking),
        *unserved(int(lost.sum())),
        *unlisted(context.inventory, friches),
    )


def uncovered(lacking: Mapping[str, Collection[str]]) -> tuple[Missing, ...]:
    """Name the communes that a layer does not come to, and what is unknown there."""
    costs = costs_in_communes()
    return tuple(
        Missing(layer, _in_communes(costs[layer], sorted(communes)))
        for layer, communes in sorted(lacking.items())
    )


def _in_communes(cost: Localized, communes: Sequence[str]) -> Localized:
    names = [code or Message("pipeline.no_commune") for code in communes]
    fr, en = (cost[lang].format(format_value(names, "items 5", lang)) for lang in LANGUAGES)
    return Localized(fr, en)


def unserved(count: int) -> tuple[Missing, ...]:
    """Say how many sites the layer of streets does not reach."""
    if not count:
        return ()
    return (Missing("streets", localized("pipeline.streets_too_far", count=count)),)


def unlisted(inventory: gpd.GeoDataFrame | None, friches: Detection) -> tuple[Missing, ...]:
    """Say why no site of an inventory is listed, where none is."""
    if inventory is None or len(friches.candidates):
        return ()
    reasons: list[Message | Localized] = [
        Message("pipeline.inventory_note", text=note.text, count=note.count)
        for note in friches.notes
    ]
    reasons = reasons or [label("pipeline.inventory_wrong_communes")]
    words = localized("pipeline.inventory_unlisted", count=len(inventory), reasons=reasons)
    return (Missing("inventory", words),)


def unmeasured(ramps: tuple[Criterion, ...], names: Collection[str]) -> tuple[Missing, ...]:
    """Name the criteria that no site could be measured on."""
    return tuple(
        Missing(ramp.name, localized("pipeline.criterion_unmeasured", criterion=ramp.label))
        for ramp in ramps
        if ramp.name in names
    )


def add_notes(
    reports: tuple[LayerReport, ...],
    friches: tuple[Note, ...],
    buildings: tuple[Note, ...],
    streets: Mapping[str, tuple[Note, ...]] | None = None,
) -> tuple[LayerReport, ...]:
    """Add what was left aside on the way to the report of the layer that it came from."""
    more = {"inventory": friches, "observations": buildings, **(streets or {})}
    return tuple(replace(r, notes=r.notes + more.pop(r.layer, ())) for r in reports)


def newest_vintage(reports: tuple[LayerReport, ...]) -> date | None:
    """Date of the most recent layer, None when no layer is dated."""
    known = [r.vintage for r in reports if r.vintage]
    return max(known) if known else None
