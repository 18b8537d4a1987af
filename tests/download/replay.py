"""HTTP server that answers and fails as the public services do."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, urlsplit

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

WFS = "/data.geopf.fr/wfs/ows"
OVERPASS = "/overpass-api.de/api/interpreter"
DPE = "/data.ademe.fr/data-fair/api/v1/datasets/dpe03existant/lines"
RNB = "/rnb-api.beta.gouv.fr/api/alpha/buildings/"
CASIAS = "/georisques.gouv.fr/api/v1/ssp/casias"
ICPE = "/georisques.gouv.fr/api/v1/installations_classees"
GEOCODER = "/data.geopf.fr/geocodage/search"
PIECE = 1 << 14
DATASETS = "/www.data.gouv.fr/api/1/datasets/"
STORE = "transport-data-gouv-fr-resource-history-prod.cellar-c2.services.clever-cloud.com"
RELIEF = "/data.geopf.fr/wms-r"
NETWORKS = "/transport.data.gouv.fr/api/datasets"


@dataclass
class Fault:
    """Fault of the next answers: a status, an interruption, a delay, other headers or bytes."""

    times: int = 1
    status: int = 0
    cut_at: int = 0
    wait_s: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    resumable: bool = True


class Replay:
    """Files by path (``/host/path``), features by WFS type, and the faults of each path."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.features: list[dict[str, Any]] = []
        self.easements: list[dict[str, Any]] = []
        self.layers: dict[str, list[dict[str, Any]]] = {}
        self.heights: Callable[[Any, Any], Any] = lambda x, y: 25 + (x - 650_000) / 100 + 0 * y
        self.lists: dict[str, list[dict[str, Any]]] = {DPE: [], RNB: [], CASIAS: [], ICPE: []}
        self.cap = 1000
        self.announce = True
        self.stuck = False
        self.pace_s = 0.0
        self.faults: dict[str, list[Fault]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.spans: list[tuple[str, float, float]] = []
        self.wait_s = 0.0
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.server.daemon_threads = True

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self) -> Self:
        often = {"poll_interval": 0.02}
        threading.Thread(target=self.server.serve_forever, kwargs=often, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def fail(self, path: str, **what: Any) -> None:
        self.faults.setdefault(path, []).append(Fault(**what))

    def fault(self, path: str) -> Fault | None:
        waiting = self.faults.get(path, [])
        if not waiting:
            return None
        waiting[0].times -= 1
        return waiting.pop(0) if waiting[0].times <= 0 else waiting[0]

    def dataset(self, slug: str, resource: str, body: bytes, **more: str) -> None:
        told = {
            "title": resource,
            "format": "csv",
            "last_modified": "2026-01-02T00:00:00",
            "url": f"https://static.data.gouv.fr/resources/{resource}",
            **more,
        }
        older = {**told, "last_modified": "2020-01-01", "url": told["url"] + ".old"}
        self.files[f"{DATASETS}{slug}/"] = json.dumps({"resources": [older, told]}).encode()
        self.files[f"/static.data.gouv.fr/resources/{resource}"] = body

    def page(self, query: str) -> bytes:
        words = {key: values[0] for key, values in parse_qs(query).items()}
        start, count = int(words["startIndex"]), min(self.cap, int(words["count"]))
        layer = words["typeNames"]
        every = self.easements if "sup" in layer else self.features
        if layer != "wfs_du:zone_urba" and "sup" not in layer:
            every = self.layers.get(layer, [])
        rows = every[0 if self.stuck else start :][:count]
        told: dict[str, Any] = {"type": "FeatureCollection", "features": rows}
        told["numberMatched"] = len(every) if self.announce else "unknown"
        return json.dumps(told).encode()

    def dem(self, query: str) -> bytes:
        """Heights as the WMS of the Géoplateforme sends them: raw numbers, north-west first."""
        words = {key: values[0] for key, values in parse_qs(query, separator="&").items()}
        assert words["FORMAT"] == "image/x-bil;bits=32"
        assert words["CRS"] == "EPSG:2154"
        west, south, east, north = map(float, words["BBOX"].split(","))
        width, height = int(words["WIDTH"]), int(words["HEIGHT"])
        x = west + (np.arange(width) + 0.5) * (east - west) / width
        y = north - (np.arange(height) + 0.5) * (north - south) / height
        return bytes(np.asarray(self.heights(x[None, :], y[:, None]), dtype="<f4").tobytes())

    def networks(self, *told: dict[str, Any]) -> None:
        """Data sets of transport.data.gouv.fr: the list, and each with its history."""
        self.files[NETWORKS] = json.dumps(told).encode()
        for one in told:
            copies = [
                {
                    "inserted_at": f"2026-0{n}-01T00:00:00Z",
                    "payload": {
                        "format": "GTFS",
                        "permanent_url": f"https://{STORE}/{r['id']}/{n}.zip",
                    },
                }
                for r in one["resources"]
                for n in (2, 1)
            ]
            self.files[f"{NETWORKS}/{one['id']}"] = json.dumps({**one, "history": copies}).encode()

    def list_page(self, path: str, query: str) -> bytes:
        """A page of a register in the format of its service; ``stuck``: always the first."""
        words = {key: values[0] for key, values in parse_qs(query).items()}
        size = min(self.cap, int(words.get("size") or words.get("limit") or words["page_size"]))
        if words.get("status", "all") not in {"constructed", "notUsable", "demolished", "all"}:
            raise ValueError(f'"{words["status"]}" is not a valid choice.')
        start = int(words.get("after") or words.get("cursor") or 0)
        start = size * (int(words["page"]) - 1) if "page" in words else start
        every = self.lists[path]
        if "status" in words:
            every = [row for row in every if row["status"] == words["status"]]
        rows = every[0 if self.stuck else start :][:size]
        if path in {CASIAS, ICPE}:
            whole = {
                "results": len(every),
                "page": int(words["page"]),
                "data": rows,
                "total_pages": -(-len(every) // size),
            }
            return json.dumps(whole).encode()
        word = "after" if path == DPE else "cursor"
        bare = "&".join(part for part in query.split("&") if not part.startswith(f"{word}="))
        link = f"http:/{path}?{bare}&{word}={start + size}" if start + size < len(every) else None
        told: dict[str, Any] = {"next": link, "results": rows}
        if path == DPE:
            told |= {"total": len(every)}
            told = {key: value for key, value in told.items() if value is not None}
        return json.dumps(told).encode()


def _handler(replay: Replay) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            replay.asked.append((parts.path, dict(self.headers.items())))
            if parts.path in replay.lists:
                try:
                    body: bytes | None = replay.list_page(parts.path, parts.query)
                except ValueError as fault:
                    replay.fail(parts.path, status=400)
                    body = json.dumps({"status": [str(fault)]}).encode()
            else:
                made = {WFS: replay.page, RELIEF: replay.dem}.get(parts.path)
                body = made(parts.query) if made else replay.files.get(parts.path)
            self._answer(parts.path, body)

        def do_POST(self) -> None:
            size = int(self.headers.get("Content-Length", 0))
            replay.asked.append((self.path, {"form": self.rfile.read(size).decode()}))
            self._answer(self.path, replay.files.get(self.path))

        def _answer(self, path: str, body: bytes | None) -> None:
            fault, start = replay.fault(path) or Fault(), time.monotonic()
            time.sleep(fault.wait_s or replay.wait_s)
            replay.spans.append((path.split("/")[1], start, time.monotonic()))
            body = fault.body if fault.body is not None else body
            if body is None and not fault.status:
                fault.status = 404
            body = body or b""
            mark = f'"{hashlib.sha256(body).hexdigest()[:12]}"'
            headers, status = {"ETag": mark}, fault.status or 200
            if not fault.status and self.headers.get("If-None-Match") == mark:
                status, body = 304, b""
            wanted = self.headers.get("Range")
            if (
                not fault.status
                and wanted
                and fault.resumable
                and status == 200
                and (self.headers.get("If-Range") == mark)
            ):
                start = int(wanted.removeprefix("bytes=").removesuffix("-"))
                headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
                status, body = 206, body[start:]
            headers |= {"Content-Length": str(len(body)), **fault.headers}
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            if fault.cut_at and len(body) > fault.cut_at:
                self.wfile.write(body[: fault.cut_at])
                self.wfile.flush()
                self.close_connection = True
                return
            for start in range(0, len(body), PIECE):
                time.sleep(replay.pace_s)
                self.wfile.write(body[start : start + PIECE])

        def log_message(self, *_: object) -> None:
            """Write no log."""

    return Handler
