"""How often and how long a request of a public service is repeated."""

from __future__ import annotations

import time
from typing import Any, Self

from urllib3.exceptions import HTTPError, MaxRetryError
from urllib3.util import Retry

BUSY_STATUSES = (408, 429, 500, 502, 503, 504)
MAX_WAIT_S = 120.0  # a service that asks for a longer wait is unavailable for this run
MAX_RETRY_S = 300.0  # no retry starts later than this after the first failure
OVERLOADED = frozenset((429, 504))


class RetryPolicy(Retry):
    """Retries of urllib3 that end `MAX_RETRY_S` after the first failure.

    They also end when the service asks for a wait of more than `MAX_WAIT_S`. After "too many
    requests" (429) and a gateway's time-out (504: Overpass without a free slot) the wait is
    ``busy_s`` at least, whatever the service asks for.
    """

    until: float | None = None
    busy_s: float = 0.0

    def new(self, **changes: Any) -> Self:
        """Copy the policy with changes; the time limit and ``busy_s`` are kept."""
        busy_s = changes.pop("busy_s", self.busy_s)
        policy = super().new(**changes)
        policy.until, policy.busy_s = self.until, busy_s
        return policy

    def sleep(self, response: Any = None) -> None:
        """Wait before the next request: as the service asks, else longer after each failure."""
        if response is not None and response.status in OVERLOADED:
            time.sleep(max(self.busy_s, retry_after_s(response), self.get_backoff_time()))
        else:
            super().sleep(response)

    def increment(
        self, method: str | None = None, url: str | None = None, *args: Any, **more: Any
    ) -> Self:
        """Return the policy that remains after a failure.

        Raises
        ------
        MaxRetryError
            No retry remains.
        """
        now = time.monotonic()
        wait_s = retry_after_s(more.get("response"))
        if wait_s > MAX_WAIT_S or now + wait_s > (self.until or now + MAX_RETRY_S):
            raise MaxRetryError(more.get("_pool"), url or "", more.get("error"))  # type: ignore[arg-type]
        policy = super().increment(method, url, *args, **more)
        policy.until = self.until or now + MAX_RETRY_S
        return policy


def retry_after_s(response: Any) -> float:
    """Wait in seconds that a response of urllib3 asks for (``Retry-After``); 0 without one."""
    try:
        return (RETRIES.get_retry_after(response) or 0.0) if response is not None else 0.0
    except HTTPError:  # neither a number nor a date
        return 0.0


# One retry without a network; none for a refused certificate.
RETRIES = RetryPolicy(
    total=6,
    connect=1,
    redirect=0,
    other=0,
    backoff_factor=1.0,
    backoff_jitter=1.0,
    backoff_max=30,
    status_forcelist=BUSY_STATUSES,
    allowed_methods={"GET", "POST"},
    raise_on_status=False,
    respect_retry_after_header=True,
)
