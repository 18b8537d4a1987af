"""The one way out: polite, patient, within limits, and to known hosts only."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, MaxRetryError, ProtocolError
from urllib3.util import Retry

from foncier import __version__
from foncier.download.cache import Cache, CacheEntry
from foncier.errors import (
    ConfigError,
    FormatError,
    OfflineError,
    SourceError,
)
from foncier.readers.report import complaint

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

AGENT = f"foncier/{__version__} (analyse foncière communale)"
CHUNK = 1 << 14  # what is lost when a connection breaks
REDIRECTS, REDIRECTED = 5, (301, 302, 303, 307, 308)
BUSY = (408, 429, 500, 502, 503, 504)
LONGEST_WAIT_S = 120.0  # a service that asks for more is down for this run
LONGEST_RETRY_S = 300.0  # after the first failure no retry starts later than this
RETRY = "Réessayez plus tard, ou déposez le fichier à la main et déclarez-le dans study.toml."


class RetryPolicy(Retry):
    """Retries of urllib3 that end `LONGEST_RETRY_S` after the first failure.

    They also end when the service asks to wait longer than `LONGEST_WAIT_S`.
    """

    until: float | None = None

    def new(self, **changes: Any) -> Self:
        """The same policy with less left of it."""
        made = super().new(**changes)
        made.until = self.until
        return made

    def increment(
        self, method: str | None = None, url: str | None = None, *args: Any, **more: Any
    ) -> Self:
        """What is left after a failure.

        Raises
        ------
        MaxRetryError
            Nothing is left.
        """
        now = time.monotonic()
        wait = retry_after_s(more.get("response"))
        if wait > LONGEST_WAIT_S or now + wait > (self.until or now + LONGEST_RETRY_S):
            raise MaxRetryError(more.get("_pool"), url or "", more.get("error"))  # type: ignore[arg-type]
        left = super().increment(method, url, *args, **more)
        left.until = self.until or now + LONGEST_RETRY_S
        return left


def retry_after_s(answer: Any) -> float:
    """Seconds to wait that an answer of urllib3 asks for (``Retry-After``), 0 without a demand."""
    try:
        return (RETRIES.get_retry_after(answer) or 0.0) if answer is not None else 0.0
    except HTTPError:  # neither a number nor a date
        return 0.0


# Without a network there is one retry. Certificates that are refused are not tried again.
RETRIES = RetryPolicy(
    total=6,
    connect=1,
    redirect=0,
    other=0,
    backoff_factor=1.0,
    backoff_jitter=1.0,
    backoff_max=30,
    status_forcelist=BUSY,
    allowed_methods={"GET", "POST"},
    raise_on_status=False,
    respect_retry_after_header=True,
)


@dataclass(frozen=True)
class Download:
    """What came: where it lies, its fingerprint, and what the service says of its age.

    ``unchanged``: the service says that what is there already is still current. ``address``,
    ``licence`` and ``attribution`` are those of this file, where the source has none for all.
    """

    path: Path
    sha256: str
    etag: str | None
    modified: str | None
    unchanged: bool = False
    address: str | None = None
    licence: str | None = None
    attribution: str | None = None


class IncompleteDownloadError(ProtocolError):
    """The connection broke in the middle of an answer."""


class NoDataError(SourceError):
    """The service answers well, and has nothing of this place."""


@dataclass
class HttpClient:
    """Client for public services.

    Parameters
    ----------
    hosts
        Hosts that may be asked or sent on to.
    mirror
        A base address that stands for them all (an agency's own copy, a proxy without the
        internet): ``https://host/path`` is asked at ``mirror/host/path``.
    insecure
        Let plain ``http`` through; only for a mirror.
    pause_s
        Least time between two requests to a host.
    cache
        Where files that several studies share are kept; None: nowhere.
    """

    hosts: frozenset[str]
    mirror: str | None = None
    insecure: bool = False
    patience: RetryPolicy = RETRIES
    timeout_s: tuple[float, float] = (10.0, 90.0)
    pause_s: float = 0.5
    cache: Cache | None = None
    session: requests.Session = field(default_factory=requests.Session)
    asked: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Let the session try again what fails before an answer begins."""
        for scheme in ("https://", "http://"):
            self.session.mount(scheme, HTTPAdapter(max_retries=self.patience))

    def get(
        self,
        address: str,
        to: Path,
        *,
        most_bytes: int,
        form: Mapping[str, str] | None = None,
        known: Mapping[str, Any] | None = None,
        shared: bool = False,
    ) -> Download:
        """Bring what lies at an address to a file, whole; go on where a cut one stopped.

        Parameters
        ----------
        to
            The file; what has come of it stays there when the connection breaks for good.
        most_bytes
            More is refused.
        form
            Fields to send (POST); such an answer is never resumed.
        known
            ``etag`` and ``modified`` of what is there already: it may be still current.
        shared
            Let the cache spare the way, and keep what comes.

        Raises
        ------
        OfflineError
            The service does not answer, or is busy for too long.
        FormatError
            A page for people in place of data.
        SourceError
            The address is not there, sends on to another host, or sends too much.
        """
        if not shared or self.cache is None:
            return self._patiently(address, to, most_bytes=most_bytes, form=form, known=known or {})
        asked = self._mirrored(address)  # what a mirror gave is not what the service gave
        held = self.cache.held(asked)
        marks = known or {} if held is None else {"etag": held.etag, "modified": held.modified}
        arrival = self._patiently(address, to, most_bytes=most_bytes, form=None, known=marks)
        if arrival.unchanged and held is not None:
            if self.cache.bring(held, to):
                return Download(to, held.sha256, held.etag, held.modified)
            arrival = self._patiently(address, to, most_bytes=most_bytes, form=None, known={})
        if not arrival.unchanged:
            self.cache.keep(CacheEntry(asked, arrival.sha256, arrival.etag, arrival.modified), to)
        return arrival

    def _patiently(
        self,
        address: str,
        to: Path,
        *,
        most_bytes: int,
        form: Mapping[str, str] | None,
        known: Mapping[str, Any],
    ) -> Download:
        left = self.patience
        while True:
            try:
                return self._once(address, to, most_bytes=most_bytes, form=form, known=known)
            except requests.exceptions.SSLError as fault:
                raise OfflineError(
                    complaint(address, "certificat du serveur refusé", RETRY)
                ) from fault
            except requests.RequestException as fault:  # after the retries of the session
                raise _silent(address, type(fault).__name__) from fault
            except (
                IncompleteDownloadError
            ) as fault:  # the session knows nothing of an answer that has begun
                try:
                    left = left.increment("GET", address, error=fault)
                except MaxRetryError as ended:
                    raise _silent(address, str(fault)) from ended
                left.until = None  # a large file may come slowly: here only the cuts count
                left.sleep()

    def made(self, file: Path) -> Download:
        """Arrival of a file that was put together here from several answers."""
        with file.open("rb") as whole:
            return Download(file, hashlib.file_digest(whole, "sha256").hexdigest(), None, None)

    def _once(
        self,
        address: str,
        to: Path,
        *,
        most_bytes: int,
        form: Mapping[str, str] | None,
        known: Mapping[str, Any],
    ) -> Download:
        begun, mark = _begun(to, address) if form is None else (0, None)
        headers = {"User-Agent": AGENT, "Accept-Encoding": "identity"}
        if begun and mark:
            headers |= {"Range": f"bytes={begun}-", "If-Range": mark}
        elif known.get("etag"):
            headers["If-None-Match"] = str(known["etag"])
        elif known.get("modified"):
            headers["If-Modified-Since"] = str(known["modified"])
        with self._answer(address, headers, form) as answer:
            etag, modified = answer.headers.get("ETag"), answer.headers.get("Last-Modified")
            if answer.status_code == 304:
                return Download(to, "", etag, modified, unchanged=True)
            goes_on = answer.status_code == 206
            if goes_on and not answer.headers.get("Content-Range", "").startswith(
                f"bytes {begun}-"
            ):
                to.unlink(missing_ok=True)
                raise IncompleteDownloadError("reprise au mauvais endroit")
            _refuse(answer, address, to)
            _remember(to, address, etag or modified)
            self._write(answer, to, begun if goes_on else 0, most_bytes, address)
        _mark(to).unlink(missing_ok=True)
        with to.open("rb") as whole:
            return Download(to, hashlib.file_digest(whole, "sha256").hexdigest(), etag, modified)

    def _write(
        self, answer: requests.Response, to: Path, size: int, most_bytes: int, address: str
    ) -> None:
        announced = answer.headers.get("Content-Length")
        whole = size + int(announced) if announced and announced.isdigit() else None
        if whole is not None and whole > most_bytes:
            raise SourceError(_too_much(address, most_bytes))
        with to.open("ab" if size else "wb") as file:
            for chunk in _chunks(answer):
                size += len(chunk)
                if size > most_bytes:
                    raise SourceError(_too_much(address, most_bytes))
                file.write(chunk)
        if whole is not None and size != whole:
            raise IncompleteDownloadError(f"{size} octets reçus sur {whole}")

    def _answer(
        self, address: str, headers: Mapping[str, str], form: Mapping[str, str] | None
    ) -> requests.Response:
        for _ in range(REDIRECTS):
            self._pause(self._check(address))
            where, method = self._mirrored(address), "POST" if form is not None else "GET"
            try:
                answer = self.session.request(
                    method,
                    where,
                    headers=headers,
                    data=form,
                    timeout=self.timeout_s,
                    stream=True,
                    allow_redirects=False,
                )
            except ValueError as fault:  # requests looks at where it is sent on to, too
                what = "le service renvoie vers ce qui n'est pas une adresse"
                raise SourceError(complaint(address, what, RETRY)) from fault
            if answer.status_code not in REDIRECTED:
                return answer
            answer.close()
            address = join_url(address, answer.headers.get("Location", ""))
        raise SourceError(complaint(address, "trop de renvois d'une adresse à l'autre", RETRY))

    def _check(self, address: str) -> str:
        """Host of an address, once it is known to be allowed."""
        parts = urlsplit(address)
        host = parts.hostname or ""
        own = self.mirror is not None and address.startswith(self.mirror)
        if not own and host not in self.hosts:
            what = f"le service renvoie vers {host or 'une adresse vide'}, qui n'est pas connu"
            raise SourceError(complaint(address, what, RETRY))
        if not own and parts.scheme != "https":
            raise SourceError(complaint(address, "adresse sans chiffrement (http)", RETRY))
        return host

    def _mirrored(self, address: str) -> str:
        if self.mirror is None:
            return address
        if not self.insecure and not self.mirror.startswith("https://"):
            raise ConfigError(
                f"study.toml : [fetch] mirror = {self.mirror!r}\u00a0: adresse sans chiffrement. "
                "Écrivez https://, ou insecure = true si ce miroir est sur votre réseau."
            )
        if address.startswith(self.mirror):
            return address
        return f"{self.mirror.rstrip('/')}/{address.split('://', 1)[1]}"

    def _pause(self, host: str) -> None:
        left = self.asked.get(host, -self.pause_s) + self.pause_s - time.monotonic()
        if left > 0:
            time.sleep(left)
        self.asked[host] = time.monotonic()


def join_url(address: str, link: str) -> str:
    """Address that a link on a page or an answer leads to.

    Raises
    ------
    SourceError
        It is none.

    Examples
    --------
    >>> join_url("https://a.example/x/?p=1", "?p=2")
    'https://a.example/x/?p=2'
    """
    try:
        whole = urljoin(address, link)
        urlsplit(whole)
    except ValueError as fault:
        what = "le service renvoie vers ce qui n'est pas une adresse"
        raise SourceError(complaint(address, what, RETRY)) from fault
    return whole


def _refuse(answer: requests.Response, address: str, to: Path) -> None:
    """Raise on any answer that is not the data asked for."""
    status, wait = answer.status_code, retry_after_s(answer.raw)
    if status in BUSY and wait > LONGEST_WAIT_S:
        what = f"le service demande d'attendre {wait:.0f} s"
        raise OfflineError(complaint(address, what, RETRY))
    if status in BUSY:
        raise _silent(address, f"HTTP {status}")
    if status == 416:
        to.unlink(missing_ok=True)
        raise IncompleteDownloadError("reprise refusée")
    if status >= 400:
        what = f"le service refuse (HTTP {status})" if status != 404 else "rien à cette adresse"
        raise SourceError(complaint(address, what, "Vérifiez le code INSEE. " + RETRY))
    if answer.headers.get("Content-Type", "").startswith("text/html"):
        raise FormatError(complaint(address, "page HTML au lieu des données", RETRY))


def _mark(to: Path) -> Path:
    return to.with_name(to.name + ".mark")


def _begun(to: Path, address: str) -> tuple[int, str | None]:
    """Bytes already here of the same thing, and the mark that tells it is still the same."""
    try:
        told = json.loads(_mark(to).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return 0, None
    if told.get("address") != address or not told.get("mark") or not to.is_file():
        return 0, None
    return to.stat().st_size, str(told["mark"])


def _remember(to: Path, address: str, mark: str | None) -> None:
    text = json.dumps({"address": address, "mark": mark})
    _mark(to).write_text(text, encoding="utf-8", newline="\n")


def _too_much(address: str, most_bytes: int) -> str:
    what = f"plus de {most_bytes / 1e6:.0f} Mo, ce n'est pas le fichier attendu"
    return complaint(address, what, RETRY)


def _silent(address: str, why: str) -> OfflineError:
    return OfflineError(complaint(address, f"le service ne répond pas ({why})", RETRY))


def _chunks(answer: requests.Response) -> Iterator[bytes]:
    """Bytes of an answer.

    Raises
    ------
    CutError
        The connection is cut, too slow or garbled.
    """
    try:
        yield from answer.iter_content(CHUNK)
    except (requests.RequestException, HTTPError) as fault:
        raise IncompleteDownloadError(type(fault).__name__) from fault
