"""The files of a new study: communes, axis, loop and places as a planner gives them."""

from __future__ import annotations

import json
import os
import re
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from foncier import schemas
from foncier.crs import legal_crs
from foncier.errors import ConfigError
from foncier.i18n import LANGUAGES, label, localize
from foncier.study.config import Study, Waypoint
from foncier.study.validation_errors import validation_error

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from foncier.communes import Commune

STUDY, PLACES = "study.toml", "lieux.geojson"
HALF_WIDTH_M = 500
STEP = re.compile(
    r"\s*(?P<name>.*?)[\s:,]*(?P<lat>-?\d{1,2}(?:[.,]\d+)?)\s*[,\s]\s*(?P<lon>-?\d{1,3}(?:[.,]\d+)?)\s*"
)
SEPARATORS = re.compile(r"[;>\n]")
# The blocks of the template that the answers replace, and the end of a block.
BLOCK = r"(?m)^# \[{name}\].*\n(?:# .*\n)+"


def new_study(
    folder: Path,
    title: str,
    communes: Sequence[Commune],
    *,
    axis: str = "",
    loop: str = "",
    places: str = "",
) -> dict[str, str]:
    """Text of each file of a new study, by name; what is not given stays a comment of the template.

    Parameters
    ----------
    folder
        Folder of the study, from which paths are relative.
    communes
        Communes of the study, of one territory.
    axis, loop
        A file, or at least two steps ``name lat, lon`` (degrees) separated by ``;`` or ``>``.
    places
        A file, or places ``category : name lat, lon``; the categories are those of PLACES, by their
        code or their label.

    Raises
    ------
    ConfigError
        A step that is not a name and two coordinates, one outside of the territory, an unknown
        category, one step only, communes of several territories.

    Examples
    --------
    >>> from foncier.communes import find
    >>> texts = new_study(Path("x"), "Essai", [find("80021")], axis="A 49.9, 2.3 > B 49.8, 2.3")
    >>> [line for line in texts["study.toml"].splitlines() if line.startswith("communes")]
    ['communes = ["80021"]   # Amiens']
    """
    if len({legal_crs(one.code) for one in communes}) > 1:
        codes = [one.code for one in communes]
        raise ConfigError("study.reader.several_crs", file=STUDY, communes=codes)
    text = _template(title, communes)
    code = communes[0].code
    extra: dict[str, str] = {}
    if axis:
        keys = {"name": "Axe", "half_width_m": HALF_WIDTH_M, **_line(axis, folder, code)}
        text = _filled(text, "axis", f"[axis]\n{_toml(keys)}")
        text = text.replace('around = "extent"', 'around = "axis"  ')
    if loop:
        keys = {"name": "Boucle", "status": "tracé d'étude", **_line(loop, folder, code)}
        text = _filled(text, "loop", f"[loop]\n{_toml(keys)}")
    if places:
        table, extra = _places(places, folder, code)
        text = _filled(text, "layers.places", table)
    _check(text, folder)
    return {STUDY: text, **extra}


def _template(title: str, communes: Sequence[Commune]) -> str:
    text = files("foncier.study").joinpath("template.toml").read_text(encoding="utf-8")
    codes = ", ".join(f'"{one.code}"' for one in communes)
    names = ", ".join(one.name for one in communes)
    text = text.replace('["@COMMUNE@"]', f"[{codes}]   # {names}", 1)
    text = text.replace('"@NAME@"', json.dumps(title, ensure_ascii=False))
    return text.replace("@COMMUNE@", communes[0].code)


def _filled(text: str, name: str, block: str) -> str:
    """Template with a commented block replaced; one of the list of layers ends before the next."""
    pattern = BLOCK.format(name=re.escape(name))
    if name.startswith("layers."):
        pattern = rf"(?m)^# \[{re.escape(name)}\].*\n# path = .*\n"
    return re.sub(pattern, lambda _: block, text, count=1)


def _check(text: str, folder: Path) -> None:
    try:
        Study.model_validate({**tomllib.loads(text), "folder": folder})
    except ValidationError as faults:
        raise validation_error(folder / STUDY, faults, Study) from faults


def _line(written: str, folder: Path, code: str) -> dict[str, Any]:
    """Keys of a line: its file, or its waypoints."""
    if _is_file(written):
        return {"file": _relative(written, folder)}
    return {"waypoints": [step.model_dump() for step in steps(written, code)]}


def steps(written: str, code: str) -> list[Waypoint]:
    """Points with names of a text ``name lat, lon ; name lat, lon``.

    Raises
    ------
    ConfigError
        A part that is not a name and two coordinates, or lies outside of the territory.

    Examples
    --------
    >>> [(one.name, one.lat) for one in steps("Gare 49.89056, 2.30820 > 49,907 2,29", "80021")]
    [('Gare', 49.89056), ('Étape 2', 49.907)]
    """
    parts = [part for part in SEPARATORS.split(written) if part.strip()]
    return [_step(part, n, code) for n, part in enumerate(parts, start=1)]


def _step(part: str, number: int, code: str) -> Waypoint:
    match = STEP.fullmatch(part)
    if match is None:
        raise ConfigError("study.new.not_a_step", text=part.strip())
    lat, lon = (float(match[key].replace(",", ".")) for key in ("lat", "lon"))
    use = legal_crs(code).area_of_use
    west, south, east, north = (-180, -90, 180, 90) if use is None else use.bounds
    if not (south <= lat <= north and west <= lon <= east):
        swapped = south <= lon <= north and west <= lat <= east
        message = "study.new.swapped" if swapped else "study.new.elsewhere"
        raise ConfigError(message, text=part.strip(), lat=f"{lat:.5f}", lon=f"{lon:.5f}")
    name = match["name"] or f"{localize('study.new.step')} {number}"
    return Waypoint(name=name, lat=lat, lon=lon)


def _places(written: str, folder: Path, code: str) -> tuple[str, dict[str, str]]:
    """Tables of the layer of places, and the file of those that are given as points.

    The places of OpenStreetMap, which ``foncier fetch`` brings, stay with them.
    """
    extra: dict[str, str] = {}
    if _is_file(written):
        path = _relative(written, folder)
    else:
        path = PLACES
        features = [_place(part, code) for part in SEPARATORS.split(written) if part.strip()]
        collection = {"type": "FeatureCollection", "features": features}
        extra[PLACES] = json.dumps(collection, ensure_ascii=False, indent=1) + "\n"
    osm = {"path": "fetched/osm.osm", "format": "osm-xml", "licence": "ODbL"}
    osm |= {"source": "© contributeurs OpenStreetMap"}
    return "".join(f"[[layers.places]]\n{_toml(one)}" for one in ({"path": path}, osm)), extra


def _place(part: str, code: str) -> dict[str, Any]:
    word, colon, rest = part.partition(":")
    category = categories().get(word.strip().lower()) if colon else None
    if category is None:
        known = [label(f"results.value_{one}") for one in dict.fromkeys(categories().values())]
        raise ConfigError("study.new.category", text=part.strip(), known=known)
    step = _step(rest, 1, code)
    return {
        "type": "Feature",
        "properties": {"category": category, "name": step.name},
        "geometry": {"type": "Point", "coordinates": [step.lon, step.lat]},
    }


def categories() -> Mapping[str, str]:
    """Categories of places by their code and by their label in each language, in lower case."""
    column = next(c for c in schemas.PLACES.columns if c.name == "category")
    words = {code: code for code in column.values}
    for code in column.values:
        words |= {label(f"results.value_{code}")[lang].lower(): code for lang in LANGUAGES}
    return words


def _is_file(written: str) -> bool:
    return re.search(r"\.(geojson|json|gpkg|shp|kml|fgb|zip)$", written.strip().lower()) is not None


def _relative(written: str, folder: Path) -> str:
    """Path from the folder of the study, with forward slashes.

    Raises
    ------
    ConfigError
        No such file.
    """
    file = Path(written.strip())
    if not file.is_file():
        raise ConfigError("study.new.no_file", file=file)
    try:
        return Path(os.path.relpath(file.resolve(), folder.resolve())).as_posix()
    except ValueError:  # another drive
        return file.resolve().as_posix()


def _toml(keys: Mapping[str, Any]) -> str:
    return "".join(f"{key} = {_value(value)}\n" for key, value in keys.items())


def _value(value: Any) -> str:
    if isinstance(value, list):
        rows = "".join(f"  {_value(row)},\n" for row in value)
        return f"[\n{rows}]"
    if isinstance(value, dict):
        inside = ", ".join(f"{key} = {_value(one)}" for key, one in value.items())
        return f"{{ {inside} }}"
    return json.dumps(value, ensure_ascii=False)
