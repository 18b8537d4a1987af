"""Layers of the GeoPackage: which tables it holds, under which name, with which columns."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from foncier import schemas
from foncier.export import tables
from foncier.i18n import Localized
from foncier.results.layers import ROUTES, Layer
from foncier.schemas import Column, Table
from foncier.schemas.results import OPPORTUNITY

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import geopandas as gpd

    from foncier.model import LayerReport, ResultTables
    from foncier.results.layers import Shape

STOPS = Table(
    "stops",
    ("order",),
    (
        Column("order", "count"),
        Column("name", "text", optional=True),
    ),
    schemas.ACCESS_POINTS.geometry,
)

CRITERIA = Table(
    "criteria",
    ("name",),
    (
        Column("name", "text", label_id="criterion", unique=True),
        Column("measure", "text"),
        Column("label_fr", "text"),
        Column("label_en", "text"),
        Column("unit", "text", optional=True),
        Column("worst", "number"),
        Column("best", "number"),
        Column("weight", "number", low=0),
        Column("source", "text", label_id="rule_source", optional=True),
    ),
)

SOURCES = Table(
    "layers",
    (),
    (
        Column("layer", "text"),
        Column("path", "text"),
        Column("format", "text"),
        Column("rows_read", "count", low=0),
        Column("rows_kept", "count", low=0),
        Column("crs", "text", optional=True),
        Column("vintage", "date", optional=True),
        Column("source", "text", optional=True),
        Column("licence", "text", optional=True),
        Column("sha256", "text", optional=True),
        Column("notes_fr", "text", optional=True),
        Column("notes_en", "text", optional=True),
    ),
)

MISSING = Table(
    "missing",
    (),
    (
        Column("what", "text"),
        Column("cost_fr", "text"),
        Column("cost_en", "text"),
    ),
)

SITE_PARCELS = Table(
    "held_parcels",
    ("opportunity_id", "parcel_id"),
    (
        OPPORTUNITY,
        Column("parcel_id", "text"),
    ),
)

CRITERION_SCORES = Table(
    "marks",
    ("opportunity_id", "criterion"),
    (
        OPPORTUNITY,
        Column("criterion", "text"),
        Column("label_fr", "text"),
        Column("label_en", "text"),
        Column("mark", "number", "0–1", optional=True, low=0, high=1),
        Column("weight", "number", low=0),
    ),
)

OWN = (STOPS, SITE_PARCELS, CRITERION_SCORES, ROUTES, CRITERIA, SOURCES, MISSING)
VIEWS = {
    "friche": ("friches", Localized("Friches", "Brownfield sites (friches)")),
    "dent_creuse": ("dents_creuses", Localized("Dents creuses", "Infill plots (dents creuses)")),
    "batiment_non_affecte": (
        "batiments_non_affectes",
        Localized("Bâtiments non affectés", "Unassigned buildings"),
    ),
    "terrain_divisible": (
        "terrains_divisibles",
        Localized("Terrains divisibles", "Divisible plots"),
    ),
}


def layers(result: ResultTables) -> tuple[Layer, ...]:
    """Every layer of the GeoPackage, in the order of the file; names are French in any language."""
    access = result.access_points.sort_values("opportunity_id")
    access = access.assign(**tables.access_wide(result, access["opportunity_id"]))
    lines, back = result.lines, result.background
    return (
        Layer(
            "opportunites",
            Localized("Opportunités", "Opportunities"),
            tables.columns(result),
            "MultiPolygon",
            tables.opportunities(result),
        ),
        _layer("parcelles_ecartees", schemas.REJECTIONS, result.rejections, "MultiPolygon"),
        Layer(
            "acces",
            Localized("Accès sur rue", "Street access"),
            schemas.ACCESS_POINTS.columns + tables.access_columns(result),
            "Point",
            access,
        ),
        _layer(
            "boucle",
            schemas.LINES,
            lines[lines["role"] == "loop"],
            "MultiLineString",
            title=Localized("Boucle", "Loop"),
        ),
        _layer(
            "axe",
            schemas.LINES,
            lines[lines["role"] == "axis"],
            "MultiLineString",
            title=Localized("Axe", "Axis"),
        ),
        _layer("etapes", STOPS, result.stops, "Point"),
        _layer("lieux", schemas.PLACES, back.places, "Point"),
        *_drawn(result),
        _layer("voies", schemas.STREETS, back.streets, "MultiLineString"),
        _layer("batiments", schemas.BUILDINGS, back.buildings, "MultiPolygon"),
        _layer("contraintes", schemas.CONSTRAINTS, _surfaces(back.constraints), "MultiPolygon"),
        _layer("preuves", schemas.EVIDENCE, result.evidence, by=("opportunity_id",)),
        _layer("parcelles_retenues", SITE_PARCELS, _held(result)),
        _layer("notes", CRITERION_SCORES, _marks(result)),
        _layer("essais", schemas.TESTS, result.tests, by=("parcel_id", "kind", "step")),
        _layer("acces_detail", schemas.ACCESS, result.access),
        _layer("criteres", CRITERIA, _criteria(result), by=()),
        _layer("couches", SOURCES, _sources(result.reports), by=()),
        _layer("manques", MISSING, _missing(result), by=()),
        *_friches(result),
        *_assemblies(result),
    )


def views(made: Sequence[Layer]) -> tuple[Layer, ...]:
    """One view a kind of opportunity: the rows of ``opportunites`` of this kind."""
    (whole,) = (layer for layer in made if layer.name == "opportunites")
    return tuple(
        replace(whole, name=name, title=title, frame=whole.frame[whole.frame["kind"] == kind])
        for kind, (name, title) in VIEWS.items()
    )


def _drawn(result: ResultTables) -> Iterator[Layer]:
    """Layers that a run may have drawn or not."""
    if result.routes is not None:
        yield _layer("chemins", ROUTES, result.routes, "MultiLineString")
    if result.isochrones is not None:
        yield _layer("isochrones", schemas.ISOCHRONES, result.isochrones, "MultiPolygon")
    if result.districts is not None:
        yield _layer("quartiers", schemas.DISTRICTS, result.districts, "MultiPolygon")


def _surfaces(constraints: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Constraints that are surfaces: a layer of QGIS draws one type of geometry."""
    return constraints[constraints.geom_type.isin(schemas.ZONES.geometry)]


def _held(result: ResultTables) -> pd.DataFrame:
    """One row for each parcel of each opportunity, so that a relation may follow it."""
    named = result.candidates[["opportunity_id", "parcel_ids"]].dropna()
    split = named.assign(parcel_id=named["parcel_ids"].str.split("|")).explode("parcel_id")
    pairs = split.drop(columns="parcel_ids").drop_duplicates().astype("str")
    held: pd.DataFrame = SITE_PARCELS.conform(pairs)
    return held


def _marks(result: ResultTables) -> pd.DataFrame:
    """One row for each opportunity and criterion: the mark, and the weight of the criterion."""
    ids = result.scores["opportunity_id"]
    parts = [
        pd.DataFrame(
            {
                "opportunity_id": ids,
                "criterion": c.name,
                "label_fr": c.label.fr,
                "label_en": c.label.en,
                "mark": result.scores.get(c.name, np.nan),
                "weight": c.weight,
            }
        )
        for c in result.criteria
    ]
    marks: pd.DataFrame = (
        CRITERION_SCORES.conform(pd.concat(parts)) if parts else CRITERION_SCORES.empty()
    )
    return marks


def _friches(result: ResultTables) -> Iterator[Layer]:
    """Layers that tell the friches apart; none where the run did not look at them so."""
    for name, contract, frame in (
        ("mutabilite", schemas.MUTABILITY, result.mutability),
        ("mutabilite_connus", schemas.MUTABILITY_FACTS, result.mutability_facts),
        ("cout_durete", schemas.EFFORT, result.effort),
    ):
        if frame is not None:
            yield _layer(name, contract, frame)


def _assemblies(result: ResultTables) -> tuple[Layer, ...]:
    """Groups of parcels that pass together, where they were sought; apart from the candidates."""
    if result.assemblies is None:
        return ()
    return (_layer("assemblages", schemas.ASSEMBLIES, result.assemblies, "MultiPolygon"),)


def _layer(
    name: str,
    contract: Table,
    frame: pd.DataFrame,
    shape: Shape = "",
    *,
    title: Localized | None = None,
    by: tuple[str, ...] | None = None,
) -> Layer:
    by = contract.key if by is None else by
    frame = frame.sort_values(list(by), kind="stable") if by else frame
    return Layer(name, title or Localized(contract.fr, contract.en), contract.columns, shape, frame)


def _criteria(result: ResultTables) -> pd.DataFrame:
    rows = [
        (c.name, c.measure, c.label.fr, c.label.en, c.unit, c.worst, c.best, c.weight, c.source)
        for c in result.criteria
    ]
    return _table(CRITERIA, rows)


def _sources(reports: tuple[LayerReport, ...]) -> pd.DataFrame:
    rows = [
        (
            r.layer,
            r.path,
            r.format,
            r.rows_read,
            r.rows_kept,
            r.crs,
            r.vintage,
            r.source,
            r.licence,
            r.sha256,
            _notes(r, "fr"),
            _notes(r, "en"),
        )
        for r in reports
    ]
    return _table(SOURCES, rows)


def _notes(report: LayerReport, lang: str) -> str | None:
    return " | ".join(f"{note.count} {note.text[lang]}" for note in report.notes) or None


def _missing(result: ResultTables) -> pd.DataFrame:
    return _table(MISSING, [(m.what, m.cost.fr, m.cost.en) for m in result.missing])


def _table(contract: Table, rows: Sequence[tuple[object, ...]]) -> pd.DataFrame:
    table: pd.DataFrame = contract.conform(pd.DataFrame(rows, columns=contract.names))
    return table
