"""Names of tables by which a QGIS project recognises the files that it reads.

A source of the project asks for a table of this name when it opens a file
(``PRELUDE_STATEMENTS`` of GDAL). A file of another study or edition, under the same name, does not
have it: its layers are then unavailable in QGIS, where they would silently show the wrong data.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from datetime import date

LENGTH = 8  # characters of a digest
SOURCE = '{file}|layername={layer}|option:PRELUDE_STATEMENTS=SELECT 1 FROM "{token}"'


def result_token(title: str, communes: Sequence[str], edition: date | None) -> str:
    """Name for the files of one edition of a study.

    Examples
    --------
    >>> result_token("Amiens", ("80021",), None)
    'foncier_80021_undated_59bedf9b'
    """
    place = communes[0] if len(communes) == 1 else f"{len(communes)}_communes"
    return f"foncier_{place}_{edition or 'undated'}_{_digest(title, *communes)}"


def entries_token(communes: Sequence[str]) -> str:
    """Name for the file of what people write about some communes, whatever the edition.

    Examples
    --------
    >>> entries_token(("80021",))
    'foncier_saisies_7ef216b1'
    """
    return f"foncier_saisies_{_digest(*communes)}"


def add_token(base: sqlite3.Connection, token: str) -> None:
    """Give a file its name, beside those that it has."""
    base.execute(f'CREATE TABLE IF NOT EXISTS "{token}" (fid INTEGER PRIMARY KEY)')


def source(file: str, layer: str, token: str) -> str:
    """Source of a layer in a QGIS project, relative to the project."""
    return SOURCE.format(file=f"./{file}", layer=layer, token=token)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:LENGTH]
