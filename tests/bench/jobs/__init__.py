"""Work that is measured: each function prepares one job, of foncier or of an alternative."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# What only the suite installs (requirements/bench.txt), and a browser; a row says so without it.
OPTIONAL = ("duckdb", "duckdb_extension_spatial", "sedonadb", "igraph", "pandana", "chromium")


@dataclass(frozen=True)
class Place:
    """Size of a measurement and the folders it may use; ``own`` is swept when it ends."""

    size: int
    folder: Path
    scratch: Path
    own: Path


@dataclass(frozen=True)
class Job:
    """Work to be timed, prepared.

    ``told`` says of its result what the contestants must agree on; ``written`` is the file it
    writes; ``once`` forbids a second call; ``seconds`` takes the time from the result itself.
    """

    work: Callable[[], Any]
    told: Callable[[Any], float | str] | None = None
    written: Path | None = None
    once: bool = False
    seconds: Callable[[Any], float] | None = None
