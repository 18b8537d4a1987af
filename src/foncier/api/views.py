"""Tables of a result under their public names, from memory or from a result folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from foncier import schemas
from foncier.export import layers as export_layers
from foncier.i18n import Localized
from foncier.results.labels import alias
from foncier.results.layers import SITES, stored_layer

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from foncier.model import ResultTables
    from foncier.results import Layer, SavedResult
    from foncier.schemas import Column, Table

# Layer of the GeoPackage by the public name of the table.
LAYERS = {
    "opportunities": SITES,
    "rejections": "parcelles_ecartees",
    "assemblies": "assemblages",
    "mutable_plots": "parcelles_mutables",
    "unlisted": "sites_ecartes",
    "unlisted_evidence": "indices_ecartes",
    "tests": "tests",
    "evidence": "indices",
    "access": "acces_detail",
    "access_points": "acces",
    "criterion_scores": "scores_par_critere",
    "criteria": "criteres",
    "site_parcels": "parcelles_retenues",
    "mutability": "mutabilite",
    "mutability_facts": "mutabilite_connus",
    "effort": "cout_durete",
    "availability": "disponibilite",
    "around": "autour",
    "site_needs": "besoins",
    "perimeters": "perimetres",
    "loop": "boucle",
    "axis": "axe",
    "stops": "etapes",
    "routes": "chemins",
    "isochrones": "isochrones",
    "districts": "quartiers",
    "places": "lieux",
    "streets": "voies",
    "buildings": "batiments",
    "constraints": "contraintes",
    "sources": "couches",
    "missing": "manques",
}
# Words of the columns that a file describes in one language only.
CONTRACTS: dict[str, tuple[Table, ...]] = {
    "opportunities": (schemas.CANDIDATES, schemas.SCORES),
    "rejections": (schemas.REJECTIONS,),
    "assemblies": (schemas.ASSEMBLIES,),
    "tests": (schemas.TESTS,),
    "evidence": (schemas.EVIDENCE,),
    "access": (schemas.ACCESS,),
    "access_points": (schemas.ACCESS_POINTS,),
    "criterion_scores": (export_layers.CRITERION_SCORES,),
    "sources": (export_layers.SOURCES,),
    "missing": (export_layers.MISSING,),
}
# Public name of a column by its name in the contracts: none is an attribute of a DataFrame.
COLUMNS = {"mutabilite": {"index": "suitability"}}
LABEL = "label"


class View(Protocol):
    """Tables of a result, by the name of the layer in the GeoPackage."""

    def table(self, layer: str) -> pd.DataFrame | None:
        """Rows of a layer with the columns of the file; None when the result has no such layer."""

    def columns(self, layer: str) -> tuple[Column, ...]:
        """Columns of a layer with their words."""


class MemoryView:
    """Tables of a result that a run has just made."""

    def __init__(self, tables: ResultTables) -> None:
        self.tables = tables

    @cached_property
    def _layers(self) -> dict[str, Layer]:
        return {layer.name: layer for layer in export_layers.layers(self.tables)}

    def _layer(self, name: str) -> Layer | None:
        return self._layers.get(stored_layer(name, self._layers))

    def table(self, layer: str) -> pd.DataFrame | None:
        """Rows of a layer."""
        found = self._layer(layer)
        return None if found is None else found.frame.reset_index(drop=True)

    def columns(self, layer: str) -> tuple[Column, ...]:
        """Columns of a layer with their words."""
        found = self._layer(layer)
        return () if found is None else found.columns


class FolderView:
    """Tables of a result folder, each read when it is asked for."""

    def __init__(self, saved: SavedResult) -> None:
        self.saved = saved

    def table(self, layer: str) -> pd.DataFrame | None:
        """Rows of a layer."""
        if self.saved.describe(layer) is None:
            return None
        table: pd.DataFrame = self.saved.table(layer)
        return table

    def columns(self, layer: str) -> tuple[Column, ...]:
        """Columns of a layer with their words, in the language of the file."""
        found = self.saved.describe(layer)
        return () if found is None else tuple(_apart(c, found.units) for c in found.columns)


def _apart(column: Column, units: Mapping[str, str]) -> Column:
    """Column whose words end with its unit, with words and unit apart."""
    unit = units.get(column.name, "")
    words = column.fr.removesuffix(f" ({unit})")
    words = words.removesuffix(", de 0 à 1").removesuffix(", 0 to 1") if unit == "0–1" else words
    return replace(column, title=Localized(words, words), unit=unit)


class Tables(Mapping[str, Any]):
    """Every table of a result by its public name; each is read when it is asked for.

    Examples
    --------
    >>> import foncier as fo
    >>> "streets" in result.layers, len(result.layers["axis"])
    (True, 1)
    """

    def __init__(self, view: View) -> None:
        self._view = view
        self._read: dict[str, pd.DataFrame] = {}

    def __getitem__(self, name: str) -> Any:
        """Copy of a table; KeyError for a table that the result lacks."""
        if name not in LAYERS:
            raise KeyError(name)
        if name not in self._read:
            table = self._view.table(LAYERS[name])
            if table is None:
                raise KeyError(name)
            self._read[name] = public(name, table, self._view.columns(LAYERS[name]))
        return self._read[name].copy()

    def __contains__(self, name: object) -> bool:
        """Whether the result has this table; it is not read."""
        return name in LAYERS and bool(self._view.columns(LAYERS[str(name)]))

    def __iter__(self) -> Iterator[str]:
        """Names of the tables that the result has."""
        return (name for name in LAYERS if name in self)

    def __len__(self) -> int:
        """How many tables the result has."""
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        """Names of the tables."""
        return f"<Tables: {', '.join(self)}>"


def public(name: str, table: pd.DataFrame, columns: tuple[Column, ...]) -> Any:
    """Table with its public column names; French and English words in ``attrs``."""
    renamed = COLUMNS.get(LAYERS[name], {})
    made = table.rename(columns=renamed)
    if name == "opportunities":
        made.insert(list(made.columns).index("name"), LABEL, labels(made))
    own = {
        column.name: column for contract in CONTRACTS.get(name, ()) for column in contract.columns
    }
    by_name = {column.name: column for column in columns}
    known = {renamed.get(n, n): own.get(n, by_name.get(n)) for n in (*by_name, *own)}
    words = {n: column for n, column in known.items() if column is not None and n in made}
    made.attrs = {
        **{lang: {n: alias(c, lang) for n, c in words.items()} for lang in ("fr", "en")},
        "units": {n: c.unit for n, c in words.items() if c.unit},
    }
    return made


def labels(sites: pd.DataFrame) -> pd.Series[str]:
    """Text that names each site, never missing: its name, else address, else parcels, else id.

    Examples
    --------
    >>> import pandas as pd
    >>> sites = pd.DataFrame({"opportunity_id": ["a", "b", "c"], "name": ["Halle", None, None],
    ...     "address": None, "parcel_ids": [None, "80021000AB0003|80021000AB0004", None]})
    >>> labels(sites).tolist()
    ['Halle', '80021000AB0003 (+1)', 'c']
    """
    parcels = sites["parcel_ids"].astype("str")
    first = parcels.str.split("|", n=1, expand=True).reindex(columns=[0])[0].astype("str")
    more = parcels.str.count(r"\|").astype("Int64").astype("str")
    listed = first.where(
        ~parcels.str.contains("|", regex=False, na=False), first + " (+" + more + ")"
    )
    found = sites["name"].astype("str").fillna(sites["address"].astype("str"))
    text: pd.Series[str] = found.fillna(listed).fillna(sites["opportunity_id"]).astype("str")
    return text
