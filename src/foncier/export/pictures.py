"""Pictures of a study: copied beside its result, so that the result is enough for the sheets."""

from __future__ import annotations

import shutil
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from foncier.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FORMATS = ("PNG", "JPEG")
COPIES = "image-"  # what the names of the copies begin with


def pictures(leaflet: Mapping[str, Any] | None) -> dict[str, str]:
    """Name beside the result of each picture that a ``[leaflet]`` table gives.

    Returns
    -------
    For each picture as the study writes it, in its order, the name of the copy.

    Examples
    --------
    >>> pictures({"logo": {"file": "a/Logo Ville.PNG"}, "photos": [{"site": "x", "file": "b.jpg"}]})
    {'a/Logo Ville.PNG': 'image-1.png', 'b.jpg': 'image-2.jpg'}
    """
    given = leaflet or {}
    tables = [given.get("logo"), given.get("photo"), *given.get("photos", ())]
    files = dict.fromkeys(table["file"] for table in tables if table)
    suffixes = [PurePosixPath(file.replace("\\", "/")).suffix.lower() for file in files]
    return {
        file: f"{COPIES}{n}{suffix}"
        for n, (file, suffix) in enumerate(zip(files, suffixes, strict=True), start=1)
    }


def check_picture(path: Path, written: str) -> None:
    """Make sure that a picture can be printed.

    Raises
    ------
    ConfigError
        There is no such file, or it is neither a PNG nor a JPEG that can be read.
    """
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415 (slow to import)

    if not path.is_file():
        raise ConfigError(
            f"study.toml\u00a0: [leaflet] {written}\u00a0: image introuvable. Corrigez le chemin "
            "(il part du dossier de l'étude) ou retirez la clé."
        )
    try:
        with Image.open(path, formats=FORMATS) as image:
            image.verify()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as reason:
        raise ConfigError(
            f"study.toml\u00a0: [leaflet] {written}\u00a0: ce n'est pas une image PNG ou JPEG "
            f"lisible ({reason}). Enregistrez-la de nouveau dans l'un de ces formats."
        ) from reason


def copy_picture(source: Path, path: Path) -> None:
    """Copy a picture, its bytes only."""
    shutil.copyfile(source, path)
