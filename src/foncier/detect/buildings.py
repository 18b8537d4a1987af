"""Vacant or disused buildings: buildings of the cadastre with evidence of no current use."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.special import expit

from foncier import schemas
from foncier.detect.context import SpatialContext, shapes, texts
from foncier.detect.evidence import (
    Detection,
    apply_weights,
    band_of,
    concat_evidence,
    evidence_rows,
    notes_of,
    prior_odds,
    prior_rows,
    signal_of,
    split_listed,
)
from foncier.detect.linking import Links, join_links, link_observations, search_radii
from foncier.detect.measures.ground import zone_of
from foncier.detect.site_evidence import (
    count_establishments,
    merge_repeated,
    partial_use_warnings,
    soil_warnings,
)
from foncier.detect.warnings import both, warning_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foncier.geometry import Floats, Geometries
    from foncier.model import EvidenceModel


@dataclass(frozen=True)
class Buildings:
    """Buildings that observations may concern, as aligned arrays; ``origin`` of the outlines."""

    names: NDArray[np.object_]
    outlines: Geometries
    origin: str

    def take(self, at: NDArray[Any]) -> Buildings:
        """Some of the buildings, by position or by mask."""
        return Buildings(self.names[at], self.outlines[at], self.origin)

    @property
    def ids(self) -> NDArray[np.object_]:
        """Ids of the opportunities."""
        return np.array([f"BN-{name}" for name in self.names], dtype=object)


def find_buildings(
    context: SpatialContext,
    evidence_model: EvidenceModel,
    area: shapely.Geometry,
    *,
    friches: gpd.GeoDataFrame | None = None,
) -> Detection:
    """Find the buildings of an area with evidence of vacancy.

    Each observation is linked to the buildings that it concerns (`foncier.detect.linking`); one
    that may concern several is shared between them. Without a layer of buildings, an observed
    outline is a building of its own; a point is excluded, and counted. A building without evidence
    for vacancy is never listed, whatever the prior: no data is no evidence of vacancy.

    Parameters
    ----------
    context
        Observations; buildings, parcels and zones where there are.
    evidence_model
        Weights, prior and the least confidence to be listed.
    area
        Study area, in the legal metric CRS.
    friches
        Friches of the area: evidence on whole plots of a friche counts for the site, and not again
        for each building on it.

    Returns
    -------
    CANDIDATES of kind ``batiment_non_affecte``, their EVIDENCE, and notes.
    """
    observations = _observations(context, friches)
    if observations is None or observations.empty:
        return Detection(schemas.CANDIDATES.empty(), schemas.EVIDENCE.empty())
    links, buildings = _link(observations, context.buildings, evidence_model)
    unlinked = ~np.isin(np.arange(len(observations)), links.row)
    frame = apply_weights(count_establishments(_link_rows(observations, links)), evidence_model)
    concerned, building = np.unique(frame["opportunity_id"], return_inverse=True)
    buildings = buildings.take(concerned)
    confidence, supported = _confidence(frame["weight"], building, len(concerned), evidence_model)
    sought = supported & _within(area, buildings.outlines, evidence_model.least_building_m2)
    sure = confidence >= evidence_model.least_confidence
    sure |= _always_listed(frame, building, len(concerned), evidence_model)
    frame = frame.loc[sought[building]]
    frame = merge_repeated(frame.assign(opportunity_id=buildings.ids[building[sought[building]]]))
    counts = {
        "detect.notes.no_building": int((_supports(observations, evidence_model) & unlinked).sum()),
        "detect.notes.unlikely_buildings": int((sought & ~sure).sum()),
    }
    buildings, confidence = buildings.take(sought), confidence[sought]
    candidates = _candidates(context, frame, buildings, confidence, evidence_model)
    evidence = concat_evidence(
        [evidence_rows(frame, evidence_model), _prior_rows(buildings.ids, evidence_model)]
    )
    listed = candidates["opportunity_id"].isin(buildings.ids[sure[sought]]).to_numpy(dtype=bool)
    return split_listed(candidates, evidence, listed, notes_of(counts, "dropped"))


def _observations(
    context: SpatialContext, friches: gpd.GeoDataFrame | None
) -> gpd.GeoDataFrame | None:
    """Observations that concern buildings: neither sites nor whole plots of a friche."""
    if context.observations is None:
        return None
    rows = context.observations
    rows = rows.loc[(rows["subject"] != "site").to_numpy(dtype=bool)].reset_index(drop=True)
    return rows.loc[~_on_friche(rows, friches)].reset_index(drop=True)


def _on_friche(
    observations: gpd.GeoDataFrame, friches: gpd.GeoDataFrame | None
) -> NDArray[np.bool_]:
    """Observations of whole plots that lie on a friche of known outline, shape (n,)."""
    on_friche = np.zeros(len(observations), dtype=bool)
    plots = np.flatnonzero((observations["subject"] == "parcel").to_numpy(dtype=bool))
    if friches is None or not len(plots):
        return on_friche
    drawn = friches["perimeter"].isin(["parcelles", "trace"]).to_numpy(dtype=bool)
    points = shapely.point_on_surface(shapes(observations)[plots])
    tree = shapely.STRtree(shapes(friches)[drawn])
    on_friche[plots[np.unique(tree.query(points, predicate="intersects")[0])]] = True
    return on_friche


def _confidence(
    weight: pd.Series[Any], building: NDArray[np.intp], count: int, evidence_model: EvidenceModel
) -> tuple[Floats, NDArray[np.bool_]]:
    """Confidence of each building, and whether some evidence supports its vacancy."""
    total = np.bincount(building, weight.fillna(0), minlength=count)
    supported = np.bincount(building, weight > 0, minlength=count) > 0
    return expit(prior_odds(evidence_model.building_prior, evidence_model) + total), supported


def _always_listed(
    frame: pd.DataFrame, building: NDArray[np.intp], count: int, evidence_model: EvidenceModel
) -> NDArray[np.bool_]:
    """Buildings with a signal that is listed whatever the confidence, and nothing against it.

    Whole vacancy of two years in tax data is what the law and LOVAC call structural vacancy: it is
    worth a visit, with the confidence that it has.
    """
    of_signal = frame["signal"].isin(evidence_model.always_listed).to_numpy(dtype=bool)
    whole = np.nan_to_num(frame["share"].to_numpy(dtype=np.float64), nan=1.0) >= 1.0
    always = np.bincount(building, of_signal & whole, minlength=count) > 0
    opposed = np.bincount(building, frame["weight"] < 0, minlength=count) > 0
    return np.asarray(always & ~opposed, dtype=np.bool_)


def _within(area: shapely.Geometry, outlines: Geometries, least_m2: float) -> NDArray[np.bool_]:
    """Tell which buildings have their centre in the area, and are large enough."""
    shapely.prepare(area)
    inside = shapely.intersects(area, shapely.centroid(outlines))
    return np.asarray(inside & (shapely.area(outlines) >= least_m2), dtype=np.bool_)


def _link(
    observations: gpd.GeoDataFrame, layer: gpd.GeoDataFrame | None, evidence_model: EvidenceModel
) -> tuple[Links, Buildings]:
    """Links of observations to buildings, and the buildings that they refer to."""
    spots = shapes(observations)
    on_building = (observations["subject"] == "building").to_numpy(dtype=bool)
    if layer is None:
        outlines = np.flatnonzero((shapely.get_dimensions(spots) == 2) & on_building)
        ones = np.ones(len(outlines))
        names = np.asarray(observations["observation_id"], dtype=object)[outlines]
        links = Links(outlines, np.arange(len(outlines)), 0 * ones, ones, ones)
        return links, Buildings(names, spots[outlines], "trace")
    large = layer["area_m2"] >= evidence_model.least_building_m2
    chosen = layer.loc[((layer["kind"] != "light") & large).to_numpy(dtype=bool)]
    buildings = Buildings(
        np.asarray(chosen["building_id"], dtype=object), shapes(chosen), "batiment"
    )
    whole = on_building | (observations["share"] == 1.0).to_numpy(dtype=bool)
    return _link_supported(
        observations, spots, whole, buildings.outlines, evidence_model
    ), buildings


def _supports(observations: gpd.GeoDataFrame, evidence_model: EvidenceModel) -> NDArray[np.bool_]:
    """Tell which observations are evidence for vacancy."""
    signals = observations["signal"]
    weight = {name: signal_of(str(name), evidence_model).weight for name in signals.unique()}
    return np.asarray(signals.map(weight).to_numpy(dtype=np.float64) > 0)


def _link_supported(
    observations: gpd.GeoDataFrame,
    spots: Geometries,
    whole: NDArray[np.bool_],
    outlines: Geometries,
    evidence_model: EvidenceModel,
) -> Links:
    """Links to the buildings that at least one observation supports as vacant.

    Registers concern every building, and most state that it is used: only the observations near a
    supported building are linked, which saves most of the work.
    """
    supports = _supports(observations, evidence_model)
    radius_m = search_radii(observations["signal"], evidence_model)
    tree = shapely.STRtree(outlines)

    def links_of(rows: NDArray[np.intp]) -> Links:
        links = link_observations(spots[rows], whole[rows], radius_m[rows], outlines, tree=tree)
        return replace(links, row=rows[links.row])

    first = links_of(np.flatnonzero(supports))
    supported = np.unique(first.building)
    others = np.flatnonzero(~supports)
    near = shapely.STRtree(outlines[supported]).query(
        spots[others], predicate="dwithin", distance=radius_m[others]
    )[0]
    second = links_of(others[np.unique(near)])
    return join_links(first, second.take(np.isin(second.building, supported)))


def _link_rows(observations: gpd.GeoDataFrame, links: Links) -> pd.DataFrame:
    """One row per link, in the columns of `apply_weights`; the opportunity is a position."""
    columns = ["signal", "detail", "detail_en", "source", "observed_on", "name"]
    rows = pd.DataFrame(observations).reindex(columns=columns)
    share = observations["share"].to_numpy(dtype=np.float64)[links.row]
    return (
        rows.iloc[links.row]
        .reset_index(drop=True)
        .assign(
            opportunity_id=links.building,
            distance_m=links.distance_m,
            share=np.where(np.isnan(share), links.share, share),
            part=links.part,
        )
    )


def _prior_rows(ids: NDArray[np.object_], evidence_model: EvidenceModel) -> pd.DataFrame:
    """EVIDENCE rows of the prior: the LOVAC rate, or a default."""
    assumed = evidence_model.assumed_prior
    message = "detect.evidence.assumed_prior" if assumed else "detect.evidence.lovac_prior"
    source = "foncier" if assumed else "LOVAC"
    return prior_rows(ids, evidence_model.building_prior, message, evidence_model, source=source)


def _candidates(
    context: SpatialContext,
    frame: pd.DataFrame,
    buildings: Buildings,
    confidence: Floats,
    evidence_model: EvidenceModel,
) -> gpd.GeoDataFrame:
    ids, outlines = buildings.ids, buildings.outlines
    parcel, commune = _parcels(context, outlines)
    groups = frame.groupby("opportunity_id")
    sources = groups["source"].agg(lambda s: " | ".join(sorted(set(s))))
    rows = gpd.GeoDataFrame(
        {
            "opportunity_id": ids,
            "kind": "batiment_non_affecte",
            "name": groups["name"].first().reindex(ids).to_numpy(),
            "commune": commune,
            "parcel_ids": parcel,
            "area_m2": shapely.area(outlines),
            "perimeter": buildings.origin,
            "confidence": confidence,
            "confidence_band": band_of(confidence, evidence_model),
            "zone": zone_of(context, outlines, commune),
            **warning_columns(both(partial_use_warnings(frame, ids), soil_warnings(frame, ids))),
            "sources": sources.reindex(ids).to_numpy(),
        },
        geometry=outlines,
        crs=None if context.observations is None else context.observations.crs,
    )
    return schemas.CANDIDATES.conform(rows.sort_values("opportunity_id"))


def _parcels(context: SpatialContext, plots: Geometries) -> tuple[Any, Any]:
    """Parcel of each building, and its commune; None without a parcel."""
    parcel, commune = np.full(len(plots), None, object), np.full(len(plots), None, object)
    if context.parcels is not None and len(context.parcels):
        inner = shapely.point_on_surface(plots)
        row, hit = context.plots_tree.query(inner, predicate="within")
        order = np.argsort(-hit, kind="stable")
        parcel[row[order]] = texts(context.parcels["parcel_id"])[hit[order]]
        commune[row[order]] = texts(context.parcels["commune"])[hit[order]]
    return parcel, commune
