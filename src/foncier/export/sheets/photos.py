"""Pictures of the study, set into a drawing so that they reach the page as data."""

from __future__ import annotations

import base64
from io import BytesIO
from typing import TYPE_CHECKING, Any

from foncier.errors import FormatError
from foncier.export.sheets.typography import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from foncier.export.sheets.delivered import Delivered
    from foncier.wording import Lang


def photo(
    given: Delivered, told: Mapping[str, Any] | None, alt: str, lang: Lang
) -> dict[str, str] | None:
    """Drawing, alternative text and caption of a picture; None where the study gives none.

    Raises
    ------
    FormatError
        The picture beside the result cannot be read.
    """
    if not told:
        return None
    data = given.images[told["file"]].read_bytes()
    width, height, kind = _size(data, told["file"])
    caption = shown(told.get("caption", ""), lang=lang, limit=160)
    credit = shown(told.get("credit", ""), lang=lang, limit=80)
    return {
        "svg": (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}"><image width="{width}" height="{height}" '
            f'href="data:image/{kind};base64,{base64.b64encode(data).decode()}"/></svg>'
        ),
        "alt": caption or alt,
        "caption": " – ".join(part for part in (caption, credit) if part),
    }


def site_photo(given: Delivered, site: str, alt: str, lang: Lang) -> dict[str, str] | None:
    """Picture of a site; None where the study gives none."""
    own = [one for one in given.leaflet.get("photos", ()) if one["site"] == site]
    return photo(given, own[0], alt, lang) if own else None


def _size(data: bytes, name: str) -> tuple[int, int, str]:
    from PIL import Image  # noqa: PLC0415 (slow to import)

    try:
        with Image.open(BytesIO(data), formats=("PNG", "JPEG")) as image:
            return image.width, image.height, str(image.format).lower()
    except (OSError, SyntaxError, ValueError) as reason:
        raise FormatError(
            f"{name}\u00a0: image illisible ({reason}). Enregistrez-la de nouveau en PNG ou en "
            "JPEG, puis relancez «\u00a0foncier run\u00a0»."
        ) from reason
