"""The project of the GeoPackage as QGIS Server (and Lizmap) publishes it: WMS and WFS."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import geopandas as gpd
import pytest

from .conftest import QGIS

SCRIPT = Path(__file__).with_name("server_script.py")
pytestmark = pytest.mark.qgis


def test_a_server_publishes_short_names_and_not_what_people_write(result: Path) -> None:
    there = (
        QGIS.exists()
        and not subprocess.run(
            [QGIS, "-c", "import qgis.server"], check=False, capture_output=True
        ).returncode
    )
    if not there:
        pytest.skip("QGIS Server is not installed")
    sites = gpd.read_file(result / "opportunites.gpkg", layer="opportunites")
    west, south, east, north = sites.total_bounds
    done = subprocess.run(
        [
            str(QGIS),
            str(SCRIPT),
            f"geopackage:{result / 'opportunites.gpkg'}?projectName=foncier",
            f"{west},{south},{east},{north}",
        ],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": ""},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    seen = json.loads(done.stdout.splitlines()[-1])
    if "Service unknown" in seen["wms"]:
        pytest.skip("the services of QGIS Server are not installed (qgis-server-wms, -wfs)")
    names = set(re.findall(r"<Name>([^<]+)</Name>", seen["wms"]))
    assert {"opportunites", "contraintes"} <= names
    assert not {"visites", "avis"} & names
    typed = set(re.findall(r"<Name>([^<]+)</Name>", seen["wfs"]))
    assert {"opportunites", "indices", "tests"} <= typed
    assert not {"visites", "avis"} & typed
    assert len(json.loads(seen["sites"])["features"]) == len(sites)
    assert '"features"' not in seen["visits"]
    assert seen["image"].startswith("89504e47")  # PNG
