"""Part of a file of a whole country or département: only the rows and columns of a study are kept.

The whole file is downloaded once for all studies (`foncier.download.cache`) and read while it is
decompressed, so that the decompressed file is never on the disk.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyproj
import shapely
from pyarrow import csv as arrow_csv

from foncier.crs import DEGREES
from foncier.download.catalog import address_of, bounds_degrees, department_code
from foncier.download.client import Download, NoDataError
from foncier.download.datagouv import find_resource
from foncier.download.paged_json import columns_missing
from foncier.download.responses import RETRY
from foncier.errors import CrsError, FoncierError, FormatError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import BinaryIO

    import pandas as pd
    from numpy.typing import NDArray

    from foncier.download.catalog import Query, Source
    from foncier.download.client import HttpClient

MAX_EXPANSION = 30  # a register is compressed to a sixth, a repetitive text to a twentieth
MAX_MEMBERS = 1000
BLOCK_BYTES = 1 << 22  # of a table, read together
CELL_ID = r"^CRS(?P<crs>\d{4,5})RES(?P<side>\d+)mN(?P<north>\d+)E(?P<east>\d+)$"
# Errors of the libraries on a truncated file, or one of another format.
READ_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    UnicodeDecodeError,
    ValueError,
    NotImplementedError,
    RuntimeError,
    pa.ArrowException,
)


def download_clip(
    client: HttpClient, source: Source, query: Query, path: Path, validators: Mapping[str, Any]
) -> Download:
    """Download a large file and write the part of it that belongs to the study.

    Options of the source: ``resource`` and ``resource_format`` where the address is a data set;
    ``member`` (and ``members`` by département), the file in a zip; ``columns``, the columns to
    keep; ``cut``, how rows are selected: ``rows`` of a CSV by their commune (the last of
    ``columns``), ``cells`` of the grid of INSEE and ``features`` of a GeoJSON by the bounds;
    ``shared = false`` keeps the whole file out of the cache.

    Raises
    ------
    FormatError
        Truncated, a decompression bomb, without its member or its columns.
    NoDataError
        No row for this place.
    """
    del validators  # they describe the whole file, the part also depends on the study
    files: list[Path] = []
    try:
        for communes in _communes_by_file(source, query):
            file = path.with_name(f"{path.name}.{communes[0]}.whole")
            published = None
            if "resource" in source.options:
                resource = find_resource(client, source, path)
                address, published = resource.address, resource.published
            else:
                address = address_of(source, replace(query, communes=communes))
            shared = bool(source.options.get("shared", True))
            whole = client.get(address, file, max_bytes=source.most_bytes, shared=shared)
            files.append(file)
        CLIPS[source.options["cut"]](files, source, query, path)
    except FoncierError:
        raise
    except READ_ERRORS as fault:
        if isinstance(fault, OSError) and fault.errno:  # of the disk: all sources stop
            raise
        raise FormatError("download.clip.unreadable", address=address, retry=RETRY) from fault
    finally:
        for file in files:  # a partial download is not in the list: it will be resumed
            file.unlink(missing_ok=True)
    return replace(
        Download.assembled(path),
        etag=whole.etag,
        modified=whole.modified,
        located=whole.located,
        published=published,
    )


def file_addresses(source: Source, query: Query) -> list[str]:
    """Addresses of the files that contain the communes of a query."""
    return [
        address_of(source, replace(query, communes=communes))
        for communes in _communes_by_file(source, query)
    ]


def _communes_by_file(source: Source, query: Query) -> list[tuple[str, ...]]:
    """Communes of the study by the file that contains them: one for each département, or one."""
    if "{dep}" not in source.address:
        return [query.communes]
    by_department: dict[str, list[str]] = {}
    for commune in query.communes:
        if source.covers(commune):
            by_department.setdefault(department_code(commune), []).append(commune)
    return [tuple(communes) for communes in by_department.values()]


def _clip_rows(files: Sequence[Path], source: Source, query: Query, path: Path) -> None:
    """Write the rows of the communes of the study, in the order of the files."""
    columns = list(source.options["columns"])
    count = 0
    with path.open("w", encoding="utf-8", newline="") as output:
        writer = csv.writer(output, lineterminator="\n")
        writer.writerow(columns)
        for file in files:
            for block in _blocks(file, source, query):
                rows = block[block[columns[-1]].isin(query.communes)]
                writer.writerows(rows.itertuples(index=False))
                count += len(rows)
    if not count:
        raise NoDataError("download.no_data", source=source.title)


def _clip_cells(files: Sequence[Path], source: Source, query: Query, path: Path) -> None:
    """Write the cells whose centre is inside the bounds, as points."""
    features: list[dict[str, Any]] = []
    bounds = bounds_degrees(source, query)
    for block in _blocks(files[0], source, query):
        crs, east, north = _cell_centres(block.iloc[:, 0], source)
        transformer = pyproj.Transformer.from_crs(crs, DEGREES, always_xy=True)
        west_m, south_m, east_m, north_m = transformer.transform_bounds(
            *bounds, direction="INVERSE"
        )
        inside = (east >= west_m) & (east <= east_m) & (north >= south_m) & (north <= north_m)
        points = zip(*transformer.transform(east[inside], north[inside]), strict=True)
        rows: Any = block[inside].to_dict("records")
        features += [
            _feature(row, shapely.Point(point)) for row, point in zip(rows, points, strict=True)
        ]
    _write_geojson(features, source, path)


def _cell_centres(
    ids: pd.Series[str], source: Source
) -> tuple[pyproj.CRS, NDArray[np.float64], NDArray[np.float64]]:
    """CRS, eastings and northings of the centres of cells, from their ids."""
    parts = pc.extract_regex(pa.array(ids, pa.string()), CELL_ID)
    if parts.null_count:
        raise FormatError(
            "download.clip.bad_cell_ids",
            source=source.title,
            ids=ids[np.asarray(parts.is_null())].tolist(),
            retry=RETRY,
        )
    east, north, side = (
        np.asarray(pc.cast(parts.field(name), pa.float64())) for name in ("east", "north", "side")
    )
    codes = pc.unique(parts.field("crs")).to_pylist()
    if len(codes) != 1:
        raise FormatError(
            "download.clip.several_crs", source=source.title, codes=codes, retry=RETRY
        )
    return pyproj.CRS.from_epsg(int(codes[0])), east + side / 2, north + side / 2


def _clip_features(files: Sequence[Path], source: Source, query: Query, path: Path) -> None:
    """Write the features that intersect the bounds."""
    columns = list(source.options["columns"])
    with _open_table(files[0], source, query) as stream:
        collection = json.load(stream)
    rows = collection.get("features") if isinstance(collection, dict) else None
    if not rows or not all(isinstance(row, dict) for row in rows):
        raise FormatError("download.clip.not_geojson", source=source.title, retry=RETRY)
    properties = set().union(*(row.get("properties") or {} for row in rows))
    missing = [name for name in columns if name not in properties]
    if missing:
        raise columns_missing(source.title, missing, properties)
    shapes = shapely.from_geojson([json.dumps(row.get("geometry")) for row in rows])
    inside = _intersects_bounds(shapes, source, query)
    features = [
        _feature({name: row["properties"].get(name) for name in columns}, shape)
        for row, shape in zip(np.array(rows)[inside], shapes[inside], strict=True)
    ]
    _write_geojson(features, source, path)


def _intersects_bounds(shapes: NDArray[Any], source: Source, query: Query) -> NDArray[np.bool_]:
    """Tell which shapes intersect the bounds.

    Raises
    ------
    CrsError
        The axes are swapped, or the coordinates are not degrees: no shape would intersect, and the
        layer would look empty.
    """
    box = shapely.box(*bounds_degrees(source, query))
    inside: NDArray[np.bool_] = shapely.intersects(shapes, box)
    west, south, east, north = shapely.total_bounds(shapes)
    if min(west, south) < -180 or max(east, north) > 180:
        raise CrsError("download.clip.not_degrees", source=source.title, retry=RETRY)
    swapped = shapely.transform(box, lambda xy: xy[:, ::-1])
    if not inside.any() and shapely.intersects(shapes, swapped).any():
        raise CrsError("download.clip.swapped_axes", source=source.title, retry=RETRY)
    return inside


CLIPS: Mapping[str, Callable[[Sequence[Path], Source, Query, Path], None]] = MappingProxyType(
    {"rows": _clip_rows, "cells": _clip_cells, "features": _clip_features}
)


def _feature(properties: Mapping[str, Any], shape: shapely.Geometry) -> dict[str, Any]:
    rounded = shapely.set_precision(shape, 1e-7, mode="pointwise")
    return {
        "type": "Feature",
        "properties": dict(properties),
        "geometry": json.loads(shapely.to_geojson(rounded)),
    }


def _write_geojson(features: Sequence[Mapping[str, Any]], source: Source, path: Path) -> None:
    if not features:
        raise NoDataError("download.no_data", source=source.title)
    first = source.options["columns"][0]
    ordered = sorted(features, key=lambda row: str(row["properties"][first]))
    text = json.dumps({"type": "FeatureCollection", "features": ordered}, ensure_ascii=False)
    path.write_text(text, encoding="utf-8", newline="\n")


def _blocks(file: Path, source: Source, query: Query) -> Iterator[pd.DataFrame]:
    """Blocks of rows of a table: the columns of the catalogue, as text.

    Raises
    ------
    FormatError
        A column is missing.
    """
    columns = list(source.options["columns"])
    with _open_table(file, source, query) as stream:
        header = stream.readline().decode("utf-8-sig").rstrip("\r\n")
    separator = max(";,\t", key=header.count)
    names = [name.strip('"') for name in header.split(separator)]
    by_lower_case = {name.lower(): name for name in names}
    missing = [name for name in columns if name.lower() not in by_lower_case]
    if missing:
        raise columns_missing(source.title, missing, names)
    included = [by_lower_case[name.lower()] for name in columns]
    with (
        _open_table(file, source, query) as stream,
        arrow_csv.open_csv(
            stream,
            read_options=arrow_csv.ReadOptions(block_size=BLOCK_BYTES),
            parse_options=arrow_csv.ParseOptions(delimiter=separator, newlines_in_values=True),
            convert_options=arrow_csv.ConvertOptions(
                include_columns=included,
                column_types=dict.fromkeys(included, pa.string()),
                strings_can_be_null=False,
            ),
        ) as reader,
    ):
        for batch in reader:
            frame = batch.to_pandas()
            frame.columns = columns
            if len(frame):
                yield frame


@contextmanager
def _open_table(file: Path, source: Source, query: Query) -> Iterator[BinaryIO]:
    """Open the table in a file, decompressed while it is read, with a limit."""
    max_bytes = max(1 << 24, MAX_EXPANSION * file.stat().st_size)
    with file.open("rb") as start:
        magic = start.read(4)
    if magic.startswith(b"PK"):
        with zipfile.ZipFile(file) as archive, archive.open(_member(archive, source, query)) as raw:
            yield io.BufferedReader(_LimitedStream(raw, max_bytes, source))
    elif magic.startswith(b"\x1f\x8b"):
        with gzip.open(file) as raw:
            yield io.BufferedReader(_LimitedStream(raw, max_bytes, source))
    else:
        with file.open("rb") as plain:
            yield plain


def _member(archive: zipfile.ZipFile, source: Source, query: Query) -> zipfile.ZipInfo:
    """Return the one file of an archive that the catalogue names."""
    infos = archive.infolist()
    members = source.options.get("members", {})
    default = source.options.get("member", "")
    pattern = members.get(department_code(query.communes[0]), default)
    matching = [info for info in infos if re.search(pattern, info.filename, re.IGNORECASE)]
    if len(matching) != 1 or len(infos) > MAX_MEMBERS:
        names = [info.filename for info in (matching or infos)]
        raise FormatError(
            "download.clip.not_one_member", source=source.title, names=names, retry=RETRY
        )
    return matching[0]


class _LimitedStream(io.RawIOBase):
    """A decompressed stream that raises when it is larger than any table can be."""

    def __init__(self, raw: Any, max_bytes: int, source: Source) -> None:
        self.raw, self.bytes_left, self.source = raw, max_bytes, source

    def readable(self) -> bool:
        """Tell that the stream can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read bytes into a buffer; 0 at the end."""
        chunk = self.raw.read(len(buffer))
        self.bytes_left -= len(chunk)
        if self.bytes_left < 0:
            raise FormatError("download.archive_too_large", where=self.source.title, retry=RETRY)
        buffer[: len(chunk)] = chunk
        return len(chunk)
