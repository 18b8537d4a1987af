"""What each service answers today, held against the answer that foncier was written for.

``contracts.toml`` describes for each source one small request and the answer to it: host after the
redirections, status, columns, date. The answers themselves are the fixtures of the tests.
"""

from __future__ import annotations

import csv
import json
import re
import tempfile
import tomllib
import zlib
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from foncier.download.catalog import Query, Source
from foncier.download.datagouv import find_resource
from foncier.download.services import first_addresses
from foncier.download.vintage import day_of, edition_in
from foncier.errors import FoncierError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from foncier.download.client import HttpClient

BEGIN_BYTES = 1 << 18  # of an answer: enough for the first row of any


@dataclass(frozen=True)
class Contract:
    """The answer of a source that foncier was written for.

    ``kind`` is "recorded" for a real answer, "composed" for one made in the form that public
    clients of the service read; ``seen`` its date. ``commune`` and ``bounds`` (degrees) make the
    request. ``columns`` is empty where the form has none.
    """

    kind: str
    seen: date
    commune: str
    host: str
    columns: tuple[str, ...] = ()
    bounds: tuple[float, float, float, float] | None = None
    status: int = 200


@dataclass(frozen=True)
class Finding:
    """What a service answered: HTTP status and host, columns that are missing or new, date.

    ``missing`` and ``new`` are None where the beginning of the answer does not show its columns;
    ``error`` says why there is no answer.
    """

    source: Source
    contract: Contract
    status: int | None = None
    host: str = ""
    missing: tuple[str, ...] | None = None
    new: tuple[str, ...] | None = None
    vintage: date | None = None
    error: FoncierError | None = None

    @property
    def differs(self) -> bool:
        """Tell whether foncier may not read the answer as it did: a new column does no harm."""
        same = (self.contract.status, self.contract.host) == (self.status, self.host)
        return self.error is not None or not same or bool(self.missing)


@cache
def contracts() -> Mapping[str, Contract]:
    """Contracts by the name of their source."""
    text = files("foncier.download").joinpath("contracts.toml").read_text(encoding="utf-8")
    return {name: _contract(row) for name, row in tomllib.loads(text).items()}


def _contract(row: Mapping[str, Any]) -> Contract:
    bounds = row.get("bounds")
    columns = tuple(row.get("columns", ()))
    return Contract(
        **{**row, "columns": columns, "bounds": None if bounds is None else tuple(bounds)}
    )


def probe(client: HttpClient, source: Source, contract: Contract, *, today: date) -> Finding:
    """Ask a service once for something small, and compare the answer with its contract.

    Of a large file the beginning alone is read. Nothing is written.
    """
    query = Query((contract.commune,), contract.bounds, asked_on=today)
    try:
        answer = client.begin(_address(client, source, query), max_bytes=BEGIN_BYTES)
    except FoncierError as fault:
        return Finding(source, contract, error=fault)
    missing = new = None
    found = columns_in(answer.body, source) if answer.status == contract.status else None
    if found is not None:
        missing = tuple(name for name in contract.columns if name not in found)
        new = tuple(name for name in found if name not in contract.columns)
    return Finding(
        source,
        contract,
        status=answer.status,
        host=urlsplit(answer.located).hostname or "",
        missing=missing,
        new=new,
        vintage=edition_in(answer.located) or day_of(answer.modified),
    )


def _address(client: HttpClient, source: Source, query: Query) -> str:
    small = replace(source, margin_m=0.0)
    if "resource" in source.options:
        with tempfile.TemporaryDirectory() as folder:
            return find_resource(client, source, Path(folder) / "probe").address
    return first_addresses(small, query, client.services)[0]


def columns_in(body: bytes, source: Source) -> tuple[str, ...] | None:
    """Columns in the beginning of an answer; None where it does not show them.

    They are the properties of the first feature or the keys of the first row of JSON, the header
    of a CSV, also in a gzip or in the first file of a zip.
    """
    text = _expanded(body, source)
    if text is None or text.startswith("<") or "\0" in text:
        return None
    if text.startswith(("{", "[")):
        return _json_columns(text, source)
    header = text.split("\n", 1)[0].rstrip("\r")
    separator = max(";,\t", key=header.count)
    return tuple(next(csv.reader([header], delimiter=separator), []))


def _expanded(body: bytes, source: Source) -> str | None:
    """Text of the beginning of an answer, decompressed as far as it goes."""
    try:
        if body.startswith(b"\x1f\x8b"):
            body = zlib.decompressobj(31).decompress(body, BEGIN_BYTES)
        elif body.startswith(b"PK\x03\x04"):
            name_size, extra_size = (int.from_bytes(body[at : at + 2], "little") for at in (26, 28))
            name = body[30 : 30 + name_size].decode("utf-8", "replace")
            if not re.search(source.options.get("member", ""), name, re.IGNORECASE):
                return None
            body = body[30 + name_size + extra_size :]
            body = zlib.decompressobj(-15).decompress(body, BEGIN_BYTES)
    except zlib.error:
        return None
    return body.decode("utf-8", "replace").removeprefix("\ufeff").lstrip()


def _json_columns(text: str, source: Source) -> tuple[str, ...] | None:
    """Keys of the first row of JSON, which may be cut."""
    rows = source.options.get("rows", "features")
    starts = (rf'"{rows}"\s*:\s*\[\s*(?={{)', r"\A\[\s*(?={)", r"\A(?={)")
    for start in starts:
        found = re.search(start, text)
        if found is None:
            continue
        try:
            row, _ = json.JSONDecoder().raw_decode(text, found.end())
        except ValueError:
            return None
        properties = row.get("properties")
        return tuple(properties if isinstance(properties, dict) else row)
    return None
