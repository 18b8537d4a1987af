"""Why tiles failed, and what a planner can do about it."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from foncier.errors import FoncierError, TilesError, WorkerError

if TYPE_CHECKING:
    from collections.abc import Sequence

SHOWN = 5
LESS = "des tuiles plus petites (--tiles N, N plus grand), moins de --workers"
AGAIN = (
    "Les autres sont gardées. Corrigez la cause et relancez la même commande : seules celles qui "
    "manquent seront refaites."
)


def failed_tiles(
    names: Sequence[str], faults: Sequence[BaseException], *, of: int, tries: int
) -> str:
    """Tell which tiles failed each time, and why the first of them did."""
    return (
        f"{len(names)} tuile(s) sur {of} ont échoué {tries} fois : {_listed(names)} "
        f"(première cause : {why(faults[0])}). {AGAIN}"
    )


def stopped(names: Sequence[str], fault: BaseException, *, of: int) -> TilesError:
    """Error that tells which tiles were still to do when the cluster or the store went."""
    left = f"{len(names)} tuile(s) sur {of} restent à faire : {_listed(names)}"
    return TilesError(f"{str(fault).rstrip('.')}. {left}. {AGAIN}")


def why(fault: BaseException) -> str:
    """Cause of a failure, with what to do where memory is short."""
    if short_of_memory(fault):
        return f"mémoire insuffisante ({type(fault).__name__}) : {LESS}, ou plus de mémoire"
    if isinstance(fault, WorkerError):
        return f"{fault}, le plus souvent faute de mémoire : {LESS}, ou plus de mémoire"
    return str(fault) if isinstance(fault, FoncierError) else f"{type(fault).__name__} {fault}"


def short_of_memory(fault: BaseException) -> bool:
    """Tell whether memory was refused: to Python, NumPy, Arrow, GEOS, or the stack of a thread."""
    return (
        isinstance(fault, MemoryError)
        or (isinstance(fault, OSError) and fault.errno == errno.ENOMEM)
        or any(words in str(fault) for words in ("bad_alloc", "can't start new thread"))
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")
