"""Surroundings of the sites: partners and companies around, and the needs that each site meets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from foncier import network, schemas, scoring
from foncier.export.match import describe_check
from foncier.export.tables import opportunities
from foncier.schemas.results import PARTNERS
from foncier.scoring.surroundings import naf_section
from foncier.study import conditions, read_requirements
from foncier.study.criteria import LOOP, destination_categories

if TYPE_CHECKING:
    from collections.abc import Iterator

    from foncier.model import LayerReport, ResultTables
    from foncier.pipeline.accessibility import Accessibility
    from foncier.pipeline.layers import Layers
    from foncier.study.config import Study

ACTIVE = "sirene_active"
HLM = "social_housing"
SHOWN = ("fits", "to_check", "near_miss")


def surroundings(access: Accessibility, layers: Layers) -> pd.DataFrame | None:
    """Partners and companies within a ten-minute walk of each site; None without any layer.

    Partners are named places and the land of HLM bodies; companies are the active establishments
    of SIRENE, counted by section of their activity, never named.
    """
    candidates = access.candidates
    parts = [part for part in _actors(layers) if len(part)]
    if not parts and not any(layers.get(name) is not None for name in ("places", "observations")):
        return None
    if not parts or not len(candidates):
        none: pd.DataFrame = schemas.AROUND.empty()
        return none
    actors = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=candidates.crs)
    entrances = access.entrances
    if access.graph is None or entrances is None:
        return scoring.around(candidates, actors, None, np.zeros(len(candidates), bool))
    walks = network.points_within(entrances, access.graph, actors.geometry.to_numpy())
    served = candidates["opportunity_id"].isin(entrances["opportunity_id"]).to_numpy(dtype=bool)
    return scoring.around(candidates, actors, walks, served)


def _actors(layers: Layers) -> Iterator[pd.DataFrame]:
    """Category, name, source and point of the partners and companies, by layer."""
    places, observations = layers.get("places"), layers.get("observations")
    owners, parcels = layers.get("owners"), layers.get("parcels")
    if places is not None:
        rows = places[places["category"].isin(PARTNERS)]
        yield _rows(rows, rows["category"], rows["name"], _source(layers.reports, "places"))
    if observations is not None:
        active = observations[observations["signal"] == ACTIVE]
        sections = naf_section(active["detail"])
        active, sections = active[sections.notna()], sections[sections.notna()]
        yield _rows(active, sections, None, active["source"])
    if owners is not None and parcels is not None:
        land = owners[owners["owner_group"] == HLM].merge(
            parcels[["parcel_id", "geometry"]], on="parcel_id"
        )
        land = gpd.GeoDataFrame(land, geometry="geometry", crs=parcels.crs)
        yield _rows(land, HLM, land["owner_name"], _source(layers.reports, "owners"))


def _rows(rows: gpd.GeoDataFrame, category: Any, name: Any, source: Any) -> gpd.GeoDataFrame:
    columns = {"category": category, "name": name, "source": source}
    table = pd.DataFrame(columns, index=rows.index)
    points = rows.geometry.representative_point()
    return gpd.GeoDataFrame(table, geometry=points).reset_index(drop=True)


def _source(reports: tuple[LayerReport, ...], layer: str) -> str:
    """Sources of the files of a layer."""
    named = dict.fromkeys(r.source or r.path for r in reports if r.layer == layer)
    return ", ".join(named)


def site_needs(study: Study, result: ResultTables) -> pd.DataFrame | None:
    """Needs of project holders that each site meets, may meet or nearly meets.

    None without needs in the study. A destination that the study has no place of is unknown: its
    condition is to be checked.

    Raises
    ------
    ConfigError
        A needs file that cannot be read, or a condition on a measure that does not exist.
    """
    if not study.needs.files:
        return None
    sites = pd.DataFrame(opportunities(result).drop(columns="geometry"))
    every = (*destination_categories(), LOOP)
    unknown = [f"{name}_{end}" for name in every for end in ("min", "m")]
    sites = sites.assign(**{name: np.nan for name in unknown if name not in sites})
    parts = []
    for file in study.needs.files:
        asked = read_requirements(study.path(file))
        matches, checks = scoring.match_requirements(sites, conditions(asked), asked.tolerance)
        shown = matches[matches["outcome"].isin(SHOWN)]
        parts.append(shown.assign(need=asked.name, **_details(shown, checks)))
    table: pd.DataFrame = schemas.SITE_NEEDS.conform(
        pd.concat(parts).sort_values(["opportunity_id", "need"])
    )
    return table


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def _details(matches: pd.DataFrame, checks: pd.DataFrame) -> dict[str, Any]:
    """What each site fails or leaves to be checked, in both languages."""
    open_checks = checks[checks["verdict"] != "yes"]
    texts: dict[str, Any] = {}
    for lang in ("fr", "en"):
        lines = [describe_check(check, lang) for check in _records(open_checks)]
        by_site = pd.Series(lines, open_checks["opportunity_id"].to_numpy(), dtype="object")
        joined = by_site.groupby(level=0, sort=False).agg(" ; ".join)
        texts[f"detail_{lang}"] = matches["opportunity_id"].map(joined).to_numpy()
    return texts
