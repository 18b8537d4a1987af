"""Friches: records of inventories and registers merged into sites, each with its evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from foncier import schemas
from foncier.detect.context import SpatialContext, shapes, texts
from foncier.detect.deduplicate import (
    Outlines,
    counted_area_m2,
    families,
    outlines,
    same_sites,
)
from foncier.detect.evidence import (
    Detection,
    apply_weights,
    band_of,
    concat_evidence,
    confidence,
    evidence_by_name,
    evidence_rows,
    notes_of,
    prior_rows,
    signal_of,
    split_listed,
)
from foncier.detect.measures.ground import zone_of
from foncier.detect.site_evidence import (
    assign_to_site,
    attribute_evidence,
    evidence_on_sites,
    merge_repeated,
    merged_record_evidence,
    nafu_score,
    partial_use_warnings,
    soil_warnings,
    standard_value,
)
from foncier.detect.warnings import append_warnings, both, constraint_warnings, warning_columns
from foncier.geometry import covered_area_m2
from foncier.i18n import Localized, label, localized

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foncier.model import EvidenceModel

RECONVERTED, WITH_PROJECT = "friche reconvertie", "friche avec projet"
# Better first; within a rank the latest update counts (METHODS §4, Cartofriches).
ORIGIN_RANK = {"parcelles": 0, "trace": 1, "emprise_approximative": 2, "point_seul": 3}
VACANCY = {
    "vacant": "bâti vacant",
    "occupé": "bâti occupé",
    "partiellement occupé": "bâti partiellement occupé",
}
SHOWN_PARCELS = 3  # a warning names a few, the inventory has the others


def find_friches(
    context: SpatialContext, evidence_model: EvidenceModel, area: shapely.Geometry
) -> Detection:
    """Find friches whose centre lies in an area, from inventories, registers and observed sites.

    Records of the same site are merged (with the oldest id and every source); sites that overlap in
    part are linked by ``family``. A record of a register (CASIAS, ADEME, tax data) is evidence of
    the site that contains it, else a site of low prior, listed from ``least_site`` only. Evidence
    on the buildings and plots of a site counts for their part of it. Reconverted sites are
    excluded.

    Parameters
    ----------
    context
        Inventory and observations; parcels, buildings, zones and constraints where there are.
    evidence_model
        Weights and priors.
    area
        Study area, in the legal metric CRS.

    Returns
    -------
    CANDIDATES of kind ``friche``, their EVIDENCE, and notes on the excluded records.
    """
    records = _records(context)
    if records is None:
        return Detection(schemas.CANDIDATES.empty(), schemas.EVIDENCE.empty())
    reconverted = (records["status"] == RECONVERTED).to_numpy(dtype=bool)
    records = records.loc[~reconverted].reset_index(drop=True)
    outline = outlines(records, context.parcels)
    shapely.prepare(area)
    inside = shapely.intersects(area, shapely.centroid(outline.shapes))
    rows, outline = records.loc[inside].reset_index(drop=True), outline.take(inside)
    counts = {
        "detect.notes.reconverted": int(reconverted.sum()),
        "detect.notes.outside_area": int((~inside).sum()),
    }
    if rows.empty:
        notes = notes_of(counts, "dropped")
        return Detection(schemas.CANDIDATES.empty(rows.crs), schemas.EVIDENCE.empty(), notes)
    candidates, evidence, listed = _sites(context, rows, outline, evidence_model)
    counts["detect.notes.merged_records"] = len(rows) - len(candidates)
    counts["detect.notes.unlikely_sites"] = int((~listed).sum())
    lost = {"detect.notes.lost_parcels": int((outline.lost > 0).sum())}
    notes = (*notes_of(counts, "dropped"), *notes_of(lost, "kept"))
    return split_listed(candidates, evidence, listed, notes)


def _sites(
    context: SpatialContext,
    rows: gpd.GeoDataFrame,
    outline: Outlines,
    evidence_model: EvidenceModel,
) -> tuple[gpd.GeoDataFrame, pd.DataFrame, NDArray[np.bool_]]:
    """Candidates with their confidence, their evidence, and which of them are listed."""
    register = _registers(rows, evidence_model)
    group = assign_to_site(rows, outline, same_sites(rows, outline), register)
    main = _main_records(rows, outline, group)
    candidates, drawn = _candidates(context, rows, outline, group, main)
    ids = pd.Series(_ids(rows, main), index=main.index).reindex(group).to_numpy()
    located = [
        evidence_on_sites(context, candidates, drawn),
        evidence_by_name(context.observations, candidates["opportunity_id"]),
    ]
    weighted = _weighted_evidence(rows, ids, located, evidence_model)
    evidence = concat_evidence(
        [
            evidence_rows(weighted, evidence_model),
            _prior_rows(rows, ids, evidence_model),
            attribute_evidence(rows, ids),
            merged_record_evidence(rows, ids),
            nafu_score(rows, ids, candidates.set_index("opportunity_id")["zone"].astype("str")),
        ]
    )
    sure = confidence(candidates["opportunity_id"], evidence)
    # The share of evidence on a site is what it covers of the site, not what is vacant.
    partial_use = weighted.assign(share=np.nan)
    names = candidates["opportunity_id"]
    warnings = both(partial_use_warnings(partial_use, names), soil_warnings(weighted, names))
    candidates = candidates.assign(
        confidence=sure,
        confidence_band=band_of(sure, evidence_model),
        **append_warnings(candidates, warnings),
    )
    inventoried = candidates["opportunity_id"].isin(ids[~register]).to_numpy(dtype=bool)
    return candidates, evidence, inventoried | (sure >= evidence_model.least_site)


def _records(context: SpatialContext) -> gpd.GeoDataFrame | None:
    """Inventory records, then the observed outlines of sites; None without either."""
    parts = []
    if context.inventory is not None:
        parts.append(context.inventory.assign(detail=None, detail_en=None, points=np.nan))
    if context.observations is not None:
        sites = context.observations
        polygon = shapely.get_dimensions(shapes(sites)) == 2
        sites = sites.loc[(sites["subject"] == "site").to_numpy(dtype=bool) & polygon]
        parts.append(
            sites.rename(columns={"observation_id": "site_id", "observed_on": "updated_on"})
            .assign(area_m2=shapely.area(shapes(sites)))
            .drop(columns=["subject", "share"])
        )
    parts = [part for part in parts if len(part)]
    if not parts:
        return None
    rows = pd.concat(parts, ignore_index=True)
    columns = [*schemas.INVENTORY.names, "detail", "detail_en", "points"]
    return gpd.GeoDataFrame(rows.reindex(columns=columns), geometry="geometry", crs=parts[0].crs)


def _registers(rows: gpd.GeoDataFrame, evidence_model: EvidenceModel) -> NDArray[np.bool_]:
    """Tell which records are of registers: their signal has its own prior."""
    signals = rows["signal"].dropna().unique()
    registers = [n for n in signals if signal_of(str(n), evidence_model).prior is not None]
    return np.asarray(rows["signal"].isin(registers), dtype=bool)


def _main_records(
    rows: gpd.GeoDataFrame, outline: Outlines, group: NDArray[np.intp]
) -> pd.DataFrame:
    """Positions of two records of each group: ``id_row`` (the oldest id) and ``row`` (the rest)."""
    table = pd.DataFrame(
        {
            "group": group,
            "row": np.arange(len(rows)),
            "rank": pd.Series(outline.origin).map(ORIGIN_RANK).to_numpy(),
            "updated": -pd.to_datetime(rows["updated_on"]).fillna(pd.Timestamp(0)).astype("int64"),
            "identified": rows["identified_on"].fillna(pd.Timestamp.max.floor("D")),
            "mapped": rows["signal"].notna(),
            "site_id": rows["site_id"],
        }
    )
    best = table.sort_values(["group", "mapped", "rank", "updated", "site_id"]).groupby("group")
    oldest = table.sort_values(["group", "mapped", "identified", "site_id"]).groupby("group")
    return pd.DataFrame({"row": best["row"].first(), "id_row": oldest["row"].first()})


def _ids(rows: gpd.GeoDataFrame, main: pd.DataFrame) -> NDArray[np.object_]:
    return np.array([f"FR-{site}" for site in rows["site_id"].iloc[main["id_row"]]], object)


def _candidates(
    context: SpatialContext,
    rows: gpd.GeoDataFrame,
    outline: Outlines,
    group: NDArray[np.intp],
    main: pd.DataFrame,
) -> tuple[gpd.GeoDataFrame, NDArray[np.bool_]]:
    """Sites by id, and which of them have a real outline."""
    at = main["row"].to_numpy(dtype=np.intp)
    records, sites, ids = rows.iloc[at].reset_index(drop=True), outline.take(at), _ids(rows, main)
    sources = rows.groupby(group)["source"].agg(lambda s: " | ".join(sorted(set(s))))
    family = families(records, sites)
    commune = _first(rows["commune"], group, at)
    candidates = gpd.GeoDataFrame(
        {
            "opportunity_id": ids,
            "kind": "friche",
            "name": _first(rows["name"], group, at),
            "address": _first(rows["address"], group, at),
            "commune": commune,
            "parcel_ids": _first(rows["parcel_ids"], group, at),
            "area_m2": np.where(
                sites.drawn, shapely.area(sites.shapes), records["area_m2"].to_numpy(float)
            ),
            "built_share": _built_share(context, sites, commune),
            "status": _first(rows["status"], group, at),
            "perimeter": sites.origin,
            "family": _family_ids(family, ids),
            "zone": _zone(context, sites, records, commune),
            **_warnings(context, sites, records),
            "sources": sources.reindex(main.index).to_numpy(),
            "counted_area_m2": counted_area_m2(records, sites, family),
        },
        geometry=sites.shapes,
        crs=rows.crs,
    )
    order = np.argsort(ids.astype(str), kind="stable")
    return candidates.iloc[order].reset_index(drop=True), sites.drawn[order]


def _first(column: pd.Series[Any], group: NDArray[np.intp], at: NDArray[np.intp]) -> Any:
    """Value of the main record of each site, else the first known among its other records."""
    main = texts(column.iloc[at])
    others = texts(column.groupby(group).first().to_numpy())
    return np.where(pd.isna(main), others, main)


def _built_share(context: SpatialContext, sites: Outlines, commune: Any) -> Any:
    """Share of each site under buildings; unknown without a real outline or a covering layer."""
    share = np.full(len(sites.shapes), np.nan)
    drawn = sites.drawn & context.covers("buildings", commune)
    if context.buildings is not None and drawn.any():
        plots = sites.shapes[drawn]
        covered = covered_area_m2(plots, shapes(context.buildings))
        share[drawn] = np.minimum(covered / shapely.area(plots), 1.0)
    return share


def _family_ids(family: NDArray[np.intp], ids: NDArray[np.object_]) -> Any:
    group = pd.Series(family)
    size = group.map(group.value_counts())
    head = pd.Series(ids).groupby(group).transform("min").str.replace("FR-", "FAM-", n=1)
    return head.where(size > 1, None).to_numpy()


def _zone(context: SpatialContext, sites: Outlines, records: gpd.GeoDataFrame, commune: Any) -> Any:
    """Zone of the zoning, where it covers the commune; else that of the inventory."""
    zone = zone_of(context, sites.shapes, commune)
    return np.where(pd.isna(zone), texts(records["zone_type"]), zone)


def _warnings(
    context: SpatialContext, sites: Outlines, records: gpd.GeoDataFrame
) -> dict[str, list[str | None]]:
    """Project, pollution (as the inventory words it), constraint and lost parcels, as columns."""
    warnings = []
    for status, pollution, constraints, lost in zip(
        records["status"],
        texts(records["pollution"]),
        constraint_warnings(context, sites.shapes),
        sites.lost_ids,
        strict=True,
    ):
        site = [label("detect.warnings.project")] if status == WITH_PROJECT else []
        if pollution and "avérée" in pollution:
            site.append(standard_value(pollution))
        site.extend(constraints)
        site.extend([_lost_parcels(lost.split("|"))] if lost else [])
        warnings.append(site)
    return warning_columns(warnings)


def _lost_parcels(ids: list[str]) -> Localized:
    """Warn of the parcels of a site that the cadastre no longer has."""
    shown = ids[:SHOWN_PARCELS] + (["…"] if len(ids) > SHOWN_PARCELS else [])
    return localized("detect.warnings.lost_parcels", count=len(ids), parcels=shown)


def _weighted_evidence(
    rows: gpd.GeoDataFrame,
    ids: NDArray[np.object_],
    located: list[pd.DataFrame],
    evidence_model: EvidenceModel,
) -> pd.DataFrame:
    """Evidence of all sites with its weights: of their records, of their buildings, by name."""
    status = rows["status"].fillna("statut inconnu")
    listed = pd.DataFrame(
        {
            "opportunity_id": ids,
            "signal": np.where(rows["signal"].isna(), status, rows["signal"]),
            "detail": texts(rows["detail"]),
            "detail_en": texts(rows["detail_en"]),
            "source": rows["source"].to_numpy(),
            "observed_on": rows["updated_on"].to_numpy(),
            "distance_m": np.nan,
            "share": np.nan,
            "part": 1.0,
            "active": 0,
            "known": 0,
        }
    )
    state = listed.assign(
        signal=rows["vacancy"].map(VACANCY).to_numpy(), detail=None, detail_en=None
    )
    parts = [listed, state.dropna(subset="signal"), *located]
    evidence = pd.concat([part for part in parts if len(part)], ignore_index=True)
    evidence = evidence.astype({"observed_on": "datetime64[us]"})
    return merge_repeated(apply_weights(evidence, evidence_model))


def _prior_rows(
    rows: gpd.GeoDataFrame, ids: NDArray[np.object_], evidence_model: EvidenceModel
) -> pd.DataFrame:
    """EVIDENCE rows of the prior of each site: the largest of the priors of its records."""
    default = evidence_model.friche_prior
    priors = {None: default}
    priors |= {
        name: signal_of(str(name), evidence_model).prior or default
        for name in rows["signal"].dropna().unique()
    }
    priors_of_rows = [priors[name] for name in texts(rows["signal"])]
    largest = pd.Series(priors_of_rows, dtype="float64").groupby(ids).max()
    return prior_rows(
        largest.index.to_numpy(),
        largest.to_numpy(),
        "detect.evidence.site_prior",
        evidence_model,
        source="foncier",
    )
