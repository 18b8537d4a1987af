"""Fetch public layers into a study: the only room that opens a connection."""

from foncier.download.cache import Cache, shared_cache
from foncier.download.catalog import (
    Place,
    Source,
    chosen,
    hosts,
    sources,
)
from foncier.download.client import PATIENCE, HttpClient
from foncier.download.download import Outcome, fetch
from foncier.download.provenance import (
    Provenance,
    kept,
    provenance,
    sweep_leftovers,
    write,
)

__all__ = [
    "PATIENCE",
    "Cache",
    "HttpClient",
    "Outcome",
    "Place",
    "Provenance",
    "Source",
    "chosen",
    "fetch",
    "hosts",
    "kept",
    "provenance",
    "shared_cache",
    "sources",
    "sweep_leftovers",
    "write",
]
