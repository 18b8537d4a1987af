"""Metadata of a GeoPackage: aliases, coded values, styles, QGIS project, indexes, fixed dates."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from foncier.export import dictionary, iso
from foncier.export.layers import VIEWS, views
from foncier.export.qgis import entries, forms, project, styles
from foncier.export.qgis.sld import sld
from foncier.results import contents
from foncier.results.labels import FICTIONAL, alias, value_labels
from foncier.results.layers import FORMER_COLUMNS, FORMER_LAYERS, SITES
from foncier.results.tokens import add_token

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping, Sequence

    from foncier.i18n import Lang
    from foncier.model import ResultTables
    from foncier.results.layers import Layer

UNDATED = "2000-01-01"
# Styles as QGIS stores them: table, and one row (layer, geometry column, name, QML, SLD,
# default, …).
LAYER_STYLES = """
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256),
  f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256),
  styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT,
  owner TEXT(30), ui TEXT(30), update_time DATETIME DEFAULT CURRENT_TIMESTAMP);
"""
INSERT_STYLE = (
    "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, "
    "styleName, styleQML, styleSLD, useAsDefault, description, owner, update_time) "
    "VALUES ('', '', ?, ?, ?, ?, ?, ?, ?, '', ?)"
)
# Definitions of OGC 12-128r18 (GeoPackage 1.2.1), annex C, and of QGIS for its projects.
TABLES = """
CREATE TABLE gpkg_data_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT,
  mime_type TEXT, constraint_name TEXT,
  CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name),
  CONSTRAINT fk_gdc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
  CONSTRAINT gdc_tn UNIQUE (table_name, name));
CREATE TABLE gpkg_data_column_constraints (
  constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, value TEXT, min NUMERIC,
  min_is_inclusive BOOLEAN, max NUMERIC, max_is_inclusive BOOLEAN, description TEXT,
  CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value));
CREATE TABLE gpkg_metadata (
  id INTEGER CONSTRAINT m_pk PRIMARY KEY ASC NOT NULL, md_scope TEXT NOT NULL DEFAULT 'dataset',
  md_standard_uri TEXT NOT NULL, mime_type TEXT NOT NULL DEFAULT 'text/xml',
  metadata TEXT NOT NULL DEFAULT '');
CREATE TABLE gpkg_metadata_reference (
  reference_scope TEXT NOT NULL, table_name TEXT, column_name TEXT, row_id_value INTEGER,
  timestamp DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  md_file_id INTEGER NOT NULL, md_parent_id INTEGER,
  CONSTRAINT crmr_mfi_fk FOREIGN KEY (md_file_id) REFERENCES gpkg_metadata(id),
  CONSTRAINT crmr_mpi_fk FOREIGN KEY (md_parent_id) REFERENCES gpkg_metadata(id));
CREATE TABLE qgis_projects (name TEXT PRIMARY KEY, metadata BLOB, content BLOB);
"""
ISO, JSON = "http://www.isotc211.org/2005/gmd", "https://www.rfc-editor.org/rfc/rfc8259"
EXTENSIONS = [
    ("gpkg_data_columns", "gpkg_schema", "schema"),
    ("gpkg_data_column_constraints", "gpkg_schema", "schema"),
    ("gpkg_metadata", "gpkg_metadata", "metadata"),
    ("gpkg_metadata_reference", "gpkg_metadata", "metadata"),
]


def write_metadata(
    base: sqlite3.Connection,
    result: ResultTables,
    made: tuple[Layer, ...],
    *,
    file: str,
    lang: Lang,
    with_entries: bool = False,
) -> None:
    """Add aliases, styles, views, metadata, indexes and the QGIS project; fix the dates.

    Parameters
    ----------
    base
        Connection in autocommit mode.
    result, made
        The result, and the layers that were written.
    file
        Final name of the GeoPackage: the QGIS project inside refers to it.
    lang
        Language of the words, ``fr`` or ``en``.
    with_entries
        The project shows the layers of ``saisies.gpkg`` too.
    """
    day = f"{result.edition or UNDATED}T00:00:00.000Z"
    base.executescript(TABLES + LAYER_STYLES)
    base.execute("BEGIN")
    by_kind = views(made)
    add_views(base, by_kind)
    add_former_views(base)
    every = (*made, *by_kind)
    _extensions(base)
    _aliases(base, every, lang)
    rules = project.rules_of(result)
    by_layer = {layer.name: styles.styles(layer, rules=rules, lang=lang) for layer in every}
    _styles(base, every, by_layer, lang=lang, day=day)
    _metadata(base, result, lang, day)
    _contents(base, result, every, lang, day)
    named = {layer.name: layer for layer in every}
    beside = entries.entry_layers(result.candidates.crs) if with_entries else {}
    by_layer |= {name: (styles.entry_style(layer, lang),) for name, layer in beside.items()}
    context = project.ProjectContext(result, named | beside, by_layer, file, lang)
    add_token(base, context.token)
    base.execute("INSERT INTO qgis_projects VALUES (?, ?, ?)", project.project(context))
    _record(base, day)
    for layer, column in sorted(forms.indexed(named)):
        base.execute(f'CREATE INDEX "idx_{layer}_{column}" ON "{layer}" ("{column}")')
    base.execute("COMMIT")


def _extensions(base: sqlite3.Connection) -> None:
    base.executemany(
        "INSERT INTO gpkg_extensions VALUES (?, NULL, ?, ?, 'read-write')",
        [
            (table, name, f"http://www.geopackage.org/spec121/#extension_{page}")
            for table, name, page in EXTENSIONS
        ],
    )


def _aliases(base: sqlite3.Connection, made: tuple[Layer, ...], lang: Lang) -> None:
    coded: dict[str, dict[str, str]] = {}
    for layer in made:
        labels = [alias(column, lang) for column in layer.columns]
        for column, label in zip(layer.columns, labels, strict=True):
            values = value_labels(column, lang)
            constraint = f"{layer.name}_{column.name}".lower() if values else None
            if constraint:
                coded[constraint] = values
            # GDAL shows "name" as the alias of a column; the format wants it unique in its table.
            name = label if labels.count(label) == 1 else column.name
            base.execute(
                "INSERT INTO gpkg_data_columns VALUES (?, ?, ?, ?, ?, NULL, ?)",
                (
                    layer.name,
                    column.name,
                    name,
                    label,
                    dictionary.comment(column, lang),
                    constraint,
                ),
            )
    base.executemany(
        "INSERT INTO gpkg_data_column_constraints VALUES (?, 'enum', ?, NULL, NULL, NULL, NULL, ?)",
        [(name, value, text) for name, values in coded.items() for value, text in values.items()],
    )


def _styles(
    base: sqlite3.Connection,
    made: tuple[Layer, ...],
    by_layer: Mapping[str, tuple[styles.Style, ...]],
    *,
    lang: Lang,
    day: str,
) -> None:
    """Styles of every layer; the first of each is its default."""
    base.executemany(
        INSERT_STYLE,
        [
            (
                layer.name,
                "geom" if layer.shape else "",
                style.name,
                style.qml,
                sld(layer.name, style.name, style.content) if layer.shape else "",
                int(position == 0),
                f"{layer.title[lang]} – {style.name}",
                day,
            )
            for layer in made
            for position, style in enumerate(by_layer[layer.name])
        ],
    )


def _facts(result: ResultTables, lang: Lang) -> dict[str, Any]:
    """Facts about the result, which `foncier.results` reads."""
    return {
        "title": result.title,
        "lang": lang,
        "fictional": result.demo,
        "communes": result.communes,
        "edition": result.edition.isoformat() if result.edition else None,
        "profile": {"name": result.profile.name, "source": result.profile.source},
        "rules": [
            {
                "kind": kind,
                "rule": rule.name,
                "label": rule.label[lang],
                "unit": rule.unit,
                "threshold": rule.threshold,
                "source": rule.source,
            }
            for kind, rules in result.profile.rules.items()
            for rule in rules
        ],
        "sources": [
            {
                "layer": r.layer,
                "source": r.source,
                "licence": r.licence,
                "vintage": r.vintage.isoformat() if r.vintage else None,
                "sha256": r.sha256,
            }
            for r in result.reports
        ],
        "missing": [{"what": m.what, "cost": m.cost[lang]} for m in result.missing],
        "credits": result.credits,
    }


def _metadata(base: sqlite3.Connection, result: ResultTables, lang: Lang, day: str) -> None:
    text = json.dumps(_facts(result, lang), ensure_ascii=False, indent=1, sort_keys=True)
    base.executemany(
        "INSERT INTO gpkg_metadata VALUES (?, 'dataset', ?, ?, ?)",
        [
            (1, JSON, "application/json", text),
            (2, ISO, "text/xml", iso.metadata(result, lang=lang)),
        ],
    )
    base.executemany(
        "INSERT INTO gpkg_metadata_reference VALUES ('geopackage', NULL, NULL, NULL, ?, ?, NULL)",
        [(day, 1), (day, 2)],
    )


def _record(base: sqlite3.Connection, day: str) -> None:
    """Keep what the tables contain, so that later edits are seen."""
    added = base.execute(
        "INSERT INTO gpkg_metadata (md_scope, md_standard_uri, mime_type, metadata) "
        "VALUES ('dataset', ?, 'application/json', ?)",
        (contents.STANDARD, contents.record(base)),
    )
    base.execute(
        "INSERT INTO gpkg_metadata_reference VALUES ('geopackage', NULL, NULL, NULL, ?, ?, NULL)",
        (day, added.lastrowid),
    )


def _contents(
    base: sqlite3.Connection, result: ResultTables, made: tuple[Layer, ...], lang: Lang, day: str
) -> None:
    base.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description) "
        "VALUES ('layer_styles', 'attributes', 'layer_styles', 'QGIS')"
    )
    base.executemany(
        "UPDATE gpkg_contents SET identifier = ?, description = ? WHERE table_name = ?",
        list(_titles(result, made, lang)),
    )
    base.execute("UPDATE gpkg_contents SET last_change = ?", (day,))


def _titles(
    result: ResultTables, made: tuple[Layer, ...], lang: Lang
) -> Iterator[tuple[str, str, str]]:
    fictional = f"{FICTIONAL[lang]} – " if result.demo else ""
    for layer in made:
        title = f"{fictional}{layer.title[lang]}"
        yield title, f"{title} – {result.title}", layer.name


def add_views(base: sqlite3.Connection, made: Sequence[Layer]) -> None:
    """Create the views and list them in the tables of contents of the format.

    Parameters
    ----------
    base
        A GeoPackage with the layer ``opportunites``.
    made
        The views, from `foncier.export.layers.views`.
    """
    kinds = {name: kind for kind, name in VIEWS.items()}
    for view in made:
        columns = ", ".join(
            f'"{column.name.replace(chr(34), chr(34) * 2)}"' for column in view.columns
        )
        # GDAL takes the column OGC_FID of a view as its row id.
        base.execute(
            f'CREATE VIEW "{view.name}" AS SELECT "fid" AS OGC_FID, "geom", {columns} '  # noqa: S608  # nosec B608
            f'FROM "{SITES}" WHERE "kind" = \'{kinds[view.name]}\''
        )
        bounds = view.frame.total_bounds.tolist() if len(view.frame) else [None] * 4
        base.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, min_x, min_y, max_x, "
            "max_y, srs_id) SELECT ?, 'features', ?, ?, ?, ?, ?, srs_id FROM gpkg_contents "
            "WHERE table_name = ?",
            (view.name, view.name, *bounds, SITES),
        )
        base.execute(
            "INSERT INTO gpkg_geometry_columns SELECT ?, column_name, geometry_type_name, srs_id, "
            "z, m FROM gpkg_geometry_columns WHERE table_name = ?",
            (view.name, SITES),
        )


def add_former_views(base: sqlite3.Connection) -> None:
    """Give the layers of version 0.1.0 their former names, as views, for one release."""
    for table, view in FORMER_LAYERS.items():
        former = FORMER_COLUMNS.get(table, {})
        names = [
            name
            for (name,) in base.execute("SELECT name FROM pragma_table_info(?)", (table,))
            if name != "fid"
        ]
        if not names:
            continue
        columns = ", ".join(
            f'"{name}" AS "{former[name]}"' if name in former else f'"{name}"' for name in names
        )
        base.execute(
            f'CREATE VIEW "{view}" AS SELECT "fid" AS OGC_FID, {columns} FROM "{table}"'  # noqa: S608  # nosec B608
        )
        base.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) "
            "SELECT ?, data_type, ?, srs_id FROM gpkg_contents WHERE table_name = ?",
            (view, view, table),
        )
