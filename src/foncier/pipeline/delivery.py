"""Write all deliverables of a result at once: whole, or the former ones stay."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from foncier.export.aside import deliver as write_aside
from foncier.export.cnig import write_cnig
from foncier.export.flat import write_csv, write_parquet
from foncier.export.geopackage import write_geopackage
from foncier.export.manifest import manifest, text, versions
from foncier.export.webmap import write_map

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from foncier.records import Result
    from foncier.study.model import Study

GEOPACKAGE, PARQUET = "opportunites.gpkg", "opportunites.parquet"
TABLE, MAP = "opportunites.csv", "opportunites.html"
EXCHANGE = "friches-cnig.csv"  # only where there are friches


def deliver(
    result: Result, plan: Study, folder: Path, *, lang: str, timings: Mapping[str, float]
) -> dict[str, str]:
    """Write GeoPackage, Parquet, CSV, map, exchange file of friches and manifest to a folder.

    The same study on the same inputs gives the same bytes, but for ``run`` in the manifest.

    Returns
    -------
    SHA-256 of each file by its name.

    Raises
    ------
    ExportError
        Something could not be written; the former deliverables are intact.
    """
    write = {
        GEOPACKAGE: partial(write_geopackage, result, lang=lang),
        PARQUET: partial(write_parquet, result),
        TABLE: partial(write_csv, result, lang=lang),
        MAP: partial(write_map, result, lang=lang),
    }
    if (result.candidates["kind"] == "friche").any():
        write[EXCHANGE] = partial(write_cnig, result)

    def told(deliverables: Mapping[str, str]) -> str:
        made = manifest(
            result,
            configuration=configuration(plan),
            timings=timings,
            deliverables=deliverables,
            versions=versions(),
            started=datetime.now(UTC),
        )
        return text(made)

    return write_aside(folder, write, manifest=told)


def configuration(plan: Study) -> dict[str, Any]:
    """Study as its file says it: paths stay as written, the machine's folders are left out."""
    return plan.model_dump(mode="json", exclude={"folder"}, exclude_none=True)
