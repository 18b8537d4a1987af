"""Download public layers into a study. Only this package opens network connections."""

from foncier.download.cache import Cache, shared_cache
from foncier.download.catalog import (
    Query,
    Source,
    all_services,
    hosts,
    select_sources,
    sources,
)
from foncier.download.client import HttpClient
from foncier.download.download import Outcome, fetch
from foncier.download.policies import Service, service_of
from foncier.download.provenance import (
    Provenance,
    explain_disk_errors,
    read_provenance,
    sweep_leftovers,
    write_text,
)
from foncier.download.retries import RETRIES

__all__ = [
    "RETRIES",
    "Cache",
    "HttpClient",
    "Outcome",
    "Provenance",
    "Query",
    "Service",
    "Source",
    "all_services",
    "explain_disk_errors",
    "fetch",
    "hosts",
    "read_provenance",
    "select_sources",
    "service_of",
    "shared_cache",
    "sources",
    "sweep_leftovers",
    "write_text",
]
