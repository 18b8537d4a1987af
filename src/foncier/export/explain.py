"""Tell in words what a result says of one opportunity or one parcel."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from foncier.export.mutafriches import suitability
from foncier.export.words import FICTIONAL, VALUES
from foncier.i18n import figure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from foncier.i18n import Lang
    from foncier.results import Explanation

Section = tuple[str, list[str]]


def story(found: Explanation, lang: Lang) -> Iterator[Section]:
    """Sections of the explanation: a title and its lines, ready to print.

    The opportunity, its evidence, its score by criterion with the measure behind each, its access,
    then every test of its parcels with value, threshold and margin.
    """
    fr = lang == "fr"
    if found.fictional:
        yield FICTIONAL[lang], []
    for row in found.opportunities.to_dict("records"):
        yield _head(row, lang)
        yield ("Preuves" if fr else "Evidence"), _evidence(found.evidence, row, lang)
        yield ("Score par critère" if fr else "Score by criterion"), _marks(found, row, lang)
        yield ("Accès à pied" if fr else "Access on foot"), _access(found.access, row, lang)
        yield from suitability(found, str(row["opportunity_id"]), lang)
    for row in found.rejections.to_dict("records"):
        title = f"Parcelle {row['parcel_id']} écartée" if fr else f"Parcel {row['parcel_id']} out"
        yield title, [str(row[f"reason_{lang}"])]
    for row in found.assemblies.to_dict("records"):
        yield _together(row, found.id, lang)
    for (parcel, kind), tests in found.tests.groupby(["parcel_id", "kind"], sort=True):
        name = VALUES[str(kind)][lang]
        title = f"Essais de {parcel}, {name}" if fr else f"Tests of {parcel}, {name}"
        yield title, [_test(row, lang) for row in tests.sort_values("step").to_dict("records")]


def _together(row: Mapping[Any, Any], id_: str, lang: Lang) -> Section:
    """Say what the parcel could be with its neighbours, and what that needs."""
    others = [one for one in str(row["parcel_ids"]).split("|") if one != id_]
    shared = figure(float(row["area_m2"]), "m²", lang)
    names = ", ".join(others)
    title = (
        f"Avec ses voisines {names} : {shared} d'un tenant"
        if lang == "fr" and len(others) > 1
        else f"Avec sa voisine {names} : {shared} d'un tenant"
        if lang == "fr"
        else f"With its neighbours {names}: {shared} in one piece"
        if len(others) > 1
        else f"With its neighbour {names}: {shared} in one piece"
    )
    alone = [f"– {words}" for words in str(row[f"alone_{lang}"]).split(" | ")]
    both = "Ensemble : " if lang == "fr" else "Together: "
    lead = "Ce qui manque à chacune, seule :" if lang == "fr" else "What each is short of, alone:"
    return title, [lead, *alone, both + str(row[f"together_{lang}"]), row[f"agreement_{lang}"]]


def _known(value: Any) -> bool:
    return value is not None and value == value  # noqa: PLR0124 (NaN is not equal to itself)


def _head(row: dict[str, Any], lang: Lang) -> Section:
    fr = lang == "fr"
    title = f"{row['opportunity_id']} – {VALUES[row['kind']][lang]}"
    if _known(row["name"]):
        title += f" – {row['name']}"
    score, low, high = row["score"], row["score_low"], row["score_high"]
    shown = figure(score * 100, "", lang) if _known(score) else ("inconnu" if fr else "unknown")
    lines = [
        f"Score : {shown} / 100 (de {low * 100:.0f} à {high * 100:.0f} selon l'inconnu)"
        if fr
        else f"Score: {shown} / 100 ({low * 100:.0f} to {high * 100:.0f} for what is unknown)",
        _rank(row, lang),
        ("Surface : " if fr else "Area: ") + figure(float(row["area_m2"]), "m²", lang),
        ("Périmètre : " if fr else "Outline: ") + VALUES[row["perimeter"]][lang],
    ]
    if _known(row["confidence"]):
        sure = figure(row["confidence"] * 100, "%", lang)
        lines.append(f"Confiance : {sure}" if fr else f"Confidence: {sure}")
    for column, word in (
        ("address", "Adresse" if fr else "Address"),
        ("status", "Statut" if fr else "Status"),
        ("parcel_ids", "Parcelles" if fr else "Parcels"),
        ("family", "Famille" if fr else "Family"),
        ("warnings" if fr else "warnings_en", "Points d'attention" if fr else "Points to watch"),
        ("sources", "Sources"),
    ):
        if _known(row[column]):
            lines.append(f"{word} : {row[column]}" if fr else f"{word}: {row[column]}")
    return title, lines


def _rank(row: dict[str, Any], lang: Lang) -> str:
    if not _known(row["overall_rank"]):
        return "Sans rang" if lang == "fr" else "No rank"
    rank, low, high = int(row["overall_rank"]), int(row["rank_low"]), int(row["rank_high"])
    if lang == "fr":
        return f"Rang : {rank} (de {low} à {high} dans 90 % des tirages de poids)"
    return f"Rank: {rank} ({low} to {high} in 90% of the draws of weights)"


def _evidence(evidence: pd.DataFrame, row: dict[str, Any], lang: Lang) -> list[str]:
    lines = []
    for proof in evidence[evidence["opportunity_id"] == row["opportunity_id"]].to_dict("records"):
        when = f", {proof['observed_on']:%Y-%m-%d}" if _known(proof["observed_on"]) else ""
        weight = f" [{proof['weight']:+.1f}]" if _known(proof["weight"]) else ""
        lines.append(f"{proof[f'text_{lang}']} ({proof['source']}{when}){weight}")
    return lines


def _marks(found: Explanation, row: dict[str, Any], lang: Lang) -> list[str]:
    lines = []
    for criterion in found.criteria.to_dict("records"):
        mark = row.get(f"criterion_{criterion['name']}", math.nan)
        measure = row.get(criterion["measure"], math.nan)
        value = figure(float(measure) if _known(measure) else math.nan, criterion["unit"], lang)
        shown = figure(mark * 100, "", lang) if _known(mark) else figure(math.nan, "", lang)
        best = figure(criterion["best"], criterion["unit"], lang)
        worst = figure(criterion["worst"], criterion["unit"], lang)
        span = f"0 à {worst}, 100 à {best}" if lang == "fr" else f"0 at {worst}, 100 at {best}"
        weight = figure(criterion["weight"], "", lang)
        word = "poids" if lang == "fr" else "weight"
        colon = " : " if lang == "fr" else ": "
        lines.append(
            f"{criterion[f'label_{lang}']}{colon}{value} → {shown} ({span} ; {word} {weight})"
        )
    return lines


def _access(access: pd.DataFrame, row: dict[str, Any], lang: Lang) -> list[str]:
    lines = []
    for reach in access[access["opportunity_id"] == row["opportunity_id"]].to_dict("records"):
        name = str(reach["target"])
        word = VALUES[name][lang] if name in VALUES else name
        place = f" ({reach['place']})" if _known(reach["place"]) else ""
        far = figure(float(reach["distance_m"]), "m", lang)
        minutes = figure(float(reach["time_min"]), "min", lang)
        detour = figure(float(reach["detour_index"]), "", lang)
        turn = "indice de détour" if lang == "fr" else "detour index"
        colon = " : " if lang == "fr" else ": "
        lines.append(f"{word}{place}{colon}{minutes}, {far}, {turn} {detour}")
    return lines


def _test(row: Mapping[Any, Any], lang: Lang) -> str:
    unit = row["unit"] if _known(row["unit"]) else ""
    value, threshold = figure(row["value"], unit, lang), figure(row["threshold"], unit, lang)
    margin = figure(row["margin"], unit, lang)
    passed = row["passed"]
    verdict = {True: "oui", False: "NON"} if lang == "fr" else {True: "yes", False: "NO"}
    word = verdict[bool(passed)] if _known(passed) and passed is not None else "?"
    told = row["detail" if lang == "fr" else "detail_en"]
    detail = f" ({told})" if _known(told) else ""
    words = ("seuil", "marge") if lang == "fr" else ("threshold", "margin")
    label = row[f"label_{lang}"]
    return f"{word} {label}{detail} : {value} ; {words[0]} {threshold} ; {words[1]} {margin}"
