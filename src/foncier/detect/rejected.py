"""Why a parcel is not a candidate: the first rule it failed, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np

from foncier import tables
from foncier.detect.details import in_english
from foncier.wording import COLON, KIND_LABELS, Lang, reasons

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from foncier.detect.funnel import Passage


def rejections(
    parcels: gpd.GeoDataFrame,
    rejected: NDArray[np.intp],
    passages: Mapping[str, Sequence[Passage]],
) -> gpd.GeoDataFrame:
    """Build one row a parcel: the rule that stopped it on the way where it went furthest.

    Parameters
    ----------
    parcels
        PARCELS.
    rejected
        Positions of the parcels that are candidates of no kind, in order.
    passages
        Tests of each kind sought; of two ways that went as far, the first kind is told.

    Returns
    -------
    REJECTIONS, in the order of the parcels; margin is missing where the value is unknown.
    """
    every = [(kind, passage) for kind, steps in passages.items() for passage in steps]
    if not every or not len(rejected):
        return tables.REJECTIONS.empty(parcels.crs)
    furthest = np.full(len(parcels), -1)
    for n, (_, passage) in reversed(list(enumerate(every))):
        stopped = passage.rows[passage.stopped]
        steps = np.array([every[m][1].step if m >= 0 else 0 for m in furthest[stopped]])
        furthest[stopped[passage.step >= steps]] = n
    words: dict[str, NDArray[Any]] = {
        name: np.full(len(parcels), None, dtype=object) for name in tables.REJECTIONS.names[2:-1]
    }
    for n, (kind, passage) in enumerate(every):
        here = passage.stopped & (furthest[passage.rows] == n)
        for name, values in _told(kind, passage, here).items():
            words[name][passage.rows[here]] = values
    kept = parcels.iloc[rejected]
    columns = {name: values[rejected] for name, values in words.items()}
    rows = gpd.GeoDataFrame(
        {"parcel_id": kept["parcel_id"].to_numpy(), "area_m2": kept["area_m2"].to_numpy(),
         **columns},
        geometry=kept.geometry.to_numpy(),
        crs=parcels.crs,
    )  # fmt: skip
    return tables.REJECTIONS.conform(rows.sort_values("parcel_id"))


def _told(kind: str, passage: Passage, here: NDArray[np.bool_]) -> dict[str, Any]:
    """Columns of REJECTIONS for the parcels that one test stopped."""
    rule, values, details = passage.rule, passage.value[here], passage.detail[here]
    limits, translated = passage.limit[here], in_english(details)

    def why(lang: Lang) -> NDArray[np.object_]:
        told = details if lang == "fr" else translated
        sought = KIND_LABELS[kind][lang] + COLON[lang]
        own = limits if rule.limit else None
        words: NDArray[np.object_] = sought + reasons(rule, values, told, lang, limits=own)
        return words

    return {
        "kind": kind,
        "rule": rule.name,
        "value": values,
        "threshold": limits,
        "margin": passage.margin[here],
        "unit": rule.unit or None,
        "detail": details,
        "detail_en": translated,
        "reason_fr": why("fr"),
        "reason_en": why("en"),
    }
