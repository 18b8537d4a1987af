"""Vector files in chunks: all attributes at once, geometries a chunk at a time."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyogrio
import pyproj
import shapely

from foncier.errors import FormatError
from foncier.geometry.nested import without_deep_wkb
from foncier.readers import archives, dbf, files, frames, shapes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from foncier.model import LayerFile

MAX_IN_MEMORY_BYTES = 2**23  # larger archives are decompressed on the disk


@dataclass(frozen=True)
class Within:
    """Bounds (west, south, east, north) in a CRS, outside which rows may be skipped."""

    bounds: tuple[float, float, float, float]
    crs: pyproj.CRS

    def in_crs(self, crs: Any) -> tuple[float, float, float, float] | None:
        """Bounds in the CRS of a file; None where that is unknown."""
        if crs is None:
            return None
        transformer = pyproj.Transformer.from_crs(self.crs, crs, always_xy=True)
        west, south, east, north = transformer.transform_bounds(*self.bounds)
        return float(west), float(south), float(east), float(north)


class Rows(Protocol):
    """Rows of a layer, read once: first all of `shapes`, then `cells`.

    ``names`` are the column names of the file, empty for a format whose columns a study cannot
    name; ``crs`` is None where the file declares none.
    """

    crs: Any
    names: tuple[str, ...]

    def shapes(self) -> Iterator[gpd.GeoSeries]:
        """Yield geometries in chunks, as they were read."""

    def cells(self) -> pd.DataFrame:
        """Return all rows without geometries."""


class InMemoryRows:
    """Rows of a file that is read as a whole."""

    def __init__(self, frame: gpd.GeoDataFrame) -> None:
        self._frame = frame
        self.crs: Any = frame.crs
        self.names = tuple(str(name) for name in frame.columns if name != "geometry")

    def shapes(self) -> Iterator[gpd.GeoSeries]:
        """Yield geometries in chunks."""
        for start in range(0, len(self._frame), shapes.CHUNK_ROWS):
            yield self._frame.geometry.iloc[start : start + shapes.CHUNK_ROWS]

    def cells(self) -> pd.DataFrame:
        """Return all rows without geometries."""
        return pd.DataFrame(self._frame.drop(columns="geometry"))


class WkbRows:
    """Rows that were read from many files, with geometries as WKB (half the memory).

    Parameters
    ----------
    packed
        WKB of each geometry, None where missing, shape (n,). Cleared as it is decoded.
    cells
        The rows without geometries.
    """

    def __init__(self, packed: NDArray[np.object_], cells: pd.DataFrame, crs: Any) -> None:
        self.crs = crs
        self.names: tuple[str, ...] = ()
        self._packed, self._cells = packed, cells

    def shapes(self) -> Iterator[gpd.GeoSeries]:
        """Yield geometries in chunks."""
        for start in range(0, len(self._packed), shapes.CHUNK_ROWS):
            part = slice(start, start + shapes.CHUNK_ROWS)
            yield gpd.GeoSeries(
                shapely.from_wkb(without_deep_wkb(self._packed[part])), crs=self.crs
            )
            self._packed[part] = None

    def cells(self) -> pd.DataFrame:
        """Return all rows without geometries."""
        return self._cells


class StreamedRows:
    """Rows of a file, streamed by GDAL.

    Parameters
    ----------
    meta, reader
        Result of `pyogrio.raw.open_arrow`.
    used
        Names of the columns to keep.
    crs
        CRS that the study declares, in place of that of the file.
    """

    def __init__(
        self, meta: dict[str, Any], reader: Any, used: set[str], shown: str, crs: Any
    ) -> None:
        self.names = tuple(str(name) for name in meta["fields"] if name != "geometry")
        self._shape = meta["geometry_name"] or "wkb_geometry"
        if self._shape not in reader.schema.names:
            raise files.no_geometry_column(shown, meta["fields"])
        # Normalised by geopandas, as for a layer that is read as a whole.
        self.crs: Any = gpd.GeoSeries([], crs=meta["crs"] if crs is None else crs).crs
        self._reader, self._shown, self._rows = reader, shown, 0
        names = [name for name in reader.schema.names if name in used]
        self._schema = pa.schema([reader.schema.field(name) for name in names])
        self._cells: list[pa.Buffer] = []

    def shapes(self) -> Iterator[gpd.GeoSeries]:
        """Yield geometries in chunks; the attributes of the rows are kept."""
        while (values := self._next()) is not None:
            yield gpd.GeoSeries(values, crs=self.crs)

    def _next(self) -> Any:
        with files.readable(self._shown):
            batch = next(self._reader, None)
            if batch is None:
                return None
            batch.validate(full=True)  # invalid UTF-8 is an error in unused columns too
            # A copy: a reference to one column keeps the geometries of its batch in memory.
            self._cells.append(batch.select(self._schema.names).serialize())
            self._rows += batch.num_rows
            wkb = batch.column(self._shape).to_numpy(zero_copy_only=False)
            return shapely.from_wkb(without_deep_wkb(wkb), on_invalid="fix")

    def cells(self) -> pd.DataFrame:
        """Return all rows read so far without geometries: the used columns."""
        with files.readable(self._shown):
            batches = [pa.ipc.read_record_batch(buffer, self._schema) for buffer in self._cells]
            table = pa.Table.from_batches(batches, self._schema).to_pandas()
        self._cells.clear()
        return table if len(table.columns) else pd.DataFrame(index=pd.RangeIndex(self._rows))


@contextmanager
def open_rows(
    file: LayerFile,
    choose_columns: Callable[[tuple[str, ...]], set[str]],
    within: Within | None = None,
) -> Iterator[Rows]:
    """Open the rows of a vector file, in chunks where the format allows.

    Parameters
    ----------
    file
        File with its sublayer and CRS.
    choose_columns
        Selects the used columns among the names of all columns.
    within
        Bounds outside which the rows are skipped where the file is streamed; None: all rows.

    Raises
    ------
    FormatError, ConfigError
        As `foncier.readers.files.vector`; a truncated file when the reading gets there.
    """
    if file.frame is not None:
        yield InMemoryRows(frames.vector(file))
        return
    path, shown = file.path, file.shown
    files.check(path, shown)
    with ExitStack() as stack:
        if path.suffix.lower() == ".gz" and path.stat().st_size > MAX_IN_MEMORY_BYTES:
            path = _decompress_to_file(path, shown, stack.enter_context(files.scratch(shown)))
        rows = _open_stream(path, file, choose_columns, stack, within)
        yield rows or InMemoryRows(
            files.vector(path, shown=shown, sublayer=file.sublayer, crs=file.crs)
        )


def _open_stream(
    path: Path,
    file: LayerFile,
    choose_columns: Callable[[tuple[str, ...]], set[str]],
    stack: ExitStack,
    within: Within | None,
) -> StreamedRows | None:
    """Open a stream of rows; None where pyogrio cannot stream this file as it reads it."""
    shown, zipped = file.shown, path.suffix.lower() == ".gz"
    with files.readable(shown):
        data = files.content(path, shown) if zipped else None
        if (
            files.checked_suffix(path.with_suffix("") if zipped else path, shown, data)
            == ".parquet"
        ):
            return None
        source, layer = files.gdal_source(path, shown, file.sublayer, data)
        crs = None if file.crs is None else files.system(file.crs, shown)
        bbox = None
        if within is not None:
            bbox = within.in_crs(crs or pyogrio.read_info(source, layer=layer)["crs"])
        opening = pyogrio.raw.open_arrow(
            source,
            layer=layer,
            encoding=dbf.encoding_of(source),
            bbox=bbox,
            use_pyarrow=True,
            batch_size=shapes.CHUNK_ROWS,
            datetime_as_string=True,
        )
        meta, reader = stack.enter_context(opening)
        used = choose_columns(tuple(str(name) for name in meta["fields"]))
        if _needs_conversion(meta, used):
            return None
        return StreamedRows(meta, reader, used, shown, crs)


def _needs_conversion(meta: dict[str, Any], used: set[str]) -> bool:
    """Tell if a used column holds times or JSON, which pyogrio converts only in a whole read."""
    columns = zip(meta["fields"], meta["dtypes"], meta["ogr_subtypes"], strict=True)
    return any(
        str(name) in used
        and (subtype == "OFSTJSON" or ((kind or "").startswith("datetime") and "[D]" not in kind))
        for name, kind, subtype in columns
    )


def _decompress_to_file(path: Path, shown: str, folder: Path) -> Path:
    """Decompress a gzip file to a file without byte order mark."""
    unpacked, is_blank = folder / path.with_suffix("").name, True
    with unpacked.open("wb") as out:
        for n, part in enumerate(archives.gunzip_chunks(path, shown)):
            is_blank = is_blank and not part.strip()
            out.write(part if n else part.removeprefix(files.BOM))
    if is_blank:
        raise FormatError("readers.files.empty", path=shown)
    return unpacked
