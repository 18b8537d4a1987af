"""A small result as version 0.1.0 wrote it, and the same one under the present names."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from foncier.results.layers import FORMER_COLUMNS, FORMER_LAYERS

EXTRACT = Path(__file__).with_name("result-0.1.0.zip")


@pytest.fixture(scope="session")
def former_result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Result of version 0.1.0; for reading only."""
    folder = tmp_path_factory.mktemp("former")
    with zipfile.ZipFile(EXTRACT) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture(scope="session")
def present_result(former_result: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same result under the present names; for reading only."""
    folder = tmp_path_factory.mktemp("present")
    path = folder / "opportunites.gpkg"
    path.write_bytes((former_result / "opportunites.gpkg").read_bytes())
    with closing(sqlite3.connect(path)) as base:
        rename(base)
        base.commit()
    manifest = json.loads((former_result / "manifest.json").read_text(encoding="utf-8"))
    manifest["deliverables"] = {path.name: hashlib.sha256(path.read_bytes()).hexdigest()}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def rename(base: sqlite3.Connection) -> None:
    """Give layers and columns their present names."""
    base.execute("PRAGMA legacy_alter_table = ON")
    triggers = base.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        base.execute(f'DROP TRIGGER "{name}"')
    for now, former in FORMER_LAYERS.items():
        base.execute(f"ALTER TABLE {former} RENAME TO {now}")
        for table in ("gpkg_contents", "gpkg_ogr_contents", "gpkg_data_columns"):
            query = f"UPDATE {table} SET table_name = ? WHERE table_name = ?"  # noqa: S608
            base.execute(query, (now, former))
    for layer, columns in FORMER_COLUMNS.items():
        for now, former in columns.items():
            base.execute(f"ALTER TABLE {layer} RENAME COLUMN {former} TO {now}")
            base.execute(
                "UPDATE gpkg_data_columns SET column_name = ?, name = ? "
                "WHERE table_name = ? AND column_name = ?",
                (now, now, layer, former),
            )
