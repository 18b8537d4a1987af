"""Apply every rule set to the same parcels: where they agree, and which rule makes them differ."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from foncier import detect, schemas
from foncier._util.atomic_write import write_atomically
from foncier._util.destination import Owner, subject_of
from foncier.crs import legal_crs
from foncier.errors import ConfigError
from foncier.export.compare_profiles import Scene, draw_agreement, write_comparison
from foncier.i18n import localize
from foncier.pipeline.layers import read_layers
from foncier.pipeline.run import CONTEXT_LAYERS
from foncier.pipeline.study_area import study_area, trace_lines
from foncier.study import known_profiles, profile, published, study_files

if TYPE_CHECKING:
    from collections.abc import Iterable

    from foncier.pipeline.layers import Layers
    from foncier.study.config import Study
    from foncier.validation import Readings

NAMES = FILE, PICTURE = "comparaison.gpkg", "accord.png"
KINDS = ("dent_creuse", "terrain_divisible")
LABELS = ["kind", "rule", "label_fr", "label_en"]
LISTED = "retenue"  # in the columns of the rule sets


@dataclass(frozen=True)
class Comparison:
    """Plots that each rule set finds among the same parcels.

    ``summary`` has one row a profile: ``profile``, and by kind a count and an area (``…_ha``).
    ``candidates`` holds CANDIDATES by profile. ``agreement`` has one row for each parcel and kind
    that at least one profile lists: ``parcel_id``, ``kind``, ``found_by`` (number of profiles),
    ``profiles`` (their names), ``area_m2``, and by profile ``retenue`` or the rule that rejects
    the parcel. ``differences`` counts the plots that others list and a profile does not, by the
    rule that rejects them (see `differences`). ``scene`` is the background of the picture.
    ``last_tests`` holds the last TESTS of each parcel and kind by profile: for a parcel that is not
    listed, the rule that rejects it. ``features`` holds `foncier.detect.plot_features` of the plots
    of each profile, in the order of its candidates. ``readings`` holds the rule sets against
    parcels read on plans (`foncier.pipeline.readings.assess`), None without a file of them.
    """

    summary: pd.DataFrame
    candidates: dict[str, gpd.GeoDataFrame]
    agreement: gpd.GeoDataFrame
    differences: pd.DataFrame
    scene: Scene
    last_tests: dict[str, pd.DataFrame]
    features: dict[str, pd.DataFrame]
    readings: Readings | None = None


def compare(study: Study, *, workers: int = 1) -> Comparison:
    """Find the plots of a study with every rule set; its changes apply to its own rule set.

    Raises
    ------
    ConfigError
        The study has no parcels or no buildings.
    FoncierError
        A layer cannot be read; see `foncier.errors`.
    """
    crs = legal_crs(study.info.communes[0])
    layers = read_layers(study, workers=workers)
    context = detect.SpatialContext(**{k: layers.get(k) for k in CONTEXT_LAYERS})
    if context.parcels is None or context.buildings is None:
        raise ConfigError("pipeline.compare_profiles.no_layer")
    area = study_area(study, layers, trace_lines(study, None, crs).axis, crs)
    context = context.with_uncovered(detect.uncovered_communes(context, area))
    results, features = {}, {}
    for name in dict.fromkeys((*known_profiles(), study.rules.profile)):
        rules = profile(study) if name == study.rules.profile else published(name)
        alone = replace(rules, assembly=None)  # single parcels are compared, not groups
        results[name] = found = detect.find_plots(context, alone, area, source="Cadastre")
        features[name] = detect.plot_features(found.candidates, found.tests, rules.rules)
    parcels = agreement(context.parcels, results)
    return Comparison(
        pd.DataFrame([_summary(name, plots.candidates) for name, plots in results.items()]),
        {name: plots.candidates for name, plots in results.items()},
        parcels,
        differences(parcels, results),
        scene(study, layers),
        {name: _last(plots.tests) for name, plots in results.items()},
        features,
    )


def scene(study: Study, layers: Layers) -> Scene:
    """Background of the maps of a study, from the layers that were read."""
    return Scene(
        study.info.title,
        layers.get("parcels"),
        layers.get("buildings"),
        layers.get("streets"),
        tuple(r.source for r in layers.reports),
        study.info.date,
        zones=layers.get("zones"),
        constraints=layers.get("constraints"),
    )


def _summary(name: str, candidates: gpd.GeoDataFrame) -> dict[str, Any]:
    row: dict[str, Any] = {"profile": name}
    for kind in KINDS:
        plots = candidates.loc[(candidates["kind"] == kind).to_numpy()]
        row[kind] = len(plots)
        # The union counts land of overlapping parcels once.
        row[f"{kind}_ha"] = float(shapely.area(shapely.union_all(plots.geometry.to_numpy()))) / 1e4
    return row


def agreement(parcels: gpd.GeoDataFrame, results: dict[str, detect.Plots]) -> gpd.GeoDataFrame:
    """Build one row for each parcel and kind that a profile lists (see `Comparison`)."""
    listed = pd.concat(
        [
            pd.DataFrame(
                {
                    "parcel_id": p.candidates["parcel_ids"],
                    "kind": p.candidates["kind"],
                    "profile": name,
                }
            )
            for name, p in results.items()
        ]
    )
    groups = listed.groupby(["parcel_id", "kind"])["profile"]
    rows = pd.DataFrame({"found_by": groups.size(), "profiles": groups.agg(" | ".join)})
    rows = rows.reset_index()
    for name, plots in results.items():
        reasons = _reasons(plots.tests)
        keys = pd.MultiIndex.from_frame(rows[["parcel_id", "kind"]])
        by_it = pd.MultiIndex.from_frame(
            listed.loc[listed["profile"] == name, ["parcel_id", "kind"]]
        )
        rows[name] = np.where(keys.isin(by_it), LISTED, reasons.reindex(keys).to_numpy())
    index = parcels.set_index("parcel_id").index.get_indexer(rows["parcel_id"])
    shapes = parcels.geometry.to_numpy()[index]
    return gpd.GeoDataFrame(
        rows.assign(area_m2=shapely.area(shapes)), geometry=shapes, crs=parcels.crs
    )


def differences(parcels: gpd.GeoDataFrame, results: dict[str, detect.Plots]) -> pd.DataFrame:
    """Count the plots that a profile rejects and another lists, by the rule that rejects them.

    Parameters
    ----------
    parcels
        Table of `agreement`.
    results
        Plots by profile.

    Returns
    -------
    Columns ``kind``, ``profile``, ``rule`` (its name), ``label_fr``, ``label_en``, ``plots``.
    """
    parts = []
    for name, plots in results.items():
        rejected = parcels.loc[parcels[name] != LISTED, ["parcel_id", "kind"]]
        stopped = rejected.merge(_last(plots.tests), on=["parcel_id", "kind"])
        count = stopped.groupby(LABELS, as_index=False).size()
        parts.append(count.assign(profile=name).rename(columns={"size": "plots"}))
    columns = ["kind", "profile", "rule", "label_fr", "label_en", "plots"]
    order = ["kind", "profile", "plots", "rule"]
    every = pd.concat(parts, ignore_index=True)[columns]
    ascending = [True, True, False, True]
    counts: pd.DataFrame = every.sort_values(order, ascending=ascending, ignore_index=True)
    return counts


def _last(tests: pd.DataFrame) -> pd.DataFrame:
    """Last test of each parcel and kind: the one that rejects it, if any does."""
    ordered = tests.sort_values("step")
    return ordered.drop_duplicates(["parcel_id", "kind"], keep="last")


def _reasons(tests: pd.DataFrame) -> pd.Series[str]:
    """Words for the last test of each parcel and kind."""
    last = _last(tests)
    units = last["unit"].astype(object).where(last["unit"].notna(), "")
    words = [
        localize(
            "pipeline.compare_profiles.last_test",
            "fr",
            rule=label,
            value=value,
            threshold=threshold,
            unit=unit,
        )
        for label, value, threshold, unit in zip(
            last["label_fr"], last["value"], last["threshold"], units, strict=True
        )
    ]
    return pd.Series(words, index=pd.MultiIndex.from_frame(last[["parcel_id", "kind"]]))


def write(
    comparison: Comparison, study: Study, folder: Path, *, owner: Owner | None = None
) -> Path:
    """Write a GeoPackage with one layer a profile and the layer ``accord``, and a picture.

    Returns
    -------
    Path of the GeoPackage; ``accord.png`` is beside it.

    Raises
    ------
    ConfigError
        A file there may not be replaced (see `comparison_owner`).
    ExportError
        They cannot be written; the previous ones are intact.
    """
    columns = [n for n in schemas.CANDIDATES.names if n != "geometry"]
    layers = {
        Path(name).stem.replace("-", "_"): frame[[*columns, "geometry"]]
        for name, frame in comparison.candidates.items()
    }
    day = study.info.date

    def write_layers(path: Path) -> None:
        write_comparison({**layers, "accord": comparison.agreement}, path, day=day)

    def draw(path: Path) -> None:
        draw_agreement(comparison.agreement, comparison.summary, comparison.scene, path)

    write_atomically(folder, {FILE: write_layers, PICTURE: draw}, owner=owner)
    return folder / FILE


def comparison_owner(
    study: Study, folder: Path, *, truth: Iterable[Path] = (), replace: bool = False
) -> Owner:
    """What a comparison may not replace: files of its study, of others, of another study."""
    subject = subject_of(folder, study.folder)
    return Owner("compare-profiles", (subject,), (*study_files(study), *truth), replace)
