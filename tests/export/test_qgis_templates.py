"""The QGIS templates: files that QGIS reads and saves, filled with any text."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from markupsafe import Markup

import foncier.export.qgis
from foncier.export import words
from foncier.export.geopackage.write import write_geopackage
from foncier.export.layers import layers, views
from foncier.export.qgis import environment, forms, project, styles
from foncier.i18n import Localized

from .test_qgis import HERE, qgis, run

if TYPE_CHECKING:
    from foncier.i18n import Lang
    from foncier.model import ResultTables
    from foncier.results.layers import Layer

__all__ = ["qgis"]  # the fixture that skips where QGIS is not installed
TEMPLATES = Path(foncier.export.qgis.__file__).parent / "templates"
AUTHORED = sorted([*TEMPLATES.glob("*.qml"), *TEMPLATES.glob("*.qpt")])
# What a style of a template may hold: fields and forms come from the contract.
LISTED = ".//Option[@name='map']/Option/Option"  # values to choose from
STYLE = {"renderer-v2", "labeling", "featureBlendMode", "layerOpacity"}


@pytest.mark.parametrize("path", AUTHORED, ids=lambda path: path.name)
def test_a_template_is_xml_before_it_is_filled(path: Path) -> None:
    root = ET.parse(path).getroot()  # noqa: S314 (we wrote it)
    if path.suffix == ".qml":
        assert {child.tag for child in root} <= STYLE
        assert root.attrib["styleCategories"] == "Symbology|Labeling|Rendering"
        labelled = root.find("labeling") is not None
        assert root.attrib["labelsEnabled"] == str(int(labelled))


def made(result: ResultTables, lang: Lang = "fr") -> project.ProjectContext:
    written = layers(result)
    every: dict[str, Layer] = {layer.name: layer for layer in (*written, *views(written))}
    rules = project.rules_of(result)
    named = {n: styles.styles(layer, rules=rules, lang=lang) for n, layer in every.items()}
    return project.ProjectContext(result, every, named, "opportunites.gpkg", lang)


def test_a_long_label_stands_above_its_value(small_result: ResultTables) -> None:
    """Beside it, the longest label of a tab would push every value out of a narrow form."""
    layer = next(one for one in layers(small_result) if one.name == "opportunites")
    root = ET.fromstring(f"<qgis>{forms.fields(layer, lang='fr')}</qgis>")  # noqa: S314 (ours)
    above = {one.get("name") for one in root.iterfind("labelOnTop/field")}
    length = {one.get("field"): len(one.get("name", "")) for one in root.iterfind("aliases/alias")}
    choices = {
        field.get("name"): [len(one.get("name", "")) for one in field.iterfind(LISTED)]
        for field in root.iterfind("fieldConfiguration/field")
        if field.find(LISTED) is not None
    }
    wide = {name for name, chars in choices.items() if max(chars) > forms.LONGEST_CHOICE}
    assert "perimeter" in wide
    long = {name for name, chars in length.items() if chars > forms.LONGEST_BESIDE}
    assert above == long | wide
    assert "rank_value" in above
    assert "name" not in above


@pytest.mark.parametrize(("table", "most"), [("opportunites", 80), ("acces_detail", 36)])
def test_a_long_value_does_not_push_the_others_out_of_a_form(
    table: str, most: int, small_result: ResultTables
) -> None:
    layer = next(one for one in layers(small_result) if one.name == table)
    column = "owner_types" if table == "opportunites" else "target"
    words = {"x": Localized("Organisme HLM, " * 9, "Housing, " * 20), "y": Localized("Gare", "S")}
    layer = replace(layer, words={**layer.words, column: words})
    root = ET.fromstring(f"<qgis>{forms.fields(layer, lang='fr')}</qgis>")  # noqa: S314 (ours)
    field = root.find(f"fieldConfiguration/field[@name='{column}']")
    assert field is not None
    cut, whole = [str(one.get("name")) for one in field.iterfind(LISTED)]
    assert len(cut) <= most
    assert cut.endswith("…")
    assert whole == "Gare"


def test_any_text_is_kept_and_breaks_nothing(small_result: ResultTables) -> None:
    title = "<b> & \"a\" 'b' [% 1 %] {{ x }} ]]>"
    sources = "IGN <1>\nINSEE & Cie"
    hostile = replace(small_result, title=f"{title}\x00\x0b\ufffe", credits=(sources,))
    root = ET.fromstring(project.qgs(made(hostile)))  # noqa: S314 (we wrote it)
    assert root.findtext("title") == f"DONNÉES FICTIVES – {title}"
    titles, credited = (
        [one.get("labelText", "") for one in root.iter("LayoutItem") if one.get("id") == id_]
        for id_ in ("title", "sources")
    )
    kept = title.replace("[%", "[\u200b%")
    assert titles[0] == kept
    assert len(credited) == len(titles) - 1  # the page of a site has no sources
    assert all(one.endswith(sources) for one in credited)


def test_a_table_that_no_list_names_is_in_the_project_with_its_relation(
    small_result: ResultTables,
) -> None:
    context = made(small_result)
    added = replace(context.layers["indices"], name="nouvelle")
    context.layers["nouvelle"] = added
    context.styles["nouvelle"] = styles.styles(added, rules={}, lang="fr")
    root = ET.fromstring(project.qgs(context))  # noqa: S314 (we wrote it)
    group = root.findall("layer-tree-group/layer-tree-group")[-1]
    assert group[-1].get("id") == "foncier_layer_nouvelle"
    assert root.find("relations/relation[@id='opportunites_nouvelle']") is not None
    notes = {one.findtext("id"): one.find("userNotes") for one in root.iter("maplayer")}
    note = notes["foncier_layer_nouvelle"]
    assert note is not None
    assert note.get("value") == added.title.fr  # no note in the catalogue: its title
    assert ("nouvelle", "opportunity_id") in forms.indexed(context.layers)
    tabs = [tab.get("name") for tab in root.iter("attributeEditorContainer")]
    assert tabs.count("Indices") == 2  # the table and its copy


def test_the_legend_follows_no_map(small_result: ResultTables) -> None:
    """Before QGIS 3.40 a legend linked to a map with a theme empties the relations of a form."""
    root = ET.fromstring(project.qgs(made(small_result)))  # noqa: S314 (we wrote it)
    legends = [item for item in root.iter("LayoutItem") if item.get("id") == "legend"]
    assert len(legends) > 5
    assert not any(legend.get("map_uuid") for legend in legends)
    names = [preset.get("name") for preset in root.iter("visibility-preset")]
    followed = [one.get("followPresetName") for one in root.iter("LayoutItem")]
    assert [one for one in followed if one] == [*names, names[0]]  # the last is the atlas


def test_a_view_of_one_kind_shows_this_one_only(small_result: ResultTables) -> None:
    found = {
        name: [one.get("filter", "") for one in ET.fromstring(style.qml).iter("rule")]  # noqa: S314
        for name, (style, *_) in made(small_result).styles.items()
    }
    drawn = [f"\"kind\" = '{kind}'" for kind in words.KIND_COLOURS for _ in range(2)]
    assert [rule.split(" and ")[0] for rule in found["opportunites"]] == drawn
    assert {rule.split(" and ")[0] for rule in found["dents_creuses"]} == {drawn[2]}


def test_only_the_default_style_sets_fields(small_result: ResultTables) -> None:
    first, *others = made(small_result).styles["opportunites"]
    assert len(others) == 4
    assert "<aliases>" in first.content
    assert first.attributes["styleCategories"] == "AllStyleCategories"
    for other in others:
        assert "<aliases>" not in other.content
        assert other.attributes["styleCategories"] == "Symbology|Labeling|Rendering"


def saved(result: ResultTables, folder: Path) -> dict[str, str]:
    """Styles of a result as QGIS saves them, by layer and style."""
    folder.mkdir()
    write_geopackage(result, folder / "opportunites.gpkg")
    script = str(HERE.parent / "qgis_styles_script.py")
    done = run(script, str(folder / "opportunites.gpkg"), str(folder))
    assert done.returncode == 0, done.stderr
    return {path.stem: path.read_text(encoding="utf-8") for path in folder.glob("*.qml")}


@pytest.mark.qgis
def test_a_style_that_qgis_saved_can_replace_its_template(
    qgis: str, small_result: ResultTables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QT_HASH_SEED", "0")  # else Qt orders attributes at random
    before = saved(small_result, tmp_path / "before")
    replaced = {
        "opportunites.qml": "opportunites.Par nature",
        "voies.qml": "voies.Simple",
        "lieux.qml": "lieux.Simple",
    }
    assert min(len(before[name]) for name in replaced.values()) > 10_000  # with all defaults

    def render(template: str, **context: object) -> Markup:
        if template in replaced:
            return Markup(before[replaced[template]])  # noqa: S704 (QGIS wrote it)
        return environment.render(template, **context)

    monkeypatch.setattr(styles, "render", render)
    after = saved(small_result, tmp_path / "after")
    for name in replaced.values():
        assert ET.canonicalize(after[name]) == ET.canonicalize(before[name]), name


@pytest.mark.qgis
def test_a_template_is_what_qgis_saves_less_what_has_a_default(
    qgis: str, small_result: ResultTables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QT_HASH_SEED", "0")
    styles_of = saved(small_result, tmp_path / "saved")
    ours = {path: path.read_text(encoding="utf-8") for path in TEMPLATES.glob("*.qml")}
    # Those that nothing is filled into, of the layers of this result.
    unfilled = {
        tmp_path / path.name: text
        for path, text in ours.items()
        if "{" not in text and f"{path.stem}.Simple" in styles_of
    }
    assert len(unfilled) == 8
    for path in unfilled:
        path.write_text(styles_of[f"{path.stem}.Simple"], encoding="utf-8")
    script = str(HERE.parent / "qgis_trim_script.py")
    done = run(script, str(TEMPLATES), *map(str, unfilled))
    assert done.returncode == 0, done.stderr
    for path, template in unfilled.items():
        # QGIS names the nearest font where Arial is not installed.
        trimmed = re.sub('fontFamily="[^"]*"', 'fontFamily="Arial"', path.read_text("utf-8"))
        assert trimmed == template, path.name
