"""What people wrote beside a result (`saisies.gpkg`) as input of the next run."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely

from foncier._util.geopackage import open_read_only
from foncier.errors import FoncierError
from foncier.geometry.nested import read_wkt
from foncier.i18n import label, localized
from foncier.model import Missing
from foncier.model.entries import ENTRIES, STATUSES, VISITS
from foncier.results import read_saved
from foncier.results.entries import LAYERS, Row, columns_of, editing, read_rows, rows_of, update
from foncier.results.labels import VALUES
from foncier.results.layers import SITES
from foncier.results.merge_entries import is_filled, written
from foncier.results.tokens import add_token, entries_token
from foncier.schemas.results import SITE_STATUSES
from foncier.validation import match_truths

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pyproj

    from foncier.i18n import Localized
    from foncier.results.entries import EntryLayer
    from foncier.study.config import Study

SITE_COLUMNS = ("kind", "name", "address", "parcel_ids", "confidence")
DECIMALS = 2  # of the coordinates of an outline, in metres


def with_entries(study: Study, folder: Path, *, complete: bool = False) -> Study:
    """Study with what people wrote beside its former result, if they wrote anything.

    The one place where a run, a check, a scenario and the Python API take them from.

    Parameters
    ----------
    folder
        Folder of the former result; it need not exist.
    complete
        Add the outline of each site to the rows that have its id only: by it they follow the site
        when ids change. Only for a command that writes in the folder.

    Raises
    ------
    FormatError
        The file cannot be read.
    ExportError
        Outlines cannot be added: another program is writing in the file.
    """
    path = folder / ENTRIES
    if not path.is_file():
        return study
    if complete:
        complete_rows(folder)
        _name_communes(study, path)
    verdicts = any(row.get("verdict") for row in read_rows(path, VISITS))
    statuses = any(row.get("site_status") for row in read_rows(path, STATUSES))
    return study.model_copy(
        update={"visits": path if verdicts else None, "statuses": path if statuses else None}
    )


def _name_communes(study: Study, path: Path) -> None:
    """Note in the file the communes of the study, where they changed."""
    with closing(open_read_only(path)) as base:
        named = bool(columns_of(base, token := entries_token(study.info.communes)))
    if not named:
        with editing(path) as base:
            add_token(base, token)


def complete_rows(folder: Path) -> None:
    """Add outline, kind, name… of its site to each entry that has only the id of the site."""
    path = folder / ENTRIES
    bare = [
        row["opportunity_id"]
        for layer in LAYERS
        for row in read_rows(path, layer)
        if row.get("opportunity_id") and not row.get("outline_wkt")
    ]
    if not bare:
        return
    try:
        saved = read_saved(folder)
        known = saved.table(SITES, ids=sorted(set(bare)))
    except FoncierError:
        return  # there is no result yet, or none that can be read
    facts = {row["opportunity_id"]: row for row in site_rows(known)}
    with editing(path) as base:
        for layer in LAYERS:
            for row in rows_of(base, layer):
                site = facts.get(row.get("opportunity_id"))
                if site is not None and not row.get("outline_wkt"):
                    blank = {k: v for k, v in site.items() if row.get(k) is None}
                    update(base, layer, row["fid"], blank)


def site_rows(sites: gpd.GeoDataFrame) -> list[Row]:
    """Columns of an entry that the site gives: id, kind, name…, outline and a point inside."""
    names = ["opportunity_id", *(name for name in SITE_COLUMNS if name in sites)]
    shapes = sites.geometry.to_numpy()
    table = pd.DataFrame(sites[names]).assign(
        outline_wkt=shapely.to_wkt(shapes, rounding_precision=DECIMALS),
        geom=shapely.point_on_surface(shapes),
    )
    rows: Any = table.astype(object).where(table.notna(), None).to_dict("records")
    return list(rows)


def add_statuses(
    candidates: gpd.GeoDataFrame, path: Path | None
) -> tuple[gpd.GeoDataFrame, tuple[Missing, ...]]:
    """Add the latest status that people noted of each site, followed by id, then by ground.

    Returns
    -------
    The candidates with ``site_status``, and a notice of the noted sites that are listed no more.
    """
    if path is None:
        return candidates, ()
    noted = latest_by_site(read_rows(path, STATUSES), candidates.crs)
    pairs = match_truths(candidates, noted)
    status = pd.Series(None, candidates.index, dtype="str")
    places = pairs["site"].to_numpy(dtype=int)
    status.iloc[places] = noted["site_status"].to_numpy()[pairs["truth"].to_numpy(dtype=int)]
    gone = len(noted) - len(pairs)
    lost = (
        (Missing("entries", localized("pipeline.entries.not_listed", count=gone)),) if gone else ()
    )
    return candidates.assign(site_status=status), lost


def latest_by_site(rows: Sequence[Row], crs: pyproj.CRS) -> gpd.GeoDataFrame:
    """Latest status of each site, as `foncier.validation.match_truths` expects truths."""
    latest: dict[Any, Row] = {}
    for row in sorted(rows, key=lambda one: (str(one.get("date") or ""), one["fid"])):
        if row.get("site_status") in SITE_STATUSES:
            latest[row.get("opportunity_id") or row.get("outline_wkt")] = row
    kept = list(latest.values())
    table = pd.DataFrame(
        {
            "truth_id": [f"{row['fid']:09d}" for row in kept],
            "opportunity_id": [row.get("opportunity_id") for row in kept],
            "site_status": [row["site_status"] for row in kept],
        },
        dtype=object,
    ).assign(kind=None, parcel_ids=None)
    outlines = read_wkt(row.get("outline_wkt") for row in kept)
    return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(list(outlines), crs=crs), crs=crs)


def filled_visits(path: Path) -> list[Row]:
    """Visits in which a person wrote anything; none without the file."""
    rows = read_rows(path, VISITS) if path.is_file() else []
    return [row for row in rows if is_filled(LAYERS[VISITS], row)]


def changes(old: Path, new: Path) -> tuple[Localized, ...]:
    """What people wrote in the folder ``new`` that they had not in ``old``, in words.

    Visits and statuses that were added, changed or removed; then each site whose status changed.
    """
    found: list[Localized] = []
    status: list[dict[str, str]] = []
    for layer in LAYERS.values():
        before, after = (_by_key(folder / ENTRIES, layer) for folder in (old, new))
        counts = {
            "added": len(after.keys() - before.keys()),
            "changed": sum(
                written(layer, after[k]) != written(layer, before[k])
                for k in after.keys() & before.keys()
            ),
            "removed": len(before.keys() - after.keys()),
        }
        if any(counts.values()):
            found.append(localized("pipeline.entries.changes", layer=layer.table.label, **counts))
        if layer.name == STATUSES:
            status = [_status_by_site(list(rows.values())) for rows in (before, after)]
    for site in sorted(status[0].keys() | status[1].keys()):
        one, other = (VALUES.get(side.get(site, "")) for side in status)
        if one != other:
            none = label("pipeline.entries.no_status")
            words = {"before": one or none, "after": other or none}
            found.append(localized("pipeline.entries.status_changed", site=site, **words))
    return tuple(found)


def _by_key(path: Path, layer: EntryLayer) -> dict[Any, Row]:
    """Rows in which somebody wrote, by their key, else by their number in the file."""
    rows = read_rows(path, layer.name) if path.is_file() else []
    return {row.get(layer.key) or row["fid"]: row for row in rows if is_filled(layer, row)}


def _status_by_site(rows: list[Row]) -> dict[str, str]:
    rows = sorted(rows, key=lambda one: (str(one.get("date") or ""), one["fid"]))
    named = [row for row in rows if row.get("opportunity_id") and row.get("site_status")]
    return {row["opportunity_id"]: row["site_status"] for row in named}
