"""Availability of the sites of a run: its factors, and the interval of each site."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foncier import schemas, scoring
from foncier.pipeline.land import owner_sources
from foncier.pipeline.missing import newest_vintage
from foncier.study import availability_rules

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from foncier.pipeline.layers import Layers
    from foncier.study.config import Study


def add_availability(
    study: Study, layers: Layers, candidates: gpd.GeoDataFrame, evidence: pd.DataFrame
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Add to the candidates whether they can be had, and list the factors of each.

    Parameters
    ----------
    study
        The study; its date is that at which the age of signs of use is counted.
    layers
        Layers as read: the inventory, and whether there are permits and prescriptions.
    candidates
        Table of the schema ``CANDIDATES``, with the status that people noted.
    evidence
        Table of the schema ``EVIDENCE``.

    Returns
    -------
    The candidates with the columns of `scoring.combined` and, where the inventory alone knows
    them, their owner types; and a table of the schema ``AVAILABILITY``.
    """
    rules = availability_rules()
    factors = scoring.availability(
        candidates,
        evidence,
        rules,
        layers.get("inventory"),
        permits_known=layers.get("permits") is not None,
        prescriptions_known=layers.get("prescriptions") is not None,
        owner_sources=owner_sources(layers),
        on=study.info.date or newest_vintage(layers.reports),
    )
    columns = scoring.combined(factors, rules, candidates["opportunity_id"])
    owners = factors[(factors["factor"] == "owner") & factors["known"]]
    values = owners.set_index("opportunity_id")["value"]
    types = candidates["opportunity_id"].map(values).astype("str")
    candidates = candidates.assign(owner_types=candidates["owner_types"].fillna(types))
    return schemas.CANDIDATES.conform(candidates.assign(**columns)), factors
