"""A village of built plots along two streets, with bare plots of every sort among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import shapely

from foncier import schemas
from foncier.detect import SpatialContext, find_plots

from .conftest import CRS, X, Y, at

if TYPE_CHECKING:
    from collections.abc import Callable

    from foncier.model import Profile

Move = "Callable[[shapely.Geometry], shapely.Geometry]"
BARE = {"a03", "b05", "c02", "c09", "d06", "d07"}
AREA = at(-200, -200, 800, 800)


def same(shape: shapely.Geometry) -> shapely.Geometry:
    return shape


def parcels() -> dict[str, shapely.Geometry]:
    """Four rows of twelve plots of 24 m by 40 m: two rows on each street, back to back."""
    rows = {"a": 0.0, "b": 50.0, "c": 90.0, "d": 140.0}
    found = {f"{row}{n:02}": at(26.0 * n, y, 26, 40) for row, y in rows.items() for n in range(12)}
    found["heart"] = at(104, 180, 26, 36)  # bare, behind row d: no street
    found["strip"] = at(-3, 0, 3, 40)
    found["field"] = at(320, 0, 150, 200)  # bare, beside all rows
    found["large"] = at(0, 190, 102, 60)  # a house on 6 000 m²
    found["far"] = at(5000, 0, 30, 30)
    return found


def houses() -> list[shapely.Geometry]:
    """One on each plot that is not bare, in its middle; a shed on a bare one."""
    plots = {n: p for n, p in parcels().items() if n[0] in "abcd" and n not in BARE}
    own = [
        shapely.box(p.centroid.x - 6, p.centroid.y - 5, p.centroid.x + 6, p.centroid.y + 5)
        for p in plots.values()
    ]
    return [*own, at(80, 3, 4, 4), at(5, 195, 12, 12)]


def streets() -> list[shapely.Geometry]:
    """Two streets between the rows; the lane of row d's back gives on a third."""
    lines = [[(-20, 45), (340, 45)], [(-20, 135), (340, 135)], [(-20, 185), (60, 185)]]
    return [shapely.LineString([(X + x, Y + y) for x, y in line]) for line in lines]


def village(
    *,
    move: Callable[[shapely.Geometry], shapely.Geometry] = same,
    order: list[str] | None = None,
    keep: Callable[[shapely.Geometry], bool] | None = None,
) -> SpatialContext:
    """Lay the village out, moved, its parcels in some order, or only some of them there."""
    plots = parcels()
    names = [n for n in (order or list(plots)) if keep is None or keep(plots[n])]
    built, ways = houses(), streets()

    def frame(contract: schemas.Table, rows: list[dict[str, Any]], shapes: list[Any]) -> Any:
        return contract.conform(gpd.GeoDataFrame(rows, geometry=[move(s) for s in shapes], crs=CRS))

    return SpatialContext(
        parcels=frame(
            schemas.PARCELS,
            [{"parcel_id": n, "area_m2": plots[n].area} for n in names],
            [plots[n] for n in names],
        ),
        buildings=frame(
            schemas.BUILDINGS,
            [
                {"building_id": str(n), "kind": "hard", "area_m2": h.area}
                for n, h in enumerate(built)
            ],
            built,
        ),
        streets=frame(
            schemas.STREETS,
            [
                {
                    "street_id": str(n),
                    "street_class": "residential",
                    "level": 0,
                    "walk": True,
                    "bike": True,
                    "drive": True,
                }
                for n in range(len(ways))
            ],
            ways,
        ),
    )


def verdicts(context: SpatialContext, profile: Profile, area: Any = AREA) -> dict[str, str]:
    """Kind that each parcel was kept as, or kind and rule that it fell by."""
    found = find_plots(context, profile, area, source="Cadastre")
    kept = dict(zip(found.candidates["parcel_ids"], found.candidates["kind"], strict=True))
    out = found.rejections
    return kept | dict(zip(out["parcel_id"], out["kind"] + "/" + out["rule"], strict=True))
