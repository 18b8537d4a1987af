"""Layers of the GeoPackage: which tables it holds, under which name, with which columns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from foncier import tables
from foncier.export import wide
from foncier.records import Text
from foncier.tables import Column, Table
from foncier.tables.results import OPPORTUNITY

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import geopandas as gpd

    from foncier.records import LayerReport, Result

Shape = Literal["", "Point", "MultiLineString", "MultiPolygon"]

STOPS = Table(
    "stops", "Étapes de la boucle", "Stops of the loop", ("order",),
    (
        Column("order", "count", "Ordre", "Order"),
        Column("name", "text", "Nom", "Name", optional=True),
    ),
    tables.ACCESS_POINTS.geometry,
)  # fmt: skip

CRITERIA = Table(
    "criteria", "Critères du score", "Criteria of the score", ("name",),
    (
        Column("name", "text", "Critère", "Criterion", unique=True),
        Column("measure", "text", "Mesure", "Measure"),
        Column("label_fr", "text", "Libellé", "Label (French)"),
        Column("label_en", "text", "Libellé (anglais)", "Label"),
        Column("unit", "text", "Unité", "Unit", optional=True),
        Column("worst", "number", "Valeur notée 0", "Value marked 0"),
        Column("best", "number", "Valeur notée 1", "Value marked 1"),
        Column("weight", "number", "Poids", "Weight", low=0),
        Column("source", "text", "Source de la règle", "Source of the rule", optional=True),
    ),
)  # fmt: skip

SOURCES = Table(
    "layers", "Couches lues", "Layers read", (),
    (
        Column("layer", "text", "Couche", "Layer"),
        Column("path", "text", "Fichier", "File"),
        Column("format", "text", "Format", "Format"),
        Column("rows_read", "count", "Lignes lues", "Rows read", low=0),
        Column("rows_kept", "count", "Lignes gardées", "Rows kept", low=0),
        Column("crs", "text", "Système de coordonnées", "Reference system", optional=True),
        Column("vintage", "date", "Millésime", "Vintage", optional=True),
        Column("source", "text", "Source", "Source", optional=True),
        Column("licence", "text", "Licence", "Licence", optional=True),
        Column("sha256", "text", "Empreinte SHA-256", "SHA-256", optional=True),
        Column("notes_fr", "text", "Remarques", "Notes (French)", optional=True),
        Column("notes_en", "text", "Remarques (anglais)", "Notes", optional=True),
    ),
)  # fmt: skip

MISSING = Table(
    "missing", "Ce qui manque", "What is missing", (),
    (
        Column("what", "text", "Manque", "Missing"),
        Column("cost_fr", "text", "Conséquence", "Consequence (French)"),
        Column("cost_en", "text", "Conséquence (anglais)", "Consequence"),
    ),
)  # fmt: skip

HELD = Table(
    "held_parcels", "Parcelles des opportunités", "Parcels of the opportunities",
    ("opportunity_id", "parcel_id"),
    (
        OPPORTUNITY,
        Column("parcel_id", "text", "Parcelle", "Parcel"),
    ),
)  # fmt: skip

MARKS = Table(
    "marks", "Notes par critère", "Marks by criterion", ("opportunity_id", "criterion"),
    (
        OPPORTUNITY,
        Column("criterion", "text", "Critère", "Criterion"),
        Column("label_fr", "text", "Libellé", "Label (French)"),
        Column("label_en", "text", "Libellé (anglais)", "Label"),
        Column("mark", "number", "Note", "Mark", "0–1", optional=True, low=0, high=1),
        Column("weight", "number", "Poids", "Weight", low=0),
    ),
)  # fmt: skip

ROUTES = Table(
    "routes", "Chemins à pied vers la boucle", "Ways on foot to the loop",
    ("opportunity_id", "target"),
    (
        OPPORTUNITY,
        Column("target", "text", "Destination", "Target"),
    ),
    tables.LINES.geometry,
)  # fmt: skip
OWN = (STOPS, HELD, MARKS, ROUTES, CRITERIA, SOURCES, MISSING)
VIEWS = {
    "friche": ("friches", Text("Friches", "Brownfield sites (friches)")),
    "dent_creuse": ("dents_creuses", Text("Dents creuses", "Infill plots (dents creuses)")),
    "batiment_non_affecte": (
        "batiments_non_affectes", Text("Bâtiments non affectés", "Unassigned buildings")),
    "terrain_divisible": ("terrains_divisibles", Text("Terrains divisibles", "Divisible plots")),
}  # fmt: skip


@dataclass(frozen=True)
class Layer:
    """One layer of the GeoPackage: name, words, columns in order, shape (empty: no geometry)."""

    name: str
    title: Text
    columns: tuple[Column, ...]
    shape: Shape
    frame: pd.DataFrame


def layers(result: Result) -> tuple[Layer, ...]:
    """Every layer of the GeoPackage, in the order of the file; names are French in any language."""
    access = result.access_points.sort_values("opportunity_id")
    access = access.assign(**wide.access_wide(result, access["opportunity_id"]))
    lines, back = result.lines, result.background
    return (
        Layer("opportunites", Text("Opportunités", "Opportunities"), wide.columns(result),
              "MultiPolygon", wide.opportunities(result)),
        _layer("parcelles_ecartees", tables.REJECTIONS, result.rejections, "MultiPolygon"),
        Layer("acces", Text("Accès sur rue", "Street access"),
              tables.ACCESS_POINTS.columns + wide.access_columns(result), "Point", access),
        _layer("boucle", tables.LINES, lines[lines["role"] == "loop"], "MultiLineString",
               title=Text("Boucle", "Loop")),
        _layer("axe", tables.LINES, lines[lines["role"] == "axis"], "MultiLineString",
               title=Text("Axe", "Axis")),
        _layer("etapes", STOPS, result.stops, "Point"),
        _layer("lieux", tables.PLACES, back.places, "Point"),
        *_drawn(result),
        _layer("voies", tables.STREETS, back.streets, "MultiLineString"),
        _layer("batiments", tables.BUILDINGS, back.buildings, "MultiPolygon"),
        _layer("contraintes", tables.CONSTRAINTS, _surfaces(back.constraints), "MultiPolygon"),
        _layer("preuves", tables.EVIDENCE, result.evidence, by=("opportunity_id",)),
        _layer("parcelles_retenues", HELD, _held(result)),
        _layer("notes", MARKS, _marks(result)),
        _layer("essais", tables.TESTS, result.tests, by=("parcel_id", "kind", "step")),
        _layer("acces_detail", tables.ACCESS, result.access),
        _layer("criteres", CRITERIA, _criteria(result), by=()),
        _layer("couches", SOURCES, _sources(result.reports), by=()),
        _layer("manques", MISSING, _missing(result), by=()),
        *_friches(result),
        *_assemblies(result),
    )  # fmt: skip


def views(made: Sequence[Layer]) -> tuple[Layer, ...]:
    """One view a kind of opportunity: the rows of ``opportunites`` of this kind."""
    (whole,) = (layer for layer in made if layer.name == "opportunites")
    return tuple(
        replace(whole, name=name, title=title, frame=whole.frame[whole.frame["kind"] == kind])
        for kind, (name, title) in VIEWS.items()
    )


def _drawn(result: Result) -> Iterator[Layer]:
    """Layers that a run may have drawn or not."""
    if result.routes is not None:
        yield _layer("chemins", ROUTES, result.routes, "MultiLineString")
    if result.isochrones is not None:
        yield _layer("isochrones", tables.ISOCHRONES, result.isochrones, "MultiPolygon")
    if result.quarters is not None:
        yield _layer("quartiers", tables.QUARTERS, result.quarters, "MultiPolygon")


def _surfaces(constraints: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Constraints that are surfaces: a layer of QGIS draws one type of geometry."""
    return constraints[constraints.geom_type.isin(tables.ZONES.geometry)]


def _held(result: Result) -> pd.DataFrame:
    """One row for each parcel of each opportunity, so that a relation may follow it."""
    named = result.candidates[["opportunity_id", "parcel_ids"]].dropna()
    split = named.assign(parcel_id=named["parcel_ids"].str.split("|")).explode("parcel_id")
    pairs = split.drop(columns="parcel_ids").drop_duplicates().astype("str")
    held: pd.DataFrame = HELD.conform(pairs)
    return held


def _marks(result: Result) -> pd.DataFrame:
    """One row for each opportunity and criterion: the mark, and the weight of the criterion."""
    ids = result.scores["opportunity_id"]
    parts = [
        pd.DataFrame(
            {"opportunity_id": ids, "criterion": c.name, "label_fr": c.label.fr,
             "label_en": c.label.en, "mark": result.scores.get(c.name, np.nan),
             "weight": c.weight}
        )
        for c in result.criteria
    ]  # fmt: skip
    marks: pd.DataFrame = MARKS.conform(pd.concat(parts)) if parts else MARKS.empty()
    return marks


def _friches(result: Result) -> Iterator[Layer]:
    """Layers that tell the friches apart; none where the run did not look at them so."""
    for name, contract, frame in (
        ("mutabilite", tables.MUTABILITY, result.mutability),
        ("mutabilite_connus", tables.MUTABILITY_FACTS, result.mutability_facts),
        ("cout_durete", tables.EFFORT, result.effort),
    ):
        if frame is not None:
            yield _layer(name, contract, frame)


def _assemblies(result: Result) -> tuple[Layer, ...]:
    """Groups of parcels that pass together, where they were sought; apart from the candidates."""
    if result.assemblies is None:
        return ()
    return (_layer("assemblages", tables.ASSEMBLIES, result.assemblies, "MultiPolygon"),)


def _layer(
    name: str,
    contract: Table,
    frame: pd.DataFrame,
    shape: Shape = "",
    *,
    title: Text | None = None,
    by: tuple[str, ...] | None = None,
) -> Layer:
    by = contract.key if by is None else by
    frame = frame.sort_values(list(by), kind="stable") if by else frame
    return Layer(name, title or Text(contract.fr, contract.en), contract.columns, shape, frame)


def _criteria(result: Result) -> pd.DataFrame:
    rows = [
        (c.name, c.measure, c.label.fr, c.label.en, c.unit, c.worst, c.best, c.weight, c.source)
        for c in result.criteria
    ]
    return _table(CRITERIA, rows)


def _sources(reports: tuple[LayerReport, ...]) -> pd.DataFrame:
    rows = [
        (r.layer, r.path, r.format, r.rows_read, r.rows_kept, r.crs, r.vintage, r.source,
         r.licence, r.sha256, _notes(r, "fr"), _notes(r, "en"))
        for r in reports
    ]  # fmt: skip
    return _table(SOURCES, rows)


def _notes(report: LayerReport, lang: str) -> str | None:
    return " | ".join(f"{note.count} {note.text[lang]}" for note in report.notes) or None


def _missing(result: Result) -> pd.DataFrame:
    return _table(MISSING, [(m.what, m.cost.fr, m.cost.en) for m in result.missing])


def _table(contract: Table, rows: Sequence[tuple[object, ...]]) -> pd.DataFrame:
    table: pd.DataFrame = contract.conform(pd.DataFrame(rows, columns=contract.names))
    return table
