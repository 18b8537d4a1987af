"""Verdicts of visits as evidence of use or vacancy."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from foncier.errors import ConfigError
from foncier.model import VERDICTS, VISIT_VERDICTS
from foncier.model.entries import ENTRIES
from foncier.readers import base, files, shapes
from foncier.readers.ground_truth import read_truth
from foncier.readers.report import Journal

if TYPE_CHECKING:
    from pathlib import Path

    from foncier.model import LayerFile
    from foncier.readers.base import Draft, Target

RESULT_KEY, SITES_LAYER = "result", "opportunites"
SOURCE = "Visite"
SUBJECTS = {"friche": "site", "batiment_non_affecte": "building"}
# A verdict without information on use or vacancy is no evidence.
WITH_EVIDENCE = tuple(n for n in VISIT_VERDICTS if VERDICTS[n].is_conclusive)
COLUMNS = [
    "observation_id",
    "signal",
    "subject",
    "detail",
    "observed_on",
    "source",
    "opportunity_id",
    "geometry",
]


def observations(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read verdicts as evidence on the visited sites.

    The plan of visits has the outlines of its sites. A CSV has their ``opportunity_id`` only: the
    outlines are then those of the visited result, the GeoPackage that
    ``constants = { result = "…/opportunites.gpkg" }`` names, relative to the folder of the CSV.

    A verdict becomes the signal ``visit_<verdict>``, on the building (its outline) or the site (a
    point in it, so that the verdict makes no new site). Verdicts on plots, « inaccessible » and
    « à revoir » are no evidence: dropped with a note.

    Raises
    ------
    ConfigError
        No verdict has a location, and no result is named. In ``saisies.gpkg`` they are dropped with
        a note: nobody can name a result for it, and its sites may be gone.
    SourceError, FormatError
        The verdicts or the result cannot be read.
    """
    result_path = file.constants.get(RESULT_KEY)
    truths, notes, _ = read_truth(file.path, crs=target.crs)
    journal.extend(notes)
    known = (
        None
        if result_path is None
        else _read_sites(file.path.parent / result_path, result_path, target)
    )
    rows = truths if known is None else _with_outlines(truths, known)
    unlocated = pd.Series(shapely.is_missing(rows.geometry.to_numpy()), rows.index)
    if len(rows) and unlocated.all() and file.path.name != ENTRIES:
        raise ConfigError("readers.visits.no_location", path=file.shown)
    journal.add(
        "dropped",
        int(unlocated.sum()),
        "readers.visits.unknown_site",
    )
    evidence = _evidence(rows.loc[~unlocated], journal)
    draft = base.Draft(evidence, len(truths), target.crs.to_string())
    return replace(draft, found=tuple(COLUMNS[:-1]))


def _read_sites(path: Path, shown: str, target: Target) -> gpd.GeoDataFrame:
    """Read the sites of the visited result: id, kind and outline."""
    files.check(path, shown)
    table = files.vector(path, shown=shown, sublayer=SITES_LAYER)
    sites = table[["opportunity_id", "kind", "geometry"]]
    return shapes.to_legal_crs(sites, target.crs, shape="place", shown=shown, journal=Journal())


def _with_outlines(truths: gpd.GeoDataFrame, known: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Add the kind and the outline of the sites that the truths name."""
    sites = known.drop_duplicates("opportunity_id").set_index("opportunity_id")
    matched = sites.reindex(truths["opportunity_id"].to_numpy(dtype=object))
    outline = matched.geometry.to_numpy()
    place = np.where(shapely.is_missing(outline), truths.geometry.to_numpy(), outline)
    kind = truths["kind"].astype("str").fillna(pd.Series(matched["kind"].to_numpy(), truths.index))
    return truths.assign(kind=kind).set_geometry(gpd.GeoSeries(place, truths.index, truths.crs))


def _evidence(rows: gpd.GeoDataFrame, journal: Journal) -> Any:
    subject = rows["kind"].map(SUBJECTS).astype("str")
    stated = rows["verdict"].map(lambda name: SUBJECTS.get(str(VERDICTS[name].kind)))
    subject = subject.fillna(stated.astype("str"))
    with_evidence = rows["verdict"].isin(WITH_EVIDENCE) & subject.notna()
    journal.add(
        "dropped",
        int((~with_evidence).sum()),
        "readers.visits.no_evidence",
    )
    selected = rows.loc[with_evidence]
    is_building = (subject.loc[with_evidence] == "building").to_numpy(dtype=bool)
    outlines = selected.geometry.to_numpy()
    locations = np.where(is_building, outlines, shapely.point_on_surface(outlines))
    ids = selected["opportunity_id"].astype("str").fillna(selected["truth_id"].astype("str"))
    again = ids.duplicated(keep=False)  # several visits of one site
    ids = ids.where(~again, ids + " " + selected["truth_id"].astype("str"))
    return gpd.GeoDataFrame(
        {
            "observation_id": "visite " + ids,
            "signal": "visit_" + selected["verdict"].astype("str"),
            "subject": subject.loc[with_evidence],
            "detail": selected["note"],
            "observed_on": selected["observed_on"],
            "source": SOURCE,
            "opportunity_id": selected["opportunity_id"],
        },
        geometry=locations,
        crs=rows.crs,
    )
