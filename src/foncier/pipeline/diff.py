"""Compare two delivered results, and write what changed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from foncier._util.atomic_write import write_atomically
from foncier.errors import ConfigError
from foncier.export.diff import write_layer, write_map, write_table
from foncier.export.words import FICTIONAL
from foncier.i18n import Localized
from foncier.results import read_saved
from foncier.results.layers import SITES
from foncier.validation import Edition, compare_results

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    import geopandas as gpd

    from foncier.i18n import Lang
    from foncier.results import SavedResult

TABLE, LAYER, MAP = "differences.csv", "differences.gpkg", "differences.png"


@dataclass(frozen=True)
class Changes:
    """What became of each site (`foncier.validation.differences`), and what a reader must know.

    ``ground`` holds the buildings that the map is drawn upon.
    """

    title: str
    day: date | None
    rows: gpd.GeoDataFrame
    warnings: tuple[Localized, ...]
    ground: gpd.GeoDataFrame

    @property
    def counts(self) -> dict[str, int]:
        """How many sites had each fate."""
        return {str(k): int(n) for k, n in self.rows["fate"].value_counts().items()}


def compare(old: Path, new: Path) -> Changes:
    """Compare two result folders.

    Raises
    ------
    ConfigError
        One holds no result; they are not of the same communes, of the same reference system, or
        one is fictional and the other is not.
    FormatError
        One cannot be read.
    """
    before, after = (read_saved(folder, with_manifest=True) for folder in (old, new))
    _check(before, after)
    rows = compare_results(_edition(before), _edition(after))
    mark = f"{FICTIONAL.fr} – " if after.fictional else ""
    ground = after.table("batiments", columns=[])
    return Changes(mark + after.title, after.edition, rows, _warnings(before, after), ground)


def _edition(result: SavedResult) -> Edition:
    sites = result.table(SITES).sort_values("opportunity_id", ignore_index=True)
    return Edition(sites, result.table("indices"), result.table("parcelles_ecartees"))


def _check(before: SavedResult, after: SavedResult) -> None:
    for what, one, other in (
        ("communes", ", ".join(before.communes), ", ".join(after.communes)),
        ("système de coordonnées", before.crs.to_string(), after.crs.to_string()),
        ("données fictives", *("oui" if d.fictional else "non" for d in (before, after))),
    ):
        if one != other:
            raise ConfigError(
                f"{before.folder.name} et {after.folder.name} ne se comparent pas : {what}, "
                f"« {one} » puis « {other} ». Donnez deux résultats de la même étude.".replace(
                    " :", "\u00a0:"
                )
            )


def _warnings(before: SavedResult, after: SavedResult) -> tuple[Localized, ...]:
    told = []
    if before.profile != after.profile:
        told.append(
            Localized(
                f"Les jeux de règles diffèrent («\u00a0{before.profile}\u00a0» puis "
                f"«\u00a0{after.profile}\u00a0»)\u00a0: des parcelles changent sans que le terrain "
                "ait changé.",
                f"The rule sets differ (“{before.profile}”, then “{after.profile}”): plots change "
                "though the ground did not.",
            )
        )
    told += [
        Localized(
            f"{one.folder.name}\u00a0: le GeoPackage n'est pas celui que nomme le manifeste "
            "(modifié depuis, ou deux résultats mêlés).",
            f"{one.folder.name}: the GeoPackage is not the one that the manifest names (changed "
            "since, or two results mixed).",
        )
        for one in (before, after)
        if one.mixed_geopackages
    ]
    return tuple(told)


def write(changes: Changes, folder: Path, *, lang: Lang) -> None:
    """Write the table, the layer and the map to a folder.

    Raises
    ------
    ExportError
        They cannot be written whole; former ones are intact.
    """
    rows, title = changes.rows, changes.title
    writers: Any = {
        TABLE: partial(write_table, rows, lang=lang),
        LAYER: partial(write_layer, rows, title=title, day=changes.day, lang=lang),
        MAP: partial(write_map, rows, changes.ground, title=title, lang=lang),
    }
    write_atomically(folder, writers)
