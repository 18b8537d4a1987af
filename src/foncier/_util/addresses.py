"""Addresses compared by scheme, host, port and path segments, as servers understand them."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
DOTS = {".", ".."}
LOOPBACK = "localhost"


def origin(address: str) -> tuple[str, str, int | None] | None:
    """Scheme, host and port of an address; None for what is no address.

    Examples
    --------
    >>> origin("HTTPS://Miroir.example:443/a") == origin("https://miroir.example/b")
    True
    """
    try:
        parts = urlsplit(address)
        scheme, port = parts.scheme.lower(), parts.port
    except ValueError:
        return None
    if not parts.hostname:
        return None
    return scheme, parts.hostname.lower().rstrip("."), port or PORTS.get(scheme)


def is_within(address: str, base: str) -> bool:
    """Tell whether an address is that of a folder or lies in it.

    Examples
    --------
    >>> is_within("https://a.example/copie/x", "https://a.example/copie")
    True
    >>> is_within("https://a.example.org/copie/x", "https://a.example/copie")
    False
    >>> is_within("https://a.example/copies/x", "https://a.example/copie")
    False
    >>> is_within("https://a.example/copie/%2e%2e/x", "https://a.example/copie")
    False
    """
    here = origin(address)
    if here is None or here != origin(base):
        return False
    segments, outer = (unquote(urlsplit(one).path).split("/") for one in (address, base))
    while outer and not outer[-1]:
        outer.pop()
    return segments[: len(outer)] == outer and DOTS.isdisjoint(segments)


def is_this_machine(address: str) -> bool:
    """Tell whether the host of an address is this machine, by its loopback names.

    Examples
    --------
    >>> [is_this_machine(f"tcp://{host}:8786") for host in ("127.0.0.1", "[::1]", "10.0.0.7")]
    [True, True, False]
    """
    found = origin(address)
    if found is None:
        return False
    host = found[1]
    if host == LOOPBACK or host.endswith(f".{LOOPBACK}"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
