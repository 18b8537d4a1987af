"""Compare two result folders, and write the differences."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from foncier._util.atomic_write import write_atomically
from foncier._util.destination import Owner, subject_of
from foncier.errors import ConfigError
from foncier.export.diff import write_layer, write_map, write_table
from foncier.export.words import FICTIONAL
from foncier.i18n import Localized, label, localized
from foncier.pipeline import entries
from foncier.results import read_saved
from foncier.results.layers import SITES
from foncier.results.manifest import result_files
from foncier.validation import Edition, compare_results

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    import geopandas as gpd

    from foncier.i18n import Lang
    from foncier.results import SavedResult

NAMES = TABLE, LAYER, MAP = "differences.csv", "differences.gpkg", "differences.png"


@dataclass(frozen=True)
class Changes:
    """Change of each site (`foncier.validation.differences`), with warnings for the reader.

    ``buildings`` are the background of the map; ``entries`` say what people wrote meanwhile in
    ``saisies.gpkg``.
    """

    title: str
    day: date | None
    rows: gpd.GeoDataFrame
    warnings: tuple[Localized, ...]
    buildings: gpd.GeoDataFrame
    entries: tuple[Localized, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """Number of sites by kind of change."""
        return {str(k): int(n) for k, n in self.rows["fate"].value_counts().items()}


def compare(old: Path, new: Path) -> Changes:
    """Compare two result folders.

    Raises
    ------
    ConfigError
        A folder has no result; the results differ in their communes or reference system, or only
        one is fictional.
    FormatError
        A result cannot be read.
    """
    before, after = (read_saved(folder, with_manifest=True) for folder in (old, new))
    check_comparable(before, after)
    rows = compare_results(edition_of(before), edition_of(after))
    title = f"{FICTIONAL.fr} – {after.title}" if after.fictional else after.title
    buildings = after.table("batiments", columns=[])
    warnings = _warnings(before, after)
    return Changes(title, after.edition, rows, warnings, buildings, entries.changes(old, new))


def edition_of(result: SavedResult) -> Edition:
    """Tables of a result that a comparison reads."""
    sites = result.table(SITES).sort_values("opportunity_id", ignore_index=True)
    return Edition(sites, result.table("indices"), result.table("parcelles_ecartees"))


def check_comparable(before: SavedResult, after: SavedResult) -> None:
    """Check that two results can be compared: communes, reference system, fictional data.

    Raises
    ------
    ConfigError
        They differ in one of them.
    """
    fictional = [label("pipeline.diff.fictional"), label("pipeline.diff.not_fictional")]
    for what, one, other in (
        ("communes", ", ".join(before.communes), ", ".join(after.communes)),
        ("crs", before.crs.to_string(), after.crs.to_string()),
        ("data", *(fictional[not result.fictional] for result in (before, after))),
    ):
        if one != other:
            raise ConfigError(
                "pipeline.diff.not_comparable",
                before=before.folder.name,
                after=after.folder.name,
                what=label(f"pipeline.diff.what_{what}"),
                one=one,
                other=other,
            )


def _warnings(before: SavedResult, after: SavedResult) -> tuple[Localized, ...]:
    warnings = []
    if before.profile != after.profile:
        warnings.append(
            localized("pipeline.diff.rule_sets", before=before.profile, after=after.profile)
        )
    warnings += [
        localized("pipeline.diff.other_geopackage", folder=one.folder.name)
        for one in (before, after)
        if one.mixed_geopackages
    ]
    return (*warnings, *before.edit_warnings, *after.edit_warnings)


def write(changes: Changes, folder: Path, *, lang: Lang, owner: Owner | None = None) -> None:
    """Write the table, the layer and the map to a folder.

    Raises
    ------
    ConfigError
        A file there may not be replaced (see `diff_owner`).
    ExportError
        They cannot be written; the previous ones are intact.
    """
    rows, title = changes.rows, changes.title
    writers: Any = {
        TABLE: partial(write_table, rows, lang=lang),
        LAYER: partial(write_layer, rows, title=title, day=changes.day, lang=lang),
        MAP: partial(write_map, rows, changes.buildings, title=title, lang=lang),
    }
    write_atomically(folder, writers, owner=owner)


def diff_owner(old: Path, new: Path, folder: Path, *, replace: bool = False) -> Owner:
    """What a comparison may not replace: the two results, files of others, other comparisons."""
    inputs = (*result_files(old), *result_files(new))
    return Owner("diff", (subject_of(folder, old, new),), inputs, replace)
