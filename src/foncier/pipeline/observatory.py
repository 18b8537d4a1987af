"""Follow a study over its editions: the supply of each, and the sites that enter and leave it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from foncier._util.atomic_write import write_atomically
from foncier._util.destination import Owner, subject_of
from foncier.errors import ConfigError
from foncier.export.report.observatory import FLOWS, page, workbook
from foncier.geometry import covered_area_m2
from foncier.i18n import Localized, localized
from foncier.pipeline.diff import check_comparable, edition_of
from foncier.results import read_saved
from foncier.results.layers import GEOPACKAGES, SITES
from foncier.results.manifest import result_files
from foncier.results.totals import counted_area, offer_classes, sought_kinds
from foncier.schemas.results import AVAILABILITY_CLASSES, KINDS, TAKEN
from foncier.validation import compare_results

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path

    import geopandas as gpd

    from foncier.i18n import Lang
    from foncier.results import SavedResult

NAMES = PAGE, WORKBOOK = "observatoire.pdf", "observatoire.xlsx"
FEWEST = 2
# QGIS Foncier: a smaller construction is an annexe, and does not use the land.
LEAST_BUILDING_M2 = 25.0


@dataclass(frozen=True)
class Observatory:
    """Editions of a study in the order of their days.

    ``stock`` has a row an edition, kind and availability class (``day``, ``kind``, ``class``,
    ``sites``, ``area_m2``); ``flows`` a row a pair of editions and kind (``since``, ``day``,
    ``kind`` and `FLOWS`, numbers of sites). A kind that an edition did not look for is missing.
    """

    title: str
    fictional: bool
    days: tuple[date, ...]
    stock: pd.DataFrame
    flows: pd.DataFrame
    warnings: tuple[Localized, ...]
    folders: tuple[Path, ...]


def observe(folder: Path) -> Observatory:
    """Read the editions in the folders of a folder.

    A result without a day is set aside, with a warning.

    Raises
    ------
    ConfigError
        Fewer than two dated results there, two of one day, or results that cannot be compared
        (communes, reference system, fictional data).
    FormatError
        A result cannot be read.
    """
    results = [read_saved(one, with_manifest=True) for one in _results(folder)]
    dated = sorted(
        ((one.edition, one) for one in results if one.edition is not None), key=lambda one: one[0]
    )
    if len(dated) < FEWEST:
        raise ConfigError("pipeline.observatory.too_few", folder=folder.name, count=len(dated))
    pairs = list(pairwise(dated))
    for (day, before), (other, after) in pairs:
        if day == other:
            raise ConfigError(
                "pipeline.observatory.same_day",
                day=day,
                first=before.folder.name,
                second=after.folder.name,
            )
        check_comparable(before, after)
    undated = [one.folder.name for one in results if one.edition is None]
    warnings = [localized("pipeline.observatory.undated", folders=undated)] if undated else []
    warnings += [
        localized(
            "pipeline.observatory.rule_sets", day=day, before=before.profile, after=one.profile
        )
        for (_, before), (day, one) in pairs
        if before.profile != one.profile
    ]
    last = dated[-1][1]
    return Observatory(
        title=last.title,
        fictional=last.fictional,
        days=tuple(day for day, _ in dated),
        stock=pd.concat([_stock(day, one) for day, one in dated], ignore_index=True),
        flows=pd.concat(
            [_flows(since, before, day, after) for (since, before), (day, after) in pairs],
            ignore_index=True,
        ),
        warnings=tuple(warnings),
        folders=tuple(one.folder for _, one in dated),
    )


def _results(folder: Path) -> list[Path]:
    """Folders in a folder that hold a result."""
    if not folder.is_dir():
        raise ConfigError("pipeline.observatory.no_folder", folder=folder)
    return [
        one
        for one in sorted(folder.iterdir())
        if one.is_dir() and any(GEOPACKAGES.fullmatch(path.name) for path in one.iterdir())
    ]


def _sought(result: SavedResult) -> tuple[str, ...]:
    return sought_kinds({one["layer"] for one in result.manifest["inputs"]})


def _stock(day: date, result: SavedResult) -> pd.DataFrame:
    """Sites and land of an edition by kind and availability; missing where not sought."""
    sites = result.table(SITES)
    table = pd.DataFrame(
        {
            "kind": sites["kind"].to_numpy(),
            "class": offer_classes(sites).to_numpy(),
            "area_m2": counted_area(sites).to_numpy(dtype=np.float64),
        }
    )
    every = pd.MultiIndex.from_product((KINDS, AVAILABILITY_CLASSES), names=("kind", "class"))
    groups = table.groupby(["kind", "class"])["area_m2"]
    sums = groups.agg(sites="size", area_m2="sum").reindex(every, fill_value=0).astype("float64")
    unsought = ~sums.index.get_level_values("kind").isin(_sought(result))
    sums.loc[unsought] = np.nan
    return sums.reset_index().assign(day=day)


def _flows(since: date, before: SavedResult, day: date, after: SavedResult) -> pd.DataFrame:
    """What became of the sites on offer between two editions, by kind."""
    old, new = before.table(SITES), after.table(SITES)
    rows = compare_results(edition_of(before), edition_of(after))
    was, now = _taken(old), _taken(new)
    left, appeared = rows["fate"] == "disparu", rows["fate"] == "apparu"
    former = rows["old_id"].where(rows["old_id"].notna(), rows["opportunity_id"])
    taken_before = former.map(was).fillna(value=False).astype(bool)
    taken_after = rows["opportunity_id"].map(now).fillna(value=False).astype(bool)
    built = np.zeros(len(rows), dtype=bool)
    built[left.to_numpy()] = _built(rows[left], before, after)
    stayed = ~(left | appeared)
    found = {
        "new": appeared & ~taken_after,
        "freed": stayed & taken_before & ~taken_after,
        "taken": stayed & ~taken_before & taken_after,
        "built": left & ~taken_before & built,
        "gone": left & ~taken_before & ~built,
    }
    counts = pd.DataFrame(found).groupby(rows["kind"].to_numpy()).sum()
    counts = counts.reindex(list(KINDS), fill_value=0).astype("float64")
    counts.loc[~counts.index.isin([*set(_sought(before)) & set(_sought(after))])] = np.nan
    table = counts.rename_axis("kind").reset_index()
    return table.assign(since=since, day=day)[["since", "day", "kind", *FLOWS]]


def _taken(sites: pd.DataFrame) -> dict[str, bool]:
    return dict(zip(sites["opportunity_id"], offer_classes(sites) == TAKEN, strict=True))


def _built(rows: gpd.GeoDataFrame, before: SavedResult, after: SavedResult) -> Any:
    """Sites whose ground has at least 25 m² of buildings more than before."""
    outlines = np.array(rows.geometry.to_numpy(), dtype=object)
    areas = [
        covered_area_m2(outlines, _shapes(one.table("batiments", columns=[])))
        for one in (before, after)
    ]
    return areas[1] - areas[0] >= LEAST_BUILDING_M2


def _shapes(layer: gpd.GeoDataFrame) -> Any:
    shapes = np.array(layer.geometry.to_numpy(), dtype=object)
    return shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]


def write(seen: Observatory, out: Path, *, lang: Lang, owner: Owner | None = None) -> None:
    """Write the page and the workbook.

    Raises
    ------
    ConfigError
        A file there may not be replaced (see `observatory_owner`).
    ExportError
        They cannot be written; the previous ones are intact.
    """
    warnings = [one[lang] for one in seen.warnings]
    tables = (seen.title, seen.days, seen.stock, seen.flows, warnings)
    files = {
        PAGE: page(*tables, fictional=seen.fictional, lang=lang),
        WORKBOOK: workbook(*tables, lang=lang),
    }
    write_atomically(
        out, {name: partial(_write, data) for name, data in files.items()}, owner=owner
    )


def _write(data: bytes, path: Path) -> None:
    path.write_bytes(data)


def observatory_owner(folders: Sequence[Path], out: Path, *, replace: bool = False) -> Owner:
    """What the observatory may not replace: the results, files of others."""
    inputs = tuple(path for folder in folders for path in result_files(folder))
    return Owner("observatory", (subject_of(out, *folders),), inputs, replace)
