"""Report missing layers and dropped records."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from foncier.communes import named
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
from foncier.study.mutafriches import EVERY_SITE

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

# Only a criterion needs them, and it reports itself that it has no measure.
FOR_CRITERIA = ("prices", "transit")


def absent_layers(study: Study, present: Collection[str]) -> tuple[Missing, ...]:
    """List the layers that a study lacks, with what the result lacks without them.

    Layers that have no entry in costs only replace a computed one; sections of the axis replace
    districts.
    """
    costs = study_costs()
    spared = (*FOR_CRITERIA, "districts") if study.axis is not None else FOR_CRITERIA
    return tuple(
        Missing(layer, costs[layer])
        for layer in LAYERS
        if layer in costs and layer not in spared and layer not in present
    )


def missing(
    study: Study, layers: Layers, destinations: dict[str, Any], loop: shapely.Geometry | None
) -> tuple[Missing, ...]:
    """List the missing layers and destinations, with what the result lacks without them."""
    gaps = list(absent_layers(study, [name for name in LAYERS if layers.get(name) is not None]))
    if loop is None:
        gaps.append(Missing("loop", study_costs()["loop"]))
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
    context: detect.SpatialContext, friches: Detection, outside: NDArray[np.bool_]
) -> tuple[Missing, ...]:
    """List what existing layers do not cover: communes, sites, records of an inventory.

    ``outside`` are the sites of `foncier.pipeline.warnings.outside_street_coverage`.
    """
    return (
        *uncovered(context.uncovered),
        *unserved(int(outside.sum())),
        *unlisted(context.inventory, friches),
    )


def uncovered(lacking: Mapping[str, Collection[str]]) -> tuple[Missing, ...]:
    """List the communes that a layer does not cover, and what is unknown there."""
    costs = costs_in_communes()
    return tuple(
        Missing(layer, _in_communes(costs[layer], sorted(communes)))
        for layer, communes in sorted(lacking.items())
    )


def _in_communes(cost: Localized, communes: Sequence[str]) -> Localized:
    names = [named(code) if code else Message("pipeline.no_commune") for code in communes]
    fr, en = (cost[lang].format(format_value(names, "items 5", lang)) for lang in LANGUAGES)
    return Localized(fr, en)


def unserved(count: int) -> tuple[Missing, ...]:
    """Report how many sites are outside of the layer of streets."""
    if not count:
        return ()
    return (Missing("streets", localized("pipeline.streets_too_far", count=count)),)


def unlisted(inventory: gpd.GeoDataFrame | None, friches: Detection) -> tuple[Missing, ...]:
    """Report why no record of an inventory is listed, if none is."""
    if inventory is None or len(friches.candidates):
        return ()
    reasons: list[Message | Localized] = [
        Message("pipeline.inventory_note", text=note.text, count=note.count)
        for note in friches.notes
    ]
    reasons = reasons or [label("pipeline.inventory_wrong_communes")]
    words = localized("pipeline.inventory_unlisted", count=len(inventory), reasons=reasons)
    return (Missing("inventory", words),)


def unmeasured(criteria: tuple[Criterion, ...], names: Collection[str]) -> tuple[Missing, ...]:
    """List the criteria that no site has a measure of."""
    return tuple(
        Missing(one.name, localized("pipeline.criterion_unmeasured", criterion=one.label))
        for one in criteria
        if one.name in names
    )


def unknown_sites(study: Study, ids: Collection[str]) -> tuple[Missing, ...]:
    """List the sites that the study names and the result does not have.

    ``ids`` are those of the opportunities. Sites of photos and of answers to Mutafriches.
    """
    photos = study.leaflet.photos if study.leaflet else ()
    named = [("leaflet", photo.site) for photo in photos]
    named += [("mutability", site) for site in study.mutability if site != EVERY_SITE]
    known = {*ids, *(site.removeprefix("FR-") for site in ids if site.startswith("FR-"))}
    return tuple(
        Missing(table, localized("pipeline.unknown_site", site=site, table=table))
        for table, site in named
        if site not in known
    )


def add_notes(
    reports: tuple[LayerReport, ...],
    friches: tuple[Note, ...],
    buildings: tuple[Note, ...],
    streets: Mapping[str, tuple[Note, ...]] | None = None,
) -> tuple[LayerReport, ...]:
    """Add notes of later steps to the report of the layer that they concern."""
    more = {"inventory": friches, "observations": buildings, **(streets or {})}
    return tuple(replace(r, notes=r.notes + more.pop(r.layer, ())) for r in reports)


def newest_vintage(reports: tuple[LayerReport, ...]) -> date | None:
    """Date of the most recent layer, None if no layer is dated."""
    known = [r.vintage for r in reports if r.vintage]
    return max(known) if known else None
