"""Write a report of a result, by its kind, atomically."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

from foncier._util.atomic_write import write_atomically
from foncier._util.destination import Owner, subject_of
from foncier.errors import ConfigError
from foncier.export.report.densification import densification
from foncier.export.report.note import note
from foncier.export.report.zan import zan
from foncier.export.sheets.tables import read_sheet_tables
from foncier.results.manifest import result_files, to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from foncier.export.sheets.tables import SheetTables
    from foncier.i18n import Lang


def _note(tables: SheetTables, lang: Lang, _: Mapping[str, Path]) -> Mapping[str, bytes]:
    """Write the note: a page to print, which has no template."""
    return note(tables, lang)


# Files of each kind of report, by name. Another kind is a function here and nothing else.
KINDS: Mapping[str, Callable[[SheetTables, Lang, Mapping[str, Path]], Mapping[str, bytes]]] = (
    MappingProxyType({"note": _note, "densification": densification, "zan": zan})
)
TEMPLATES = (".docx", ".odt")


@dataclass(frozen=True)
class WrittenReport:
    """Names of the files of a report; ``set_aside`` are copies of former ones that were changed."""

    files: tuple[str, ...]
    set_aside: tuple[Path, ...] = ()


def write_report(
    folder: Path,
    out: Path,
    kind: str,
    *,
    lang: Lang = "fr",
    templates: Sequence[Path] = (),
    replace: bool = False,
) -> WrittenReport:
    """Write a report of a result.

    Parameters
    ----------
    folder
        A result of ``foncier run``; nothing else is read.
    out
        Where the files go.
    kind
        One of `KINDS`.
    templates
        Documents (``.docx``, ``.odt``) whose styles are used where the report is editable.
    replace
        Replace files of others in ``out`` too, but none of the result.

    Returns
    -------
    The names of the files. The same result gives the same bytes.

    Raises
    ------
    ConfigError
        No such kind, no result there, a template that is no document, or files in ``out`` that
        may not be replaced.
    FormatError
        The result is mixed or cannot be read.
    ExportError
        A file cannot be written; the former ones are intact.
    """
    if kind not in KINDS:
        raise ConfigError("export.report_files.unknown_kind", kind=kind, kinds=list(KINDS))
    owner = Owner("report", (subject_of(out, folder), kind), result_files(folder), replace)
    by_suffix = {_suffix(path): path for path in templates}
    tables = read_sheet_tables(folder)
    files = KINDS[kind](tables, lang, by_suffix)
    owner.check(out, tuple(files))
    write_atomically(
        out,
        {name: partial(_write, data) for name, data in files.items()},
        manifest=lambda done: to_json({"kind": kind, "lang": lang, "deliverables": done}),
        owner=owner,
    )
    return WrittenReport(tuple(files), tuple(owner.set_aside))


def _suffix(template: Path) -> str:
    suffix = template.suffix.lower()
    if suffix not in TEMPLATES:
        raise ConfigError("export.report_files.template_kind", file=template)
    return suffix.removeprefix(".")


def _write(data: bytes, path: Path) -> None:
    path.write_bytes(data)
