"""Recorded and composed answers of the services over HTTP on the loopback: see ``contracts/``."""

from __future__ import annotations

import gzip
import io
import threading
import tomllib
import zipfile
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, urlsplit

import numpy as np

from ..timetable import feed, write_zip

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = Path(__file__).with_name("contracts")
NAMES = sorted(file.stem for file in FOLDER.glob("*.toml"))
Answer = tuple[int, dict[str, str], bytes]


def read_contract(name: str) -> dict[str, Any]:
    """Contract of a service: its origin, the exchanges, the rows and the vintage that it gives."""
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


@dataclass
class ContractServer:
    """Server of exchanges by their request; any other request is answered by 404.

    ``change`` replaces an answer: it gets the address and the number of earlier requests of it.
    """

    exchanges: list[dict[str, Any]]
    scratch: Path
    real_data: Path | None = None
    change: Callable[[str, int, Answer], Answer] = lambda _address, _n, answer: answer
    asked: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.server.daemon_threads = True
        often = {"poll_interval": 0.02}
        threading.Thread(target=self.server.serve_forever, kwargs=often, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def answer(self, address: str, form: str) -> Answer:
        """Answer to a request, as the exchange says."""
        before = self.asked.count(address)
        self.asked.append(address)
        for one in self.exchanges:
            if self._fits(one, address, form):
                headers = dict(one.get("headers", {}))
                found = (one.get("status", 200), headers, self._body(one, address))
                return self.change(address, before, found)
        return 404, {"Content-Type": "text/html"}, b"<html>Not found</html>"

    def _fits(self, exchange: dict[str, Any], address: str, form: str) -> bool:
        request = str(exchange["request"])
        path = address.split("?", maxsplit=1)[0]
        if "form" in exchange:
            return path == request and (not form or exchange["form"] in form)
        if exchange.get("packed") == "heights":
            return path == request.split("?", maxsplit=1)[0]
        return address == request

    def _body(self, exchange: dict[str, Any], address: str) -> bytes:
        body = str(exchange.get("body", "")).encode(exchange.get("encoding", "utf-8"))
        kind, _, name = str(exchange.get("packed", "")).partition(":")
        if kind == "gzip":
            return gzip.compress(body, mtime=0)
        if kind == "zip":
            packed = io.BytesIO()
            with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr(zipfile.ZipInfo(name), body, zipfile.ZIP_DEFLATED)
            return packed.getvalue()
        if kind == "gtfs":
            return write_zip(self.scratch / "feed.zip", feed()).read_bytes()
        if kind == "heights":
            words = parse_qs(urlsplit(address).query)
            cells = int(words["WIDTH"][0]) * int(words["HEIGHT"][0])
            return np.full(cells, 27.5, dtype="<f4").tobytes()
        if kind == "real":
            assert self.real_data is not None
            return (self.real_data / name).read_bytes()
        return body


def _handler(server: ContractServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer("")

        def do_POST(self) -> None:
            size = int(self.headers.get("Content-Length", 0))
            self._answer(parse_qs(self.rfile.read(size).decode())["data"][0])

        def _answer(self, form: str) -> None:
            status, headers, body = server.answer(f"https:/{self.path}", form)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Write no log."""

    return Handler
