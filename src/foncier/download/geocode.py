"""Rows without a point, placed by their address: the geocoder of the BAN, and what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from foncier.download.client import Download
from foncier.download.paged_json import read_json, read_rows, write_rows
from foncier.errors import FoncierError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from foncier.download.catalog import Query, Source
    from foncier.download.client import HttpClient

MOST_ADDRESSES = 1000  # of a commune: two minutes
# State of a row that had no point (column ``geocodage_etat``).
FOUND, NOT_FOUND, NO_ANSWER = "trouve", "introuvable", "sans reponse"


def download_located(
    client: HttpClient, source: Source, query: Query, path: Path, validators: Mapping[str, Any]
) -> Download:
    """Download the pages of a register, and ask the geocoder for the rows without a point.

    The rows get ``geocodage_etat`` (`FOUND`, `NOT_FOUND`, `NO_ANSWER`; empty where the register has
    the point), ``geocodage_score`` (0 to 1) and ``geocodage_type`` (housenumber, street…): the
    reader decides which of these points count. A geocoder that does not answer leaves the rows
    without a point, and is not asked again.

    Raises
    ------
    FormatError, SourceError
        As `foncier.download.paged_json.download_pages`.
    """
    del validators
    rows = read_rows(client, source, query, path)
    answer = path.with_name(f"{path.name}.address")
    silent = False
    asked = 0
    for row in rows:
        address = " ".join(str(row.get("adresse") or "").split())
        if row.get("geom") or not address:
            continue
        asked += 1
        found: dict[str, Any] | None = None
        if not silent and asked <= MOST_ADDRESSES:
            found = _ask(client, source, address, str(row.get("code_insee") or ""), answer)
        silent = found is None
        row.update({"geocodage_etat": NO_ANSWER} if found is None else found)
    answer.unlink(missing_ok=True)
    write_rows(rows, source, path)
    return Download.assembled(path)


def _ask(
    client: HttpClient, source: Source, address: str, commune: str, path: Path
) -> dict[str, Any] | None:
    """Point, score and type of an address; None where the geocoder does not answer."""
    template = str(source.options["geocoder"])
    request = template.format(address=quote(address), code=quote(commune))
    try:
        client.get(request, path, max_bytes=1_000_000)
        features = read_json(path, request).get("features") or []
    except FoncierError:
        return None
    first = features[0] if isinstance(features, list) and features else None
    if not isinstance(first, dict) or not isinstance(first.get("geometry"), dict):
        return {"geocodage_etat": NOT_FOUND}
    known = first.get("properties") or {}
    return {
        "geom": first["geometry"],
        "geocodage_etat": FOUND,
        "geocodage_score": known.get("score"),
        "geocodage_type": known.get("type"),
    }
