"""Explain one opportunity or one parcel of a result: its tables, and their words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from foncier import schemas
from foncier.errors import ConfigError
from foncier.i18n import Lang, figure, format_value, label, localize
from foncier.results.labels import FICTIONAL, VALUES
from foncier.results.layers import SITES
from foncier.results.offer import bounds, factors, is_taken, offer
from foncier.results.queries import quoted
from foncier.results.surroundings import surroundings
from foncier.schemas.results import TO_CONFIRM

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd
    import pandas as pd

    from foncier.results.reader import SavedResult

REJECTED = "parcelles_ecartees"
SEVERAL = "|"  # between the parcels of a site
CLOSE = 3  # ids that a message suggests
COMPARED = 5000  # ids that are compared with an unknown one
CRITERIA = 28  # of Mutafriches 1.11
TRUTHS = {"true": "yes", "false": "no"}
SAME_KEUR = 0.05  # a narrower range of costs is written as one cost

Section = tuple[str, list[str]]
Row = Mapping[Any, Any]


@dataclass(frozen=True)
class Explanation:
    """Tables of a result about one opportunity or one parcel; they may be empty.

    ``opportunities`` has the opportunity, or those that contain the parcel, with every column of
    the layer; ``evidence`` and ``access`` are theirs. ``tests`` and ``rejections`` are those of
    the parcel, or of the parcels of the opportunity. ``criteria`` are those of the whole result.
    ``assemblies`` are the land assemblies that contain the parcel, or one of those parcels.
    ``mutability``, ``mutability_facts`` and ``effort`` are for friches only. ``around`` lists
    partners and companies within a walk, ``site_needs`` the needs that the opportunity meets.
    """

    id: str
    subject: Literal["opportunity", "parcel"]
    fictional: bool
    opportunities: gpd.GeoDataFrame
    evidence: pd.DataFrame
    access: pd.DataFrame
    tests: pd.DataFrame
    rejections: gpd.GeoDataFrame
    criteria: pd.DataFrame
    assemblies: pd.DataFrame
    mutability: pd.DataFrame
    mutability_facts: pd.DataFrame
    effort: pd.DataFrame
    around: pd.DataFrame
    site_needs: pd.DataFrame
    availability: pd.DataFrame = field(default_factory=schemas.AVAILABILITY.empty)


def explain(result: SavedResult, id: str) -> Explanation:  # noqa: A002 (the word of the command line)
    """Gather the tables of a result about an opportunity or a parcel.

    Parameters
    ----------
    result
        A result, opened by `foncier.results.read_saved`.
    id
        An ``opportunity_id``, or a parcel of 14 characters; blanks and case do not count.

    Raises
    ------
    ConfigError
        Nothing has this id; the closest ids are named.
    FormatError
        The GeoPackage cannot be read.
    """
    compact = "".join(id.split())
    for candidate in dict.fromkeys((id, compact, compact.upper())):
        site = result.table(SITES, ids=[candidate])
        if len(site):
            parcels = site["parcel_ids"].dropna().str.split(SEVERAL).explode().tolist()
            return _gather(result, candidate, site, parcels)
    parcel = compact.upper()
    gathered = _gather(result, parcel, _containing(result, SITES, [parcel]), [parcel])
    if len(gathered.opportunities) + len(gathered.tests) + len(gathered.rejections) == 0:
        raise _no_such_id(result, id, parcel)
    return gathered


def parcels_of(parcel_ids: Any) -> list[str]:
    """Parcels of a site, in the order of the result; empty when none is known.

    Examples
    --------
    >>> parcels_of("80021000AB0001|80021000AB0002"), parcels_of(float("nan"))
    (['80021000AB0001', '80021000AB0002'], [])
    """
    return [p for p in parcel_ids.split(SEVERAL) if p] if isinstance(parcel_ids, str) else []


def _gather(
    result: SavedResult, id_: str, rows: gpd.GeoDataFrame, parcels: list[str]
) -> Explanation:
    ids = rows["opportunity_id"].tolist()
    return Explanation(
        id=id_,
        subject="opportunity" if id_ in ids else "parcel",
        fictional=result.fictional,
        opportunities=rows,
        evidence=result.table("indices", ids=ids),
        access=result.table("acces_detail", ids=ids),
        tests=result.table("tests", ids=parcels, key="parcel_id"),
        rejections=result.table(REJECTED, ids=parcels, key="parcel_id"),
        criteria=result.table("criteres"),
        assemblies=_containing(result, "assemblages", parcels, geometry=False),
        mutability=result.table("mutabilite", ids=ids),
        mutability_facts=result.table("mutabilite_connus", ids=ids),
        effort=result.table("cout_durete", ids=ids),
        around=result.table("autour", ids=ids),
        site_needs=result.table("besoins", ids=ids),
        availability=result.table("disponibilite", ids=ids),
    )


def _containing(
    result: SavedResult, layer: str, parcels: list[str], *, geometry: bool = True
) -> Any:
    """Rows of a layer whose ``parcel_ids`` contain one of some parcels."""
    like = " OR ".join(f"parcel_ids LIKE {quoted(f'%{parcel}%')}" for parcel in parcels)
    rows = result.table(layer, where=like or "1 = 0", geometry=geometry)
    asked = set(parcels)
    contains = [bool(asked.intersection(parcels_of(ids))) for ids in rows["parcel_ids"]]
    return rows[np.array(contains, dtype=bool)].reset_index(drop=True)


def _no_such_id(result: SavedResult, asked: str, parcel: str) -> ConfigError:
    sites = result.table(SITES, columns=["opportunity_id"], geometry=False)
    # Comparing with a million parcels would take minutes: those of the same section are enough.
    parcels = result.table(
        REJECTED,
        columns=["parcel_id"],
        where=f"parcel_id LIKE {quoted(f'{parcel[:10]}%')}",
        geometry=False,
        limit=COMPARED,
    )
    close = [
        *get_close_matches(asked, sites["opportunity_id"].tolist()[:COMPARED], CLOSE),
        *get_close_matches(parcel, parcels["parcel_id"].tolist(), CLOSE),
    ][:CLOSE]
    if not close:
        return ConfigError("results.not_an_id", id=repr(asked))
    return ConfigError("results.not_an_id_close", id=repr(asked), close=close, count=len(close))


def story(explanation: Explanation, lang: Lang) -> Iterator[Section]:
    """Word an explanation: the title of each section and its lines, ready to print.

    The opportunity, its evidence, its score by criterion with the measure behind each, its access,
    its mutability, then every test of its parcels with value, threshold and margin.
    """
    if explanation.fictional:
        yield FICTIONAL[lang], []
    for site in explanation.opportunities.to_dict("records"):
        id_ = site["opportunity_id"]
        yield _site(site, lang)
        if lines := factors(_of(explanation.availability, id_), lang):
            yield label("results.explain.availability_title")[lang], lines
        yield label("results.explain.evidence_title")[lang], _evidence(explanation, id_, lang)
        yield label("results.explain.criteria_title")[lang], _criteria(explanation, site, lang)
        yield label("results.explain.access_title")[lang], _access(explanation, id_, lang)
        yield from surroundings(explanation, site, lang)
        yield from _mutability(explanation, id_, lang)
    for parcel in explanation.rejections.to_dict("records"):
        title = localize("results.explain.rejected", lang, parcel=parcel["parcel_id"])
        yield title, [str(parcel[f"reason_{lang}"])]
    for row in explanation.assemblies.to_dict("records"):
        yield _assembly(row, explanation.id, lang)
    for (parcel, kind), tests in explanation.tests.groupby(["parcel_id", "kind"], sort=True):
        title = localize("results.explain.tests_title", lang, parcel=parcel, kind=VALUES[str(kind)])
        yield title, [_test(row, lang) for row in tests.sort_values("step").to_dict("records")]


def _known(value: Any) -> bool:
    return value is not None and value == value  # noqa: PLR0124 (NaN is not equal to itself)


def _of(frame: pd.DataFrame, id_: str) -> pd.DataFrame:
    return frame.loc[frame["opportunity_id"] == id_]


def _site(site: Row, lang: Lang) -> Section:
    names = [site["opportunity_id"], VALUES[site["kind"]][lang], site["name"]]
    lines = [
        _score(site, lang),
        localize(
            "results.explain.rank",
            lang,
            rank=site["overall_rank"],
            low=site["rank_low"],
            high=site["rank_high"],
        )
        if _known(site["overall_rank"])
        else localize(f"results.explain.{'taken' if is_taken(site) else 'no_rank'}", lang),
        localize("results.explain.area", lang, area=site["area_m2"]),
        localize("results.explain.outline", lang, outline=VALUES[site["perimeter"]]),
    ]
    if _known(site["confidence"]):
        lines.append(localize("results.explain.confidence", lang, share=site["confidence"]))
    lines.extend(offer(site, lang))
    for name in ("address", "status", "parcel_ids", "family", "warnings", "sources"):
        value = site["warnings_en" if (name, lang) == ("warnings", "en") else name]
        if _known(value):
            words = VALUES.get(value, value)
            lines.append(localize(f"results.explain.{name}", lang, value=words))
    return " – ".join(filter(_known, names)), lines


def _score(site: Row, lang: Lang) -> str:
    score, low, high = (site[name] * 100 for name in ("score", "score_low", "score_high"))
    if not _known(score):
        return localize("results.explain.no_score", lang, low=low, high=high)
    if round(low) == round(high):
        return localize("results.explain.score_known", lang, score=score)
    return localize("results.explain.score", lang, score=score, low=low, high=high)


def _evidence(explanation: Explanation, id_: str, lang: Lang) -> list[str]:
    lines = []
    for row in _of(explanation.evidence, id_).to_dict("records"):
        day, weight = row["observed_on"], row["weight"]
        dated = f", {format_value(day, 'day', lang)}" if _known(day) else ""
        log_odds = f" [{format_value(weight, '+.1f', lang)}]" if _known(weight) else ""
        lines.append(f"{row[f'text_{lang}']} ({row['source']}{dated}){log_odds}")
    return lines


def _criteria(explanation: Explanation, site: Row, lang: Lang) -> list[str]:
    return [
        localize(
            "results.explain.criterion",
            lang,
            label=criterion[f"label_{lang}"],
            value=site.get(criterion["measure"], math.nan),
            unit=criterion["unit"],
            score=site.get(f"criterion_{criterion['name']}", math.nan) * 100,
            worst=bounds(criterion, site["kind"])[0],
            best=bounds(criterion, site["kind"])[1],
            weight=criterion["weight"],
        )
        for criterion in explanation.criteria.to_dict("records")
    ]


def _access(explanation: Explanation, id_: str, lang: Lang) -> list[str]:
    lines = []
    for row in _of(explanation.access, id_).to_dict("records"):
        name, place = str(row["target"]), row["place"]
        destination = VALUES[name][lang] if name in VALUES else name
        line = localize(
            "results.explain.access",
            lang,
            destination=f"{destination} ({place})" if _known(place) else destination,
            minutes=row["time_min"],
            distance=row["distance_m"],
            detour=row["detour_index"],
        )
        lines.append(line)
    return lines


def _assembly(row: Row, id_: str, lang: Lang) -> Section:
    """What the parcel could become with its neighbours, and the agreement that this needs."""
    others = [parcel for parcel in parcels_of(row["parcel_ids"]) if parcel != id_]
    title = localize(
        "results.explain.assembly", lang, parcels=others, area=row["area_m2"], count=len(others)
    )
    return title, [
        localize("results.explain.assembly_alone", lang),
        *(f"– {words}" for words in str(row[f"alone_{lang}"]).split(" | ")),
        localize("results.explain.assembly_together", lang, text=row[f"together_{lang}"]),
        row[f"agreement_{lang}"],
    ]


def _test(row: Row, lang: Lang) -> str:
    detail = row["detail" if lang == "fr" else "detail_en"]
    name = row[f"label_{lang}"]
    passed = "?"
    if _known(row["passed"]):
        passed = localize(f"results.explain.test_{'passed' if row['passed'] else 'failed'}", lang)
    return localize(
        "results.explain.test",
        lang,
        passed=passed,
        label=f"{name} ({detail})" if _known(detail) else name,
        value=row["value"],
        threshold=row["threshold"],
        margin=row["margin"],
        unit=row["unit"] if _known(row["unit"]) else "",
    )


def _mutability(explanation: Explanation, id_: str, lang: Lang) -> Iterator[Section]:
    """Index of a friche by use, what is known of it and from where, cost and land hardness."""
    uses = _of(explanation.mutability, id_).sort_values("use_rank")
    if uses.empty:
        return
    reliability = uses["reliability"].iloc[0]
    yield (
        localize("results.explain.mutability_title", lang, reliability=reliability),
        [_use(row, lang) for row in uses.to_dict("records")],
    )
    answers = _of(explanation.mutability_facts, id_)
    unknown = CRITERIA - int((~answers["answers"].str.contains(SEVERAL, regex=False)).sum())
    yield (
        label("results.explain.mutafriches_title")[lang],
        [
            *(_answer(row, lang) for row in answers.to_dict("records")),
            localize("results.explain.mutafriches_unknown", lang, count=unknown, total=CRITERIA),
        ],
    )
    for row in _of(explanation.effort, id_).to_dict("records"):
        yield schemas.EFFORT.label[lang], [_works(row, lang), _hardness(row, lang)]


def stated_band(value: Any) -> str:
    """Rating of a use that may be shown; to be confirmed in a result of a former version.

    Examples
    --------
    >>> stated_band("bon"), stated_band(float("nan"))
    ('bon', 'a_confirmer')
    """
    return str(value) if _known(value) else TO_CONFIRM


def _use(row: Row, lang: Lang) -> str:
    # The index leaves out what is unknown: it may be outside the range of what is possible.
    inside = row["index_low"] <= row["index"] <= row["index_high"]
    return localize(
        "results.explain.mutability" if inside else "results.explain.mutability_outside",
        lang,
        use=VALUES[row["use"]],
        index=row["index"],
        band=VALUES[stated_band(row["stated_band"])],
        low=row["index_low"],
        high=row["index_high"],
    )


def _answer(row: Row, lang: Lang) -> str:
    """Answer to one criterion of Mutafriches, with its measure and its source."""
    codes = str(row["answers"]).split(SEVERAL)
    words = [VALUES[TRUTHS[code]][lang].lower() if code in TRUTHS else code for code in codes]
    answer = localize("results.explain.or", lang).join(words)
    if len(codes) == 1 and _known(row["value"]):
        measure = figure(float(row["value"]), str(row["unit"]), lang)
        answer = measure if codes[0].startswith(("[", "]")) else f"{answer}, {measure}"
    return localize(
        "results.explain.mutafriches_answer",
        lang,
        label=row[f"label_{lang}"],
        answer=answer,
        source=row[f"source_{lang}"],
    )


def _works(row: Row, lang: Lang) -> str:
    low, high = row["works_low_keur"], row["works_high_keur"]
    if high - low > SAME_KEUR:
        return localize("results.explain.works_range", lang, low=low, high=high)
    return localize("results.explain.works", lang, cost=low)


def _hardness(row: Row, lang: Lang) -> str:
    low, high, level = row["hardness_low"], row["hardness_high"], row["hardness"]
    if not _known(level):
        return localize("results.explain.hardness_uncertain", lang, low=low, high=high)
    if low == high:
        return localize("results.explain.hardness_known", lang, points=low, level=VALUES[level])
    return localize("results.explain.hardness", lang, low=low, high=high, level=VALUES[level])
