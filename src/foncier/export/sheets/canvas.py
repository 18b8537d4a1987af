"""Drawing in millimetres of paper, written as SVG; the same input gives the same bytes."""

from __future__ import annotations

import base64
import math
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import shapely

from foncier.errors import FormatError
from foncier.export.sheets.typography import FAMILY, printable, width_mm

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from foncier.export.sheets.tables import SheetTables
    from foncier.i18n import Lang

POINT_MM = 25.4 / 72
# Scales that a reader of maps expects, as denominators.
SCALES = (
    1000,
    2000,
    2500,
    5000,
    7500,
    10_000,
    12_500,
    15_000,
    20_000,
    25_000,
    30_000,
    40_000,
    50_000,
    60_000,
    75_000,
    100_000,
    150_000,
    200_000,
    250_000,
    500_000,
    1_000_000,
)
BARS_M = (
    10,
    20,
    25,
    50,
    100,
    200,
    250,
    500,
    1000,
    2000,
    2500,
    5000,
    10_000,
    20_000,
    50_000,
    100_000,
)
OFF_PAPER_MM = 3.0  # drawn beyond the frame, so that clipped edges do not show
FINE_MM = 0.04  # not visible on paper


@dataclass(frozen=True)
class Window:
    """Extent of a map: centre in metres, scale, size on paper."""

    x: float
    y: float
    scale: int
    width_mm: float
    height_mm: float

    @property
    def m_per_mm(self) -> float:
        """Metres on the ground of a millimetre on paper."""
        return self.scale / 1000

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north of the paper and a little beyond, in metres."""
        half_x = (self.width_mm / 2 + OFF_PAPER_MM) * self.m_per_mm
        half_y = (self.height_mm / 2 + OFF_PAPER_MM) * self.m_per_mm
        return self.x - half_x, self.y - half_y, self.x + half_x, self.y + half_y

    def paper(self, coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
        """Millimetres from the upper left corner of the paper, of coordinates in metres."""
        out = np.empty_like(coordinates)
        out[:, 0] = (coordinates[:, 0] - self.x) / self.m_per_mm + self.width_mm / 2
        out[:, 1] = (self.y - coordinates[:, 1]) / self.m_per_mm + self.height_mm / 2
        return out


def window(
    bounds: tuple[float, float, float, float],
    width_mm: float,
    height_mm: float,
    *,
    least: int = SCALES[0],
    filled: float = 0.9,
) -> Window:
    """Window around bounds in metres, at the largest usual scale that shows them whole.

    Parameters
    ----------
    least
        Denominator of the largest scale allowed.
    filled
        Share of the paper that the bounds may take.

    Examples
    --------
    >>> window((0, 0, 30, 20), 100, 80, least=2000).scale, window((0, 0, 900, 20), 100, 80).scale
    (2000, 10000)
    """
    west, south, east, north = bounds
    needed = max((east - west) / (width_mm * filled), (north - south) / (height_mm * filled)) * 1000
    fitting = [scale for scale in SCALES if scale >= max(needed, least)]
    scale = fitting[0] if fitting else math.ceil(needed / SCALES[-1]) * SCALES[-1]
    return Window((west + east) / 2, (south + north) / 2, scale, width_mm, height_mm)


@dataclass
class Canvas:
    """SVG elements in drawing order, and the areas that texts and symbols occupy."""

    frame: Window
    elements: list[str] = field(default_factory=list)
    occupied: list[shapely.Geometry] = field(default_factory=list)

    def fill(
        self,
        shapes: Any,
        colour: str,
        *,
        opacity: float = 1.0,
        edge: str = "",
        width: float = 0.1,
        dash: str = "",
    ) -> None:
        """Fill polygons (metres), with an edge in millimetres when a colour is given for it."""
        data = self._data(shapes, closed=True)
        if data:
            stroke = f' stroke="{edge}" stroke-width="{width}"' if edge else ""
            dashed = f' stroke-dasharray="{dash}"' if dash else ""
            self.elements.append(
                f'<path d="{data}" fill="{colour}" fill-opacity="{opacity}"'
                f'{stroke}{dashed} stroke-linejoin="round"/>'
            )

    def stroke(
        self,
        shapes: Any,
        colour: str,
        width: float,
        *,
        dash: str = "",
        opacity: float = 1.0,
        cap: str = "round",
    ) -> None:
        """Draw lines (metres) of a width in millimetres."""
        data = self._data(shapes, closed=False)
        if data:
            dashed = f' stroke-dasharray="{dash}"' if dash else ""
            self.elements.append(
                f'<path d="{data}" fill="none" stroke="{colour}" stroke-width="{width:.2f}"'
                f'{dashed} stroke-opacity="{opacity}" stroke-linecap="{cap}" '
                'stroke-linejoin="round"/>'
            )

    def place(self, point: shapely.Point) -> tuple[float, float]:
        """Millimetres of a point in metres."""
        x, y = self.frame.paper(shapely.get_coordinates(point))[0]
        return float(x), float(y)

    def inside(self, x: float, y: float, margin: float = 0.0) -> bool:
        """Tell whether a place in millimetres is on the paper, ``margin`` from its edge."""
        frame = self.frame
        return margin <= x <= frame.width_mm - margin and margin <= y <= frame.height_mm - margin

    def dot(self, x: float, y: float, radius: float, colour: str, edge: str = "#ffffff") -> None:
        """Draw a disc with an edge, in millimetres."""
        self.elements.append(disc(x, y, radius, colour, edge))

    def raw(self, svg: str) -> None:
        """Add an SVG element as it is; it contains no text of the data."""
        self.elements.append(svg)

    def write(
        self,
        text: str,
        x: float,
        y: float,
        *,
        size: float,
        colour: str = "#161b2b",
        bold: bool = False,
        italic: bool = False,
        anchor: str = "middle",
        turn: float = 0.0,
        halo: str = "#ffffff",
    ) -> None:
        """Write a text centred on a height, in points, with a halo; ``turn`` in degrees."""
        style = (' font-weight="700"' if bold else "") + (' font-style="italic"' if italic else "")
        turned = f' transform="rotate({turn:.1f} {x:.2f} {y:.2f})"' if turn else ""
        around = (
            f' stroke={quoteattr(halo)} stroke-width="{size * 0.075:.2f}" paint-order="stroke" '
            'stroke-linejoin="round"'
            if halo
            else ""
        )
        self.elements.append(
            f'<text x="{x:.2f}" y="{y + size * POINT_MM * 0.36:.2f}" font-family="{FAMILY}" '
            f'font-size="{size * POINT_MM:.2f}" fill="{colour}" text-anchor="{anchor}"{style}'
            f"{turned}{around}>{escape(text)}</text>"
        )

    def try_write(
        self, text: str, x: float, y: float, *, size: float, turn: float = 0.0, **more: Any
    ) -> bool:
        """Write a text if its place is free and on the paper; tell whether it was written."""
        wide = width_mm(text, size, bold=more.get("bold", False))
        anchor = {"start": wide / 2, "end": -wide / 2}.get(more.get("anchor", "middle"), 0.0)
        box = self._text_box(x + anchor, y, wide + 0.8, size * POINT_MM * 1.15, turn)
        if not self.is_free(box):
            return False
        self.occupied.append(box)
        self.write(text, x, y, size=size, turn=turn, **more)
        return True

    def is_free(self, shape: shapely.Geometry) -> bool:
        """Tell whether a shape in millimetres is on the paper and not yet occupied."""
        paper = shapely.box(0.6, 0.6, self.frame.width_mm - 0.6, self.frame.height_mm - 0.6)
        if not shapely.covers(paper, shape):
            return False
        return not (
            self.occupied and shapely.intersects(np.array(self.occupied, dtype=object), shape).any()
        )

    def reserve(self, x: float, y: float, radius: float) -> None:
        """Keep a square around a place free of texts, in millimetres."""
        self.occupied.append(shapely.box(x - radius, y - radius, x + radius, y + radius))

    def svg(self, *, edge: str = "#8b8f9c") -> str:
        """Write the drawing, cut at its frame, as one SVG document."""
        wide, high = self.frame.width_mm, self.frame.height_mm
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}mm" height="{high}mm" '
            f'viewBox="0 0 {wide} {high}"><clipPath id="c"><rect width="{wide}" '
            f'height="{high}"/></clipPath><g clip-path="url(#c)">{"".join(self.elements)}</g>'
            f'<rect x="0.1" y="0.1" width="{wide - 0.2:.2f}" height="{high - 0.2:.2f}" '
            f'fill="none" stroke="{edge}" stroke-width="0.2"/></svg>'
        )

    def _text_box(
        self, x: float, y: float, wide: float, high: float, turn: float
    ) -> shapely.Geometry:
        corners = np.array([[-wide, -high], [wide, -high], [wide, high], [-wide, high]]) / 2
        angle = np.radians(turn)
        matrix = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        return shapely.polygons(corners @ matrix + (x, y))

    def _data(self, shapes: Any, *, closed: bool) -> str:
        """Path of shapes in metres, cut a little beyond the paper."""
        shapes = np.atleast_1d(np.asarray(shapes, dtype=object))
        shapes = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
        if not len(shapes):
            return ""
        fine = shapely.simplify(shapes, FINE_MM * self.frame.m_per_mm)
        cut = shapely.get_parts(shapely.clip_by_rect(fine, *self.frame.bounds))
        if closed:
            # Shells one way, holes the other: overlapping shapes are filled, holes are not.
            runs = shapely.get_rings(shapely.orient_polygons(cut[shapely.get_type_id(cut) == 3]))
        else:
            runs = cut[np.isin(shapely.get_type_id(cut), (1, 2))]
        return _path(self.frame, runs, closed=closed) if len(runs) else ""


def disc(x: float, y: float, radius: float, colour: str, edge: str = "#ffffff") -> str:
    """Disc with an edge as an SVG element, in millimetres."""
    return (
        f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{radius}" fill="{colour}" stroke="{edge}" '
        f'stroke-width="{max(0.12, radius * 0.22):.2f}"/>'
    )


def _path(frame: Window, runs: NDArray[np.object_], *, closed: bool) -> str:
    corners, owner = shapely.get_coordinates(runs, return_index=True)
    placed = np.round(frame.paper(corners), 2)
    starts = np.flatnonzero(np.diff(owner, prepend=-1))
    texts = [f"{x:g} {y:g}" for x, y in placed.tolist()]
    ends = [*starts[1:].tolist(), len(texts)]
    close = "Z" if closed else ""
    return "".join(
        f"M{'L'.join(texts[a : b - 1] if closed else texts[a:b])}{close}"
        for a, b in zip(starts.tolist(), ends, strict=True)
    )


def bar_m(frame: Window, most_mm: float) -> int:
    """Length on the ground of the scale bar: the longest usual one within ``most_mm``."""
    fitting: Sequence[int] = [m for m in BARS_M if m / frame.m_per_mm <= most_mm]
    return fitting[-1] if fitting else BARS_M[0]


def photo(
    tables: SheetTables, picture: Mapping[str, Any] | None, alt: str, lang: Lang
) -> dict[str, str] | None:
    """Drawing, alternative text and caption of a picture; None where the study gives none.

    Raises
    ------
    FormatError
        The picture beside the result cannot be read.
    """
    if not picture:
        return None
    data = tables.images[picture["file"]].read_bytes()
    width, height, kind = _size(data, picture["file"])
    caption = printable(picture.get("caption", ""), lang=lang, limit=160)
    credit = printable(picture.get("credit", ""), lang=lang, limit=80)
    return {
        "svg": (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}"><image width="{width}" height="{height}" '
            f'href="data:image/{kind};base64,{base64.b64encode(data).decode()}"/></svg>'
        ),
        "alt": caption or alt,
        "caption": " – ".join(part for part in (caption, credit) if part),
    }


def site_photo(tables: SheetTables, site: str, alt: str, lang: Lang) -> dict[str, str] | None:
    """Picture of a site; None where the study gives none."""
    pictures = [one for one in tables.leaflet.get("photos", ()) if one["site"] == site]
    return photo(tables, pictures[0], alt, lang) if pictures else None


def _size(data: bytes, name: str) -> tuple[int, int, str]:
    from PIL import Image  # noqa: PLC0415 (slow to import)

    try:
        with Image.open(BytesIO(data), formats=("PNG", "JPEG")) as image:
            return image.width, image.height, str(image.format).lower()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as reason:
        raise FormatError(
            "export.sheets.unreadable_picture", file=name, why=str(reason)
        ) from reason
