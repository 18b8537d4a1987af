"""Which other forms a result may take, and the writing of those that were asked for."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from foncier.errors import ConfigError
from foncier.export.aside import deliver
from foncier.export.exchange import write_flatgeobuf, write_geojson
from foncier.export.workbook import write_workbook

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from foncier.export.contents import Delivered

FORMS = ("xlsx", "flatgeobuf", "geojson")
WORKBOOK = "opportunites.xlsx"
# Suffix of the files of a form, and what writes a layer.
BY_LAYER = {"flatgeobuf": ("fgb", write_flatgeobuf), "geojson": ("geojson", write_geojson)}


def asked(text: str) -> tuple[str, ...]:
    """Forms named in a list with commas, each once.

    Raises
    ------
    ConfigError
        A form that there is not.

    Examples
    --------
    >>> asked("xlsx, geojson,xlsx")
    ('xlsx', 'geojson')
    """
    names = tuple(dict.fromkeys(n.strip().lower() for n in text.split(",") if n.strip()))
    unknown = [name for name in names if name not in FORMS]
    if unknown:
        raise ConfigError(
            f"--to {unknown[0]!r}\u00a0: forme inconnue. Attendu\u00a0: {', '.join(FORMS)}."
        )
    return names


def write_forms(delivered: Delivered, folder: Path, forms: tuple[str, ...]) -> tuple[str, ...]:
    """Write a result in these forms to a folder; return the names of the files.

    The workbook is one file; FlatGeobuf and GeoJSON hold one layer a file, in a folder of their
    own. The files of a form are written all or none.

    Raises
    ------
    ExportError
        Something could not be written; the former files of this form are intact.
    """
    made: list[str] = []
    for form in forms:
        if form not in BY_LAYER:
            made += deliver(folder, {WORKBOOK: partial(write_workbook, delivered)})
            continue
        suffix, writer = BY_LAYER[form]
        write: dict[str, Callable[[Path], None]] = {
            f"{layer.name}.{suffix}": partial(writer, layer)
            for layer in delivered.layers
            if layer.shape
        }
        made += [f"{form}/{name}" for name in deliver(folder / form, write)]
    return tuple(made)
