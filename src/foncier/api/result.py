"""What a run found, as tables; scored again, explained, drawn and written in other forms."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from foncier._util.atomic_write import write_atomically
from foncier._util.destination import MANIFEST
from foncier._util.scratch import scratch_folder
from foncier.api import rescore, saved
from foncier.api.explain import Explanation, gather
from foncier.api.views import LAYERS, FolderView, MemoryView, Tables
from foncier.results import explain, read_saved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import folium
    import geopandas as gpd
    import networkx as nx
    import pandas as pd
    import pyproj
    from matplotlib.axes import Axes

    from foncier.model import ResultTables
    from foncier.study.config import Study as StudyConfig

    Lang = Literal["fr", "en"]

EXPLORED = ("label", "kind", "area_m2", "confidence", "score", "overall_rank", "opportunity_id")


class Result:
    """Opportunities of a study, what they rest on, and what was rejected.

    `foncier.run` and `foncier.read_result` make one. Every table is a copy: changing it changes
    nothing else. Geometries are in the legal metric CRS of the territory (`crs`), distances in
    metres, times in minutes, shares and scores from 0 to 1. A missing value is unknown, never 0.
    ``table.attrs["fr"]`` and ``["en"]`` give the words of each column, ``["units"]`` its unit.

    Examples
    --------
    >>> import foncier as fo
    >>> best = result.opportunities.iloc[0]
    >>> best["label"], int(best["overall_rank"]), float(round(best["station_min"], 1))
    ('Ateliers de la Vallée', 1, 5.4)
    """

    def __init__(self, view: MemoryView | FolderView, config: StudyConfig | None = None) -> None:
        self._view, self._config = view, config

    @property
    def crs(self) -> pyproj.CRS:
        """Legal metric CRS of every geometry."""
        if isinstance(self._view, FolderView):
            return self._view.saved.crs
        crs: pyproj.CRS = self._view.tables.candidates.crs
        return crs

    @property
    def title(self) -> str:
        """Title of the study."""
        view = self._view
        return view.saved.title if isinstance(view, FolderView) else view.tables.title

    @cached_property
    def layers(self) -> Tables:
        """Every table by its name: those below, and ``streets``, ``buildings``, ``loop`` and more.

        A mapping that reads a table when it is asked for; ``list(result.layers)`` gives the names.
        ``sources`` are the layers read, each with its rows, CRS, vintage and licence; ``missing``
        says what was not there and what the result lacks without it.
        """
        return Tables(self._view)

    @property
    def opportunities(self) -> gpd.GeoDataFrame:
        """Opportunities, best ranked first; one row a site.

        ``opportunity_id``, ``kind`` (``friche``, ``dent_creuse``, ``batiment_non_affecte``,
        ``terrain_divisible``), ``name`` (may be missing), ``label`` (never missing: name, else
        address, else parcels), ``area_m2``, ``confidence``, ``score`` and its bounds ``score_low``,
        ``score_high``, ``coverage`` (share of the weights that is known), ``overall_rank`` with
        ``rank_low`` and ``rank_high`` (90 % of the draws of weights), ``warnings``, then one
        ``criterion_…`` a criterion and ``…_min``, ``…_m``, ``…_bike_min`` a destination.
        """
        found: gpd.GeoDataFrame = self.layers["opportunities"]
        return found

    @property
    def rejections(self) -> gpd.GeoDataFrame:
        """Parcels that are no opportunity, each with the rule that stopped it.

        ``value``, ``threshold`` and ``margin`` are in ``unit``; ``reason_fr`` and ``reason_en`` say
        it in words.
        """
        found: gpd.GeoDataFrame = self.layers["rejections"]
        return found

    @property
    def tests(self) -> pd.DataFrame:
        """Every rule that every parcel went through: value, threshold, margin, passed.

        ``passed`` is missing where the value is unknown.
        """
        found: pd.DataFrame = self.layers["tests"]
        return found

    @property
    def evidence(self) -> pd.DataFrame:
        """Dated evidence for or against vacancy, with its weight (log-odds) and its source."""
        found: pd.DataFrame = self.layers["evidence"]
        return found

    @property
    def access(self) -> pd.DataFrame:
        """Way from each opportunity to each destination, on foot and by bike.

        Long: ``opportunity_id``, ``target``, ``place``, ``distance_m``, ``time_min``,
        ``detour_index``… Missing where no way is known.
        """
        found: pd.DataFrame = self.layers["access"]
        return found

    @property
    def criterion_scores(self) -> pd.DataFrame:
        """Score of each opportunity by criterion, from 0 to 1, with the weight of the criterion.

        Long: ``opportunity_id``, ``criterion``, ``label_fr``, ``label_en``, ``criterion_score``,
        ``weight``.
        """
        found: pd.DataFrame = self.layers["criterion_scores"]
        return found

    @property
    def assemblies(self) -> gpd.GeoDataFrame:
        """Groups of parcels that pass the rules together and fail alone; empty if not sought."""
        from foncier import schemas  # noqa: PLC0415 (slow to import)

        empty = "assemblies" not in self.layers
        found: gpd.GeoDataFrame = (
            schemas.ASSEMBLIES.empty(self.crs) if empty else self.layers["assemblies"]
        )
        return found

    def explain(self, id: str, *, lang: Lang = "fr") -> Explanation:  # noqa: A002 (as the command)
        """Say why an opportunity is listed, or why a parcel is not.

        Parameters
        ----------
        id
            An ``opportunity_id``, or a parcel of 14 characters.
        lang
            ``fr`` or ``en``.

        Raises
        ------
        ConfigError
            Nothing has this id; the nearest ids are named.
        """
        if isinstance(self._view, MemoryView):
            return Explanation(gather(self._view, id), lang)
        return Explanation(explain(self._view.saved, id), lang)

    def score(
        self, weights: Mapping[str, float] | None = None, *, project: str | None = None
    ) -> Result:
        """Score and rank the opportunities again, with other weights.

        Nothing is measured again: the measures that the run stored are used, for every criterion.
        With no argument the scores and ranks are those of this result. The isochrones stay those
        of the first sites of the run.

        Parameters
        ----------
        weights
            Weight by criterion; the others keep theirs. 0 leaves a criterion out.
        project
            Kind of project whose weights are taken first: ``logement``, ``tiers_lieu``…

        Returns
        -------
        A new result; this one is unchanged.

        Raises
        ------
        ConfigError
            An unknown criterion or project (the near name is offered), a weight that is no
            positive number, or a result that stores no measures (version 0.1.0).

        Examples
        --------
        >>> import foncier as fo
        >>> other = result.score({"station": 5, "loop": 0})
        >>> set(other.criterion_scores["criterion"]) >= {"station"}
        True
        """
        rescore.measures_of(self._whole)  # asked first: a result of version 0.1.0 has none
        tables = rescore.rescored(self._whole, self._settings, weights, project)
        return Result(MemoryView(tables), self._settings)

    def explore(self, column: str = "kind", *, lang: Lang = "fr", **settings: Any) -> folium.Map:
        """Interactive map of the opportunities.

        Parameters
        ----------
        column
            Column of `opportunities` that gives the colours: numbers on a scale, words one each.
        lang
            Language of the names in the tooltip.
        **settings
            Passed on to `folium.Map`: ``tiles`` (None: no background), ``width``, ``height``…

        Returns
        -------
        A map in degrees, which a notebook shows.

        Raises
        ------
        ConfigError
            No such column (the near name is offered).
        """
        from foncier.api.explore import draw  # noqa: PLC0415 (slow to import)

        return draw(self.opportunities, column, lang=lang, **settings)

    def plot(self, column: str = "kind", **settings: Any) -> Axes:
        """Plan of the opportunities with the axis and the loop, as `GeoDataFrame.plot` draws it.

        Parameters
        ----------
        column
            Column that gives the colours.
        **settings
            Passed on to geopandas: ``ax``, ``cmap``, ``figsize``…
        """
        settings.setdefault("legend", True)
        axes: Axes = self.opportunities.plot(column, **settings)
        for name in ("axis", "loop"):
            if name in self.layers and len(self.layers[name]):
                self.layers[name].plot(ax=axes, color="0.4", linewidth=1)
        return axes

    def streets_graph(self, mode: Literal["walk", "bike"] = "walk") -> nx.MultiDiGraph:
        """Streets of the study as a graph of OSMnx: nodes, edges, ``length`` in metres.

        Parameters
        ----------
        mode
            Whose streets: an edge for each way that the mode may go.

        Returns
        -------
        `networkx.MultiDiGraph` in the legal metric CRS, for OSMnx, momepy or city2graph.
        """
        from foncier import network  # noqa: PLC0415 (slow to import)
        from foncier.readers.osmnx_graphs import osmnx_of_network  # noqa: PLC0415 (slow to import)

        streets = self.layers["streets"]
        return osmnx_of_network(network.build_graph(streets, mode=mode), streets)

    def save(
        self, folder: str | Path, *, lang: Lang = "fr", replace: bool = False
    ) -> tuple[str, ...]:
        """Write the same files as ``foncier run``: map, GeoPackage, tables and manifest.

        A result that was read from a folder and not scored again is copied as it is.

        Parameters
        ----------
        folder
            Where the files go; what a former run left there is replaced once all is whole.
        lang
            Language of the map and of the words in the files.
        replace
            Replace files of others too, but no file of the study.

        Returns
        -------
        Names of the files.

        Raises
        ------
        ConfigError
            A file there is read by the study, or is not a former result of its communes.
        ExportError
            Something could not be written; the former files are intact.
        """
        if isinstance(self._view, FolderView):
            return saved.copy_result(self._view.saved, Path(folder), replace=replace)
        from foncier.pipeline import write_results as writing  # noqa: PLC0415 (slow to import)

        owner = writing.run_owner(self._settings, replace=replace)
        made = writing.write_results(
            self._whole, self._settings, Path(folder), lang=lang, timings={}, owner=owner
        )
        return (*made, MANIFEST)

    def to_gpkg(self, path: str | Path, *, lang: Lang = "fr") -> None:
        """Write every table to one GeoPackage, with styles, words and a QGIS project.

        Raises
        ------
        ExportError
            The file could not be written; a former one is intact.
        """
        from foncier.export.geopackage.write import write_geopackage  # noqa: PLC0415

        self._write(path, partial(write_geopackage, lang=lang))

    def to_html(self, path: str | Path, *, lang: Lang = "fr") -> None:
        """Write the map, one HTML file that opens without network; raises as `to_gpkg`."""
        from foncier.export.webmap import write_map  # noqa: PLC0415 (slow to import)

        self._write(path, partial(write_map, lang=lang))

    def to_parquet(self, path: str | Path) -> None:
        """Write the opportunities as GeoParquet, in the legal metric CRS; raises as `to_gpkg`."""
        from foncier.export.tables import write_parquet  # noqa: PLC0415 (slow to import)

        self._write(path, write_parquet)

    def to_xlsx(self, path: str | Path) -> None:
        """Write the tables as an Excel workbook with its dictionary; raises as `to_gpkg`."""
        from foncier.export.workbook import write_workbook  # noqa: PLC0415 (slow to import)

        path = Path(path)
        with self.folder() as folder:
            writer = partial(write_workbook, read_saved(folder))
            write_atomically(path.parent, {path.name: writer})

    def to_postgis(self, url: str, *, schema: str = "foncier") -> tuple[str, ...]:
        """Write every table to a PostGIS database, in place, beside those of other studies.

        Parameters
        ----------
        url
            ``postgresql://user@host/base``; the password may stay in ``~/.pgpass``.
        schema
            Schema of the tables.

        Returns
        -------
        Names of the tables.

        Raises
        ------
        ExportError
            The database does not answer or refuses; nothing of it has changed.
        """
        from foncier.export.postgis import write_postgis  # noqa: PLC0415 (slow to import)

        with self.folder() as folder:
            return write_postgis(read_saved(folder), url, schema=schema)

    def raw(self, name: str) -> Any:
        """Table with the column names of the contracts (`foncier.schemas`), for other functions."""
        return self._view.table(LAYERS[name])

    @contextmanager
    def folder(self) -> Iterator[Path]:
        """Folder with the GeoPackage and the manifest: the result's own, else a temporary one."""
        if isinstance(self._view, FolderView):
            yield self._view.saved.folder
            return
        from foncier.pipeline.write_results import write_results  # noqa: PLC0415 (slow to import)

        with scratch_folder() as scratch:
            place = scratch / "resultat"
            write_results(
                self._whole, self._settings, place, lang="fr", timings={}, tables_only=True
            )
            yield place

    @cached_property
    def _whole(self) -> ResultTables:
        """All tables in memory, for what scores or writes them."""
        if isinstance(self._view, MemoryView):
            return self._view.tables
        return saved.whole(self._view.saved)

    @cached_property
    def _settings(self) -> StudyConfig:
        if self._config is not None:
            return self._config
        if isinstance(self._view, FolderView):
            return saved.configuration(self._view.saved)
        raise TypeError("a result in memory needs the configuration of its study")

    def _write(self, path: str | Path, writer: Callable[[ResultTables, Path], None]) -> None:
        path = Path(path)
        write_atomically(path.parent, {path.name: partial(writer, self._whole)})

    def __repr__(self) -> str:
        """Title, and how many opportunities there are of each kind."""
        counts = self.layers["opportunities"]["kind"].value_counts().to_dict()
        shown = ", ".join(f"{kind} {count}" for kind, count in sorted(counts.items()))
        return f"<Result {self.title!r}: {shown or 'no opportunity'}>"

    def _repr_html_(self) -> str:
        """Title and first opportunities, for a notebook."""
        from html import escape  # noqa: PLC0415

        table = self.layers["opportunities"]
        names = [name for name in EXPLORED if name in table]
        shown: str = table[names].head(10).to_html(index=False, na_rep="")
        return f"<h3>{escape(self.title)}</h3>{shown}"


def read_result(folder: str | Path) -> Result:
    """Read a result that was saved by this version of foncier or by version 0.1.0.

    Parameters
    ----------
    folder
        Where ``foncier run`` or `Result.save` wrote it.

    Returns
    -------
    The result; each table is read when it is asked for.

    Raises
    ------
    ConfigError
        There is no result there.
    FormatError
        The result cannot be read.

    Examples
    --------
    >>> import foncier as fo, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     names = result.save(folder)
    ...     fo.read_result(folder).title[:13]
    'Démonstration'
    """
    return Result(FolderView(read_saved(Path(folder), with_manifest=True)))


def as_result(result: Result | str | Path) -> Result:
    """Result itself, or the one in a folder."""
    return result if isinstance(result, Result) else read_result(result)
