"""Services that answer in pages of JSON: turned to the last, then written as one table.

The next page is the link that a page gives, or the next number. A page that is full, or shorter
than asked, never says that it is the last: pages follow until all rows that are announced are
there, or until no link or no row comes.
"""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import shapely

from foncier.download.catalog import address_of
from foncier.download.client import RETRY, NoDataError, join_url
from foncier.errors import FormatError
from foncier.readers.report import complaint, some

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from foncier.download.catalog import Query, Source
    from foncier.download.client import Download, HttpClient

MAX_PAGES = 2000
OPTIONAL = "?"  # ends the path of a column that a service may leave out


def download_pages(
    web: HttpClient, source: Source, place: Query, to: Path, known: Mapping[str, Any]
) -> Download:
    """All rows of a service, page after page, as the CSV that the layer's reader reads.

    The options of the source: ``rows`` names the list of a page, ``total`` the number announced
    (where there is one), ``next`` the link to the next page or ``counted`` the parameter that
    numbers it (``meta.total`` is ``total`` inside ``meta``); ``columns`` says what each column of
    the CSV is made of (see `table`).

    Raises
    ------
    FormatError
        A page without its list or its total, fewer rows than announced, a row twice, a link that
        goes round or to an empty page, a column that no row has.
    SourceError
        More bytes or pages than a commune can have; a link to an unknown host.
    NothingHereError
        No row at all, where the option ``absent_if_empty`` says that this is an answer.
    """
    del known  # pages have no common mark
    address: str | None = address_of(source, place)
    if source.options.get("counted"):
        address = _numbered(source, place, 1)
    asked: dict[str, int] = {}
    rows: dict[str, Any] = {}
    size = 0
    while address is not None:
        if address in asked or len(asked) >= MAX_PAGES:
            what = (
                "les pages tournent en rond" if address in asked else f"plus de {MAX_PAGES} pages"
            )
            raise FormatError(complaint(address, what, RETRY))
        web.get(address, to, most_bytes=source.most_bytes - size)
        size += to.stat().st_size
        answer = read_json(to, address)
        page = _page(answer, source, address)
        asked[address] = len(page)
        rows |= _new(page, rows, address)
        announced = _announced(answer, source, address)
        if announced is None and not page and len(asked) > 1 and not source.options.get("counted"):
            raise FormatError(complaint(address, "page vide là où une suite est annoncée", RETRY))
        if not page or (announced is not None and len(rows) >= announced):
            break
        address = _following(answer, source, place, address, len(asked))
    if announced is not None and len(rows) < announced:
        what = f"{len(rows)} lignes reçues sur {announced} annoncées"
        raise FormatError(complaint(source.address, what, RETRY))
    if not rows and source.options.get("absent_if_empty"):
        todo = "La couche reste absente ; si elle doit y être, vérifiez le code INSEE."
        raise NoDataError(complaint(source.label, "rien à cet endroit", todo))
    return web.made(_written(list(rows.values()), source, to))


def table(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str]) -> list[list[str]]:
    """Head and rows of a table made of JSON rows; unknown is empty, rows are sorted.

    Parameters
    ----------
    columns
        For each column the key in a row; ``key:wkt``, ``key:x`` and ``key:y`` are made of a
        GeoJSON geometry (degrees): the whole, or a point that lies in it. A key that ends with
        ``?`` may be in no row; any other has to be in one at least.

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
    gone = [
        path
        for path in columns.values()
        if rows and not path.endswith(OPTIONAL) and not any(_key(path) in row for row in rows)
    ]
    if gone:
        there = sorted(set().union(*rows))
        what = f"colonnes {some(map(_key, gone))} absentes (il y a {some(there)})"
        raise FormatError(complaint("réponse du service", what, RETRY))
    body = [[_cell(row.get(_key(path)), path) for path in columns.values()] for row in rows]
    return [list(columns), *sorted(body)]


def read_json(path: Path, address: str) -> dict[str, Any]:
    """Read an answer as a JSON object; the file goes when it is none.

    Raises
    ------
    FormatError
        Cut short, not JSON, or not an object.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as fault:
        path.unlink(missing_ok=True)
        raise FormatError(complaint(address, "réponse illisible ou tronquée", RETRY)) from fault
    if not isinstance(found, dict):
        raise FormatError(complaint(address, "la réponse n'est pas un objet JSON", RETRY))
    return found


def _page(answer: Mapping[str, Any], source: Source, address: str) -> list[Mapping[str, Any]]:
    name = source.options["rows"]
    page = answer.get(name)
    if not isinstance(page, list) or not all(isinstance(row, dict) for row in page):
        what = f"pas de liste « {name} » dans la réponse (il y a {some(sorted(answer))})"
        raise FormatError(complaint(address, what, RETRY))
    return page


def _new(
    page: Sequence[Mapping[str, Any]], former: Mapping[str, Any], address: str
) -> dict[str, Any]:
    """Rows of a page by their text; one that came before says that a page was sent twice."""
    new = {json.dumps(row, sort_keys=True): row for row in page}
    again = len(page) - len(new) + len(new.keys() & former.keys())
    if again:
        what = f"{again} lignes déjà reçues : le service répète ses pages"
        raise FormatError(complaint(address, what, RETRY))
    return new


def _announced(answer: Mapping[str, Any], source: Source, address: str) -> int | None:
    name = source.options.get("total")
    if not name:
        return None
    count = _inside(answer, name)
    if not isinstance(count, int) or isinstance(count, bool):
        what = f"le nombre de lignes « {name} » n'est plus annoncé"
        raise FormatError(complaint(address, what, RETRY))
    return count


def _inside(answer: Mapping[str, Any], path: str) -> Any:
    found: Any = answer
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _following(
    answer: Mapping[str, Any], source: Source, place: Query, address: str, turned: int
) -> str | None:
    if source.options.get("counted"):
        return _numbered(source, place, turned + 1)
    link = _inside(answer, source.options["next"])
    if not link:
        return None
    whole = join_url(address, str(link))
    # Behind a proxy a service may write its own links without encryption: never asked so.
    if urlsplit(whole).hostname == urlsplit(source.address).hostname:
        return whole.replace("http://", "https://", 1)
    return whole


def _numbered(source: Source, place: Query, number: int) -> str:
    address = address_of(source, place)
    return f"{address}{'&' if '?' in address else '?'}{source.options['counted']}={number}"


def _written(rows: Sequence[Mapping[str, Any]], source: Source, to: Path) -> Path:
    try:
        lines = table(rows, source.options["columns"])
    except FormatError:
        to.unlink(missing_ok=True)
        raise
    with to.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(lines)
    return to


def _key(path: str) -> str:
    return path.removesuffix(OPTIONAL).split(":")[0]


def _cell(value: Any, path: str) -> str:
    if value is None:
        return ""
    made = path.removesuffix(OPTIONAL).partition(":")[2]
    if not made:
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    try:
        shape = shapely.from_geojson(json.dumps(value))
    except shapely.errors.GEOSException as fault:
        raise FormatError(complaint("réponse du service", "géométrie illisible", RETRY)) from fault
    if shape.is_empty:
        return ""
    if made == "wkt":
        return str(shapely.to_wkt(shape, rounding_precision=9))
    inside = shapely.point_on_surface(shape)
    return repr(float(inside.x if made == "x" else inside.y))
