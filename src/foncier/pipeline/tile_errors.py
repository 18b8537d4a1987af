"""Errors of tiles: which failed, why, and what a planner can do about it."""

from __future__ import annotations

import errno
import platform
from typing import TYPE_CHECKING

from foncier.errors import ConfigError, FoncierError, SourceError, TilesError, WorkerError
from foncier.i18n import Message

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def failed_tiles(
    names: Sequence[str], faults: Sequence[BaseException], *, total: int, tries: int
) -> TilesError:
    """Error of tiles that failed at each attempt, with the cause of the first."""
    return TilesError(
        "pipeline.tiles.failed",
        count=len(names),
        total=total,
        tries=tries,
        names=names,
        cause=cause(faults[0]),
    )


def stopped(names: Sequence[str], fault: BaseException, *, total: int) -> TilesError:
    """Error of a run that stopped because the cluster or the storage was gone."""
    why = fault if isinstance(fault, FoncierError) else str(fault)
    return TilesError("pipeline.tiles.stopped", why=why, count=len(names), total=total, names=names)


def other_version() -> ConfigError:
    """Error of a worker whose foncier is not that of the machine that starts the run."""
    return ConfigError("pipeline.tiles.other_version", machine=platform.node())


def no_study(folder: Path) -> SourceError:
    """Error of a worker that does not see the study."""
    return SourceError("pipeline.tiles.no_study", machine=platform.node(), folder=folder)


def not_shared(names: Sequence[str], folder: Path, *, total: int) -> TilesError:
    """Error of tiles that workers wrote where this machine does not see them."""
    return TilesError(
        "pipeline.tiles.not_shared", folder=folder, count=len(names), total=total, names=names
    )


def cause(fault: BaseException) -> Message | FoncierError | str:
    """Cause of a failure, with what to do where memory is short."""
    if short_of_memory(fault):
        return Message("pipeline.tiles.out_of_memory", error=type(fault).__name__)
    if isinstance(fault, WorkerError):
        return Message("pipeline.tiles.worker_died", why=fault)
    return fault if isinstance(fault, FoncierError) else f"{type(fault).__name__} {fault}"


def short_of_memory(fault: BaseException) -> bool:
    """Tell if an allocation failed: in Python, NumPy, Arrow, GEOS, or for the stack of a thread."""
    return (
        isinstance(fault, MemoryError)
        or (isinstance(fault, OSError) and fault.errno == errno.ENOMEM)
        or any(words in str(fault) for words in ("bad_alloc", "can't start new thread"))
    )
