"""The cadastre as DGFiP delivers it: every sheet of a commune, each an archive of its own."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from typing import TYPE_CHECKING, Any

from foncier.download.catalog import address_of, fill_address
from foncier.download.client import RETRY, Download
from foncier.download.provenance import remove
from foncier.errors import FormatError
from foncier.readers import edigeo_sheets
from foncier.readers.report import complaint, some

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from foncier.download.catalog import Query, Source
    from foncier.download.client import HttpClient

MOST_LISTED = 100_000_000  # bytes of the list of sheets, unpacked
MOST_SHEETS = 3000  # the largest communes have some 1500


def download_sheets(
    web: HttpClient, source: Source, place: Query, to: Path, known: Mapping[str, Any]
) -> Download:
    """All sheets of one commune into a folder.

    The folder of the service is a page for people; which sheets there are is told by the option
    ``listing``, the GeoJSON of the sheets of the same cadastre. ``{sheet}`` in the address is
    each one's number.

    Raises
    ------
    FormatError
        The list is not as documented.
    SourceError
        A sheet that is listed is not there.
    """
    del known  # every sheet has a mark of its own, which the cache knows
    commune = place.communes[0]
    listing = to.with_name(f"{to.name}.feuilles.json.gz")
    where = fill_address(str(source.options["listing"]), place)
    web.get(where, listing, most_bytes=source.most_bytes, shared=True)
    numbers = _numbers(listing, commune, where)
    listing.unlink()
    remove(to)
    to.mkdir()
    for number in numbers:
        address = address_of(source, place).replace("{sheet}", number)
        one = to / f"edigeo-{number}.tar.bz2"
        web.get(address, one, most_bytes=source.most_bytes, shared=True)
    return Download(to, edigeo_sheets.fingerprint(to, to.name), None, None)


def _numbers(listing: Path, commune: str, address: str) -> list[str]:
    """Numbers of the sheets of a commune, none of which leads out of its folder."""
    try:
        with gzip.open(listing) as packed:
            told = packed.read(MOST_LISTED + 1)
        rows = json.loads(told)["features"]
        found = {str(row.get("id") or row["properties"]["id"]) for row in rows}
    except (EOFError, OSError, zlib.error, ValueError, KeyError, TypeError, AttributeError) as bad:
        listing.unlink(missing_ok=True)
        what = "liste des feuilles illisible ou tronquée"
        raise FormatError(complaint(address, what, RETRY)) from bad
    strange = sorted(n for n in found if not re.fullmatch(rf"{commune}[0-9A-Z]{{7}}", n))
    if strange or not 0 < len(found) <= MOST_SHEETS:
        what = f"numéros de feuilles inattendus ({some(strange) if strange else len(found)})"
        raise FormatError(complaint(address, what, RETRY))
    return sorted(found)
