"""What a table promises: columns, units, words in two languages, and the check that it holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import pandera.pandas as pa

from foncier.errors import ContractError, CrsError

if TYPE_CHECKING:
    import pyproj

Kind = Literal["text", "number", "count", "yes_no", "date"]
DTYPES: dict[Kind, str] = {
    "text": "str",
    "number": "float64",
    "count": "int64",
    "yes_no": "boolean",
    "date": "datetime64[us]",
}
POLYGON = frozenset({"Polygon", "MultiPolygon"})
LINE = frozenset({"LineString", "MultiLineString"})
POINT = frozenset({"Point"})
ANY = POLYGON | LINE | POINT | {"MultiPoint"}


@dataclass(frozen=True)
class Column:
    """One column: name, kind, French and English label, unit, and what it may hold.

    ``optional`` says that a value may be missing; missing always means unknown.
    """

    name: str
    kind: Kind
    fr: str
    en: str
    unit: str = ""
    optional: bool = False
    unique: bool = False
    values: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None

    @property
    def free(self) -> bool:
        """Tell a column that may hold anything of its kind."""
        bounds = (self.values, self.low is not None, self.high is not None)
        return self.optional and not self.unique and not any(bounds)

    def schema(self) -> pa.Column:
        """Build the pandera column of this contract; its type is set by `Table.conform`."""
        checks = [pa.Check.isin(self.values)] if self.values else []
        if self.low is not None:
            checks.append(pa.Check.ge(self.low))
        if self.high is not None:
            checks.append(pa.Check.le(self.high))
        return pa.Column(
            None,
            checks,
            nullable=self.optional,
            unique=self.unique,
            title=self.fr,
            description=self.en,
            metadata={"unit": self.unit},
        )


@dataclass(frozen=True)
class Table:
    """One contract: a name, a key, columns in order, and the geometry types that are allowed.

    An empty ``geometry`` means a plain table.
    """

    name: str
    fr: str
    en: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    geometry: frozenset[str] = field(default_factory=frozenset)
    extra: bool = False

    @property
    def names(self) -> list[str]:
        """Column names in order, geometry last."""
        return [column.name for column in self.columns] + ["geometry"] * bool(self.geometry)

    @cached_property
    def schema(self) -> pa.DataFrameSchema:
        """Pandera schema of what the types, which `conform` sets, do not promise by themselves."""
        return pa.DataFrameSchema(
            {column.name: column.schema() for column in self.columns if not column.free},
            unique=list(self.key),
            name=self.name,
        )

    def empty(self, crs: pyproj.CRS | None = None) -> Any:
        """Return the table without a row, with the full contract.

        Returns a GeoDataFrame in ``crs`` when the contract has a geometry, else a DataFrame.
        """
        data = {c.name: pd.Series([], dtype=DTYPES[c.kind]) for c in self.columns}
        if not self.geometry:
            return pd.DataFrame(data)
        return gpd.GeoDataFrame(data, geometry=gpd.GeoSeries([], crs=crs), crs=crs)

    def conform(self, frame: pd.DataFrame) -> Any:
        """Return a copy with this contract's columns, types and order; row order and index fresh.

        Optional columns that are absent are added as unknown. With ``extra`` other columns stay.

        Raises
        ------
        ContractError
            A column is missing, a value is not of its kind, out of bounds, or a key is repeated.
        CrsError
            The geometry has no CRS or one in degrees.
        """
        table = frame.reset_index(drop=True)
        missing = [c.name for c in self.columns if not c.optional and c.name not in table]
        if missing or (self.geometry and not isinstance(frame, gpd.GeoDataFrame)):
            raise ContractError(
                f"table {self.name} : colonne(s) absente(s) : {', '.join(missing) or 'geometry'}. "
                f"Attendu : {', '.join(self.names)}."
            )
        values = {c.name: _cast(table, c, self.name) for c in self.columns}
        rest = [n for n in table.columns if n not in values and n != "geometry"]
        values |= {name: table[name] for name in rest if self.extra}
        plain = pd.DataFrame(values, index=table.index)
        _validate(plain, self)
        if not self.geometry:
            return plain
        _check_geometry(table, self)
        return gpd.GeoDataFrame(plain, geometry=table.geometry.array, crs=table.crs)


def _cast(table: pd.DataFrame, column: Column, name: str) -> pd.Series[Any]:
    if column.name not in table:
        return pd.Series(None, index=table.index, dtype=DTYPES[column.kind])
    values = table[column.name]
    try:
        if values.dtype == DTYPES[column.kind]:
            return values.copy()
        if column.kind == "text":
            return values.astype("str").where(values.notna(), np.nan).astype("str")
        return values.astype(DTYPES[column.kind])  # type: ignore[call-overload, no-any-return]
    except (TypeError, ValueError) as reason:
        kept = values[pd.to_numeric(values, errors="coerce").isna() & values.notna()]
        shown = ", ".join(repr(v) for v in kept.head(5)) or str(reason)
        raise ContractError(
            f"table {name}, colonne {column.name} : attendu {column.kind}, trouvé {shown}. "
            "Corrigez ces valeurs dans le fichier d'origine."
        ) from reason


def _validate(plain: pd.DataFrame, table: Table) -> None:
    try:
        table.schema.validate(plain, lazy=True)
    except pa.errors.SchemaErrors as found:
        first = found.failure_cases.iloc[0]
        rows = found.failure_cases["index"].dropna().unique()[:5]
        ids = plain.loc[rows, table.key[0]].tolist() if table.key else rows.tolist()
        raise ContractError(
            f"table {table.name}, colonne {first['column']} : la règle « {first['check']} » n'est "
            f"pas respectée ({len(found.failure_cases)} cas), par exemple pour {ids}."
        ) from found


def _check_geometry(table: gpd.GeoDataFrame, contract: Table) -> None:
    if table.crs is None or table.crs.is_geographic:
        raise CrsError(
            f"table {contract.name} : la géométrie doit être dans le système légal en mètres, "
            f"trouvé {table.crs}."
        )
    wrong = ~table.geom_type.isin(contract.geometry) | table.is_empty | table.geometry.isna()
    if wrong.any():
        ids = table.loc[wrong, contract.key[0]].head(5).tolist()
        raise ContractError(
            f"table {contract.name} : {int(wrong.sum())} géométrie(s) vide(s) ou d'un autre type "
            f"que {', '.join(sorted(contract.geometry))}, par exemple pour {ids}."
        )


def describe(table: Table) -> pd.DataFrame:
    """Rows of the data dictionary: name, kind, unit, French, English, optional, values."""
    return pd.DataFrame(
        [
            {
                "table": table.name,
                "column": c.name,
                "kind": c.kind,
                "unit": c.unit,
                "fr": c.fr,
                "en": c.en,
                "optional": c.optional,
                "values": " | ".join(c.values),
            }
            for c in table.columns
        ]
    )
