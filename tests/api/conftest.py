"""Tables of the demonstration, as a geopandas user would read them."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest

import foncier as fo

FOLDER = fo.demo_study()


def vector(name: str) -> gpd.GeoDataFrame:
    """Rows of a file of the demonstration, as geopandas reads them."""
    zipped = "/vsigzip/" if name.endswith(".gz") else ""
    return gpd.read_file(f"{zipped}{FOLDER / name}")


def rows(name: str) -> pd.DataFrame:
    """Rows of a CSV file of the demonstration, numbers as pandas guesses them."""
    raw = (FOLDER / name).read_bytes()
    try:
        encoding = "utf-8" if raw.decode("utf-8") else "cp1252"
    except UnicodeDecodeError:
        encoding = "cp1252"
    return pd.read_csv(FOLDER / name, sep=None, engine="python", encoding=encoding)


@pytest.fixture(scope="session")
def parcels() -> gpd.GeoDataFrame:
    return vector("parcelles.json.gz")


@pytest.fixture(scope="session")
def buildings() -> gpd.GeoDataFrame:
    return vector("batiments.json.gz")


@pytest.fixture(scope="session")
def streets() -> gpd.GeoDataFrame:
    return vector("voies.geojson.gz")


@pytest.fixture(scope="session")
def saved(public_result: fo.Result, tmp_path_factory: pytest.TempPathFactory) -> fo.Result:
    """The demonstration, saved and read again."""
    folder = tmp_path_factory.mktemp("saved") / "demo"
    public_result.save(folder)
    return fo.read_result(folder)
