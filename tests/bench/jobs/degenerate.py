"""Hamlets of twelve parcels with one layer drawn N times at one place, or with N vertices."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from tests.bench.jobs import Job
from tests.hamlet import X, Y, degrees, feature, hamlet, parcels, write

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.bench.jobs import Place

    Shapes = Iterable[shapely.Geometry]

PLOT = shapely.box(X + 30, Y, X + 60, Y + 40)
BARE = shapely.box(X + 330, Y, X + 360, Y + 40)
HOUSE = shapely.box(X + 35, Y + 5, X + 55, Y + 30)
ALL = shapely.box(X - 100, Y - 100, X + 500, Y + 200)
MIDDLE = shapely.Point(X + 345, Y + 20)
RECORDS = (
    "site_id;site_nom;site_type;site_statut;comm_insee;site_identif_date;site_actu_date;"
    "source_nom;unite_fonciere_refcad;geompoint;geomsurf"
)
RECORD = "80021_{};Usine;friche;friche sans projet;80021;2024-01-01;2024-01-01;Essai;{};{};{}"


def folder_of(kind: str, count: int, folder: Path) -> Path:
    """Folder of the study of a kind with so many copies or vertices."""
    return folder / "degenerate" / f"{kind.replace(' ', '-')}-{count}"


def draw_copies(place: Place) -> Job:
    """Write the studies of every kind of copies, so that no measured process does."""
    return Job(lambda: _draw(COPIES, place), once=True)


def draw_vertices(place: Place) -> Job:
    """Write the studies with one object of many vertices."""
    return Job(lambda: _draw(VERTICES, place), once=True)


def _draw(kinds: dict[str, Write], place: Place) -> None:
    for kind, write_layer in kinds.items():
        where = folder_of(kind, place.size, place.folder)
        if not where.is_dir():
            new = hamlet(place.own / where.name)
            write_layer(new, place.size)
            where.parent.mkdir(exist_ok=True)
            shutil.move(new, where)


def copies(shape: shapely.Geometry, count: int, moved_m: float = 0.0) -> list[shapely.Geometry]:
    """Copies of a shape, each moved by up to a distance."""
    shifts = np.random.default_rng(18).uniform(-moved_m, moved_m, (count, 2))
    return [shapely.affinity.translate(shape, *shift) for shift in shifts]


def layer(
    where: Path,
    name: str,
    shapes: Shapes,
    known: Callable[[int], dict[str, Any]] = lambda _: {},
    *,
    form: str = "vector",
    first: Sequence[dict[str, Any]] = (),
) -> None:
    """Write a layer of the study, in place of the one that it has; ``known`` of the n-th shape."""
    rows = [feature(degrees(shape), **known(n)) for n, shape in enumerate(shapes)]
    write(where / f"{name}.geojson", [*first, *rows])
    _declare(where, name, f"{name}.geojson", form)


def _declare(where: Path, name: str, path: str, form: str) -> None:
    study = where / "study.toml"
    head, *layers = study.read_text(encoding="utf-8").split("[layers.")
    kept = [text for text in layers if not text.startswith(f"{name}]")]
    kept.append(f'{name}]\npath = "{path}"\nformat = "{form}"\n')
    study.write_text("[layers.".join([head, *kept]), encoding="utf-8")


def inventory(where: Path, shapes: Shapes, listed: str = "") -> None:
    """Write records of an inventory; polygons are their outlines."""
    wgs = [degrees(shape) for shape in shapes]
    rows = [
        RECORD.format(n, listed, shape.centroid.wkt, shape.wkt if shape.area else "")
        for n, shape in enumerate(wgs)
    ]
    (where / "friches.csv").write_text("\n".join([RECORDS, *rows]) + "\n", encoding="utf-8")
    _declare(where, "inventory", "friches.csv", "cnig")


def more_parcels(where: Path, shapes: Shapes) -> None:
    """Write the twelve parcels and others of the same commune."""
    own = [{**one, "properties": {"parcel_id": one["properties"]["id"]}} for one in parcels()]
    layer(where, "parcels", shapes, lambda n: {"parcel_id": parcel(n)}, first=own)


def parcel(n: int) -> str:
    """Id of the n-th parcel that is added."""
    return f"80021{n // 9999:03}ZZ{n % 9999 + 1:04}"


def row_of_parcels(count: int) -> list[shapely.Geometry]:
    """Bare parcels side by side."""
    x = X + 500 + 12.0 * np.arange(count)
    return list(shapely.box(x, Y, x + 12, Y + 40))


def record_of_parcels(where: Path, count: int) -> None:
    """Write one record that lists every parcel of a row."""
    more_parcels(where, row_of_parcels(count))
    inventory(where, [MIDDLE], "|".join(map(parcel, range(count))))


def with_holes(count: int) -> shapely.Polygon:
    """Polygon over the hamlet with so many holes."""
    west, south, east, north = ALL.bounds
    side = int(np.ceil(np.sqrt(count)))
    wide, deep = (east - west) / side, (north - south) / side
    n = np.arange(count)
    x, y = west + (n % side + 0.25) * wide, south + (n // side + 0.25) * deep
    rings = shapely.get_exterior_ring(shapely.box(x, y, x + wide / 2, y + deep / 2))
    return shapely.Polygon(ALL.exterior, list(rings))


def jagged(count: int) -> shapely.LineString:
    """Street of 400 m with so many vertices, within a metre of its middle."""
    aside = np.random.default_rng(18).uniform(-1, 1, count)
    return shapely.LineString(np.column_stack([np.linspace(X, X + 400, count), Y - 5 + aside]))


def crossing(count: int) -> list[shapely.LineString]:
    """Streets of 160 m, each of which crosses all others near the middle of the hamlet."""
    turn = np.linspace(0, np.pi, count, endpoint=False)
    half = 80 * np.column_stack([np.cos(turn), np.sin(turn)])
    aside = np.random.default_rng(18).uniform(-5, 5, (count, 2))
    middle = np.array([X + 200, Y - 5]) + aside
    return list(shapely.linestrings(np.stack([middle - half, middle + half], axis=1)))


def hazard(n: int) -> dict[str, Any]:
    """Describe a zone of a risk plan."""
    return {"kind": "hazard", "effect": "flag", "label": f"PPRI {n}"}


def park(n: int) -> dict[str, Any]:
    """Describe a use that excludes."""
    return {"kind": "park", "effect": "exclude", "label": f"Parc {n}"}


def zone(n: int) -> dict[str, Any]:
    """Describe a zone of a plan."""
    return {"zone_type": "U", "label": f"U{n}"}


def quarter(n: int) -> dict[str, Any]:
    """Describe a district."""
    return {"quarter_id": f"Q{n}", "name": f"Quartier {n}"}


def way(_: int) -> dict[str, Any]:
    """Describe a street."""
    return {"name": "Rue", "street_class": "residential"}


def building(_: int) -> dict[str, Any]:
    """Describe a building."""
    return {"kind": "hard"}


def sign(_: int) -> dict[str, Any]:
    """Describe a sign of vacancy."""
    return {"signal": "abandoned", "subject": "building", "source": "Essai"}


def shop(_: int) -> dict[str, Any]:
    """Describe a destination."""
    return {"category": "shop", "name": "Commerce"}


Write = Callable[[Path, int], None]
COPIES: dict[str, Write] = {
    "the hamlet alone": lambda w, n: None,
    "copies of a building": lambda w, n: layer(w, "buildings", copies(HOUSE, n), building),
    "a building, moved by 1 m": lambda w, n: layer(w, "buildings", copies(HOUSE, n, 1), building),
    "records on one point": lambda w, n: inventory(w, copies(MIDDLE, n)),
    "records within 4 m": lambda w, n: inventory(w, copies(MIDDLE, n, 4)),
    "outlines of one record": lambda w, n: inventory(w, copies(PLOT, n)),
    "outlines of a record, moved by 4 m": lambda w, n: inventory(w, copies(PLOT, n, 4)),
    "parcels listed by one record": record_of_parcels,
    "parcels of one outline": lambda w, n: more_parcels(w, copies(BARE, n)),
    "parcels, moved by 1 m": lambda w, n: more_parcels(w, copies(BARE, n, 1)),
    "parcels under one": lambda w, n: more_parcels(
        w, [shapely.box(X + 490, Y - 1, X + 510 + 12.0 * n, Y + 50), *row_of_parcels(n)]
    ),
    "parcels beside one": lambda w, n: more_parcels(
        w, [shapely.box(X + 500, Y + 40, X + 500 + 12.0 * n, Y + 70), *row_of_parcels(n)]
    ),
    "constraints over everything": lambda w, n: layer(w, "constraints", copies(ALL, n, 4), park),
    "risks over everything": lambda w, n: layer(w, "constraints", copies(ALL, n, 4), hazard),
    "zones over everything": lambda w, n: layer(w, "zones", copies(ALL, n, 4), zone),
    "districts over everything": lambda w, n: layer(w, "districts", copies(ALL, n, 4), quarter),
    "envelopes over everything": lambda w, n: layer(w, "envelope", copies(ALL, n, 4)),
    "land units over everything": lambda w, n: layer(w, "land_units", copies(ALL, n, 4)),
    "signs on one building": lambda w, n: layer(
        w, "observations", copies(shapely.Point(X + 45, Y + 20), n), sign
    ),
    "streets that all cross": lambda w, n: layer(w, "streets", crossing(n), way, form="lines"),
    "shops on one point": lambda w, n: layer(w, "places", copies(MIDDLE, n), shop),
}
VERTICES: dict[str, Write] = {
    "one jagged street": lambda w, n: layer(w, "streets", [jagged(n)], way, form="lines"),
    "one long street": lambda w, n: layer(
        w,
        "streets",
        [shapely.segmentize(shapely.LineString([(X, Y - 5), (X + n, Y - 5)]), 1.0)],
        way,
        form="lines",
    ),
    "holes of one building": lambda w, n: layer(w, "buildings", [with_holes(n // 4)], building),
    "holes of one constraint": lambda w, n: layer(w, "constraints", [with_holes(n // 4)], park),
    "outline of one parcel": lambda w, n: more_parcels(
        w, [shapely.segmentize(shapely.box(X + 500, Y, X + 540, Y + 40), 160.0 / n)]
    ),
}
