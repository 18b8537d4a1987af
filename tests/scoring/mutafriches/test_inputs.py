"""Answers of the layers, and the intervals of cost and difficulty."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from foncier import schemas
from foncier.errors import ConfigError
from foncier.scoring.mutafriches import (
    InputLayers,
    KnownAnswer,
    effort,
    known_answers,
)
from foncier.study import (
    Study,
    effort_rules,
    mutafriches,
    study_answers,
)

GRID = mutafriches()
X, Y = 650_000.0, 6_977_000.0


def box(x: float, y: float, width: float, height: float) -> Any:
    return shapely.box(X + x, Y + y, X + x + width, Y + y + height)


def table(contract: Any, rows: list[dict[str, Any]], shapes: list[Any]) -> Any:
    return contract.conform(gpd.GeoDataFrame(rows, geometry=shapes, crs=2154))


def site(**more: Any) -> Any:
    row = {
        "opportunity_id": "FR-1",
        "kind": "friche",
        "area_m2": 5000.0,
        "commune": "80021",
        "perimeter": "parcelles",
        "sources": "Cartofriches",
        **more,
    }
    return table(schemas.CANDIDATES, [row], [box(0, 0, 100, 50)])


def record(**more: Any) -> Any:
    row = {"site_id": "1", "source": "Cartofriches", **more}
    return table(schemas.INVENTORY, [row], [shapely.Point(X, Y)])


def constraint(kind: str, label: str) -> Any:
    row = {"constraint_id": "c", "kind": kind, "label": label, "effect": "flag"}
    return table(schemas.CONSTRAINTS, [row], [box(90, 0, 100, 50)])


def place(category: str, name: str, distance: float) -> Any:
    row = {"place_id": "p", "category": category, "name": name}
    return table(schemas.PLACES, [row], [shapely.Point(X + 100 + distance, Y)])


def street(distance: float, *, reach: float) -> Any:
    rows = [
        {
            "street_id": name,
            "street_class": kind,
            "level": 0,
            "walk": True,
            "bike": True,
            "drive": True,
        }
        for name, kind in (("m", "motorway"), ("r", "residential"))
    ]
    fast = shapely.LineString([(X + 100 + distance, Y - 10), (X + 100 + distance, Y + 60)])
    rest = shapely.LineString([(X - reach, Y - reach), (X + 100 + reach, Y + 50 + reach)])
    return table(schemas.STREETS, rows, [fast, rest])


def rates(share: float) -> pd.DataFrame:
    found: pd.DataFrame = schemas.VACANCY_RATES.conform(
        pd.DataFrame({"commune": ["80021"], "rate_share": [share]})
    )
    return found


NONE = InputLayers()
CASES: dict[str, tuple[Any, InputLayers, str, str | None]] = {
    # name: site, layers, criterion, answer (None: unknown)
    "area": (site(), NONE, "surfaceSite", "[0, 10000["),
    "area unknown": (site(area_m2=np.nan), NONE, "surfaceSite", None),
    "built ground": (site(area_m2=2e4, built_share=0.3), NONE, "surfaceBati", "[5000, 10000]"),
    "bare by the cadastre": (site(built_share=0.0), NONE, "etatBatiInfrastructure", "pas-de-bati"),
    "bare by the inventory": (
        site(),
        InputLayers(record(buildings_number=0.0)),
        "valeurArchitecturaleHistorique",
        "pas-de-bati",
    ),
    "the cadastre wins over a count of none": (
        site(built_share=0.2),
        InputLayers(record(buildings_number=0.0)),
        "etatBatiInfrastructure",
        None,
    ),
    "state of the buildings": (
        site(),
        InputLayers(record(buildings_state="dégradation hétérogène")),
        "etatBatiInfrastructure",
        "degradation-heterogene",
    ),
    "soil clean": (
        site(),
        InputLayers(record(pollution="pollution inexistante")),
        "presencePollution",
        "non",
    ),
    "soil polluted, by what is not said": (
        site(),
        InputLayers(record(pollution="pollution avérée")),
        "presencePollution",
        "oui-composes-volatils|oui-autres-composes|oui-amiante",
    ),
    "unlikely is not none": (
        site(),
        InputLayers(record(pollution="pollution peu probable")),
        "presencePollution",
        None,
    ),
    "asbestos": (
        site(),
        InputLayers(record(buildings_pollution="amiante")),
        "presencePollution",
        "oui-amiante",
    ),
    "zone": (site(zone="AUc"), NONE, "zonageReglementaire", "zone-a-urbaniser-au"),
    "no zone": (site(zone="hors zonage"), NONE, "zonageReglementaire", None),
    "flood": (
        site(),
        InputLayers(constraints=constraint("hazard", "Zone inondable")),
        "risqueInondation",
        "oui",
    ),
    "another hazard": (
        site(),
        InputLayers(constraints=constraint("hazard", "Bruit")),
        "risqueInondation",
        None,
    ),
    "heritage": (
        site(),
        InputLayers(constraints=constraint("heritage", "Abords de la cathédrale")),
        "zonagePatrimonial",
        "perimetre-abf",
    ),
    "town hall near": (
        site(),
        InputLayers(places=place("public_service", "Hôtel de ville", 900)),
        "siteEnCentreVille",
        "true",
    ),
    "town hall far": (
        site(),
        InputLayers(places=place("public_service", "Mairie d'Amiens", 1100)),
        "siteEnCentreVille",
        "false",
    ),
    "a branch is no town hall": (
        site(),
        InputLayers(places=place("public_service", "Mairie de secteur Nord", 100)),
        "siteEnCentreVille",
        None,
    ),
    "a shop near": (
        site(),
        InputLayers(places=place("shop", "Café", 499)),
        "proximiteCommercesServices",
        "true",
    ),
    "no shop near proves nothing": (
        site(),
        InputLayers(places=place("shop", "Café", 501)),
        "proximiteCommercesServices",
        None,
    ),
    "a station near": (
        site(),
        InputLayers(places=place("station", "Gare", 300)),
        "distanceTransportCommun",
        "[0, 500[",
    ),
    "a station far: a bus may be nearer": (
        site(),
        InputLayers(places=place("station", "Gare", 900)),
        "distanceTransportCommun",
        None,
    ),
    "a stop may be of bicycles": (
        site(),
        InputLayers(places=place("stop", "12- AMIENS 2", 50)),
        "distanceTransportCommun",
        None,
    ),
    "motorway": (
        site(),
        InputLayers(streets=street(1500, reach=3000)),
        "distanceAutoroute",
        "[1, 2[",
    ),
    "a nearer one may be off the layer": (
        site(),
        InputLayers(streets=street(1500, reach=900)),
        "distanceAutoroute",
        None,
    ),
    "vacancy of two years is a minimum": (
        site(),
        InputLayers(vacancy_rates=rates(0.085)),
        "tauxLogementsVacants",
        "]8, 10]|]10, [",
    ),
    "low vacancy says nothing": (
        site(),
        InputLayers(vacancy_rates=rates(0.03)),
        "tauxLogementsVacants",
        None,
    ),
    "renewables": (
        site(),
        InputLayers(record(renewables_zone="non")),
        "zoneAccelerationEnr",
        "non",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_answers_come_only_from_evidence_in_a_layer(case: str) -> None:
    candidates, ground, criterion, answer = CASES[case]
    found: Any = known_answers(candidates, ground, GRID).set_index("criterion")["answers"]
    assert found.get(criterion) == answer


def test_answers_of_the_study_replace_those_of_the_layers() -> None:
    given = (
        KnownAnswer("1", "zonageReglementaire", "zone-naturelle-n"),
        KnownAnswer(None, "zonageReglementaire", "zone-agricole-a"),
        KnownAnswer(None, "zonageAbcLogement", "b1"),
        KnownAnswer("2", "raccordementEau", "oui"),
    )
    found: Any = known_answers(site(zone="U"), NONE, GRID, given).set_index("criterion")
    assert found.loc["zonageReglementaire", "answers"] == "zone-naturelle-n"
    assert found.loc["zonageAbcLogement", ["answers", "source_fr"]].tolist() == ["b1", "étude"]
    assert "raccordementEau" not in found.index


def test_other_kinds_and_empty_tables() -> None:
    assert known_answers(site(kind="dent_creuse"), NONE, GRID).empty
    assert known_answers(schemas.CANDIDATES.empty(site().crs), NONE, GRID).empty
    none = effort(schemas.CANDIDATES.empty(), known_answers(site(), NONE, GRID), effort_rules())
    assert list(none.columns) == schemas.EFFORT.names


EFFORTS: dict[str, tuple[Any, Any, list[Any]]] = {
    # name: site of 2 ha, record; works low, high (k€), points low, high, class
    "nothing known": ({}, {}, [750, 1600, 0, 26, None]),
    "clean": ({}, {"pollution": "pollution inexistante"}, [750, 750, 0, 26, None]),
    "polluted": ({}, {"pollution": "pollution avérée"}, [1200, 1600, 0, 26, None]),
    "vacant, ruined": (
        {},
        {"vacancy": "vacant", "buildings_state": "dégradation très importante"},
        [750, 1600, 0, 21, None],
    ),
    "occupied, sound": (
        {},
        {"vacancy": "occupé", "buildings_state": "dégradation inexistante ou faible"},
        [750, 1600, 5, 26, None],
    ),
    "a commune": ({"owner_types": "commune"}, {}, [750, 1600, 0, 23, None]),
    "two kinds of owners": ({"owner_types": "commune|societe"}, {}, [750, 1600, 1, 23, None]),
    "a co-ownership": ({"owner_types": "copropriete"}, {}, [750, 1600, 6, 26, "forte"]),
    "in part": ({"owner_types": "copropriete|societe"}, {}, [750, 1600, 1, 26, None]),
    "area unknown": ({"area_m2": np.nan}, {}, [np.nan, np.nan, 0, 26, None]),
}


@pytest.mark.parametrize("case", EFFORTS)
def test_spans_of_cost_and_hardness(case: str) -> None:
    more, told, expected = EFFORTS[case]
    candidates, inventory = site(**{"area_m2": 20_000.0, **more}), record(**told)
    known = known_answers(candidates, InputLayers(inventory), GRID)
    found = effort(candidates, known, effort_rules(), inventory).iloc[0]
    spans = found[["works_low_keur", "works_high_keur", "hardness_low", "hardness_high"]]
    assert np.array_equal(spans.to_numpy(dtype=float), expected[:4], equal_nan=True)
    assert (None if pd.isna(found["hardness"]) else found["hardness"]) == expected[4]


def test_hardness_has_a_class_once_the_span_is_on_one_side() -> None:
    given = (
        KnownAnswer(None, "presenceEspecesProtegees", "oui"),
        KnownAnswer(None, "etatBatiInfrastructure", "degradation-faible"),
    )
    known = known_answers(site(), NONE, GRID, given)
    found = effort(site(), known, effort_rules()).iloc[0]
    assert (found["hardness"], found["hardness_low"]) == ("forte", 9)
    assert found["known"] == "bâti 3, espèces 6"


def _study(**mutability: Any) -> Study:
    return Study.model_validate(
        {
            "study": {"title": "t", "communes": ["80021"]},
            "mutability": mutability,
            "layers": {"parcels": {"path": "p"}},
        }
    )


def test_answers_of_a_study_are_checked() -> None:
    plan = _study(
        all={"zonageAbcLogement": "b1", "distanceAutoroute": 1200},
        **{"80021_1": {"siteEnCentreVille": True}},
    )
    found = [(g.site, g.criterion, g.answer) for g in study_answers(plan, GRID)]
    assert found == [
        (None, "zonageAbcLogement", "b1"),
        (None, "distanceAutoroute", "[1, 2["),
        ("80021_1", "siteEnCentreVille", "true"),
    ]
    for wrong, message in (
        ({"couleur": "bleu"}, "inconnu"),
        ({"raccordementEau": "peut-être"}, "oui, non"),
    ):
        with pytest.raises(ConfigError, match=message):
            study_answers(_study(all=wrong), GRID)


@pytest.mark.real
def test_few_answers_are_known_in_amiens(studied: Any) -> None:
    result = studied("amiens")
    assert result.mutability is not None
    assert result.mutability_facts is not None
    sites = set(result.candidates["opportunity_id"])
    assert set(result.mutability["opportunity_id"]) == sites
    assert result.mutability["reliability"].max() < 5, "an inventory of points knows little"
    counts = result.mutability_facts["criterion"].value_counts()
    assert counts["surfaceSite"] == len(sites)
    assert counts["presencePollution"] >= 4
    assert counts["etatBatiInfrastructure"] >= 10, "12 records count no building"
    wide = result.mutability["index_high"] - result.mutability["index_low"]
    assert wide.min() > 20, "much is unknown: no narrow interval"
