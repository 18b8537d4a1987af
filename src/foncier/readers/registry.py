"""Registry of the readers by layer and format, and reading of a layer from file to contract."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from foncier import schemas
from foncier._util.plugins import load_plugins
from foncier.errors import ConfigError, ContractError
from foncier.model import LayerReport
from foncier.readers import (
    cadastre,
    cnig,
    columns,
    destinations,
    edigeo,
    edigeo_sheets,
    fichiers_fonciers,
    files,
    frames,
    gtfs,
    gtfs_files,
    industrial_sites,
    insee,
    lovac,
    observations,
    ocs_ge,
    osm,
    owners,
    permits,
    planning,
    registers,
    repeated,
    sirene,
    streets,
    visits,
)
from foncier.readers.base import Target
from foncier.readers.report import Journal

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import geopandas as gpd
    import pyproj

    from foncier.model import LayerFile
    from foncier.readers.base import Reader

READERS: Mapping[tuple[str, str], Reader] = MappingProxyType(
    {
        ("parcels", "etalab-cadastre"): cadastre.parcels,
        ("parcels", "vector"): cadastre.parcels,
        ("parcels", "edigeo"): edigeo.parcels,
        ("buildings", "etalab-cadastre"): cadastre.buildings,
        ("buildings", "vector"): cadastre.buildings,
        ("buildings", "edigeo"): edigeo.buildings,
        ("buildings", "osm-xml"): osm.buildings,
        ("buildings", "osm-pbf"): osm.buildings,
        ("streets", "osm-xml"): osm.streets,
        ("streets", "osm-pbf"): osm.streets,
        ("streets", "edigeo"): edigeo.lines,
        ("streets", "lines"): streets.lines,
        ("zones", "vector"): planning.zones,
        ("constraints", "vector"): planning.constraints,
        ("constraints", "edigeo"): edigeo.constraints,
        ("constraints", "osm-xml"): osm.constraints,
        ("constraints", "osm-pbf"): osm.constraints,
        ("places", "vector"): destinations.vector,
        ("places", "latlon-json"): destinations.latlon,
        ("places", "osm-xml"): osm.places,
        ("places", "osm-pbf"): osm.places,
        ("inventory", "cnig"): cnig.inventory,
        ("observations", "vector"): observations.vector,
        ("observations", "osm-xml"): osm.observations,
        ("observations", "osm-pbf"): osm.observations,
        ("observations", "survey"): observations.survey,
        ("inventory", "ademe-sites"): industrial_sites.ademe,
        ("inventory", "casias"): industrial_sites.casias,
        ("observations", "icpe"): industrial_sites.icpe,
        ("observations", "fichiers-fonciers"): fichiers_fonciers.parcels,
        ("observations", "sirene"): sirene.sirene,
        ("observations", "dpe"): registers.dpe,
        ("observations", "dvf"): registers.dvf,
        ("observations", "rnb"): registers.rnb,
        ("observations", "bdnb"): registers.bdnb,
        ("observations", "premises"): registers.premises,
        ("observations", "visits"): visits.observations,
        ("population", "vector"): insee.population,
        ("vacancy_rates", "lovac"): lovac.lovac,
        ("districts", "vector"): planning.districts,
        ("prices", "dvf-communes"): registers.dvf_communes,
        ("transit", "gtfs"): gtfs.stops,
        ("envelope", "vector"): planning.envelope,
        ("land_units", "vector"): planning.land_units,
        ("owners", "personnes-morales"): owners.legal_persons,
        ("owners", "fichiers-fonciers"): owners.tax_data,
        ("prescriptions", "vector"): planning.prescriptions,
        ("permits", "sitadel"): permits.sitadel,
        ("perimeters", "vector"): planning.perimeters,
        ("artificial_land", "ocs-ge"): ocs_ge.artificial_land,
    }
)
# Formats whose rows a study may select by their columns.
WITH_WHERE = ("vector", "lines", "etalab-cadastre")
# Formats whose rows may be located by parcel ids only.
BY_PARCEL = ("ademe-sites", "casias", "fichiers-fonciers", "dvf", "premises", "sitadel", "survey")
# Of those, formats without coordinates: without parcels no row is kept.
ONLY_BY_PARCEL = ("fichiers-fonciers", "sitadel")
# Formats whose rows are of the study by their parcels, under whatever code of their commune.
BY_LOCATION = ("cnig", "personnes-morales", "sirene", "dpe")
# Formats that need the parcels first: to be located by them, or clipped around them.
AFTER_PARCELS = (*BY_PARCEL, *BY_LOCATION, "osm-pbf", "ocs-ge")
# Formats that may be a folder.
FINGERPRINTS: Mapping[str, Callable[[Path, str], str]] = MappingProxyType(
    {"edigeo": edigeo_sheets.fingerprint, "gtfs": gtfs_files.fingerprint}
)
CONTRACTS = {table.name: table for table in schemas.INPUTS}
GROUP = "foncier.formats"  # entry points, named ``layer.format``
_registered: dict[tuple[str, str], Reader] = {}
FORMATS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        layer: tuple(format_ for name, format_ in READERS if name == layer)
        for layer in dict.fromkeys(name for name, _ in READERS)
    }
)


def register_format(layer: str, format_: str, reader: Reader) -> None:
    """Add a format of a layer, which studies then write as ``format``.

    An installed package does the same by an entry point of the group ``foncier.formats``, named
    ``layer.format``.

    Parameters
    ----------
    layer
        Name of a layer.
    format_
        Name of the format.
    reader
        Function that reads a file; see `foncier.readers.base`.

    Raises
    ------
    ValueError
        No such layer.
    """
    if layer not in CONTRACTS:
        raise ValueError(f"no layer {layer}")
    _registered[(layer, format_)] = reader


def adapters() -> dict[tuple[str, str], Reader]:
    """Readers by layer and format: those of foncier, of other packages, and registered ones."""
    added = {}
    for name, adapter in load_plugins(GROUP):
        layer, _, format_ = name.partition(".")
        added[layer, format_] = adapter
    return {**added, **READERS, **_registered}


def formats(layer: str) -> tuple[str, ...]:
    """Names of the formats of a layer."""
    return tuple(format_ for name, format_ in adapters() if name == layer)


def fingerprint(file: LayerFile) -> str:
    """Return the SHA-256 of the file of a layer, of the files of its folder, or of its table.

    Raises
    ------
    SourceError, FormatError
        The file does not exist or cannot be read.
    """
    if file.frame is not None:
        return frames.fingerprint(file.frame)
    return FINGERPRINTS.get(file.format, files.sha256)(file.path, file.shown)


def read(
    file: LayerFile,
    *,
    crs: pyproj.CRS,
    communes: tuple[str, ...],
    parcels: gpd.GeoDataFrame | None = None,
    on: dt.date | None = None,
    bounds: tuple[float, float, float, float] | None = None,
) -> tuple[Any, LayerReport]:
    """Read one layer into its contract table, with the report on its rows.

    Parameters
    ----------
    file
        The file, its layer and its format (see `FORMATS`).
    crs
        Legal metric CRS of the study.
    communes
        INSEE codes of the study; rows of other communes are dropped, none when it is empty.
    parcels
        PARCELS of the study, for formats of `AFTER_PARCELS`; None without a cadastre.
    on, bounds
        Date of the study, and its west, south, east, north in metres: a timetable is read for that
        date and area. None when unknown.

    Returns
    -------
    The table of the layer (`foncier.schemas`), sorted by its key whatever the order of the file,
    and its `LayerReport`: rows read and kept, CRS of the file, SHA-256, notes.

    Raises
    ------
    ConfigError
        Unknown layer or format, columns that the format lacks, cadastre of other communes.
    SourceError, FormatError
        The file is missing, empty, truncated, or of another format.
    ContractError, CrsError
        A value that the contract does not allow; coordinates that do not fit the declared CRS.
    """
    adapter = adapters().get((file.layer, file.format))
    if adapter is None:
        raise _unknown_format(file)
    frames.check_format(file)
    if file.where and file.format not in WITH_WHERE:
        raise ConfigError("readers.where.format", path=file.shown, format=file.format)
    sha256 = fingerprint(file)
    journal = Journal()
    draft = adapter(file, Target(crs, communes, parcels, on, bounds), journal)
    contract = CONTRACTS[file.layer]
    key = contract.key[0]
    rows = columns.printable(draft.frame, journal)
    frame = repeated.unique_rows(rows, file.layer, key, journal=journal)
    try:
        table = contract.conform(frame.assign(**{key: frame[key].astype("str")}).sort_values(key))
    except ContractError as fault:
        raise type(fault)("readers.registry.contract", path=file.shown, why=fault) from fault
    return table, LayerReport(
        layer=file.layer,
        path=file.shown,
        format=file.format,
        sha256=sha256,
        rows_read=draft.rows_read,
        rows_kept=len(table),
        crs=draft.crs,
        vintage=file.vintage,
        source=file.source,
        licence=file.licence,
        notes=journal.notes,
    )


def _unknown_format(file: LayerFile) -> ConfigError:
    if file.layer not in FORMATS:
        return ConfigError(
            "readers.registry.no_such_layer",
            path=file.shown,
            layer=file.layer,
            layers=list(FORMATS),
        )
    return ConfigError(
        "readers.registry.no_such_format",
        path=file.shown,
        format=file.format,
        layer=file.layer,
        formats=FORMATS[file.layer],
    )
