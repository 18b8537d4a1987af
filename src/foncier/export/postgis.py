"""Write a result to a PostGIS database, in one transaction: all of its tables, or none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from foncier.errors import ConfigError, ExportError
from foncier.results.labels import FICTIONAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

    from foncier.results import Layer, SavedResult

TYPES = {
    "text": "text",
    "number": "double precision",
    "count": "bigint",
    "yes_no": "boolean",
    "date": "date",
}
UNIQUE = {"opportunites": "opportunity_id", "parcelles_ecartees": "parcel_id"}
LINKS = ("opportunity_id", "parcel_id")  # columns by which tables are joined
NAME_BYTES = 63  # longest identifier of PostgreSQL


def write_postgis(result: SavedResult, url: str, *, schema: str = "foncier") -> tuple[str, ...]:
    """Write every table of a result to a schema of a PostGIS database; former ones are replaced.

    All is done in one transaction: until it is committed, other sessions see the former tables,
    and a failure leaves them unchanged. A table that a view of the user depends on is not dropped:
    the error names it. Each table has a primary key, its geometry in the legal metric CRS with a
    spatial index, an index on the ids that join tables, and comments on the table and its columns.

    Parameters
    ----------
    result
        A result, opened by `foncier.results.read_saved`.
    url
        ``postgresql://user@host/database``, or any connection string of libpq; the password is
        never shown.
    schema
        Schema of the tables, created when it does not exist.

    Returns
    -------
    Names of the tables.

    Raises
    ------
    ConfigError
        The optional package psycopg is not installed, or the name of the schema is not valid.
    ExportError
        The database does not answer, refuses, or does not have the extension PostGIS.
    """
    try:
        import psycopg  # noqa: PLC0415 (optional)
    except ImportError as error:
        raise ConfigError("export.postgis.no_psycopg") from error
    if not schema or "\x00" in schema or len(schema.encode()) > NAME_BYTES:
        raise ConfigError("export.postgis.schema_name", schema=repr(schema), bytes=NAME_BYTES)
    password = _password(url)
    try:
        with psycopg.connect(url) as connection:
            _prepare(connection, schema)
            for layer in result.layers():
                _write_table(connection, result, layer, schema)
    except psycopg.Error as error:
        # Not chained: the cause may contain the address with its password.
        why = " ".join(str(error).split()) or type(error).__name__
        why = why.replace(password, "***") if password else why
        raise ExportError("export.postgis.failed", why=why) from None
    return tuple(result.descriptions)


def _prepare(connection: psycopg.Connection[Any], schema: str) -> None:
    extension = connection.execute(
        "SELECT 1 FROM pg_extension WHERE extname = 'postgis'"
    ).fetchone()
    if extension is None:
        raise ExportError("export.postgis.no_extension")
    connection.execute(_sql("CREATE SCHEMA IF NOT EXISTS {}", schema))


def _write_table(
    connection: psycopg.Connection[Any], result: SavedResult, layer: Layer, schema: str
) -> None:
    where = (schema, layer.name)
    fields = {"fid": "integer PRIMARY KEY"} | {c.name: TYPES[c.kind] for c in layer.columns}
    if layer.shape:
        fields["geom"] = f"geometry({layer.shape}, {layer.frame.crs.to_epsg() or 0})"
    defined = ", ".join(f"{{}} {kind}" for kind in fields.values())
    listed = ", ".join(["{}"] * len(fields))
    connection.execute(_sql("DROP TABLE IF EXISTS {}.{}", *where))
    connection.execute(_sql(f"CREATE TABLE {{}}.{{}} ({defined})", *where, *fields))
    order = _sql(f"COPY {{}}.{{}} ({listed}) FROM STDIN", *where, *fields)
    with connection.cursor() as cursor, cursor.copy(order) as copy:
        for row in _rows(layer):
            copy.write_row(row)
    _indexes(connection, layer, where)
    _comments(connection, result, layer, where)


def _rows(layer: Layer) -> Iterator[tuple[Any, ...]]:
    """Rows with their number, None where unknown, geometry as EWKB in hexadecimal."""
    columns = [_values(layer.frame[c.name], c.kind) for c in layer.columns]
    if layer.shape:
        shapes = shapely.set_srid(layer.frame.geometry.to_numpy(), layer.frame.crs.to_epsg() or 0)
        columns.append(shapely.to_wkb(shapes, hex=True, include_srid=True).tolist())
    return zip(range(1, len(layer.frame) + 1), *columns, strict=True)


def _values(values: pd.Series[Any], kind: str) -> list[Any]:
    if kind == "date":
        values = pd.to_datetime(values).dt.date
    known = values.notna().to_numpy()
    plain = np.array(values.tolist(), dtype=object)
    plain[~known] = None
    return list(plain)


def _indexes(connection: psycopg.Connection[Any], layer: Layer, where: tuple[str, str]) -> None:
    if layer.shape:
        connection.execute(_sql("CREATE INDEX ON {}.{} USING gist (geom)", *where))
    for column in layer.columns:
        if column.name in LINKS:
            unique = "UNIQUE " if UNIQUE.get(layer.name) == column.name else ""
            connection.execute(
                _sql(f"CREATE {unique}INDEX ON {{}}.{{}} ({{}})", *where, column.name)
            )


def _comments(
    connection: psycopg.Connection[Any], result: SavedResult, layer: Layer, where: tuple[str, str]
) -> None:
    from psycopg import sql  # noqa: PLC0415 (optional)

    fictional = f"{FICTIONAL[result.lang]} – " if result.fictional else ""
    comment = sql.Literal(f"{fictional}{layer.title[result.lang]} – {result.title}")
    connection.execute(_sql("COMMENT ON TABLE {}.{} IS ", *where) + comment)
    comments = result.descriptions[layer.name].comments
    for column in layer.columns:
        comment = sql.Literal(comments.get(column.name, ""))
        connection.execute(_sql("COMMENT ON COLUMN {}.{}.{} IS ", *where, column.name) + comment)


def _sql(pattern: str, *names: str) -> Any:
    """Statement with quoted identifiers."""
    from psycopg import sql  # noqa: PLC0415 (optional)

    quoted = [sql.Identifier(name) for name in names]
    return sql.SQL(pattern).format(*quoted)


def _password(url: str) -> str:
    """Password of an address, which no message must show; empty where there is none."""
    from psycopg import ProgrammingError, conninfo  # noqa: PLC0415 (optional)

    try:
        return str(conninfo.conninfo_to_dict(url).get("password") or "")
    except ProgrammingError:
        # Not chained: the cause quotes the address, and a password may be anywhere in it.
        raise ConfigError("export.postgis.address") from None
