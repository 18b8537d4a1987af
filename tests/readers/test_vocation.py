"""Vocation of a zone: its code, else the words of its labels, else what its code usually means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pytest
import shapely

from foncier import readers
from foncier.crs import legal_crs
from foncier.model import LayerFile

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("destdomi", "libelle", "libelong", "vocation"),
    [
        ("05", "UE", None, "equipment"),
        ("1", "UE", "Zone économique", "housing"),  # the code of the plan counts
        (None, "UEa", None, "equipment"),
        (None, "UE", "Zone d'activités économiques", "activity"),
        ("00", "Zone de loisirs", None, "tourism"),
        ("99", "UX2", None, "activity"),
        (None, "UJ", None, "gardens"),
        (None, "UG", "Zone urbaine générale", None),
        (None, "UEA", None, None),  # another code that begins alike
        (None, None, None, None),
    ],
)
def test_the_vocation_of_a_zone(
    destdomi: Any, libelle: Any, libelong: Any, vocation: Any, tmp_path: Path
) -> None:
    crs = legal_crs("80021")
    row = {"typezone": "U", "destdomi": destdomi, "libelle": libelle, "libelong": libelong}
    shape = shapely.box(650_000, 6_977_000, 650_100, 6_977_100)
    path = tmp_path / "zones.gpkg"
    gpd.GeoDataFrame([row], geometry=[shape], crs=crs).to_file(path)
    file = LayerFile(layer="zones", path=path, shown="zones.gpkg", format="vector")
    table, _ = readers.read(file, crs=crs, communes=("80021",))
    assert table["vocation"].dropna().tolist() == ([] if vocation is None else [vocation])
