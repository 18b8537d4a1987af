"""What every reader takes and returns, and how most of them read a vector layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from foncier.readers import chunked, columns, dbf, frames, json_text, other_formats, shapes, where
from foncier.readers.former_communes import in_study

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    import geopandas as gpd
    import pyproj

    from foncier.model import LayerFile
    from foncier.readers.report import Journal


PLANNED = ("en projet", "en construction", "projet", "projetée", "projeté")
PLANNED_CLASSES = ("construction", "proposed", "planned")  # `highway` of OpenStreetMap
AROUND_M = 1500.0  # around the parcels, of layers of a whole département


@dataclass(frozen=True)
class Target:
    """Context of a reading: the legal metric CRS and the communes of the study.

    ``parcels`` locate the rows of a register that gives parcel ids only; None without a cadastre.
    ``on`` is the date of the study, ``bounds`` (west, south, east, north) its extent in metres;
    None when unknown.
    """

    crs: pyproj.CRS
    communes: tuple[str, ...]
    parcels: gpd.GeoDataFrame | None = None
    on: dt.date | None = None
    bounds: tuple[float, float, float, float] | None = None


@dataclass(frozen=True)
class Draft:
    """Rows of a reader, not yet sorted or checked; how many it read, and in what CRS.

    ``found`` are the column names of the file, for messages.
    """

    frame: pd.DataFrame
    rows_read: int
    crs: str = ""
    found: tuple[str, ...] = ()


if TYPE_CHECKING:
    Reader = Callable[[LayerFile, Target, Journal], Draft]


def layer(
    file: LayerFile,
    target: Target,
    journal: Journal,
    *,
    fields: columns.Fields,
    shape: shapes.Shape,
    near: bool = False,
) -> Draft:
    """Read a vector layer: contract columns, valid geometries of one type, legal metric CRS.

    ``near``: only the rows near the parcels, where the format allows to skip others.
    """
    with json_text.as_utf8(file, journal) as readable:
        return _layer(readable, target, journal, fields=fields, shape=shape, near=near)


def _layer(
    file: LayerFile,
    target: Target,
    journal: Journal,
    *,
    fields: columns.Fields,
    shape: shapes.Shape,
    near: bool,
) -> Draft:
    if file.frame is None and other_formats.reads(file.path):
        whole = chunked.InMemoryRows(other_formats.vector(file, journal))
        return of_rows(whole, file, target, journal, fields=fields, shape=shape)
    bounds = _around(target) if near else None
    try:
        with chunked.open_rows(
            file, lambda names: columns.used_columns(names, fields, file), bounds
        ) as rows:
            draft = of_rows(rows, file, target, journal, fields=fields, shape=shape)
    except NotImplementedError:  # curves, which cannot be streamed
        whole = chunked.InMemoryRows(frames.vector(file))
        draft = of_rows(whole, file, target, journal, fields=fields, shape=shape)
    lost = dbf.lost_rows(file.path) if file.frame is None else 0
    journal.add("dropped", lost, "readers.dbf.no_row")
    return draft


def _around(target: Target) -> chunked.Within | None:
    """Bounds of the parcels with `AROUND_M`, and their CRS; None without parcels."""
    if target.parcels is None or target.parcels.empty:
        return None
    west, south, east, north = target.parcels.total_bounds
    sides = west - AROUND_M, south - AROUND_M, east + AROUND_M, north + AROUND_M
    return chunked.Within(sides, target.crs)


def of_rows(
    rows: chunked.Rows,
    file: LayerFile,
    target: Target,
    journal: Journal,
    *,
    fields: columns.Fields,
    shape: shapes.Shape,
) -> Draft:
    """Do what `layer` does, for rows that are already open."""
    reprojection = shapes.Reprojection(rows.crs, target.crs, shape=shape, shown=file.shown)
    for piece in rows.shapes():
        reprojection.add(piece)
    cells = rows.cells()
    picked = columns.pick(cells, fields, file, journal, names=rows.names)
    system = "" if rows.crs is None else rows.crs.to_string()
    frame = reprojection.apply(picked, journal)
    if file.where:
        fits = where.rows_that_fit(cells, file.where, file.shown)
        journal.add("dropped", int((~fits).sum()), "readers.where.left_out", where=file.where)
        frame = frame[fits.reindex(frame.index).to_numpy(dtype=bool)]
    return Draft(frame, len(cells), system, found=rows.names)


def planned(frame: pd.DataFrame) -> pd.Series[bool]:
    """Tell the rows whose ``state`` says that they do not exist yet (BD TOPO: « En projet »)."""
    found = pd.Series(False, frame.index)
    for name, words in (("state", PLANNED), ("street_class", PLANNED_CLASSES)):
        if name in frame:
            found |= frame[name].astype("str").str.strip().str.lower().isin(words)
    return found


def placed(
    rows: gpd.GeoDataFrame,
    file: LayerFile,
    target: Target,
    journal: Journal,
    *,
    shape: shapes.Shape,
) -> Draft:
    """Reproject rows to the legal metric CRS and keep the name of their first CRS."""
    moved = shapes.to_legal_crs(rows, target.crs, shape=shape, shown=file.shown, journal=journal)
    return Draft(moved, len(rows), "" if rows.crs is None else rows.crs.to_string())


def filter_communes(
    frame: pd.DataFrame,
    target: Target,
    journal: Journal,
    points: gpd.GeoSeries | None = None,
) -> pd.DataFrame:
    """Return the rows of the study's communes, and those whose commune is unknown.

    See `foncier.readers.former_communes.in_study`; ``points`` are the locations of the rows.
    """
    if not target.communes:
        return frame
    foreign = ~in_study(frame["commune"], target.communes, target.parcels, points)
    journal.add(
        "dropped",
        int(foreign.sum()),
        "readers.base.other_communes",
    )
    return frame[~foreign]
