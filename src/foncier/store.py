"""Contract tables on disk, in a form that a part of the map is read from quickly: GeoParquet.

Rows lie along a Hilbert curve, in small groups, each row with its bounds: a box touches few groups.
"""

from __future__ import annotations

import errno
import hashlib
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from foncier.errors import FormatError, SourceError
from foncier.places import arrow, shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from foncier.tables import Table

Bounds = tuple[float, float, float, float]
ROW = "_row"  # place of a row in the table that was written
GROUP_ROWS = 8_192  # of one group: some 2 MB of parcels
EDGES = ("xmin", "ymin", "xmax", "ymax")


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turn what Arrow says of a file that is gone or damaged into an error of ours.

    A lack of memory says nothing of the file, and stays what it is.
    """
    try:
        yield
    except MemoryError:
        raise
    except FileNotFoundError as reason:
        raise SourceError(
            f"{path} : ce fichier a disparu. Supprimez le dossier {path.parent.name} et relancez : "
            "il sera refait."
        ) from reason
    except (pa.ArrowException, OSError, ValueError, KeyError) as reason:
        if isinstance(reason, OSError) and reason.errno == errno.ENOMEM:
            raise
        raise FormatError(
            f"{path} : fichier abîmé ({type(reason).__name__}). Supprimez le dossier "
            f"{path.parent.name} et relancez : il sera refait."
        ) from reason


def fingerprint(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a contract table as (Geo)Parquet, compressed (zstd); the same rows, the same bytes.

    Rows with a geometry go along a Hilbert curve over the whole table, equal places in the order
    that they came in; each has its bounds (GeoParquet 1.1, covering).
    """
    table = table.assign(**{ROW: np.arange(len(table))})
    how: dict[str, Any] = {"index": False, "compression": "zstd", "row_group_size": GROUP_ROWS}
    if not isinstance(table, gpd.GeoDataFrame):
        table.to_parquet(path, **how)
        return
    if len(table):
        table = table.iloc[np.argsort(table.geometry.hilbert_distance(), kind="stable")]
    table.to_parquet(path, write_covering_bbox=True, schema_version="1.1.0", **how)


def read_table(path: Path, contract: Table, bounds: Bounds | None = None) -> Any:
    """Read rows back, in the order of the table that was written.

    Parameters
    ----------
    path
        A file that `write_table` made.
    contract
        Its contract.
    bounds
        West, south, east, north in the file's CRS: only rows whose own bounds meet these.

    Raises
    ------
    SourceError
        There is no such file.
    FormatError
        It is not what was written.
    """
    with _told(path):
        read: Any = partial(gpd.read_parquet, bbox=bounds) if contract.geometry else pd.read_parquet
        table = read(shown(path), **arrow(path))
    return table.sort_values(ROW, ignore_index=True).drop(columns=ROW)


def read_places(path: Path, key: str, *more: str) -> tuple[pd.DataFrame, NDArray[np.float64]]:
    """Ids (and other columns) of all rows in the order of the file, and the bounds of each.

    Raises
    ------
    SourceError, FormatError
        As `read_table`.
    """
    with _told(path):
        table = pq.read_table(shown(path), columns=[key, *more, "bbox"], **arrow(path))
    boxes = table.column("bbox").combine_chunks()
    edges = [boxes.field(edge).to_numpy(zero_copy_only=False) for edge in EDGES]
    return table.select([key, *more]).to_pandas(), np.column_stack(edges).astype(np.float64)


def read_parts(paths: list[Path], contract: Table) -> Any:
    """Tables of parts as one, in the order of their first column: no two parts share an id in it.

    Rows of one id stay as they lay in their part.
    """
    read: Any = gpd.read_parquet if contract.geometry else pd.read_parquet
    parts = []
    for path in paths:
        with _told(path):
            parts.append(read(shown(path), **arrow(path)))
    key, crs = contract.columns[0].name, parts[0].crs if contract.geometry else None
    # Millions of rows bear few distinct ids: only these are compared as texts.
    codes, ids = pd.factorize(pd.concat([part[key] for part in parts], ignore_index=True))
    rank = np.empty(len(ids), dtype=np.intp)
    rank[ids.argsort()] = np.arange(len(ids))
    order = np.argsort(rank[codes], kind="stable")
    # Column by column, each let go of once it is joined: never two whole tables in memory.
    columns = {}
    for name in list(parts[0].columns):
        whole = pd.concat([part.pop(name) for part in parts], ignore_index=True)
        columns[name] = whole.array.take(order)
    if not contract.geometry:
        return pd.DataFrame(columns)
    return gpd.GeoDataFrame(columns, geometry="geometry", crs=crs)
