"""What a sheet says a site is believed for: findings, tests, and the uses that it suits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from foncier.export.sheets.typography import (
    is_known,
    measured,
    printable,
    short_day,
)
from foncier.export.sheets.words import word
from foncier.export.words import VALUES
from foncier.i18n import figure
from foncier.results.explain import parcels_of

if TYPE_CHECKING:
    from foncier.export.sheets.tables import SheetTables
    from foncier.i18n import Lang

Row = dict[str, Any]
MOST_EVIDENCE = 12
MOST_USES = 4


def evidence(given: SheetTables, site: Row, tests: pd.DataFrame, lang: Lang) -> dict[str, Any]:
    """Findings, the weightiest first, with source and date; how many are left to the file.

    What a test says of the site is left to the table of the tests, which tells its margin too.
    """
    own = given.evidence.loc[given.evidence["opportunity_id"] == site["opportunity_id"]]
    own = own[~own["signal"].isin(own_tests(site, tests)["rule"])]
    heavy = own["weight"].abs().fillna(0.0)
    own = own.assign(heavy=heavy).sort_values("heavy", ascending=False, kind="stable")
    rows = [
        {
            "direction": row["direction"],
            "word": word(row["direction"], lang),
            "text": printable(row[f"text_{lang}"], lang=lang, limit=300),
            "source": _source(given, row["source"], row["observed_on"], lang),
        }
        for row in own.head(MOST_EVIDENCE).to_dict("records")
    ]
    more = len(own) - len(rows)
    told_by_tests = not rows and len(own_tests(site, tests)) > 0
    if told_by_tests:
        return {"evidence": None, "more": ""}
    return {"evidence": rows, "more": word("more_evidence", lang, n=more) if more else ""}


def _source(given: SheetTables, source: Any, when: Any, lang: Lang) -> str:
    """Source and date; of a sign without a date, the date of the layer that it is in."""
    layer = given.layer_dates.get(source)
    if is_known(when):
        dated = short_day(pd.Timestamp(when).date(), lang)
    elif layer:
        dated = word("layer_of", lang, day=short_day(pd.Timestamp(layer).date(), lang))
    else:
        dated = word("unknown_date", lang)
    return f"{printable(source, lang=lang, limit=120)}, {dated}"


def own_tests(site: Row, tests: pd.DataFrame) -> pd.DataFrame:
    """Tests of the parcels of a site, for the kind that it is."""
    own = (tests["kind"] == site["kind"]) & tests["parcel_id"].isin(parcels_of(site["parcel_ids"]))
    return pd.DataFrame(tests[own])


def detection(site: Row, tests: pd.DataFrame, lang: Lang) -> dict[str, Any]:
    """Tests of the site for what it is; over several parcels, the closest of each."""
    own = own_tests(site, tests)
    several = own["parcel_id"].nunique()
    closest = own.sort_values("margin", kind="stable").drop_duplicates("rule").sort_values("step")
    rows = [_test(row, lang) for row in closest.to_dict("records")]
    title = word("tests_parcels", lang, n=several) if several > 1 else word("tests", lang)
    return {"title": title, "rows": rows}


def _test(row: dict[Any, Any], lang: Lang) -> dict[str, str]:
    unit = str(row["unit"]) if is_known(row["unit"]) else ""
    passed = row["passed"]
    verdict = "untold" if passed is None or pd.isna(passed) else "passed" if passed else "failed"
    if not unit and row["threshold"] == 1 and row["value"] in (0, 1):  # a question, no measure
        value = word("yes" if row["value"] else "no", lang)
        return _line(row, verdict, (value, word("yes", lang), "–"), lang)
    margin = measured(abs(row["margin"]), unit, lang) if is_known(row["margin"]) else "–"
    sign = "" if not is_known(row["margin"]) else "+" if row["margin"] >= 0 else "−"
    figures = (
        measured(row["value"], unit, lang),
        measured(row["threshold"], unit, lang),
        sign + margin,
    )
    return _line(row, verdict, figures, lang)


def _line(
    row: dict[Any, Any], verdict: str, figures: tuple[str, str, str], lang: Lang
) -> dict[str, str]:
    return {
        "verdict": verdict,
        "word": word(verdict, lang),
        "label": printable(row[f"label_{lang}"], lang=lang, limit=120),
        **dict(zip(("value", "threshold", "margin"), figures, strict=True)),
    }


def uses(given: SheetTables, site: Row, lang: Lang) -> list[dict[str, Any]]:
    """First uses by mutability index (0 to 100), each with its interval over the unknown.

    Empty where the result has no such layer, or nothing of this site.
    """
    own = given.mutability
    own = own.loc[own["opportunity_id"] == site["opportunity_id"]].sort_values("rank")
    return [
        {
            "label": VALUES[row["use"]][lang] if row["use"] in VALUES else str(row["use"]),
            "index": figure(round(float(row["index"])), "", lang),
            "bar": {
                "value": float(row["index"]) / 100,
                "low": float(row["index_low"]) / 100,
                "high": float(row["index_high"]) / 100,
            },
            "band": VALUES[row["band"]][lang] if row["band"] in VALUES else "",
        }
        for row in own.head(MOST_USES).to_dict("records")
    ]
