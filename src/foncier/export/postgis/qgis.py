"""Styles and project of QGIS in the schema of a PostGIS database."""

from __future__ import annotations

import html
import io
import re
import sqlite3
import zipfile
from contextlib import closing
from typing import TYPE_CHECKING, Any

from foncier.export.layers import VIEWS
from foncier.export.postgis import register
from foncier.export.postgis.statements import sql
from foncier.results.layers import SITES

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg

    from foncier.results import SavedResult

STYLES, PROJECTS, AUTHOR = "layer_styles", "qgis_projects", "foncier"
# Tables as QGIS makes them (its provider of PostgreSQL, versions 3.22 and later).
TABLES = {
    STYLES: (
        "id serial PRIMARY KEY, f_table_catalog varchar, f_table_schema varchar, "
        "f_table_name varchar, f_geometry_column varchar, stylename text, styleqml xml, "
        "stylesld xml, useasdefault boolean, description text, owner varchar(63), ui xml, "
        "update_time timestamp DEFAULT CURRENT_TIMESTAMP, type varchar"
    ),
    PROJECTS: "name text PRIMARY KEY, metadata jsonb, content bytea",
}
SOURCE = re.compile(r"\./[^|\"<>]*\.gpkg\|layername=(?P<layer>\w+)(?:\|option:[^\"<>]*)?")
NODE = re.compile(r"<[\w-]+ [^<>]*\.gpkg\|layername=[^<>]*>")
LAYER = re.compile(r"<maplayer\b.*?</maplayer>", re.DOTALL)
PROVIDER = re.compile(r"(<provider\b[^<>]*>)ogr(</provider>)")
# A layer of a file that is not in the base, and the places that name it.
ELSEWHERE = re.compile(r"<datasource>\./")
ID = re.compile(r"<id>([^<>]*)</id>")


def write_styles(connection: psycopg.Connection[Any], schema: str, result: SavedResult) -> None:
    """Write the styles of the GeoPackage to ``layer_styles``; those of other owners stay.

    QGIS looks for this table along its search path: it is made in ``public`` where the user may
    create tables there, else in the schema of the study.
    """
    place = _styles_place(connection, schema)
    _ensure(connection, place, STYLES)
    known = connection.info.dbname
    for name, column, style, qml, sld, default, description in _styles(result.paths[0]):
        row = (known, schema, name, column, style)
        same = sql(
            "SELECT owner FROM {}.{} WHERE f_table_catalog = %s AND f_table_schema = %s "
            "AND f_table_name = %s AND f_geometry_column = %s AND stylename = %s",
            place,
            STYLES,
        )
        owner = connection.execute(same, row).fetchone()
        if owner is not None and owner[0] != AUTHOR:
            continue  # edited in QGIS
        if owner is not None:
            _delete_style(connection, place, row)
        connection.execute(
            sql(
                "INSERT INTO {}.{} (f_table_catalog, f_table_schema, f_table_name, "
                "f_geometry_column, stylename, styleqml, stylesld, useasdefault, description, "
                "owner) VALUES (%s, %s, %s, %s, %s, XMLPARSE(DOCUMENT %s), "
                "XMLPARSE(DOCUMENT %s), %s, %s, %s)",
                place,
                STYLES,
            ),
            [*row, qml, sld or None, bool(default), description, AUTHOR],
        )


def write_project(connection: psycopg.Connection[Any], schema: str, result: SavedResult) -> None:
    """Write the project of the GeoPackage to ``qgis_projects``, reading the tables of the base.

    A project of this name that was saved in QGIS since is kept under another name, with its date.
    The password of the connection is not in the project.
    """
    _ensure(connection, schema, PROJECTS)
    found = _project(result.paths[0])
    if found is None:
        return
    (metadata, qgs), name = found, project_name(result.title)
    order = "SELECT metadata->>'last_modified_user' FROM {}.{} WHERE name = %s"
    author = connection.execute(sql(order, schema, PROJECTS), [name]).fetchone()
    if author is not None and author[0] != AUTHOR:
        rename = "UPDATE {}.{} SET name = name || ' ' || to_char(now(), %s) WHERE name = %s"
        stamp = ["YYYY-MM-DD HH24:MI:SS", name]
        connection.execute(sql(rename, schema, PROJECTS), stamp)
    connection.execute(sql("DELETE FROM {}.{} WHERE name = %s", schema, PROJECTS), [name])
    content = _archive(_with_sources(qgs, connection, schema, result))
    order = "INSERT INTO {}.{} VALUES (%s, %s::jsonb, %s)"
    connection.execute(sql(order, schema, PROJECTS), [name, metadata, content])


def project_name(title: str) -> str:
    """Name of the project of a study: QGIS does not open a name with a sign of addresses.

    Examples
    --------
    >>> project_name("Ateliers & halle, 50 %")
    'Ateliers halle, 50'
    """
    return " ".join(re.sub(r"[&%#+?]", " ", title).split())


def _styles_place(connection: psycopg.Connection[Any], schema: str) -> str:
    if register.exists(connection, "public", STYLES):
        order = "SELECT has_table_privilege('public.layer_styles', 'INSERT, UPDATE, DELETE')"
    else:
        order = "SELECT has_schema_privilege('public', 'CREATE')"
    (allowed,) = connection.execute(order).fetchone() or (False,)
    return "public" if allowed else schema


def _ensure(connection: psycopg.Connection[Any], schema: str, table: str) -> None:
    if not register.exists(connection, schema, table):
        connection.execute(sql(f"CREATE TABLE {{}}.{{}} ({TABLES[table]})", schema, table))


def _delete_style(connection: psycopg.Connection[Any], place: str, row: tuple[str, ...]) -> None:
    connection.execute(
        sql(
            "DELETE FROM {}.{} WHERE f_table_catalog = %s AND f_table_schema = %s "
            "AND f_table_name = %s AND f_geometry_column = %s AND stylename = %s",
            place,
            STYLES,
        ),
        row,
    )


def _styles(path: Path) -> list[tuple[Any, ...]]:
    order = (
        "SELECT f_table_name, f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, "
        "description FROM layer_styles ORDER BY id"
    )
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as base:
        return [row for row in base.execute(order) if row[0] not in VIEWS.values()]


def _project(path: Path) -> tuple[str, str] | None:
    """Metadata and XML of the project that foncier wrote; None where the file has none."""
    order = "SELECT metadata, content FROM qgis_projects WHERE name = ?"
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as base:
        row = base.execute(order, (AUTHOR,)).fetchone()
    if row is None:
        return None
    with zipfile.ZipFile(io.BytesIO(bytes.fromhex(row[1]))) as archive:
        qgs = archive.read(next(n for n in archive.namelist() if n.endswith(".qgs")))
    return row[0], qgs.decode()


def _with_sources(
    qgs: str, connection: psycopg.Connection[Any], schema: str, result: SavedResult
) -> str:
    """Point the layers of a project at the tables of the base; leave out those of other files."""
    sources = {
        name: _source(connection, schema, result, name)
        for name in (*result.descriptions, *VIEWS.values())
    }

    def source(found: re.Match[str]) -> str:
        known = sources.get(found["layer"])
        return html.escape(known, quote=True) if known else found[0]

    def node(found: re.Match[str]) -> str:
        moved = SOURCE.sub(source, found[0])
        return moved if moved == found[0] else moved.replace('"ogr"', '"postgres"')

    gone: list[str] = []

    def layer(found: re.Match[str]) -> str:
        moved = SOURCE.sub(source, found[0])
        if ELSEWHERE.search(moved):
            gone.extend(ID.findall(moved)[:1])
            return ""
        return moved if moved == found[0] else PROVIDER.sub(r"\1postgres\2", moved, count=1)

    moved = NODE.sub(node, LAYER.sub(layer, qgs))
    for one in gone:
        moved = re.sub(rf'<(?:layer-tree-layer|layer) id="{re.escape(one)}"[^<>]*/>', "", moved)
    return moved


def _source(
    connection: psycopg.Connection[Any], schema: str, result: SavedResult, name: str
) -> str:
    """Source of a layer as QGIS words it: the rows of this study in its table."""
    kind = next((kind for kind, view in VIEWS.items() if view == name), None)
    table = SITES if kind else name
    found = result.descriptions[table]
    rows = f"study = {_literal(result.title)}" + (f" AND kind = {_literal(kind)}" if kind else "")
    info = connection.info
    parts = [
        f"dbname={_quoted(info.dbname)}",
        f"host={_quoted(info.host)}",
        f"port={info.port}",
        "key='fid'",
    ]
    if found.shape:
        parts += [f"srid={result.crs.to_epsg() or 0}", f"type={found.shape}"]
    parts.append("checkPrimaryKeyUnicity='0'")
    geometry = " (geom)" if found.shape else ""
    parts.append(f'table="{_name(schema)}"."{_name(table)}"{geometry}')
    return " ".join([*parts, f"sql={rows}"])


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _name(value: str) -> str:
    return value.replace('"', '""')


def _archive(qgs: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{AUTHOR}.qgs", qgs)
    return buffer.getvalue()
