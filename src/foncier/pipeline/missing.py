"""Say what was not there, and what was left aside."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from foncier.model import (
    Criterion,
    LayerReport,
    Localized,
    Missing,
    Note,
)
from foncier.study import costs as study_costs
from foncier.study import costs_in_communes, destination_categories
from foncier.study.config import LAYERS, Study
from foncier.wording import figure

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date

    import geopandas as gpd
    import numpy as np
    import shapely
    from numpy.typing import NDArray

    from foncier import detect
    from foncier.detect.evidence import Detection
    from foncier.pipeline.layers import Layers
    from foncier.wording import Lang


LANGUAGES: tuple[Lang, ...] = ("fr", "en")
SHOWN = 5  # communes that a message names
UNLISTED = Localized(
    "vérifiez que le fichier est celui de ces communes",
    "check that the file is that of these communes",
)
NAMELESS = Localized("parcelles sans commune", "parcels without a commune")
# Missed only by the criterion that reads it, which then says so itself.
ASKED_ONLY = ("prices", "transit")


def missing(
    study: Study, layers: Layers, destinations: dict[str, Any], loop: shapely.Geometry | None
) -> tuple[Missing, ...]:
    """Name every layer and destination that was not there, and what the result lacks."""
    costs = study_costs()
    # A layer whose absence costs nothing only replaces what is worked out otherwise; the stretches
    # of the axis stand in the place of quarters.
    spared = (*ASKED_ONLY, "quarters") if study.axis is not None else ASKED_ONLY
    lacking = [
        layer
        for layer in LAYERS
        if layer in costs and layer not in spared and layers.get(layer) is None
    ]
    gaps = [Missing(layer, costs[layer]) for layer in lacking]
    if loop is None:
        gaps.append(Missing("loop", costs["loop"]))
    if layers.get("places") is not None:
        for key, (words, _) in destination_categories().items():
            if key not in destinations:
                gaps.append(
                    Missing(
                        key,
                        Localized(
                            f"Aucun lieu « {words.fr} » dans les couches : temps inconnu.",
                            f"No place “{words.en}” in the layers: time unknown.",
                        ),
                    )
                )
    changed = {**study.rules.dent_creuse, **study.rules.terrain_divisible}
    skipped = sorted(name for name, change in changed.items() if change.skip)
    gaps += [
        Missing(
            name,
            Localized(
                f"Règle « {name} » laissée de côté par l'étude.",
                f"Rule “{name}” left out by the study.",
            ),
        )
        for name in skipped
    ]
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
    gaps = []
    for layer, communes in sorted(lacking.items()):
        fr, en = (costs[layer][lang].format(_listed(communes, lang)) for lang in LANGUAGES)
        gaps.append(Missing(layer, Localized(fr, en)))
    return tuple(gaps)


def _listed(communes: Collection[str], lang: Lang) -> str:
    names = [code or NAMELESS[lang] for code in sorted(communes)]
    more = len(names) - SHOWN
    last = {"fr": f" et {more} autres", "en": f" and {more} others"}[lang] if more > 0 else ""
    return ", ".join(names[:SHOWN]) + last


def unserved(count: int) -> tuple[Missing, ...]:
    """Say to how many sites the layer of streets does not come."""
    if not count:
        return ()
    fr, en = (figure(count, "", lang) for lang in LANGUAGES)
    words = Localized(
        f"Voies : la couche ne vient pas jusqu'à {fr} site(s), à plus de 1 km de toute voie ou "
        "dans une commune sans voie ; leur desserte est inconnue. Vérifiez qu'elle couvre l'étude.",
        f"Streets: the layer does not come to {en} site(s), more than 1 km from any street or in "
        "a commune without one; their access is unknown. Check that it covers the study.",
    )
    return (Missing("streets", words),)


def unlisted(inventory: gpd.GeoDataFrame | None, friches: Detection) -> tuple[Missing, ...]:
    """Say why no site of an inventory is listed, where none is."""
    if inventory is None or len(friches.candidates):
        return ()
    why = {
        lang: ", ".join(f"{n.text[lang]} ({figure(n.count, '', lang)})" for n in friches.notes)
        or UNLISTED[lang]
        for lang in LANGUAGES
    }
    fr, en = (figure(len(inventory), "", lang) for lang in LANGUAGES)
    words = Localized(
        f"Aucun site de l'inventaire n'est listé, de {fr} lus dans les communes de l'étude : "
        f"{why['fr']}.",
        f"No site of the inventory is listed, of {en} read in the communes of the study: "
        f"{why['en']}.",
    )
    return (Missing("inventory", words),)


def unmeasured(ramps: tuple[Criterion, ...], names: Collection[str]) -> tuple[Missing, ...]:
    """Name the criteria that no site could be measured on."""
    return tuple(
        Missing(
            ramp.name,
            Localized(
                f"Critère « {ramp.label.fr} » : aucune mesure, il ne compte pas dans les scores.",
                f"Criterion “{ramp.label.en}”: no measure, it does not count in the scores.",
            ),
        )
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
