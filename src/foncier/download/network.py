"""Whether there is a network at all: asked once, before the services."""

from __future__ import annotations

import threading
import time
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests

from foncier.download.client import user_agent
from foncier.errors import OfflineError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from foncier.download.client import HttpClient

WAIT_S = 7.0  # for the first of all hosts; name servers may keep silent
MAX_HOSTS = 4


def check_network(client: HttpClient, addresses: Iterable[str]) -> None:
    """Raise at once where none of the first hosts can be reached, directly or by the proxy.

    A host that answers anything, also an error or a certificate that is refused, is a network.

    Raises
    ------
    OfflineError
        No name was resolved, there is no route, or the proxy forwards nothing.
    """
    hosts = list(dict.fromkeys(urlsplit(address).hostname or "" for address in addresses))
    bases = [f"https://{host}/" for host in hosts[:MAX_HOSTS]]
    if client.mirror is not None and bases:
        bases = [client.mirror]
    if not bases or _any_answers(client, bases):
        return
    raise OfflineError(
        "download.no_network", hosts=[urlsplit(one).netloc.rpartition("@")[2] for one in bases]
    )


def _any_answers(client: HttpClient, bases: list[str]) -> bool:
    answers: SimpleQueue[bool] = SimpleQueue()
    for base in bases:
        # Daemons: the resolution of a name has no time limit, and nobody waits for its end.
        threading.Thread(
            target=lambda base=base: answers.put(_reaches(client, base)), daemon=True
        ).start()
    end = time.monotonic() + WAIT_S
    for _ in bases:
        try:
            if answers.get(timeout=max(0.0, end - time.monotonic())):
                return True
        except Empty:
            return False
    return False


def _reaches(client: HttpClient, base: str) -> bool:
    try:
        requests.head(
            base,
            timeout=(WAIT_S, WAIT_S),
            headers={"User-Agent": user_agent(client.contact)},
            allow_redirects=False,
        ).close()
    except (requests.exceptions.SSLError, requests.ReadTimeout):
        return True
    except requests.exceptions.ProxyError:
        return False
    except requests.ConnectionError as fault:
        return "Connection aborted" in str(fault)  # it answered, and not as a web server does
    except requests.RequestException:
        return True
    return True
