"""Run every rule set on the same parcels, and say where they agree and what sets them apart."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from foncier import detect, schemas
from foncier._util.atomic_write import write_atomically
from foncier.crs import legal_crs
from foncier.errors import ConfigError
from foncier.export.compare_profiles import Scene, draw_agreement, write_comparison
from foncier.pipeline.layers import read_layers
from foncier.pipeline.run import GROUND
from foncier.pipeline.study_area import study_area, trace_lines
from foncier.study import profile, profiles, published
from foncier.wording import figure

if TYPE_CHECKING:
    from pathlib import Path

    from foncier.study.config import Study

FILE, PICTURE = "comparaison.gpkg", "accord.png"
KINDS = ("dent_creuse", "terrain_divisible")
KEPT = "retenue"


@dataclass(frozen=True)
class Comparison:
    """What each rule set finds on the same parcels.

    ``summary`` has one row a profile: ``profile``, one count and one area (``…_ha``) a kind.
    ``candidates`` holds CANDIDATES by profile. ``agreement`` has one row a kind and parcel that a
    profile found at least: ``parcel_id``, ``kind``, ``found_by`` (how many), ``profiles`` (which),
    ``area_m2`` and one column a profile: « retenue », or the test that keeps the parcel off.
    ``differences`` counts the plots that others found and a profile did not, by the rule that
    stopped them (see `differences`). ``scene`` is what the picture shows behind.
    """

    summary: pd.DataFrame
    candidates: dict[str, gpd.GeoDataFrame]
    agreement: gpd.GeoDataFrame
    differences: pd.DataFrame
    scene: Scene


def compare(study: Study, *, workers: int = 1) -> Comparison:
    """Find the plots of a study by every rule set; its own changes hold for its own rule set.

    Raises
    ------
    ConfigError
        The study has no parcels or no buildings.
    FoncierError
        As the reading of the layers raises it.
    """
    crs = legal_crs(study.info.communes[0])
    layers = read_layers(study, workers=workers)
    ground = detect.SpatialContext(**{k: layers.get(k) for k in GROUND})
    if ground.parcels is None or ground.buildings is None:
        raise ConfigError(
            "study.toml : comparer les jeux de règles demande [layers.parcels] et "
            "[layers.buildings]. Ajoutez la couche qui manque."
        )
    area = study_area(study, layers, trace_lines(study, None, crs).axis, crs)
    ground = ground.where_lacking(detect.uncovered_communes(ground, area))
    found = {}
    for name in profiles():
        rules = profile(study) if name == study.rules.profile else published(name)
        alone = replace(rules, assembly=None)  # single parcels are compared, not groups
        found[name] = detect.find_plots(ground, alone, area, source="Cadastre")
    both = agreement(ground.parcels, found)
    return Comparison(
        pd.DataFrame([_counted(name, plots.candidates) for name, plots in found.items()]),
        {name: plots.candidates for name, plots in found.items()},
        both,
        differences(both, found),
        Scene(
            study.info.title,
            ground.parcels,
            ground.buildings,
            ground.streets,
            tuple(r.source for r in layers.reports),
            study.info.date,
        ),
    )


def _counted(name: str, candidates: gpd.GeoDataFrame) -> dict[str, Any]:
    row: dict[str, Any] = {"profile": name}
    for kind in KINDS:
        own = candidates.loc[(candidates["kind"] == kind).to_numpy()]
        row[kind] = len(own)
        # A parcel drawn over another is counted once.
        row[f"{kind}_ha"] = float(shapely.area(shapely.union_all(own.geometry.to_numpy()))) / 1e4
    return row


def agreement(parcels: gpd.GeoDataFrame, found: dict[str, detect.Plots]) -> gpd.GeoDataFrame:
    """Build one row a kind and parcel that some profile found (see `Comparison`)."""
    kept = pd.concat(
        [
            pd.DataFrame(
                {
                    "parcel_id": p.candidates["parcel_ids"],
                    "kind": p.candidates["kind"],
                    "profile": name,
                }
            )
            for name, p in found.items()
        ]
    )
    groups = kept.groupby(["parcel_id", "kind"])["profile"]
    rows = pd.DataFrame({"found_by": groups.size(), "profiles": groups.agg(" | ".join)})
    rows = rows.reset_index()
    for name, plots in found.items():
        told = _stops(plots.tests)
        where = pd.MultiIndex.from_frame(rows[["parcel_id", "kind"]])
        own = pd.MultiIndex.from_frame(kept.loc[kept["profile"] == name, ["parcel_id", "kind"]])
        rows[name] = np.where(where.isin(own), KEPT, told.reindex(where).to_numpy())
    index = parcels.set_index("parcel_id").index.get_indexer(rows["parcel_id"])
    shapes = parcels.geometry.to_numpy()[index]
    return gpd.GeoDataFrame(
        rows.assign(area_m2=shapely.area(shapes)), geometry=shapes, crs=parcels.crs
    )


def differences(both: gpd.GeoDataFrame, found: dict[str, detect.Plots]) -> pd.DataFrame:
    """Count the plots that a profile turns down and another finds, by the rule that stops them.

    Parameters
    ----------
    both
        As `agreement` builds it.
    found
        What each profile found.

    Returns
    -------
    Columns ``kind``, ``profile``, ``rule`` (its name), ``label_fr``, ``plots``.
    """
    parts = []
    for name, plots in found.items():
        out = both.loc[both[name] != KEPT, ["parcel_id", "kind"]]
        stopped = out.merge(_last(plots.tests), on=["parcel_id", "kind"])
        count = stopped.groupby(["kind", "rule", "label_fr"], as_index=False).size()
        parts.append(count.assign(profile=name).rename(columns={"size": "plots"}))
    columns = ["kind", "profile", "rule", "label_fr", "plots"]
    order = ["kind", "profile", "plots", "rule"]
    every = pd.concat(parts, ignore_index=True)[columns]
    ascending = [True, True, False, True]
    counts: pd.DataFrame = every.sort_values(order, ascending=ascending, ignore_index=True)
    return counts


def _last(tests: pd.DataFrame) -> pd.DataFrame:
    """Last test that each parcel went through, by kind: the one that stopped it, if any did."""
    ordered = tests.sort_values("step")
    return ordered.drop_duplicates(["parcel_id", "kind"], keep="last")


def _stops(tests: pd.DataFrame) -> pd.Series[str]:
    """Words for the last test that each parcel went through, by parcel and kind."""
    last = _last(tests)
    units = last["unit"].astype(object).where(last["unit"].notna(), "")
    words = [
        f"{label}\u00a0: {figure(value, unit, 'fr')}, seuil {figure(threshold, unit, 'fr')}"
        for label, value, threshold, unit in zip(
            last["label_fr"], last["value"], last["threshold"], units, strict=True
        )
    ]
    return pd.Series(words, index=pd.MultiIndex.from_frame(last[["parcel_id", "kind"]]))


def write(comparison: Comparison, study: Study, folder: Path) -> Path:
    """Write a GeoPackage with one layer a profile and the layer ``accord``, and its picture.

    Returns the GeoPackage; the picture is ``accord.png`` beside it.

    Raises
    ------
    ExportError
        It cannot be written whole; a former one is intact.
    """
    columns = [n for n in schemas.CANDIDATES.names if n != "geometry"]
    layers = {
        name.replace("-", "_"): frame[[*columns, "geometry"]]
        for name, frame in comparison.candidates.items()
    }
    day = study.info.date

    def written(path: Path) -> None:
        write_comparison({**layers, "accord": comparison.agreement}, path, day=day)

    def drawn(path: Path) -> None:
        draw_agreement(comparison.agreement, comparison.summary, comparison.scene, path)

    write_atomically(folder, {FILE: written, PICTURE: drawn})
    return folder / FILE
