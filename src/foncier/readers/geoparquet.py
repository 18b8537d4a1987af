"""Contract tables as GeoParquet, for fast reading by bounding box.

Rows are sorted along a Hilbert curve, in small row groups with bounds: a box meets few groups.
"""

from __future__ import annotations

import errno
import hashlib
import io
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import shapely

from foncier._util.storage import arrow_filesystem, display_path, storage_errors
from foncier.errors import FormatError, SourceError
from foncier.geometry import expand
from foncier.geometry.nested import without_deep_wkb

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from foncier.geometry import Floats
    from foncier.schemas import Table

ROW = "_row"  # position of a row in the table that was written
GROUP_ROWS = 8_192  # about 2 MB of parcels
PART_ROWS = 2 * GROUP_ROWS  # converted to Arrow at once: whole groups, so bytes are equal
WITH_BBOX: dict[str, Any] = {"write_covering_bbox": True, "schema_version": "1.1.0"}
BBOX_EDGES = ("xmin", "ymin", "xmax", "ymax")
MIN_EDGES = 2  # the first two edges, of which a group has the minimum


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turn the exceptions of Arrow on a missing or damaged file into foncier errors.

    Lack of memory and a storage that does not answer are no faults of the file: passed on.
    """
    try:
        yield
    except storage_errors(path, MemoryError):
        raise
    except FileNotFoundError as reason:
        raise SourceError(
            "readers.geoparquet.missing", path=path, folder=path.parent.name
        ) from reason
    except (pa.ArrowException, OSError, ValueError, KeyError) as reason:
        if isinstance(reason, OSError) and reason.errno == errno.ENOMEM:
            raise
        raise FormatError(
            "readers.geoparquet.damaged",
            path=path,
            why=type(reason).__name__,
            folder=path.parent.name,
        ) from reason


def fingerprint(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_unchanged(path: Path, sha256: str) -> bool:
    """Tell if a file exists and has this SHA-256.

    No ``exists()`` first: fsspec returns False when a storage does not answer.
    """
    try:
        return fingerprint(path) == sha256
    except FileNotFoundError:
        return False


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a contract table as (Geo)Parquet, compressed (zstd); same rows, same bytes.

    Rows with a geometry are sorted along a Hilbert curve over the whole table, stable for equal
    positions; each has its bounds (GeoParquet 1.1, covering).
    """
    table = table.assign(**{ROW: np.arange(len(table))})
    options: dict[str, Any] = {"index": False, "compression": "zstd", "row_group_size": GROUP_ROWS}
    if not isinstance(table, gpd.GeoDataFrame):
        table.to_parquet(path, **options)
        return
    order = np.arange(len(table))
    if len(table):
        order = np.argsort(table.geometry.hilbert_distance(), kind="stable")
    # The Arrow type of an untyped column depends on all its cells: such a table is not split.
    untyped = any(isinstance(kind, np.dtypes.ObjectDType) for kind in table.dtypes)
    if untyped or len(table) <= PART_ROWS:
        table.iloc[order].to_parquet(path, **WITH_BBOX, **options)
        return
    schema = _schema(table)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for start in range(0, len(table), PART_ROWS):
            part = _arrow(table.iloc[order[start : start + PART_ROWS]])
            writer.write_table(part.cast(schema), row_group_size=GROUP_ROWS)


def _arrow(part: gpd.GeoDataFrame) -> pa.Table:
    """Convert part of a table to Arrow as geopandas writes it, with its metadata."""
    buffer = io.BytesIO()
    part.to_parquet(buffer, index=False, compression=None, **WITH_BBOX)
    return pq.read_table(buffer)


def _schema(table: gpd.GeoDataFrame) -> pa.Schema:
    """Return the schema that geopandas would write for the whole table."""
    schema = _arrow(table.iloc[:1]).schema
    geo = json.loads(schema.metadata[b"geo"])
    geo["columns"]["geometry"] |= {
        "bbox": table.total_bounds.tolist(),
        "geometry_types": sorted(table.geom_type.unique()),
    }
    return schema.with_metadata({**schema.metadata, b"geo": json.dumps(geo).encode()})


def read_table(path: Path, contract: Table, boxes: Floats | None = None) -> Any:
    """Read rows in the order of the table that was written.

    Parameters
    ----------
    path
        File of `write_table`.
    contract
        Contract of the table.
    boxes
        West, south, east, north in the CRS of the file, shape (n, 4): only rows whose bounds meet
        one of them.

    Raises
    ------
    SourceError
        The file does not exist.
    FormatError
        The file is damaged.
    """
    read: Any = gpd.read_parquet if contract.geometry else pd.read_parquet
    with _readable(path):
        table = (
            read(display_path(path), **arrow_filesystem(path))
            if boxes is None
            else _to_frame(_read_near(path, boxes))
        )
    return table.sort_values(ROW, ignore_index=True).drop(columns=ROW)


def read_bounds(path: Path, where: pc.Expression | None = None) -> tuple[NDArray[np.intp], Floats]:
    """Read the positions of rows in the table that was written, and their bounds, in file order.

    ``where`` filters the rows. Raises `SourceError` and `FormatError` as `read_table`.
    """
    with _readable(path):
        return _row_bounds(
            pq.read_table(
                display_path(path), columns=[ROW, "bbox"], filters=where, **arrow_filesystem(path)
            )
        )


def read_bounds_slice(path: Path, first: int, last: int) -> tuple[NDArray[np.intp], Floats]:
    """Do as `read_bounds` for the rows from ``first`` to ``last`` (excluded) along the curve."""
    with _readable(path), pq.ParquetFile(display_path(path), **arrow_filesystem(path)) as file:
        sizes = [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)]
        ends = np.cumsum(sizes)
        groups = np.flatnonzero((ends > first) & (ends - sizes < last))
        table = file.read_row_groups(groups.tolist(), columns=[ROW, "bbox"])
        skipped = int((ends - sizes)[groups[0]]) if len(groups) else 0
        return _row_bounds(table.slice(first - skipped, last - first))


def count_rows(path: Path) -> int:
    """Return the number of rows of a file. Raises as `read_table`."""
    with _readable(path):
        return int(pq.read_metadata(display_path(path), **arrow_filesystem(path)).num_rows)


def read_distinct(path: Path, column: str) -> list[str | None]:
    """Return the distinct texts of a column, sorted, None last. Raises as `read_table`."""
    with _readable(path):
        table = pq.read_table(display_path(path), columns=[column], **arrow_filesystem(path))
        words = pc.unique(table.column(column)).to_pylist()
    return sorted(words, key=lambda word: (word is None, word))


def read_bounds_near(path: Path, boxes: Floats) -> tuple[NDArray[np.intp], Floats]:
    """Do as `read_bounds` for the rows whose bounds meet one of these boxes."""
    with _readable(path):
        return _row_bounds(_read_near(path, boxes, columns=[ROW, "bbox"]))


def _read_near(path: Path, boxes: Floats, columns: list[str] | None = None) -> pa.Table:
    """Read the rows whose bounds meet a box; row groups that meet none are not read."""
    with pq.ParquetFile(display_path(path), **arrow_filesystem(path)) as file:
        groups = np.flatnonzero(_intersects(_group_bounds(file.metadata), boxes))
        table = file.read_row_groups(groups.tolist(), columns=columns)
    return table.filter(pa.array(_intersects(_bounds(table), boxes)))


def _group_bounds(metadata: pq.FileMetaData) -> Floats:
    """Return the bounds of each row group, shape (groups, 4); infinite where there are none."""
    column_of = {metadata.schema.column(n).path: n for n in range(len(metadata.schema))}
    bounds = np.tile([-np.inf, -np.inf, np.inf, np.inf], (metadata.num_row_groups, 1))
    for edge, name in enumerate(BBOX_EDGES):
        for group in range(metadata.num_row_groups):
            statistics = metadata.row_group(group).column(column_of[f"bbox.{name}"]).statistics
            if statistics is not None and statistics.has_min_max:
                bounds[group, edge] = statistics.min if edge < MIN_EDGES else statistics.max
    return bounds


def _intersects(bounds: Floats, boxes: Floats) -> NDArray[np.bool_]:
    west, south, east, north = bounds.T
    inside = np.zeros(len(bounds), dtype=np.bool_)
    for box in boxes:
        inside |= (west <= box[2]) & (south <= box[3]) & (east >= box[0]) & (north >= box[1])
    return inside


def _bounds(table: pa.Table) -> Floats:
    boxes = table.column("bbox").combine_chunks()
    edges = [boxes.field(edge).to_numpy(zero_copy_only=False) for edge in BBOX_EDGES]
    return np.column_stack(edges).astype(np.float64)


def _row_bounds(table: pa.Table) -> tuple[NDArray[np.intp], Floats]:
    return table.column(ROW).to_numpy(), _bounds(table)


def _to_frame(table: pa.Table) -> gpd.GeoDataFrame:
    """Convert an Arrow table to a GeoDataFrame as geopandas does."""
    geo = json.loads(table.schema.metadata[b"geo"])
    name = geo["primary_column"]
    return gpd.GeoDataFrame(
        table.drop_columns([name, "bbox"]).to_pandas(),
        geometry=shapely.from_wkb(without_deep_wkb(table.column(name).to_numpy())),
        crs=geo["columns"][name]["crs"],
    )


def read_parts(paths: list[Path], contract: Table) -> Any:
    """Read the tables of parts as one, sorted by the first column; parts share no id.

    The rows of one id keep the order of their part.
    """
    read: Any = gpd.read_parquet if contract.geometry else pd.read_parquet
    parts = []
    for path in paths:
        with _readable(path):
            parts.append(read(display_path(path), **arrow_filesystem(path)))
    key, crs = contract.columns[0].name, parts[0].crs if contract.geometry else None
    order = _order_by_text(pd.concat([part[key] for part in parts], ignore_index=True))
    # Column by column, each released once concatenated: never two whole tables in memory.
    columns = {}
    for name in list(parts[0].columns):
        column = pd.concat([part.pop(name) for part in parts], ignore_index=True)
        columns[name] = column.array.take(order)
    if not contract.geometry:
        return pd.DataFrame(columns)
    return gpd.GeoDataFrame(columns, geometry="geometry", crs=crs)


def _order_by_text(ids: pd.Series[str]) -> NDArray[np.intp]:
    """Return the order of rows by id; rows of one id are adjacent, so only runs are sorted."""
    texts = pa.array(ids)
    texts = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    changes = pc.not_equal(texts[1:], texts[:-1]).to_numpy(zero_copy_only=False)
    starts = np.flatnonzero(np.append(len(texts) > 0, changes))
    sizes = np.diff(np.append(starts, len(texts)))
    runs = pc.array_sort_indices(texts.take(starts)).to_numpy()
    run, rank = expand(sizes[runs])
    return np.asarray(starts[runs][run] + rank, dtype=np.intp)
