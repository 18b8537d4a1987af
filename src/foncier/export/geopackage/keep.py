"""Keep aside what people changed in a deliverable before a run replaces it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from foncier._util.destination import copy_aside
from foncier.export.qgis.stored import rename_sources
from foncier.i18n import localized
from foncier.results import contents

if TYPE_CHECKING:
    from pathlib import Path

    from foncier.i18n import Localized


@dataclass
class Keeper:
    """Copies each changed file of a result folder beside it, with a date in its name.

    Called with the path of a file that is about to be replaced and whose bytes are not those that
    foncier wrote (``Owner.keep``). ``notices`` say what was kept.

    Examples
    --------
    >>> keeper = Keeper(folder)  # doctest: +SKIP
    >>> write_atomically(folder, write, owner=Owner("run", keep=keeper))  # doctest: +SKIP
    >>> [notice.en for notice in keeper.notices]  # doctest: +SKIP
    ['opportunites.gpkg was changed (opportunites): it is kept as opportunites-modifie-…']
    """

    folder: Path
    notices: list[Localized] = field(default_factory=list)

    def __call__(self, path: Path) -> Path | None:
        """Keep a copy of a file that a person changed; return the copy, None for none."""
        name = path.relative_to(self.folder).as_posix()
        what = None
        if path.suffix == ".gpkg":
            changes = contents.edits(path)
            if not changes:
                return None
            what = changes.words
        copy = copy_aside(path)
        if copy is None:
            return None
        if path.suffix == ".gpkg":
            rename_sources(copy, path.name)  # its projects open with its own data
        kept = copy.relative_to(self.folder).as_posix()
        self.notices.append(
            localized("export.geopackage.kept", name=name, copy=kept)
            if what is None
            else localized("export.geopackage.kept_changes", name=name, copy=kept, what=what)
        )
        return copy
