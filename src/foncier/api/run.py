"""Fetch the layers of a study, and run it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from foncier.api.result import Result
from foncier.api.study import Study, config_of
from foncier.api.views import MemoryView

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pandas as pd


def run(
    study: Study | str | Path,
    *,
    former: str | Path | None = None,
    workers: int = 1,
    progress: Callable[[str], None] | None = None,
) -> Result:
    """Look for the opportunities of a study, measure their access, score and rank them.

    Parameters
    ----------
    study
        A study, or the path of one.
    former
        Folder of the former result: the verdicts and the statuses that people noted there
        (``saisies.gpkg``) are read, as ``foncier run`` does. None: they are not.
    workers
        Threads that read the layers; the result does not depend on it.
    progress
        Called with the name of each step as it begins.

    Returns
    -------
    The result, in memory. Nothing is written: see `Result.save`.

    Raises
    ------
    FoncierError
        A layer cannot be read, breaks its contract or fits no CRS; a name is unknown. See
        `foncier.errors`.

    Examples
    --------
    >>> import foncier as fo
    >>> result = fo.run(fo.demo_study())
    >>> sorted(set(result.opportunities["kind"]))
    ['batiment_non_affecte', 'dent_creuse', 'friche', 'terrain_divisible']
    """
    from foncier.pipeline.run import no_progress  # noqa: PLC0415 (slow to import)
    from foncier.pipeline.run import run as run_study  # noqa: PLC0415 (slow to import)

    config = config_of(study, former)
    tables = run_study(config, workers=workers, step=progress or no_progress)
    return Result(MemoryView(tables), config)


def fetch(
    study: Study | str | Path,
    *,
    only: str | Iterable[str] = (),
    refresh: bool = False,
    accept: Iterable[str] = (),
) -> pd.DataFrame:
    """Download the public layers of a study into its folder.

    Parameters
    ----------
    study
        A study, or the path of one; `read_study` then finds the layers.
    only
        Groups or names of sources, as ``foncier fetch --only``; all when empty.
    refresh
        Ask again for what is there already.
    accept
        Quality checks that may fail.

    Returns
    -------
    One row a source: ``source``, ``file``, ``state`` (``new``, ``current``, ``absent`` or
    ``failed``), ``rows`` (missing if not fetched), ``licence``, ``error`` (empty if none).

    Raises
    ------
    ConfigError
        ``only`` names no source.
    ExportError
        The folder cannot be written.
    """
    import pandas as pd  # noqa: PLC0415 (slow to import)

    from foncier.pipeline import fetch as fetching  # noqa: PLC0415 (slow to import)
    from foncier.study import read_bare_study  # noqa: PLC0415 (slow to import)

    config = study.config if isinstance(study, Study) else read_bare_study(Path(study))
    names = (only,) if isinstance(only, str) and only else tuple(only)
    outcomes = fetching.fetch(
        config,
        today=datetime.now(UTC).date(),
        only=names,
        refresh=refresh,
        accepted=tuple(accept),
    )
    rows = [
        {
            "source": one.source.group,
            "file": str(one.file),
            "state": one.state,
            "rows": sum(one.provenance.rows.values()) if one.provenance else None,
            "licence": one.source.licence,
            "error": str(one.error) if one.error else "",
        }
        for one in outcomes
    ]
    columns = ["source", "file", "state", "rows", "licence", "error"]
    return pd.DataFrame(rows, columns=columns).astype({"rows": "Int64"})
