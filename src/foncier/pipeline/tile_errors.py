"""Why tiles failed, and what a planner can do about it."""

from __future__ import annotations

import errno
import platform
from typing import TYPE_CHECKING

from foncier.errors import FoncierError, TilesError, WorkerError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SHOWN = 5
LESS = "des tuiles plus petites (--tiles N, N plus grand), moins de --workers"
SHARED = (
    "L'étude et --work doivent se trouver au même chemin sur toutes les machines du cluster : un "
    "dossier partagé, ou s3://…"
)
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


def other_code() -> str:
    """Tell that detectors here are not those of the machine that starts the run."""
    return (
        f"{platform.node()} : le foncier de cette machine n'est pas celui de la machine qui lance "
        "le calcul. Installez partout le même et redémarrez les dask worker"
    )


def unseen(folder: Path) -> str:
    """Tell that a worker does not see a study."""
    return f"{platform.node()} : cette machine ne voit pas {folder}. {SHARED}"


def elsewhere(names: Sequence[str], folder: Path, *, of: int) -> str:
    """Tell that workers wrote tiles that are not seen from here."""
    return (
        f"{folder} : {len(names)} tuile(s) sur {of}, faites par le cluster, ne s'y trouvent pas : "
        f"{_listed(names)}. {SHARED}"
    )


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
