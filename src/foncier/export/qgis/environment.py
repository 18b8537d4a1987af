"""Fill the QGIS templates: XML files with jinja2 placeholders, and the settings of the project."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

import jinja2
from markupsafe import Markup, escape

if TYPE_CHECKING:
    from foncier.i18n import Lang

# Not allowed in XML 1.0, even escaped.
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def render(template: str, **context: object) -> Markup:
    """Text of a template of ``templates/`` with its placeholders filled and escaped for XML."""
    return Markup(_environment().get_template(template).render(context))  # noqa: S704  # nosec B704


@cache
def settings() -> dict[str, Any]:
    """Groups, themes, relations, tabs and words of the project: ``project.toml``."""
    text = resources.files(__package__).joinpath("project.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def words_in(lang: Lang) -> dict[str, str]:
    """Words of legends, styles and layouts by their name, in ``fr`` or ``en``."""
    return {name: text[lang] for name, text in settings()["words"].items()}


def rgb(colour: str) -> str:
    """Colour as QGIS writes it, without its opacity.

    Examples
    --------
    >>> rgb("#D55E00")
    '213,94,0'
    """
    return ",".join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))


def uuid(name: str) -> str:
    """Identifier of an item as QGIS writes it: the same for the same name."""
    return f"{{{uuid5(NAMESPACE_URL, f'foncier/{name}')}}}"


def escape_xml(value: object) -> Markup:
    """Text for an XML element or attribute; line breaks are kept, control characters removed.

    Examples
    --------
    >>> escape_xml("<A> & B" + chr(10) + "C" + chr(0))
    Markup('&lt;A&gt; &amp; B&#10;C')
    """
    if isinstance(value, Markup):
        return value
    text = str(escape(FORBIDDEN.sub("", str(value))))
    for character in "\t\n\r":  # an XML parser reads each as a space in an attribute
        text = text.replace(character, f"&#{ord(character)};")
    return Markup(text)  # noqa: S704  # nosec B704


@cache
def _environment() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("foncier.export.qgis"),
        autoescape=True,
        finalize=escape_xml,
        keep_trailing_newline=True,
        lstrip_blocks=True,
        trim_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    made.filters["rgb"] = rgb
    made.filters["uuid"] = uuid
    return made
