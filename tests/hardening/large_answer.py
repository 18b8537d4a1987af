"""Memory of a download of a very large answer, by what the answer is.

    python -m tests.hardening.large_answer [megabytes]

A server on the loopback sends as many megabytes as it is asked for, without announcing them. Each
kind runs in a process of its own; its peak of memory is compared with that of the same process
before the download.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

from foncier import download as services
from foncier.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK = 1 << 20
ROW = b"1;A;2015-01-01;47.22Z;2.3;49.9;63148;\n"
HEAD = (
    b"siret;etatAdministratifEtablissement;dateDebut;activitePrincipaleEtablissement;"
    b"longitude;latitude;codeCommuneEtablissement;\n"
)
OURS = b"2;A;2015-01-01;47.22Z;2.3;49.9;80021;\n"


def server(megabytes: int, kind: str) -> ThreadingHTTPServer:
    """Server of one endless answer: a table, or one page of JSON."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            try:
                for block in blocks(megabytes, kind):
                    self.wfile.write(block)
            except OSError:  # the client has had enough
                return

        def log_message(self, *_: object) -> None:
            """Write no log."""

    return ThreadingHTTPServer(("127.0.0.1", 0), Handler)


def blocks(megabytes: int, kind: str) -> Iterator[bytes]:
    """Parts of the answer, of a megabyte each."""
    rows = ROW * (BLOCK // len(ROW))
    if kind == "page":
        yield b'{"total": 1, "results": ['
        yield from (json.dumps({"a": "x" * BLOCK}).encode() + b"," for _ in range(megabytes))
        return
    yield HEAD
    yield from (rows for _ in range(megabytes))
    yield OURS


def one(megabytes: int, kind: str) -> None:
    """Print what a download of one kind gave, and how much its memory grew, in MB."""
    name = {"file": "dvf", "page": "dpe", "cut": "sirene"}[kind]
    source = next(one for one in services.sources() if one.name == name)
    source = replace(source, most_bytes=2 * megabytes * BLOCK)
    web = server(megabytes, kind)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{web.server_address[1]}"
    client = services.HttpClient(services.hosts(), mirror=address, insecure=True, pause_s=0.0)
    with tempfile.TemporaryDirectory() as folder:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        path = Path(folder) / f"x{Path(source.file).suffix}"
        query = services.Query(("80021",))
        try:
            services.DOWNLOADERS[source.form](client, source, query, path, {})
            result = f"{path.stat().st_size / 1e6:.0f} MB on the disk"
        except SourceError as fault:
            result = fault.message("en").split(": ", 1)[1]
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(
        json.dumps({"kind": kind, "sent_mb": megabytes, "grown_mb": round(grown), "what": result})
    )


if __name__ == "__main__":
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    if len(sys.argv) > 2:
        one(size, sys.argv[2])
    else:
        for each in ("file", "page", "cut"):
            command = [sys.executable, "-m", "tests.hardening.large_answer", str(size), each]
            subprocess.run(command, check=True)
