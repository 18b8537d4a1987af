"""Studies of a schema: table ``etudes``, and ``lignes_retirees`` for what people wrote."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from foncier.export.postgis.statements import sql, text
from foncier.i18n import localize

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import psycopg

    from foncier.results import SavedResult

STUDIES, REMOVED = "etudes", "lignes_retirees"
TABLES = {
    STUDIES: (
        "study text PRIMARY KEY, communes text[] NOT NULL, edition date, fictional boolean, "
        "lang text, columns jsonb NOT NULL, exported_at timestamptz NOT NULL DEFAULT now()"
    ),
    REMOVED: (
        "study text NOT NULL, edition date, layer text NOT NULL, row_values jsonb NOT NULL, "
        "removed_at timestamptz NOT NULL DEFAULT now()"
    ),
}


@dataclass(frozen=True)
class Registered:
    """A study that was exported: its communes, and the columns of its tables by name."""

    communes: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]]


def exists(connection: psycopg.Connection[Any], schema: str, table: str) -> bool:
    """Whether a table is there, whoever may read it."""
    return bool(columns(connection, schema, table))


def columns(connection: psycopg.Connection[Any], schema: str, table: str) -> dict[str, str]:
    """Type of each column of a table, in order; empty where there is no such table."""
    rows = connection.execute(
        "SELECT a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_attribute a "
        "JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = %s AND c.relname = %s AND a.attnum > 0 AND NOT a.attisdropped "
        "ORDER BY a.attnum",
        [schema, table],
    )
    return dict(rows.fetchall())


def prepare(connection: psycopg.Connection[Any], schema: str) -> None:
    """Create the two tables where they are missing."""
    for table, definition in TABLES.items():
        if not exists(connection, schema, table):
            connection.execute(sql(f"CREATE TABLE {{}}.{{}} ({definition})", schema, table))
            comment = localize(f"export.postgis.{table}")
            order = sql("COMMENT ON TABLE {}.{} IS ", schema, table) + text("{}", comment)
            connection.execute(order)


def read(connection: psycopg.Connection[Any], schema: str) -> dict[str, Registered]:
    """Read the studies that were exported, by title."""
    order = sql("SELECT study, communes, columns FROM {}.{}", schema, STUDIES)
    return {
        study: Registered(tuple(communes), {n: tuple(c) for n, c in tables.items()})
        for study, communes, tables in connection.execute(order)
    }


def columns_of(studies: Iterable[Registered]) -> dict[str, frozenset[str]]:
    """Columns that foncier wrote, by table: the others are an agency's own."""
    found: dict[str, frozenset[str]] = {}
    for study in studies:
        for table, names in study.columns.items():
            found[table] = found.get(table, frozenset()) | frozenset(names)
    return found


def write(connection: psycopg.Connection[Any], schema: str, result: SavedResult) -> None:
    """Register a study, or its new edition."""
    written = {name: found.column_names for name, found in result.descriptions.items()}
    connection.execute(sql("DELETE FROM {}.{} WHERE study = %s", schema, STUDIES), [result.title])
    connection.execute(
        sql(
            "INSERT INTO {}.{} (study, communes, edition, fictional, lang, columns) "
            "VALUES (%s, %s, %s, %s, %s, %s)",
            schema,
            STUDIES,
        ),
        [
            result.title,
            list(result.communes),
            result.edition,
            result.fictional,
            result.lang,
            json.dumps(written),
        ],
    )
