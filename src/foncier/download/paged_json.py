"""Services that answer in pages of JSON: all pages are read, then written as one CSV.

The next page is the link in a page, or the next number. The size of a page never shows that it is
the last: pages are requested until all announced rows are there, or until no link or no row comes.
"""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import shapely

from foncier.download.catalog import address_of
from foncier.download.client import Download, NoDataError, join_url
from foncier.download.responses import RETRY
from foncier.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from foncier.download.catalog import Query, Source
    from foncier.download.client import HttpClient

MAX_PAGES = 2000
MAX_PAGE_BYTES = 64_000_000  # a page is parsed in memory; one of 10 000 rows has about 10 MB
OPTIONAL = "?"  # ends the path of a column that a service may leave out


def download_pages(
    client: HttpClient, source: Source, query: Query, path: Path, validators: Mapping[str, Any]
) -> Download:
    """Download all rows of a service, page by page, as the CSV that the reader of the layer reads.

    Options of the source: ``rows`` is the key of the list in a page, ``total`` that of the number
    of rows (if any), ``next`` that of the link to the next page, or ``counted`` the parameter with
    the number of the page (``meta.total`` is ``total`` inside ``meta``); ``columns`` says from
    what each column of the CSV is made (see `table`). ``each`` has the values of a name in braces
    of the address: the service is asked once for each.

    The total may change while the pages are read: the rows are complete when they are as many as
    the smallest announced, and a row may come again for each row that was added.

    Raises
    ------
    FormatError
        A page without its list or its total, fewer rows than announced, a repeated row, a link
        to an earlier or to an empty page, a column that no row has.
    SourceError
        More bytes or pages than a commune can have; a link to an unknown host.
    NoDataError
        No row at all, where the option ``absent_if_empty`` says that this is valid.
    """
    del validators  # the pages have no common validator
    rows = read_rows(client, source, query, path)
    if not rows and source.options.get("absent_if_empty"):
        raise NoDataError("download.no_data", source=source.title)
    write_rows(rows, source, path)
    return Download.assembled(path)


def read_rows(client: HttpClient, source: Source, query: Query, path: Path) -> list[dict[str, Any]]:
    """All rows of a service as its JSON has them; see `download_pages` for the errors.

    ``path`` is where the answers are kept while they are read.
    """
    rows: dict[str, Any] = {}
    size = 0
    for address in first_pages(source, query):
        read, size = _read_pages(client, source, path, address, size)
        rows |= read
    return list(rows.values())


def first_pages(source: Source, query: Query) -> list[str]:
    """Address of the first page for each value of the option ``each``; one without it."""
    addresses = [address_of(source, query)]
    for name, values in source.options.get("each", {}).items():
        addresses = [
            address.replace(f"{{{name}}}", str(value)) for address in addresses for value in values
        ]
    if not source.options.get("counted"):
        return addresses
    return [_numbered(source, address, 1) for address in addresses]


def _read_pages(
    client: HttpClient, source: Source, path: Path, first: str, size: int
) -> tuple[dict[str, Any], int]:
    """All rows that begin at a page, by their JSON; the bytes of the answers until then."""
    address: str | None = first
    visited: set[str] = set()
    rows: dict[str, Any] = {}
    totals: list[int] = []
    repeated = 0
    while address is not None:
        _check_new_page(address, visited)
        client.get(address, path, max_bytes=min(MAX_PAGE_BYTES, source.most_bytes - size))
        size += path.stat().st_size
        answer = read_json(path, address)
        page = _page_rows(answer, source, address)
        visited.add(address)
        totals += _announced(answer, source, address)
        new = {json.dumps(row, sort_keys=True): row for row in page}
        repeated += len(page) - len(new) + len(new.keys() & rows.keys())
        _check_repeated(repeated, totals, address)
        rows |= new
        if not page:
            _check_empty_page(source, address, len(visited), totals)
            break
        if totals and len(rows) >= totals[-1]:
            break
        address = _next_page(answer, source, address, first, len(visited))
    _check_complete(address or first, len(rows), totals)
    return rows, size


def _check_new_page(address: str, visited: set[str]) -> None:
    if address in visited:
        raise FormatError("download.paged_json.circular_link", address=address, retry=RETRY)
    if len(visited) >= MAX_PAGES:
        raise FormatError("download.too_many_pages", address=address, pages=MAX_PAGES, retry=RETRY)


def _check_repeated(repeated: int, totals: Sequence[int], address: str) -> None:
    """Raise on a row that came again, which shows that a page was sent twice.

    A row that is added to the beginning of the list moves another to the next page: as many may
    come again as the total has grown.
    """
    if repeated > (max(totals) - totals[0] if totals else 0):
        raise FormatError(
            "download.paged_json.repeated_rows", address=address, count=repeated, retry=RETRY
        )


def _check_empty_page(source: Source, address: str, pages: int, totals: Sequence[int]) -> None:
    """Raise on an empty page to which a link led; a numbered page may be empty."""
    if not totals and pages > 1 and not source.options.get("counted"):
        raise FormatError("download.paged_json.empty_page", address=address, retry=RETRY)


def _check_complete(address: str, count: int, totals: Sequence[int]) -> None:
    """Raise when there are fewer rows than in any of the announced totals."""
    if totals and count < min(totals):
        raise FormatError(
            "download.paged_json.rows_missing",
            address=address,
            count=count,
            announced=min(totals),
            retry=RETRY,
        )


def table(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str]) -> list[list[str]]:
    """Header and rows of a table made from JSON rows; missing values are empty, rows are sorted.

    Parameters
    ----------
    columns
        For each column the key in a row. ``key:wkt``, ``key:x`` and ``key:y`` are made from a
        GeoJSON geometry in degrees: the geometry, or a point inside it. A key that ends with
        ``?`` may be missing in all rows; any other has to be in at least one.

    Raises
    ------
    FormatError
        A key that no row has.

    Examples
    --------
    >>> row = {"id": "A", "geom": {"type": "Point", "coordinates": [2.5, 49]}, "state": None}
    >>> table([row], {"id": "id", "lon": "geom:x", "state": "state", "date": "day?"})
    [['id', 'lon', 'state', 'date'], ['A', '2.5', '', '']]
    """
    missing = [
        _key(path)
        for path in columns.values()
        if rows and not path.endswith(OPTIONAL) and not any(_key(path) in row for row in rows)
    ]
    if missing:
        raise columns_missing("JSON", missing, set().union(*rows))
    body = [[_cell(row.get(_key(path)), path) for path in columns.values()] for row in rows]
    return [list(columns), *sorted(body)]


def columns_missing(where: object, missing: list[str], columns: Iterable[str]) -> FormatError:
    """Error of an answer that lacks columns: where, the missing ones, those that are there."""
    return FormatError(
        "download.columns_missing",
        where=where,
        count=len(missing),
        missing=missing,
        columns=sorted(columns),
        retry=RETRY,
    )


def read_json(path: Path, address: str) -> dict[str, Any]:
    """Read an answer as a JSON object; the file is removed if it is not JSON.

    Raises
    ------
    FormatError
        Truncated, not JSON, or not an object.
    """
    answer = parse_json(path, address)
    if not isinstance(answer, dict):
        raise FormatError("download.paged_json.not_an_object", address=address, retry=RETRY)
    return answer


def parse_json(path: Path, address: str) -> Any:
    """Parse an answer as JSON; the file is removed if it is not JSON.

    Raises
    ------
    FormatError
        Truncated, or not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as fault:
        path.unlink(missing_ok=True)
        raise FormatError("download.paged_json.unreadable", address=address, retry=RETRY) from fault


def _page_rows(answer: Mapping[str, Any], source: Source, address: str) -> list[Mapping[str, Any]]:
    name = source.options["rows"]
    rows = answer.get(name)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise FormatError(
            "download.paged_json.no_list",
            address=address,
            name=name,
            keys=sorted(answer),
            retry=RETRY,
        )
    return rows


def _announced(answer: Mapping[str, Any], source: Source, address: str) -> list[int]:
    """Number of rows that a page announces; empty where the service announces none."""
    name = source.options.get("total")
    if not name:
        return []
    count = _value_at(answer, name)
    if not isinstance(count, int) or isinstance(count, bool):
        raise FormatError("download.paged_json.no_total", address=address, name=name, retry=RETRY)
    return [count]


def _value_at(answer: Mapping[str, Any], path: str) -> Any:
    value: Any = answer
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _next_page(
    answer: Mapping[str, Any], source: Source, address: str, first: str, pages: int
) -> str | None:
    if source.options.get("counted"):
        return first.removesuffix("=1") + f"={pages + 1}"
    link = _value_at(answer, source.options["next"])
    if not link:
        return None
    resolved = join_url(address, str(link))
    # Behind a proxy a service may write its own links as http: they are requested as https.
    if urlsplit(resolved).hostname == urlsplit(source.address).hostname:
        return resolved.replace("http://", "https://", 1)
    return resolved


def _numbered(source: Source, address: str, number: int) -> str:
    return f"{address}{'&' if '?' in address else '?'}{source.options['counted']}={number}"


def write_rows(rows: Sequence[Mapping[str, Any]], source: Source, path: Path) -> None:
    """Write rows as the CSV that the option ``columns`` of the source describes (see `table`).

    Raises
    ------
    FormatError
        A column that no row has; the file is removed.
    """
    try:
        lines = table(rows, source.options["columns"])
    except FormatError:
        path.unlink(missing_ok=True)
        raise
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(lines)


def _key(path: str) -> str:
    return path.removesuffix(OPTIONAL).split(":")[0]


def _cell(value: Any, path: str) -> str:
    if value is None:
        return ""
    part = path.removesuffix(OPTIONAL).partition(":")[2]
    if not part:
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    try:
        shape = shapely.from_geojson(json.dumps(value))
    except shapely.errors.GEOSException as fault:
        raise FormatError("download.paged_json.bad_geometry", retry=RETRY) from fault
    if shape.is_empty:
        return ""
    if part == "wkt":
        return str(shapely.to_wkt(shape, rounding_precision=9))
    inside = shapely.point_on_surface(shape)
    return repr(float(inside.x if part == "x" else inside.y))
