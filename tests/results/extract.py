"""Cut a small extract out of a result folder of version 0.1.0, by SQL, for the tests.

Usage: python extract.py RESULT OUT.zip

``result-0.1.0.zip`` beside this script is the extract of the demonstration by version 0.1.0
(``foncier run --out RESULT``): later versions no longer write these names.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import sys
import tempfile
import zipfile
from contextlib import closing
from pathlib import Path

GEOPACKAGE, MANIFEST = "opportunites.gpkg", "manifest.json"
REJECTED = 5  # parcels, besides one site of each kind
ROWS = 12  # of a layer that names neither site nor parcel
WHOLE = ("criteres", "couches", "manques", "etapes", "axe", "boucle")
UNUSED = ("layer_styles", "qgis_projects", "gpkg_metadata_reference")


def cut(base: sqlite3.Connection) -> None:
    """Delete all but a few sites and what belongs to them."""
    base.execute(
        "CREATE TEMP TABLE kept AS SELECT opportunity_id AS id, parcel_ids, min(rank) "
        "FROM opportunites GROUP BY kind"
    )
    held = [
        parcel
        for (ids,) in base.execute("SELECT parcel_ids FROM kept WHERE parcel_ids IS NOT NULL")
        for parcel in ids.split("|")
    ]
    first = "SELECT parcel_id FROM parcelles_ecartees ORDER BY parcel_id LIMIT ?"
    held += [parcel for (parcel,) in base.execute(first, (REJECTED,))]
    base.execute("CREATE TEMP TABLE parcels (id TEXT)")
    base.executemany("INSERT INTO parcels VALUES (?)", [(parcel,) for parcel in held])
    tables = base.execute(
        "SELECT c.table_name FROM gpkg_contents c JOIN sqlite_master m "
        "ON m.name = c.table_name AND m.type = 'table' WHERE c.table_name NOT LIKE 'layer_styles'"
    ).fetchall()
    for (table,) in tables:
        columns = {row[1] for row in base.execute("SELECT * FROM pragma_table_info(?)", (table,))}
        if table in WHOLE:
            continue
        if "opportunity_id" in columns:
            rest = "opportunity_id NOT IN (SELECT id FROM kept)"
        elif "parcel_id" in columns:
            rest = "parcel_id NOT IN (SELECT id FROM parcels)"
        else:
            rest = f"fid NOT IN (SELECT fid FROM {table} ORDER BY fid LIMIT {ROWS})"  # noqa: S608
        base.execute(f"DELETE FROM {table} WHERE {rest}")  # noqa: S608
    for table in UNUSED:
        base.execute(f"DELETE FROM {table}")  # noqa: S608


def extract(result: Path, out: Path) -> None:
    """Write the extract, a GeoPackage and its manifest, as an archive."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / GEOPACKAGE
        shutil.copyfile(result / GEOPACKAGE, path)
        with closing(sqlite3.connect(path)) as base:
            cut(base)
            base.commit()
            base.execute("VACUUM")
        cut_file = path.read_bytes()
    manifest = json.loads((result / MANIFEST).read_text(encoding="utf-8"))
    manifest["deliverables"] = {GEOPACKAGE: hashlib.sha256(cut_file).hexdigest()}
    text = json.dumps(manifest, ensure_ascii=False, sort_keys=True, indent=2) + "\n"
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in ((GEOPACKAGE, cut_file), (MANIFEST, text.encode())):
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED, 9)


if __name__ == "__main__":
    extract(Path(sys.argv[1]), Path(sys.argv[2]))
