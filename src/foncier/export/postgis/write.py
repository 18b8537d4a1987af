"""Write a result to a PostGIS database, in one transaction: all of its tables, or none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foncier._util.postgres import password_of, without_password
from foncier.errors import ConfigError, ExportError
from foncier.export.postgis import qgis, register, tables
from foncier.export.postgis.statements import sql, text

if TYPE_CHECKING:
    import psycopg

    from foncier.results import SavedResult

NAME_BYTES = 63  # longest identifier of PostgreSQL


def write_postgis(result: SavedResult, url: str, *, schema: str = "foncier") -> tuple[str, ...]:
    """Write every table of a result to a schema of a PostGIS database, in place.

    A schema holds several studies side by side: each table has the columns ``study`` (title of the
    study) and ``edition`` (date of its result), and an export changes the rows of its own study
    alone. Rows that are there already are updated by their id, so that grants, views, foreign keys
    and the columns that an agency added stay as they are; rows that have gone are removed, and what
    an agency wrote in them goes to the table ``lignes_retirees``. A table of a former result that
    this one lacks keeps no row of the study. All is done in one transaction: until it is committed,
    other sessions see the former rows, and a failure leaves them unchanged.

    Parameters
    ----------
    result
        A result, opened by `foncier.results.read_saved`.
    url
        ``postgresql://user@host/database``, or any connection string of libpq; the password is
        never shown or stored.
    schema
        Schema of the tables. It is created when it does not exist; where it exists, the right to
        create in the database is not needed.

    Returns
    -------
    Names of the tables.

    Raises
    ------
    ConfigError
        The optional package psycopg is not installed, or the name of the schema is not valid.
    ExportError
        The database does not answer, refuses, does not have the extension PostGIS, holds another
        study of the same title, or a table of the same name that is not of foncier.
    """
    try:
        import psycopg  # noqa: PLC0415 (optional)
    except ImportError as error:
        raise ConfigError("export.postgis.no_psycopg") from error
    if not schema or "\x00" in schema or len(schema.encode()) > NAME_BYTES:
        raise ConfigError("export.postgis.schema_name", schema=repr(schema), bytes=NAME_BYTES)
    password = password_of(url)
    try:
        with psycopg.connect(url) as connection:
            _prepare(connection, schema)
            _write_all(connection, result, schema)
    except psycopg.Error as error:
        # Not chained: the cause may contain the address with its password.
        why = without_password(str(error), password) or type(error).__name__
        raise ExportError("export.postgis.failed", why=why) from None
    return tuple(result.descriptions)


def _prepare(connection: psycopg.Connection[Any], schema: str) -> None:
    """Check PostGIS; create the schema only where it is missing, which asks for a right."""
    extension = connection.execute(
        "SELECT 1 FROM pg_extension WHERE extname = 'postgis'"
    ).fetchone()
    if extension is None:
        raise ExportError("export.postgis.no_extension")
    found = connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [schema])
    if found.fetchone() is None:
        connection.execute(sql("CREATE SCHEMA {}", schema))
    # Two exports to one schema wait for each other.
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtext({}))", f"foncier {schema}"))


def _write_all(connection: psycopg.Connection[Any], result: SavedResult, schema: str) -> None:
    register.prepare(connection, schema)
    former = register.read(connection, schema)
    same = former.get(result.title)
    if same is not None and set(same.communes) != set(result.communes):
        raise ExportError(
            "export.postgis.other_study",
            title=result.title,
            schema=schema,
            communes=list(same.communes),
        )
    ours = register.columns_of(former.values())
    for layer in result.layers():
        table = tables.Target(schema, layer, result.title, result.edition)
        tables.write(connection, table, result, ours=ours.get(layer.name, frozenset()))
    for name in sorted(set(ours) - set(result.descriptions)):
        tables.remove_study(connection, schema, name, result.title, ours[name])
    register.write(connection, schema, result)
    qgis.write_styles(connection, schema, result)
    qgis.write_project(connection, schema, result)
