"""Evidence of use or vacancy: any vector file, or a field survey."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

import geopandas as gpd

from foncier.errors import FormatError
from foncier.readers import base, columns, frames, geocoding, geolocate, ids, parse
from foncier.readers.columns import Field
from foncier.readers.parcel_text import resolve_lists
from foncier.readers.registers import evidence

if TYPE_CHECKING:
    import pandas as pd

    from foncier.model import LayerFile
    from foncier.readers.base import Draft, Target
    from foncier.readers.report import Journal

FIELDS = (
    Field("observation_id", ("id", "fid")),
    Field("signal", required=True),
    Field("subject", ("objet",), required=True),
    Field("name", ("nom",)),
    Field("detail", ("détail", "commentaire")),
    Field("observed_on", ("date",)),
    Field("source"),
    *geocoding.FIELDS,
)
PARCEL_FIELDS = (
    Field("parcel_ids", ("parcelle", "parcelles", "idu", "refcad", "référence cadastrale")),
    Field("section"),
    Field("number", ("numero", "numéro", "num_parcelle")),
    Field("insee", ("code_insee", "commune")),
)
SURVEY_FIELDS = (
    *PARCEL_FIELDS,
    Field("lon", ("longitude", "x")),
    Field("lat", ("latitude", "y")),
    Field("etat", ("état", "state"), required=True),
    Field("observed_on", ("date",)),
    Field("name", ("nom",)),
    Field("detail", ("détail", "commentaire")),
    *geocoding.FIELDS,
)
SUBJECTS = {"building": "building", "site": "site", "bâtiment": "building", "terrain": "site"}
STATES = {
    "vacant": "survey_vacant",
    "partiel": "survey_partial",
    "occupe": "survey_used",
}
SURVEY_SOURCE = "Relevé de terrain"


def vector(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read evidence: ``signal`` and ``subject`` are columns or constants, ``source`` optional.

    Raises
    ------
    FormatError
        A subject is neither building nor site.
    """
    draft = base.layer(file, target, journal, fields=FIELDS, shape="place")
    frame: Any = geocoding.drop_rough(draft.frame, journal)
    subject = columns.translate(
        frame["subject"], SUBJECTS, column="subject", shown=file.shown, journal=journal
    )
    frame = frame.assign(
        subject=subject,
        observed_on=parse.dates(frame["observed_on"], column="observed_on", journal=journal),
        source=frame["source"].astype("str").fillna(file.source or file.shown),
    )
    complete = frame["signal"].notna() & frame["subject"].notna()
    journal.add(
        "dropped",
        int((~complete).sum()),
        "readers.observations.no_signal",
    )
    frame = ids.fill_keys(frame[complete], "observation_id", journal=journal)
    return base.Draft(frame, draft.rows_read, draft.crs)


def survey(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read a field survey: a table with lon, lat (degrees) or parcels, or a vector file.

    ``etat`` is vacant, partiel or occupé; ``date``, ``nom``, ``commentaire`` may be there. A row
    without coordinates is located by its parcels: what it says holds for all their buildings.

    Raises
    ------
    FormatError
        An unknown state, or a coordinate that is not a number.
    """
    if frames.is_table(file):
        table = frames.rows(file, journal)
        cells: Any = columns.pick(table, SURVEY_FIELDS, file, journal)
        if len(cells) and (cells["lon"].isna().all() or cells["lat"].isna().all()):
            return _survey_by_parcel(cells, list(table.columns), file, target, journal)
        rows = _survey_points(cells, file, journal)
        draft = base.placed(rows, file, target, journal, shape="place")
    else:
        draft = base.layer(file, target, journal, fields=SURVEY_FIELDS, shape="place")
    frame: Any = geocoding.drop_rough(draft.frame, journal)
    frame = frame.assign(
        signal=_state_signals(frame["etat"], file.shown, journal),
        subject="building",
        observed_on=parse.dates(frame["observed_on"], column="date", journal=journal),
        source=SURVEY_SOURCE,
    )
    journal.add("dropped", int(frame["etat"].isna().sum()), "readers.observations.without_state")
    frame = frame[frame["signal"].notna()].drop(
        columns=["lon", "lat", *(field.name for field in PARCEL_FIELDS)]
    )
    filled = ids.fill_keys(frame, "observation_id", journal=journal)
    return base.Draft(filled, draft.rows_read, draft.crs)


def _survey_by_parcel(
    cells: Any, names: list[str], file: LayerFile, target: Target, journal: Journal
) -> Draft:
    """Rows of a survey that name parcels instead of coordinates.

    Without a column of communes, a short reference is of the commune of the study if it has one.
    """
    parts = cells["section"].astype("str") + " " + cells["number"].astype("str")
    cells = cells.assign(parcel_ids=cells["parcel_ids"].astype("str").fillna(parts))
    if cells["insee"].isna().all() and len(target.communes) == 1:
        cells = cells.assign(insee=target.communes[0])
    if cells["parcel_ids"].isna().all():
        raise FormatError("readers.observations.no_coordinates", path=file.shown, columns=names)
    points = gpd.GeoSeries([None] * len(cells), index=cells.index, crs=geolocate.DEGREES)
    rows: Any = geolocate.in_communes(cells, target, journal, points)
    rows = rows.assign(
        signal=_state_signals(rows["etat"], file.shown, journal),
        observed_on=parse.dates(rows["observed_on"], column="date", journal=journal),
        parcel_ids=resolve_lists(
            rows["parcel_ids"], rows["commune"], journal, parcels=target.parcels
        ),
    )
    rows = rows.drop(columns=["lon", "lat", "section", "number"])
    size = len(cells)
    return evidence(rows, points, file, target, journal, size=size, source=SURVEY_SOURCE)


def _survey_points(cells: Any, file: LayerFile, journal: Journal) -> gpd.GeoDataFrame:
    lon, lat = (
        parse.numbers(cells[n], column=n, shown=file.shown, journal=journal) for n in ("lon", "lat")
    )
    points = gpd.points_from_xy(lon, lat, crs=file.crs or "EPSG:4326")
    points[(lat.isna() | lon.isna()).to_numpy()] = None
    return gpd.GeoDataFrame(cells, geometry=points)


def _state_signals(states: pd.Series[Any], shown: str, journal: Journal) -> pd.Series[Any]:
    """Turn states into signals; accents and case are ignored."""
    words = states.map(
        lambda word: unicodedata.normalize("NFD", str(word)).encode("ascii", "ignore").decode(),
        na_action="ignore",
    )
    missing = int(words.isna().sum())
    if missing and missing == len(words):
        raise FormatError("readers.observations.no_state", path=shown, count=missing)
    return columns.translate(words, STATES, column="etat", shown=shown, journal=journal)
