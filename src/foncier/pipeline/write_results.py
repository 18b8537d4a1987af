"""Write all deliverables of a result atomically: all of them, or the previous ones stay."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from foncier._util.atomic_write import write_atomically
from foncier._util.destination import MANIFEST, Owner, sha256
from foncier.export import iso, stac
from foncier.export.cnig import write_cnig
from foncier.export.departements import by_departement
from foncier.export.geopackage.entries import write_entries
from foncier.export.geopackage.keep import Keeper
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
from foncier.model.entries import ENTRIES
from foncier.results.contents import read_record, sha_of
from foncier.results.layers import GEOPACKAGE, GEOPACKAGES, PART, SURFACE
from foncier.results.manifest import build_manifest, to_json, versions
from foncier.results.tokens import entries_token
from foncier.study import study_files

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from foncier.i18n import Lang, Localized
    from foncier.model import ResultTables
    from foncier.study.config import Study

    Writer = Callable[[Path], None]

PARQUET = "opportunites.parquet"
DATASET = "opportunites/departement={}/opportunites.parquet"  # Hive partitions
TABLE, MAP = "opportunites.csv", "opportunites.html"
EXCHANGE = "friches-cnig.csv"  # only with friches
SUITABILITY = "mutabilite.csv"
MEASURES = "mesures.parquet"
METADATA, ITEM = "metadonnees.xml", "stac.json"
NAMES = (MANIFEST, TABLE, MAP, PARQUET, MEASURES, SURFACE, EXCHANGE, SUITABILITY, METADATA, ITEM)


def write_results(
    result: ResultTables,
    study: Study,
    folder: Path,
    *,
    lang: Lang,
    timings: Mapping[str, float],
    tables_only: bool = False,
    owner: Owner | None = None,
    notify: Callable[[Localized], None] = lambda _: None,
) -> dict[str, str]:
    """Write tables, map, raster of travel times, files on friches, pictures and manifest.

    A study in several départements has one GeoPackage and one Parquet file for each. The same study
    on the same inputs gives the same bytes, except for ``run`` in the manifest. Files of an earlier
    run that this one does not write (no friche left, no raster) are removed. A former file that a
    person changed (values, columns, a project saved by QGIS) is kept beside the new one with the
    date in its name; ``notify`` is called with each such notice.

    Returns
    -------
    SHA-256 of each file by its name.

    Raises
    ------
    ConfigError
        A file may not be replaced (see `run_owner`).
    ExportError
        A file could not be written; the previous deliverables are intact.
    """
    records: dict[str, str | None] = {}
    tables = _tables(result, lang, with_entries=not tables_only)
    write = {name: _recorded(name, one, records) for name, one in tables.items()}
    if not tables_only:
        write |= _other_files(result, study, lang)
        write |= _catalogue_files(result, tuple(write), lang)
        if not (folder / ENTRIES).exists():  # of people: no run replaces it
            write[ENTRIES] = partial(_write_entries, result, lang=lang)
    started = datetime.now(UTC)
    keeper = Keeper(folder)

    def manifest(deliverables: Mapping[str, str]) -> str:
        content = build_manifest(
            result,
            configuration=configuration(study),
            timings=timings,
            deliverables={n: sha for n, sha in deliverables.items() if n != ENTRIES},
            entries=_entries(study),
            contents=records,
            versions=versions(),
            started=started,
        )
        return to_json(content)

    owner = owner or run_owner(study)
    owner.keep = keeper
    made = write_atomically(folder, write, manifest=manifest, removable=_is_optional, owner=owner)
    for notice in keeper.notices:
        notify(notice)
    return made


def _write_entries(result: ResultTables, path: Path, *, lang: Lang) -> None:
    token = entries_token(result.communes)
    crs, day = result.candidates.crs, result.edition
    write_entries(path, crs=crs, title=result.title, day=day, token=token, lang=lang)


def _entries(study: Study) -> dict[str, Any]:
    """What people wrote and the run read, for the manifest; empty where they wrote nothing."""
    path = study.visits or study.statuses
    if path is None:
        return {}
    used = {"visits": study.visits is not None, "statuses": study.statuses is not None}
    return {"path": ENTRIES, "sha256": sha256(path), **used}


def _recorded(name: str, write: Writer, records: dict[str, str | None]) -> Writer:
    """Writer of a file that also notes the record of its content, if it is a GeoPackage."""

    def writer(path: Path) -> None:
        write(path)
        if path.suffix == ".gpkg":
            records[name] = sha_of(read_record(path))

    return writer


def run_owner(study: Study, *, replace: bool = False) -> Owner:
    """What a run may not replace: files of its study, of others, and results of other communes."""
    return Owner("run", study.info.communes, study_files(study), replace)


def check_destination(folder: Path, owner: Owner) -> None:
    """Check before a run that its files may be written; see `Owner.check`."""
    present = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    parts = [name for name in present if GEOPACKAGES.fullmatch(name)]
    owner.check(folder, (*NAMES, *parts))


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


def _catalogue_files(result: ResultTables, names: tuple[str, ...], lang: Lang) -> dict[str, Writer]:
    """Metadata for catalogues; the STAC item describes the other files, and is written last."""
    write: dict[str, Writer] = {METADATA: partial(iso.write_metadata, result, lang=lang)}
    if stac.has_date(result):
        files = (*names, METADATA)
        write[ITEM] = partial(stac.write_item, result, names=files, lang=lang)
    return write


def _tables(result: ResultTables, lang: Lang, *, with_entries: bool) -> dict[str, Writer]:
    """GeoPackage and Parquet: one of each, or one of each for each département."""
    cut = by_departement(result)
    geopackage = partial(write_geopackage, lang=lang, with_entries=with_entries)
    if cut is None:
        return {
            GEOPACKAGE: partial(geopackage, result),
            PARQUET: partial(write_parquet, result),
        }

    def of(code: str, write: Callable[[ResultTables, Path], None]) -> Writer:
        return lambda path: write(cut.part(code), path)

    return {
        **{PART.format(c): of(c, geopackage) for c in cut.codes},
        **{DATASET.format(c): of(c, write_parquet) for c in cut.codes},
    }


def _is_optional(name: str) -> bool:
    """Tell if a deliverable is one that not every result has."""
    names = (PARQUET, MEASURES, SURFACE, EXCHANGE, SUITABILITY, ITEM)
    prefixes = (COPIES, DATASET.split("{", maxsplit=1)[0])
    return name in names or name.startswith(prefixes) or GEOPACKAGES.fullmatch(name) is not None


def check_pictures(study: Study) -> dict[str, str]:
    """Check that the pictures of a study exist and are readable.

    Returns
    -------
    Name of the copy of each picture by its path.

    Raises
    ------
    ConfigError
        A picture is missing, or cannot be read.
    """
    copies = pictures(configuration(study).get("leaflet"))
    for written in copies:
        check_picture(study.path(written), written)
    return copies


def configuration(study: Study) -> dict[str, Any]:
    """Study in the form of its file: paths as written, without folders of the machine."""
    return study.model_dump(mode="json", exclude={"folder"}, exclude_none=True)
