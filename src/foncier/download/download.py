"""Download one source, validate it with its reader, then install it atomically."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import reduce
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
    rewrite,
)
from foncier.download.second import second_of
from foncier.download.services import DOWNLOADERS
from foncier.download.vintage import vintage_of
from foncier.errors import ConfigError, ExportError, FoncierError, OfflineError, SourceError
from foncier.i18n import Message
from foncier.model import LayerFile
from foncier.readers import files, registry
from foncier.readers.dem import read_dem

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from foncier.download.catalog import Bounds, Query, Source
    from foncier.download.client import Download, HttpClient
    from foncier.model import LayerReport

MIN_ROW_SHARE = 0.5  # of the rows of the previous file: fewer rows are a quality issue


@dataclass(frozen=True)
class Outcome:
    """Result for one source: the file and its provenance, or the error, or both.

    With an error the former file, if there is one, is unchanged. ``absent``: the service has no
    data for this place, as ``error`` says; the layer stays unknown.
    """

    source: Source
    file: Path
    state: Literal["new", "current", "absent", "failed"]
    provenance: Provenance | None
    error: FoncierError | None = None


@dataclass(frozen=True)
class QualityIssue:
    """A suspect property of a file, which the user has to accept: its code, and the words."""

    name: Literal["vide", "moins", "colonnes"]
    text: Message


def fetch(
    client: HttpClient,
    source: Source,
    query: Query,
    folder: Path,
    *,
    today: date,
    accepted: Collection[str] = (),
    reading: AbstractContextManager[Any] | None = None,
    late_bounds: Callable[[], Bounds | None] | None = None,
) -> Outcome:
    """Download one source into a folder; on any error the former file stays unchanged.

    Parameters
    ----------
    query
        Communes and bounds; for a source with one file for each commune the first one counts.
    today
        Date for the provenance.
    accepted
        Codes of quality issues (``vide``, ``moins``, ``colonnes``) that the user accepts.
    reading
        Lock of the threads that download side by side: one of them at a time reads its file, so
        that memory is that of one.
    late_bounds
        Waits for the bounds of the parcels, for a source whose requests do not hold them.

    Returns
    -------
    The outcome; its ``error`` is any error of `foncier.errors` but the following.

    Raises
    ------
    ExportError
        The disk is full or not writable: all other sources would fail, too.
    """
    file = folder / source.file.format(commune=query.communes[0])
    former = read_provenance(file)
    query = replace(query, asked_on=today)
    try:
        with explain_disk_errors(file.name):
            download = _download(client, source, query, file, former)
            if late_bounds is not None:
                query = replace(query, bounds=late_bounds())
            with reading or nullcontext():
                provenance = _install(download, source, query, file, former, accepted=accepted)
    except NoDataError as fault:
        # Data of the previous run that are gone are an error until the user accepts the loss.
        return Outcome(source, file, "failed" if former else "absent", former, fault)
    except ExportError:
        remove_partial(folder, file.name)
        raise
    except FoncierError as fault:
        return Outcome(source, file, "failed", former, fault)
    same = former is not None and provenance.sha256 == former.sha256
    return Outcome(source, file, "current" if same else "new", provenance)


def _download(
    client: HttpClient, source: Source, query: Query, file: Path, former: Provenance | None
) -> Download:
    """Download the new version of a file beside it."""
    if source.form not in DOWNLOADERS:
        raise ConfigError(
            "download.unknown_form", source=source.name, form=source.form, forms=tuple(DOWNLOADERS)
        )
    partial = partial_file(file.parent, file.name)
    validators = asdict(former) if former else {}
    try:
        return DOWNLOADERS[source.form](client, source, query, partial, validators)
    except NoDataError:
        remove(partial)
        raise
    except FoncierError as fault:
        second = second_of(source)
        # The file of a source that fails is kept, unless it came from the second one.
        if second is not None and (not former or former.attribution == second.attribution):
            found = _from_second(client, second, query, partial)
            if found is not None:
                return found
        if not isinstance(fault, OfflineError):  # the next run resumes the partial download
            remove(partial)
        raise


def _from_second(
    client: HttpClient, source: Source, query: Query, partial: Path
) -> Download | None:
    """Download of the second source in place of the first; None where it fails too.

    Its attribution and address stay with the file: they say which source it is of.
    """
    path = partial.with_name(f"{partial.name}.second")
    try:
        download = DOWNLOADERS[source.form](client, source, query, path, {})
    except FoncierError:
        remove(path)
        return None
    remove(partial)
    path.replace(partial)
    return replace(
        download,
        path=partial,
        attribution=download.attribution or source.attribution,
        address=download.address or source.address,
    )


def _install(
    download: Download,
    source: Source,
    query: Query,
    file: Path,
    former: Provenance | None,
    *,
    accepted: Collection[str],
) -> Provenance:
    """Install a file after its readers; return its provenance, ``former`` when it is the same."""
    partial = partial_file(file.parent, file.name)
    if former and (download.unchanged or download.sha256 == former.sha256):
        remove(partial)
        return _confirmed(former, file, download, source, query)
    attribution = download.attribution or source.attribution
    compared = former
    if former and former.attribution != attribution:  # another service has its own columns
        compared = replace(former, columns={})
    try:
        rows, columns, issues = _validate(source, query, partial, file, compared, accepted=accepted)
    except FoncierError:
        remove(partial)
        raise
    vintage = vintage_of(download, source, today=_day(query))
    provenance = Provenance(
        source=source.name,
        address=download.address or address_of(source, query),
        fetched_on="" if query.asked_on is None else query.asked_on.isoformat(),
        sha256=download.sha256,
        etag=download.etag,
        modified=download.modified,
        licence=download.licence or source.licence,
        attribution=attribution,
        rows=rows,
        columns=columns,
        accepted=issues,
        vintage=None if vintage is None else vintage.isoformat(),
    )
    install(partial, file, provenance)
    return provenance


def _confirmed(
    former: Provenance, file: Path, download: Download, source: Source, query: Query
) -> Provenance:
    """Provenance of a file that is current, of which the service may have a new edition."""
    vintage = vintage_of(replace(download, path=file), source, today=_day(query))
    if vintage is None or vintage.isoformat() == former.vintage:
        return former
    confirmed = replace(former, vintage=vintage.isoformat())
    rewrite(file, confirmed)
    return confirmed


def _day(query: Query) -> date:
    return query.asked_on or date.max


def _validate(
    source: Source,
    query: Query,
    partial: Path,
    file: Path,
    former: Provenance | None,
    *,
    accepted: Collection[str],
) -> tuple[dict[str, int], dict[str, list[str]], list[str]]:
    """Rows and columns by layer of a downloaded file, and the codes of accepted quality issues.

    Raises
    ------
    SourceError
        A quality issue that the user did not accept.
    """
    reports = _read_layers(source, partial, query)
    own = "layer_file" in source.options  # a layer of the study, whose columns it names itself
    columns = {} if own else {layer: _columns(partial) for layer, _ in source.layers}
    rows = {report.layer: _counted(report) for report in reports}
    any_read = any(report.rows_read for report in reports)
    may_be_empty = source.may_keep_none if any_read else source.may_be_empty
    expected = not may_be_empty and (source.by_commune or not any_read)
    issues = quality_issues(rows, columns, former, expected=expected)
    rejected = [issue for issue in issues if issue.name not in accepted]
    if rejected:
        raise _quality_error(source, file, rejected, former)
    return rows, columns, sorted({issue.name for issue in issues})


def _counted(report: LayerReport) -> int:
    """Rows of a layer; all that were read where only parcels locate them: none are at hand."""
    later = report.format in registry.ONLY_BY_PARCEL
    return report.rows_read if later else report.rows_kept


def _read_layers(source: Source, file: Path, query: Query) -> list[LayerReport]:
    """Read every layer of a file, as a run does."""
    crs = legal_crs(query.communes[0])
    communes = query.communes[:1] if source.by_commune else query.communes
    bounds = None
    if query.bounds is not None:
        transformer = pyproj.Transformer.from_crs(DEGREES, crs, always_xy=True)
        bounds = transformer.transform_bounds(*query.bounds)
    reports = []
    for layer, format_ in source.layers:
        layer_file = LayerFile(layer, file, source.file, format_)
        if "layer_file" in source.options:
            layer_file = replace(source.options["layer_file"], path=file, sublayer=None)
        if layer == "elevation":
            report = read_dem(layer_file, crs=crs, bounds=bounds)[1]
        else:
            report = registry.read(
                layer_file, crs=crs, communes=communes, on=query.asked_on, bounds=bounds
            )[1]
        reports.append(report)
    return reports


def _columns(file: Path) -> list[str]:
    """Names of the columns of a file; none for a folder, a raster, OSM and a zip."""
    if file.suffix == ".csv":
        header = files.content(file, file.name).split(b"\n", 1)[0].decode("utf-8", "replace")
        separator = max(";,\t", key=header.count)
        return [name.strip().strip('"') for name in header.split(separator)]
    if file.is_dir() or file.suffix in {".osm", ".tif", ".zip"}:
        return []
    path: Any = f"/vsigzip/{file.as_posix()}" if file.suffix == ".gz" else file
    with files.readable(file.name):
        return sorted(str(name) for name in pyogrio.read_info(path)["fields"])


def _quality_error(
    source: Source, file: Path, issues: list[QualityIssue], former: Provenance | None
) -> SourceError:
    params: dict[str, Any] = {
        "file": file.name,
        "issues": reduce(_both, (issue.text for issue in issues)),
        "source": source.name,
        "codes": ",".join(dict.fromkeys(issue.name for issue in issues)),
    }
    if former is None:
        return SourceError("download.quality.suspect", **params)
    day = date.fromisoformat(former.fetched_on)
    return SourceError("download.quality.suspect_update", day=day, **params)


def _both(first: Message, second: Message) -> Message:
    return Message("download.quality.both", first=first, second=second)


def quality_issues(
    rows: Mapping[str, int],
    columns: Mapping[str, Iterable[str]],
    former: Provenance | None,
    *,
    expected: bool = True,
) -> list[QualityIssue]:
    """Compare a downloaded file with the one that it would replace.

    Parameters
    ----------
    rows
        Rows kept, by layer.
    columns
        Names of the columns of the file, by layer.
    former
        Provenance of the former file; None for the first.
    expected
        Whether there must be a row; a file for all of France may have none for a commune.

    Examples
    --------
    >>> [issue.name for issue in quality_issues({"zones": 0}, {}, None)]
    ['vide']
    """
    issues = []
    if expected and not any(rows.values()):
        issues.append(QualityIssue("vide", Message("download.quality.empty")))
    if former is None:
        return issues
    for layer, count in rows.items():
        before = former.rows.get(layer, 0)
        if count < MIN_ROW_SHARE * before:
            text = Message("download.quality.fewer_rows", layer=layer, count=count, before=before)
            issues.append(QualityIssue("moins", text))
    for layer, names in columns.items():
        missing = sorted(set(former.columns.get(layer, ())) - set(names))
        new = sorted(set(names) - set(former.columns.get(layer, names)))
        if missing:
            issues.append(QualityIssue("colonnes", _column_change(layer, missing, new)))
    return issues


def _column_change(layer: str, missing: list[str], new: list[str]) -> Message:
    if not new:
        return Message(
            "download.quality.columns_gone", layer=layer, count=len(missing), missing=missing
        )
    return Message(
        "download.quality.columns_changed",
        layer=layer,
        count=len(missing),
        missing=missing,
        new=new,
        new_count=len(new),
    )
