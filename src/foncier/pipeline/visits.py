"""Merge visits into `saisies.gpkg`: plans, the map's CSV, what comes back from the field."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

import pandas as pd
import pyproj
import shapely

from foncier import readers
from foncier._util.atomic_write import write_atomically
from foncier._util.destination import is_unchanged, sha256
from foncier._util.geopackage import open_read_only
from foncier.errors import ConfigError, FoncierError
from foncier.export.geopackage.entries import write_entries
from foncier.i18n import localized
from foncier.model.entries import ENTRIES, PHOTOS, STATUSES, VISITS
from foncier.pipeline.entries import complete_rows, site_rows
from foncier.results import read_saved
from foncier.results.entries import GEOMETRY, Row, columns_of, editing, former_rows, read_rows
from foncier.results.layers import SITES
from foncier.results.merge_entries import Merged, merge
from foncier.results.tokens import entries_token

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date
    from pathlib import Path

    import geopandas as gpd

    from foncier.i18n import Localized
    from foncier.results import SavedResult

TABLES = (".csv", ".txt", ".gz")


def ensure_entries(result: SavedResult) -> Path:
    """File of entries of a result; an empty one is written where there is none."""
    path = result.folder / ENTRIES
    if not path.exists():
        facts: Any = {
            "crs": result.crs,
            "title": result.title,
            "day": result.edition,
            "token": entries_token(result.communes),
            "lang": result.lang,
        }
        write_atomically(result.folder, {ENTRIES: partial(write_entries, **facts)})
    return path


def merge_visits(folder: Path, source: Path) -> Merged:
    """Merge the visits of a file, or of a folder that comes back from the field, into a result.

    Parameters
    ----------
    folder
        Folder of a result; its ``saisies.gpkg`` takes the visits and the statuses.
    source
        CSV of the web map, form of a plan of visits, GeoPackage, or folder of
        ``foncier export --qfield`` with its photos. It is not changed.

    Returns
    -------
    What was added and changed, and the conflicts: both entries of each are kept.

    Raises
    ------
    ConfigError
        The folder has no result, or there are no visits in the source.
    FormatError, ExportError
        The source cannot be read, or the file of entries cannot be written.
    """
    result = read_saved(folder)
    entries = ensure_entries(result)
    sources = _sources(source)
    if not sources:
        raise ConfigError("pipeline.visits.no_source", path=source)
    done = Merged()
    for one in sources:
        visits, statuses, former = read_source(one, result.crs, _facts(result))
        visits = _with_photos(visits, one.parent if source.is_dir() else None, folder)
        with editing(entries) as base:
            done += merge(base, VISITS, visits, former=former[VISITS])
            done += merge(base, STATUSES, statuses, former=former[STATUSES])
    complete_rows(folder)
    return done


def _sources(source: Path) -> list[Path]:
    """Files with visits: the file itself, or those of a folder."""
    if source.is_file():
        return [source]
    found = sorted(source.glob("*.gpkg")) if source.is_dir() else []
    return [path for path in found if _has_visits(path)]


def _has_visits(path: Path) -> bool:
    try:
        with closing(open_read_only(path)) as base:
            return bool(columns_of(base, VISITS))
    except sqlite3.Error:
        return False


def _facts(result: SavedResult) -> dict[str, Row]:
    sites = result.table(SITES)
    return {row["opportunity_id"]: row for row in site_rows(sites)}


def read_source(
    path: Path, crs: pyproj.CRS, sites: dict[str, Row]
) -> tuple[list[Row], list[Row], dict[str, list[Row]]]:
    """Visits and statuses of a file as rows of entries, and both as they were when it left."""
    none: dict[str, list[Row]] = {VISITS: [], STATUSES: []}
    if path.suffix.lower() in TABLES:
        return _of_table(path, crs, sites), [], none
    rows = [_as_point(row) for row in _moved(path, crs)]
    former = {layer: former_rows(path, layer) for layer in none}
    return rows, read_rows(path, STATUSES), former


def _of_table(path: Path, crs: pyproj.CRS, sites: dict[str, Row]) -> list[Row]:
    """Rows of a CSV: the visits of the map, or a plan that was filled in."""
    table = readers.read_visits(path, crs=crs)[0].rename(columns={"observed_on": "date"})
    plain = pd.DataFrame(table.drop(columns=["geometry", "truth_id"])).astype(object)
    rows: Any = plain.where(plain.notna(), None).to_dict("records")
    for row, day in zip(rows, table["date"], strict=True):
        row["date"] = None if pd.isna(day) else day.date()
    for row, place in zip(rows, table.geometry, strict=True):
        site = sites.get(row["opportunity_id"] or "", {})
        if place is not None and not place.is_empty:
            row[GEOMETRY] = place.representative_point()
        row |= {k: v for k, v in site.items() if row.get(k) is None}
    return list(rows)


def _moved(path: Path, crs: pyproj.CRS) -> Iterable[Row]:
    """Rows of a GeoPackage, moved to the CRS of the result where they are in another one."""
    rows = read_rows(path, VISITS)
    with closing(open_read_only(path)) as base:
        known = base.execute(
            "SELECT organization, organization_coordsys_id FROM gpkg_spatial_ref_sys s "
            "JOIN gpkg_geometry_columns g ON g.srs_id = s.srs_id WHERE g.table_name = ?",
            (VISITS,),
        ).fetchone()
    source = None if known is None or known[1] <= 0 else pyproj.CRS.from_authority(*known)
    if source is None or source == crs:
        return rows
    mover = pyproj.Transformer.from_crs(source, crs, always_xy=True)

    def move(shape: shapely.Geometry) -> shapely.Geometry:
        moved: shapely.Geometry = shapely.transform(shape, mover.transform, interleaved=False)
        return moved

    return [
        {**row, GEOMETRY: move(row[GEOMETRY])} if row.get(GEOMETRY) is not None else row
        for row in rows
    ]


def _as_point(row: Row) -> Row:
    """Row whose geometry is a point; that of a plan is the outline of the site."""
    shape = row.get(GEOMETRY)
    if shape is None or shape.geom_type == "Point":
        return row
    outline = shapely.to_wkt(shape, rounding_precision=2)
    return {**row, GEOMETRY: shape.representative_point(), "outline_wkt": outline}


def _with_photos(rows: list[Row], source: Path | None, folder: Path) -> list[Row]:
    """Copy the photos of the rows beside the result; one that is there already is not replaced."""
    if source is None:
        return rows
    return [
        {**row, "photo": _copy_photo(source, folder, row["photo"])} if row.get("photo") else row
        for row in rows
    ]


def _copy_photo(source: Path, folder: Path, name: str) -> str:
    picture = source / name
    inside = picture.resolve().is_relative_to(source.resolve())
    if not inside or not picture.is_file():
        return name
    target, number = folder / PHOTOS / picture.name, 2
    while target.exists() and not is_unchanged(target, sha256(picture)):
        target = target.with_name(f"{picture.stem}-{number}{picture.suffix}")
        number += 1
    if not target.exists():
        target.parent.mkdir(exist_ok=True)
        draft = target.with_name(f".{target.name}.part")
        shutil.copyfile(picture, draft)
        draft.replace(target)
    return f"{PHOTOS}/{target.name}"


def plan_rows(planned: gpd.GeoDataFrame, edition: date | None) -> list[Row]:
    """Rows of entries of planned visits: the columns of the plan, and the outline of each site."""
    rows = site_rows(planned)
    facts = zip(planned["reason"], planned["weight"], strict=True)
    for row, (reason, weight) in zip(rows, facts, strict=True):
        row["visit_id"] = str(uuid5(NAMESPACE_URL, f"{row['opportunity_id']}/{edition}"))
        row |= {"reason": reason, "weight": float(weight)}
    return rows


def merge_plan(result: SavedResult, rows: Sequence[Row]) -> Path:
    """Add planned visits to the entries of a result; a site that has a row keeps it as it is."""
    path = ensure_entries(result)
    with editing(path) as base:
        merge(base, VISITS, rows)
    return path


def take_in(result: SavedResult, forms: Iterable[Path]) -> list[Localized]:
    """Take what people wrote in the forms of a former plan into the entries of the result.

    Returns
    -------
    Notices: the forms that brought something, and those that cannot be read.
    """
    notices: list[Localized] = []
    entries = ensure_entries(result)
    sites = _facts(result)
    for form in forms:
        if not form.is_file():
            continue
        try:
            rows = read_source(form, result.crs, sites)[0]
        except FoncierError as fault:
            notices.append(localized("pipeline.visits.unread", name=form.name, why=fault))
            continue
        written = [row for row in rows if _is_written(row)]
        if written:
            with editing(entries) as base:
                done = merge(base, VISITS, written)
            if done.is_new:
                notices.append(localized("pipeline.visits.merged", name=form.name, file=ENTRIES))
    return notices


def _is_written(row: Row) -> bool:
    return any(row.get(name) for name in ("verdict", "date", "note", "photo", "author"))
