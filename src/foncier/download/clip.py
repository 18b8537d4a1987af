"""Files of a whole country or département, of which a study keeps its own part only.

The whole is brought once for all studies (`foncier.download.cache`) and read as it unpacks,
never written on the disk unpacked; of what it holds only the columns named in the catalogue stay.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyproj
import shapely
from pyarrow import csv as arrow_csv

from foncier.crs import DEGREES
from foncier.download.bbox import degrees
from foncier.download.catalog import address_of, department_code
from foncier.download.client import RETRY, NoDataError
from foncier.download.datagouv import newest_resource
from foncier.errors import (
    CrsError,
    FoncierError,
    FormatError,
    SourceError,
)
from foncier.readers.report import complaint, some

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import BinaryIO

    import pandas as pd
    from numpy.typing import NDArray

    from foncier.download.catalog import Query, Source
    from foncier.download.client import Download, HttpClient

MAX_EXPANSION = 30  # a register shrinks to a sixth, text that says little to a twentieth
MAX_MEMBERS = 1000
BLOCK = 1 << 22  # bytes of a table that are looked at together
CELL = r"^CRS(?P<crs>\d{4,5})RES(?P<side>\d+)mN(?P<north>\d+)E(?P<east>\d+)$"
# All that a packed table says when it is cut short or is none.
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    UnicodeDecodeError,
    ValueError,
    NotImplementedError,
    RuntimeError,
    pa.ArrowException,
)


def download_clip(
    web: HttpClient, source: Source, place: Query, to: Path, known: Mapping[str, Any]
) -> Download:
    """The study's part of a larger file.

    The options of the source: ``resource`` and ``resource_format`` where the address is a dataset,
    ``member`` (and ``members`` by département) names the file in a zip, ``columns`` those that
    stay, ``cut`` how the part is told: ``rows`` of a CSV by their commune (the last of
    ``columns``), ``cells`` of INSEE's grid and ``features`` of a GeoJSON by the bounds;
    ``shared = false`` keeps the whole out of the cache.

    Raises
    ------
    FormatError
        Cut short, swollen beyond what a table can, without its member or its columns.
    NothingHereError
        No row of this place.
    """
    del known  # another place wants another part of the same whole
    wholes: list[Path] = []
    try:
        for communes in _by_whole(source, place):
            here = replace(place, communes=communes)
            whole = to.with_name(f"{to.name}.{communes[0]}.whole")
            named = "resource" in source.options
            address = newest_resource(web, source, to) if named else address_of(source, here)
            kept = bool(source.options.get("shared", True))
            came = web.get(address, whole, most_bytes=source.most_bytes, shared=kept)
            wholes.append(whole)
        CLIPS[source.options["cut"]](wholes, source, place, to)
    except FoncierError:
        raise
    except BROKEN as fault:
        if isinstance(fault, OSError) and fault.errno:  # the disk, not the file
            what = f"lecture ou écriture impossible ({fault.strerror})"
            raise SourceError(
                complaint(to.name, what, "Vérifiez les droits et la place.")
            ) from fault
        what = "fichier tronqué, abîmé ou d'un autre format qu'attendu"
        raise FormatError(complaint(address, what, RETRY)) from fault
    finally:
        for whole in wholes:  # one that is cut stays, to be gone on with
            whole.unlink(missing_ok=True)
    return replace(web.made(to), etag=came.etag, modified=came.modified)


def _by_whole(source: Source, place: Query) -> list[tuple[str, ...]]:
    """The study's communes by the file that holds them: one a département, or one for all."""
    if "{dep}" not in source.address:
        return [place.communes]
    covered = [commune for commune in place.communes if source.covers(commune)]
    by_dep: dict[str, list[str]] = {}
    for commune in covered:
        by_dep.setdefault(department_code(commune), []).append(commune)
    return [tuple(communes) for communes in by_dep.values()]


def _rows(wholes: Sequence[Path], source: Source, place: Query, to: Path) -> None:
    """Rows of the study's communes, in the order of the files."""
    names = list(source.options["columns"])
    kept = 0
    with to.open("w", encoding="utf-8", newline="") as file:
        made = csv.writer(file, lineterminator="\n")
        made.writerow(names)
        for whole in wholes:
            for part in _parts(whole, source, place):
                here = part[part[names[-1]].isin(place.communes)]
                made.writerows(here.itertuples(index=False))
                kept += len(here)
    if not kept:
        raise _nothing(source)


def _cells(wholes: Sequence[Path], source: Source, place: Query, to: Path) -> None:
    """Cells whose middle lies inside the bounds in their own system, which their ids tell."""
    features: list[dict[str, Any]] = []
    for part in _parts(wholes[0], source, place):
        system, east, north = _middles(part.iloc[:, 0], source)
        moved = pyproj.Transformer.from_crs(system, DEGREES, always_xy=True)
        west_m, south_m, east_m, north_m = moved.transform_bounds(
            *degrees(source, place), direction="INVERSE"
        )
        near = (east >= west_m) & (east <= east_m) & (north >= south_m) & (north <= north_m)
        spots = zip(*moved.transform(east[near], north[near]), strict=True)
        here: Any = part[near].to_dict("records")
        features += [
            _feature(row, shapely.Point(spot)) for row, spot in zip(here, spots, strict=True)
        ]
    _collected(features, source, to)


def _middles(
    ids: pd.Series[str], source: Source
) -> tuple[pyproj.CRS, NDArray[np.float64], NDArray[np.float64]]:
    """System, eastings and northings of the middles of cells, which their ids tell."""
    read = pc.extract_regex(pa.array(ids, pa.string()), CELL)
    if read.null_count:
        strange = ids[np.asarray(read.is_null())]
        what = f"identifiants de carreaux inattendus ({some(strange)})"
        raise FormatError(complaint(source.label, what, RETRY))
    east, north, side = (
        np.asarray(pc.cast(read.field(name), pa.float64())) for name in ("east", "north", "side")
    )
    systems = pc.unique(read.field("crs"))
    if len(systems) != 1:
        what = f"carreaux de plusieurs systèmes ({some(systems)})"
        raise FormatError(complaint(source.label, what, RETRY))
    return pyproj.CRS.from_epsg(int(str(systems[0]))), east + side / 2, north + side / 2


def _features(wholes: Sequence[Path], source: Source, place: Query, to: Path) -> None:
    """Features that touch the bounds."""
    names = list(source.options["columns"])
    with _opened(wholes[0], source, place) as stream:
        every = json.load(stream)
    rows = every.get("features") if isinstance(every, dict) else None
    if not rows or not all(isinstance(row, dict) for row in rows):
        raise FormatError(complaint(source.label, "ce n'est pas du GeoJSON", RETRY))
    gone = [n for n in names if not any(n in (row.get("properties") or {}) for row in rows)]
    if gone:
        there = sorted(set().union(*(row.get("properties") or {} for row in rows)))
        what = f"colonnes {some(gone)} absentes (il y a {some(there)})"
        raise FormatError(complaint(source.label, what, RETRY))
    shapes = shapely.from_geojson([json.dumps(row.get("geometry")) for row in rows])
    inside = _here(shapes, source, place)
    features = [
        _feature({name: row["properties"].get(name) for name in names}, shape)
        for row, shape in zip(np.array(rows)[inside], shapes[inside], strict=True)
    ]
    _collected(features, source, to)


def _here(shapes: NDArray[Any], source: Source, place: Query) -> NDArray[np.bool_]:
    """Which shapes touch the bounds, once their axes are seen to be longitude and latitude.

    Raises
    ------
    CrsError
        Latitude and longitude are swapped, or they are no degrees: all would lie elsewhere, and
        the layer would be thought empty.
    """
    box = shapely.box(*degrees(source, place))
    inside: NDArray[np.bool_] = shapely.intersects(shapes, box)
    west, south, east, north = shapely.total_bounds(shapes)
    swapped = shapely.transform(box, lambda xy: xy[:, ::-1])
    what = ""
    if min(west, south) < -180 or max(east, north) > 180:
        what = "coordonnées qui ne sont pas des degrés"
    elif not inside.any() and shapely.intersects(shapes, swapped).any():
        what = "latitudes et longitudes inversées"
    if what:
        raise CrsError(complaint(source.label, what, RETRY))
    return inside


CLIPS: Mapping[str, Callable[[Sequence[Path], Source, Query, Path], None]] = MappingProxyType(
    {"rows": _rows, "cells": _cells, "features": _features}
)


def _feature(properties: Mapping[str, Any], shape: shapely.Geometry) -> dict[str, Any]:
    exact = json.loads(shapely.to_geojson(shapely.set_precision(shape, 1e-7, mode="pointwise")))
    return {"type": "Feature", "properties": dict(properties), "geometry": exact}


def _collected(features: Sequence[Mapping[str, Any]], source: Source, to: Path) -> None:
    if not features:
        raise _nothing(source)
    first = source.options["columns"][0]
    ordered = sorted(features, key=lambda row: str(row["properties"][first]))
    text = json.dumps({"type": "FeatureCollection", "features": ordered}, ensure_ascii=False)
    to.write_text(text, encoding="utf-8", newline="\n")


def _nothing(source: Source) -> NoDataError:
    todo = "La couche reste absente ; si elle doit y être, vérifiez le code INSEE."
    return NoDataError(complaint(source.label, "rien à cet endroit", todo))


def _parts(whole: Path, source: Source, place: Query) -> Iterator[pd.DataFrame]:
    """Rows some at a time, every cell as text, of the columns named in the catalogue.

    Raises
    ------
    FormatError
        A column is not there.
    """
    names = list(source.options["columns"])
    with _opened(whole, source, place) as stream:
        head = stream.readline().decode("utf-8-sig").rstrip("\r\n")
    separator = max(";,\t", key=head.count)
    there = [name.strip('"') for name in head.split(separator)]
    own = {name.lower(): name for name in there}
    gone = [name for name in names if name.lower() not in own]
    if gone:
        what = f"colonnes {some(gone)} absentes (il y a {some(there)})"
        raise FormatError(complaint(source.label, what, RETRY))
    chosen = [own[name.lower()] for name in names]
    with (
        _opened(whole, source, place) as stream,
        arrow_csv.open_csv(
            stream,
            read_options=arrow_csv.ReadOptions(block_size=BLOCK),
            parse_options=arrow_csv.ParseOptions(delimiter=separator, newlines_in_values=True),
            convert_options=arrow_csv.ConvertOptions(
                include_columns=chosen,
                column_types=dict.fromkeys(chosen, pa.string()),
                strings_can_be_null=False,
            ),
        ) as reader,
    ):
        for batch in reader:
            frame = batch.to_pandas()
            frame.columns = names
            if len(frame):
                yield frame


@contextmanager
def _opened(whole: Path, source: Source, place: Query) -> Iterator[BinaryIO]:
    """The table in a file, unpacked as it is read, within limits."""
    most = max(1 << 24, MAX_EXPANSION * whole.stat().st_size)
    with whole.open("rb") as begun:
        magic = begun.read(4)
    if magic.startswith(b"PK"):
        with zipfile.ZipFile(whole) as archive:
            info = _member(archive, source, place)
            with archive.open(info) as packed:
                yield io.BufferedReader(_Bounded(packed, most, source.label))
    elif magic.startswith(b"\x1f\x8b"):
        with gzip.open(whole) as packed:
            yield io.BufferedReader(_Bounded(packed, most, source.label))
    else:
        with whole.open("rb") as plain:
            yield plain


def _member(archive: zipfile.ZipFile, source: Source, place: Query) -> zipfile.ZipInfo:
    """The one file of an archive that the catalogue names."""
    every = archive.infolist()
    by_dep = source.options.get("members", {})
    wanted = by_dep.get(department_code(place.communes[0]), source.options.get("member", ""))
    found = [info for info in every if re.search(wanted, info.filename, re.IGNORECASE)]
    if len(found) != 1 or len(every) > MAX_MEMBERS:
        names = some([info.filename for info in (found or every)])
        what = f"un fichier attendu dans l'archive, trouvé : {names}"
        raise FormatError(complaint(source.label, what, RETRY))
    return found[0]


class _Bounded(io.RawIOBase):
    """A stream that ends in an error rather than in more bytes than a table can hold."""

    def __init__(self, packed: Any, most: int, label: str) -> None:
        self.packed, self.left, self.label = packed, most, label

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read some bytes; none at the end."""
        some_ = self.packed.read(len(buffer))
        self.left -= len(some_)
        if self.left < 0:
            what = "archive démesurée une fois décompressée"
            raise FormatError(complaint(self.label, what, RETRY))
        buffer[: len(some_)] = some_
        return len(some_)
