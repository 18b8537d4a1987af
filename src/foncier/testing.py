"""Test a source of `foncier.download` against recorded answers, intact and corrupted.

    from foncier.testing import check_source
    check_source(MINE, {"https://data.example/lines?commune=80021": page.read_bytes()})

runs a `Source` against the answers over HTTP on the loopback, then corrupts one answer after the
other. No request leaves the machine.
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

from foncier import download
from foncier.errors import FoncierError, FormatError, OfflineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["check_source"]

TODAY = date(2026, 1, 15)
HTML = b"<!DOCTYPE html><html><body>Maintenance</body></html>"
SELF_DELIMITED = (b"{", b"[", b"<", b"\x1f\x8b")  # a CSV truncated between two rows looks complete
LIST_KEYS = ("features", "resources")
QUICK_RETRIES = download.RETRIES.new(total=2, backoff_factor=0.001, backoff_jitter=0.0)


def check_source(
    source: download.Source,
    answers: Mapping[str, bytes] | Callable[[str], bytes | None],
    *,
    commune: str = "80021",
    bounds: tuple[float, float, float, float] | None = None,
) -> download.Provenance:
    """Check that a source gives its rows, and that no corrupted answer replaces them.

    With intact answers, the readers of its layers find at least one row, and a second download
    gives the same bytes. Then each answer in turn is interrupted, truncated, emptied, sent without
    rows or as an HTML page (declared as such or not), and each column is renamed: each must end in
    an error of `foncier.errors` with the former file unchanged. A CSV truncated between two rows
    cannot be detected and is not tested; neither are columns of the XML of OpenStreetMap.

    Parameters
    ----------
    answers
        Bytes by public address (``https://…``, with or without its query), or a function from
        the requested address to bytes; None means "not found" (404).
    bounds
        West, south, east, north in degrees, for sources that are selected by bounds.

    Returns
    -------
    Provenance of the intact download: rows of each layer, columns.

    Raises
    ------
    AssertionError
        The source does not behave so; the text says which answer, and how it was corrupted.
    """
    answer = answers if callable(answers) else _by_address(answers)
    query = download.Query((commune,), bounds)
    with tempfile.TemporaryDirectory() as temporary, _serve(answer) as server:
        folder = Path(temporary)
        first = _fetch(source, server, query, folder)
        if first.error is not None or first.provenance is None:
            raise AssertionError(f"{source.name}, intact: {first.error}") from first.error
        if not any(first.provenance.rows.values()):
            raise AssertionError(f"{source.name}, intact: no row, give answers that have some")
        addresses = tuple(dict.fromkeys(server.requested))
        if _fetch(source, server, query, folder).state != "current":
            raise AssertionError(f"{source.name}, second download: other bytes")
        for corruption in _corruptions(source, first.provenance, addresses):
            before = first.file.read_bytes()
            server.corruption, server.corrupted = corruption, 0
            outcome = _fetch(source, server, query, folder)
            if server.corrupted:
                unchanged = first.file.read_bytes() == before
                _check_outcome(source, corruption, outcome.error, unchanged=unchanged)
        return first.provenance


@dataclass(frozen=True)
class Corruption:
    """How answers are corrupted: those of one address, or all (None); and the expected error."""

    name: str
    address: str | None
    change: Callable[[bytes], bytes]
    headers: Mapping[str, str] = field(default_factory=dict)
    missing_bytes: int = 0
    error: type[FoncierError] = FoncierError


@dataclass
class AnswerServer:
    """Server on the loopback: its address, the requests, how its answers are corrupted."""

    answer: Callable[[str], bytes | None]
    address: str = ""
    requested: list[str] = field(default_factory=list)
    corruption: Corruption | None = None
    corrupted: int = 0

    def respond(self, address: str) -> tuple[bytes | None, dict[str, str]]:
        """Body and headers of the answer to an address."""
        self.requested.append(address)
        body, corruption = self.answer(address), self.corruption
        if body is None or corruption is None or corruption.address not in {None, address}:
            return body, {"Content-Length": str(len(body or b""))}
        changed = corruption.change(body)
        self.corrupted += bool(changed != body or corruption.missing_bytes)
        length = len(changed) + corruption.missing_bytes
        return changed, {"Content-Length": str(length), **corruption.headers}


def _fetch(
    source: download.Source, server: AnswerServer, query: download.Query, folder: Path
) -> download.Outcome:
    host = frozenset({urlsplit(source.address).hostname or ""})
    client = download.HttpClient(
        download.hosts() | host,
        mirror=server.address,
        insecure=True,
        retries=QUICK_RETRIES,
        timeout_s=(2.0, 5.0),
        pause_s=0.0,
    )
    return download.fetch(client, source, query, folder, today=TODAY)


def _check_outcome(
    source: download.Source,
    corruption: Corruption,
    error: FoncierError | None,
    *,
    unchanged: bool,
) -> None:
    where = f"{source.name}, {corruption.name} ({corruption.address or 'every answer'})"
    expected = isinstance(error, corruption.error)
    if not expected:
        result = f"{type(error).__name__}: {error}" if error else "accepted"
        raise AssertionError(f"{where}: {result}, instead of {corruption.error.__name__}")
    if not unchanged:
        raise AssertionError(f"{where}: the former file was changed")


def _corruptions(
    source: download.Source, provenance: download.Provenance, addresses: tuple[str, ...]
) -> Iterator[Corruption]:
    html = {"Content-Type": "text/html; charset=utf-8"}
    list_keys = (source.options.get("rows", ""), *LIST_KEYS)
    for address in addresses:
        yield Corruption("interrupted", address, bytes, missing_bytes=999, error=OfflineError)
        yield Corruption("truncated", address, _truncate)
        yield Corruption("empty", address, lambda _: b"")
        yield Corruption("without rows", address, partial(_remove_rows, list_keys=list_keys))
        yield Corruption("HTML page", address, lambda _: HTML, html, error=FormatError)
        yield Corruption("HTML page declared as data", address, lambda _: HTML)
    paths = source.options.get("columns")
    columns = (
        {path.split(":")[0] for path in paths.values() if not path.endswith("?")}
        if paths
        else {name for names in provenance.columns.values() for name in names}
    )
    for name in sorted(columns):
        yield Corruption(f"column {name} renamed", None, partial(_rename_column, name=name))


def _truncate(body: bytes) -> bytes:
    return body[: len(body) // 2] if body.startswith(SELF_DELIMITED) else body


def _remove_rows(body: bytes, list_keys: tuple[str, ...]) -> bytes:
    plain = _decompressed(body)
    if plain.startswith(b"{"):
        answer = json.loads(plain)
        emptied = {key: [] if key in list_keys else value for key, value in answer.items()}
        return body if emptied == answer else _compressed_like(json.dumps(emptied).encode(), body)
    if plain.lstrip().startswith(b"<"):
        return b'<?xml version="1.0"?><osm version="0.6"></osm>'
    return _compressed_like(plain.split(b"\n", 1)[0] + b"\n", body)


def _rename_column(body: bytes, name: str) -> bytes:
    plain, old = _decompressed(body), re.escape(name.encode())
    if plain.startswith(b"{"):
        new = re.sub(rb'"' + old + rb'"\s*:', b'"' + name.encode() + b'_2":', plain)
    else:
        header, end, rows = plain.partition(b"\n")
        header = re.sub(rb"(?<![\w-])" + old + rb"(?![\w-])", name.encode() + b"_2", header)
        new = header + end + rows
    return body if new == plain else _compressed_like(new, body)


def _decompressed(body: bytes) -> bytes:
    return gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body


def _compressed_like(plain: bytes, body: bytes) -> bytes:
    return gzip.compress(plain, mtime=0) if body.startswith(b"\x1f\x8b") else plain


def _by_address(answers: Mapping[str, bytes]) -> Callable[[str], bytes | None]:
    def answer(address: str) -> bytes | None:
        return answers.get(address, answers.get(address.split("?", maxsplit=1)[0]))

    return answer


@contextmanager
def _serve(answer: Callable[[str], bytes | None]) -> Iterator[AnswerServer]:
    answers = AnswerServer(answer)
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(answers)) as server:
        server.daemon_threads = True
        answers.address = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}).start()
        try:
            yield answers
        finally:
            server.shutdown()


def _handler(answers: AnswerServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body, headers = answers.respond(f"https:/{self.path}")
            self.send_response(404 if body is None else 200)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body or b"")

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.do_GET()

        def log_message(self, *_: Any) -> None:
            """Write no log."""

    return Handler
