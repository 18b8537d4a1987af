"""One view of the GeoPackage for each kind of opportunity, listed as the layers are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foncier.export.layers import VIEWS

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from foncier.export.layers import Layer

WHOLE = "opportunites"


def add_views(base: sqlite3.Connection, made: Sequence[Layer]) -> None:
    """Create the views and list them in the tables of contents of the format.

    Parameters
    ----------
    base
        A GeoPackage that holds the layer ``opportunites``.
    made
        The views, as `foncier.export.layers.views` gives them.
    """
    kinds = {name: kind for kind, (name, _) in VIEWS.items()}
    for view in made:
        columns = ", ".join(f'"{column.name.replace(chr(34), chr(34) * 2)}"'
                            for column in view.columns)  # fmt: skip
        # GDAL takes the column OGC_FID of a view as its row id.
        base.execute(
            f'CREATE VIEW "{view.name}" AS SELECT "fid" AS OGC_FID, "geom", {columns} '  # noqa: S608  # nosec B608
            f'FROM "{WHOLE}" WHERE "kind" = \'{kinds[view.name]}\''
        )
        bounds = view.frame.total_bounds.tolist() if len(view.frame) else [None] * 4
        base.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, min_x, min_y, max_x, "
            "max_y, srs_id) SELECT ?, 'features', ?, ?, ?, ?, ?, srs_id FROM gpkg_contents "
            "WHERE table_name = ?",
            (view.name, view.name, *bounds, WHOLE),
        )
        base.execute(
            "INSERT INTO gpkg_geometry_columns SELECT ?, column_name, geometry_type_name, srs_id, "
            "z, m FROM gpkg_geometry_columns WHERE table_name = ?",
            (view.name, WHOLE),
        )
