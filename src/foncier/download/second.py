"""Second sources: what stands in for a service that does not answer, in the same layout.

A second source says so by its attribution, which the list of layers, the manifest and the credits
of the map state.
"""

from __future__ import annotations

import csv
import gzip
import json
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import shapely

from foncier.download.catalog import address_of
from foncier.download.client import Download, NoDataError, join_url
from foncier.download.paged_json import MAX_PAGES, columns_missing, read_json
from foncier.download.responses import RETRY
from foncier.download.wfs import read_features, typenames
from foncier.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from foncier.download.catalog import Query, Source
    from foncier.download.client import HttpClient

# Columns of the CNIG layout that may name a person: they are not kept.
PERSONAL = ("proprio_nom", "source_contact")
REQUIRED = (
    "site_id",
    "site_nom",
    "site_type",
    "comm_insee",
    "site_identif_date",
    "site_actu_date",
    "source_nom",
)
PLANNED = "En projet"  # a building that is not there yet


def second_of(source: Source) -> Source | None:
    """Source that stands in for another, with the same file and layers; None without one."""
    row = source.options.get("second")
    if not row:
        return None
    options = {key: value for key, value in row.items() if key not in {"form", "address"}}
    return replace(
        source,
        form=row["form"],
        address=row["address"],
        attribution=row["attribution"],
        options={**options, "second": None},
    )


def download_parcels(
    client: HttpClient, source: Source, query: Query, path: Path, validators: Mapping[str, Any]
) -> Download:
    """Download the parcels of PCI Express (IGN) of a commune, in the layout of Etalab."""
    del validators
    rows = read_features(client, source, query, path, typenames(source)[0]).values()
    _check_column(source, rows, "idu")
    return _write(source, path, [_parcel(row) for row in rows])


def _check_column(source: Source, rows: Iterable[Mapping[str, Any]], name: str) -> None:
    columns = set().union(*(row.get("properties", {}) for row in rows))
    if rows and name not in columns:
        raise columns_missing(source.address, [name], columns)


def _parcel(row: Mapping[str, Any]) -> dict[str, Any]:
    found = row["properties"]
    idu = str(found["idu"])
    properties = {
        "id": idu,
        "commune": idu[:5],
        "prefixe": idu[5:8],
        "section": idu[8:10].lstrip("0"),
        "numero": idu[10:].lstrip("0"),
        "contenance": found.get("contenance"),
    }
    return {"type": "Feature", "properties": properties, "geometry": row["geometry"]}


def download_buildings(
    client: HttpClient, source: Source, query: Query, path: Path, validators: Mapping[str, Any]
) -> Download:
    """Download the buildings of BD TOPO (IGN) of a commune, in the layout of Etalab.

    The layer has no commune: the outline of the commune is asked first. Buildings that are only
    planned are left out; a light construction is of the type 02.
    """
    del validators
    outlines = read_features(client, source, query, path, source.options["outline"]).values()
    if not outlines:
        raise NoDataError("download.no_data", source=source.title)
    commune = shapely.union_all(_shapes(outlines))
    inside = {key: value for key, value in source.options.items() if key != "cql"}
    bounded = replace(source, options={**inside, "sort_by": "cleabs"})
    place = replace(query, bounds=tuple(shapely.bounds(commune).tolist()))
    rows = list(read_features(client, bounded, place, path, typenames(source)[0]).values())
    _check_column(source, rows, "cleabs")
    kept = shapely.intersects(commune, shapely.force_2d(_shapes(rows)))
    return _write(
        source,
        path,
        [
            _building(row)
            for row, here in zip(rows, kept, strict=True)
            if here and row["properties"].get("etat_de_l_objet") != PLANNED
        ],
    )


def _shapes(rows: Any) -> Any:
    return shapely.from_geojson([json.dumps(row.get("geometry")) for row in rows])


def _building(row: Mapping[str, Any]) -> dict[str, Any]:
    found = row["properties"]
    names = ("cleabs", "etat_de_l_objet", "usage_1", "hauteur", "nombre_d_etages")
    light = str(found.get("construction_legere")).lower() in {"true", "1", "oui"}
    flat = shapely.force_2d(shapely.from_geojson(json.dumps(row["geometry"])))
    return {
        "type": "Feature",
        "properties": {n: found.get(n) for n in names} | {"type": "02" if light else "01"},
        "geometry": json.loads(shapely.to_geojson(flat)),
    }


def _write(source: Source, path: Path, features: Sequence[Mapping[str, Any]]) -> Download:
    if not features:
        raise NoDataError("download.no_data", source=source.title)
    text = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)
    path.write_bytes(gzip.compress(text.encode(), mtime=0))
    return _said(Download.assembled(path), source, source.address)


def download_sites(
    client: HttpClient, source: Source, query: Query, path: Path, validators: Mapping[str, Any]
) -> Download:
    """Download the sites of the API of Cartofriches, with their outlines, in the CNIG layout.

    Raises
    ------
    NoDataError
        No site in these communes.
    FormatError
        An answer without a list of features, or without any outline or parcel: the file of the
        inventory tells as much.
    """
    del validators
    rows: dict[str, dict[str, Any]] = {}
    for commune in query.communes:
        address: str | None = address_of(source, replace(query, communes=(commune,)))
        for _ in range(MAX_PAGES):
            if address is None:
                break
            client.get(address, path, max_bytes=source.most_bytes)
            answer = read_json(path, address)
            found = answer.get("features")
            if not isinstance(found, list):
                raise FormatError("download.wfs.not_geojson", address=address, retry=RETRY)
            rows |= {str((row.get("properties") or {}).get("site_id")): row for row in found}
            link = answer.get("next")
            address = join_url(address, str(link)) if link else None
    if not rows:
        raise NoDataError("download.no_data", source=source.title)
    sites = [_site(row) for _, row in sorted(rows.items())]
    if not any(site.get("geomsurf") or site.get("unite_fonciere_refcad") for site in sites):
        path.unlink()
        raise FormatError("download.second.no_outline", address=source.address, retry=RETRY)
    _write_sites(sites, path)
    return _said(Download.assembled(path), source, address_of(source, query))


def _site(row: Mapping[str, Any]) -> dict[str, Any]:
    shape = shapely.from_geojson(json.dumps(row.get("geometry")))
    texts = {key: _text(value) for key, value in (row.get("properties") or {}).items()}
    if shape is not None and not shape.is_empty:
        texts["geompoint"] = shapely.to_wkt(shapely.point_on_surface(shape), rounding_precision=7)
        if shapely.get_dimensions(shape) == 2:
            texts["geomsurf"] = shapely.to_wkt(shape, rounding_precision=7)
    return texts


def _text(value: Any) -> Any:
    return "|".join(map(str, value)) if isinstance(value, list) else value


def _write_sites(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    names = sorted({key for row in rows for key in row} - {*PERSONAL, *REQUIRED})
    columns = [*REQUIRED, *(n for n in names if n not in {"geompoint", "geomsurf"})]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(
            file,
            [*columns, "geompoint", "geomsurf"],
            extrasaction="ignore",
            delimiter=";",
            lineterminator="\n",
        )
        writer.writeheader()
        writer.writerows(rows)


def _said(download: Download, source: Source, address: str) -> Download:
    return replace(download, attribution=source.attribution, address=address)


SECONDS: Mapping[str, Callable[[HttpClient, Source, Query, Path, Mapping[str, Any]], Download]] = (
    MappingProxyType(
        {"pci": download_parcels, "bdtopo": download_buildings, "cartofriches": download_sites}
    )
)
