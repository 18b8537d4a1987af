"""A study from files or from tables: the same repairs, the same checks, the same result."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import foncier as fo
from foncier.errors import ConfigError, CrsError, FormatError

from .conftest import FOLDER, rows, vector

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize("kind", [str, Path])
def test_a_path_may_be_text(kind: Callable[[Path], str | Path]) -> None:
    assert fo.read_study(kind(FOLDER)).communes == ("80021",)
    assert fo.read_study(kind(FOLDER / "study.toml")).communes == ("80021",)


def whole_study(give: Callable[[str], Any], **more: Any) -> fo.Study:
    """The demonstration, each layer given as a path or as a table; what is said of it the same."""
    config = fo.read_study(FOLDER).config
    layers: dict[str, Any] = {
        str(name): [
            fo.Layer(give(spec.path), spec.format, date=spec.date, source=spec.source)
            for spec in specs
        ]
        for name, specs in config.layers.items()
    }
    said = config.model_dump(mode="json", include={"axis", "loop", "area"}, exclude_none=True)
    return fo.Study("80021", **layers, **said, date="2026-01-15", folder=FOLDER, **more)


def as_table(name: str) -> pd.DataFrame:
    return rows(name) if name.endswith(".csv") else vector(name)


def test_tables_give_the_result_that_files_give(public_result: fo.Result) -> None:
    given: dict[str, pd.DataFrame] = {}

    def give(name: str) -> pd.DataFrame:
        return given.setdefault(name, as_table(name))

    result = fo.run(whole_study(give))
    columns = public_result.opportunities.columns.drop("donnees")
    pd.testing.assert_frame_equal(result.opportunities, public_result.opportunities[columns])
    for name, table in given.items():
        pd.testing.assert_frame_equal(table, as_table(name))  # as it was
    for name in ("evidence", "access", "tests"):
        pd.testing.assert_frame_equal(getattr(result, name), getattr(public_result, name))


def test_check_says_what_is_kept_repaired_and_missing() -> None:
    bow = shapely.Polygon(
        [(650000, 6977000), (650020, 6977020), (650020, 6977000), (650000, 6977020)]
    )
    plots = gpd.GeoDataFrame({"id": ["80021000AB0001"]}, geometry=[bow], crs=2154)
    study = fo.Study("80021", parcels=plots, buildings="nowhere.geojson")
    table: Any = study.check().set_index("layer")
    assert list(table.columns) == [
        "file", "rows_read", "rows_kept", "crs", "vintage", "problems", "missing",
    ]  # fmt: skip
    assert table.loc["parcels", ["file", "rows_kept"]].tolist() == ["<GeoDataFrame parcels>", 1]
    assert "1 polygone invalide réparé" in table.loc["parcels", "problems"]
    assert "n'existe pas" in table.loc["buildings", "problems"]
    assert pd.isna(table.loc["buildings", "rows_kept"])
    assert table.loc["streets", "missing"]
    assert table.loc["streets", "problems"] == ""


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"parcel": "a.gpkg"}, "parcels"),
        ({"parcels": "a.gpkg", "weights": {"servces": 1}}, "servces"),
        ({"parcels": "a.gpkg", "weights": {"station": -1}}, "weights"),
        ({"parcels": "a.gpkg", "rules": "fonciers"}, "foncier"),
        ({"parcels": "a.gpkg", "project": "logements"}, "logement"),
        ({"parcels": 3}, "int"),
        ({"elevation": pd.DataFrame()}, "elevation"),
        ({"parcels": fo.Layer(pd.DataFrame(), "edigeo")}, "edigeo"),
        ({"parcels": "a.gpkg", "date": "hier"}, "date"),
    ],
)
def test_a_wrong_name_or_value_is_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        fo.Study("80021", **given).check().pipe(_first_problem)


def _first_problem(table: pd.DataFrame) -> None:
    """Raise what `check` reports of the first layer that cannot be read."""
    raise ConfigError(
        table.loc[table["rows_kept"].isna() & (table["file"] != ""), "problems"].iloc[0]
    )


def test_communes_are_needed_and_of_one_territory() -> None:
    with pytest.raises(ConfigError, match="commune"):
        fo.Study([])
    with pytest.raises(ConfigError, match="système de coordonnées"):
        fo.Study(["80021", "97411"])
    with pytest.raises(ConfigError, match="INSEE"):
        fo.Study("80000A")


def test_a_table_without_crs_is_an_error_that_says_what_to_do(parcels: gpd.GeoDataFrame) -> None:
    bare = parcels.set_crs(None, allow_override=True)
    with pytest.raises(CrsError, match=r"set_crs"):
        fo.Study("80021", parcels=bare).read_layers()
    read = fo.Study("80021", parcels=fo.Layer(bare, crs="EPSG:4326")).read_layers()["parcels"]
    assert len(read) == len(parcels)


def test_a_table_without_shapes_is_refused() -> None:
    with pytest.raises(FormatError, match="géométrie"):
        fo.Study("80021", parcels=pd.DataFrame({"id": ["80021000AB0001"]})).read_layers()


def test_columns_of_any_name_and_any_index(parcels: gpd.GeoDataFrame) -> None:
    expected = fo.Study("80021", parcels=parcels).read_layers()["parcels"]
    mine = parcels[["id", "commune", "geometry"]].rename_geometry("shape")
    mine["id"] = mine["id"].astype("category")
    mine = mine.rename(columns={"id": "ref"}).set_index("ref").sample(frac=1, random_state=1)
    layer = fo.Layer(mine, columns={"parcel_id": "ref"})
    read = fo.Study("80021", parcels=layer).read_layers()["parcels"]
    columns = ["parcel_id", "commune", "area_m2", "geometry"]
    pd.testing.assert_frame_equal(pd.DataFrame(read[columns]), pd.DataFrame(expected[columns]))


def test_several_files_and_tables_are_one_layer(parcels: gpd.GeoDataFrame) -> None:
    one, two = parcels.iloc[:100], parcels.iloc[100:]
    study = fo.Study("80021", parcels=[one, fo.Layer(two, source="DGFiP")])
    assert len(study.read_layers()["parcels"]) == len(parcels)
    assert len(study.layers["parcels"]) == 2


def test_where_and_values_of_a_layer_as_in_a_study(parcels: gpd.GeoDataFrame) -> None:
    houses = (
        parcels[["geometry"]]
        .head(4)
        .assign(NATURE=["Maison", "Serre", "Serre", "Silo"], HAUTEUR=[6, 2, 4, 12])
    )
    layer = fo.Layer(
        houses,
        columns={"kind": "NATURE"},
        values={"kind": {"Serre": "light", "Maison": "hard"}},
        where="HAUTEUR < 10 and NATURE != 'Silo'",
    )
    read: Any = fo.Study("80021", parcels=parcels, buildings=layer).read_layers()["buildings"]
    assert sorted(read["kind"]) == ["hard", "light", "light"]
    wrong = fo.Study("80021", parcels=parcels, buildings=fo.Layer(houses, where="HAUTEURS < 10"))
    with pytest.raises(ConfigError, match="HAUTEURS"):
        wrong.read_layers()


def test_an_inventory_with_shapes_needs_no_column_of_wkt() -> None:
    table = rows("friches.csv")
    shapes = gpd.GeoSeries.from_wkt(table["geompoint"], crs=4326)
    given = gpd.GeoDataFrame(table.drop(columns=["geompoint", "geomsurf"]), geometry=shapes)
    read: Any = fo.Study("80021", inventory=given.to_crs(2154)).read_layers()["inventory"]
    assert len(read) == len(table)
    assert read.distance(gpd.GeoSeries(shapes.to_crs(2154).iloc[0], crs=2154)[0]).min() < 0.01


def test_replace_changes_one_thing_and_leaves_the_study_as_it_is() -> None:
    study = fo.read_study(FOLDER)
    other = study.replace(rules="qgis-foncier", weights={"loop": 2}, project="logement", title="T")
    assert (other.config.rules.profile, other.title) == ("qgis-foncier", "T")
    assert other.layers == study.layers
    assert study.config.rules.profile == "foncier"
    with pytest.raises(ConfigError, match="parcels"):
        study.replace(parcels="a.gpkg")


def test_an_osmnx_graph_is_a_layer_of_streets(
    public_result: fo.Result, parcels: gpd.GeoDataFrame
) -> None:
    graph = public_result.streets_graph()
    read: Any = fo.Study("80021", parcels=parcels, streets=graph).read_layers()["streets"]
    streets = public_result.layers["streets"]
    walked = streets[streets["walk"].astype(bool)]
    assert read.union_all().length == pytest.approx(walked.union_all().length, rel=0.01)
    assert set(read["street_class"]) <= set(streets["street_class"])


def test_layers_that_were_fetched_into_a_folder_are_taken(tmp_path: Path) -> None:
    (tmp_path / "fetched").mkdir()
    listed = '[[layers.zones]]\npath = "fetched/zones.geojson"\nformat = "vector"\n'
    (tmp_path / "fetched" / "couches.toml").write_text(listed, encoding="utf-8")
    assert set(fo.Study("80021", "a.gpkg", folder=tmp_path).layers) == {"parcels", "zones"}
    own = fo.Study("80021", zones="mine.gpkg", folder=tmp_path)
    assert own.layers["zones"] == ("mine.gpkg",)
    assert own.config.path("mine.gpkg") == tmp_path / "mine.gpkg"


def test_other_settings_of_a_study_file_are_checked_too() -> None:
    study = fo.Study("80021", "a.gpkg", settings={"reach": {"isochrones": 3}})
    assert study.config.reach.isochrones == 3
    with pytest.raises(ConfigError, match="isochrones"):
        fo.Study("80021", "a.gpkg", settings={"reach": {"isochrone": 3}})
    with pytest.raises(ConfigError, match="reach"):
        fo.Study("80021", "a.gpkg", settings={"reachs": {}})


def test_check_speaks_english_too() -> None:
    table = fo.Study("80021", inventory="none.csv").check(lang="en").set_index("layer")
    assert str(table.loc["zones", "missing"]).startswith("No ")
