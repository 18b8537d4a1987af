"""HTTP client with retries, rate limiting, size limits and a host allow-list."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, MaxRetryError, ProtocolError

from foncier import __version__
from foncier._util.atomic_write import sha256
from foncier.download.cache import Cache, CacheEntry
from foncier.download.retries import BUSY_STATUSES, MAX_WAIT_S, RETRIES, RetryPolicy, retry_after_s
from foncier.errors import ConfigError, FormatError, OfflineError, SourceError
from foncier.i18n import Message

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

USER_AGENT = f"foncier/{__version__} (analyse foncière communale)"
CHUNK_BYTES = 1 << 14  # what is lost when a connection breaks
MAX_REDIRECTS, REDIRECT_STATUSES = 5, (301, 302, 303, 307, 308)
RETRY = Message("download.retry")  # what to do, at the end of each error of a service


@dataclass(frozen=True)
class Download:
    """A downloaded file: path, SHA-256, and the validators that the service gave (HTTP caching).

    ``unchanged``: the service says that the file from the previous download is current.
    ``address``, ``licence`` and ``attribution`` are those of this file, where the source has no
    common ones.
    """

    path: Path
    sha256: str
    etag: str | None = None
    modified: str | None = None
    unchanged: bool = False
    address: str | None = None
    licence: str | None = None
    attribution: str | None = None

    @classmethod
    def assembled(cls, path: Path) -> Self:
        """Describe a file that was assembled from several answers: it has no validators."""
        return cls(path, sha256(path))


class IncompleteDownloadError(ProtocolError):
    """The connection broke in the middle of an answer."""


class NoDataError(SourceError):
    """The service works, and has no data for this place."""


@dataclass(frozen=True)
class _Request:
    """One file to download: where from, where to, and its limits (see `HttpClient.get`)."""

    address: str
    path: Path
    max_bytes: int
    fields: Mapping[str, str] | None
    validators: Mapping[str, Any]


@dataclass
class HttpClient:
    """Client for public services.

    Parameters
    ----------
    hosts
        Hosts that may be requested, directly or by a redirection.
    mirror
        Base address that replaces all of them (a copy of an agency, a proxy without internet
        access): ``https://host/path`` is requested at ``mirror/host/path``.
    insecure
        Allow plain ``http``; only for a mirror.
    retries
        Retry policy.
    timeout_s
        Time limits for the connection and between two parts of an answer.
    pause_s
        Least time between two requests to a host.
    cache
        Cache of the files that several studies share; None: no cache.
    """

    hosts: frozenset[str]
    mirror: str | None = None
    insecure: bool = False
    retries: RetryPolicy = RETRIES
    timeout_s: tuple[float, float] = (10.0, 90.0)
    pause_s: float = 0.5
    cache: Cache | None = None
    session: requests.Session = field(default_factory=requests.Session)
    _requested_at: dict[str, float] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        """Let the session retry what fails before an answer begins."""
        for scheme in ("https://", "http://"):
            self.session.mount(scheme, HTTPAdapter(max_retries=self.retries))

    def get(
        self,
        address: str,
        path: Path,
        *,
        max_bytes: int,
        fields: Mapping[str, str] | None = None,
        validators: Mapping[str, Any] | None = None,
        shared: bool = False,
    ) -> Download:
        """Download an address to a file; resume a download that was interrupted.

        Parameters
        ----------
        path
            Destination; a partial download stays there when the connection breaks for good.
        max_bytes
            A larger answer is refused.
        fields
            Form fields to send (POST); such an answer is never resumed.
        validators
            ``etag`` and ``modified`` of the file of the previous download.
        shared
            Read the file from the cache where it is current, and add it to the cache.

        Raises
        ------
        OfflineError
            The service does not answer, or is busy for too long.
        FormatError
            The answer is an HTML page.
        SourceError
            The address does not exist, redirects to another host, or sends too much.
        """
        request = _Request(address, path, max_bytes, fields, validators or {})
        if shared and self.cache is not None:
            return self._get_cached(request, self.cache)
        return self._get_with_retries(request)

    def _get_cached(self, request: _Request, cache: Cache) -> Download:
        mirrored = self._mirrored(request.address)  # a mirror may differ from the service
        entry = cache.find(mirrored)
        if entry is not None:
            validators = {"etag": entry.etag, "modified": entry.modified}
            request = replace(request, validators=validators)
        download = self._get_with_retries(request)
        if download.unchanged and entry is not None:
            if cache.copy(entry, request.path):
                return Download(request.path, entry.sha256, entry.etag, entry.modified)
            download = self._get_with_retries(replace(request, validators={}))
        if not download.unchanged:
            cache.add(
                CacheEntry(mirrored, download.sha256, download.etag, download.modified),
                request.path,
            )
        return download

    def _get_with_retries(self, request: _Request) -> Download:
        address, policy = request.address, self.retries
        while True:
            try:
                return self._get_once(request)
            except requests.exceptions.SSLError as fault:
                raise OfflineError(
                    "download.client.bad_certificate", address=address, retry=RETRY
                ) from fault
            except requests.RequestException as fault:  # after the retries of the session
                raise _unreachable(address, type(fault).__name__) from fault
            except IncompleteDownloadError as fault:
                # The session does not retry an answer that has begun.
                try:
                    policy = policy.increment("GET", address, error=fault)
                except MaxRetryError as reason:
                    raise _unreachable(address, fault.args[0]) from reason
                policy.until = None  # a large file may be slow: only interruptions count
                policy.sleep()

    def _get_once(self, request: _Request) -> Download:
        path, address = request.path, request.address
        size, validator = _partial(path, address) if request.fields is None else (0, None)
        headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
        if size and validator:
            headers |= {"Range": f"bytes={size}-", "If-Range": validator}
        elif request.validators.get("etag"):
            headers["If-None-Match"] = str(request.validators["etag"])
        elif request.validators.get("modified"):
            headers["If-Modified-Since"] = str(request.validators["modified"])
        with self._send(request, headers) as response:
            etag, modified = response.headers.get("ETag"), response.headers.get("Last-Modified")
            if response.status_code == 304:
                return Download(path, "", etag, modified, unchanged=True)
            resumed = response.status_code == 206
            content_range = response.headers.get("Content-Range", "")
            if resumed and not content_range.startswith(f"bytes {size}-"):
                path.unlink(missing_ok=True)
                raise IncompleteDownloadError(Message("download.client.wrong_range"))
            _check_response(response, address, path)
            _write_validator(path, address, etag or modified)
            _write_body(response, request, size if resumed else 0)
        _validator_file(path).unlink(missing_ok=True)
        return Download(path, sha256(path), etag, modified)

    def _send(self, request: _Request, headers: Mapping[str, str]) -> requests.Response:
        address = request.address
        for _ in range(MAX_REDIRECTS):
            self._pause(self._check(address))
            mirrored = self._mirrored(address)
            try:
                response = self.session.request(
                    "GET" if request.fields is None else "POST",
                    mirrored,
                    headers=headers,
                    data=request.fields,
                    timeout=self.timeout_s,
                    stream=True,
                    allow_redirects=False,
                )
            except ValueError as fault:  # requests parses the address of a redirection, too
                raise _bad_link(address) from fault
            if response.status_code not in REDIRECT_STATUSES:
                return response
            response.close()
            address = join_url(address, response.headers.get("Location", ""))
        raise SourceError("download.client.too_many_redirects", address=address, retry=RETRY)

    def _check(self, address: str) -> str:
        """Return the host of an address, if it is allowed."""
        parts = urlsplit(address)
        host = parts.hostname or ""
        if self.mirror is not None and address.startswith(self.mirror):
            return host
        if host not in self.hosts:
            raise SourceError(
                "download.client.unknown_host", address=address, host=host, retry=RETRY
            )
        if parts.scheme != "https":
            raise SourceError("download.client.not_encrypted", address=address, retry=RETRY)
        return host

    def _mirrored(self, address: str) -> str:
        if self.mirror is None:
            return address
        if not self.insecure and not self.mirror.startswith("https://"):
            raise ConfigError("download.client.insecure_mirror", mirror=self.mirror)
        if address.startswith(self.mirror):
            return address
        return f"{self.mirror.rstrip('/')}/{address.split('://', 1)[1]}"

    def _pause(self, host: str) -> None:
        last = self._requested_at.get(host, -self.pause_s)
        wait_s = last + self.pause_s - time.monotonic()
        if wait_s > 0:
            time.sleep(wait_s)
        self._requested_at[host] = time.monotonic()


def join_url(address: str, link: str) -> str:
    """Resolve a link of an answer against the address of the answer.

    Raises
    ------
    SourceError
        The link is not an address.

    Examples
    --------
    >>> join_url("https://a.example/x/?p=1", "?p=2")
    'https://a.example/x/?p=2'
    """
    try:
        resolved = urljoin(address, link)
        urlsplit(resolved)
    except ValueError as fault:
        raise _bad_link(address) from fault
    return resolved


def _check_response(response: requests.Response, address: str, path: Path) -> None:
    """Raise on an answer that is not the requested data."""
    status, wait_s = response.status_code, retry_after_s(response.raw)
    if status in BUSY_STATUSES and wait_s > MAX_WAIT_S:
        raise OfflineError(
            "download.client.asked_to_wait", address=address, wait_s=wait_s, retry=RETRY
        )
    if status in BUSY_STATUSES:
        raise _unreachable(address, f"HTTP {status}")
    if status == 416:
        path.unlink(missing_ok=True)
        raise IncompleteDownloadError(Message("download.client.resume_refused"))
    if status == 404:
        raise SourceError("download.client.not_found", address=address, retry=RETRY)
    if status >= 400:
        raise SourceError("download.client.refused", address=address, status=status, retry=RETRY)
    if response.headers.get("Content-Type", "").startswith("text/html"):
        raise FormatError("download.client.html_page", address=address, retry=RETRY)


def _write_body(response: requests.Response, request: _Request, size: int) -> None:
    """Write an answer to its file, after the first ``size`` bytes that are there already."""
    announced = response.headers.get("Content-Length")
    total = size + int(announced) if announced and announced.isdigit() else None
    if total is not None and total > request.max_bytes:
        raise _too_large(request)
    with request.path.open("ab" if size else "wb") as file:
        for chunk in _chunks(response):
            size += len(chunk)
            if size > request.max_bytes:
                raise _too_large(request)
            file.write(chunk)
    if total is not None and size != total:
        raise IncompleteDownloadError(
            Message("download.client.bytes_missing", size=size, total=total)
        )


def _chunks(response: requests.Response) -> Iterator[bytes]:
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


def _validator_file(path: Path) -> Path:
    return path.with_name(path.name + ".mark")


def _partial(path: Path, address: str) -> tuple[int, str | None]:
    """Size of a partial download of an address, and the validator with which to resume it."""
    try:
        stored = json.loads(_validator_file(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return 0, None
    if stored.get("address") != address or not stored.get("mark") or not path.is_file():
        return 0, None
    return path.stat().st_size, str(stored["mark"])


def _write_validator(path: Path, address: str, validator: str | None) -> None:
    text = json.dumps({"address": address, "mark": validator})
    _validator_file(path).write_text(text, encoding="utf-8", newline="\n")


def _too_large(request: _Request) -> SourceError:
    max_mb = round(request.max_bytes / 1e6)
    return SourceError(
        "download.client.too_large", address=request.address, max_mb=max_mb, retry=RETRY
    )


def _unreachable(address: str, why: str | Message) -> OfflineError:
    return OfflineError("download.client.no_answer", address=address, why=why, retry=RETRY)


def _bad_link(address: str) -> SourceError:
    return SourceError("download.client.bad_link", address=address, retry=RETRY)
