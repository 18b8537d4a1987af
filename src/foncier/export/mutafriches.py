"""The friches by Mutafriches: told in words, and as one CSV."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import pandas as pd

from foncier.export.tables import plain
from foncier.export.words import VALUES
from foncier.i18n import Localized, figure

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator
    from pathlib import Path

    from foncier.i18n import Lang
    from foncier.model import ResultTables
    from foncier.results import Explanation

CRITERIA = 28  # of Mutafriches 1.11
TRUTHS = {"true": Localized("oui", "yes"), "false": Localized("non", "no")}
SURE = 0.05  # an interval narrower than this is told as one figure


def suitability(found: Explanation, id_: str, lang: Lang) -> Iterator[tuple[str, list[str]]]:
    """Sections of one friche: index by use, what is known and from where, cost and hardness.

    Nothing for a site that Mutafriches was not asked about.
    """
    fr = lang == "fr"
    own = found.mutability.loc[found.mutability["opportunity_id"] == id_].sort_values("rank")
    if own.empty:
        return
    sure = figure(float(own["reliability"].iloc[0]), "", lang)
    yield (
        (
            f"Mutabilité (Mutafriches 1.11), fiabilité {sure} sur 10"
            if fr
            else f"Mutability (Mutafriches 1.11), reliability {sure} out of 10"
        ),
        [_use(row, lang) for row in own.to_dict("records")],
    )
    facts = found.mutability_facts.loc[found.mutability_facts["opportunity_id"] == id_]
    told = [_fact(row, lang) for row in facts.to_dict("records")]
    rest = CRITERIA - int((~facts["answers"].str.contains("|", regex=False)).sum())
    told.append(f"Inconnus\u00a0: {rest} critères sur 28" if fr else f"Unknown: {rest} of 28")
    yield ("Ce que Mutafriches en sait" if fr else "What Mutafriches knows of it"), told
    for row in found.effort.loc[found.effort["opportunity_id"] == id_].to_dict("records"):
        yield ("Coût et dureté foncière" if fr else "Cost and hardness"), _effort(row, lang)


def _fact(row: dict[Hashable, Any], lang: Lang) -> str:
    """One criterion: its measure where there is one, else its answer, and from where."""
    fr = lang == "fr"
    answers = str(row["answers"]).split("|")
    shown = (
        TRUTHS[answers[0]][lang]
        if answers[0] in TRUTHS
        else (" ou " if fr else " or ").join(answers)
    )
    if len(answers) == 1 and row["value"] == row["value"]:
        measure = figure(float(row["value"]), str(row["unit"]), lang)
        shown = measure if row["answers"].startswith(("[", "]")) else f"{shown}, {measure}"
    label, source = row[f"label_{lang}"], row[f"source_{lang}"]
    return f"{label}\u00a0: {shown} ({source})" if fr else f"{label}: {shown} ({source})"


def _use(row: dict[Hashable, Any], lang: Lang) -> str:
    index, low, high = (
        figure(float(str(row[n])), "", lang) for n in ("index", "index_low", "index_high")
    )
    use, band = VALUES[str(row["use"])][lang], VALUES[str(row["band"])][lang].lower()
    # What is unknown is left out of the index, so it may promise more than can ever come true.
    out = float(str(row["index"])) > float(str(row["index_high"]))
    out |= float(str(row["index"])) < float(str(row["index_low"]))
    if lang == "fr":
        beyond = ", l'indice partiel ne pourra pas tenir" if out else ""
        return f"{use}\u00a0: {index} ({band})\u00a0; tout connu, de {low} à {high}{beyond}"
    beyond = ", the partial index cannot hold" if out else ""
    return f"{use}: {index} ({band}); once all is known, {low} to {high}{beyond}"


def _effort(row: dict[Hashable, Any], lang: Lang) -> list[str]:
    fr = lang == "fr"
    low, high = (float(str(row[n])) for n in ("works_low_keur", "works_high_keur"))
    span = figure(low, "k€", lang)
    if high - low > SURE:
        span = (
            f"de {span} à {figure(high, 'k€', lang)}"
            if fr
            else f"{span} to " + figure(high, "k€", lang)
        )
    points = f"{row['hardness_low']:g}–{row['hardness_high']:g}"
    level = row["hardness"]
    known = VALUES[level][lang].lower() if isinstance(level, str) else ""
    unsure = "trop d'inconnues pour conclure" if fr else "too much unknown to tell"
    return [
        f"Travaux (Fonds friches)\u00a0: {span}" if fr else f"Works (Fonds friches): {span}",
        (
            f"Dureté foncière\u00a0: {points} points, {known or unsure}"
            if fr
            else f"Hardness: {points} points, {known or unsure}"
        ),
    ]


def write_suitability(result: ResultTables, path: Path, *, lang: str = "fr") -> None:
    """Write the friches by use as a CSV: index, interval, reliability, rank, cost and hardness.

    Separators, decimals and guards are those of `foncier.export.tables.write_csv`.
    """
    french = lang == "fr"
    names = result.candidates[["opportunity_id", "name"]]
    table = pd.DataFrame(result.mutability).merge(names, on="opportunity_id", how="left")
    if result.effort is not None:
        table = table.merge(result.effort, on="opportunity_id", how="left")
    shown = plain(table, comma=french)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";" if french else ",", lineterminator="\r\n")
        writer.writerow(shown.columns)
        writer.writerows(shown.itertuples(index=False, name=None))
