"""Cadastre in EDIGEO: all sheets of a commune, one archive each, from the server of the DGFiP."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from foncier.download.catalog import address_of, fill_address
from foncier.download.provenance import remove
from foncier.download.responses import RETRY
from foncier.errors import FormatError
from foncier.readers import edigeo_sheets

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from foncier.download.catalog import Query, Source
    from foncier.download.client import Download, HttpClient

MAX_LIST_BYTES = 100_000_000  # of the list of sheets, decompressed
MAX_SHEETS = 3000  # the largest communes have about 1500


def download_sheets(
    client: HttpClient, source: Source, query: Query, path: Path, validators: Mapping[str, Any]
) -> Download:
    """Download all sheets of a commune into a folder.

    The service lists its folder as an HTML page only. The option ``listing`` is the address of the
    GeoJSON of the sheets of the same cadastre, which gives their numbers; ``{sheet}`` in the
    address of the source is replaced by each.

    Raises
    ------
    FormatError
        The list does not have the documented structure.
    SourceError
        A sheet of the list is missing.
    """
    del validators  # each sheet has its own validator, in the cache
    commune = query.communes[0]
    listing = path.with_name(f"{path.name}.feuilles.json.gz")
    listing_address = fill_address(str(source.options["listing"]), query)
    client.get(listing_address, listing, max_bytes=source.most_bytes, shared=True)
    numbers = _sheet_numbers(listing, commune, listing_address)
    listing.unlink()
    remove(path)
    path.mkdir()
    for number in numbers:
        address = address_of(source, query).replace("{sheet}", number)
        file = path / f"edigeo-{number}.tar.bz2"
        sheet = client.get(address, file, max_bytes=source.most_bytes, shared=True)
    digest = edigeo_sheets.fingerprint(path, path.name)
    return replace(sheet, path=path, sha256=digest, etag=None)


def _sheet_numbers(listing: Path, commune: str, address: str) -> list[str]:
    """Numbers of the sheets of a commune; they are safe as parts of a path."""
    try:
        with gzip.open(listing) as file:
            text = file.read(MAX_LIST_BYTES + 1)
        rows = json.loads(text)["features"]
        numbers = {str(row.get("id") or row["properties"]["id"]) for row in rows}
    except (EOFError, OSError, zlib.error, ValueError, KeyError, TypeError, AttributeError) as why:
        listing.unlink(missing_ok=True)
        raise FormatError("download.edigeo.unreadable_list", address=address, retry=RETRY) from why
    invalid = sorted(n for n in numbers if not re.fullmatch(rf"{commune}[0-9A-Z]{{7}}", n))
    if invalid:
        raise FormatError(
            "download.edigeo.invalid_numbers", address=address, numbers=invalid, retry=RETRY
        )
    if not 0 < len(numbers) <= MAX_SHEETS:
        raise FormatError(
            "download.edigeo.sheet_count", address=address, count=len(numbers), retry=RETRY
        )
    return sorted(numbers)
