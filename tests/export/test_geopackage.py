"""GeoPackage: tables read back equal, the file is valid and reproducible."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pyogrio
import pyproj
import pytest
import shapely
from pandas.testing import assert_frame_equal

from foncier import schemas
from foncier.errors import ExportError
from foncier.export import layers, tables
from foncier.export.geopackage.write import write_geopackage
from foncier.i18n import LANGUAGES, Localized
from foncier.model import Background, Criterion
from foncier.results.descriptions import typed
from foncier.results.labels import value_labels
from foncier.results.layers import FORMER_LAYERS

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

    from foncier.i18n import Lang
    from foncier.model import ResultTables
    from foncier.schemas import Table

GEOMETRY = {
    "opportunites": "MultiPolygon",
    "parcelles_ecartees": "MultiPolygon",
    "batiments": "MultiPolygon",
    "acces": "Point",
    "boucle": "MultiLineString",
    "axe": "MultiLineString",
    "etapes": "Point",
    "lieux": "Point",
    "indices": None,
    "tests": None,
    "acces_detail": None,
    "criteres": None,
    "couches": None,
    "manques": None,
    "voies": "MultiLineString",
    "contraintes": "MultiPolygon",
    "parcelles_retenues": None,
    "scores_par_critere": None,
}
VIEWS = {name: kind for kind, name in layers.VIEWS.items()}
# Names of version 0.1.0, as views, for one release.
FORMER = dict.fromkeys(FORMER_LAYERS.values())
SEEN = GEOMETRY | dict.fromkeys(VIEWS, "MultiPolygon") | FORMER


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "opportunites.gpkg"


def emptied(result: ResultTables) -> ResultTables:
    crs = result.candidates.crs
    back = Background(
        schemas.STREETS.empty(crs),
        schemas.BUILDINGS.empty(crs),
        schemas.CONSTRAINTS.empty(crs),
        schemas.PLACES.empty(crs),
    )
    return replace(
        result,
        candidates=schemas.CANDIDATES.empty(crs),
        evidence=schemas.EVIDENCE.empty(),
        tests=schemas.TESTS.empty(),
        rejections=schemas.REJECTIONS.empty(crs),
        access_points=schemas.ACCESS_POINTS.empty(crs),
        access=schemas.ACCESS.empty(),
        scores=schemas.SCORES.empty(),
        lines=schemas.LINES.empty(crs),
        stops=result.stops.iloc[:0],
        background=back,
        reports=(),
        missing=(),
        criteria=(),
    )


def read(path: Path, layer: str) -> Any:
    return pyogrio.read_dataframe(path, layer=layer)


def test_layers_and_their_geometry(small_result: ResultTables, path: Path) -> None:
    write_geopackage(small_result, path)
    found = {str(name): shape for name, shape in pyogrio.list_layers(path)}
    assert found.pop("layer_styles") is None
    assert found == SEEN
    for name, shape in SEEN.items():
        crs = pyogrio.read_info(path, layer=name)["crs"]
        assert crs == ("EPSG:2154" if shape else None), name


@pytest.mark.parametrize(
    ("layer", "contract", "keys"),
    [
        ("parcelles_ecartees", schemas.REJECTIONS, ["parcel_id"]),
        ("indices", schemas.EVIDENCE, ["opportunity_id"]),
        ("tests", schemas.TESTS, ["parcel_id", "kind", "step"]),
        ("acces_detail", schemas.ACCESS, ["opportunity_id", "target"]),
    ],
)
def test_round_trip_values_types_and_missing(
    small_result: ResultTables, path: Path, layer: str, contract: Table, keys: list[str]
) -> None:
    write_geopackage(small_result, path)
    table = contract.name
    back = contract.conform(read(path, layer))
    asked = getattr(small_result, table).sort_values(keys).reset_index(drop=True)
    assert_frame_equal(
        pd.DataFrame(back)[contract.names[: len(contract.columns)]],
        pd.DataFrame(asked)[contract.names[: len(contract.columns)]],
    )
    if contract.geometry:
        assert shapely.equals(back.geometry.array, asked.geometry.array).all()
        assert back.crs == small_result.candidates.crs


def test_opportunities_are_the_table_of_opportunities(
    small_result: ResultTables, path: Path
) -> None:
    write_geopackage(small_result, path)
    # A text column without a value comes back without a type: the contract gives it one.
    back = typed(read(path, "opportunites"), tables.columns(small_result))
    asked = tables.opportunities(small_result)
    assert list(back.columns) == list(asked.columns)
    back = back.astype({"pareto": "boolean"})  # nothing known: GDAL does not say of what kind
    assert_frame_equal(
        pd.DataFrame(back.drop(columns="geometry")), pd.DataFrame(asked.drop(columns="geometry"))
    )
    assert back["overall_rank"].tolist()[:2] == [1, 2]
    assert np.isnan(back["overall_rank"].iloc[2])
    assert back.loc[1, ["loop_min", "loop_m", "criterion_loop"]].isna().all()
    assert back["station_min"].tolist()[:2] == [6.0, 12.0]
    assert (back["donnees"] == "FICTIVES").all()


def test_dates_and_booleans_have_their_type_and_unknown_is_null(
    small_result: ResultTables, path: Path
) -> None:
    write_geopackage(small_result, path)
    with closing(sqlite3.connect(path)) as base:
        assert base.execute(
            "SELECT observed_on, weight FROM indices ORDER BY opportunity_id"
        ).fetchall() == [(None, 2.0), (None, None), ("2023-08-17", 1.5)]
        assert base.execute("SELECT DISTINCT typeof(passed) FROM tests").fetchall() == [
            ("integer",)
        ]
        columns = dict(r[1:3] for r in base.execute("PRAGMA table_info(indices)"))
        assert columns["observed_on"] == "DATE"
        columns = dict(r[1:3] for r in base.execute("PRAGMA table_info(tests)"))
        assert (columns["passed"], columns["step"]) == ("BOOLEAN", "INTEGER")


def test_real_data_have_no_fictional_notice(small_result: ResultTables, path: Path) -> None:
    write_geopackage(replace(small_result, demo=False), path)
    assert "donnees" not in read(path, "opportunites")
    with closing(sqlite3.connect(path)) as base:
        rows = base.execute("SELECT identifier || description FROM gpkg_contents").fetchall()
        assert not [row for row in rows if "FICTIVES" in row[0]]


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_same_bytes_twice_and_in_any_row_order(
    small_result: ResultTables, tmp_path: Path, lang: Lang
) -> None:
    # The project inside refers to the name of the file, so the three bear the same.
    paths = [tmp_path / name / "opportunites.gpkg" for name in ("a", "b", "c")]
    turned = replace(
        small_result,
        **{
            name: getattr(small_result, name).iloc[::-1].reset_index(drop=True)
            for name in ("candidates", "tests", "rejections", "access", "access_points", "scores")
        },
    )
    for result, path in zip((small_result, small_result, turned), paths, strict=True):
        path.parent.mkdir()
        write_geopackage(result, path, lang=lang)
    first, again, shuffled = (path.read_bytes() for path in paths)
    assert first == again
    assert first == shuffled
    assert [p.name for p in paths[0].parent.iterdir()] == ["opportunites.gpkg"]


def test_inputs_are_never_changed(small_result: ResultTables, path: Path) -> None:
    before = [small_result.candidates.copy(), small_result.tests.copy(), small_result.stops.copy()]
    write_geopackage(small_result, path)
    for old, new in zip(
        before, (small_result.candidates, small_result.tests, small_result.stops), strict=True
    ):
        assert_frame_equal(pd.DataFrame(old), pd.DataFrame(new))


@pytest.mark.parametrize("emptiness", ["all", "no candidate"])
def test_empty_result_is_a_valid_file(
    small_result: ResultTables, path: Path, emptiness: str
) -> None:
    result = emptied(small_result)
    if emptiness == "no candidate":
        result = replace(
            small_result,
            candidates=result.candidates,
            scores=result.scores,
            access=result.access,
            access_points=result.access_points,
            evidence=result.evidence,
        )
    write_geopackage(result, path)
    back = read(path, "opportunites")
    assert len(back) == 0
    assert {"kind", "station_min", "donnees"} < set(back.columns)
    assert pyogrio.read_info(path, layer="opportunites")["crs"] == "EPSG:2154"
    assert_sound(path)


def assert_sound(path: Path) -> None:
    with closing(sqlite3.connect(path)) as base:
        assert base.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert base.execute("PRAGMA foreign_key_check").fetchall() == []
        assert base.execute("PRAGMA application_id").fetchone() == (int.from_bytes(b"GPKG"),)
        assert base.execute("PRAGMA user_version").fetchone() == (10200,)
        listed = {r[0] for r in base.execute("SELECT table_name FROM gpkg_contents")}
        assert listed == {*SEEN, "layer_styles"}
        indexed = base.execute(
            "SELECT count(*) FROM gpkg_extensions WHERE extension_name = 'gpkg_rtree_index'"
        ).fetchone()
        assert indexed == (sum(shape is not None for shape in GEOMETRY.values()),)
        days = {r[0] for r in base.execute("SELECT last_change FROM gpkg_contents")}
        assert days == {"2026-11-01T00:00:00.000Z"}


def test_sqlite_and_gdal_report_no_error(small_result: ResultTables, path: Path) -> None:
    write_geopackage(small_result, path)
    assert_sound(path)
    validator = ["/usr/bin/python3", "-m", "osgeo_utils.samples.validate_gpkg", str(path)]
    try:
        done = subprocess.run(validator, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("no system Python with GDAL's validator (Debian python3-gdal)")
    if "No module named" in done.stderr:
        pytest.skip("GDAL's validator is not there (Debian python3-gdal)")
    assert (done.returncode, done.stdout.strip(), done.stderr.strip()) == (0, "", "")


HOSTILE = [
    "=cmd|' /C calc'!A0",
    "Robert'); DROP TABLE opportunites;--",
    '<script>"&amp;</script>',
    "l’Hôtel-Dieu « été » 🏚",
    "a\nb\tc",
    "NUL\x00après",
    "]]>",
    "x" * 5000,
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_read_back_equal(small_result: ResultTables, path: Path, text: str) -> None:
    candidates = small_result.candidates.assign(name=text)
    write_geopackage(replace(small_result, candidates=candidates, title=text), path)
    assert (read(path, "opportunites")["name"] == text.replace("\x00", "")).all()
    assert len(read(path, "indices")) == 3


def test_names_that_sql_reserves_are_plain_columns(small_result: ResultTables, path: Path) -> None:
    names = ("select", 'a"b', "order")
    destinations = {name: Localized(f"<{name}>", name) for name in names}
    criteria = tuple(
        Criterion(name, "m", Localized(name, name), "", 1, 0, 1, "")
        for name in ("group", "confidence")
    )
    write_geopackage(replace(small_result, destinations=destinations, criteria=criteria), path)
    back = read(path, "opportunites")
    assert {f"{name}_min" for name in names} < set(back.columns)
    assert back["confidence"].tolist()[0] == pytest.approx(0.82)
    assert back["criterion_confidence"].isna().all()
    with closing(sqlite3.connect(path)) as base:
        for (qml,) in base.execute("SELECT styleQML FROM layer_styles"):
            ET.fromstring(qml)  # noqa: S314 (we wrote it)


def test_two_columns_of_the_same_name_are_an_error(small_result: ResultTables, path: Path) -> None:
    destinations = {"Gare": Localized("a", "a"), "gare": Localized("b", "b")}
    with pytest.raises(ExportError, match=r"gare_min.*Renommez"):
        write_geopackage(replace(small_result, destinations=destinations), path)


def test_file_has_aliases_and_coded_values(small_result: ResultTables, path: Path) -> None:
    write_geopackage(small_result, path)
    with closing(sqlite3.connect(path)) as base:
        title, enum = base.execute(
            "SELECT title, constraint_name FROM gpkg_data_columns "
            "WHERE table_name = 'opportunites' AND column_name = 'kind'"
        ).fetchone()
        assert title == "Nature"
        values = dict(
            base.execute(
                "SELECT value, description FROM gpkg_data_column_constraints "
                "WHERE constraint_name = ?",
                (enum,),
            ).fetchall()
        )
        assert values["dent_creuse"] == "Dent creuse"
        described = {
            tuple(r) for r in base.execute("SELECT table_name, column_name FROM gpkg_data_columns")
        }
        (metadata,), (iso,) = base.execute("SELECT metadata FROM gpkg_metadata WHERE id < 3")
    made = layers.layers(small_result)
    asked = {(one.name, c.name) for one in (*made, *layers.views(made)) for c in one.columns}
    assert described == asked
    assert '"fictional": true' in metadata
    assert "Licence Ouverte 2.0" in metadata
    record = ET.fromstring(iso)  # noqa: S314 (we wrote it)
    said = " ".join(text for text in record.itertext() if text.strip())
    for asked_for in (
        "Étude d'essai",
        "2026-11-01",
        "EPSG:2154",
        "Licence Ouverte 2.0",
        "Cartofriches",
        "area = 400 m²",
        "zonage absent",
    ):
        assert asked_for in said, asked_for


def test_view_has_the_rows_of_its_kind(small_result: ResultTables, path: Path) -> None:
    write_geopackage(small_result, path)
    whole = read(path, "opportunites")
    for name, kind in VIEWS.items():
        # Some versions of GDAL show the row id of a view as a column.
        seen = read(path, name).drop(columns="OGC_FID", errors="ignore")
        assert list(seen.columns) == list(whole.columns)
        assert seen["opportunity_id"].tolist() == (
            whole.loc[whole["kind"] == kind, "opportunity_id"].tolist()
        )


def test_keys_of_the_relations(small_result: ResultTables, path: Path) -> None:
    write_geopackage(small_result, path)
    held = read(path, "parcelles_retenues")
    assert held.groupby("opportunity_id").size().to_dict() == {
        "DC-80021000AB0003": 1,
        "FR-80021_1": 2,
    }
    notes = read(path, "scores_par_critere").set_index(["opportunity_id", "criterion"])
    assert len(notes) == len(small_result.scores) * len(small_result.criteria)
    assert notes.loc[("FR-80021_1", "station"), "criterion_score"] == pytest.approx(0.9)
    assert notes["weight"].to_dict()[("FR-80021_1", "loop")] == pytest.approx(0.4)


CONFORMANCE = {
    "every geometry column is that of a listed layer": (
        "SELECT table_name FROM gpkg_geometry_columns EXCEPT SELECT table_name FROM "
        "gpkg_contents WHERE data_type = 'features'"
    ),
    "every layer of features has one geometry column": (
        "SELECT table_name FROM gpkg_contents WHERE data_type = 'features' EXCEPT SELECT "
        "table_name FROM gpkg_geometry_columns"
    ),
    "every reference system is described": (
        "SELECT srs_id FROM gpkg_geometry_columns EXCEPT SELECT srs_id FROM gpkg_spatial_ref_sys"
    ),
    "every listed layer exists": (
        "SELECT table_name FROM gpkg_contents EXCEPT SELECT name FROM sqlite_master"
    ),
    "every described column exists": (
        "SELECT d.table_name || '.' || d.column_name FROM gpkg_data_columns d WHERE "
        "d.column_name NOT IN (SELECT name FROM pragma_table_info(d.table_name))"
    ),
    "every extension bears on a table that is there": (
        "SELECT table_name FROM gpkg_extensions WHERE table_name IS NOT NULL EXCEPT "
        "SELECT name FROM sqlite_master"
    ),
    "every list of values is used, and the reverse": (
        "SELECT constraint_name FROM gpkg_data_columns WHERE constraint_name IS NOT NULL "
        "EXCEPT SELECT constraint_name FROM gpkg_data_column_constraints"
    ),
    "one default style a layer": (
        "SELECT f_table_name FROM layer_styles GROUP BY 1 HAVING sum(useAsDefault) != 1"
    ),
    "every style is of a listed layer": (
        "SELECT f_table_name FROM layer_styles EXCEPT SELECT table_name FROM gpkg_contents"
    ),
    "every layer is styled": (
        "SELECT table_name FROM gpkg_contents WHERE table_name NOT IN "
        "('layer_styles', 'preuves', 'essais', 'notes') EXCEPT "
        "SELECT f_table_name FROM layer_styles"
    ),
}


def test_metadata_tables_of_the_format_are_consistent(
    small_result: ResultTables, path: Path
) -> None:
    write_geopackage(small_result, path)
    with closing(sqlite3.connect(path)) as base:
        for rule, query in CONFORMANCE.items():
            assert base.execute(query).fetchall() == [], rule
        triggers = [
            r[0]
            for r in base.execute(
                "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'rtree_%'"
            )
        ]
    for name, shape in GEOMETRY.items():
        kept = [t for t in triggers if t.startswith(f"rtree_{name}_geom_")]
        assert bool(kept) == (shape is not None), name


def test_every_coded_value_has_a_label_in_both_languages() -> None:
    for table in (*schemas.INPUTS, *schemas.RESULTS):
        for column in table.columns:
            for lang in LANGUAGES:
                assert all(value_labels(column, lang).values())


@pytest.mark.parametrize("epsg", [5490, 2972, 2975])
def test_legal_crs_of_other_territories(small_result: ResultTables, path: Path, epsg: int) -> None:
    crs = pyproj.CRS.from_epsg(epsg)

    def moved(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        return frame.set_crs(crs, allow_override=True)

    back = small_result.background
    write_geopackage(
        replace(
            small_result,
            edition=None,
            candidates=moved(small_result.candidates),
            rejections=moved(small_result.rejections),
            access_points=moved(small_result.access_points),
            lines=moved(small_result.lines),
            stops=moved(small_result.stops),
            background=Background(
                moved(back.streets),
                moved(back.buildings),
                moved(back.constraints),
                moved(back.places),
            ),
        ),
        path,
    )
    assert pyogrio.read_info(path, layer="opportunites")["crs"] == f"EPSG:{epsg}"
    with closing(sqlite3.connect(path)) as base:
        (day,) = base.execute("SELECT DISTINCT last_change FROM gpkg_contents").fetchone()
    assert day.startswith(date(2000, 1, 1).isoformat())


def limited(kib: int) -> None:
    """Run in the child: no file may grow beyond this; writing more fails as on a full disk."""
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (kib * 1024, kib * 1024))


@pytest.mark.skipif(sys.platform == "win32", reason="limits of file size are POSIX")
@pytest.mark.parametrize("kib", [16, 100, 200, 300])
def test_error_of_a_file_that_cannot_grow(
    small_result: ResultTables, tmp_path: Path, kib: int
) -> None:
    import multiprocessing as mp

    path = tmp_path / "opportunites.gpkg"
    path.write_bytes(b"former")
    context = mp.get_context("fork")
    said: Any = context.Queue()
    child = context.Process(target=try_to_write, args=(small_result, path, kib, said))
    child.start()
    kind, message = said.get(timeout=60)
    child.join()
    assert kind == "ExportError"
    assert "opportunites.gpkg" in message
    assert "n'a pas pu être écrit" in message
    assert path.read_bytes() == b"former"
    assert [p.name for p in tmp_path.iterdir()] == ["opportunites.gpkg"]


def try_to_write(result: ResultTables, path: Path, kib: int, said: Any) -> None:
    limited(kib)
    try:
        write_geopackage(result, path)
    except ExportError as reason:
        said.put((type(reason).__name__, str(reason)))
    else:
        said.put(("written", ""))
