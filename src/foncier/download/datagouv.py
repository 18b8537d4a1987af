"""Newest resource of a data set of data.gouv.fr."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from foncier.download.paged_json import read_json
from foncier.download.responses import RETRY
from foncier.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from foncier.download.catalog import Query, Source
    from foncier.download.client import Download, HttpClient


def download_resource(
    client: HttpClient, source: Source, query: Query, path: Path, validators: Mapping[str, Any]
) -> Download:
    """Download the newest resource of a data set that fits the options of the source."""
    del query  # one file for France; its reader selects the communes of the study
    address = newest_resource(client, source, path)
    return client.get(
        address, path, max_bytes=source.most_bytes, validators=validators, shared=True
    )


def newest_resource(client: HttpClient, source: Source, path: Path) -> str:
    """Address of the newest resource that fits the options ``resource`` and ``resource_format``.

    Raises
    ------
    FormatError
        No resource fits, or the description of the data set cannot be read.
    """
    description = path.with_name(path.name + ".dataset")
    client.get(source.address, description, max_bytes=20_000_000)
    resources = read_json(description, source.address).get("resources", [])
    description.unlink()
    pattern = re.compile(source.options["resource"], re.IGNORECASE)
    format_ = source.options["resource_format"]
    fitting = [
        resource
        for resource in resources
        if str(resource.get("format", "")).lower() == format_
        and pattern.search(f"{resource.get('title', '')} {resource.get('url', '')}")
    ]
    if not fitting:
        raise FormatError(
            "download.datagouv.no_resource",
            address=source.address,
            format=format_,
            titles=[str(resource.get("title")) for resource in resources],
            retry=RETRY,
        )
    newest = max(fitting, key=lambda one: (str(one.get("last_modified", "")), str(one["url"])))
    return str(newest["url"])
