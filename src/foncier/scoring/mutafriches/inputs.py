"""Answers to Mutafriches from the layers; all other criteria stay unknown.

The absence of a shop or of a flood zone near a site is no evidence: the criterion stays unknown
and the interval stays wide.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from foncier.i18n import label
from foncier.schemas import MUTABILITY_FACTS
from foncier.scoring.mutafriches.index import SEPARATOR

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from foncier.i18n import Localized
    from foncier.scoring.mutafriches.index import Matrix

FRICHE = "friche"
APPROXIMATE = ("emprise_approximative", "point_seul")
MOTORWAYS = ("motorway", "motorway_link", "highway", "type autoroutier", "autoroute", "bretelle")
# The main town hall, without its branches.
TOWN_HALL = r"^(?:mairie|hôtel de ville)(?! de (?:secteur|quartier))(?!.*annexe)"

UNITS = {"": "m", "m": "m", "km": "m", "m2": "m²", "%": "%"}
INVENTORY = label("scoring.mutafriches.inventory")
OUTLINE = label("scoring.mutafriches.outline")
CADASTRE = label("scoring.mutafriches.cadastre")
DESTINATIONS = label("scoring.mutafriches.destinations")
STUDY = label("scoring.mutafriches.study")


@dataclass(frozen=True)
class KnownAnswer:
    """An answer of the study for one site (its id), or for all when ``site`` is None."""

    site: str | None
    criterion: str
    answer: str
    value: float = float("nan")


@dataclass(frozen=True)
class InputLayers:
    """Layers of the study, in the legal metric CRS; None where the study has none."""

    inventory: gpd.GeoDataFrame | None = None
    zones: gpd.GeoDataFrame | None = None
    constraints: gpd.GeoDataFrame | None = None
    places: gpd.GeoDataFrame | None = None
    streets: gpd.GeoDataFrame | None = None
    vacancy_rates: pd.DataFrame | None = None


def known_answers(
    candidates: gpd.GeoDataFrame,
    layers: InputLayers,
    matrix: Matrix,
    study_answers: Sequence[KnownAnswer] = (),
) -> pd.DataFrame:
    """Answers known for each brownfield, with their source.

    Parameters
    ----------
    candidates
        Table of the schema ``CANDIDATES``; only brownfields are used.
    layers
        The layers of the study.
    matrix
        The published grid, with the terms to read the layers.
    study_answers
        Answers of the study; they replace those of the layers.

    Returns
    -------
    Table of the schema ``MUTABILITY_FACTS``, sorted; a criterion without a row is unknown.
    """
    sites = candidates.loc[(candidates["kind"] == FRICHE).to_numpy(dtype=bool)]
    sites = sites.sort_values("opportunity_id", ignore_index=True)
    records = inventory_records(sites, layers.inventory)
    parts = [
        *_by_inventory(sites, records, matrix),
        *_by_outline(sites, records, matrix),
        *_by_constraints(sites, layers.constraints, matrix),
        *_by_destinations(sites, layers, matrix),
        *_by_commune(sites, layers.vacancy_rates, matrix),
        *_by_study(sites, study_answers),
    ]
    parts = [part for part in parts if len(part)]
    if not parts:
        empty: pd.DataFrame = MUTABILITY_FACTS.empty()
        return empty
    rows = pd.concat(parts, ignore_index=True)
    # The last row has priority: the study after the layers.
    rows = rows.drop_duplicates(["opportunity_id", "criterion"], keep="last")
    result: pd.DataFrame = MUTABILITY_FACTS.conform(
        _with_labels(rows, matrix).sort_values(["opportunity_id", "criterion"])
    )
    return result


def _with_labels(rows: pd.DataFrame, matrix: Matrix) -> pd.DataFrame:
    """Add the labels of the criterion and the unit of the measure."""
    labels = {name: question.label for name, question in matrix.by_name.items()}
    # Measures stay in metres, whatever the unit of the grid.
    units = {name: UNITS[question.unit] for name, question in matrix.by_name.items()}
    names = rows["criterion"]
    return rows.assign(
        label_fr=names.map({name: text.fr for name, text in labels.items()}),
        label_en=names.map({name: text.en for name, text in labels.items()}),
        unit=names.map(units).where(rows["value"].notna()),
    )


def _rows(
    sites: gpd.GeoDataFrame,
    criterion: str,
    answers: Any,
    source: Localized,
    value: NDArray[np.float64] | float = np.nan,
) -> pd.DataFrame:
    """One row for each site with an answer."""
    table = pd.DataFrame(
        {
            "opportunity_id": sites["opportunity_id"].to_numpy(dtype=object),
            "criterion": criterion,
            "answers": np.asarray(answers, dtype=object),
            "value": value,
            "source_fr": source.fr,
            "source_en": source.en,
        }
    )
    return table[pd.notna(table["answers"])]


def _answer_where(is_hit: NDArray[np.bool_], answer: str) -> NDArray[np.object_]:
    """The answer where the mask is True, None elsewhere."""
    result = np.full(len(is_hit), None, dtype=object)
    result[is_hit] = answer
    return result


def inventory_records(sites: gpd.GeoDataFrame, inventory: gpd.GeoDataFrame | None) -> pd.DataFrame:
    """Inventory record of each site, by its id, else by the same parcels."""
    wanted = [
        "buildings_state",
        "pollution",
        "buildings_pollution",
        "renewables_zone",
        "buildings_number",
        "buildings_m2",
        "zone_type",
        "vacancy",
        "owner_types",
        "updated_on",
    ]
    if inventory is None:
        return pd.DataFrame(None, index=sites.index, columns=wanted, dtype=object)
    records = pd.DataFrame(inventory.drop(columns="geometry")).astype(object)
    by_site_id = records.set_index("FR-" + records["site_id"].astype(str))[wanted]
    same = records.dropna(subset="parcel_ids").groupby("parcel_ids")[wanted].first()
    by_id = by_site_id.reindex(sites["opportunity_id"]).reset_index(drop=True)
    by_parcels = same.reindex(sites["parcel_ids"].astype(object)).reset_index(drop=True)
    return by_id.where(by_id.notna(), by_parcels)


def _by_inventory(
    sites: gpd.GeoDataFrame, records: pd.DataFrame, matrix: Matrix
) -> Iterator[pd.DataFrame]:
    words = matrix.readings
    state = records["buildings_state"].map(words["buildings_state"]).astype(object)
    yield _rows(sites, "etatBatiInfrastructure", state, INVENTORY)
    bare = _is_unbuilt(sites, records).to_numpy(dtype=bool)
    measured = (sites["built_share"] == 0).to_numpy(dtype=bool)
    for where, source in ((bare & ~measured, INVENTORY), (bare & measured, CADASTRE)):
        for name in ("etatBatiInfrastructure", "valeurArchitecturaleHistorique"):
            yield _rows(sites, name, _answer_where(where, "pas-de-bati"), source)
    soil = records["pollution"].map(words["pollution"]).astype(object)
    asbestos = records["buildings_pollution"].astype("str").str.contains("amiante", na=False)
    # Asbestos counts only where the state of the soil gives no answer.
    yield _rows(
        sites, "presencePollution", soil.mask(asbestos & soil.isna(), "oui-amiante"), INVENTORY
    )
    zone = sites["zone"].astype(object).str.upper().map(words["zone"])
    yield _rows(sites, "zonageReglementaire", zone, label("scoring.mutafriches.plan_zone"))
    solar = records["renewables_zone"].map(words["renewables_zone"])
    yield _rows(sites, "zoneAccelerationEnr", solar, INVENTORY)


def _is_unbuilt(sites: gpd.GeoDataFrame, records: pd.DataFrame) -> pd.Series[bool]:
    """Sites without a building, by the cadastre if available, else by the inventory."""
    share = sites["built_share"].reset_index(drop=True)
    counted = pd.to_numeric(records["buildings_number"]).reset_index(drop=True)
    bare: pd.Series[bool] = (share == 0) | (share.isna() & (counted == 0))
    return bare


def _by_outline(
    sites: gpd.GeoDataFrame, records: pd.DataFrame, matrix: Matrix
) -> Iterator[pd.DataFrame]:
    area = sites["area_m2"].to_numpy(dtype=np.float64)
    question = matrix.question("surfaceSite")
    rough = np.isin(sites["perimeter"], APPROXIMATE)
    for where, source in ((rough, INVENTORY), (~rough, OUTLINE)):
        size = np.where(where, area, np.nan)
        yield _rows(sites, question.name, question.banded(size), source, size)
    question = matrix.question("surfaceBati")
    declared = pd.to_numeric(records["buildings_m2"]).to_numpy(dtype=np.float64)
    none = _is_unbuilt(sites, records).to_numpy(dtype=bool)
    listed = np.where(np.isnan(declared) & none, 0.0, declared)
    yield _rows(sites, question.name, question.banded(listed), INVENTORY, listed)
    footprint = area * sites["built_share"].to_numpy(dtype=np.float64)
    yield _rows(sites, question.name, question.banded(footprint), CADASTRE, footprint)


def _by_constraints(
    sites: gpd.GeoDataFrame, constraints: gpd.GeoDataFrame | None, matrix: Matrix
) -> Iterator[pd.DataFrame]:
    if constraints is None:
        return
    source = label("scoring.mutafriches.constraints")
    texts = constraints["label"].astype("str").str.lower().fillna("")
    for reading in matrix.readings["constraint"]:
        matching = (constraints["kind"] == reading["kind"]) & texts.str.contains(reading["words"])
        shapes = constraints.geometry.to_numpy()[matching.to_numpy(dtype=bool)]
        is_hit = np.zeros(len(sites), dtype=bool)
        is_hit[shapely.STRtree(sites.geometry.to_numpy()).query(shapes, "intersects")[1]] = True
        answer = _answer_where(is_hit, reading["answer"])
        yield _rows(sites, reading["criterion"], answer, source)


def _by_destinations(
    sites: gpd.GeoDataFrame, layers: InputLayers, matrix: Matrix
) -> Iterator[pd.DataFrame]:
    radius = matrix.readings["radius_m"]
    if layers.places is not None:
        places = layers.places
        name = places["name"].astype("str").str.lower().fillna("")
        public = (places["category"] == "public_service").to_numpy(dtype=bool)
        hall = _nearest_m(sites, places.loc[public & name.str.contains(TOWN_HALL).to_numpy()])
        centre = np.where(hall <= radius["town_hall"], "true", "false").astype(object)
        centre[np.isnan(hall)] = None
        yield _rows(sites, "siteEnCentreVille", centre, DESTINATIONS, hall)
        shop = _nearest_m(sites, places.loc[(places["category"] == "shop").to_numpy(dtype=bool)])
        near = _answer_where(shop <= radius["shop"], "true")
        yield _rows(sites, "proximiteCommercesServices", near, DESTINATIONS, shop)
        # A stop may be a bicycle stand: only a station is surely public transport.
        station = (places["category"] == "station").to_numpy(dtype=bool)
        question = matrix.question("distanceTransportCommun")
        far = _nearest_m(sites, places.loc[station])
        first = question.answers[0].value
        sure = _answer_where(np.asarray(question.banded(far) == first), first)
        yield _rows(sites, question.name, sure, DESTINATIONS, far)
    if layers.streets is not None:
        yield _motorway_answers(sites, layers.streets, matrix)


def _motorway_answers(
    sites: gpd.GeoDataFrame, streets: gpd.GeoDataFrame, matrix: Matrix
) -> pd.DataFrame:
    """Distance to a motorway, known if the layer extends at least as far around the site."""
    question = matrix.question("distanceAutoroute")
    fast = streets["street_class"].str.lower().isin(MOTORWAYS).to_numpy(dtype=bool)
    far = _nearest_m(sites, streets.loc[fast])
    edge = shapely.boundary(shapely.box(*streets.total_bounds)) if len(streets) else None
    margin = shapely.distance(sites.geometry.to_numpy(), edge)
    sure = np.where(far <= margin, far, np.nan)
    source = label("scoring.mutafriches.streets")
    return _rows(sites, question.name, question.banded(sure), source, sure)


def _nearest_m(sites: gpd.GeoDataFrame, others: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Straight distance from each site to the nearest other, NaN without any."""
    result = np.full(len(sites), np.nan)
    if not len(others) or not len(sites):
        return result
    tree = shapely.STRtree(others.geometry.to_numpy())
    (row, _), metres = tree.query_nearest(
        sites.geometry.to_numpy(), return_distance=True, all_matches=False
    )
    result[row] = metres
    return result


def _by_commune(
    sites: gpd.GeoDataFrame, rates: pd.DataFrame | None, matrix: Matrix
) -> Iterator[pd.DataFrame]:
    """Answers from LOVAC: dwellings vacant for two years, a lower bound of the vacancy rate."""
    if rates is None:
        return
    question = matrix.question("tauxLogementsVacants")
    percent = sites["commune"].map(rates.set_index("commune")["rate_share"] * 100)
    bands = [(answer.value, answer.high) for answer in question.answers]
    lists = [
        [value for value, high in bands if high >= rate]
        for rate in percent.to_numpy(dtype=np.float64)
    ]
    # An unknown rate excludes all answers, a low one excludes none: no information.
    possible = [
        SEPARATOR.join(matching) if 0 < len(matching) < len(bands) else None for matching in lists
    ]
    source = label("scoring.mutafriches.lovac")
    yield _rows(sites, question.name, possible, source, percent.to_numpy(dtype=np.float64))


def _by_study(
    sites: gpd.GeoDataFrame, study_answers: Sequence[KnownAnswer]
) -> Iterator[pd.DataFrame]:
    for known in sorted(study_answers, key=lambda g: g.site is not None):
        matching = sites
        if known.site is not None:
            ids = sites["opportunity_id"]
            matching = sites.loc[
                ((ids == known.site) | (ids == f"FR-{known.site}")).to_numpy(dtype=bool)
            ]
        yield _rows(matching, known.criterion, [known.answer] * len(matching), STUDY, known.value)
