"""Fetch public layers into a study: the only room that opens a connection."""

from foncier.sources.fetch.arriving import Outcome, fetch
from foncier.sources.fetch.cache import Cache, shared_cache
from foncier.sources.fetch.catalog import Place, Source, chosen, hosts, sources
from foncier.sources.fetch.store import Provenance, kept, provenance, swept, write
from foncier.sources.fetch.web import PATIENCE, Web

__all__ = [
    "PATIENCE", "Cache", "Outcome", "Place", "Provenance", "Source", "Web", "chosen", "fetch",
    "hosts", "kept", "provenance", "shared_cache", "sources", "swept", "write",
]  # fmt: skip
