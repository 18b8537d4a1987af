"""The page: folium's map, Leaflet's own files, our script and style, all in one file."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import folium
import jinja2
import orjson
from branca.element import Element, MacroElement
from folium.template import Template
from xstatic.pkg import leaflet

from foncier.errors import ConfigError, ExportError
from foncier.export.webmap.payload import payload
from foncier.i18n import LANGUAGES
from foncier.i18n.catalog import Part, messages, template

if TYPE_CHECKING:
    from foncier.i18n import Lang
    from foncier.model import ResultTables

STATIC = resources.files("foncier.export.webmap") / "static"
SCRIPTS = (
    "util.js",
    "data.js",
    "rank.js",
    "tiles.js",
    "basemap.js",
    "icons.js",
    "sites.js",
    "choice.js",
    "coordinates.js",
    "search.js",
    "hits.js",
    "clusters.js",
    "overview.js",
    "rejected.js",
    "grid.js",
    "assemblies.js",
    "layers.js",
    "accessibility.js",
    "filters.js",
    "values.js",
    "draw.js",
    "rows.js",
    "list.js",
    "weights.js",
    "compare.js",
    "visit.js",
    "shortlist.js",
    "exchange.js",
    "columns.js",
    "download.js",
    "table.js",
    "tools.js",
    "friches.js",
    "surroundings.js",
    "routes.js",
    "card.js",
    "link.js",
    "embed.js",
    "position.js",
    "welcome.js",
    "app.js",
)
STYLES = ("page.css", "panel.css", "tools.css", "table.css", "map.css", "print.css")
PAGE_WORDS = "export.webmap.page."
IMAGE = re.compile(r"url\((images/[\w.-]+\.png)\)")
BLOCK = re.compile(
    r"<(script|style)(?: type=\"text/plain\" id=\"foncier-script\")?>(.*?)</\1>", re.DOTALL
)
PACKING = 2  # zlib's level: 7 % more than 4 in under half the time
PACKED_FROM = 1_500_000  # bytes of data beyond which they are compressed
TILE_HOSTS = ("https://data.geopf.fr", "https://tile.openstreetmap.org")
WMTS = (
    "https://data.geopf.fr/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&STYLE=normal"
    "&TILEMATRIXSET=PM&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}"
)
# Online backgrounds, switched on by the reader only: id, address, credit, deepest zoom.
ONLINE = (
    ("plan", f"{WMTS}&LAYER=GEOGRAPHICALGRIDSYSTEMS.PLANIGNV2&FORMAT=image/png", "© IGN", 19),
    ("ortho", f"{WMTS}&LAYER=ORTHOIMAGERY.ORTHOPHOTOS&FORMAT=image/jpeg", "© IGN", 19),
    ("osm", "https://tile.openstreetmap.org/{z}/{x}/{y}.png", "© OpenStreetMap contributors", 19),
)
ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


class OfflineMap(folium.Map):
    """folium's map with a fixed id, without the files that folium would load from elsewhere.

    Only folium's header is left out: its viewport forbids zooming, which WCAG 1.4.4 asks for.
    """

    default_js: list[tuple[str, str]] = []  # noqa: RUF012  folium's own class attribute
    default_css: list[tuple[str, str]] = []  # noqa: RUF012

    _template = Template(
        """
        {% macro html(this, kwargs) %}
        <div class="folium-map" id="{{ this.get_name() }}"></div>
        {% endmacro %}
        {% macro script(this, kwargs) %}
        var {{ this.get_name() }} = L.map({{ this.get_name()|tojson }}, {
            center: {{ this.location|tojson }},
            crs: L.CRS.{{ this.crs }},
            ...{{ this.options|tojavascript }}
        });
        {% endmacro %}
        """
    )

    @classmethod
    def _generate_id(cls) -> str:
        return "foncier"


class Starter(MacroElement):
    """Script element that passes folium's map and tile layers to the script of the page."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        startPage({{ this.map_name }}, {
        {%- for layer in this.online %}{{ layer._id }}: {{ layer.get_name() }},{% endfor -%}
        });
        {% endmacro %}
        """
    )

    def __init__(self, the_map: OfflineMap, online: list[folium.TileLayer]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # branca is half typed
        self._name, self._id = "Starter", "foncier"
        self.map_name = the_map.get_name()
        self.online = online


def write_map(result: ResultTables, path: Path, *, lang: str = "fr") -> None:
    """Write the opportunity map as one self-contained HTML file.

    The page holds both languages; ``lang`` is the one it opens in. The same result gives the same
    bytes. Nothing is loaded from outside unless the reader switches an online background on, and
    the page's own Content-Security-Policy forbids anything else.

    Parameters
    ----------
    result
        Result of a run. Any table may be empty; a missing value is shown as unknown.
    path
        The file to write. It is replaced only when the new one is whole.
    lang
        ``fr`` or ``en``.

    Raises
    ------
    ConfigError
        The language is neither French nor English.
    ExportError
        The file cannot be written; the former one is intact.
    """
    if lang not in LANGUAGES:
        raise ConfigError("export.webmap.other_language", language=lang, known=LANGUAGES)
    whole = render(result, lang=lang).encode("utf-8", "replace")
    beside = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(whole)
        beside.replace(path)
    except OSError as reason:
        beside.unlink(missing_ok=True)
        raise ExportError("export.webmap.not_written", path=path, why=reason.strerror) from reason


def render(result: ResultTables, *, lang: Lang) -> str:
    """HTML of the map, as text."""
    the_map = OfflineMap(
        location=(46.6, 2.4),
        zoom_start=6,
        tiles=None,
        zoom_control=False,
        min_zoom=5,
        max_zoom=20,
        fade_animation=False,
        zoom_snap=0.25,
    )
    online = [_tile_layer(*layer) for layer in ONLINE]
    for layer in (*online, Starter(the_map, online)):
        the_map.add_child(layer)
    figure = the_map.get_root()
    the_map.render()  # type: ignore[no-untyped-call]
    return _assemble(result, figure, lang)


def _tile_layer(name: str, url: str, credit: str, deepest: int) -> folium.TileLayer:
    layer = folium.TileLayer(
        url, attr=credit, name=name, show=False, max_native_zoom=deepest, max_zoom=20
    )
    layer._id = name
    return layer


def _assemble(result: ResultTables, figure: Any, lang: Lang) -> str:
    words = {language: page_words(language) for language in LANGUAGES}
    html_template = _environment().get_template("page.html.j2")
    data = _json(payload(result, lang=lang))
    packed = len(data) > PACKED_FROM
    html = html_template.render(
        lang=lang,
        words=words[lang],
        result=result,
        data=_pack(data) if packed else _escaped(data),
        packed=packed,
        dictionary=_escaped(_json(words)),
        leaflet_style=_leaflet_style(),
        style=_joined(STYLES),
        leaflet_script=_leaflet_script(),
        script=_joined(SCRIPTS),
        start=_static("main.js"),
        map_html=_rendered(figure.html),
        map_script=_rendered(figure.script),
    )
    return html.replace("@@POLICY@@", _policy(html), 1)


def page_words(lang: Lang) -> dict[str, str]:
    """Words of the page from the catalogue, by key.

    A plural is two keys, ``key.one`` and ``key.other``. The script fills the placeholders and
    writes the numbers itself, so formats are left out.

    Examples
    --------
    >>> page_words("en")["sites.other"], page_words("fr")["rank_of"]
    ('{count} opportunities', 'rang {rank} sur {n}')
    """
    words = {}
    for message_id in messages(lang):
        if not message_id.startswith(PAGE_WORDS):
            continue
        key = message_id.removeprefix(PAGE_WORDS)
        forms = template(f"export.webmap.page.{key}", lang).forms
        for form, parts in forms.items():
            words[key if len(forms) == 1 else f"{key}.{form}"] = "".join(map(_unfilled, parts))
    return words


def _unfilled(part: Part) -> str:
    return part.text + (f"{{{part.name}}}" if part.name else "")


def _rendered(element: Element) -> str:
    lines = element.render().splitlines()
    return "\n".join(line.strip() for line in lines if line.strip())


def _policy(html: str) -> str:
    """Content-Security-Policy: only the blocks of this very file, and pictures of the tile hosts.

    A source that a block lists by its fingerprint cannot be forged by data in the page.
    """
    allowed: dict[str, list[str]] = {"script": [], "style": []}
    for kind, text in BLOCK.findall(html):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        allowed[kind].append(f"'sha256-{digest}'")
    return (
        f"default-src 'none'; script-src {' '.join(allowed['script'])}; "
        f"style-src {' '.join(allowed['style'])}; img-src data: {' '.join(TILE_HOSTS)}; "
        "base-uri 'none'; form-action 'none'"
    )


def _json(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:  # the name of a file need not be UTF-8: its odd bytes become ?
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return text.encode("utf-8", "replace")


def _escaped(data: bytes) -> str:
    """Escape JSON for a script element; compressed data contain none of these characters."""
    text = data.decode()
    for character, escape in ESCAPES.items():
        text = text.replace(character, escape)
    return text


def _pack(data: bytes) -> str:
    """Compress large data (zlib, base64) to fit in a mail; browsers since 2023 unpack it."""
    return base64.b64encode(zlib.compress(data, PACKING)).decode()


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FunctionLoader(_static), autoescape=True, undefined=jinja2.StrictUndefined
    )


def _static(name: str) -> str:
    return (STATIC / name).read_text(encoding="utf-8").replace("\r\n", "\n")


def _joined(names: tuple[str, ...]) -> str:
    return "\n".join(_static(name) for name in names)


def _leaflet(name: str) -> Path:
    return Path(leaflet.BASE_DIR) / name


def _leaflet_script() -> str:
    """Leaflet's script without the address of its source map, which a browser would ask for."""
    text = _leaflet("leaflet.js").read_text(encoding="utf-8").replace("\r\n", "\n")
    return re.sub(r"//# sourceMappingURL=.*", "", text).replace("</script", "<\\/script")


def _leaflet_style() -> str:
    """Leaflet's style with its pictures inside."""

    def embed(match: re.Match[str]) -> str:
        picture = base64.b64encode(_leaflet(match[1]).read_bytes()).decode()
        return f"url(data:image/png;base64,{picture})"

    text = _leaflet("leaflet.css").read_text(encoding="utf-8").replace("\r\n", "\n")
    return IMAGE.sub(embed, text)
