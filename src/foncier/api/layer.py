"""A layer as a caller gives it: a path, a table or a graph, with what the data do not say."""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foncier.errors import ConfigError
from foncier.i18n import Message
from foncier.study.config import LAYERS, LayerSpec, TableSpec

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping
    from typing import TypeAlias

    import geopandas as gpd
    import networkx as nx
    import pandas as pd
    import pyproj

    LayerSource: TypeAlias = "str | Path | gpd.GeoDataFrame | pd.DataFrame | nx.MultiDiGraph"
    LayerLike: TypeAlias = "LayerSource | Layer | Iterable[LayerSource | Layer]"

# Format of a layer of rows, where it is not ``vector``.
DEFAULT_FORMATS = {
    "streets": "lines",
    "inventory": "cnig",
    "vacancy_rates": "lovac",
    "prices": "dvf-communes",
    "transit": "gtfs",
    "owners": "personnes-morales",
    "permits": "sitadel",
    "artificial_land": "ocs-ge",
}
FILES_ONLY = ("elevation", "transit")  # a raster, a feed of timetables
FORMATS_BY_ENDING = {
    ".osm": "osm-xml",
    ".osm.gz": "osm-xml",
    ".osm.bz2": "osm-xml",
    ".osm.pbf": "osm-pbf",
    ".tar.bz2": "edigeo",
    ".tar": "edigeo",
}


@dataclass(frozen=True)
class Layer:
    """A layer with its format and what its data do not say.

    Parameters
    ----------
    data
        Path of a file, GeoDataFrame, DataFrame, or (for streets) an OSMnx MultiDiGraph.
    format
        How the rows are laid out (``foncier docs``: formats by layer). By default the usual one of
        the layer: ``vector`` for most, ``lines`` for streets, ``cnig`` for the inventory of
        friches, ``lovac`` for vacancy rates; OpenStreetMap and EDIGEO files are known by their
        name.
    columns
        Column of the data by column of foncier, where the names are not the usual ones.
    crs
        CRS of the data, where they announce none or a wrong one.
    date
        Date of the data: it is the vintage that the result states.
    source, licence
        Attribution, as the map and the manifest state it.
    sublayer
        Layer of the file, where it has several.
    constants
        Value of a whole column of foncier, by its name.
    values
        Values of a column of foncier for the words of the data:
        ``{"kind": {"Serre": "light"}}``.
    where
        Rows to keep: ``"NATURE = 'Maison' and HAUTEUR >= 3"``.

    Examples
    --------
    >>> import foncier as fo
    >>> fo.Layer("sites.gpkg", columns={"kind": "nature"}, date="2026-01-15").format is None
    True
    """

    data: LayerSource
    format: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    crs: str | None = None
    date: dt.date | str | None = None
    source: str = ""
    licence: str = ""
    sublayer: str | None = None
    constants: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    where: str | None = None


def layer_specs(name: str, value: LayerLike, crs: pyproj.CRS) -> tuple[LayerSpec, ...]:
    """Files and tables of a layer, as the configuration of a study has them.

    Parameters
    ----------
    name
        Layer of a study.
    value
        One or several of what `Layer` takes.
    crs
        Legal metric CRS of the study, for a street graph.

    Raises
    ------
    ConfigError
        No layer has this name (the near one is named), or the value is none of the kinds above.
    """
    if name not in LAYERS:
        raise ConfigError(
            "api.layer_unknown", name=name, near=near(name, LAYERS), known=", ".join(LAYERS)
        )
    parts: Iterable[Any] = value if isinstance(value, (list, tuple)) else (value,)
    return tuple(_spec(name, one if isinstance(one, Layer) else Layer(one), crs) for one in parts)


def near(word: str, known: Iterable[str]) -> Message | str:
    """Question that offers the known name nearest to a word; empty when none is near.

    Examples
    --------
    >>> near("servces", ["services", "loop"]).params["name"], near("x", ["loop"])
    ('services', '')
    """
    meant = get_close_matches(word, list(known), n=1)
    return Message("api.did_you_mean", name=meant[0]) if meant else ""


def _spec(name: str, layer: Layer, crs: pyproj.CRS) -> LayerSpec:
    said: dict[str, Any] = {
        "layer": layer.sublayer,
        "crs": layer.crs,
        "columns": dict(layer.columns),
        "constants": dict(layer.constants),
        "values": {name: dict(words) for name, words in layer.values.items()},  # noqa: PD011
        "where": layer.where,
        "date": layer.date,
        "source": layer.source,
        "licence": layer.licence,
    }
    if isinstance(layer.data, (str, Path)):
        format_ = layer.format or _format_of_file(name, Path(layer.data))
        return LayerSpec(path=str(layer.data), format=format_, **said)
    frame = _frame(name, layer.data, crs)
    return TableSpec(
        path=f"<{type(frame).__name__} {name}>",
        format=layer.format or DEFAULT_FORMATS.get(name, "vector"),
        frame=frame,
        **said,
    )


def _format_of_file(name: str, path: Path) -> str:
    low = path.name.lower()
    found = next((form for end, form in FORMATS_BY_ENDING.items() if low.endswith(end)), None)
    return found or DEFAULT_FORMATS.get(name, "vector")


def _frame(name: str, data: Any, crs: pyproj.CRS) -> pd.DataFrame:
    """Table of a layer; the edges of a street graph."""
    import pandas as pd  # noqa: PLC0415 (slow to import)

    if isinstance(data, pd.DataFrame) and name not in FILES_ONLY:
        return data
    if name == "streets" and hasattr(data, "edges"):
        from foncier.readers.osmnx_graphs import streets_of_osmnx  # noqa: PLC0415 (slow to import)

        streets: pd.DataFrame = streets_of_osmnx(data, crs)
        return streets
    raise ConfigError(
        "api.layer_needs_file" if name in FILES_ONLY else "api.layer_of_no_kind",
        name=name,
        kind=type(data).__name__,
    )
