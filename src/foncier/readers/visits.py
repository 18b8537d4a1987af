"""Verdicts of visits as signs of use or vacancy: a plan that was filled in comes back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from foncier.errors import ConfigError
from foncier.model import VERDICTS, VISIT_VERDICTS
from foncier.readers import base, files, shapes
from foncier.readers.ground_truth import read_truth
from foncier.readers.report import Journal, complaint

if TYPE_CHECKING:
    from pathlib import Path

    from foncier.model import LayerFile
    from foncier.readers.base import Draft, Target

RESULT, LAYER = "result", "opportunites"
SOURCE = "Visite"
SUBJECTS = {"friche": "site", "batiment_non_affecte": "building"}
# A verdict that says nothing of use or vacancy is no sign.
TELLING = tuple(n for n in VISIT_VERDICTS if VERDICTS[n].is_conclusive)
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
    """Read verdicts as signs on the sites that they speak of.

    The plan of visits carries the outlines of its sites. A CSV names them by ``opportunity_id``
    only: their outlines are then those of the GeoPackage of the result that was visited, which
    ``constants = { result = "…/opportunites.gpkg" }`` names, from the folder of the CSV.

    A verdict becomes the signal ``visit_<verdict>``, about the building (its outline) or the site
    (a point in it: a verdict speaks of the site whose id it bears, and makes none). What speaks of
    a plot alone is no sign of vacancy, nor is « inaccessible » or « à revoir »: left out and noted.

    Raises
    ------
    ConfigError
        No verdict has a place, and no result says where they are.
    SourceError, FormatError
        The verdicts or the result cannot be read.
    """
    named = file.constants.get(RESULT)
    truths, notes, _ = read_truth(file.path, crs=target.crs)
    for note in notes:
        journal.add(note.effect, note.count, note.text.fr, note.text.en)
    known = None if named is None else _result(file.path.parent / named, named, target)
    rows = truths if known is None else _placed(truths, known)
    lost = pd.Series(shapely.is_missing(rows.geometry.to_numpy()), rows.index)
    if len(rows) and lost.all():
        raise ConfigError(
            complaint(
                file.shown,
                "les verdicts ne disent pas où sont les sites",
                'Ajoutez constants = { result = "…/opportunites.gpkg" }, le GeoPackage du résultat '
                "visité, ou donnez le plan de visites (GeoPackage).",
            )
        )
    journal.add(
        "dropped",
        int(lost.sum()),
        "verdicts de sites inconnus du résultat écartés",
        "verdicts on sites unknown to the result dropped",
    )
    signs = _signs(rows.loc[~lost], journal)
    draft = base.Draft(signs, len(truths), target.crs.to_string())
    return replace(draft, found=tuple(COLUMNS[:-1]))


def _result(path: Path, shown: str, target: Target) -> gpd.GeoDataFrame:
    """Sites of the result that was visited, by id: kind and outline."""
    files.check(path, shown)
    whole = files.vector(path, shown=shown, sublayer=LAYER)
    wanted = whole[["opportunity_id", "kind", "geometry"]]
    return shapes.legal(wanted, target.crs, shape="place", shown=shown, journal=Journal())


def _placed(truths: gpd.GeoDataFrame, known: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Truths with kind and outline of the site that they name."""
    sites = known.drop_duplicates("opportunity_id").set_index("opportunity_id")
    own = sites.reindex(truths["opportunity_id"].to_numpy(dtype=object))
    outline = own.geometry.to_numpy()
    place = np.where(shapely.is_missing(outline), truths.geometry.to_numpy(), outline)
    kind = truths["kind"].astype("str").fillna(pd.Series(own["kind"].to_numpy(), truths.index))
    return truths.assign(kind=kind).set_geometry(gpd.GeoSeries(place, truths.index, truths.crs))


def _signs(rows: gpd.GeoDataFrame, journal: Journal) -> Any:
    subject = rows["kind"].map(SUBJECTS).astype("str")
    said = rows["verdict"].map(lambda name: SUBJECTS.get(str(VERDICTS[name].kind)))
    subject = subject.fillna(said.astype("str"))
    telling = rows["verdict"].isin(TELLING) & subject.notna()
    journal.add(
        "dropped",
        int((~telling).sum()),
        "verdicts qui ne disent rien de l'usage d'un site ou d'un bâtiment",
        "verdicts that tell nothing of the use of a site or of a building",
    )
    kept = rows.loc[telling]
    whole = (subject.loc[telling] == "building").to_numpy(dtype=bool)
    shaped = kept.geometry.to_numpy()
    spots = np.where(whole, shaped, shapely.point_on_surface(shaped))
    ids = kept["opportunity_id"].astype("str").fillna(kept["truth_id"].astype("str"))
    return gpd.GeoDataFrame(
        {
            "observation_id": "visite " + ids,
            "signal": "visit_" + kept["verdict"].astype("str"),
            "subject": subject.loc[telling],
            "detail": kept["note"],
            "observed_on": kept["observed_on"],
            "source": SOURCE,
            "opportunity_id": kept["opportunity_id"],
        },
        geometry=spots,
        crs=rows.crs,
    )
