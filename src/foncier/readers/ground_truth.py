"""What is known of sites, whatever a result says of them: visits, surveys, a planted truth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from foncier.errors import FormatError
from foncier.model import VERDICTS, LayerFile, verdict_codes
from foncier.readers import columns, files, shapes
from foncier.readers.columns import Field
from foncier.readers.report import Journal, complaint, some
from foncier.schemas.results import KINDS

if TYPE_CHECKING:
    from pathlib import Path

    import pyproj

    from foncier.model import Note

VISITS = "visites"  # layer of the plan of visits
FIELDS = (
    Field("truth_id", ("id", "fid")),
    Field("kind", ("nature",)),
    Field("opportunity_id", ("opportunite",)),
    Field("parcel_ids", ("parcelles", "parcel_id", "idu")),
    Field("verdict", ("constat",)),
    Field("observed_on", ("date",)),
    Field("note", ("remarque", "commentaire")),
    Field("wkt", ("geom", "geometrie", "geometry_wkt")),
    Field("lon", ("longitude", "x")),
    Field("lat", ("latitude", "y")),
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
    "geometry",
]
# The planted truth of a demonstration says what is to be expected of each thing.
EXPECTED = {"found": "vrai", "rejected": "faux", "flagged": "inconnu"}
SUBJECTS = {"building": "batiment_non_affecte", "site": "friche"}


def read_truth(path: Path, *, crs: pyproj.CRS) -> tuple[gpd.GeoDataFrame, tuple[Note, ...], bool]:
    """Read truths: a CSV (visits of the map, WKT, lon and lat, ids) or a vector file.

    A CSV may be UTF-8 (with its mark or not) or Windows-1252, its numbers with a decimal comma.
    Points and WKT without a ``SRID=…;`` are WGS 84, longitude first. A row says where it is by
    ``opportunity_id``, ``parcel_ids`` or a geometry; one with none of them is left out and noted,
    as is one without a verdict (a site of a plan that nobody visited yet). The columns ``expected``
    and ``trap`` make the planted truth of a demonstration, which is complete.

    Parameters
    ----------
    path
        The file.
    crs
        Legal metric CRS of the result.

    Returns
    -------
    `COLUMNS` sorted by ``truth_id``, geometry in ``crs`` or missing; notes; whether the truths are
    all there is.

    Raises
    ------
    SourceError, FormatError
        Unreadable, no column of verdicts, a verdict or a kind that does not exist (they are named).
    CrsError
        Coordinates that do not fit.
    """
    journal = Journal()
    rows, planted = _rows(path, journal)
    rows = rows.assign(
        truth_id=_names(rows),
        kind=_kinds(rows, planted=planted, shown=path.name),
        verdict=_verdicts(rows, planted=planted, shown=path.name, journal=journal),
        parcel_ids=_parcels(rows["parcel_ids"]),
        observed_on=columns.dates(rows["observed_on"], column="date", journal=journal),
    )
    placed = _placed(rows, crs, path.name)
    told = placed["verdict"].notna()
    nowhere = placed["opportunity_id"].isna() & placed["parcel_ids"].isna()
    nowhere &= pd.Series(shapely.is_missing(placed.geometry.to_numpy()), placed.index)
    journal.add(
        "dropped",
        int((told & nowhere).sum()),
        "vérités sans identifiant, parcelle ni lieu écartées",
        "truths without id, parcel nor place dropped",
    )
    kept = placed.loc[told & ~nowhere, COLUMNS]
    return (
        gpd.GeoDataFrame(kept.sort_values("truth_id"), crs=crs).reset_index(drop=True),
        journal.notes,
        planted,
    )


def no_truth(crs: pyproj.CRS) -> gpd.GeoDataFrame:
    """Truths when nothing is known: `COLUMNS` without a row."""
    days = pd.Series([], dtype="datetime64[us]")
    table = pd.DataFrame({name: pd.Series([], dtype="str") for name in COLUMNS[:-1]})
    return gpd.GeoDataFrame(
        table.assign(observed_on=days), geometry=gpd.GeoSeries([], crs=crs), crs=crs
    )


def _rows(path: Path, journal: Journal) -> tuple[Any, bool]:
    file = LayerFile("truth", path, path.name, "truth")
    if path.name.lower().endswith((".csv", ".csv.gz", ".txt")):
        written: Any = files.rows(path, path.name, journal)
    else:
        files.check(path, path.name)
        written = files.vector(path, shown=path.name, sublayer=_layer(path))
    names = {str(name).lower() for name in written.columns}
    planted = {"expected", "trap"} <= names
    if not planted and not names & {"verdict", "constat"} and len(written.columns):
        raise FormatError(
            complaint(
                path.name,
                f"aucune colonne verdict. Trouvé : {some(written.columns)}",
                f"Verdicts possibles : {', '.join(VERDICTS)}.",
            )
        )
    picked: Any = columns.pick(written, FIELDS, file, journal)
    if isinstance(written, gpd.GeoDataFrame):
        picked = gpd.GeoDataFrame(picked, geometry="geometry", crs=written.crs)
    return picked, planted


def _layer(path: Path) -> str | None:
    """Layer of a plan of visits, whatever tables stand beside it; None in any other file."""
    if path.suffix.lower() != ".gpkg":
        return None
    try:
        return VISITS if VISITS in pyogrio.list_layers(path)[:, 0] else None
    except files.UNREADABLE:
        return None  # what is wrong with the file is told when it is read


def _names(rows: pd.DataFrame) -> pd.Series[Any]:
    """Name of each truth: its own, else its site's, else its line in the file."""
    lines = pd.Series([f"ligne {n}" for n in range(2, len(rows) + 2)], rows.index, dtype="str")
    own = rows["truth_id"].astype("str").fillna(rows["opportunity_id"].astype("str"))
    return own.fillna(lines)


def _kinds(rows: pd.DataFrame, *, planted: bool, shown: str) -> pd.Series[Any]:
    kinds = rows["kind"].astype("str")
    if planted:
        return kinds.where(kinds.isin(KINDS), rows["subject"].map(SUBJECTS).astype("str"))
    return columns.translate(kinds, {kind: kind for kind in KINDS}, column="kind", shown=shown)


def _verdicts(rows: pd.DataFrame, *, planted: bool, shown: str, journal: Journal) -> pd.Series[Any]:
    if planted:
        return columns.translate(rows["expected"], EXPECTED, column="expected", shown=shown)
    written = rows["verdict"]
    read = verdict_codes(written)
    wrong = read.isna() & written.notna()
    if wrong.any():
        raise FormatError(
            complaint(
                shown,
                f"colonne verdict, {int(wrong.sum())} verdict(s) inconnu(s) : "
                f"{some(written[wrong].unique())}",
                f"Verdicts possibles : {', '.join(VERDICTS)}.",
            )
        )
    journal.add(
        "dropped",
        int(written.isna().sum()),
        "sites pas encore visités (sans verdict)",
        "sites not visited yet (no verdict)",
    )
    return read


def _parcels(values: pd.Series[Any]) -> pd.Series[Any]:
    """Ids joined by ``|``, whatever stood between them."""
    lists = values.astype("str").str.upper().str.split(r"[|,;\s]+", regex=True)
    return lists.map(lambda ids: "|".join(sorted({i for i in ids if i})), na_action="ignore")


def _placed(rows: Any, crs: pyproj.CRS, shown: str) -> gpd.GeoDataFrame:
    """Rows with their geometry in the legal CRS; those without one keep none."""
    if isinstance(rows, gpd.GeoDataFrame):
        own = rows.set_geometry("geometry")
    else:
        own = gpd.GeoDataFrame(rows, geometry=_written(rows, shown), crs="EPSG:4326")
    known = ~(own.geometry.isna() | own.geometry.is_empty)
    placed = pd.Series(None, own.index, dtype=object)
    if known.any():
        part = own.loc[known, ["geometry"]]
        moved = shapes.legal(part, crs, shape="place", shown=shown, journal=Journal())
        placed.loc[moved.index] = moved.geometry.to_numpy()
    plain = pd.DataFrame(own.drop(columns="geometry"))
    return gpd.GeoDataFrame(plain, geometry=gpd.GeoSeries(placed, crs=crs), crs=crs)


def _written(rows: pd.DataFrame, shown: str) -> Any:
    """WKT where it is given, else a point of lon and lat."""
    bare = rows["wkt"].astype("str").str.replace(r"^SRID=\d+;", "", regex=True)
    texts = [text if isinstance(text, str) else None for text in bare]
    drawn = np.asarray(shapely.from_wkt(texts, on_invalid="ignore"), dtype=object)
    wrong = bare.notna().to_numpy(dtype=bool) & shapely.is_missing(drawn)
    if wrong.any():
        raise FormatError(
            complaint(
                shown,
                f"{int(wrong.sum())} géométrie(s) WKT illisible(s) : {some(bare[wrong])}",
                "Une géométrie s'écrit POINT (2.3 49.9), longitude puis latitude.",
            )
        )
    lon, lat = (
        columns.numbers(rows[n], column=n, shown=shown).to_numpy(dtype=np.float64)
        for n in ("lon", "lat")
    )
    points = np.where(np.isfinite(lon + lat), shapely.points(lon, lat), None)
    return np.where(shapely.is_missing(drawn), points, drawn)
