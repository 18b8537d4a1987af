"""Groups of parcels in words: what each lacks alone, what they reach together."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from foncier.detect.context import shapes as shapes_of
from foncier.detect.details import in_english
from foncier.detect.fabric import CLASSES
from foncier.wording import COLON, figure, reasons

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from foncier.detect.context import SpatialContext
    from foncier.detect.rule_engine import RuleOutcome
    from foncier.geometry import Floats, Geometries
    from foncier.wording import Lang

LANGUAGES: tuple[Lang, ...] = ("fr", "en")
AGREEMENT = {
    "fr": "Suppose l'accord des propriétaires de {n} parcelles. foncier ne sait pas à qui elles "
    "sont, ni si c'est à la même personne\u00a0: à vérifier au fichier immobilier.",
    "en": "Needs the agreement of the owners of {n} parcels. foncier does not know whose they "
    "are, nor whether it is the same person: to be checked in the land register.",
}
ONE_UNIT = {
    "fr": "La couche d'unités foncières fournie les réunit\u00a0: un seul accord serait à "
    "chercher. À vérifier au fichier immobilier.",
    "en": "The layer of land units supplied holds them as one: a single agreement would be "
    "needed. To be checked in the land register.",
}
MOST_OF_IT = 0.5  # share of a parcel that makes it a unit's


@dataclass(frozen=True)
class Parts:
    """Land that fails alone: outline, position of its parcel, built or bare.

    In the order of the parcels' ids, so that nothing depends on the order of the table. ``tests``
    holds those that stopped the parcels: of the bare ones, and of the built ones.
    """

    shapes: Geometries
    parcel: NDArray[np.intp]
    built: NDArray[np.bool_]
    tests: tuple[list[RuleOutcome], list[RuleOutcome]]

    def __len__(self) -> int:
        return len(self.shapes)


@dataclass(frozen=True)
class Trial:
    """Groups of one size that were drawn (positions of parts, shape (n, size)), and their union.

    ``passed`` holds the positions of those that passed all tests, ``steps`` their tests; ``failed``
    all other groups, drawn or not.
    """

    groups: NDArray[np.intp]
    shapes: Geometries
    steps: list[RuleOutcome]
    passed: NDArray[np.intp]
    failed: NDArray[np.intp]


def describe_groups(
    context: SpatialContext,
    parts: Parts,
    trial: Trial,
    rows: NDArray[np.intp],
    *,
    ids: NDArray[np.object_],
    told: Collection[str],
) -> gpd.GeoDataFrame:
    """Columns of ASSEMBLIES for some groups of a trial, unsorted.

    Parameters
    ----------
    context
        Of the fabric classes.
    rows
        Positions of the groups.
    ids
        Ids of all parcels.
    told
        Names of the rules whose figures are told of the group.
    """
    members, shapes = trial.groups[rows], trial.shapes[rows]
    crs = None if context.parcels is None else context.parcels.crs
    names = ids[parts.parcel[members]].reshape(members.shape)
    parcel_ids = ["|".join(group) for group in names]
    drawn = context.with_parcels(gpd.GeoDataFrame(geometry=shapes, crs=crs))
    fabric = np.array(CLASSES, dtype=object)[drawn.fabric_of(np.arange(len(rows)))]
    built = parts.built[members].any(axis=1)
    units = _units(context, parts.parcel[members])
    steps = [passage for passage in trial.steps if passage.rule.name in told]
    words = dict[str, list[str]]()
    for lang in LANGUAGES:
        words[f"alone_{lang}"] = _alone(describe_lacking(parts, members, lang), names, lang)
        words[f"together_{lang}"] = _together(steps, rows, lang)
        words[f"agreement_{lang}"] = _agreement(units, members.shape[1], lang)
    return gpd.GeoDataFrame(
        {
            "assembly_id": [_name(group) for group in parcel_ids],
            "kind": np.where(built, "fonds_batis", "parcelles_nues"),
            "parcel_ids": parcel_ids,
            "parcels": members.shape[1],
            "units": units,
            "area_m2": shapely.area(shapes),
            "usable_area_m2": _usable(trial.steps, rows),
            "fabric": fabric,
            **words,
        },
        geometry=shapes,
        crs=crs,
    )


def describe_lacking(parts: Parts, members: NDArray[np.intp], lang: Lang) -> NDArray[np.object_]:
    """Words for the test that stopped the parcel of each part, in the shape of the members."""
    some, back = np.unique(members, return_inverse=True)
    told = np.full(len(some), None, dtype=object)
    for built, tests in enumerate(parts.tests):
        here = np.flatnonzero(parts.built[some] == bool(built))
        for passage in tests:
            stopped = passage.rows[passage.stopped]
            own = here[np.isin(parts.parcel[some[here]], stopped)]
            at = np.searchsorted(passage.rows, parts.parcel[some[own]])
            details = passage.detail[at]
            told[own] = reasons(
                passage.rule,
                passage.value[at],
                in_english(details) if lang == "en" else details,
                lang,
                limits=passage.limit[at] if passage.rule.limit else None,
            )
    words: NDArray[np.object_] = told[back.reshape(members.shape)]
    return words


def _agreement(units: Floats, size: int, lang: Lang) -> list[str]:
    """Who has to agree, for each group of ``size`` parcels."""
    return [(ONE_UNIT if n == 1 else AGREEMENT)[lang].format(n=size) for n in units]


def _units(context: SpatialContext, members: NDArray[np.intp]) -> Floats:
    """Count the land units that the parcels of each group belong to; unknown where one has none."""
    if context.land_units is None or not len(members):
        return np.full(len(members), np.nan)
    parcels, back = np.unique(members, return_inverse=True)
    plots, units = context.plots[parcels], shapes_of(context.land_units)
    plot, unit = shapely.STRtree(units).query(plots, predicate="intersects")
    held = shapely.area(shapely.intersection(plots[plot], units[unit]))
    order = np.lexsort((-unit, held))  # the largest is written last; the first of equals wins
    order = order[held[order] >= MOST_OF_IT * shapely.area(plots[plot[order]])]
    of = np.full(len(parcels), np.nan)
    of[plot[order]] = unit[order]
    sorted_ = np.sort(of[back.reshape(members.shape)], axis=1)
    count = 1.0 + (np.diff(sorted_, axis=1) != 0).sum(axis=1)
    return np.where(np.isnan(sorted_).any(axis=1), np.nan, count)


def _name(parcel_ids: str) -> str:
    """Stable id of a group: its first parcel, and a mark of all of them."""
    mark = hashlib.blake2s(parcel_ids.encode(), digest_size=3).hexdigest()
    return f"AS-{parcel_ids.split('|', maxsplit=1)[0]}-{mark}"


def _alone(lacks: NDArray[np.object_], names: Any, lang: Lang) -> list[str]:
    return [
        " | ".join(f"{name}{COLON[lang]}{lack}" for name, lack in zip(*pair, strict=True))
        for pair in zip(names, lacks, strict=True)
    ]


def _together(steps: list[RuleOutcome], rows: NDArray[np.intp], lang: Lang) -> list[str]:
    """Figures of each group on some tests, each with its threshold."""
    words: list[list[str]] = [[] for _ in rows]
    asked = "seuil" if lang == "fr" else "threshold"
    for passage in steps:
        rule = passage.rule
        here = np.flatnonzero(np.isin(rows, passage.rows))  # a rule without a limit skips some
        for n, at in zip(here, np.searchsorted(passage.rows, rows[here]), strict=True):
            value = figure(passage.value[at], rule.unit, lang)
            limit = figure(passage.limit[at], rule.unit, lang)
            words[n].append(f"{rule.label[lang]}{COLON[lang]}{value} ({asked} {limit})")
    return [" | ".join(each) for each in words]


def _usable(steps: list[RuleOutcome], rows: NDArray[np.intp]) -> Floats:
    value = np.full(len(rows), np.nan)
    for passage in steps:
        if passage.rule.measure == "opened_area_m2":
            here = np.isin(rows, passage.rows)
            value[here] = passage.value[np.searchsorted(passage.rows, rows[here])]
    return value
