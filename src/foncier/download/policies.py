"""How each public service is asked: its hosts, time limits, pauses, simultaneous requests."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

QUERY_MARGIN_S = 30  # a query that the server computes ends this long before the client gives up


@dataclass(frozen=True)
class Service:
    """Policy of a public service, as ``[[service]]`` of the catalogue states it.

    Parameters
    ----------
    name
        Name in messages; that of the host where the catalogue has no policy.
    hosts
        Hosts that are requested, or to which the service redirects (its own storage). A host
        stands for the port of https; ``host:port`` for another port.
    path
        What the paths of the service begin with, where a host has several services.
    connect_s, read_s
        Longest wait for the connection, and between two parts of an answer.
    pause_s
        Least time between the starts of two requests.
    slots
        Requests at the same time.
    retries
        Repetitions of a request after a failure.
    busy_s
        Shortest wait after "too many requests" (429), also where the service asks for a shorter
        one.
    second
        Address of another server of the same service, asked when the first does not answer.
    """

    name: str
    hosts: frozenset[str] = field(default_factory=frozenset)
    path: str = ""
    connect_s: float = 10.0
    read_s: float = 90.0
    pause_s: float = 0.5
    slots: int = 2
    retries: int = 5
    busy_s: float = 5.0
    second: str = ""

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """Service of a table ``[[service]]``.

        Raises
        ------
        ValueError
            A key that no policy has.
        """
        unknown = sorted(set(row) - {one.name for one in fields(cls)})
        if unknown:
            raise ValueError(", ".join(unknown))
        return cls(**{**row, "hosts": frozenset(row["hosts"])})

    @property
    def query_s(self) -> int:
        """Time limit in seconds of a query that the server computes; the client waits longer."""
        return int(self.read_s - QUERY_MARGIN_S)


def service_of(address: str, services: Iterable[Service]) -> Service:
    """Service of an address; one with the default policy where none has its host and path.

    Examples
    --------
    >>> service_of("https://a.example/x", ()).name
    'a.example'
    """
    parts = urlsplit(address)
    host = parts.hostname or ""
    fitting = (one for one in services if host in one.hosts and parts.path.startswith(one.path))
    return next(fitting, Service(host, frozenset({host})))


def allows(hosts: Iterable[str], address: str) -> bool:
    """Tell whether an address is on a known host, and on the port of https or on a known one.

    Examples
    --------
    >>> allows({"a.example"}, "https://a.example:443/x"), allows({"a.example"}, "https://b.example")
    (True, False)
    >>> allows({"a.example"}, "https://a.example:8443/"), allows({"a.example:8443"}, "https://a.example:8443/")
    (False, True)
    """
    parts = urlsplit(address)
    try:
        port = parts.port
    except ValueError:  # not a number
        return False
    host = parts.hostname or ""
    known = set(hosts)
    return f"{host}:{port}" in known or (port in {None, 443} and host in known)


@dataclass
class Pace:
    """Times of the next request of each service, for all threads of a process."""

    next_at: dict[str, float] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self, name: str, pause_s: float) -> None:
        """Wait until a service may be asked again: ``pause_s`` after the last request."""
        with self.lock:
            start = max(time.monotonic(), self.next_at.get(name, 0.0))
            self.next_at[name] = start + pause_s
        time.sleep(max(0.0, start - time.monotonic()))
