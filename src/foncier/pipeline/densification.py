"""What the densification study needs of a run: the mutable built plots."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from foncier import detect
from foncier.study import land_rules, mutable_rules, profile

if TYPE_CHECKING:
    import geopandas as gpd
    import shapely

    from foncier.study.config import Study


def mutable_plots(
    study: Study,
    context: detect.SpatialContext,
    area: shapely.Geometry,
    candidates: gpd.GeoDataFrame,
) -> gpd.GeoDataFrame | None:
    """Mutable built plots of a study with ``[densification]``, with the sites on each; else None.

    Fabric and excluding prescriptions are those of the rule set.
    """
    if study.densification is None:
        return None
    rules = profile(study)
    here = replace(context, fabric=rules.fabric, excluded=rules.excluded)
    wanted = mutable_rules(study.densification, rules)
    plots = detect.mutable_plots(here, area, wanted, land_rules().planning)
    return detect.with_sites(plots, candidates)
