"""What owners, permits and the local plan say of each site (docs/adr/0057)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from foncier import detect, schemas
from foncier.i18n import label
from foncier.study import land_rules

if TYPE_CHECKING:
    import datetime as dt

    import geopandas as gpd

    from foncier.pipeline.layers import Layers


def with_demolitions(layers: Layers) -> gpd.GeoDataFrame | None:
    """Observations of the study, and its demolition permits, an indication of vacancy."""
    observations, permits = layers.get("observations"), layers.get("permits")
    if permits is None:
        return observations
    demolitions = detect.demolition_observations(permits)
    if demolitions.empty:
        return observations
    if observations is None:
        return demolitions
    both: gpd.GeoDataFrame = schemas.OBSERVATIONS.conform(
        pd.concat([observations, demolitions], ignore_index=True)
    )
    return both


def add_land(
    candidates: gpd.GeoDataFrame, evidence: pd.DataFrame, layers: Layers, on: dt.date | None
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Candidates with owners, permits, prescriptions, bounded capacity and land cover; EVIDENCE.

    Parameters
    ----------
    on
        Date at which permits lapse; None: none does.
    """
    rules, more = land_rules(), []
    owners, inventory = layers.get("owners"), layers.get("inventory")
    sites = detect.owner_columns(candidates, owners, inventory, rules.owners)
    more.append(detect.owner_evidence(sites, owner_sources(layers)))
    permits = layers.get("permits")
    if permits is not None and len(sites):
        located = detect.permits_on(sites, permits, rules.permits, on)
        sites = detect.permit_columns(sites, located)
        more.append(detect.permit_evidence(located))
    prescriptions = layers.get("prescriptions")
    if prescriptions is not None and len(sites):
        source = _source(layers, "prescriptions")
        planning = rules.planning
        located = detect.prescriptions_on(sites, layers.get("parcels"), prescriptions, planning)
        sites = detect.prescription_columns(sites, located, planning)
        sites, capacity = detect.bound_capacity(sites, located, planning, source=source)
        more += [detect.prescription_evidence(located, planning, source), capacity]
    sites = detect.artificialised_share(sites, layers.get("artificial_land"))
    rows = pd.concat([evidence, *(part for part in more if len(part))], ignore_index=True)
    ordered = rows.sort_values("opportunity_id", kind="stable")
    return schemas.CANDIDATES.conform(sites), schemas.EVIDENCE.conform(ordered)


def owner_sources(layers: Layers) -> dict[str, str]:
    """Attribution of each source of owners, as the study gives it; else the name of the file."""
    legal_persons, tax_data, inventory = schemas.OWNER_SOURCES
    formats = {"personnes-morales": legal_persons, "fichiers-fonciers": tax_data}
    named: dict[str, Any] = {
        formats[report.format]: report.source
        for report in layers.reports
        if report.layer == "owners" and report.format in formats and report.source
    }
    unnamed = {one: label(f"results.value_{one}").fr for one in (legal_persons, tax_data)}
    return {**unnamed, **named, inventory: _source(layers, "inventory")}


def _source(layers: Layers, layer: str) -> str:
    sources = [r.source for r in layers.reports if r.layer == layer and r.source]
    return " | ".join(dict.fromkeys(sources)) or layer
