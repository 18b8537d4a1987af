"""Pictures of the leaflet: copied into the result folder, where the sheets read them."""

from __future__ import annotations

import shutil
import warnings
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from foncier.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FORMATS = ("PNG", "JPEG")
COPIES = "image-"  # prefix of the names of the copies


def pictures(leaflet: Mapping[str, Any] | None) -> dict[str, str]:
    """Name in the result folder of each picture of a ``[leaflet]`` table.

    Returns
    -------
    Name of the copy by the path that the study gives, in the order of the study.

    Examples
    --------
    >>> pictures({"logo": {"file": "a/Logo Ville.PNG"}, "photos": [{"site": "x", "file": "b.jpg"}]})
    {'a/Logo Ville.PNG': 'image-1.png', 'b.jpg': 'image-2.jpg'}
    """
    settings = leaflet or {}
    tables = [settings.get("logo"), settings.get("photo"), *settings.get("photos", ())]
    files = dict.fromkeys(table["file"] for table in tables if table)
    suffixes = [PurePosixPath(file.replace("\\", "/")).suffix.lower() for file in files]
    return {
        file: f"{COPIES}{n}{suffix}"
        for n, (file, suffix) in enumerate(zip(files, suffixes, strict=True), start=1)
    }


def check_picture(path: Path, written: str) -> None:
    """Check that a picture can be printed.

    Raises
    ------
    ConfigError
        The file is missing, is not a PNG or JPEG that can be read, or has too many pixels.
    """
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415 (slow to import)

    if not path.is_file():
        raise ConfigError("export.pictures.missing", key=written)
    try:
        with warnings.catch_warnings():
            # A picture of more than 90 million pixels: small in its file, not in memory.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=FORMATS) as image:
                image.verify()
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise ConfigError("export.pictures.too_large", key=written) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise ConfigError("export.pictures.not_readable", key=written, why=error) from error


def copy_picture(source: Path, path: Path) -> None:
    """Copy the bytes of a picture, without its dates and permissions."""
    shutil.copyfile(source, path)
