"""Read a result folder: its manifest and the tables of its GeoPackages, each on demand."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyogrio
import pyproj
import shapely

from foncier._util import gdal, geopackage
from foncier._util.destination import MANIFEST, is_unchanged
from foncier.errors import ConfigError, FoncierError, FormatError
from foncier.i18n import Localized, cleaned, localized
from foncier.results.contents import Edits, check_columns, edits
from foncier.results.descriptions import Description, read_descriptions, typed
from foncier.results.layers import (
    CHECKED,
    FORMER_COLUMNS,
    GEOPACKAGE,
    GEOPACKAGES,
    OPTIONAL,
    SHARED,
    SITES,
    Layer,
    present_layer,
    stored_column,
    stored_layer,
)
from foncier.results.manifest import mixed_files
from foncier.results.queries import among, batches

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from foncier.i18n import Lang

    Box = tuple[float, float, float, float]

UNREADABLE = (
    pyogrio.errors.DataSourceError,
    pyogrio.errors.DataLayerError,
    shapely.errors.ShapelyError,
    sqlite3.Error,
    OSError,
    ValueError,
    KeyError,
    TypeError,
)
FACTS = ("title", "communes", "profile", "fictional", "edition", "crs")  # of a manifest


@dataclass(frozen=True)
class SavedResult:
    """A result folder: facts about the result, and its tables, read on demand.

    A layer or a column is asked for by its present name, whatever the version of foncier that
    wrote the file (see `foncier.results.layers`). Title, communes, edition and the like come from
    the manifest, or from the GeoPackage where no manifest can be read; ``mixed_files`` says so.

    Examples
    --------
    >>> result = read_saved(folder)  # doctest: +SKIP
    >>> result.title, result.edition  # doctest: +SKIP
    >>> sites = result.table("opportunites", columns=["kind", "overall_rank"])  # doctest: +SKIP
    >>> evidence = result.table("indices", ids=["FR-80021_1"])  # doctest: +SKIP
    >>> near = result.table("batiments", bbox=(650000, 6977000, 651000, 6978000))  # doctest: +SKIP
    """

    folder: Path
    paths: tuple[Path, ...]

    @cached_property
    def manifest(self) -> Mapping[str, Any]:
        """The manifest.

        Raises
        ------
        ConfigError
            There is none.
        FormatError
            It cannot be read.
        """
        if not (self.folder / MANIFEST).is_file():
            raise _no_result(self.folder, MANIFEST)
        with self._readable():
            return {**cleaned(json.loads((self.folder / MANIFEST).read_text(encoding="utf-8")))}

    @cached_property
    def _facts(self) -> Mapping[str, Any]:
        try:
            return {**self._metadata, **self.manifest}
        except (ConfigError, FormatError):
            return self._metadata

    @cached_property
    def _metadata(self) -> Mapping[str, Any]:
        query = "SELECT metadata FROM gpkg_metadata WHERE id = 1"
        with self._readable(), self._database() as base:
            metadata: dict[str, Any] = cleaned(json.loads(base.execute(query).fetchone()[0]))
        return metadata

    def _fact(self, name: str) -> Any:
        with self._readable():
            return self._facts[name]

    @property
    def title(self) -> str:
        """Title of the study."""
        return str(self._fact("title"))

    @property
    def communes(self) -> tuple[str, ...]:
        """INSEE codes of the study."""
        return tuple(self._fact("communes"))

    @property
    def profile(self) -> str:
        """Name of the rule set."""
        with self._readable():
            return str(self._facts["profile"]["name"])

    @property
    def fictional(self) -> bool:
        """Whether the data are those of a demonstration."""
        return bool(self._fact("fictional"))

    @property
    def edition(self) -> dt.date | None:
        """Date of the deliverables; None when undated."""
        written = self._fact("edition")
        with self._readable():
            return dt.date.fromisoformat(written) if written else None

    @property
    def lang(self) -> Lang:
        """Language of aliases and titles, ``fr`` or ``en``."""
        with self._readable():
            return "en" if self._metadata["lang"] == "en" else "fr"

    @cached_property
    def crs(self) -> pyproj.CRS:
        """Legal metric CRS of the layers."""
        with self._readable():
            written = self._facts.get("crs") or pyogrio.read_info(self.paths[0], SITES)["crs"]
            return pyproj.CRS.from_user_input(written)

    @property
    def study_area(self) -> shapely.Geometry | None:
        """Area that was searched; None in the result of an older version."""
        written = self.manifest.get("study_area_wkt")
        with self._readable():
            return shapely.from_wkt(written) if written else None

    @cached_property
    def mixed_files(self) -> tuple[str, ...]:
        """Files that are not those of the manifest: two runs in one folder, or replaced since."""
        return mixed_files(self.folder)

    @cached_property
    def edits(self) -> Mapping[str, Edits]:
        """What people changed in each GeoPackage since it was written; empty if nothing.

        A file without a record of its content (version 0.1.0) is left out.
        """
        made = self._facts.get("deliverables", {})
        changed = [p for p in self.paths if not is_unchanged(p, made.get(p.name, ""))]
        found = {path.name: edits(path) for path in changed}
        return {name: one for name, one in found.items() if one and one.readable}

    @property
    def edit_warnings(self) -> tuple[Localized, ...]:
        """A warning for each GeoPackage whose values people changed; a saved project is none."""
        return tuple(
            localized("results.edited", folder=self.folder.name, file=name, tables=one.in_data)
            for name, one in self.edits.items()
            if one.in_data
        )

    @property
    def mixed_geopackages(self) -> tuple[str, ...]:
        """GeoPackages among the mixed files."""
        return tuple(name for name in self.mixed_files if GEOPACKAGES.fullmatch(name))

    @cached_property
    def descriptions(self) -> Mapping[str, Description]:
        """Metadata of each table but views and styles, by name, in the order of the file."""
        with self._readable(), self._database() as base:
            return read_descriptions(base)

    @property
    def names(self) -> tuple[str, ...]:
        """Present names of the layers, in the order of the file."""
        return tuple(present_layer(name) for name in self.descriptions)

    def describe(self, name: str) -> Description | None:
        """Describe a layer, asked for by its present or former name; None if there is none."""
        return self.descriptions.get(stored_layer(name, self.descriptions))

    def layer(self, name: str) -> Layer | None:
        """Read a whole layer under the names that the file uses; None if there is none."""
        description = self.describe(name)
        if description is None:
            return None
        with self._readable():
            frame = self._read(description)
        return Layer(
            description.name,
            Localized(description.title, description.title),
            description.columns,
            description.shape,
            frame,
        )

    def layers(self) -> Iterator[Layer]:
        """Read every layer, one after the other, as `layer` does."""
        for name in self.descriptions:
            layer = self.layer(name)
            if layer is not None:
                yield layer

    def table(
        self,
        name: str,
        *,
        columns: Sequence[str] | None = None,
        ids: Sequence[str] | None = None,
        key: str = "opportunity_id",
        where: str | None = None,
        bbox: Box | None = None,
        geometry: bool = True,
        limit: int | None = None,
    ) -> Any:
        """Read a layer, or some of its rows or columns, under present names.

        Parameters
        ----------
        name
            Present or former name of the layer.
        columns
            Columns to read, by present or former name; all when None.
        ids, key
            Rows whose column ``key`` is one of ``ids``; all when None.
        where
            Condition in SQL on the columns of the file, instead of ``ids``.
        bbox
            West, south, east, north in metres: rows that meet this box.
        geometry
            False reads a plain table.
        limit
            Most rows that are read of each file.

        Returns
        -------
        GeoDataFrame in the legal metric CRS, or DataFrame. Columns have the types of
        `foncier.schemas`; unknown is NaN. An optional layer that is missing gives an empty table.

        Raises
        ------
        FormatError
            The file cannot be read, is of another version, or lacks this layer or a column.
        ContractError
            A table does not conform to its schema.
        """
        now, description = present_layer(name), self.describe(name)
        if description is None and now in OPTIONAL:
            return _empty(now, self.crs, columns, geometry=geometry)
        renamed = FORMER_COLUMNS.get(now, {})
        asked: dict[str, Any] = {"where": where, "bbox": bbox, "read_geometry": geometry}
        if limit is not None:
            asked["max_features"] = limit
        with self._readable():
            if description is None:
                raise KeyError(name)
            check_columns(self.paths, description.name, columns)
            if columns is not None:
                asked["columns"] = [
                    stored_column(now, c, description.column_names) for c in columns
                ]
            frame = self._read(description, key=key, ids=ids, **asked)
            frame = frame.rename(columns={former: new for new, former in renamed.items()})
            whole = columns is None and now in CHECKED
            all_rows = ids is None and where is None and bbox is None
            return CHECKED[now].conform(frame, check_values=all_rows) if whole else frame

    def _read(
        self,
        description: Description,
        *,
        key: str = "",
        ids: Sequence[str] | None = None,
        **asked: Any,
    ) -> Any:
        """Read the rows of a layer from every file, under the names that the file uses."""
        paths = self.paths[:1] if description.name in SHARED else self.paths
        for path in paths:
            if not self._tables[path].get(description.name):
                raise KeyError(description.name)
        if ids is None:
            queries = [asked]
        else:
            queries = [{**asked, "where": among(key, some)} for some in batches(ids)]
        read = [
            pyogrio.read_dataframe(path, layer=description.name, use_arrow=True, **query)
            for path in paths
            for query in queries
        ]
        full = [part for part in read if len(part)]
        frame = pd.concat(full, ignore_index=True) if len(full) > 1 else (full or read)[0]
        if description.name == SITES and len(self.paths) > 1:  # the rank is one for all files
            rank = next((c for c in ("overall_rank", "rank") if c in frame), None)
            if rank and "opportunity_id" in frame:
                by = [rank, "opportunity_id"]
                frame = frame.sort_values(by, na_position="last", kind="stable", ignore_index=True)
        if "columns" not in asked:  # a column of a type that no table of foncier has is left out
            known = {*description.column_names, "geometry"}
            frame = frame[[name for name in frame.columns if name in known]]
        return typed(frame, description.columns)

    @cached_property
    def _tables(self) -> Mapping[Path, Mapping[str, bool]]:
        """Layers of each file; True for a table. A view is a query of the file: it is not read."""
        return {path: geopackage.layers(path) for path in self.paths}

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        with closing(geopackage.open_read_only(self.paths[0])) as base:
            yield base

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            with gdal.confined():
                yield
        except FoncierError:
            raise
        except UNREADABLE as reason:
            raise FormatError(
                "results.not_readable", folder=self.folder.name, why=reason
            ) from reason


def read_saved(folder: Path, *, with_manifest: bool = False) -> SavedResult:
    """Open a result folder: ``opportunites.gpkg``, or the GeoPackages of its départements.

    Parameters
    ----------
    folder
        Folder of a result.
    with_manifest
        Refuse a folder without a manifest that holds the facts of a result.

    Raises
    ------
    ConfigError
        The folder has no result, or one of its GeoPackages is missing.
    FormatError
        The manifest is required and cannot be read.
    """
    if with_manifest and not (folder / MANIFEST).is_file():
        raise _no_result(folder, MANIFEST)
    names = _in_manifest(folder) or _in_folder(folder)
    missing = [name for name in names if not (folder / name).is_file()]
    if missing or not names:
        raise _no_result(folder, ", ".join(missing) or GEOPACKAGE)
    result = SavedResult(folder, tuple(folder / name for name in names))
    if with_manifest:
        with result._readable():
            for fact in FACTS:
                result.manifest[fact]
    return result


def _no_result(folder: Path, file: str) -> ConfigError:
    return ConfigError("results.no_result", folder=folder.name, file=file)


def _in_manifest(folder: Path) -> list[str]:
    """GeoPackages listed in the manifest; none without a readable manifest."""
    try:
        names = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["deliverables"]
        return sorted(name for name in names if GEOPACKAGES.fullmatch(name))
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _in_folder(folder: Path) -> list[str]:
    if (folder / GEOPACKAGE).is_file() or not folder.is_dir():
        return [GEOPACKAGE]
    return sorted(one.name for one in folder.iterdir() if GEOPACKAGES.fullmatch(one.name))


def _empty(name: str, crs: pyproj.CRS, columns: Sequence[str] | None, *, geometry: bool) -> Any:
    table = OPTIONAL[name].empty(crs)
    names = list(table.columns) if columns is None else [*columns, "geometry"]
    return table[[c for c in names if c in table and (geometry or c != "geometry")]]
