"""Write all deliverables of a result at once: whole, or the former ones stay."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from foncier._util.atomic_write import write_atomically
from foncier.export.cnig import write_cnig
from foncier.export.departements import by_departement
from foncier.export.geopackage.write import write_geopackage
from foncier.export.pictures import (
    COPIES,
    check_picture,
    copy_picture,
    pictures,
)
from foncier.export.raster import write_surface
from foncier.export.tables import write_csv, write_measures, write_mutability, write_parquet
from foncier.export.webmap import write_map
from foncier.results.layers import GEOPACKAGE, GEOPACKAGES, PART
from foncier.results.manifest import build_manifest, to_json, versions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from foncier.i18n import Lang
    from foncier.model import ResultTables
    from foncier.study.config import Study

    Writer = Callable[[Path], None]

PARQUET = "opportunites.parquet"
DATASET = "opportunites/departement={}/opportunites.parquet"  # as Hive names the parts
MEASURES = "mesures.parquet"
TABLE, MAP = "opportunites.csv", "opportunites.html"
SURFACE = "acces.tif"
EXCHANGE = "friches-cnig.csv"  # only where there are friches
SUITABILITY = "mutabilite.csv"


def write_results(
    result: ResultTables,
    study: Study,
    folder: Path,
    *,
    lang: Lang,
    timings: Mapping[str, float],
    tables_only: bool = False,
) -> dict[str, str]:
    """Write tables, map, surface, friches by use and to exchange, pictures and manifest.

    Where the study lies in several départements, GeoPackage and Parquet are one a département.
    The same study on the same inputs gives the same bytes, but for ``run`` in the manifest. What a
    former run wrote and this one does not (no friche left, no surface) is taken away.
    ``tables_only`` writes the GeoPackage and the manifest alone, for what reads a result folder.

    Returns
    -------
    SHA-256 of each file by its name.

    Raises
    ------
    ExportError
        Something could not be written; the former deliverables are intact.
    """
    write = _tables(result, lang)
    if not tables_only:
        write |= _other_files(result, study, lang)

    def told(deliverables: Mapping[str, str]) -> str:
        made = build_manifest(
            result,
            configuration=configuration(study),
            timings=timings,
            deliverables=deliverables,
            versions=versions(),
            started=datetime.now(UTC),
        )
        return to_json(made)

    return write_atomically(folder, write, manifest=told, removable=_is_optional)


def _other_files(result: ResultTables, study: Study, lang: Lang) -> dict[str, Writer]:
    """Map, flat tables, pictures, and the files that only some results have."""
    write: dict[str, Writer] = {
        TABLE: partial(write_csv, result, lang=lang),
        MAP: partial(write_map, result, lang=lang),
        **{
            name: partial(copy_picture, study.path(written))
            for written, name in check_pictures(study).items()
        },
    }
    if result.measures is not None:
        write[MEASURES] = partial(write_measures, result.measures)
    if result.surface is not None:
        write[SURFACE] = partial(write_surface, result, lang=lang)
    if (result.candidates["kind"] == "friche").any():
        write[EXCHANGE] = partial(write_cnig, result)
    if result.mutability is not None and len(result.mutability):
        write[SUITABILITY] = partial(write_mutability, result, lang=lang)
    return write


def _tables(result: ResultTables, lang: Lang) -> dict[str, Writer]:
    """GeoPackage and Parquet: one each, or one each a département where there are several."""
    cut = by_departement(result)
    if cut is None:
        return {
            GEOPACKAGE: partial(write_geopackage, result, lang=lang),
            PARQUET: partial(write_parquet, result),
        }

    def of(code: str, write: Callable[[ResultTables, Path], None]) -> Writer:
        return lambda path: write(cut.part(code), path)

    return {
        **{PART.format(c): of(c, partial(write_geopackage, lang=lang)) for c in cut.codes},
        **{DATASET.format(c): of(c, write_parquet) for c in cut.codes},
    }


def _is_optional(name: str) -> bool:
    """Tell the deliverables that some results have and others have not."""
    own = (PARQUET, MEASURES, SURFACE, EXCHANGE, SUITABILITY)
    begins = (COPIES, DATASET.split("{", maxsplit=1)[0])
    return name in own or name.startswith(begins) or GEOPACKAGES.fullmatch(name) is not None


def check_pictures(study: Study) -> dict[str, str]:
    """Pictures that a study gives for its sheets, all there: name of each copy by its path.

    Raises
    ------
    ConfigError
        A picture is not there, or cannot be read.
    """
    found = pictures(configuration(study).get("leaflet"))
    for written in found:
        check_picture(study.path(written), written)
    return found


def configuration(study: Study) -> dict[str, Any]:
    """Study as its file says it: paths stay as written, the machine's folders are left out."""
    return study.model_dump(mode="json", exclude={"folder"}, exclude_none=True)
