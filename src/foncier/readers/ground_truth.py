"""Ground truth of sites, independent of any result: visits, surveys, synthetic truth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from foncier.errors import FormatError
from foncier.model import VERDICTS, LayerFile, verdict_codes
from foncier.readers import columns, files, geolocate, parcel_ids, parse, shapes, zips
from foncier.readers.columns import Field
from foncier.readers.report import Journal
from foncier.schemas.results import KINDS

if TYPE_CHECKING:
    from pathlib import Path

    import pyproj

    from foncier.model import Note

VISITS = "visites"  # layer of the plan of visits
FIELDS = (
    Field("truth_id", ("id", "fid", "visit_id")),
    Field("kind", ("nature",)),
    Field("opportunity_id", ("opportunite",)),
    Field("parcel_ids", ("parcelles", "parcel_id", "idu")),
    Field("verdict", ("constat",)),
    Field("observed_on", ("date",)),
    Field("note", ("remarque", "commentaire", "reason", "raison")),
    Field("stratum", ("strate",)),
    Field("weight", ("poids",)),
    Field("confidence", ("confiance",)),
    Field("wkt", ("geom", "geometrie", "geometry_wkt")),
    Field("lon", ("longitude", "x")),
    Field("lat", ("latitude", "y")),
    Field("outline", ("outline_wkt",)),
    Field("photo"),
    Field("author", ("auteur", "initiales")),
    Field("trap"),
    Field("expected"),
    Field("subject"),
)
COLUMNS = [
    "truth_id",
    "kind",
    "opportunity_id",
    "parcel_ids",
    "verdict",
    "observed_on",
    "note",
    "stratum",
    "weight",
    "confidence",
    "author",
    "geometry",
]
# The synthetic truth of a demonstration gives the expected outcome of each site.
EXPECTED = {"found": "vrai", "rejected": "faux", "flagged": "inconnu"}
SUBJECTS = {"building": "batiment_non_affecte", "site": "friche"}


def read_truth(path: Path, *, crs: pyproj.CRS) -> tuple[gpd.GeoDataFrame, tuple[Note, ...], bool]:
    """Read truths: a CSV (visits of the map, WKT, lon and lat, ids) or a vector file.

    A CSV may be UTF-8 (with or without byte order mark) or Windows-1252, with decimal commas.
    Points and WKT are WGS 84, longitude first. A row is located by ``opportunity_id``,
    ``parcel_ids`` or a geometry; a row with none of them is dropped with a note, as is a row
    without a verdict (a planned site that was not visited yet). The columns ``expected`` and
    ``trap`` identify the synthetic truth of a demonstration, which is complete.

    Parameters
    ----------
    path
        The file.
    crs
        Legal metric CRS of the result.

    Returns
    -------
    `COLUMNS` sorted by ``truth_id``, geometry in ``crs`` or missing; notes; whether the truth is
    complete. ``stratum`` and ``weight`` (parcels that a row stands for) are those of a
    stratified sample, ``confidence`` that of the site when its visit was planned; else missing.

    Raises
    ------
    SourceError, FormatError
        Unreadable, no verdict column, or unknown verdicts or kinds (they are named).
    CrsError
        Coordinates that do not fit the CRS.
    """
    journal = Journal()
    located, planted = _read_located(path, crs, journal)
    has_verdict = located["verdict"].notna()
    journal.add("dropped", int((~has_verdict).sum()), "readers.ground_truth.not_visited")
    unlocated = located["opportunity_id"].isna() & located["parcel_ids"].isna()
    unlocated &= pd.Series(shapely.is_missing(located.geometry.to_numpy()), located.index)
    journal.add(
        "dropped",
        int((has_verdict & unlocated).sum()),
        "readers.ground_truth.no_location",
    )
    valid = located.loc[has_verdict & ~unlocated, COLUMNS]
    return (
        gpd.GeoDataFrame(valid.sort_values("truth_id"), crs=crs).reset_index(drop=True),
        journal.notes,
        planted,
    )


def read_visits(path: Path, *, crs: pyproj.CRS) -> tuple[gpd.GeoDataFrame, tuple[Note, ...]]:
    """Read every row of a file of visits, one without a verdict too.

    The files of `read_truth`: visits of the map or of a plan, filled in on paper or in the field.

    Returns
    -------
    `COLUMNS` and ``photo`` in the order of the file, geometry in ``crs`` or missing;
    and notes on the cells that could not be read.

    Raises
    ------
    SourceError, FormatError, CrsError
        As for `read_truth`.
    """
    journal = Journal()
    located, _ = _read_located(path, crs, journal)
    return located[[*COLUMNS[:-1], "photo", "geometry"]], journal.notes


def _read_located(path: Path, crs: pyproj.CRS, journal: Journal) -> tuple[gpd.GeoDataFrame, bool]:
    """Rows of a file with their types and their place, and whether they are a synthetic truth."""
    rows, planted = _read_rows(path, journal)
    rows = rows.assign(
        truth_id=_truth_ids(rows),
        kind=_kinds(rows, planted=planted, shown=path.name, journal=journal),
        verdict=_verdicts(rows, planted=planted, shown=path.name, journal=journal),
        parcel_ids=_parcel_lists(rows["parcel_ids"]),
        observed_on=parse.dates(rows["observed_on"], column="date", journal=journal),
        **{
            name: parse.numbers(rows[name], column=name, shown=path.name, journal=journal)
            for name in ("weight", "confidence")
        },
    )
    return _with_geometry(rows, crs, path.name, journal), planted


def no_truth(crs: pyproj.CRS) -> gpd.GeoDataFrame:
    """Return an empty table of truths: `COLUMNS` without rows."""
    table = pd.DataFrame({name: pd.Series([], dtype="str") for name in COLUMNS[:-1]}).assign(
        observed_on=pd.Series([], dtype="datetime64[us]"),
        weight=pd.Series([], dtype="float64"),
        confidence=pd.Series([], dtype="float64"),
    )
    return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries([], crs=crs), crs=crs)


def _read_rows(path: Path, journal: Journal) -> tuple[Any, bool]:
    file = LayerFile("truth", path, path.name, "truth")
    if zips.is_table(path):
        table: Any = files.rows(path, path.name, journal)
    else:
        files.check(path, path.name)
        with files.no_choice():
            table = files.vector(path, shown=path.name, sublayer=_visits_layer(path))
    names = {str(name).lower() for name in table.columns}
    planted = {"expected", "trap"} <= names
    if not planted and not names & {"verdict", "constat"} and len(table.columns):
        raise FormatError(
            "readers.ground_truth.no_verdict_column",
            path=path.name,
            columns=list(table.columns),
            verdicts=list(VERDICTS),
        )
    picked: Any = columns.printable(columns.pick(table, FIELDS, file, journal), journal)
    if isinstance(table, gpd.GeoDataFrame):
        picked = gpd.GeoDataFrame(picked, geometry="geometry", crs=table.crs)
    return picked, planted


def _visits_layer(path: Path) -> str | None:
    """Return the layer of a plan of visits, among other tables; None in any other file."""
    if path.suffix.lower() != ".gpkg":
        return None
    try:
        return VISITS if VISITS in files.geopackage_layers(path, path.name) else None
    except FormatError:
        return None  # reading the file raises the right error


def _truth_ids(rows: pd.DataFrame) -> pd.Series[Any]:
    """Return the id of each truth: its own, else that of its site, else its line in the file."""
    lines = pd.Series([f"ligne {n}" for n in range(2, len(rows) + 2)], rows.index, dtype="str")
    ids = rows["truth_id"].astype("str").fillna(rows["opportunity_id"].astype("str"))
    return ids.fillna(lines)


def _kinds(rows: pd.DataFrame, *, planted: bool, shown: str, journal: Journal) -> pd.Series[Any]:
    kinds = rows["kind"].astype("str")
    if planted:
        return kinds.where(kinds.isin(KINDS), rows["subject"].map(SUBJECTS).astype("str"))
    return columns.translate(
        kinds, {kind: kind for kind in KINDS}, column="kind", shown=shown, journal=journal
    )


def _verdicts(rows: pd.DataFrame, *, planted: bool, shown: str, journal: Journal) -> pd.Series[Any]:
    if planted:
        return columns.translate(
            rows["expected"], EXPECTED, column="expected", shown=shown, journal=journal
        )
    words = rows["verdict"]
    verdicts = verdict_codes(words)
    unknown = verdicts.isna() & words.notna()
    cells = list(words[unknown].unique())
    if int(unknown.sum()) > int(verdicts.notna().sum()):
        raise FormatError(
            "readers.ground_truth.unknown_verdicts",
            path=shown,
            count=int(unknown.sum()),
            cells=cells,
            verdicts=list(VERDICTS),
        )
    journal.add(
        "dropped", int(unknown.sum()), "readers.columns.odd_words", column="verdict", cells=cells
    )
    return verdicts


def _parcel_lists(values: pd.Series[Any]) -> pd.Series[Any]:
    """Join the ids of each cell by ``|``, whatever their separator."""
    lists = values.astype("str").str.upper().str.split(r"[|,;\s]+", regex=True)
    return lists.map(
        lambda ids: "|".join(sorted({parcel_ids.identity(i) or i for i in ids if i})),
        na_action="ignore",
    )


def _with_geometry(rows: Any, crs: pyproj.CRS, shown: str, journal: Journal) -> gpd.GeoDataFrame:
    """Reproject the rows to the legal CRS; a missing geometry stays missing."""
    if isinstance(rows, gpd.GeoDataFrame):
        frame = rows.set_geometry("geometry")
        if rows["outline"].notna().any():  # of the site; the point is where somebody stood
            drawn = geolocate.from_wkt(rows["outline"])
            known_points = frame.geometry.to_numpy()
            frame = frame.set_geometry(
                gpd.GeoSeries(
                    np.where(shapely.is_missing(drawn), known_points, drawn), rows.index, rows.crs
                )
            )
    else:
        frame = gpd.GeoDataFrame(rows, geometry=_geometries(rows, shown, journal), crs="EPSG:4326")
    known = ~(frame.geometry.isna() | frame.geometry.is_empty)
    shapes_ = pd.Series(None, frame.index, dtype=object)
    if known.any():
        part = frame.loc[known, ["geometry"]]
        moved = shapes.to_legal_crs(part, crs, shape="place", shown=shown, journal=Journal())
        shapes_.loc[moved.index] = moved.geometry.to_numpy()
    attributes = pd.DataFrame(frame.drop(columns="geometry"))
    return gpd.GeoDataFrame(attributes, geometry=gpd.GeoSeries(shapes_, crs=crs), crs=crs)


def _geometries(rows: pd.DataFrame, shown: str, journal: Journal) -> Any:
    """Return the WKT geometry where there is one, else the point of lon and lat."""
    geometries = geolocate.from_wkt(rows["wkt"])
    invalid = rows["wkt"].notna().to_numpy(dtype=bool) & shapely.is_missing(geometries)
    if invalid.any():
        raise FormatError(
            "readers.ground_truth.bad_wkt",
            path=shown,
            count=int(invalid.sum()),
            cells=list(rows.loc[invalid, "wkt"]),
        )
    lon, lat = (
        parse.numbers(rows[n], column=n, shown=shown, journal=journal).to_numpy(dtype=np.float64)
        for n in ("lon", "lat")
    )
    points = np.where(np.isfinite(lon + lat), shapely.points(lon, lat), None)
    return np.where(shapely.is_missing(geometries), points, geometries)
