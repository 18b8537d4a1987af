"""A GeoPackage of a layer or a few: written as a draft, dated, then copied without a gap."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from foncier.errors import ExportError
from foncier.export.dressing import UNDATED
from foncier.export.geopackage import FAULTS

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from pathlib import Path


def write_small(
    path: Path,
    fill: Callable[[Path], None],
    *,
    day: date | None,
    dress: Callable[[sqlite3.Connection, str], None] = lambda _base, _moment: None,
) -> None:
    """Write a new GeoPackage; the same layers give the same bytes.

    Parameters
    ----------
    path
        A file that is not there yet.
    fill
        Writes the layers to the draft at the path it is given.
    day
        Date that the file carries (1 January 2000 when None).
    dress
        Adds what QGIS reads (styles) to the draft, dated by the text it is given.

    Raises
    ------
    ExportError
        The file cannot be written whole.
    """
    draft = path.with_name(f"{path.name}.draft.gpkg")
    moment = f"{day or UNDATED}T00:00:00.000Z"
    try:
        fill(draft)
        with closing(sqlite3.connect(draft, isolation_level=None)) as base:
            dress(base, moment)
            base.execute("UPDATE gpkg_contents SET last_change = ?", (moment,))
            base.execute("VACUUM INTO ?", (str(path),))
    except FAULTS as reason:
        raise ExportError(
            f"{path.name}\u00a0: le GeoPackage n'a pas pu être écrit ({reason}). Vérifiez la place "
            "sur le disque et le droit d'écrire dans ce dossier."
        ) from reason
    finally:
        draft.unlink(missing_ok=True)
