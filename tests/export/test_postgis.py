"""PostGIS on a real server: tables read back equal, or stay unchanged after a failure."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from pandas.testing import assert_frame_equal
from typer.testing import CliRunner

from foncier.cli import app
from foncier.errors import ConfigError, ExportError
from foncier.export.geopackage.write import write_geopackage
from foncier.export.postgis import write_postgis
from foncier.export.postgis.qgis import project_name
from foncier.i18n import Localized
from foncier.results import SavedResult, read_saved
from foncier.results.descriptions import typed
from foncier.results.layers import ROUTES

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
            assert heads == ["fid", "study", "edition", *names, *["geom"] * bool(layer.shape)]
            assert set(table["study"]) <= {made.title}
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
                "WHERE attrelid = 'foncier.opportunites'::regclass AND attnum > 3"
            ).fetchall()
        )
    assert "USING gist (geom)" in indexes
    assert "(study, opportunity_id)" in indexes
    assert "(opportunity_id)" in indexes
    assert "UNIQUE INDEX opportunites_pkey" in indexes
    assert comments["area_m2"] == made.descriptions["opportunites"].comments["area_m2"]
    assert all(told for name, told in comments.items() if name != "geom")


def ask(base: str, order: str, *values: object) -> list[tuple[Any, ...]]:
    with psycopg.connect(base) as link:
        done = link.execute(order, values or None)
        return done.fetchall() if done.description else []


def count(base: str, schema: str, table: str = "opportunites") -> int:
    return int(ask(base, f"SELECT count(*) FROM {schema}.{table}")[0][0])  # noqa: S608


def test_failure_leaves_the_former_rows(
    base: str, small_result: ResultTables, tmp_path: Path
) -> None:
    write_postgis(delivered(small_result, tmp_path), base, schema="avant")
    ask(base, "ALTER TABLE avant.tests ADD CONSTRAINT vide CHECK (parcel_id IS NULL) NOT VALID")
    fewer = replace(small_result, candidates=small_result.candidates.iloc[:1])
    with pytest.raises(ExportError, match=r"vide.*intactes") as told:
        write_postgis(delivered(fewer, tmp_path), base, schema="avant")
    assert "tres-secret" not in str(told.value)
    assert count(base, "avant") == 3
    ask(base, "ALTER TABLE avant.tests DROP CONSTRAINT vide")
    write_postgis(delivered(fewer, tmp_path), base, schema="avant")
    assert count(base, "avant") == 1


def test_second_export_keeps_what_an_agency_made(
    base: str, small_result: ResultTables, tmp_path: Path
) -> None:
    first, gone = sorted(small_result.candidates["opportunity_id"])[:2]
    write_postgis(delivered(small_result, tmp_path), base, schema="vivant")
    for order in (
        "CREATE ROLE lecteur",
        "GRANT USAGE ON SCHEMA vivant TO lecteur",
        "GRANT SELECT ON ALL TABLES IN SCHEMA vivant TO lecteur",
        "CREATE VIEW vivant.vue AS SELECT opportunity_id, area_m2 FROM vivant.opportunites",
        "ALTER TABLE vivant.opportunites ADD COLUMN avis_agence text",
        "CREATE INDEX sien ON vivant.opportunites (avis_agence)",
    ):
        ask(base, order)
    advise = "UPDATE vivant.opportunites SET avis_agence = %s WHERE opportunity_id = %s"
    ask(base, advise, "à voir", first)
    ask(base, advise, "vendu", gone)
    numbers = dict(ask(base, "SELECT opportunity_id, fid FROM vivant.opportunites"))

    sites = small_result.candidates
    fewer = replace(small_result, candidates=sites[sites["opportunity_id"] != gone])
    write_postgis(delivered(fewer, tmp_path), base, schema="vivant")

    assert dict(ask(base, "SELECT opportunity_id, avis_agence FROM vivant.opportunites")) == {
        id_: "à voir" if id_ == first else None for id_ in numbers if id_ != gone
    }
    assert dict(ask(base, "SELECT opportunity_id, fid FROM vivant.opportunites")) == {
        id_: fid for id_, fid in numbers.items() if id_ != gone
    }
    kept = ask(base, "SELECT layer, row_values->>'avis_agence' FROM vivant.lignes_retirees")
    assert kept == [("opportunites", "vendu")]
    assert ask(base, "SELECT count(*) FROM vivant.vue") == [(2,)]
    assert ask(base, "SELECT 1 FROM pg_indexes WHERE indexname = 'sien'") == [(1,)]
    with psycopg.connect(base) as link:
        link.execute("SET ROLE lecteur")
        assert link.execute("SELECT count(*) FROM vivant.opportunites").fetchone() == (2,)


def test_second_export_keeps_policies_and_stored_views_of_a_renamed_schema(
    base: str, small_result: ResultTables, tmp_path: Path
) -> None:
    """A reader of some rows, a materialised view and a key of the agency, in a quoted schema."""
    write_postgis(delivered(small_result, tmp_path), base, schema="avant")
    site = min(small_result.candidates["opportunity_id"])
    name = 'Été "Sud" d\'ici'

    def sql(order: str) -> str:
        return order.replace("PLACE", '"Été ""Sud"" d\'ici"').replace("SITE", site)

    for order in (
        "ALTER SCHEMA avant RENAME TO PLACE",
        "CREATE ROLE partenaire",
        "GRANT USAGE ON SCHEMA PLACE TO partenaire",
        "GRANT SELECT ON PLACE.opportunites TO partenaire",
        "ALTER TABLE PLACE.opportunites ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY sienne ON PLACE.opportunites FOR SELECT TO partenaire "
        "USING (opportunity_id = 'SITE')",
        "CREATE MATERIALIZED VIEW PLACE.figee AS SELECT fid FROM PLACE.opportunites",
        "CREATE TABLE PLACE.suivi (site integer REFERENCES PLACE.opportunites (fid))",
        "INSERT INTO PLACE.suivi SELECT fid FROM PLACE.opportunites",
    ):
        ask(base, sql(order))
    write_postgis(delivered(small_result, tmp_path), base, schema=name)
    ask(base, sql("REFRESH MATERIALIZED VIEW PLACE.figee"))
    for table in ("opportunites", "figee", "suivi"):
        assert ask(base, sql("SELECT count(*) FROM PLACE.") + table) == [(3,)]
    with psycopg.connect(base) as link:
        link.execute("SET ROLE partenaire")
        seen = link.execute(sql("SELECT opportunity_id FROM PLACE.opportunites")).fetchall()
    assert seen == [(site,)]


def test_two_studies_side_by_side(base: str, small_result: ResultTables, tmp_path: Path) -> None:
    write_postgis(delivered(small_result, tmp_path), base, schema="deux")
    other = replace(small_result, title="L'autre étude", isochrones=None, routes=None)
    write_postgis(delivered(other, tmp_path), base, schema="deux")
    assert dict(ask(base, "SELECT study, count(*)::int FROM deux.opportunites GROUP BY study")) == {
        small_result.title: 3,
        "L'autre étude": 3,
    }
    empty = replace(other, candidates=small_result.candidates.iloc[:0])
    write_postgis(delivered(empty, tmp_path), base, schema="deux")
    assert ask(base, "SELECT DISTINCT study FROM deux.opportunites") == [(small_result.title,)]
    elsewhere = replace(small_result, communes=("63148",))
    with pytest.raises(ExportError, match=r"déjà une étude"):
        write_postgis(delivered(elsewhere, tmp_path), base, schema="deux")


def test_table_that_a_new_edition_lacks_keeps_no_row(
    base: str, small_result: ResultTables, tmp_path: Path
) -> None:
    paths = ROUTES.conform(
        gpd.GeoDataFrame(
            {"opportunity_id": small_result.candidates["opportunity_id"], "target": "loop"},
            geometry=[shapely.LineString([(0, 0), (1, 1)])] * 3,
            crs=small_result.candidates.crs,
        )
    )
    whole = delivered(replace(small_result, routes=paths), tmp_path)
    write_postgis(whole, base, schema="reste")
    assert count(base, "reste", "chemins") == 3
    fewer = delivered(replace(small_result, routes=None), tmp_path)
    write_postgis(fewer, base, schema="reste")
    gone = set(whole.descriptions) - set(fewer.descriptions)
    assert gone == {"chemins"}
    assert {name: count(base, "reste", name) for name in gone} == dict.fromkeys(gone, 0)


def test_existing_schema_asks_for_no_right_on_the_database(
    base: str, small_result: ResultTables, tmp_path: Path
) -> None:
    for order in (
        "CREATE ROLE urbaniste LOGIN",
        "CREATE SCHEMA a_elle AUTHORIZATION urbaniste",
    ):
        ask(base, order)
    limited = base.replace("user=foncier", "user=urbaniste")
    write_postgis(delivered(small_result, tmp_path), limited, schema="a_elle")
    assert count(base, "a_elle") == 3
    with pytest.raises(ExportError, match="droits"):
        write_postgis(delivered(small_result, tmp_path), limited, schema="pas_a_elle")


def test_table_of_another_program_is_refused(
    base: str, small_result: ResultTables, tmp_path: Path
) -> None:
    ask(base, "CREATE SCHEMA pris")
    ask(base, "CREATE TABLE pris.opportunites (fid integer, nom text)")
    with pytest.raises(ExportError, match="pas une table de foncier"):
        write_postgis(delivered(small_result, tmp_path), base, schema="pris")


def test_tables_of_a_former_version_are_taken_over(
    base: str, small_result: ResultTables, tmp_path: Path
) -> None:
    made = delivered(small_result, tmp_path)
    write_postgis(made, base, schema="ancien")
    quoted = made.title.replace("'", "''")
    for name in made.descriptions:
        ask(base, f"ALTER TABLE ancien.{name} DROP COLUMN study, DROP COLUMN edition")
        ask(base, f"ALTER TABLE ancien.{name} ALTER fid DROP IDENTITY")
        ask(base, f"COMMENT ON TABLE ancien.{name} IS 'Titre – {quoted}'")
    ask(base, "DROP TABLE ancien.etudes, ancien.lignes_retirees")
    ask(base, "CREATE VIEW ancien.vue AS SELECT fid FROM ancien.opportunites")
    write_postgis(made, base, schema="ancien")
    assert count(base, "ancien") == count(base, "ancien", "vue") == 3


def test_password_is_not_stored(base: str, small_result: ResultTables, tmp_path: Path) -> None:
    write_postgis(delivered(small_result, tmp_path), base, schema="secret")
    ((content,),) = ask(base, "SELECT content FROM secret.qgis_projects")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        qgs = archive.read("foncier.qgs").decode()
    assert "tres-secret" not in qgs
    assert ".gpkg|" not in qgs
    assert "<datasource>./" not in qgs


def test_project_and_style_saved_in_qgis_are_kept(
    base: str, small_result: ResultTables, tmp_path: Path
) -> None:
    made = delivered(small_result, tmp_path)
    write_postgis(made, base, schema="garde")
    saved = """UPDATE garde.qgis_projects SET metadata = '{"last_modified_user": "moi"}'"""
    ask(base, saved)
    own = "UPDATE public.layer_styles SET owner = 'moi', description = 'le mien' WHERE "
    ask(base, f"{own} f_table_schema = 'garde' AND f_table_name = 'opportunites'")
    write_postgis(made, base, schema="garde")
    names = [name for (name,) in ask(base, "SELECT name FROM garde.qgis_projects ORDER BY 1")]
    assert names[0] == made.title
    assert names[1].startswith(f"{made.title} 20")
    assert ask(
        base,
        "SELECT DISTINCT description FROM public.layer_styles WHERE f_table_schema = 'garde' "
        "AND f_table_name = 'opportunites'",
    ) == [("le mien",)]


def test_project_in_the_base_opens_in_qgis(
    base: str, small_result: ResultTables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = Path("/usr/bin/python3")
    if (
        not python.exists()
        or subprocess.run([python, "-c", "import qgis.core"], check=False).returncode
    ):
        pytest.skip("QGIS is not installed (Debian package python3-qgis)")
    made = delivered(replace(small_result, title="L'étude « x » & co"), tmp_path)
    write_postgis(made, base, schema="pour_qgis")
    write_postgis(delivered(small_result, tmp_path), base, schema="pour_qgis")
    known = psycopg.conninfo.conninfo_to_dict(base)
    address = f"postgresql://?dbname={known['dbname']}&schema=pour_qgis"
    monkeypatch.setenv("PGHOST", known["host"])
    monkeypatch.setenv("PGUSER", known["user"])
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.delenv("PYTHONPATH", raising=False)
    script = Path(__file__).parent / "qgis_postgis_script.py"
    done = subprocess.run(
        [python, script, address, project_name(made.title)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["read"], seen
    assert seen["projects"] == sorted([project_name(made.title), small_result.title])
    assert seen["invalid"] == []
    counted = {layer.name: len(layer.frame) for layer in made.layers()}
    assert {name: seen["rows"][name] for name in counted if name in seen["rows"]} == {
        name: rows for name, rows in counted.items() if name in seen["rows"]
    }
    assert seen["rows"]["opportunites"] == 3
    assert seen["styled"]["opportunites"]


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
