"""The manifest: inputs, configuration, versions, and the SHA-256 of each deliverable."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence, Set
from dataclasses import asdict, is_dataclass
from datetime import UTC, date, datetime
from importlib import metadata
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from foncier._util.destination import MANIFEST, is_unchanged
from foncier.i18n import without_secrets
from foncier.results.contents import is_of_run
from foncier.results.totals import supply
from foncier.schemas import CANDIDATES

if TYPE_CHECKING:
    from foncier.model import LayerReport, ResultTables

SCHEMA = 1  # of the manifest itself
PACKAGES = ("foncier", "geopandas", "shapely", "pandas", "numpy", "scipy", "pyogrio", "pyproj")


def versions() -> dict[str, str]:
    """Versions of Python, of the packages that make the figures, and of GEOS, GDAL and PROJ."""
    import pyogrio  # noqa: PLC0415 (slow to import, and only its version is asked)
    import pyproj  # noqa: PLC0415

    found = {name: metadata.version(name) for name in PACKAGES}
    gdal: str = pyogrio.__gdal_version_string__
    return {
        **found,
        "python": platform.python_version(),
        "geos": shapely.geos_version_string,
        "gdal": gdal,
        "proj": pyproj.proj_version_str,
    }


def build_manifest(
    result: ResultTables,
    *,
    configuration: Mapping[str, Any],
    timings: Mapping[str, float],
    deliverables: Mapping[str, str],
    contents: Mapping[str, str | None] | None = None,
    entries: Mapping[str, Any] | None = None,
    versions: Mapping[str, str] | None = None,
    started: datetime | None = None,
) -> dict[str, Any]:
    """Gather what is needed to run again and to check the result.

    Parameters
    ----------
    result
        The whole result of a run.
    configuration
        The study as it was read: nested mappings, sequences, dates, paths and numbers.
    timings
        Seconds by step.
    deliverables
        SHA-256 by file name, from `foncier._util.atomic_write.write_atomically`.
    contents
        SHA-256 of the record of each GeoPackage (`foncier.results.contents.sha_of`): it stays the
        same when QGIS opens the file or saves a project in it.
    entries
        Path and SHA-256 of what people wrote and the run read, ``saisies.gpkg``; empty if nothing.
    versions
        Versions, from `versions`; none when None.
    started
        When the run began, with its time zone; None when not known.

    Returns
    -------
    Plain values only, ready for JSON; unknown is None. What changes from one run to the next on
    the same inputs (date, timings) is under ``run``.
    """
    epsg = result.candidates.crs.to_epsg() if result.candidates.crs else None
    made: dict[str, Any] = to_json_values(
        {
            "manifest": SCHEMA,
            "title": result.title,
            "fictional": result.demo,
            "communes": result.communes,
            "edition": result.edition,
            "crs": f"EPSG:{epsg}" if epsg else None,
            "study_area_wkt": shapely.to_wkt(result.area, rounding_precision=1),
            "inputs": [_input(report) for report in result.reports],
            "missing": [{"what": m.what, "cost": asdict(m.cost)} for m in result.missing],
            "configuration": configuration,
            "profile": result.profile,
            "criteria": result.criteria,
            "robustness": {"agreement": result.agreement},
            "credits": result.credits,
            "targets": result.destinations,
            "counts": _counts(result),
            "deliverables": deliverables,
            "contents": contents or {},
            "entries": entries or {},
            "versions": versions or {},
            "run": {
                "started": started.astimezone(UTC) if started else None,
                "timings_s": {step: round(seconds, 3) for step, seconds in timings.items()},
            },
        }
    )
    return made


def _counts(result: ResultTables) -> dict[str, Any]:
    kinds = result.candidates["kind"].value_counts()
    named = next(c for c in CANDIDATES.columns if c.name == "kind").values
    return {
        "opportunities": {kind: int(kinds.get(kind, 0)) for kind in named},
        "supply": {name: asdict(land) for name, land in supply(result.candidates).items()},
        "rejected_parcels": len(result.rejections),
        "assemblies": None if result.assemblies is None else len(result.assemblies),
    }


def to_json(made: Mapping[str, Any]) -> str:
    """JSON of a manifest: sorted keys, indent of two spaces, a final line break."""
    return json.dumps(made, ensure_ascii=False, sort_keys=True, indent=2, allow_nan=False) + "\n"


def mixed_files(folder: Path) -> tuple[str, ...]:
    """Deliverables that are not those of the manifest of their folder.

    A run was killed while it renamed its files, or a file was replaced since. A GeoPackage of this
    run that a person changed is not one of them (`foncier.results.contents.edits` says what was
    changed). A folder without a readable manifest gives the name of the manifest.

    Returns
    -------
    Sorted names; empty when every file is that of the manifest.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        records = manifest.get("contents", {})
        return tuple(
            sorted(
                name
                for name, sha in manifest["deliverables"].items()
                if not is_unchanged(folder / name, sha)
                and not is_of_run(folder / name, records.get(name))
            )
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return (MANIFEST,)


def result_files(folder: Path) -> tuple[Path, ...]:
    """Files of a result: its manifest, and those that the manifest lists."""
    try:
        known = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["deliverables"]
        names = sorted(str(name) for name in known)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        names = sorted(path.name for path in folder.glob("opportunites*.gpkg"))
    return (folder / MANIFEST, *(folder / name for name in names))


def _input(report: LayerReport) -> dict[str, Any]:
    return {**asdict(report), "notes": [asdict(note) for note in report.notes]}


def to_json_values(value: Any) -> Any:
    """Convert a value to JSON types: dates as ISO, paths with slashes, NaN as None.

    Examples
    --------
    >>> to_json_values({"a": (1, float("nan")), "b": date(2026, 11, 1)})
    {'a': [1, None], 'b': '2026-11-01'}
    """
    if is_dataclass(value) and not isinstance(value, type):
        value = {name: getattr(value, name) for name in value.__dataclass_fields__}
    if isinstance(value, Mapping):
        return {str(key): to_json_values(one) for key, one in value.items()}
    if isinstance(value, Set):
        return sorted((to_json_values(one) for one in value), key=str)
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [to_json_values(one) for one in value]
    return _scalar(value)


def _scalar(value: Any) -> str | float | None:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return None
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    if isinstance(value, PurePath):
        return value.as_posix()
    if value is None or isinstance(value, int | float):
        return value
    return without_secrets(str(value))
