"""Answers of a service: checked, written to a file, and what a partial one can be resumed from."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import requests
from urllib3.exceptions import HTTPError, ProtocolError

from foncier.download.retries import BUSY_STATUSES, MAX_WAIT_S, retry_after_s
from foncier.errors import FormatError, OfflineError, SourceError
from foncier.i18n import Message, without_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CHUNK_BYTES = 1 << 14  # what is lost when a connection breaks
RETRY = Message("download.retry")  # what to do, at the end of each error of a service
SAID_BYTES, SAID_CHARACTERS = 4096, 200  # of the body of a refusal: read, and shown
NOT_TEXT = re.compile(
    r"<(script|style)\b.*?</\1>|<[^>]*>|[\x00-\x1f\x7f-\x9f\s]+", re.DOTALL | re.IGNORECASE
)


class IncompleteDownloadError(ProtocolError):
    """The connection broke in the middle of an answer."""


def check_response(response: requests.Response, address: str, path: Path) -> None:
    """Raise on an answer that is not the requested data.

    Raises
    ------
    OfflineError
        The service is busy.
    SourceError
        It refuses: the message holds the words of its answer.
    FormatError
        An HTML page.
    IncompleteDownloadError
        It cannot resume the download.
    """
    status, wait_s = response.status_code, retry_after_s(response.raw)
    if status in BUSY_STATUSES and wait_s > MAX_WAIT_S:
        raise OfflineError(
            "download.client.asked_to_wait", address=address, wait_s=wait_s, retry=RETRY
        )
    if status in BUSY_STATUSES:
        raise unreachable(address, f"HTTP {status}")
    if status == 416:
        path.unlink(missing_ok=True)
        raise IncompleteDownloadError(Message("download.client.resume_refused"))
    if status >= 400:
        words = _words(response)
        kind = "not_found" if status == 404 else "refused"
        says = Message("download.client.says", words=words) if words else ""
        raise SourceError(
            f"download.client.{kind}", address=address, status=status, says=says, retry=RETRY
        )
    if response.headers.get("Content-Type", "").startswith("text/html"):
        raise FormatError("download.client.html_page", address=address, retry=RETRY)


def _words(response: requests.Response) -> str:
    body = b""
    try:
        for chunk in response.iter_content(SAID_BYTES):
            body += chunk
            if len(body) >= SAID_BYTES:
                break
    except (requests.RequestException, HTTPError):
        return ""
    return readable(body[:SAID_BYTES])


def readable(body: bytes) -> str:
    """Begin of the text of an answer, without markup, control characters and line breaks.

    Examples
    --------
    >>> readable(b'{"status": ["a,b is not a valid choice."]}')
    '"status": "a,b is not a valid choice."'
    >>> readable(b"<html><style>p {}</style><p>Maintenance</p>")
    'Maintenance'
    """
    text = NOT_TEXT.sub(" ", body.decode("utf-8", "replace"))
    text = " ".join(re.sub(r"[][{}\ufffd]", " ", text).split())
    return text if len(text) <= SAID_CHARACTERS else f"{text[:SAID_CHARACTERS]}…"


def write_body(
    response: requests.Response,
    path: Path,
    *,
    address: str,
    max_bytes: int,
    size: int = 0,
    progress: Callable[[int, int | None], None],
) -> None:
    """Write an answer to its file, after the first ``size`` bytes that are there already.

    ``progress`` is called with the bytes written so far and those announced (None: unknown).

    Raises
    ------
    SourceError
        More bytes than ``max_bytes``, announced or received.
    IncompleteDownloadError
        Fewer bytes than announced.
    """
    announced = response.headers.get("Content-Length")
    total = size + int(announced) if announced and announced.isdigit() else None
    if total is not None and total > max_bytes:
        raise _too_large(address, max_bytes)
    with path.open("ab" if size else "wb") as file:
        for chunk in chunks(response):
            size += len(chunk)
            if size > max_bytes:
                raise _too_large(address, max_bytes)
            file.write(chunk)
            progress(size, total)
    if total is not None and size != total:
        raise IncompleteDownloadError(
            Message("download.client.bytes_missing", size=size, total=total)
        )


def chunks(response: requests.Response) -> Iterator[bytes]:
    """Bytes of an answer.

    Raises
    ------
    IncompleteDownloadError
        The connection is interrupted, too slow or its encoding is wrong.
    """
    try:
        yield from response.iter_content(CHUNK_BYTES)
    except (requests.RequestException, HTTPError) as fault:
        raise IncompleteDownloadError(type(fault).__name__) from fault


def validator_file(path: Path) -> Path:
    """File beside a partial download: its address, and the validator with which to resume it."""
    return path.with_name(path.name + ".mark")


def partial_size(path: Path, address: str) -> tuple[int, str | None]:
    """Size of a partial download of an address, and the validator with which to resume it."""
    try:
        stored = json.loads(validator_file(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return 0, None
    if (
        stored.get("address") != without_secrets(address)
        or not stored.get("mark")
        or not path.is_file()
    ):
        return 0, None
    return path.stat().st_size, str(stored["mark"])


def write_validator(path: Path, address: str, validator: str | None) -> None:
    """Write what `partial_size` reads."""
    text = json.dumps({"address": without_secrets(address), "mark": validator})
    validator_file(path).write_text(text, encoding="utf-8", newline="\n")


def _too_large(address: str, max_bytes: int) -> SourceError:
    max_mb = round(max_bytes / 1e6)
    return SourceError("download.client.too_large", address=address, max_mb=max_mb, retry=RETRY)


def unreachable(address: str, why: str | Message) -> OfflineError:
    """Error of a service that does not answer."""
    return OfflineError("download.client.no_answer", address=address, why=why, retry=RETRY)


def bad_link(address: str) -> SourceError:
    """Error of a link that is not an address."""
    return SourceError("download.client.bad_link", address=address, retry=RETRY)
