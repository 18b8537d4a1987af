"""Schema of a table: columns, units, labels in two languages, and validation by pandera."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from foncier.errors import ContractError, CrsError
from foncier.i18n import label

if TYPE_CHECKING:
    import pandera.pandas as pa
    import pyproj

    from foncier.i18n import Localized

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
EXAMPLES = 5  # values or rows that an error shows
ANY = POLYGON | LINE | POINT | {"MultiPoint"}


_IMPORTING = Lock()


def _pandera() -> Any:
    """Import pandera at its first use: it is slow, and its modules import each other.

    The lock: layers are read in threads, and two threads that import modules that import each other
    wait for each other.
    """
    with _IMPORTING:
        import pandera.pandas  # noqa: PLC0415

        return pandera.pandas


@dataclass(frozen=True)
class Column:
    """One column: name, kind, unit, label in two languages, and the values that are allowed.

    ``parts`` are the codes of a text that joins several by ``|``. ``optional`` allows a missing
    value, which always means unknown. The label is the message
    ``schemas.columns.<label_id>``; without ``label_id``, that of the name of the column. ``title``
    is the label of a column that a study defines (a criterion, a destination).
    """

    name: str
    kind: Kind
    unit: str = ""
    optional: bool = False
    unique: bool = False
    values: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    label_id: str = ""
    title: Localized | None = None

    @property
    def label(self) -> Localized:
        """Label in both languages."""
        return self.title or label(f"schemas.columns.{self.label_id or self.name}")

    @property
    def fr(self) -> str:
        """French label."""
        return self.label.fr

    @property
    def en(self) -> str:
        """English label."""
        return self.label.en

    @property
    def free(self) -> bool:
        """Tell a column that allows any value of its kind."""
        bounds = (self.values, self.parts, self.low is not None, self.high is not None)
        return self.optional and not self.unique and not any(bounds)

    def schema(self) -> pa.Column:
        """Build the pandera column; its type is set by `Table.conform`."""
        module = _pandera()
        checks = [module.Check.isin(self.values)] if self.values else []
        if self.parts:
            one = "|".join(self.parts)
            checks.append(module.Check.str_matches(rf"^(?:{one})(?:\|(?:{one}))*$"))
        if self.low is not None:
            checks.append(module.Check.ge(self.low))
        if self.high is not None:
            checks.append(module.Check.le(self.high))
        column: pa.Column = module.Column(
            None,
            checks,
            nullable=self.optional,
            unique=self.unique,
            title=self.fr,
            description=self.en,
            metadata={"unit": self.unit},
        )
        return column


@dataclass(frozen=True)
class Table:
    """One schema: a name, a key, columns in order, and the geometry types that are allowed.

    An empty ``geometry`` means a plain table. The label is the message ``schemas.tables.<name>``.
    """

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    geometry: frozenset[str] = field(default_factory=frozenset)
    extra: bool = False

    @property
    def label(self) -> Localized:
        """Label in both languages."""
        return label(f"schemas.tables.{self.name}")

    @property
    def fr(self) -> str:
        """French label."""
        return self.label.fr

    @property
    def en(self) -> str:
        """English label."""
        return self.label.en

    @property
    def names(self) -> list[str]:
        """Column names in order, geometry last."""
        return [column.name for column in self.columns] + ["geometry"] * bool(self.geometry)

    @cached_property
    def schema(self) -> pa.DataFrameSchema:
        """Pandera schema: the checks that are left once `conform` has set the types."""
        schema: pa.DataFrameSchema = _pandera().DataFrameSchema(
            {column.name: column.schema() for column in self.columns if not column.free},
            unique=list(self.key),
            name=self.name,
        )
        return schema

    def empty(self, crs: pyproj.CRS | None = None) -> Any:
        """Return the table without rows, with all columns of the schema.

        A GeoDataFrame in ``crs`` when the schema has a geometry, else a DataFrame.
        """
        data = {c.name: pd.Series([], dtype=DTYPES[c.kind]) for c in self.columns}
        if not self.geometry:
            return pd.DataFrame(data)
        return gpd.GeoDataFrame(data, geometry=gpd.GeoSeries([], crs=crs), crs=crs)

    def conform(self, frame: pd.DataFrame, *, check_values: bool = True) -> Any:
        """Return a copy with the columns, types and column order of the schema, and a new index.

        Optional columns that are absent are added, with missing values. With ``extra`` the other
        columns stay, after those of the schema. ``check_values`` False sets columns and types only:
        for some rows of a table that was checked when it was written.

        Raises
        ------
        ContractError
            A column is missing, a value is not of its kind, out of bounds, or a key is repeated.
        CrsError
            The geometry has no CRS or a CRS in degrees.
        """
        table = frame.reset_index(drop=True)
        missing = [c.name for c in self.columns if not c.optional and c.name not in table]
        if self.geometry and not isinstance(frame, gpd.GeoDataFrame):
            missing.append("geometry")
        if missing:
            raise ContractError(
                "schemas.missing_columns",
                name=self.name,
                columns=missing,
                expected=self.names,
                count=len(missing),
            )
        values = {c.name: _cast(table, c, self.name) for c in self.columns}
        rest = [n for n in table.columns if n not in values and n != "geometry"]
        values |= {name: table[name] for name in rest if self.extra}
        plain = pd.DataFrame(values, index=table.index)
        if check_values:
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
    except (TypeError, ValueError) as error:
        wrong = values[pd.to_numeric(values, errors="coerce").isna() & values.notna()]
        raise ContractError(
            "schemas.wrong_type",
            name=name,
            column=column.name,
            kind=column.kind,
            values=[repr(value) for value in wrong.head(EXAMPLES)] or [str(error)],
        ) from error


def _validate(plain: pd.DataFrame, table: Table) -> None:
    pa = _pandera()
    try:
        table.schema.validate(plain, lazy=True)
    except pa.errors.SchemaErrors as errors:
        first = errors.failure_cases.iloc[0]
        rows = errors.failure_cases["index"].dropna().unique()[:EXAMPLES]
        ids = plain.loc[rows, table.key[0]].tolist() if table.key else rows.tolist()
        raise ContractError(
            "schemas.rule_broken",
            name=table.name,
            column=first["column"],
            rule=first["check"],
            ids=ids,
            count=len(errors.failure_cases),
        ) from errors


def _check_geometry(frame: gpd.GeoDataFrame, table: Table) -> None:
    if frame.crs is None:
        raise CrsError("schemas.no_crs", name=table.name)
    if frame.crs.is_geographic:
        raise CrsError("schemas.not_metric", name=table.name, crs=frame.crs.to_string())
    wrong = ~frame.geom_type.isin(table.geometry) | frame.is_empty | frame.geometry.isna()
    if wrong.any():
        raise ContractError(
            "schemas.wrong_geometry",
            name=table.name,
            types=sorted(table.geometry),
            ids=frame.loc[wrong, table.key[0]].head(EXAMPLES).tolist(),
            count=int(wrong.sum()),
        )
