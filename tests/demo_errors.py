"""Errors of the default rules on the demonstration, as a table of the docs.

To renew it after a wanted change: ``python tests/demo_errors.py``, then read the difference.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from foncier import demo
from foncier.model import KIND_LABELS
from foncier.pipeline.run import run
from foncier.study import read_study

if TYPE_CHECKING:
    from foncier.model import ResultTables

PAGE = Path(__file__).resolve().parent.parent / "docs" / "detection.md"
BEGIN = "<!-- made by tests/demo_errors.py: begin -->"
END = "<!-- made by tests/demo_errors.py: end -->"
KINDS = ("dent_creuse", "terrain_divisible")


def truth(result: ResultTables) -> Any:
    """Ground truth inside the study area; a building's id is its parcel."""
    table = pd.read_csv(demo.study_folder() / "verite.csv", sep=";", dtype=str)
    places = gpd.GeoSeries.from_xy(table["lon"].astype(float), table["lat"].astype(float), crs=4326)
    inside = places.to_crs(2154).within(result.area.buffer(-5))
    return table.loc[inside.to_numpy()]


def markdown(result: ResultTables, planted: Any) -> str:
    """Two tables: plots found and missed by kind; outcome of each trap."""
    lines = [
        "| kind | planted | found | missed | extra, flagged | extra, no flag | recall | "
        "precision |",
        "|---|---|---|---|---|---|---|---|",
        *(_kind(result, planted, kind) for kind in KINDS),
        "",
        "| trap | planted | outcome |",
        "|---|---|---|",
        *_traps(result, planted[(planted["kind"] == "trap") & (planted["subject"] == "parcel")]),
    ]
    return "\n".join(lines) + "\n"


def _kind(result: ResultTables, planted: Any, kind: str) -> str:
    found = result.candidates[result.candidates["kind"] == kind]
    wanted = set(planted.loc[planted["kind"] == kind, "id"])
    hit = found["parcel_ids"].isin(wanted)
    # Plots planted to be flagged are not errors.
    known = set(planted.loc[planted["expected"] == "flagged", "id"])
    told = ~hit & (
        found["parcel_ids"].isin(known) & found["warnings"].notna()
        | found["warnings"].fillna("").str.contains("terrain de la friche")
    )
    loose = int((~hit & ~told).sum())
    recall, precision = hit.sum() / len(wanted), hit.sum() / (hit.sum() + loose)
    name = KIND_LABELS[kind].en.lower()
    return (
        f"| {name} | {len(wanted)} | {hit.sum()} | {len(wanted) - hit.sum()} | "
        f"{told.sum()} | {loose} | {recall:.2f} | {precision:.2f} |"
    )


def _traps(result: ResultTables, traps: Any) -> list[str]:
    reasons = result.rejections.set_index("parcel_id")["rule"]
    flags = result.candidates.dropna(subset="parcel_ids").set_index("parcel_ids")["warnings"]
    lines = []
    for trap, rows in traps.groupby("trap", sort=True):
        ends = Counter(_end(parcel, reasons, flags) for parcel in rows["id"])
        told = ", ".join(
            f"{end} ({n})" if len(ends) > 1 else end for end, n in sorted(ends.items())
        )
        lines.append(f"| {trap} | {len(rows)} | {told} |")
    return lines


def _end(parcel: str, reasons: Any, flags: Any) -> str:
    if parcel in reasons.index:
        return f"rejected by `{reasons[parcel]}`"
    flag = flags.get(parcel)
    words = {
        "recouvre": "overlap",
        "stationnement": "car park",
        "cœur d'îlot": "courtyard",
        "terrain de la friche": "listed friche",
        "enclavée": "landlocked",
        "Zone inondable": "flood zone",
    }
    named = sorted(word for sign, word in words.items() if sign in str(flag))
    return f"kept, flagged: {' and '.join(named)}" if named else "KEPT WITHOUT A FLAG"


def renewed(page: str, table: str) -> str:
    """Page of the docs with the table in its place."""
    before, rest = page.split(BEGIN)
    return f"{before}{BEGIN}\n{table}{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    done = run(read_study(demo.study_folder()))
    text = renewed(PAGE.read_text(encoding="utf-8"), markdown(done, truth(done)))
    PAGE.write_text(text, encoding="utf-8", newline="\n")
