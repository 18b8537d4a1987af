"""Write what several rule sets found as one GeoPackage: a layer each, and where they agree."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pyogrio
import shapely

from foncier.errors import ExportError
from foncier.export.dressing import UNDATED

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    import geopandas as gpd

FAULTS = (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError,
          pyogrio.errors.FeatureError, sqlite3.Error, OSError)  # fmt: skip


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
    draft = path.with_name(f"{path.name}.draft.gpkg")
    try:
        for name, frame in layers.items():
            shapes = frame.geometry.to_numpy()
            single = shapely.get_type_id(shapes) == 3
            shapes[single] = shapely.multipolygons(shapes[single][:, None])
            pyogrio.write_dataframe(
                frame.set_geometry(shapes, crs=frame.crs), draft, layer=name, driver="GPKG",
                geometry_type="MultiPolygon", append=draft.exists(), GEOMETRY_NAME="geom",
            )  # fmt: skip
        with closing(sqlite3.connect(draft, isolation_level=None)) as base:
            base.execute(
                "UPDATE gpkg_contents SET last_change = ?", (f"{day or UNDATED}T00:00:00.000Z",)
            )
            base.execute("VACUUM INTO ?", (str(path),))
    except FAULTS as reason:
        raise ExportError(
            f"{path.name}\u00a0: la comparaison n'a pas pu être écrite ({reason}). Vérifiez la "
            "place sur le disque et le droit d'écrire dans ce dossier."
        ) from reason
    finally:
        draft.unlink(missing_ok=True)
