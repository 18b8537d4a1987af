"""What visits are drawn from: the list as no verdict has changed it, and what is not listed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from foncier import validation as metrics
from foncier.model import VERDICTS
from foncier.results.layers import SITES
from foncier.study import least_confidence

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foncier.results import SavedResult

BUILDING, UNLISTED, REJECTED = "batiment_non_affecte", "sites_ecartes", "parcelles_ecartees"
PARCEL = "EC-{}"  # id of a rejected parcel in a plan of visits
NEAR = 0.25  # of the threshold: a rejected parcel may be right more often near it
STRATA = NEAR_STRATUM, FAR_STRATUM, WEAK_STRATUM = "ecarte_proche", "ecarte_loin", "sous_seuil"


def listed_sites(result: SavedResult) -> tuple[gpd.GeoDataFrame, int]:
    """Sites of a result as if nobody had visited them, for what a verdict may prove.

    Their confidence is that without verdicts. A site that verdicts alone took off the list is in it
    again, and one that they alone put on it is not.

    Returns
    -------
    The sites, sorted by id, and how many have a verdict among their evidence.
    """
    listed = _before_verdicts(result, SITES, "indices")
    off = _before_verdicts(result, UNLISTED, "indices_ecartes")
    rows = [listed.loc[~_by_verdict(listed)], off.loc[off["changed"] & off["enough"]]]
    every = pd.concat([part for part in rows if len(part)] or rows[:1], ignore_index=True)
    own = int(listed["changed"].sum() + off["changed"].sum())
    return every.sort_values("opportunity_id", ignore_index=True), own


def unlisted_sites(result: SavedResult, truths: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """What a result does not list and a plan may visit, for the recall.

    Rejected parcels, near the threshold that they miss or far from it, and buildings and sites
    that some evidence supports too weakly. A building without any evidence of vacancy is not among
    them: nothing says where to look, and recall is that among all the rest.

    Parameters
    ----------
    result
        A result.
    truths
        From `foncier.readers.read_truth`; only those with the id of a plan count here.

    Returns
    -------
    ``opportunity_id``, ``kind`` (that it was sought as), ``parcel_ids``, ``confidence``,
    ``stratum`` (of `STRATA`), ``order`` (by rule and margin, for an even draw), ``holds`` and the
    outline; sorted by id.
    """
    listed = _before_verdicts(result, SITES, "indices")
    off = _before_verdicts(result, UNLISTED, "indices_ecartes")
    weak = [off.loc[~(off["changed"] & off["enough"])], listed.loc[_by_verdict(listed)]]
    rejected = result.table(REJECTED)
    far = ~_is_near(rejected)
    parcels = gpd.GeoDataFrame(
        {
            "opportunity_id": [PARCEL.format(i) for i in rejected["parcel_id"]],
            "kind": rejected["kind"],
            "parcel_ids": rejected["parcel_id"],
            "confidence": np.nan,
            "stratum": np.where(far, FAR_STRATUM, NEAR_STRATUM),
            "order": rejected["rule"].astype("str") + _ordered(rejected["margin"]),
        },
        geometry=rejected.geometry.to_numpy(),
        crs=rejected.crs,
    )
    others = pd.concat([part for part in weak if len(part)] or weak[:1], ignore_index=True)
    others = others.assign(stratum=WEAK_STRATUM, order=_ordered(others["confidence"]))
    rows = pd.concat(
        [part[parcels.columns] for part in (parcels, others) if len(part)] or [parcels],
        ignore_index=True,
    )
    table = gpd.GeoDataFrame(rows, geometry="geometry", crs=rejected.crs)
    return _with_verdicts(table, truths).sort_values("opportunity_id", ignore_index=True)


def _by_verdict(listed: gpd.GeoDataFrame) -> pd.Series[bool]:
    """Sites that verdicts alone put on the list; a friche of an inventory needs no confidence."""
    alone: pd.Series[bool] = listed["changed"] & ~listed["enough"] & (listed["kind"] == BUILDING)
    return alone


def _before_verdicts(result: SavedResult, layer: str, evidence: str) -> gpd.GeoDataFrame:
    """Sites of a layer with their confidence before any verdict.

    ``changed``: verdicts changed it; ``enough``: without them it is enough to be listed.
    """
    table = result.table(layer)
    before = metrics.without_verdicts(table, result.table(evidence))
    least = table["kind"].map(least_confidence()).to_numpy(dtype=np.float64)
    now = table["confidence"].to_numpy(dtype=np.float64)
    changed = ~np.isclose(before, now, rtol=0, atol=1e-9, equal_nan=True)
    return table.assign(confidence=before, changed=changed, enough=before >= least)


def _is_near(rejected: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Whether each parcel misses its rule by little; an unknown margin is far."""
    margin = rejected["margin"].to_numpy(dtype=np.float64)
    threshold = rejected["threshold"].to_numpy(dtype=np.float64)
    near: NDArray[np.bool_] = np.abs(margin) <= NEAR * np.abs(threshold)
    return near


def _ordered(values: pd.Series[float]) -> pd.Series[str]:
    """Text that sorts as the rank of the values does; unknown ones last."""
    return values.rank(method="first", na_option="bottom").map(" {:09.0f}".format)


def _with_verdicts(table: gpd.GeoDataFrame, truths: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Rows with ``holds``: what the latest informative verdict on each id says of its kind."""
    known = truths.loc[truths["opportunity_id"].isin(table["opportunity_id"])]
    latest = metrics.deduplicate_truths(known)[0].set_index("opportunity_id")["verdict"]
    verdicts = table["opportunity_id"].map(latest)
    holds = [
        VERDICTS[word].confirms(kind) if isinstance(word, str) else None
        for word, kind in zip(verdicts, table["kind"], strict=True)
    ]
    return table.assign(holds=pd.array(holds, dtype="boolean"))
