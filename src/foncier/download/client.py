"""HTTP client with retries, rate limiting, size limits and a host allow-list."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import MaxRetryError

from foncier import __version__
from foncier._util.addresses import is_within
from foncier._util.destination import sha256
from foncier.download.cache import Cache, CacheEntry
from foncier.download.catalog import all_services
from foncier.download.policies import Pace, Service, allows, service_of
from foncier.download.responses import (
    RETRY,
    IncompleteDownloadError,
    bad_link,
    check_response,
    chunks,
    partial_size,
    unreachable,
    validator_file,
    write_body,
    write_validator,
)
from foncier.download.retries import RETRIES, RetryPolicy
from foncier.errors import ConfigError, OfflineError, SourceError
from foncier.i18n import Message, hide_in_error

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PROJECT = "https://pypi.org/project/foncier/"
MAX_REDIRECTS, REDIRECT_STATUSES = 5, (301, 302, 303, 307, 308)


@dataclass(frozen=True)
class Download:
    """A downloaded file: path, SHA-256, and the validators that the service gave (HTTP caching).

    ``unchanged``: the service says that the file from the previous download is current.
    ``located`` is the address that gave the answer, after redirections; ``published`` the date that
    its data set gives (ISO 8601).
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
    located: str = ""
    published: str | None = None

    @classmethod
    def assembled(cls, path: Path) -> Self:
        """Describe a file that was assembled from several answers: it has no validators."""
        return cls(path, sha256(path))


@dataclass(frozen=True)
class Beginning:
    """Beginning of an answer of any status: its address after redirections, and its date."""

    status: int
    located: str
    modified: str | None
    body: bytes


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


def _no_progress(size: int, total: int | None) -> None:
    """Report nothing."""


@dataclass
class HttpClient:
    """Client for public services; threads may share one.

    Parameters
    ----------
    hosts
        Hosts that may be requested, directly or by a redirection: ``host`` or ``host:port``.
    mirror
        Base address that replaces all of them (a copy of an agency, a proxy without internet
        access): ``https://host/path`` is requested at ``mirror/host/path``.
    insecure
        Allow plain ``http``; only for a mirror.
    retries, timeout_s, pause_s
        Retry policy, time limits (for the connection, between two parts of an answer) and least
        time between two requests, for all services; None: those of each service.
    cache
        Cache of the files that several studies share; None: no cache.
    contact
        Address of who asks, for the User-Agent; that of the project where empty.
    services
        Policies of the services.
    """

    hosts: frozenset[str]
    mirror: str | None = None
    insecure: bool = False
    retries: RetryPolicy | None = None
    timeout_s: tuple[float, float] | None = None
    pause_s: float | None = None
    cache: Cache | None = None
    contact: str = ""
    session: requests.Session = field(default_factory=requests.Session)
    services: tuple[Service, ...] = field(default_factory=all_services)
    progress: Callable[[int, int | None], None] = field(default=_no_progress, repr=False)
    _pace: Pace = field(default_factory=Pace, init=False, repr=False)

    def __post_init__(self) -> None:
        """Let the session retry what fails before an answer begins, as each service allows."""
        prefixes = dict.fromkeys(("https://", "http://"), self.retries or RETRIES)
        if self.retries is None:
            prefixes |= {
                f"{self._base()}{host}/": _retries(service)
                for service in self.services
                for host in service.hosts
            }
        for prefix, retries in prefixes.items():
            self.session.mount(prefix, HTTPAdapter(max_retries=retries))

    def reporting(self, progress: Callable[[int, int | None], None]) -> HttpClient:
        """Client that shares everything with this one, and reports the bytes of its downloads.

        ``progress`` is called with the bytes of the current file and those announced (None:
        unknown).
        """
        reporting = copy(self)
        reporting.progress = progress
        return reporting

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

    def begin(self, address: str, *, max_bytes: int) -> Beginning:
        """Read the beginning of an answer, also of a refusal; nothing is written.

        Raises
        ------
        OfflineError
            The service does not answer.
        SourceError
            It redirects to an unknown host.
        """
        request = _Request(address, Path(), max_bytes, None, {})
        headers = {"User-Agent": user_agent(self.contact), "Accept-Encoding": "identity"}
        body = b""
        try:
            response, located = self._send(request, headers)
            with response:
                for chunk in chunks(response):
                    body += chunk
                    if len(body) >= max_bytes:
                        break
        except (requests.RequestException, IncompleteDownloadError) as fault:
            raise unreachable(address, type(fault).__name__) from fault
        modified = response.headers.get("Last-Modified")
        return Beginning(response.status_code, located, modified, body)

    def _get_cached(self, request: _Request, cache: Cache) -> Download:
        mirrored = self._mirrored(request.address)  # a mirror may differ from the service
        entry = cache.find(mirrored)
        if entry is not None:
            validators = {"etag": entry.etag, "modified": entry.modified}
            request = replace(request, validators=validators)
        download = self._get_with_retries(request)
        if download.unchanged and entry is not None:
            if cache.copy(entry, request.path):
                return replace(download, sha256=entry.sha256, unchanged=False)
            download = self._get_with_retries(replace(request, validators={}))
        if not download.unchanged:
            cache.add(
                CacheEntry(mirrored, download.sha256, download.etag, download.modified),
                request.path,
            )
        return download

    def _get_with_retries(self, request: _Request) -> Download:
        address = request.address
        policy = self.retries or _retries(service_of(address, self.services))
        while True:
            try:
                return self._get_once(request)
            except requests.exceptions.SSLError as fault:
                hide_in_error(fault)
                raise OfflineError(
                    "download.client.bad_certificate", address=address, retry=RETRY
                ) from fault
            except requests.RequestException as fault:  # after the retries of the session
                hide_in_error(fault)
                raise unreachable(address, type(fault).__name__) from fault
            except IncompleteDownloadError as fault:
                # The session does not retry an answer that has begun.
                try:
                    policy = policy.increment("GET", address, error=fault)
                except MaxRetryError as reason:
                    raise unreachable(address, fault.args[0]) from reason
                policy.until = None  # a large file may be slow: only interruptions count
                policy.sleep()

    def _get_once(self, request: _Request) -> Download:
        path, address = request.path, request.address
        size, validator = partial_size(path, address) if request.fields is None else (0, None)
        headers = {"User-Agent": user_agent(self.contact), "Accept-Encoding": "identity"}
        if size and validator:
            headers |= {"Range": f"bytes={size}-", "If-Range": validator}
        elif request.validators.get("etag"):
            headers["If-None-Match"] = str(request.validators["etag"])
        elif request.validators.get("modified"):
            headers["If-Modified-Since"] = str(request.validators["modified"])
        response, located = self._send(request, headers)
        with response:
            etag, modified = response.headers.get("ETag"), response.headers.get("Last-Modified")
            if response.status_code == 304:
                return Download(path, "", etag, modified, unchanged=True, located=located)
            resumed = response.status_code == 206
            content_range = response.headers.get("Content-Range", "")
            if resumed and not content_range.startswith(f"bytes {size}-"):
                path.unlink(missing_ok=True)
                raise IncompleteDownloadError(Message("download.client.wrong_range"))
            check_response(response, address, path)
            write_validator(path, address, etag or modified)
            write_body(
                response,
                path,
                address=address,
                max_bytes=request.max_bytes,
                size=size if resumed else 0,
                progress=self.progress,
            )
        validator_file(path).unlink(missing_ok=True)
        return Download(path, sha256(path), etag, modified, located=located)

    def _send(self, request: _Request, headers: Mapping[str, str]) -> tuple[requests.Response, str]:
        """Answer to a request, and the address that gave it after all redirections."""
        address = request.address
        for _ in range(MAX_REDIRECTS):
            self._check(address)
            service = service_of(address, self.services)
            pause_s = service.pause_s if self.pause_s is None else self.pause_s
            mirrored = self._mirrored(address)
            self._pace.wait(service.name, pause_s)
            try:
                response = self.session.request(
                    "GET" if request.fields is None else "POST",
                    mirrored,
                    headers=headers,
                    data=request.fields,
                    timeout=self.timeout_s or (service.connect_s, service.read_s),
                    stream=True,
                    allow_redirects=False,
                )
            except ValueError as fault:  # requests parses the address of a redirection, too
                hide_in_error(fault)
                raise bad_link(address) from fault
            if response.status_code not in REDIRECT_STATUSES:
                return response, address
            response.close()
            address = join_url(address, response.headers.get("Location", ""))
        raise SourceError("download.client.too_many_redirects", address=address, retry=RETRY)

    def _check(self, address: str) -> None:
        """Raise on an address that is on no known host or not encrypted."""
        if self._on_mirror(address):
            return
        if not allows(self.hosts, address):
            raise SourceError(
                "download.client.unknown_host",
                address=address,
                host=urlsplit(address).netloc.rpartition("@")[2],
                retry=RETRY,
            )
        if not address.startswith("https://"):
            raise SourceError("download.client.not_encrypted", address=address, retry=RETRY)

    def _base(self) -> str:
        """What the address of a host begins with."""
        return "https://" if self.mirror is None else f"{self.mirror.rstrip('/')}/"

    def _on_mirror(self, address: str) -> bool:
        return self.mirror is not None and is_within(address, self.mirror)

    def _mirrored(self, address: str) -> str:
        if self.mirror is None or self._on_mirror(address):
            return address
        if not self.insecure and not self.mirror.startswith("https://"):
            raise ConfigError("download.client.insecure_mirror", mirror=self.mirror)
        return f"{self._base()}{address.split('://', 1)[1]}"


def user_agent(contact: str = "") -> str:
    """Name by which services know foncier: ASCII, with a contact or the address of the project.

    Examples
    --------
    >>> user_agent("sig@métropole.example").partition(" ")[2]
    '(contact: sig@m?tropole.example)'
    """
    known = contact.encode("ascii", "replace").decode()
    whom = f"contact: {known}" if known else f"+{PROJECT}"
    return f"foncier/{__version__} ({whom})"


def _retries(service: Service) -> RetryPolicy:
    """Retries of a service; one that has a second server is not asked again after a silence."""
    read = 0 if service.second else service.retries
    return RETRIES.new(total=service.retries, read=read, busy_s=service.busy_s)


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
        hide_in_error(fault)
        raise bad_link(address) from fault
    return resolved
