"""Download public layers into a study. Only this package opens network connections."""

from foncier.download.addresses import source_of as address_source
from foncier.download.cache import Cache, shared_cache
from foncier.download.catalog import (
    Query,
    Source,
    all_services,
    department_code,
    hosts,
    select_sources,
    sources,
)
from foncier.download.client import HttpClient
from foncier.download.download import Outcome, fetch
from foncier.download.lanes import Lanes
from foncier.download.network import check_network
from foncier.download.policies import Service, service_of
from foncier.download.probe import Finding, contracts, probe
from foncier.download.provenance import (
    Provenance,
    explain_disk_errors,
    read_provenance,
    sweep_leftovers,
    write_text,
)
from foncier.download.retries import RETRIES
from foncier.download.services import DOWNLOADERS, first_addresses

__all__ = [
    "DOWNLOADERS",
    "RETRIES",
    "Cache",
    "Finding",
    "HttpClient",
    "Lanes",
    "Outcome",
    "Provenance",
    "Query",
    "Service",
    "Source",
    "address_source",
    "all_services",
    "check_network",
    "contracts",
    "department_code",
    "explain_disk_errors",
    "fetch",
    "first_addresses",
    "hosts",
    "probe",
    "read_provenance",
    "select_sources",
    "service_of",
    "shared_cache",
    "sources",
    "sweep_leftovers",
    "write_text",
]
