"""SLD beside the styles of QGIS: valid filters, the same classes on the same rows."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from foncier.export.qgis.ogc_filter import OGC, ogc_filter
from foncier.export.qgis.sld import SE, SLD, sld
from foncier.results.layers import GEOPACKAGE
from foncier.schemas.results import KINDS

from .test_qgis import HERE, qgis, run

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["qgis"]  # the fixture that skips where QGIS is not installed
NAMES = {"ogc": OGC, "se": SE, "sld": SLD}
FILTERS = "core/schemas/ogc/filter/1.1.0/filter.xsd"  # in the package pycsw


def compact(element: ET.Element | None) -> str:
    """Filter as text: tags, and what the leaves say; empty without one.

    Examples
    --------
    >>> compact(ET.fromstring("<a><b>x</b></a>"))
    'a(b:x)'
    """
    if element is None:
        return ""
    tag = element.tag.partition("}")[2] or element.tag
    if not len(element):
        return f"{tag}:{element.text}"
    return f"{tag}({','.join(compact(one) for one in element)})"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("\"a\" = 'x'", "Filter(PropertyIsEqualTo(PropertyName:a,Literal:x))"),
        ("\"a\" = 'it''s'", "Filter(PropertyIsEqualTo(PropertyName:a,Literal:it's))"),
        ('"a b" <> 1.5', "Filter(PropertyIsNotEqualTo(PropertyName:a b,Literal:1.5))"),
        ('"a" is null', "Filter(PropertyIsNull(PropertyName:a))"),
        ('"a" is not null', "Filter(Not(PropertyIsNull(PropertyName:a)))"),
        (
            "\"a\" in ('x', 'y')",
            "Filter(Or(PropertyIsEqualTo(PropertyName:a,Literal:x),"
            "PropertyIsEqualTo(PropertyName:a,Literal:y)))",
        ),
        (
            "\"a\" not in ('x')",
            "Filter(Not(PropertyIsEqualTo(PropertyName:a,Literal:x)))",
        ),
        (
            '"a" / 10000 >= 2 AND "b" < 3',
            "Filter(And(PropertyIsGreaterThanOrEqualTo(Div(PropertyName:a,Literal:10000),"
            "Literal:2),PropertyIsLessThan(PropertyName:b,Literal:3)))",
        ),
        (
            '"a" = 1 or "b" = 2 and not ("c" = 3)',
            "Filter(Or(PropertyIsEqualTo(PropertyName:a,Literal:1),"
            "And(PropertyIsEqualTo(PropertyName:b,Literal:2),"
            "Not(PropertyIsEqualTo(PropertyName:c,Literal:3)))))",
        ),
        ("$area > 10", None),
        ('lower("a") = 1', None),
        ('"a" =', None),
        ('"a" = 1 "b"', None),
        ("", None),
    ],
)
def test_a_filter_of_our_styles_is_an_ogc_filter(expression: str, expected: str | None) -> None:
    found = ogc_filter(expression)
    assert (None if found is None else compact(found)) == expected


CATEGORIES = """
 <renderer-v2 type="categorizedSymbol" attr="kind">
  <categories><category value="a" label="A" symbol="0" /><category value="" label="B" symbol="0" />
  </categories>
  <symbols><symbol name="0" type="fill"><layer class="SimpleFill"><Option type="Map">
   <Option name="color" value="255,0,0,51" /><Option name="outline_color" value="0,0,255,255" />
   <Option name="outline_width" value="0.28" /><Option name="outline_style" value="dash" />
   <Option name="style" value="solid" /></Option></layer></symbol></symbols>
 </renderer-v2>
"""


def test_the_class_of_the_other_rows_states_its_filter() -> None:
    """QGIS draws a rule with ``ElseFilter`` for every row."""
    root = ET.fromstring(sld("couche", "Style", CATEGORIES))  # noqa: S314 (we wrote it)
    first, others = root.findall(".//se:Rule", NAMES)
    assert compact(others.find("ogc:Filter", NAMES)) == compact(ogc_filter("not (\"kind\" = 'a')"))
    values = {one.get("name"): one.text for one in first.iterfind(".//se:SvgParameter", NAMES)}
    assert values == {
        "fill": "#ff0000",
        "fill-opacity": "0.20",
        "stroke": "#0000ff",
        "stroke-width": "1.00",
        "stroke-dasharray": "4.00 2.00",
    }


def test_a_class_of_which_the_filter_cannot_be_stated_is_left_out() -> None:
    """Without its filter it would cover the others."""
    style = CATEGORIES.replace('type="categorizedSymbol" attr="kind"', 'type="RuleRenderer"')
    rules = (
        '<rules><rule label="A" filter="$area &gt; 9" symbol="0" />'
        '<rule label="B" filter="&quot;b&quot; = 1" symbol="0" /></rules>'
    )
    start, end = style.index("<categories>"), style.index("</categories>") + len("</categories>")
    root = ET.fromstring(sld("couche", "Style", style[:start] + rules + style[end:]))  # noqa: S314
    assert [one.findtext("se:Name", None, NAMES) for one in root.iterfind(".//se:Rule", NAMES)] == [
        "B"
    ]


def written(folder: Path) -> Mapping[str, str]:
    with closing(sqlite3.connect(folder / GEOPACKAGE)) as base:
        rows = base.execute(
            "SELECT f_table_name, styleName, styleSLD, f_geometry_column FROM layer_styles"
        ).fetchall()
    assert all(bool(text) == bool(column) for _, _, text, column in rows)  # each layer, no table
    return {f"{table}/{name}": text for table, name, text, column in rows if column}


def test_every_filter_of_the_styles_is_valid(demo_folder: Path, tmp_path: Path) -> None:
    package = find_spec("pycsw")  # not imported: only its files are of use
    if package is None or package.origin is None:
        pytest.skip("requirements/schemas.txt is not installed")
    if shutil.which("xmllint") is None:
        pytest.skip("xmllint is not installed (Debian package libxml2-utils)")
    files: list[Path] = []
    for text in written(demo_folder).values():
        for condition in ET.fromstring(text).iterfind(".//ogc:Filter", NAMES):  # noqa: S314
            path = tmp_path / f"{len(files)}.xml"
            path.write_bytes(ET.tostring(condition))
            files.append(path)
    assert len(files) > 50
    schema = str(Path(package.origin).parent / FILTERS)
    command = ["xmllint", "--nonet", "--noout", "--schema", schema, *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.qgis
def test_qgis_reads_the_same_classes_on_the_same_rows(
    qgis: str, demo_folder: Path, tmp_path: Path
) -> None:
    done = run(
        str(HERE.parent / "qgis_sld_script.py"), str(demo_folder / GEOPACKAGE), str(tmp_path)
    )
    assert done.returncode == 0, done.stderr
    seen: dict[str, dict[str, Any]] = json.loads(done.stdout)
    assert set(seen) == set(written(demo_folder))
    marks = {"Friche", "Dent creuse", "Bâtiment non affecté", "Terrain divisible"}
    assert len(marks) == len(KINDS)
    for name, one in seen.items():
        assert one["loaded"], (name, one["message"])
        hatched = name.endswith(("Par disponibilité", "Par propriétaire public"))
        expected = {k: n for k, n in one["qml"].items() if not (hatched and k in marks)}
        found = {k: n for k, n in one["sld"].items() if k in expected}
        assert found == expected, name
    assert seen["opportunites/Par nature"]["label"] == "overall_rank"
