"""Figures of the demonstration in the docs, computed from the files that a run writes.

To renew them after a wanted change: ``python -m tests.demo_figures RESULT VALIDATION MATCHES``,
with the folder of ``foncier run``, the folder of ``foncier validate`` and the table of
``foncier match`` (the commands are in ``tests/test_demo_figures.py``).
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pyogrio

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGES = ("detection.md", "scores.md", "validation.md")
BLOCK = re.compile(r"(<!-- demo figures: (\w+) -->\n).*?(<!-- end of demo figures -->)", re.DOTALL)
KINDS = {
    "friche": "friche",
    "dent_creuse": "dent creuse",
    "batiment_non_affecte": "bâtiment non affecté",
    "terrain_divisible": "terrain divisible",
    "ensemble": "all",
}
BASELINES = {
    "nafu": "NAFU rule alone (tax data)",
    "inventaire": "inventory alone",
    "osm": "OpenStreetMap alone",
    "foncier": "foncier",
}


def blocks(result: Path, validation: Path, matches: Path) -> dict[str, str]:
    """Text of every block, by name."""
    figures = json.loads((validation / "validation.json").read_text(encoding="utf-8"))
    return {
        "assemblies": _assemblies(result),
        "ranking": _ranking(result),
        "matches": _matches(matches),
        "by_kind": _shares({"kind": KINDS}, figures["by_kind"]),
        "calibration": _calibration(figures),
        "baselines": _shares({"baseline": BASELINES, "kind": KINDS}, figures["baselines"]),
    }


def renewed(page: str, fresh: dict[str, str]) -> str:
    """Page with its blocks replaced."""
    return BLOCK.sub(lambda block: block[1] + fresh[block[2]] + "\n" + block[3], page)


def _assemblies(result: Path) -> str:
    groups = pyogrio.read_dataframe(result / "opportunites.gpkg", layer="assemblages")
    built = int((groups["kind"] == "fonds_batis").sum())
    area = groups.union_all().area / 10_000
    return (
        f"On the demonstration: {len(groups)} assemblies ({area:.1f} ha, shared land counted "
        f"once), {built} of them with part of a built parcel."
    )


def _ranking(result: Path) -> str:
    manifest = json.loads((result / "manifest.json").read_text(encoding="utf-8"))
    agreement = manifest["robustness"]["agreement"]
    sites = _table(result / "opportunites.csv")
    tau = f"{agreement['tau']:.2f}".replace(".", ",")
    front = int((sites["pareto"] == "oui").sum())
    return (
        f"Sur la ville de démonstration : tau de {tau} sur {agreement['sites']} sites, "
        f"{front} sites sur le front de Pareto."
    )


def _matches(path: Path) -> str:
    outcomes = _table(path)["outcome"].value_counts()
    rows = [["conviennent", "à vérifier", "manquent de peu", "ne conviennent pas"], ["---"] * 4]
    rows.append([str(outcomes.get(name, 0)) for name in ("fits", "to_check", "near_miss", "no")])
    return _markdown(rows)


def _shares(labels: dict[str, dict[str, str]], shares: list[dict[str, Any]]) -> str:
    heads = [*labels, "listed", "assessed", "true", "precision", "known true", "recall"]
    rows = [heads, ["---"] * len(heads)]
    rows += [_line(labels, row) for row in shares]
    return _markdown(rows)


def _line(labels: dict[str, dict[str, str]], row: dict[str, Any]) -> list[str]:
    names = [known[row[column]] for column, known in labels.items()]
    counts = [str(row[column]) for column in ("found", "judged", "true")]
    return [*names, *counts, _share(row, "precision"), str(row["wanted"]), _share(row, "recall")]


def _share(row: dict[str, Any], name: str) -> str:
    if row[name] is None:
        return "–"
    return f"{row[name]:.0%} ({row[f'{name}_low']:.0%} – {row[f'{name}_high']:.0%})"


def _calibration(figures: dict[str, Any]) -> str:
    rows = [["confidence", "listed", "assessed", "true", "share true (95 % interval)"], ["---"] * 5]
    for row in figures["by_band"]:
        if row["kind"] == "ensemble":
            counts = (str(row[column]) for column in ("found", "judged", "true"))
            rows.append([row["band"].replace("-", " – "), *counts, _share(row, "precision")])
    return (
        f"{_markdown(rows)}\n\nArea under the ROC curve: {figures['auc']:.3f}. Brier score: "
        f"{figures['brier']:.3f} ({figures['brier_base']:.3f} when every site gets the mean share)."
    )


def _table(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, sep=";", decimal=",", encoding="utf-8-sig")


def _markdown(rows: list[list[str]]) -> str:
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


if __name__ == "__main__":
    made = blocks(*map(Path, sys.argv[1:4]))
    for name in PAGES:
        text = renewed((DOCS / name).read_text(encoding="utf-8"), made)
        (DOCS / name).write_text(text, encoding="utf-8", newline="\n")
