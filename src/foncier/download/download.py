"""One source from its service to its place: brought, read against its contract, weighed, moved."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import pyogrio
import pyproj

from foncier.crs import DEGREES, legal_crs
from foncier.download.catalog import address_of
from foncier.download.client import NoDataError
from foncier.download.provenance import (
    Provenance,
    explain_disk_errors,
    install,
    partial_file,
    read_provenance,
    remove,
    remove_partial,
)
from foncier.download.services import DOWNLOADERS
from foncier.errors import (
    ConfigError,
    ExportError,
    FoncierError,
    OfflineError,
    SourceError,
)
from foncier.model import LayerFile
from foncier.readers import files, registry
from foncier.readers.dem import read_dem
from foncier.readers.report import complaint, some

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import date
    from pathlib import Path

    from foncier.download.catalog import Query, Source
    from foncier.download.client import HttpClient
    from foncier.model import LayerReport


@dataclass(frozen=True)
class Outcome:
    """What became of a source: the file and its provenance, or the error, or both.

    With an error the former file, if there was one, is untouched. ``absent``: the service has
    nothing of this place, as its ``error`` says; the layer stays unknown.
    """

    source: Source
    file: Path
    state: Literal["new", "current", "absent", "failed"]
    provenance: Provenance | None
    error: FoncierError | None = None


def fetch(
    web: HttpClient,
    source: Source,
    place: Query,
    folder: Path,
    *,
    today: date,
    accepted: Collection[str] = (),
) -> Outcome:
    """Bring one source into a folder; on any fault the former file stays as it was.

    Parameters
    ----------
    place
        Communes and bounds; a source that has one file a commune takes the first commune only.
    today
        Date that the provenance carries.
    accepted
        Names of doubts (``vide``, ``moins``, ``colonnes``) that the planner lets pass.

    Returns
    -------
    The outcome; its ``error`` is any of the errors of `foncier.errors` but the following.

    Raises
    ------
    ExportError
        The disk takes nothing more: no other source would fare better.
    """
    file = folder / source.file.format(commune=place.communes[0])
    former = read_provenance(file)
    try:
        with explain_disk_errors(file.name):
            told = _brought(web, source, place, file, former=former, today=today, accepted=accepted)
    except NoDataError as fault:
        # What was there last time and is not any more is a loss, until a planner says otherwise.
        return Outcome(source, file, "failed" if former else "absent", former, fault)
    except ExportError:
        remove_partial(folder, file.name)
        raise
    except FoncierError as fault:
        return Outcome(source, file, "failed", former, fault)
    return Outcome(source, file, "current" if told is former else "new", told)


def _brought(
    web: HttpClient,
    source: Source,
    place: Query,
    file: Path,
    *,
    former: Provenance | None,
    today: date,
    accepted: Collection[str],
) -> Provenance | None:
    if source.form not in DOWNLOADERS:
        what = f"forme inconnue « {source.form} »"
        raise ConfigError(complaint(source.name, what, f"Formes : {', '.join(DOWNLOADERS)}."))
    place = replace(place, asked_on=today)
    growing = partial_file(file.parent, file.name)
    known = asdict(former) if former else {}
    try:
        arrival = DOWNLOADERS[source.form](web, source, place, growing, known)
    except OfflineError:
        raise  # what came so far is gone on with next time
    except FoncierError:
        remove(growing)
        raise
    if arrival.unchanged or (former and arrival.sha256 == former.sha256):
        remove(growing)
        return former
    try:
        rows, names, let_pass = _weighed(source, place, growing, file, former, accepted=accepted)
    except FoncierError:
        remove(growing)  # whole, and yet not what it should be: nothing to resume
        raise
    told = Provenance(
        source=source.name,
        address=arrival.address or address_of(source, place),
        fetched_on=today.isoformat(),
        sha256=arrival.sha256,
        etag=arrival.etag,
        modified=arrival.modified,
        licence=arrival.licence or source.licence,
        attribution=arrival.attribution or source.attribution,
        rows=rows,
        columns=names,
        accepted=let_pass,
    )
    install(growing, file, told)
    return told


def _weighed(
    source: Source,
    place: Query,
    growing: Path,
    file: Path,
    former: Provenance | None,
    *,
    accepted: Collection[str],
) -> tuple[dict[str, int], dict[str, list[str]], list[str]]:
    """Rows and columns by layer of a file that can be read, and the doubts let pass.

    Raises
    ------
    SourceError
        A doubt is left that the planner did not accept.
    """
    reports = _read(source, growing, place)
    names = {layer: _columns(growing) for layer, _ in source.layers}
    rows = {report.layer: report.rows_kept for report in reports}
    read = any(report.rows_read for report in reports)
    expected = not source.may_be_empty if not read else source.by_commune
    every = quality_issues(rows, names, former, expected=expected)
    open_ = [doubt for doubt in every if doubt.name not in accepted]
    if open_:
        raise SourceError(_choice(source, file, open_, former))
    return rows, names, sorted({doubt.name for doubt in every})


def _read(source: Source, file: Path, place: Query) -> list[LayerReport]:
    """Read every layer of a file as a run would: what cannot be read is not kept."""
    crs = legal_crs(place.communes[0])
    communes = place.communes[:1] if source.by_commune else place.communes
    bounds = None
    if place.bounds is not None:
        moved = pyproj.Transformer.from_crs(DEGREES, crs, always_xy=True)
        bounds = moved.transform_bounds(*place.bounds)
    reports = []
    for layer, format_ in source.layers:
        wanted = LayerFile(layer, file, source.file, format_)
        if layer == "elevation":
            reports.append(read_dem(wanted, crs=crs, bounds=bounds)[1])
            continue
        reports.append(
            registry.read(wanted, crs=crs, communes=communes, on=place.asked_on, bounds=bounds)[1]
        )
    return reports


def _columns(file: Path) -> list[str]:
    """Names of the file's own columns; none for what has no table of its own."""
    if file.suffix == ".csv":
        head = files.content(file, file.name).split(b"\n", 1)[0].decode("utf-8", "replace")
        return [name.strip().strip('"') for name in head.split(max(";,\t", key=head.count))]
    if file.is_dir() or file.suffix in {".osm", ".tif", ".zip"}:
        return []
    where: Any = f"/vsigzip/{file.as_posix()}" if file.suffix == ".gz" else file
    return sorted(str(name) for name in pyogrio.read_info(where)["fields"])


def _choice(
    source: Source, file: Path, open_: list[QualityIssue], former: Provenance | None
) -> str:
    told = " ; ".join(doubt.text for doubt in open_)
    names = ",".join(dict.fromkeys(doubt.name for doubt in open_))
    kept = f"Le fichier du {former.fetched_on} est gardé. " if former else ""
    todo = f"{kept}Pour l'accepter quand même : --only {source.name} --accept {names}."
    return complaint(file.name, f"douteux ({told})", todo)


LEAST_SHARE = 0.5  # of the rows of last time: fewer is a service that lost some, until shown


@dataclass(frozen=True)
class QualityIssue:
    """Something that a planner has to decide on: its short name, and the words."""

    name: str
    text: str


def quality_issues(
    rows: Mapping[str, int],
    columns: Mapping[str, Iterable[str]],
    former: Provenance | None,
    *,
    expected: bool = True,
) -> list[QualityIssue]:
    """Compare what came with what was there.

    Parameters
    ----------
    rows
        Rows kept, by layer.
    columns
        Names of the file's own columns, by layer.
    former
        The file that it would replace; None for the first.
    expected
        Whether there must be some row; a file for all of France may hold none of a commune.

    Examples
    --------
    >>> [doubt.name for doubt in quality_issues({"zones": 0}, {}, None)]
    ['vide']
    """
    found = []
    if expected and not any(rows.values()):
        found.append(QualityIssue("vide", "aucune ligne pour ces communes"))
    if former is None:
        return found
    for layer, count in rows.items():
        before = former.rows.get(layer, 0)
        if count < LEAST_SHARE * before:
            found.append(QualityIssue("moins", f"{layer} : {count} lignes, il y en avait {before}"))
    for layer, names in columns.items():
        gone = sorted(set(former.columns.get(layer, ())) - set(names))
        new = sorted(set(names) - set(former.columns.get(layer, names)))
        if gone:
            more = f", {some(new)} apparues" if new else ""
            found.append(
                QualityIssue("colonnes", f"{layer} : colonnes {some(gone)} disparues{more}")
            )
    return found
