"""Paths that are addresses: of a database, a service, a file of a server."""

from __future__ import annotations

import hashlib
import re
from pathlib import PurePosixPath
from urllib.parse import urlsplit

# What GDAL and other programs take as an address.
ADDRESS = re.compile(
    r"(?i)[a-z][a-z0-9+.-]+:/|(?:PG|WFS|WMS|MySQL|MSSQL|OCI|OAPIF|DB):|/vsi[a-z0-9_]+/"
)
DATABASE = re.compile(r"(?i)postgres(?:ql)?://|PG:")
WFS = re.compile(r"(?i)WFS:(?=https?://)")
ENDING = re.compile(r"(?i)(?:\.(?:osm|json|geojson|csv|tar|gml))?\.[a-z0-9]{2,9}$")


def is_address(text: str) -> bool:
    """Tell whether a path is an address.

    Examples
    --------
    >>> is_address("https://a.example/z.gpkg"), is_address("PG:host=x"), is_address("fetched/a.zip")
    (True, True, False)
    """
    return ADDRESS.match(text) is not None


def copy_name(layer: str, address: str, table: str | None) -> str:
    """Name of the downloaded copy of an address of a layer, the same as long as both are.

    Examples
    --------
    >>> copy_name("zones", "https://a.example/plu.geojson?v=2", None)
    'adresse-zones-a07f22b2.geojson'
    """
    mark = hashlib.sha256(f"{address}\n{table or ''}".encode()).hexdigest()[:8]
    return f"adresse-{layer}-{mark}{_ending(address)}"


def _ending(address: str) -> str:
    if DATABASE.match(address):
        return ".parquet"
    if WFS.match(address):
        return ".geojson"
    try:
        found = ENDING.search(PurePosixPath(urlsplit(address).path).name)
    except ValueError:
        return ""
    return "" if found is None else found[0].lower()
