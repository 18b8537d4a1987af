"""Write what several rule sets found as one GeoPackage: a layer each, and where they agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyogrio
import shapely

from foncier.export.small import write_small

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    import geopandas as gpd

POLYGON_TYPE = 3  # shapely's type id


def write_comparison(
    layers: Mapping[str, gpd.GeoDataFrame], path: Path, *, day: date | None
) -> None:
    """Write polygon layers to a new GeoPackage; the same layers give the same bytes.

    Parameters
    ----------
    layers
        Tables by layer name, in the legal metric CRS, in the order of the file.
    path
        A file that is not there yet.
    day
        Date that the file carries (1 January 2000 when None).

    Raises
    ------
    ExportError
        The file cannot be written whole.
    """

    def fill(draft: Path) -> None:
        for name, frame in layers.items():
            shapes = frame.geometry.to_numpy()
            single = shapely.get_type_id(shapes) == POLYGON_TYPE
            shapes[single] = shapely.multipolygons(shapes[single][:, None])
            pyogrio.write_dataframe(
                frame.set_geometry(shapes, crs=frame.crs), draft, layer=name, driver="GPKG",
                geometry_type="MultiPolygon", append=draft.exists(), GEOMETRY_NAME="geom",
            )  # fmt: skip

    write_small(path, fill, day=day)
