"""The newest fitting file of a dataset of data.gouv.fr."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from foncier.download.client import RETRY
from foncier.download.paged_json import read_json
from foncier.errors import FormatError
from foncier.readers.report import complaint, some

if TYPE_CHECKING:
    from pathlib import Path

    from foncier.download.catalog import Source
    from foncier.download.client import HttpClient


def newest_resource(web: HttpClient, source: Source, beside: Path) -> str:
    """Address of the newest resource that fits the options ``resource`` and ``resource_format``.

    Raises
    ------
    FormatError
        The dataset has none, or its description is none.
    """
    described = beside.with_name(beside.name + ".dataset")
    web.get(source.address, described, most_bytes=20_000_000)
    dataset = read_json(described, source.address)
    described.unlink()
    wanted = re.compile(source.options["resource"], re.IGNORECASE)
    fitting = [
        one
        for one in dataset.get("resources", [])
        if str(one.get("format", "")).lower() == source.options["resource_format"]
        and wanted.search(f"{one.get('title', '')} {one.get('url', '')}")
    ]
    if not fitting:
        titles = [str(one.get("title")) for one in dataset.get("resources", [])]
        what = f"aucun fichier {source.options['resource_format']} attendu dans le jeu de données"
        raise FormatError(complaint(source.address, f"{what} (il y a {some(titles)})", RETRY))
    found = max(fitting, key=lambda one: (str(one.get("last_modified", "")), str(one["url"])))
    return str(found["url"])
