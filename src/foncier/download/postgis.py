"""A table of a PostGIS database that a study declares as a layer, read without a right to write."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely

from foncier._util.postgres import password_of, without_password
from foncier.crs import DEGREES
from foncier.download.client import Download, NoDataError
from foncier.download.responses import RETRY
from foncier.errors import ConfigError, FormatError, OfflineError, SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import psycopg

    from foncier.download.catalog import Query, Source
    from foncier.download.client import HttpClient

CONNECT_S, STATEMENT_S = 10, 300
BATCH = 5000
METRES_A_DEGREE = 67_000  # of longitude in mainland France, at least
PREFIX = "PG:"
KEPT = (bool, int, float, str, dt.date, dt.datetime)  # other values become text


def download_table(
    client: HttpClient, source: Source, query: Query, path: Path, validators: Mapping[str, Any]
) -> Download:
    """Read a table or view, ``layer = "schema.table"``, near the parcels, into a GeoParquet file.

    Raises
    ------
    ConfigError
        psycopg is not installed, or the study does not name the table.
    OfflineError
        The database does not answer or refuses.
    SourceError
        No such table, or it is too large.
    FormatError
        The table has no geometry, or several columns of them.
    NoDataError
        No row near the parcels.
    """
    del client, validators
    try:
        import psycopg  # noqa: PLC0415 (optional)
    except ImportError as fault:
        raise ConfigError("export.postgis.no_psycopg") from fault
    table = source.options["layer_file"].sublayer
    if not table:
        raise ConfigError("download.addresses.no_table", address=source.address)
    url = source.address.removeprefix(PREFIX).removeprefix(PREFIX.lower())
    password = password_of(url)
    options = f"-c default_transaction_read_only=on -c statement_timeout={STATEMENT_S}s"
    try:
        with psycopg.connect(url, connect_timeout=CONNECT_S, options=options) as link:
            frame = _rows(link, table, source, query)
    except psycopg.Error as fault:
        # Not chained: the cause may contain the address with its password.
        raise _failed(source, str(fault), password) from None
    if frame.empty:
        raise NoDataError("download.no_data", source=source.title)
    frame.to_parquet(path, index=False)
    return Download.assembled(path)


def _failed(source: Source, why: str, password: str) -> OfflineError:
    words = without_password(why, password)
    return OfflineError("download.addresses.database", address=source.address, why=words)


def _rows(
    link: psycopg.Connection[Any], table: str, source: Source, query: Query
) -> gpd.GeoDataFrame:
    from psycopg import sql  # noqa: PLC0415 (optional)

    schema, _, name = table.rpartition(".")
    named = sql.Identifier(*([schema] if schema else []), name)
    shape, srid, others = _columns(link, schema or "public", name, source)
    where: sql.Composable = sql.SQL("")
    values: list[float] = []
    if query.bounds is not None and srid and "near_parcels" in source.options:
        where = sql.SQL(
            " WHERE {}::geometry && "
            "ST_Transform(ST_Expand(ST_MakeEnvelope(%s, %s, %s, %s, 4326), %s), %s)"
        ).format(sql.Identifier(shape))
        values = [*query.bounds, source.margin_m / METRES_A_DEGREE, srid]
    columns = [sql.Identifier(one) for one in others]
    shown = sql.SQL("ST_AsBinary(ST_Force2D({}::geometry))").format(sql.Identifier(shape))
    statement = sql.SQL("SELECT {} FROM {}{}").format(
        sql.SQL(", ").join([*columns, shown]), named, where
    )
    rows: list[tuple[Any, ...]] = []
    size = 0
    with link.cursor(name="foncier") as cursor:
        cursor.execute(statement, values)
        while batch := cursor.fetchmany(BATCH):
            rows += batch
            size += sum(len(row[-1] or b"") + 50 * len(row) for row in batch)
            if size > source.most_bytes:
                most = round(source.most_bytes / 1e6)
                raise SourceError(
                    "download.client.too_large", address=source.address, max_mb=most, retry=RETRY
                )
    return _frame(rows, others, srid)


def _columns(
    link: psycopg.Connection[Any], schema: str, name: str, source: Source
) -> tuple[str, int, list[str]]:
    """Column of the shapes, its SRID (0: unknown), and the other columns.

    Raises
    ------
    SourceError
        No such table, or the user may not read it.
    FormatError
        It has not one column of shapes.
    """
    found = link.execute(
        "SELECT column_name, udt_name FROM information_schema.columns WHERE table_schema = %s "
        "AND table_name = %s ORDER BY ordinal_position",
        [schema, name],
    ).fetchall()
    if not found:
        raise SourceError(
            "download.addresses.no_such_table", table=f"{schema}.{name}", address=source.address
        )
    shapes = [column for column, kind in found if kind in {"geometry", "geography"}]
    if len(shapes) != 1:
        raise FormatError(
            "download.addresses.shapes", table=f"{schema}.{name}", columns=shapes or ["–"]
        )
    srid = link.execute(
        "SELECT srid FROM geometry_columns WHERE f_table_schema = %s AND f_table_name = %s "
        "UNION ALL SELECT srid FROM geography_columns WHERE f_table_schema = %s AND "
        "f_table_name = %s",
        [schema, name] * 2,
    ).fetchone()
    others = [column for column, _ in found if column not in shapes]
    return shapes[0], int(srid[0]) if srid else 0, others


def _frame(rows: list[tuple[Any, ...]], others: list[str], srid: int) -> gpd.GeoDataFrame:
    """Rows in an order that does not depend on the database."""
    shapes = shapely.from_wkb([None if row[-1] is None else bytes(row[-1]) for row in rows])
    cells = {
        name: pd.Series([_cell(row[n]) for row in rows], dtype=object).convert_dtypes()
        for n, name in enumerate(others)
        if name != "geometry"
    }
    crs = DEGREES if srid == 4326 else (f"EPSG:{srid}" if srid else None)
    frame = gpd.GeoDataFrame(cells, geometry=shapes, crs=crs)
    order = pd.Series(shapely.to_wkb(shapes, hex=True), dtype=object).fillna("").astype("str")
    for name in cells:
        order = order + "|" + frame[name].astype("str").fillna("")
    return frame.iloc[order.argsort(kind="stable").to_numpy()].reset_index(drop=True)


def _cell(value: Any) -> Any:
    return value if value is None or isinstance(value, KEPT) else str(value)
