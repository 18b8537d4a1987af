"""Layers of the GeoPackage: tables of a result with the name of their layer and columns."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from foncier import schemas
from foncier.export import tables
from foncier.i18n import Localized, label
from foncier.model import KIND_PLURALS
from foncier.results.labels import words_of
from foncier.results.layers import MUTABLE, ROUTES, Layer
from foncier.results.offer import bounds_text
from foncier.schemas import Column, Table
from foncier.schemas.base import LINE, POINT
from foncier.schemas.results import OPPORTUNITY

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import geopandas as gpd

    from foncier.i18n import Lang
    from foncier.model import LayerReport, ResultTables
    from foncier.results.layers import Shape

STOPS = Table(
    "stops",
    ("order",),
    (Column("order", "count"), Column("name", "text", optional=True)),
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
        Column("by_kind", "text", label_id="criterion_by_kind", optional=True),
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
    (Column("what", "text"), Column("cost_fr", "text"), Column("cost_en", "text")),
)

SITE_PARCELS = Table(
    "site_parcels",
    ("opportunity_id", "parcel_id"),
    (OPPORTUNITY, Column("parcel_id", "text")),
)

CRITERION_SCORES = Table(
    "criterion_scores",
    ("opportunity_id", "criterion"),
    (
        OPPORTUNITY,
        Column("criterion", "text"),
        Column("label_fr", "text"),
        Column("label_en", "text"),
        Column("criterion_score", "number", "0–1", optional=True, low=0, high=1),
        Column("weight", "number", low=0),
    ),
)

# Tables that are made for the GeoPackage, not by a run.
LAYER_TABLES = (STOPS, SITE_PARCELS, CRITERION_SCORES, ROUTES, CRITERIA, SOURCES, MISSING)
# View of each kind of opportunity.
VIEWS = {
    "friche": "friches",
    "dent_creuse": "dents_creuses",
    "batiment_non_affecte": "batiments_non_affectes",
    "terrain_divisible": "terrains_divisibles",
}


def layers(result: ResultTables) -> tuple[Layer, ...]:
    """List every layer of the GeoPackage, in the order of the file; layer names are French."""
    access = result.access_points.sort_values("opportunity_id")
    access = access.assign(**tables.access_wide(result, access["opportunity_id"]))
    back = result.background
    return (
        Layer(
            "opportunites",
            schemas.CANDIDATES.label,
            tables.columns(result),
            "MultiPolygon",
            tables.opportunities(result),
            {"owner_types": _owner_words(result.candidates["owner_types"])},
        ),
        _layer("parcelles_ecartees", schemas.REJECTIONS, result.rejections, "MultiPolygon"),
        Layer(
            "acces",
            schemas.ACCESS_POINTS.label,
            schemas.ACCESS_POINTS.columns + tables.access_columns(result),
            "Point",
            access,
        ),
        _line_layer("boucle", "loop", result),
        _line_layer("axe", "axis", result),
        _layer("etapes", STOPS, result.stops, "Point"),
        _layer("lieux", schemas.PLACES, back.places, "Point"),
        *_optional_lines_and_areas(result),
        _layer("voies", schemas.STREETS, back.streets, "MultiLineString"),
        _layer("batiments", schemas.BUILDINGS, back.buildings, "MultiPolygon"),
        _layer("contraintes", schemas.CONSTRAINTS, _surfaces(back.constraints), "MultiPolygon"),
        *_line_and_point_constraints(back.constraints),
        _layer("indices", schemas.EVIDENCE, result.evidence, by=("opportunity_id",)),
        _layer("parcelles_retenues", SITE_PARCELS, _site_parcels(result)),
        _layer("scores_par_critere", CRITERION_SCORES, _criterion_scores(result)),
        _layer("tests", schemas.TESTS, result.tests, by=("parcel_id", "kind", "step")),
        replace(
            _layer("acces_detail", schemas.ACCESS, result.access),
            words={"target": result.destinations},
        ),
        _layer("criteres", CRITERIA, _criteria(result), by=()),
        _layer("couches", SOURCES, _sources(result.reports), by=()),
        _layer("manques", MISSING, _missing(result), by=()),
        *_availability(result),
        *_site_tables(result),
        *_assemblies(result),
        *_mutable_plots(result),
        *_unlisted(result),
    )


def views(layers: Sequence[Layer]) -> tuple[Layer, ...]:
    """One view per kind of opportunity: the rows of ``opportunites`` of this kind."""
    (sites,) = (layer for layer in layers if layer.name == "opportunites")
    return tuple(
        replace(
            sites,
            name=name,
            title=KIND_PLURALS[kind],
            frame=sites.frame[sites.frame["kind"] == kind],
        )
        for kind, name in VIEWS.items()
    )


def _owner_words(types: pd.Series[str]) -> dict[str, Localized]:
    """Words of each list of types of owners that some site has."""
    present = sorted(types.dropna().unique())
    return {text: Localized(words_of(text, "fr"), words_of(text, "en")) for text in present}


def _line_layer(name: str, role: str, result: ResultTables) -> Layer:
    """Loop or axis: the lines of one role."""
    rows = result.lines[result.lines["role"] == role]
    title = label(f"export.layers.{role}")
    return _layer(name, schemas.LINES, rows, "MultiLineString", title=title)


def _optional_lines_and_areas(result: ResultTables) -> Iterator[Layer]:
    """Routes, isochrones and districts, where the study asks for them."""
    if result.routes is not None:
        routes = _layer("chemins", ROUTES, result.routes, "MultiLineString")
        yield replace(routes, words={"target": result.destinations})
    if result.isochrones is not None:
        yield _layer("isochrones", schemas.ISOCHRONES, result.isochrones, "MultiPolygon")
    if result.districts is not None:
        yield _layer("quartiers", schemas.DISTRICTS, result.districts, "MultiPolygon")
    if result.perimeters is not None:
        yield _layer("perimetres", schemas.PERIMETERS, result.perimeters, "MultiPolygon")


def _surfaces(constraints: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Constraints that are polygons: a layer of QGIS has one type of geometry."""
    return constraints[constraints.geom_type.isin(schemas.ZONES.geometry)]


def _line_and_point_constraints(constraints: gpd.GeoDataFrame) -> Iterator[Layer]:
    """Constraints that are lines and points, a layer each, where the study has any."""
    shape: Shape
    for name, shape, kinds in (
        ("contraintes_lineaires", "MultiLineString", LINE),
        ("contraintes_ponctuelles", "Point", POINT),
    ):
        chosen = constraints[constraints.geom_type.isin(kinds)]
        if len(chosen):
            title = label(f"export.layers.{name}")
            yield _layer(name, schemas.CONSTRAINTS, chosen, shape, title=title)


def _site_parcels(result: ResultTables) -> pd.DataFrame:
    """One row per opportunity and parcel, for the relations of the QGIS project."""
    lists = result.candidates.set_index("opportunity_id")["parcel_ids"].dropna()
    split = lists.str.split("|").explode().rename("parcel_id")  # the lists alone: they may be long
    pairs = split.reset_index().drop_duplicates().astype("str")
    table: pd.DataFrame = SITE_PARCELS.conform(pairs)
    return table


def _criterion_scores(result: ResultTables) -> pd.DataFrame:
    """One row per opportunity and criterion: the score, and the weight of the criterion."""
    ids = result.scores["opportunity_id"]
    parts = [
        pd.DataFrame(
            {
                "opportunity_id": ids,
                "criterion": c.name,
                "label_fr": c.label.fr,
                "label_en": c.label.en,
                "criterion_score": result.scores.get(c.name, np.nan),
                "weight": c.weight,
            }
        )
        for c in result.criteria
    ]
    if not parts:
        return CRITERION_SCORES.empty()  # type: ignore[no-any-return]
    return CRITERION_SCORES.conform(pd.concat(parts))  # type: ignore[no-any-return]


def _availability(result: ResultTables) -> Iterator[Layer]:
    """Factors of the availability of each site, in the order of the rules."""
    if result.availability is not None:
        yield _layer(
            "disponibilite", schemas.AVAILABILITY, result.availability, by=("opportunity_id",)
        )


def _site_tables(result: ResultTables) -> Iterator[Layer]:
    """Mutability, cost and hardness of the friches, surroundings and needs, where computed."""
    for name, schema, frame in (
        ("mutabilite", schemas.MUTABILITY, result.mutability),
        ("mutabilite_connus", schemas.MUTABILITY_FACTS, result.mutability_facts),
        ("cout_durete", schemas.EFFORT, result.effort),
        ("autour", schemas.AROUND, result.around),
        ("besoins", schemas.SITE_NEEDS, result.site_needs),
    ):
        if frame is not None:
            yield _layer(name, schema, frame)


def _unlisted(result: ResultTables) -> Iterator[Layer]:
    """What is too unlikely to be listed, with its evidence, where the run found any."""
    if result.unlisted is not None and result.unlisted_evidence is not None:
        title = label("export.layers.indices_ecartes")
        yield _layer("sites_ecartes", schemas.UNLISTED, result.unlisted, "MultiPolygon")
        rows = result.unlisted_evidence
        yield _layer("indices_ecartes", schemas.EVIDENCE, rows, title=title)


def _assemblies(result: ResultTables) -> tuple[Layer, ...]:
    """Land assemblies, where the run looked for them."""
    if result.assemblies is None:
        return ()
    return (_layer("assemblages", schemas.ASSEMBLIES, result.assemblies, "MultiPolygon"),)


def _mutable_plots(result: ResultTables) -> tuple[Layer, ...]:
    """Mutable built plots, where the study asks for them."""
    if result.mutable_plots is None:
        return ()
    return (_layer(MUTABLE, schemas.MUTABLE_PLOTS, result.mutable_plots, "MultiPolygon"),)


def _layer(
    name: str,
    schema: Table,
    frame: pd.DataFrame,
    shape: Shape = "",
    *,
    title: Localized | None = None,
    by: tuple[str, ...] | None = None,
) -> Layer:
    by = schema.key if by is None else by
    frame = frame.sort_values(list(by), kind="stable") if by else frame
    return Layer(name, title or schema.label, schema.columns, shape, frame)


def _criteria(result: ResultTables) -> pd.DataFrame:
    rows = [
        (
            *(c.name, c.measure, c.label.fr, c.label.en, c.unit, c.worst, c.best, c.weight),
            *(c.source, bounds_text(c.by_kind)),
        )
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


def _notes(report: LayerReport, lang: Lang) -> str | None:
    return " | ".join(f"{note.count} {note.text[lang]}" for note in report.notes) or None


def _missing(result: ResultTables) -> pd.DataFrame:
    return _table(MISSING, [(m.what, m.cost.fr, m.cost.en) for m in result.missing])


def _table(schema: Table, rows: Sequence[tuple[object, ...]]) -> pd.DataFrame:
    table: pd.DataFrame = schema.conform(pd.DataFrame(rows, columns=schema.names))
    return table
