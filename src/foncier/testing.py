"""For authors of sources: check that answers, whole or spoiled, end as they must.

    from foncier.testing import check_source
    check_source(MINE, {"https://data.example/lines?commune=80021": page.read_bytes()})

runs a `Source` against the answers given, over real HTTP on the loopback, then spoils one answer
after the other. Nothing outside the machine is asked.
"""

from __future__ import annotations

import gzip
import json
import re
import tempfile
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from foncier import download as services
from foncier.errors import FoncierError, FormatError, OfflineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["check_source"]

DAY = date(2026, 1, 15)
HTML = b"<!DOCTYPE html><html><body>Maintenance</body></html>"
TELLS_ITS_END = (b"{", b"[", b"<", b"\x1f\x8b")  # a CSV cut between two rows looks whole
LISTS = ("features", "resources")
QUICK = services.RETRIES.new(total=2, backoff_factor=0.001, backoff_jitter=0.0)


def check_source(
    source: services.Source,
    answers: Mapping[str, bytes] | Callable[[str], bytes | None],
    *,
    commune: str = "80021",
    bounds: tuple[float, float, float, float] | None = None,
) -> services.Provenance:
    """Check that a source brings its rows, and that no spoiled answer takes their place.

    Checked: whole, it is read by its layers' readers with one row at least; asked again, the same
    bytes come; each answer in turn cut by the connection, cut in half, empty, without any row, a
    page for people (announced as such or not), and each column renamed, ends in an error of
    `foncier.errors` with the former file intact. A CSV cut in half between two rows cannot be
    told from a shorter one: it is not tried. Nor are columns of OpenStreetMap's XML.

    Parameters
    ----------
    answers
        Bytes by public address (``https://…``, with or without its query), or a function from
        the address asked to bytes; None is "not there" (404).
    bounds
        West, south, east, north in degrees, for forms that ask by bounds.

    Returns
    -------
    The provenance of the whole answer: rows of each layer, columns.

    Raises
    ------
    AssertionError
        The source does not end as it must; the text says which answer, spoiled how.
    """
    given = answers if callable(answers) else _by_address(answers)
    place = services.Query((commune,), bounds)
    with tempfile.TemporaryDirectory() as made, _served(given) as served:
        folder = Path(made)
        first = _fetched(source, served, place, folder)
        if first.error is not None or first.provenance is None:
            raise AssertionError(f"{source.name}, whole: {first.error}") from first.error
        if not any(first.provenance.rows.values()):
            raise AssertionError(f"{source.name}, whole: no row, give answers that hold some")
        asked = tuple(dict.fromkeys(served.asked))
        if _fetched(source, served, place, folder).state != "current":
            raise AssertionError(f"{source.name}, asked again: other bytes for the same answers")
        for spoiled in _spoilings(source, first.provenance, asked):
            before = first.file.read_bytes()
            served.spoiling, served.spoilt = spoiled, 0
            again = _fetched(source, served, place, folder)
            if served.spoilt:
                _ended(source, spoiled, again.error, same=first.file.read_bytes() == before)
        return first.provenance


@dataclass(frozen=True)
class Spoiling:
    """How answers are spoiled: those of one address, or all (None); and how it has to end."""

    name: str
    address: str | None
    change: Callable[[bytes], bytes]
    headers: Mapping[str, str] = field(default_factory=dict)
    longer: int = 0
    ends: type[FoncierError] = FoncierError


@dataclass
class Served:
    """A server on the loopback: where, what it was asked, how its answers are spoiled."""

    given: Callable[[str], bytes | None]
    address: str = ""
    asked: list[str] = field(default_factory=list)
    spoiling: Spoiling | None = None
    spoilt: int = 0

    def answer(self, address: str) -> tuple[bytes | None, dict[str, str]]:
        """Answer to an address, and its headers."""
        self.asked.append(address)
        body, how = self.given(address), self.spoiling
        if body is None or how is None or how.address not in {None, address}:
            return body, {"Content-Length": str(len(body or b""))}
        changed = how.change(body)
        self.spoilt += bool(changed != body or how.longer)
        return changed, {"Content-Length": str(len(changed) + how.longer), **how.headers}


def _fetched(
    source: services.Source, served: Served, place: services.Query, folder: Path
) -> services.Outcome:
    own = frozenset({urlsplit(source.address).hostname or ""})
    web = services.HttpClient(
        services.hosts() | own,
        mirror=served.address,
        insecure=True,
        patience=QUICK,
        timeout_s=(2.0, 5.0),
        pause_s=0.0,
    )
    return services.fetch(web, source, place, folder, today=DAY)


def _ended(
    source: services.Source, spoiled: Spoiling, error: FoncierError | None, *, same: bool
) -> None:
    what = f"{source.name}, {spoiled.name} ({spoiled.address or 'every answer'})"
    as_it_must = isinstance(error, spoiled.ends)
    if not as_it_must:
        told = f"{type(error).__name__}: {error}" if error else "taken for good"
        raise AssertionError(f"{what}: {told}, instead of {spoiled.ends.__name__}")
    if not same:
        raise AssertionError(f"{what}: the former file was changed")


def _spoilings(
    source: services.Source, told: services.Provenance, asked: tuple[str, ...]
) -> Iterator[Spoiling]:
    page = {"Content-Type": "text/html; charset=utf-8"}
    lists = (source.options.get("rows", ""), *LISTS)
    for one in asked:
        yield Spoiling("cut by the connection", one, bytes, longer=999, ends=OfflineError)
        yield Spoiling("cut in half", one, _half)
        yield Spoiling("empty", one, lambda _: b"")
        yield Spoiling("without any row", one, partial(_without_rows, lists=lists))
        yield Spoiling("a page for people", one, lambda _: HTML, page, ends=FormatError)
        yield Spoiling("a page for people that does not say so", one, lambda _: HTML)
    made = source.options.get("columns")
    names = (
        {path.split(":")[0] for path in made.values() if not path.endswith("?")}
        if made
        else {name for columns in told.columns.values() for name in columns}
    )
    for name in sorted(names):
        yield Spoiling(f"column {name} renamed", None, partial(_renamed, name=name))


def _half(body: bytes) -> bytes:
    return body[: len(body) // 2] if body.startswith(TELLS_ITS_END) else body


def _without_rows(body: bytes, lists: tuple[str, ...]) -> bytes:
    plain = _unpacked(body)
    if plain.startswith(b"{"):
        told = json.loads(plain)
        emptied = {key: [] if key in lists else value for key, value in told.items()}
        return body if emptied == told else _as_before(json.dumps(emptied).encode(), body)
    if plain.lstrip().startswith(b"<"):
        return b'<?xml version="1.0"?><osm version="0.6"></osm>'
    return _as_before(plain.split(b"\n", 1)[0] + b"\n", body)


def _renamed(body: bytes, name: str) -> bytes:
    plain, old = _unpacked(body), re.escape(name.encode())
    if plain.startswith(b"{"):
        new = re.sub(rb'"' + old + rb'"\s*:', b'"' + name.encode() + b'_2":', plain)
    else:
        head, end, rest = plain.partition(b"\n")
        new = re.sub(rb"(?<![\w-])" + old + rb"(?![\w-])", name.encode() + b"_2", head) + end + rest
    return body if new == plain else _as_before(new, body)


def _unpacked(body: bytes) -> bytes:
    return gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body


def _as_before(plain: bytes, body: bytes) -> bytes:
    return gzip.compress(plain, mtime=0) if body.startswith(b"\x1f\x8b") else plain


def _by_address(answers: Mapping[str, bytes]) -> Callable[[str], bytes | None]:
    def answer(address: str) -> bytes | None:
        return answers.get(address, answers.get(address.split("?", maxsplit=1)[0]))

    return answer


@contextmanager
def _served(given: Callable[[str], bytes | None]) -> Iterator[Served]:
    served = Served(given)
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(served)) as server:
        server.daemon_threads = True
        served.address = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}).start()
        try:
            yield served
        finally:
            server.shutdown()


def _handler(served: Served) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body, headers = served.answer(f"https:/{self.path}")
            self.send_response(404 if body is None else 200)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body or b"")

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.do_GET()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler
