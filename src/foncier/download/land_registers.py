"""Owners that are legal persons (DGFiP) and planning permits (Sitadel): only what readers use.

Neither the whole files nor the names of owners that are no public bodies are kept, nor those of
applicants.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from foncier import schemas
from foncier.download.catalog import address_of, department_code
from foncier.download.client import Download, NoDataError
from foncier.download.paged_json import columns_missing, read_json
from foncier.download.responses import RETRY
from foncier.errors import FormatError, SourceError
from foncier.readers import layouts, owners

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from foncier.download.catalog import Query, Source
    from foncier.download.client import HttpClient

ARCHIVE = re.compile(
    r"fichiers?_des_parcelles_situation_(?P<year>\d{4})_de?pts?_(?P<first>\w+?)_a_(?P<last>\w+?)_zip"
)
GROUP = re.compile(r"\s*(\d)(?:\D|$)")
NAMED = {code for code, group in schemas.OWNER_GROUPS.items() if group in schemas.NAMED_OWNERS}
PRIVATE_FIELDS = ("owner_name", "owner_siren", "majic", "legal_form")
# Every right of the communes is kept: the file states that it is complete.
OWNER_FIELDS = (*owners.REQUIRED, "prefix", "right_code", *PRIVATE_FIELDS, "complete")
EMPTY = "vide"  # of the answer of DiDo, an error 400, for a commune without permits
MOST_EXPANSION = 40
SNIFFED = 1 << 16  # bytes of which the encoding is told


def download_owners(
    client: HttpClient, source: Source, query: Query, path: Path, validators: Mapping[str, Any]
) -> Download:
    """Download the rights of legal persons on the parcels of the communes.

    The newest year of the list of archives; each archive is that of a range of départements. The
    name and numbers of owners of the groups 0, 7 and 8 are replaced by a number that tells them
    apart in the file, so that their rights can still be counted.

    Raises
    ------
    FormatError
        No archive for the département, no file of it in the archive, or columns are missing.
    NoDataError
        No right on a parcel of these communes.
    """
    del validators
    department = department_code(query.communes[0])
    address = _archive(client, source, path, department)
    whole = path.with_name(f"{path.name}.whole")
    try:
        got = client.get(address, whole, max_bytes=source.most_bytes)
        count = _write_owners(whole, department, query.communes, source, path)
    except (zipfile.BadZipFile, zlib.error, EOFError, UnicodeDecodeError, csv.Error) as fault:
        raise FormatError("download.clip.unreadable", address=address, retry=RETRY) from fault
    finally:
        whole.unlink(missing_ok=True)  # it names persons
    if not count:
        raise NoDataError("download.no_data", source=source.title)
    year = ARCHIVE.search(address)
    published = f"{year['year']}-01-01" if year else None
    return replace(
        Download.assembled(path), address=address, modified=got.modified, published=published
    )


def _archive(client: HttpClient, source: Source, path: Path, department: str) -> str:
    """Address of the newest archive whose range holds a département."""
    client.get(source.address, path, max_bytes=5_000_000)
    answer = read_json(path, source.address)
    found = []
    for one in answer.get("attachments", []):
        href = str(one.get("href", ""))
        match = ARCHIVE.search(href)
        if match and _order(match["first"]) <= _order(department) <= _order(match["last"]):
            found.append((int(match["year"]), href))
    if not found:
        raise FormatError(
            "download.land_registers.no_archive",
            address=source.address,
            department=department,
            retry=RETRY,
        )
    return max(found)[1]


def _order(department: str) -> float:
    """Position of a département: Corsica is between 19 and 21, overseas last.

    Examples
    --------
    >>> sorted(["976", "2B", "01", "21", "2a"], key=_order)
    ['01', '2a', '2B', '21', '976']
    """
    code = department.upper()
    return {"2A": 20.0, "2B": 20.5}.get(code, float(code) if code.isdigit() else 1000.0)


def _write_owners(
    whole: Path, department: str, communes: Sequence[str], source: Source, path: Path
) -> int:
    """Write the rows of the communes without the names that are not kept; return their number."""
    count = 0
    numbers: dict[tuple[str, ...], str] = {}
    wanted = {code[2:] for code in communes} | {code[2:].lstrip("0") for code in communes}
    with (
        zipfile.ZipFile(whole) as archive,
        path.open("w", encoding="utf-8", newline="") as file,
    ):
        writer = csv.DictWriter(file, OWNER_FIELDS, delimiter=";", lineterminator="\n", restval="")
        writer.writeheader()
        for member in _members(archive, department, source):
            with archive.open(member) as raw:
                for row in _rows(raw, source):
                    if row["commune"].strip() in wanted:
                        writer.writerow({**_masked(row, numbers), "complete": "oui"})
                        count += 1
    return count


def _members(archive: zipfile.ZipFile, department: str, source: Source) -> list[zipfile.ZipInfo]:
    """Files of a département: one, or one a direction of DGFiP (the digit after its code)."""
    pattern = re.compile(rf"_{department}\d?\.(csv|txt)$", re.IGNORECASE)
    members = [one for one in archive.infolist() if pattern.search(one.filename)]
    if not members:
        names = [one.filename for one in archive.infolist()]
        raise FormatError(
            "download.clip.not_one_member", source=source.title, names=names, retry=RETRY
        )
    if any(one.file_size > MOST_EXPANSION * max(one.compress_size, 1 << 20) for one in members):
        raise FormatError("download.archive_too_large", where=source.title, retry=RETRY)
    return sorted(members, key=lambda one: one.filename)


def _rows(raw: Any, source: Source) -> Iterator[dict[str, str]]:
    """Rows of a table in UTF-8, else in Windows-1252 (before 2024), by the columns of the layout.

    Raises
    ------
    FormatError
        A column without which the file cannot be read is missing.
    """
    buffered = io.BufferedReader(raw, buffer_size=SNIFFED)
    start = buffered.peek(SNIFFED)
    try:
        start[: start.rfind(b"\n") + 1].decode("utf-8")
        encoding = "utf-8-sig"
    except UnicodeDecodeError:
        encoding = "cp1252"
    text = io.TextIOWrapper(buffered, encoding=encoding, errors="replace", newline="")
    table = csv.reader(text, delimiter=";")
    header = next(table, [])
    fields = layouts.fields("personnes-morales", header)
    place = {one.name: header.index(one.aliases[0]) for one in fields if one.aliases}
    missing = [name for name in owners.REQUIRED if name not in place]
    if missing:
        raise columns_missing(source.title, missing, header)
    last = max(place.values())
    for row in table:
        if len(row) > last:
            yield {name: row[n] for name, n in place.items()}


def _masked(row: dict[str, str], numbers: dict[tuple[str, ...], str]) -> dict[str, str]:
    """Row with the name of a public body, else with a number that stands for its owner."""
    group = GROUP.match(row["owner_group"])
    if group is not None and group[1] in NAMED:
        return row
    owner = tuple(row.get(name, "") for name in PRIVATE_FIELDS)
    number = numbers.setdefault(owner, f"#{len(numbers) + 1}")
    return {**row, **dict.fromkeys(PRIVATE_FIELDS, ""), "majic": number}


def download_permits(
    client: HttpClient, source: Source, query: Query, path: Path, validators: Mapping[str, Any]
) -> Download:
    """Download the permits of the communes, of every file of the service, in one CSV.

    Names, numbers and addresses of applicants are left out. The service answers 400 for a commune
    without permits.

    Raises
    ------
    FormatError
        A file lacks its columns.
    NoDataError
        No permit in these communes.
    """
    del validators
    rows: list[dict[str, str]] = []
    for address in permit_addresses(source, query):
        rows += _permits(client, source, path, address)
    if not rows:
        raise NoDataError("download.no_data", source=source.title)
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", encoding="utf-8", newline="") as file_:
        writer = csv.DictWriter(file_, names, delimiter=";", lineterminator="\n", restval="")
        writer.writeheader()
        writer.writerows(rows)
    return Download.assembled(path)


def permit_addresses(source: Source, query: Query) -> list[str]:
    """Address of each file of the service for each commune."""
    places = [replace(query, communes=(commune,)) for commune in query.communes]
    return [
        address_of(source, place).replace("{file}", file)
        for file in source.options["files"]
        for place in places
    ]


def _permits(client: HttpClient, source: Source, path: Path, address: str) -> list[dict[str, str]]:
    try:
        client.get(address, path, max_bytes=source.most_bytes)
    except SourceError as fault:
        if EMPTY in str(fault.params.get("says", "")).lower():
            return []
        raise
    text = path.read_text(encoding="utf-8-sig")
    reader = csv.DictReader(io.StringIO(text), delimiter=";")
    header = list(reader.fieldnames or ())
    fields = {f.name: f.aliases[0] for f in layouts.fields("sitadel", header) if f.aliases}
    missing = [name for name in ("permit_id", "kind", "commune") if name not in fields]
    if missing:
        raise columns_missing(address, missing, header)
    return [{name: row[column] for name, column in fields.items()} for row in reader]
