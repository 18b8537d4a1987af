"""Friches: records of inventories and registers fused into sites, each with its evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from foncier import schemas
from foncier.details import english
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
    count_repeats,
    evidence_by_name,
    evidence_rows,
    neutral,
    prior_rows,
    signal_of,
    without_age,
)
from foncier.detect.measures.parcel import zone_of
from foncier.detect.occupancy import merge_repeated, partly_used
from foncier.detect.site_evidence import assign_to_site, evidence_on_sites, nafu_score
from foncier.detect.warnings import constrained
from foncier.geometry import Geometries, covered_area_m2
from foncier.i18n import Localized
from foncier.wording import flag_columns, more_flags

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foncier.model import EvidenceModel, Note

RECONVERTED = "friche reconvertie"
# Better first; within a rank the latest update speaks (METHODS §4, Cartofriches).
ORIGIN_RANK = {"parcelles": 0, "trace": 1, "emprise_approximative": 2, "point_seul": 3}
UNDER_WAY = Localized("projet déjà engagé", "project already under way")
VACANCY = {
    "vacant": "bâti vacant",
    "occupé": "bâti occupé",
    "partiellement occupé": "bâti partiellement occupé",
}
SHOWN_PARCELS = 3  # a flag names a few, the inventory holds the others


def find_friches(
    context: SpatialContext, evidence_model: EvidenceModel, area: shapely.Geometry
) -> Detection:
    """Find friches whose centre lies in an area, from inventories, registers and observed sites.

    Rows that tell the same site twice become one (the older id is kept, so is every source); sites
    that overlap in part are linked by ``family`` and each kept. A record of a register (CASIAS,
    ADEME, tax data) supports the site that holds it, else is a site of low prior, listed from
    ``least_site`` only. Signs on the buildings and plots of a site count for their part of it.
    Reconverted sites are left out.

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
    CANDIDATES of kind ``friche``, their EVIDENCE, and notes on what was left aside.
    """
    rows = _rows(context)
    if rows is None:
        return Detection(schemas.CANDIDATES.empty(), schemas.EVIDENCE.empty())
    done = (rows["status"] == RECONVERTED).to_numpy(dtype=bool)
    rows = rows.loc[~done].reset_index(drop=True)
    outline = outlines(rows, context.parcels)
    shapely.prepare(area)
    inside = shapely.intersects(area, shapely.centroid(outline.shapes))
    rows, outline = rows.loc[inside].reset_index(drop=True), outline.take(inside)
    if rows.empty:
        notes = _notes(done, inside, 0, np.array([], dtype=np.bool_), outline)
        return Detection(schemas.CANDIDATES.empty(rows.crs), schemas.EVIDENCE.empty(), notes)
    register = _registers(rows, evidence_model)
    group = assign_to_site(rows, outline, same_sites(rows, outline), register)
    speaker = _speakers(rows, outline, group)
    candidates, drawn = _candidates(context, rows, outline, group, speaker)
    ids = pd.Series(_ids(rows, speaker), index=speaker.index).reindex(group).to_numpy()
    visited = evidence_by_name(context.observations, candidates["opportunity_id"])
    signs = _signs(
        rows, ids, [evidence_on_sites(context, candidates, drawn), visited], evidence_model
    )
    zone = candidates.set_index("opportunity_id")["zone"].astype("str")
    parts = [
        evidence_rows(signs, evidence_model),
        _prior_rows(rows, ids, evidence_model),
        _told(rows, ids),
        _melted(rows, ids),
        nafu_score(rows, ids, zone),
    ]
    evidence = concat_evidence(parts)
    sure = confidence(candidates["opportunity_id"], evidence)
    known = candidates["opportunity_id"].isin(ids[~register]).to_numpy(dtype=bool)
    listed = known | (sure >= evidence_model.least_site)
    candidates = candidates.assign(
        confidence=sure,
        confidence_band=band_of(sure, evidence_model),
        **more_flags(candidates, partly_used(signs, candidates["opportunity_id"])),
    ).loc[listed]
    evidence = evidence.loc[evidence["opportunity_id"].isin(candidates["opportunity_id"])]
    notes = _notes(done, inside, len(rows) - len(listed), listed, outline)
    return Detection(
        schemas.CANDIDATES.conform(candidates), schemas.EVIDENCE.conform(evidence), notes
    )


def _notes(
    done: NDArray[np.bool_],
    inside: NDArray[np.bool_],
    melted: int,
    listed: NDArray[np.bool_],
    outline: Outlines,
) -> tuple[Note, ...]:
    """How many rows were left aside or cannot be drawn whole, and why."""
    return (
        *count_repeats(
            "dropped", int(done.sum()), "sites déjà reconvertis", "sites already reconverted"
        ),
        *count_repeats(
            "dropped",
            int((~inside).sum()),
            "sites hors du secteur d'étude",
            "sites outside the study area",
        ),
        *count_repeats(
            "dropped",
            melted,
            "fiches réunies à une autre du même site",
            "records melted into another of the same site",
        ),
        *count_repeats(
            "dropped",
            int((~listed).sum()),
            "sites connus des seuls registres, trop peu probables",
            "sites that only registers know, too unlikely",
        ),
        *count_repeats(
            "kept",
            int((outline.lost > 0).sum()),
            "sites dont des parcelles sont introuvables au cadastre fourni",
            "sites with parcels not found in the cadastre supplied",
        ),
    )


def _rows(context: SpatialContext) -> gpd.GeoDataFrame | None:
    """Inventory rows, then the polygons that observations call a site; None without either."""
    parts = []
    if context.inventory is not None:
        parts.append(context.inventory.assign(detail=None, points=np.nan))
    if context.observations is not None:
        seen = context.observations
        polygon = shapely.get_dimensions(shapes(seen)) == 2
        seen = seen.loc[(seen["subject"] == "site").to_numpy(dtype=bool) & polygon]
        parts.append(
            seen.rename(columns={"observation_id": "site_id", "observed_on": "updated_on"})
            .assign(area_m2=shapely.area(shapes(seen)))
            .drop(columns=["subject", "share"])
        )
    parts = [part for part in parts if len(part)]
    if not parts:
        return None
    rows = pd.concat(parts, ignore_index=True)
    wanted = [*schemas.INVENTORY.names, "detail", "points"]
    return gpd.GeoDataFrame(rows.reindex(columns=wanted), geometry="geometry", crs=parts[0].crs)


def _registers(rows: gpd.GeoDataFrame, evidence_model: EvidenceModel) -> NDArray[np.bool_]:
    """Tell the records of registers: their signal has a prior of its own."""
    signals = rows["signal"].dropna().unique()
    own = [name for name in signals if signal_of(str(name), evidence_model).prior is not None]
    return np.asarray(rows["signal"].isin(own), dtype=bool)


def _speakers(rows: gpd.GeoDataFrame, outline: Outlines, group: NDArray[np.intp]) -> pd.DataFrame:
    """For each group: ``id_row`` gives its id (the older), ``row`` its outline and words."""
    table = pd.DataFrame(
        {
            "group": group,
            "row": np.arange(len(rows)),
            "rank": pd.Series(outline.origin).map(ORIGIN_RANK).to_numpy(),
            "seen": -pd.to_datetime(rows["updated_on"]).fillna(pd.Timestamp(0)).astype("int64"),
            "born": rows["identified_on"].fillna(pd.Timestamp.max.floor("D")),
            "mapped": rows["signal"].notna(),
            "site_id": rows["site_id"],
        }
    )
    best = table.sort_values(["group", "mapped", "rank", "seen", "site_id"]).groupby("group")
    oldest = table.sort_values(["group", "mapped", "born", "site_id"]).groupby("group")
    return pd.DataFrame({"row": best["row"].first(), "id_row": oldest["row"].first()})


def _ids(rows: gpd.GeoDataFrame, speaker: pd.DataFrame) -> NDArray[np.object_]:
    return np.array([f"FR-{site}" for site in rows["site_id"].iloc[speaker["id_row"]]], object)


def _candidates(
    context: SpatialContext,
    rows: gpd.GeoDataFrame,
    outline: Outlines,
    group: NDArray[np.intp],
    speaker: pd.DataFrame,
) -> tuple[gpd.GeoDataFrame, NDArray[np.bool_]]:
    """Sites by id, and which of them have a real outline."""
    at = speaker["row"].to_numpy(dtype=np.intp)
    kept, own, ids = rows.iloc[at].reset_index(drop=True), outline.take(at), _ids(rows, speaker)
    sources = rows.groupby(group)["source"].agg(lambda s: " | ".join(sorted(set(s))))
    family = families(kept, own)
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
                own.drawn, shapely.area(own.shapes), kept["area_m2"].to_numpy(float)
            ),
            "built_share": _built(context, own.shapes, own.drawn, commune),
            "status": _first(rows["status"], group, at),
            "perimeter": own.origin,
            "family": _family(family, ids),
            "zone": _zone(context, own.shapes, kept, commune),
            **_flags(context, own, kept),
            "sources": sources.reindex(speaker.index).to_numpy(),
            "counted_area_m2": counted_area_m2(kept, own, family),
        },
        geometry=own.shapes,
        crs=rows.crs,
    )
    order = np.argsort(ids.astype(str), kind="stable")
    return candidates.iloc[order].reset_index(drop=True), own.drawn[order]


def _first(column: pd.Series[Any], group: NDArray[np.intp], at: NDArray[np.intp]) -> Any:
    """Value of the row that speaks for the site, else the first known among its other rows."""
    own = texts(column.iloc[at])
    others = texts(column.groupby(group).first().to_numpy())
    return np.where(pd.isna(own), others, own)


def _built(
    context: SpatialContext, plots: Geometries, drawn: NDArray[np.bool_], commune: Any
) -> Any:
    share = np.full(len(plots), np.nan)
    drawn = drawn & context.comes_to("buildings", commune)
    if context.buildings is not None and drawn.any():
        covered = covered_area_m2(plots[drawn], shapes(context.buildings))
        share[drawn] = np.minimum(covered / shapely.area(plots[drawn]), 1.0)
    return share


def _family(family: NDArray[np.intp], ids: NDArray[np.object_]) -> Any:
    group = pd.Series(family)
    size = group.map(group.value_counts())
    head = pd.Series(ids).groupby(group).transform("min").str.replace("FR-", "FAM-", n=1)
    return head.where(size > 1, None).to_numpy()


def _zone(context: SpatialContext, plots: Geometries, kept: gpd.GeoDataFrame, commune: Any) -> Any:
    """Zone of the zoning, where it comes to the commune; else as the inventory has it."""
    found = zone_of(context, shapely.centroid(plots), commune)
    return np.where(pd.isna(found), texts(kept["zone_type"]), found)


def _flags(
    context: SpatialContext, own: Outlines, kept: gpd.GeoDataFrame
) -> dict[str, list[str | None]]:
    """Project, pollution (as the inventory words it), constraint and lost parcels, as columns."""
    told = []
    for status, soil, under, gone in zip(
        kept["status"],
        texts(kept["pollution"]),
        constrained(context, own.shapes),
        own.gone,
        strict=True,
    ):
        words = [UNDER_WAY] if status == "friche avec projet" else []
        if soil and "avérée" in soil:
            words.append(Localized(soil, english(soil)))
        words.extend(under)
        words.extend([_missing(gone)] if gone else [])
        told.append(words)
    return flag_columns(told)


def _missing(names: str) -> Localized:
    """Words for the parcels of a site that the cadastre no longer has."""
    ids = names.split("|")
    listed = ", ".join(ids[:SHOWN_PARCELS]) + (", …" if len(ids) > SHOWN_PARCELS else "")
    return Localized(
        f"{len(ids)} parcelle(s) introuvable(s) au cadastre\u00a0: {listed}",
        f"{len(ids)} parcel(s) not found in the cadastre: {listed}",
    )


def _signs(
    rows: gpd.GeoDataFrame,
    ids: NDArray[np.object_],
    others: list[pd.DataFrame],
    evidence_model: EvidenceModel,
) -> pd.DataFrame:
    """All signs of all sites, weighed: of their records, of their buildings, and the others."""
    status = rows["status"].fillna("statut inconnu")
    listed = pd.DataFrame(
        {
            "opportunity_id": ids,
            "signal": np.where(rows["signal"].isna(), status, rows["signal"]),
            "detail": texts(rows["detail"]),
            "source": rows["source"].to_numpy(),
            "observed_on": rows["updated_on"].to_numpy(),
            "distance_m": np.nan,
            "share": np.nan,
            "part": 1.0,
            "active": 0,
            "known": 0,
        }
    )
    state = listed.assign(signal=rows["vacancy"].map(VACANCY).to_numpy(), detail=None)
    parts = [listed, state.dropna(subset="signal"), *others]
    signs = pd.concat([part for part in parts if len(part)], ignore_index=True)
    signs = signs.astype({"observed_on": "datetime64[us]"})
    return merge_repeated(apply_weights(signs, evidence_model))


def _prior_rows(
    rows: gpd.GeoDataFrame, ids: NDArray[np.object_], evidence_model: EvidenceModel
) -> pd.DataFrame:
    """Say where belief in each site starts: at the best of the priors of its records."""
    default = evidence_model.friche_prior
    priors = {None: default}
    priors |= {
        name: signal_of(str(name), evidence_model).prior or default
        for name in rows["signal"].dropna().unique()
    }
    own = pd.Series([priors[name] for name in texts(rows["signal"])], dtype="float64")
    best = own.groupby(ids).max()
    shown, more = [f"{p * 100:.0f}" for p in best], without_age(evidence_model)
    return prior_rows(
        best.index.to_numpy(),
        best.to_numpy(),
        [f"Point de départ\u00a0: {p}\u00a0% de tels sites sont confirmés{more.fr}" for p in shown],
        [f"Starting point: {p}% of such sites are confirmed{more.en}" for p in shown],
        "foncier",
    )


def _told(rows: gpd.GeoDataFrame, ids: NDArray[np.object_]) -> pd.DataFrame:
    """What records say besides, without weight: soil, activity, kind, state of the buildings."""
    parts = []
    for column, fr, en in (
        ("pollution", "Sol", "Soil"),
        ("activity", "Ancienne activité", "Former activity"),
        ("site_type", "Type", "Kind"),
        ("buildings_state", "État du bâti", "State of the buildings"),
    ):
        known = rows[column].notna().to_numpy(dtype=bool)
        words = texts(rows[column])[known]
        parts.append(
            neutral(
                ids[known],
                column,
                [f"{fr}\u00a0: {w}" for w in words],
                [f"{en}: {english(w)}" for w in words],
                source=rows["source"].to_numpy()[known],
                observed_on=rows["updated_on"].to_numpy()[known],
            )
        )
    return concat_evidence(parts)


def _melted(rows: gpd.GeoDataFrame, ids: NDArray[np.object_]) -> pd.DataFrame:
    """Say which records were taken for one site."""
    told = pd.Series(rows["site_id"].to_numpy()).groupby(ids).agg(list)
    told = told[told.map(len) > 1]
    lists = [" et ".join(sorted(names)) for names in told]
    return neutral(
        told.index.to_numpy(),
        "même site",
        [f"Même site décrit par plusieurs fiches\u00a0: {x}" for x in lists],
        [f"The same site told by several records: {x.replace(' et ', ' and ')}" for x in lists],
        source="foncier",
    )
