"""Unassigned buildings: buildings of the cadastre with a sign of no current use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.special import expit, logit

from foncier import schemas
from foncier.detect.context import SpatialContext, shapes, texts
from foncier.detect.evidence import (
    Detection,
    apply_weights,
    band_of,
    concat_evidence,
    count_repeats,
    evidence_rows,
    prior_rows,
    signal_of,
    without_age,
)
from foncier.detect.linking import Links, link_observations, search_radii
from foncier.detect.measures.parcel import zone_of
from foncier.detect.occupancy import establishments, merge_repeated, partly_used
from foncier.wording import flag_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foncier.geometry import Floats, Geometries
    from foncier.model import EvidenceModel


def find_buildings(
    context: SpatialContext,
    evidence_model: EvidenceModel,
    area: shapely.Geometry,
    *,
    friches: gpd.GeoDataFrame | None = None,
) -> Detection:
    """Find buildings of an area that some sign says unused.

    Each sign is carried to the buildings that it speaks of (`foncier.detect.linking`); one that
    may speak of several is shared between them. Without a layer of buildings, an observed outline
    stands for itself; a lone point is left aside, and counted. A building that no sign calls
    unused is never listed, whatever the prior: no data is no evidence of vacancy.

    Parameters
    ----------
    context
        Observations; buildings, parcels and zones where there are.
    evidence_model
        Weights, prior and the least confidence to be listed.
    area
        Study area, in the legal metric CRS.
    friches
        Friches found: what is said of whole plots of theirs is told of the site, and not again of
        each building on it.

    Returns
    -------
    CANDIDATES of kind ``batiment_non_affecte``, their EVIDENCE, and notes.
    """
    empty = Detection(schemas.CANDIDATES.empty(), schemas.EVIDENCE.empty())
    if context.observations is None:
        return empty
    seen = context.observations
    seen = seen.loc[(seen["subject"] != "site").to_numpy(dtype=bool)].reset_index(drop=True)
    seen = seen.loc[~_told_of_a_site(seen, friches)].reset_index(drop=True)
    if seen.empty:
        return empty
    links, names, outline, origin = _linked(seen, context.buildings, evidence_model)
    lost = int((_speaks(seen, evidence_model) & ~np.isin(np.arange(len(seen)), links.row)).sum())
    lost_note = count_repeats(
        "dropped",
        lost,
        "indices sans bâtiment de plus de 20 m² à cet endroit",
        "signs with no building over 20 m² at their place",
    )
    frame = apply_weights(establishments(_signs(seen, links)), evidence_model)
    at, inverse = np.unique(frame["opportunity_id"], return_inverse=True)
    sure, speaks = _believed(frame["weight"], inverse, len(at), evidence_model)
    shapely.prepare(area)
    here = shapely.intersects(area, shapely.centroid(outline[at]))
    here &= speaks & (shapely.area(outline[at]) >= evidence_model.least_building_m2)
    kept = here & (sure >= evidence_model.least_confidence)
    frame = frame.loc[kept[inverse]]
    frame = merge_repeated(frame.assign(opportunity_id=_named(names[frame["opportunity_id"]])))
    listed = _Listed(_named(names[at[kept]]), outline[at[kept]], sure[kept], origin)
    notes = (
        *lost_note,
        *count_repeats(
            "dropped",
            int((here & ~kept).sum()),
            "bâtiments trop peu probables (indices faibles, anciens ou contraires)",
            "buildings too unlikely (signs weak, old or against)",
        ),
    )
    return Detection(
        _candidates(context, frame, listed, evidence_model),
        concat_evidence(
            [evidence_rows(frame, evidence_model), _prior_row(listed.ids, evidence_model)]
        ),
        notes,
    )


def _believed(
    weight: pd.Series[Any], building: NDArray[np.intp], count: int, evidence_model: EvidenceModel
) -> tuple[Floats, NDArray[np.bool_]]:
    """Confidence in each building by its signs, and whether one of them speaks for it."""
    total = np.bincount(building, weight.fillna(0), minlength=count)
    speaks = np.bincount(building, weight > 0, minlength=count) > 0
    return expit(logit(evidence_model.building_prior) + total), speaks


def _told_of_a_site(seen: gpd.GeoDataFrame, friches: gpd.GeoDataFrame | None) -> NDArray[np.bool_]:
    """Signs on whole plots that lie on a friche of known outline, shape (n,)."""
    told = np.zeros(len(seen), dtype=bool)
    plots = np.flatnonzero((seen["subject"] == "parcel").to_numpy(dtype=bool))
    if friches is None or not len(plots):
        return told
    drawn = friches["perimeter"].isin(["parcelles", "trace"]).to_numpy(dtype=bool)
    spots = shapely.point_on_surface(shapes(seen)[plots])
    tree = shapely.STRtree(shapes(friches)[drawn])
    told[plots[np.unique(tree.query(spots, predicate="intersects")[0])]] = True
    return told


class _Listed:
    """Buildings that are listed, aligned: ids, outlines, confidence, origin of the outlines."""

    def __init__(self, ids: Any, outline: Geometries, sure: Floats, origin: str) -> None:
        self.ids, self.outline, self.sure, self.origin = ids, outline, sure, origin


def _linked(
    seen: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame | None, evidence_model: EvidenceModel
) -> tuple[Links, NDArray[np.object_], Geometries, str]:
    """Links of signs to buildings; names and outlines of what they point to, and their origin."""
    spots = shapes(seen)
    if buildings is None:
        own = np.flatnonzero(
            (shapely.get_dimensions(spots) == 2)
            & (seen["subject"] == "building").to_numpy(dtype=bool)
        )
        ones = np.ones(len(own))
        names = np.asarray(seen["observation_id"], dtype=object)[own]
        links = Links(own, np.arange(len(own)), 0 * ones, ones, ones)
        return links, names, spots[own], "trace"
    kept = buildings.loc[
        (
            (buildings["kind"] != "light")
            & (buildings["area_m2"] >= evidence_model.least_building_m2)
        ).to_numpy(dtype=bool)
    ]
    outline = shapes(kept)
    whole = ((seen["subject"] == "building") | (seen["share"] == 1.0)).to_numpy(dtype=bool)
    links = _near_the_doubtful(seen, spots, whole, outline, evidence_model)
    return links, np.asarray(kept["building_id"], dtype=object), outline, "batiment"


def _speaks(seen: gpd.GeoDataFrame, evidence_model: EvidenceModel) -> NDArray[np.bool_]:
    """Tell the signs that speak for vacancy."""
    weight = {name: signal_of(str(name), evidence_model).weight for name in seen["signal"].unique()}
    return np.asarray(seen["signal"].map(weight).to_numpy(dtype=np.float64) > 0)


def _near_the_doubtful(
    seen: gpd.GeoDataFrame,
    spots: Geometries,
    whole: NDArray[np.bool_],
    outline: Geometries,
    evidence_model: EvidenceModel,
) -> Links:
    """Links to the buildings that at least one sign calls unused; all others are left in peace.

    Registers speak of every building, and most say that it is used: only the signs near a doubtful
    one are carried, which is most of the work saved.
    """
    speaks = _speaks(seen, evidence_model)
    reach_m = search_radii(seen["signal"], evidence_model)
    tree = shapely.STRtree(outline)

    def of(rows: NDArray[np.intp]) -> Links:
        found = link_observations(spots[rows], whole[rows], reach_m[rows], outline, tree=tree)
        return Links(rows[found.row], found.hit, found.distance_m, found.share, found.part)

    first = of(np.flatnonzero(speaks))
    doubtful = np.unique(first.hit)
    others = np.flatnonzero(~speaks)
    near = shapely.STRtree(outline[doubtful]).query(
        spots[others], predicate="dwithin", distance=reach_m[others]
    )[0]
    second = of(others[np.unique(near)])
    kept = np.isin(second.hit, doubtful)
    names = Links.__dataclass_fields__
    both = {n: np.concatenate([getattr(first, n), getattr(second, n)[kept]]) for n in names}
    order = np.lexsort((both["hit"], both["row"]))
    return Links(**{n: values[order] for n, values in both.items()})


def _signs(seen: gpd.GeoDataFrame, links: Links) -> pd.DataFrame:
    """One row a link, in the columns of `weighed`; the opportunity is the building's position."""
    columns = ["signal", "detail", "source", "observed_on", "name"]
    told = pd.DataFrame(seen[columns]).iloc[links.row].reset_index(drop=True)
    own = seen["share"].to_numpy(dtype=np.float64)[links.row]
    return told.assign(
        opportunity_id=links.hit,
        distance_m=links.distance_m,
        share=np.where(np.isnan(own), links.share, own),
        part=links.part,
    )


def _named(names: NDArray[np.object_]) -> NDArray[np.object_]:
    return np.array([f"BN-{name}" for name in names], dtype=object)


def _prior_row(ids: NDArray[np.object_], evidence_model: EvidenceModel) -> pd.DataFrame:
    """Say where belief starts, so that a reader can follow the sum."""
    rate, more = f"{evidence_model.building_prior * 100:.1f}", without_age(evidence_model)
    if evidence_model.assumed_prior:
        fr = f"Point de départ\u00a0: {rate.replace('.', ',')}\u00a0% (supposé, taux LOVAC inconnu)"
        en = f"Starting point: {rate}% (assumed, LOVAC rate unknown)"
    else:
        fr = f"Point de départ\u00a0: {rate.replace('.', ',')}\u00a0% des logements vacants (LOVAC)"
        en = f"Starting point: {rate}% of dwellings vacant (LOVAC)"
    source = "foncier" if evidence_model.assumed_prior else "LOVAC"
    return prior_rows(ids, evidence_model.building_prior, fr + more.fr, en + more.en, source)


def _candidates(
    context: SpatialContext, frame: pd.DataFrame, listed: _Listed, evidence_model: EvidenceModel
) -> gpd.GeoDataFrame:
    assert context.observations is not None  # noqa: S101  # nosec B101  # there is evidence
    parcel, commune = _parcels(context, listed.outline)
    words = frame.groupby("opportunity_id")
    sources = words["source"].agg(lambda s: " | ".join(sorted(set(s))))
    rows = gpd.GeoDataFrame(
        {
            "opportunity_id": listed.ids,
            "kind": "batiment_non_affecte",
            "name": words["name"].first().reindex(listed.ids).to_numpy(),
            "commune": commune,
            "parcel_ids": parcel,
            "area_m2": shapely.area(listed.outline),
            "perimeter": listed.origin,
            "confidence": listed.sure,
            "confidence_band": band_of(listed.sure, evidence_model),
            "zone": zone_of(context, shapely.centroid(listed.outline), commune),
            **flag_columns(partly_used(frame, listed.ids)),
            "sources": sources.reindex(listed.ids).to_numpy(),
        },
        geometry=listed.outline,
        crs=context.observations.crs,
    )
    return schemas.CANDIDATES.conform(rows.sort_values("opportunity_id"))


def _parcels(context: SpatialContext, plots: Geometries) -> tuple[Any, Any]:
    """Parcel under each building's centre, and its commune; None where no parcel layer tells."""
    parcel, commune = np.full(len(plots), None, object), np.full(len(plots), None, object)
    if context.parcels is not None and len(context.parcels):
        inner = shapely.point_on_surface(plots)
        row, hit = context.plots_tree.query(inner, predicate="within")
        order = np.argsort(-hit, kind="stable")
        parcel[row[order]] = texts(context.parcels["parcel_id"])[hit[order]]
        commune[row[order]] = texts(context.parcels["commune"])[hit[order]]
    return parcel, commune
