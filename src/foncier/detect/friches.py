"""Friches: inventory rows and mapped brownfield fused into sites, each with its evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from foncier import tables
from foncier.detect.belief import Found, confidence, counted, evidence_rows, joined, neutral
from foncier.detect.flags import constrained
from foncier.detect.ground import Ground, shapes, texts
from foncier.detect.measures import zone_at
from foncier.detect.sites import Outlines, families, outlines, same_sites
from foncier.geometry import Geometries, covered_area_m2
from foncier.records import Text
from foncier.wording import flag_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foncier.records import Ledger

RECONVERTED = "friche reconvertie"
# Better first; within a rank the latest update speaks (METHODS §4, Cartofriches).
ORIGIN_RANK = {"parcelles": 0, "trace": 1, "emprise_approximative": 2, "point_seul": 3}
UNDER_WAY = Text("projet déjà engagé", "project already under way")
POLLUTION = {"pollution avérée": "proven pollution"}  # CNIG code; other words stay as written
VACANCY = {"vacant": "bâti vacant", "occupé": "bâti occupé"}


def find_friches(ground: Ground, ledger: Ledger, area: shapely.Geometry) -> Found:
    """Find friches whose centre lies in an area, from the inventory and the site observations.

    Rows that tell the same site twice become one (the older id is kept, so is every source); sites
    that overlap in part are linked by ``family`` and each kept. Reconverted sites are left out.

    Parameters
    ----------
    ground
        Inventory and observations; parcels, buildings, zones and constraints where there are.
    ledger
        Weights and prior.
    area
        Study area, in the legal metric CRS.

    Returns
    -------
    CANDIDATES of kind ``friche``, their EVIDENCE, and notes on what was left aside.
    """
    rows = _rows(ground)
    if rows is None:
        return Found(tables.CANDIDATES.empty(), tables.EVIDENCE.empty())
    done = (rows["status"] == RECONVERTED).to_numpy(dtype=bool)
    rows = rows.loc[~done].reset_index(drop=True)
    outline = outlines(rows, ground.parcels)
    shapely.prepare(area)
    inside = shapely.intersects(area, shapely.centroid(outline.shapes))
    rows = rows.loc[inside].reset_index(drop=True)
    outline = Outlines(outline.shapes[inside], outline.origin[inside], outline.lost[inside])
    group = same_sites(rows, outline)
    speaker = _speakers(rows, outline, group)
    evidence = _evidence(rows, group, speaker, ledger)
    candidates = _candidates(ground, rows, outline, group, speaker)
    sure = confidence(candidates["opportunity_id"], evidence, ledger.friche_prior)
    notes = (
        *counted("dropped", int(done.sum()), "sites déjà reconvertis", "sites already reconverted"),
        *counted("dropped", int((~inside).sum()), "sites hors du secteur d'étude",
                 "sites outside the study area"),
        *counted("dropped", len(rows) - len(candidates), "fiches réunies à une autre du même site",
                 "records melted into another of the same site"),
        *counted("kept", int((outline.lost > 0).sum()),
                 "sites dont des parcelles sont introuvables au cadastre fourni",
                 "sites with parcels not found in the cadastre supplied"),
    )  # fmt: skip
    return Found(tables.CANDIDATES.conform(candidates.assign(confidence=sure)), evidence, notes)


def _rows(ground: Ground) -> gpd.GeoDataFrame | None:
    """Inventory rows, then the polygons that observations call a site; None without either."""
    parts = []
    if ground.inventory is not None:
        parts.append(ground.inventory.assign(signal=None, detail=None))
    if ground.observations is not None:
        seen = ground.observations
        polygon = shapely.get_dimensions(shapes(seen)) == 2
        seen = seen.loc[(seen["subject"] == "site").to_numpy(dtype=bool) & polygon]
        parts.append(
            seen.rename(columns={"observation_id": "site_id", "observed_on": "updated_on"})
            .assign(area_m2=shapely.area(shapes(seen)))
            .drop(columns="subject")
        )
    parts = [part for part in parts if len(part)]
    if not parts:
        return None
    rows = pd.concat(parts, ignore_index=True)
    wanted = [*tables.INVENTORY.names, "signal", "detail"]
    return gpd.GeoDataFrame(rows.reindex(columns=wanted), geometry="geometry", crs=parts[0].crs)


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
    ground: Ground,
    rows: gpd.GeoDataFrame,
    outline: Outlines,
    group: NDArray[np.intp],
    speaker: pd.DataFrame,
) -> gpd.GeoDataFrame:
    at = speaker["row"].to_numpy(dtype=np.intp)
    kept, plots, ids = rows.iloc[at], outline.shapes[at], _ids(rows, speaker)
    drawn = outline.drawn[at]
    sources = rows.groupby(group)["source"].agg(lambda s: " | ".join(sorted(set(s))))
    candidates = gpd.GeoDataFrame(
        {
            "opportunity_id": ids,
            "kind": "friche",
            "name": _first(rows["name"], group, at),
            "address": _first(rows["address"], group, at),
            "commune": _first(rows["commune"], group, at),
            "parcel_ids": _first(rows["parcel_ids"], group, at),
            "area_m2": np.where(drawn, shapely.area(plots), kept["area_m2"].to_numpy(float)),
            "built_share": _built(ground, plots, drawn),
            "status": _first(rows["status"], group, at),
            "perimeter": outline.origin[at],
            "family": _family(kept, Outlines(plots, outline.origin[at], outline.lost[at]), ids),
            "zone": _zone(ground, plots, kept),
            **_flags(ground, plots, kept, outline.lost[at]),
            "sources": sources.reindex(speaker.index).to_numpy(),
        },
        geometry=plots,
        crs=rows.crs,
    )
    return candidates.sort_values("opportunity_id").reset_index(drop=True)


def _first(column: pd.Series[Any], group: NDArray[np.intp], at: NDArray[np.intp]) -> Any:
    """Value of the row that speaks for the site, else the first known among its other rows."""
    own = texts(column.iloc[at])
    others = texts(column.groupby(group).first().to_numpy())
    return np.where(pd.isna(own), others, own)


def _built(ground: Ground, plots: Geometries, drawn: NDArray[np.bool_]) -> Any:
    share = np.full(len(plots), np.nan)
    if ground.buildings is not None and drawn.any():
        covered = covered_area_m2(plots[drawn], shapes(ground.buildings))
        share[drawn] = np.minimum(covered / shapely.area(plots[drawn]), 1.0)
    return share


def _family(kept: gpd.GeoDataFrame, outline: Outlines, ids: NDArray[np.object_]) -> Any:
    group = pd.Series(families(kept.reset_index(drop=True), outline))
    size = group.map(group.value_counts())
    head = pd.Series(ids).groupby(group).transform("min").str.replace("FR-", "FAM-", n=1)
    return head.where(size > 1, None).to_numpy()


def _zone(ground: Ground, plots: Geometries, kept: gpd.GeoDataFrame) -> Any:
    if ground.zones is None:
        return texts(kept["zone_type"])
    return zone_at(ground.zones, shapely.centroid(plots), ())[1]


def _flags(
    ground: Ground, plots: Geometries, kept: gpd.GeoDataFrame, lost: NDArray[np.intp]
) -> dict[str, list[str | None]]:
    """Project, pollution (as the inventory words it), constraint and lost parcels, as columns."""
    told = []
    for status, soil, under, gone in zip(
        kept["status"], texts(kept["pollution"]), constrained(ground, plots), lost, strict=True
    ):
        words = [UNDER_WAY] if status == "friche avec projet" else []
        if soil and "avérée" in soil:
            words.append(Text(soil, POLLUTION.get(soil, soil)))
        words.extend(under)
        if gone:
            words.append(Text(f"{gone} parcelle(s) introuvable(s) au cadastre",
                              f"{gone} parcel(s) not found in the cadastre"))  # fmt: skip
        told.append(words)
    return flag_columns(told)


def _evidence(
    rows: gpd.GeoDataFrame, group: NDArray[np.intp], speaker: pd.DataFrame, ledger: Ledger
) -> pd.DataFrame:
    ids = pd.Series(_ids(rows, speaker), index=speaker.index).reindex(group).to_numpy()
    status = rows["status"].fillna("statut inconnu")
    listed = pd.DataFrame(
        {
            "opportunity_id": ids,
            "signal": np.where(rows["signal"].isna(), status, rows["signal"]),
            "detail": texts(rows["detail"]),
            "source": rows["source"].to_numpy(),
            "observed_on": rows["updated_on"].to_numpy(),
        }
    )
    state = listed.assign(signal=rows["vacancy"].map(VACANCY).to_numpy(), detail=None)
    parts = [evidence_rows(listed, ledger), evidence_rows(state.dropna(subset="signal"), ledger)]
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
                ids[known], column, [f"{fr}\u00a0: {w}" for w in words],
                [f"{en}: {w}" for w in words], source=rows["source"].to_numpy()[known],
                observed_on=rows["updated_on"].to_numpy()[known],
            )
        )  # fmt: skip
    parts.append(_melted(rows, group, ids))
    return joined(parts)


def _melted(rows: gpd.GeoDataFrame, group: NDArray[np.intp], ids: NDArray[np.object_]) -> Any:
    """Say which records were taken for one site."""
    told = pd.Series(rows["site_id"].to_numpy()).groupby(group).agg(list)
    told = told[told.map(len) > 1]
    who = pd.Series(ids).groupby(group).first().reindex(told.index).to_numpy()
    lists = [" et ".join(sorted(ids)) for ids in told]
    return neutral(
        who, "même site",
        [f"Même site décrit par plusieurs fiches\u00a0: {x}" for x in lists],
        [f"The same site told by several records: {x.replace(' et ', ' and ')}" for x in lists],
        source="foncier",
    )  # fmt: skip
