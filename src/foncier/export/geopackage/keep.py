"""Keep aside what people changed in a deliverable before a run replaces it."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from foncier._util.atomic_write import MANIFEST, is_unchanged
from foncier.i18n import localized
from foncier.results import contents

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    from foncier.i18n import Localized

CHANGED = "{stem}-modifie-{day}{number}{suffix}"


@dataclass
class Keeper:
    """Copies each changed file of a result folder beside it, with a date in its name.

    Called with the path of a file that is about to be replaced. ``notices`` say what was kept.

    Examples
    --------
    >>> keeper = Keeper(folder, date(2026, 12, 1))  # doctest: +SKIP
    >>> write_atomically(folder, write, before_replacing=keeper)  # doctest: +SKIP
    >>> [notice.en for notice in keeper.notices]  # doctest: +SKIP
    ['opportunites.gpkg was changed (opportunites): it is kept as opportunites-modifie-…']
    """

    folder: Path
    day: date
    notices: list[Localized] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._written = _deliverables(self.folder)

    def __call__(self, path: Path) -> None:
        """Keep a copy of a file that a person changed."""
        name = path.relative_to(self.folder).as_posix()
        sha = self._written.get(name)
        if sha is None or is_unchanged(path, sha):
            return
        what = None
        if path.suffix == ".gpkg":
            changes = contents.edits(path)
            if not changes:
                return
            what = changes.words
        copy = self._free_name(path)
        _copy(path, copy)
        kept = copy.relative_to(self.folder).as_posix()
        self.notices.append(
            localized("export.geopackage.kept", name=name, copy=kept)
            if what is None
            else localized("export.geopackage.kept_changes", name=name, copy=kept, what=what)
        )

    def _free_name(self, path: Path) -> Path:
        number = 1
        while True:
            name = CHANGED.format(
                stem=path.stem,
                day=self.day.isoformat(),
                number="" if number == 1 else f"-{number}",
                suffix=path.suffix,
            )
            if not path.with_name(name).exists():
                return path.with_name(name)
            number += 1


def _deliverables(folder: Path) -> Mapping[str, str]:
    """SHA-256 of the files that the former run wrote, by name; empty without a manifest."""
    try:
        made = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["deliverables"]
        return {str(name): str(sha) for name, sha in made.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _copy(path: Path, copy: Path) -> None:
    """Copy a file; the copy has its name only when it is whole."""
    draft = copy.with_name(f".{copy.name}.part")
    shutil.copy2(path, draft)
    draft.replace(copy)
