"""A vector file in pieces: all of its cells, but never all of its shapes as they were read."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyogrio
import shapely

from foncier.errors import FormatError
from foncier.readers import archives, files, shapes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from foncier.model import LayerFile

MAX_IN_MEMORY_BYTES = (
    2**23
)  # an archive up to this size, in bytes, is unpacked there; others on the disk


class Rows(Protocol):
    """Rows of a layer, given once: `shapes` to the end, then `cells`.

    ``names`` are those of the file's own columns, empty where these are none that a study names;
    ``crs`` is None where the file announces none.
    """

    crs: Any
    names: tuple[str, ...]

    def shapes(self) -> Iterator[gpd.GeoSeries]:
        """Shapes piece by piece, as they were read."""

    def cells(self) -> pd.DataFrame:
        """All rows without their shapes."""


class InMemoryRows:
    """Rows of a file that is read at once."""

    def __init__(self, frame: gpd.GeoDataFrame) -> None:
        self._frame = frame
        self.crs: Any = frame.crs
        self.names = tuple(str(name) for name in frame.columns if name != "geometry")

    def shapes(self) -> Iterator[gpd.GeoSeries]:
        """Shapes piece by piece."""
        for start in range(0, len(self._frame), shapes.CHUNK_ROWS):
            yield self._frame.geometry.iloc[start : start + shapes.CHUNK_ROWS]

    def cells(self) -> pd.DataFrame:
        """All rows without their shapes."""
        return pd.DataFrame(self._frame.drop(columns="geometry"))


class WkbRows:
    """Rows that were read from many files: their shapes wait as WKB, half as large.

    Parameters
    ----------
    packed
        A shape each as WKB, None where a row has none, shape (n,). Emptied as it is unpacked.
    cells
        The rows without their shapes.
    """

    def __init__(self, packed: NDArray[np.object_], cells: pd.DataFrame, crs: Any) -> None:
        self.crs = crs
        self.names: tuple[str, ...] = ()
        self._packed, self._cells = packed, cells

    def shapes(self) -> Iterator[gpd.GeoSeries]:
        """Shapes piece by piece."""
        for start in range(0, len(self._packed), shapes.CHUNK_ROWS):
            part = slice(start, start + shapes.CHUNK_ROWS)
            yield gpd.GeoSeries(shapely.from_wkb(self._packed[part]), crs=self.crs)
            self._packed[part] = None

    def cells(self) -> pd.DataFrame:
        """All rows without their shapes."""
        return self._cells


class StreamedRows:
    """Rows of a file as GDAL gives them.

    Parameters
    ----------
    meta, reader
        What `pyogrio.raw.open_arrow` gives.
    wanted
        Of all names, those whose cells are kept.
    crs
        CRS that the study says, in place of the file's.
    """

    def __init__(
        self, meta: dict[str, Any], reader: Any, wanted: set[str], shown: str, crs: Any
    ) -> None:
        self.names = tuple(str(name) for name in meta["fields"] if name != "geometry")
        self._shape = meta["geometry_name"] or "wkb_geometry"
        if self._shape not in reader.schema.names:
            raise files.no_geometry_column(shown, meta["fields"])
        # What geopandas makes of it: as a whole layer would be.
        self.crs: Any = gpd.GeoSeries([], crs=meta["crs"] if crs is None else crs).crs
        self._reader, self._shown, self._rows = reader, shown, 0
        kept = [name for name in reader.schema.names if name in wanted]
        self._schema = pa.schema([reader.schema.field(name) for name in kept])
        self._cells: list[pa.Buffer] = []

    def shapes(self) -> Iterator[gpd.GeoSeries]:
        """Shapes piece by piece; the cells of the rows are kept."""
        while (values := self._next()) is not None:
            yield gpd.GeoSeries(values, crs=self.crs)

    def _next(self) -> Any:
        with files.readable(self._shown):
            batch = next(self._reader, None)
            if batch is None:
                return None
            batch.validate(full=True)  # text that is none is told even where nobody wants it
            # A copy: one column would keep the shapes of its batch.
            self._cells.append(batch.select(self._schema.names).serialize())
            self._rows += batch.num_rows
            written = batch.column(self._shape).to_numpy(zero_copy_only=False)
            return shapely.from_wkb(written, on_invalid="fix")

    def cells(self) -> pd.DataFrame:
        """All rows read so far without their shapes: the columns that are wanted."""
        with files.readable(self._shown):
            batches = [pa.ipc.read_record_batch(one, self._schema) for one in self._cells]
            table = pa.Table.from_batches(batches, self._schema).to_pandas()
        self._cells.clear()
        return table if len(table.columns) else pd.DataFrame(index=pd.RangeIndex(self._rows))


@contextmanager
def open_rows(file: LayerFile, wanted: Callable[[tuple[str, ...]], set[str]]) -> Iterator[Rows]:
    """Rows of a vector file, in pieces where its form allows.

    Parameters
    ----------
    file
        Its path, sublayer and CRS.
    wanted
        Tells, of the names of all columns, those whose cells are asked for.

    Raises
    ------
    FormatError, ConfigError
        As `foncier.readers.files.vector`; what is cut short, once it is read that far.
    """
    path, shown = file.path, file.shown
    files.check(path, shown)
    with ExitStack() as stack:
        if path.suffix.lower() == ".gz" and path.stat().st_size > MAX_IN_MEMORY_BYTES:
            path = _decompress_to_file(path, shown, stack.enter_context(files.scratch(shown)))
        rows = _open_stream(path, file, wanted, stack)
        yield rows or InMemoryRows(
            files.vector(path, shown=shown, sublayer=file.sublayer, crs=file.crs)
        )


def _open_stream(
    path: Path, file: LayerFile, wanted: Callable[[tuple[str, ...]], set[str]], stack: ExitStack
) -> StreamedRows | None:
    """Rows as GDAL gives them, None where it does not give them so."""
    shown, zipped = file.shown, path.suffix.lower() == ".gz"
    with files.readable(shown):
        data = files.content(path, shown) if zipped else None
        if (
            files.checked_suffix(path.with_suffix("") if zipped else path, shown, data)
            == ".parquet"
        ):
            return None
        opening = pyogrio.raw.open_arrow(
            files.gdal_source(path, shown, file.sublayer, data),
            layer=file.sublayer,
            use_pyarrow=True,
            batch_size=shapes.CHUNK_ROWS,
            datetime_as_string=True,
        )
        meta, reader = stack.enter_context(opening)
        asked = wanted(tuple(str(name) for name in meta["fields"]))
        if _needs_conversion(meta, asked):
            return None
        crs = None if file.crs is None else files.system(file.crs, shown)
        return StreamedRows(meta, reader, asked, shown, crs)


def _needs_conversion(meta: dict[str, Any], asked: set[str]) -> bool:
    """Whether an asked column is one that pyogrio makes values of, once it has all: times, JSON."""
    columns = zip(meta["fields"], meta["dtypes"], meta["ogr_subtypes"], strict=True)
    return any(
        str(name) in asked
        and (subtype == "OFSTJSON" or ((kind or "").startswith("datetime") and "[D]" not in kind))
        for name, kind, subtype in columns
    )


def _decompress_to_file(path: Path, shown: str, folder: Path) -> Path:
    """Content of a gzip file as a file, without byte order mark."""
    plain, blank = folder / path.with_suffix("").name, True
    with plain.open("wb") as into:
        for n, part in enumerate(archives.gunzip_chunks(path, shown)):
            blank = blank and not part.strip()
            into.write(part if n else part.removeprefix(files.BOM))
    if blank:
        raise FormatError("readers.files.empty", path=shown)
    return plain
