"""Input layers: files, what was read of them, what is missing, the DEM."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from foncier.i18n import Localized


@dataclass(frozen=True)
class Note:
    """A correction or an exclusion of rows of a layer: how many, and why."""

    effect: Literal["repaired", "dropped", "assumed", "kept"]
    count: int
    text: Localized


@dataclass(frozen=True)
class LayerFile:
    """One file of a layer of the study.

    ``shown`` is the path as the study writes it (for messages and the manifest). ``columns`` maps
    column names of the schema to those of the file; ``constants`` sets one value for a column,
    ``replacements`` replaces values of a column; ``where`` selects rows (`foncier.readers.where`).
    ``frame`` holds the rows themselves when the layer is a table in memory; ``path`` is then not
    read.
    """

    layer: str
    path: Path
    shown: str
    format: str
    sublayer: str | None = None
    crs: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    replacements: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    where: str | None = None
    vintage: date | None = None
    source: str = ""
    licence: str = ""
    frame: pd.DataFrame | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class LayerReport:
    """Report of reading one file of a layer.

    ``path`` is as the study writes it, never absolute; ``vintage`` is None when unknown.
    """

    layer: str
    path: str
    format: str
    sha256: str
    rows_read: int
    rows_kept: int
    crs: str
    vintage: date | None
    source: str
    licence: str
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class Missing:
    """A missing layer or measure, and what the result lacks because of it."""

    what: str
    cost: Localized


@dataclass(frozen=True, eq=False)
class Dem:
    """Digital elevation model: heights on a grid of square cells, in the legal metric CRS.

    ``heights_m`` holds the heights of the cell centres, one row per line of cells, the northern
    line first; NaN where unknown. ``west_m`` and ``north_m`` are the outer corner of the first
    cell. See `foncier.geometry.heights_m` to interpolate.
    """

    heights_m: NDArray[np.float32]
    west_m: float
    north_m: float
    cell_m: float
