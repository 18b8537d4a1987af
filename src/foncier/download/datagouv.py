"""Resource of a data set of data.gouv.fr: by its id, else by its name."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from foncier.download.paged_json import read_json
from foncier.download.responses import RETRY
from foncier.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from foncier.download.catalog import Query, Source
    from foncier.download.client import Download, HttpClient


@dataclass(frozen=True)
class Resource:
    """A file of a data set: its address, and the date that the data set gives."""

    address: str
    published: str | None


def download_resource(
    client: HttpClient, source: Source, query: Query, path: Path, validators: Mapping[str, Any]
) -> Download:
    """Download the resource of a data set that the options of the source choose."""
    del query  # one file for France; its reader selects the communes of the study
    resource = find_resource(client, source, path)
    download = client.get(
        resource.address, path, max_bytes=source.most_bytes, validators=validators, shared=True
    )
    return replace(download, published=resource.published)


def find_resource(client: HttpClient, source: Source, path: Path) -> Resource:
    """Resource with the id ``resource_id``, else the newest that fits the name ``resource``.

    Only files of the format ``resource_format`` count. The name is the title and the last part of
    the address: folders have the name of the data set. Words that all of its files share tell
    nothing, and count only where no other word fits.

    Raises
    ------
    FormatError
        No resource fits, or the description of the data set cannot be read.
    """
    description = path.with_name(path.name + ".dataset")
    client.get(source.address, description, max_bytes=20_000_000)
    resources = read_json(description, source.address).get("resources")
    description.unlink()
    listed = [one for one in resources or () if isinstance(one, dict) and one.get("url")]
    format_ = source.options["resource_format"]
    candidates = [one for one in listed if str(one.get("format", "")).lower() == format_]
    fitting = _fitting(candidates, source)
    if not fitting:
        raise FormatError(
            "download.datagouv.no_resource",
            address=source.address,
            format=format_,
            titles=[str(one.get("title")) for one in listed],
            retry=RETRY,
        )
    newest = max(fitting, key=lambda one: (str(one.get("last_modified", "")), str(one["url"])))
    published = newest.get("last_modified")
    return Resource(str(newest["url"]), None if published is None else str(published))


def _fitting(candidates: Sequence[Mapping[str, Any]], source: Source) -> list[Mapping[str, Any]]:
    """Candidates with the id of the source; else those that its name tells from the others."""
    by_id = [one for one in candidates if one.get("id") == source.options.get("resource_id", "")]
    if by_id:
        return by_id
    pattern = re.compile(source.options["resource"], re.IGNORECASE)
    names = [_name(one) for one in candidates]
    words = [set(_words(name)) for name in names]
    shared = reduce(set.intersection, words) if len(words) > 1 else set()
    telling = ["-".join(word for word in _words(name) if word not in shared) for name in names]
    for texts in (telling, names):
        fitting = [one for one, text in zip(candidates, texts, strict=True) if pattern.search(text)]
        if fitting:
            return fitting
    return []


def _name(resource: Mapping[str, Any]) -> str:
    file = unquote(urlsplit(str(resource["url"])).path).rpartition("/")[2]
    return f"{resource.get('title', '')} {file}"


def _words(name: str) -> list[str]:
    return re.findall(r"[^\W_]+", name.lower())
