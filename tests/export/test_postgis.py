"""PostGIS on a real server: tables read back equal, or stay unchanged after a failure."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
import shapely
from pandas.testing import assert_frame_equal
from typer.testing import CliRunner

from foncier.cli import app
from foncier.errors import ConfigError, ExportError
from foncier.export.geopackage.write import write_geopackage
from foncier.export.postgis import write_postgis
from foncier.i18n import Localized
from foncier.results import SavedResult, read_saved
from foncier.results.descriptions import typed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from foncier.model import ResultTables

psycopg = pytest.importorskip("psycopg")
pytestmark = pytest.mark.postgis
NOBODY = 65534


def programs() -> Path:
    """Folder of initdb and pg_ctl, the newest where there are several."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    if not found and not on_path:
        pytest.skip("PostgreSQL is not installed (Debian package postgresql)")
    return found[-1].parent if found else Path(str(on_path)).parent


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Address of a server of this test's own, on a socket; it may not run as root."""
    bin_ = programs()
    with tempfile.TemporaryDirectory(prefix="foncier-pg-") as place:
        root = os.geteuid() == 0
        if root:
            os.chown(place, NOBODY, NOBODY)
        options: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        quiet: dict[str, Any] = {
            "stdout": subprocess.DEVNULL,
            "timeout": 60,
            "cwd": place,
            **(options if root else {}),
        }
        data = f"{place}/data"
        subprocess.run(
            [bin_ / "initdb", "-D", data, "-U", "foncier", "-A", "trust", "--no-sync"],
            check=True,
            **quiet,
        )
        flags = f"-k {place} -c listen_addresses='' -c fsync=off"
        subprocess.run(
            [bin_ / "pg_ctl", "-D", data, "-w", "-o", flags, "-l", f"{place}/log", "start"],
            check=True,
            **quiet,
        )
        try:
            yield f"host={place} user=foncier"
        finally:
            subprocess.run(
                [bin_ / "pg_ctl", "-D", data, "-m", "immediate", "stop"], check=True, **quiet
            )


@pytest.fixture(scope="module")
def base(server: str) -> str:
    url = f"{server} dbname=postgres password=tres-secret"
    with psycopg.connect(url, autocommit=True) as link:
        try:
            link.execute("CREATE EXTENSION postgis")
        except psycopg.Error as reason:
            pytest.skip(
                f"PostGIS is not installed (Debian package postgresql-15-postgis-3): {reason}"
            )
    return url


def delivered(result: ResultTables, folder: Path) -> SavedResult:
    write_geopackage(result, folder / "opportunites.gpkg")
    return read_saved(folder)


def test_tables_read_back_equal(base: str, small_result: ResultTables, tmp_path: Path) -> None:
    destinations = {
        **small_result.destinations,
        "order": Localized("<é>", "x"),
        'a"b': Localized("{}", "y"),
    }
    made = delivered(replace(small_result, destinations=destinations), tmp_path)
    assert write_postgis(made, base, schema='l"essai') == tuple(made.descriptions)
    with psycopg.connect(base) as link:
        for layer in made.layers():
            names = [column.name for column in layer.columns]
            order = f"""SELECT * FROM "l""essai"."{layer.name}" ORDER BY fid"""  # noqa: S608
            rows = link.execute(order)
            heads = [described.name for described in rows.description]
            table = pd.DataFrame(rows.fetchall(), columns=heads)
            assert heads == ["fid", *names, *["geom"] * bool(layer.shape)]
            assert_frame_equal(typed(table, layer.columns)[names], pd.DataFrame(layer.frame)[names])
            if layer.shape:
                shapes = shapely.from_wkb(table["geom"].tolist())
                assert shapely.equals_exact(shapes, layer.frame.geometry.array, 0).all()
                assert (shapely.get_srid(shapes) == 2154).all()


def test_keys_indexes_and_comments(base: str, small_result: ResultTables, tmp_path: Path) -> None:
    made = delivered(small_result, tmp_path)
    write_postgis(made, base)
    with psycopg.connect(base) as link:
        indexes = " ".join(
            row[0]
            for row in link.execute(
                "SELECT indexdef FROM pg_indexes WHERE schemaname = 'foncier' "
                "AND tablename = 'opportunites'"
            )
        )
        comments = dict(
            link.execute(
                "SELECT attname, col_description(attrelid, attnum) FROM pg_attribute "
                "WHERE attrelid = 'foncier.opportunites'::regclass AND attnum > 1"
            ).fetchall()
        )
    assert "USING gist (geom)" in indexes
    assert "UNIQUE INDEX opportunites_opportunity_id_idx" in indexes
    assert "UNIQUE INDEX opportunites_pkey" in indexes
    assert comments["area_m2"] == made.descriptions["opportunites"].comments["area_m2"]
    assert all(told for name, told in comments.items() if name != "geom")


def count(base: str, schema: str) -> int:
    with psycopg.connect(base) as link:
        order = f"SELECT count(*) FROM {schema}.opportunites"  # noqa: S608
        (rows,) = link.execute(order).fetchone()
    return int(rows)


def test_failure_leaves_the_former_tables(
    base: str, small_result: ResultTables, tmp_path: Path
) -> None:
    made = delivered(small_result, tmp_path)
    write_postgis(made, base, schema="avant")
    with psycopg.connect(base) as link:
        link.execute("CREATE VIEW avant.mienne AS SELECT parcel_id FROM avant.tests")
    fewer = replace(small_result, candidates=small_result.candidates.iloc[:1])
    with pytest.raises(ExportError, match=r"tests.*intactes") as told:
        write_postgis(delivered(fewer, tmp_path), base, schema="avant")
    assert "tres-secret" not in str(told.value)
    assert count(base, "avant") == 3
    with psycopg.connect(base) as link:
        link.execute("DROP VIEW avant.mienne")
    write_postgis(delivered(fewer, tmp_path), base, schema="avant")
    assert count(base, "avant") == 1


def test_database_without_postgis_is_an_error(
    server: str, small_result: ResultTables, tmp_path: Path
) -> None:
    made = delivered(small_result, tmp_path)
    with pytest.raises(ExportError, match="CREATE EXTENSION postgis"):
        write_postgis(made, f"{server} dbname=template1")


URLS = {
    "postgresql://moi:tres-secret@127.0.0.1:1/base": ExportError,
    "host=/nulle/part user=moi password=tres-secret": ExportError,
    "postgresql://moi:tres-secret@[nulle/part": ConfigError,
    "tres-secret sans sens": ConfigError,
}


def test_password_is_never_shown(small_result: ResultTables, tmp_path: Path) -> None:
    delivered(small_result, tmp_path)
    for url, kind in URLS.items():
        done = CliRunner().invoke(app, ["export", str(tmp_path), "--postgis", url])
        assert done.exit_code == kind.exit_code, url
        assert "postgis" in done.output.lower()
        assert "tres-secret" not in done.output


def test_schema_without_a_name_is_an_error(small_result: ResultTables, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="schema"):
        write_postgis(delivered(small_result, tmp_path), "dbname=x", schema="")
