"""Relations between the layers of the QGIS project, and the forms that show them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement

from foncier.model import Localized

if TYPE_CHECKING:
    from collections.abc import Mapping

    from foncier.results.layers import Layer

# Referencing layer, referenced layer, the column that both bear.
RELATIONS = (
    ("preuves", "opportunites", "opportunity_id"),
    ("acces", "opportunites", "opportunity_id"),
    ("acces_detail", "opportunites", "opportunity_id"),
    ("notes", "opportunites", "opportunity_id"),
    ("chemins", "opportunites", "opportunity_id"),
    ("isochrones", "opportunites", "opportunity_id"),
    ("parcelles_retenues", "opportunites", "opportunity_id"),
    ("essais", "parcelles_retenues", "parcel_id"),
    ("essais", "parcelles_ecartees", "parcel_id"),
)
# Tabs of the form of an opportunity: its columns, then what refers to it.
SHEET, MEASURES = Localized("Fiche", "Card"), Localized("Mesures", "Measures")
SCORE, ACCESS = Localized("Score", "Score"), Localized("Accès", "Access")
TABS: Mapping[str, Localized] = {
    "preuves": Localized("Preuves", "Evidence"),
    "notes": Localized("Notes", "Marks"),
    "acces_detail": Localized("Temps de parcours", "Travel times"),
    "parcelles_retenues": Localized("Parcelles", "Parcels"),
    "essais": Localized("Essais", "Tests"),
}
CARD = (
    "opportunity_id",
    "kind",
    "name",
    "address",
    "commune",
    "parcel_ids",
    "status",
    "zone",
    "confidence",
    "flags",
    "sources",
    "donnees",
)
SCORES = ("score", "rank", "coverage", "criterion_")


def layer_id(name: str) -> str:
    """Identifier of a layer in the project: QGIS replaces one of ten characters or less."""
    return f"foncier_layer_{name}"


def name_of(referencing: str, referenced: str) -> str:
    """Identifier of a relation."""
    return f"{referenced}_{referencing}"


def relations(layers: Mapping[str, Layer], lang: str) -> Element:
    """Relations between the layers that are there."""
    root = Element("relations")
    for child, parent, column in RELATIONS:
        if child not in layers or parent not in layers:
            continue
        relation = SubElement(
            root,
            "relation",
            {
                "id": name_of(child, parent),
                "referencingLayer": layer_id(child),
                "referencedLayer": layer_id(parent),
                "strength": "Association",
                "name": f"{layers[parent].title[lang]} – {layers[child].title[lang]}",
            },
        )
        SubElement(relation, "fieldRef", {"referencingField": column, "referencedField": column})
    return root


def form(root: Element, layer: Layer, layers: Mapping[str, Layer], lang: str) -> None:
    """Add the form of a layer that others refer to: its columns in tabs, then what refers to it."""
    held = [c for c, parent, _ in RELATIONS if parent == layer.name and c in layers and c in TABS]
    if not held:
        return
    SubElement(root, "editorlayout").text = "tablayout"
    tabs = SubElement(root, "attributeEditorForm")
    for title, names in _columns(layer).items():
        tab = _tab(tabs, title[lang])
        for name in names:
            index = [column.name for column in layer.columns].index(name) + 1  # after fid
            SubElement(
                tab,
                "attributeEditorField",
                {"name": name, "index": str(index), "showLabel": "1"},
            )
    for child in held:
        relation = name_of(child, layer.name)
        SubElement(
            _tab(tabs, TABS[child][lang]),
            "attributeEditorRelation",
            {
                "name": relation,
                "relation": relation,
                "label": TABS[child][lang],
                "showLabel": "0",
                "nmRelationId": "",
                "forceSuppressFormPopup": "0",
                "relationWidgetTypeId": "relation_editor",
            },
        )


def _columns(layer: Layer) -> dict[Localized, list[str]]:
    """Columns of a layer by tab; every column is in one."""
    tabs: dict[Localized, list[str]] = {SHEET: [], MEASURES: [], SCORE: [], ACCESS: []}
    names = {column.name for column in layer.columns}
    for name in (column.name for column in layer.columns):
        target = name.removesuffix("_min").removesuffix("_m").removesuffix("_bike")
        if layer.name != "opportunites" or name in CARD:
            tab = SHEET
        elif name.startswith(SCORES):
            tab = SCORE
        else:
            tab = ACCESS if {f"{target}_min", f"{target}_m"} <= names else MEASURES
        tabs[tab].append(name)
    return {title: names for title, names in tabs.items() if names}


def _tab(tabs: Element, title: str) -> Element:
    return SubElement(
        tabs,
        "attributeEditorContainer",
        {
            "name": title,
            "groupBox": "0",
            "columnCount": "1",
            "showLabel": "1",
            "visibilityExpression": "",
            "visibilityExpressionEnabled": "0",
        },
    )
