"""Write a result to a PostGIS base, in one transaction: all of its tables, or none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from foncier.errors import ConfigError, ExportError

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
TABLE_NAME = 63  # bytes of an identifier of PostgreSQL


def write_postgis(result: SavedResult, url: str, *, schema: str = "foncier") -> tuple[str, ...]:
    """Write every table of a result to a schema of a PostGIS base; former ones are replaced.

    All is done in one transaction: until it is whole others see the former tables, and a failure
    leaves them as they were. A table that a view of the user depends on is not dropped: the error
    says which. Each table has a primary key, its geometry in the legal metric CRS with a spatial
    index, an index on the ids that join tables, and comments on the table and on its columns.

    Parameters
    ----------
    result
        A result, opened by `foncier.results.read_saved`.
    url
        ``postgresql://user@host/base``, or what libpq takes; its password is never shown.
    schema
        Schema of the tables, created when it is not there.

    Returns
    -------
    Names of the tables.

    Raises
    ------
    ConfigError
        The optional package psycopg is not installed, or the name of the schema cannot be one.
    ExportError
        The base does not answer, refuses, or has not the extension PostGIS.
    """
    try:
        import psycopg  # noqa: PLC0415 (optional)
    except ImportError as reason:
        raise ConfigError(
            "--postgis demande le paquet psycopg. Installez-le\u00a0: pip install "
            "'foncier[postgis]'."
        ) from reason
    if not schema or "\x00" in schema or len(schema.encode()) > TABLE_NAME:
        raise ConfigError(f"--schema {schema!r}\u00a0: attendu un nom de 1 à {TABLE_NAME} octets.")
    secret = _secret(url)
    try:
        with psycopg.connect(url) as base:
            _prepare(base, schema)
            for layer in result.layers():
                _table(base, result, layer, schema)
    except psycopg.Error as reason:
        # Not chained: the cause may bear the address with its password.
        raise ExportError(_explanation(reason, secret)) from None
    return tuple(result.descriptions)


def _prepare(base: psycopg.Connection[Any], schema: str) -> None:
    there = base.execute("SELECT 1 FROM pg_extension WHERE extname = 'postgis'").fetchone()
    if there is None:
        raise ExportError(
            "PostGIS\u00a0: cette base n'a pas l'extension. Demandez à son administrateur\u00a0: "
            "CREATE EXTENSION postgis; rien n'a été écrit."
        )
    base.execute(_sql("CREATE SCHEMA IF NOT EXISTS {}", schema))


def _table(base: psycopg.Connection[Any], result: SavedResult, layer: Layer, schema: str) -> None:
    where = (schema, layer.name)
    fields = {"fid": "integer PRIMARY KEY"} | {c.name: TYPES[c.kind] for c in layer.columns}
    if layer.shape:
        fields["geom"] = f"geometry({layer.shape}, {layer.frame.crs.to_epsg() or 0})"
    defined = ", ".join(f"{{}} {kind}" for kind in fields.values())
    listed = ", ".join(["{}"] * len(fields))
    base.execute(_sql("DROP TABLE IF EXISTS {}.{}", *where))
    base.execute(_sql(f"CREATE TABLE {{}}.{{}} ({defined})", *where, *fields))
    order = _sql(f"COPY {{}}.{{}} ({listed}) FROM STDIN", *where, *fields)
    with base.cursor() as cursor, cursor.copy(order) as copy:
        for row in _rows(layer):
            copy.write_row(row)
    _indexes(base, layer, where)
    _comments(base, result, layer, where)


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


def _indexes(base: psycopg.Connection[Any], layer: Layer, where: tuple[str, str]) -> None:
    if layer.shape:
        base.execute(_sql("CREATE INDEX ON {}.{} USING gist (geom)", *where))
    for column in layer.columns:
        if column.name in LINKS:
            unique = "UNIQUE " if UNIQUE.get(layer.name) == column.name else ""
            base.execute(_sql(f"CREATE {unique}INDEX ON {{}}.{{}} ({{}})", *where, column.name))


def _comments(
    base: psycopg.Connection[Any], result: SavedResult, layer: Layer, where: tuple[str, str]
) -> None:
    from psycopg import sql  # noqa: PLC0415 (optional)

    warning = "DONNÉES FICTIVES – " if result.fictional else ""
    told = f"{warning}{layer.title[result.lang]} – {result.title}"
    base.execute(_sql("COMMENT ON TABLE {}.{} IS ", *where) + sql.Literal(told))
    comments = result.descriptions[layer.name].comments
    for column in layer.columns:
        said = comments.get(column.name, "")
        base.execute(
            _sql("COMMENT ON COLUMN {}.{}.{} IS ", *where, column.name) + sql.Literal(said)
        )


def _sql(pattern: str, *names: str) -> Any:
    """Statement with its identifiers quoted as PostgreSQL asks."""
    from psycopg import sql  # noqa: PLC0415 (optional)

    quoted = [sql.Identifier(name) for name in names]
    return sql.SQL(pattern).format(*quoted)


def _secret(url: str) -> str:
    """Password of an address, so that no message shows it; empty where there is none."""
    from psycopg import ProgrammingError, conninfo  # noqa: PLC0415 (optional)

    try:
        return str(conninfo.conninfo_to_dict(url).get("password") or "")
    except ProgrammingError:
        # Neither the address nor the cause, which quotes it: a password may stand anywhere in it.
        raise ConfigError(
            "--postgis\u00a0: cette adresse n'est pas lisible. Attendu\u00a0: "
            "postgresql://utilisateur@hôte/base."
        ) from None


def _explanation(reason: psycopg.Error, secret: str) -> str:
    said = " ".join(str(reason).split()) or type(reason).__name__
    shown = said.replace(secret, "***") if secret else said
    return (
        f"PostGIS\u00a0: {shown}. Vérifiez l'adresse, le mot de passe et vos droits\u00a0; une "
        "vue qui dépend d'une table de foncier doit être supprimée d'abord. Rien n'a été "
        "remplacé\u00a0: les tables d'avant sont intactes."
    )
