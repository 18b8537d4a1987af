"""Evidence, detection tests and best uses of a site, as a sheet prints them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from foncier.export.sheets.typography import is_known, measured, printable
from foncier.export.words import VALUES
from foncier.i18n import figure, format_value, label, localize
from foncier.results.explain import parcels_of, stated_band

if TYPE_CHECKING:
    from foncier.export.sheets.tables import SheetTables
    from foncier.i18n import Lang

Row = dict[str, Any]
MAX_EVIDENCE = 12


def evidence(tables: SheetTables, site: Row, tests: pd.DataFrame, lang: Lang) -> dict[str, Any]:
    """Evidence by decreasing weight, with source and date; how many more there are.

    Evidence that comes from a detection test is left out: the table of tests has it, with margin.
    """
    of_site = tables.evidence.loc[tables.evidence["opportunity_id"] == site["opportunity_id"]]
    of_site = of_site[~of_site["signal"].isin(site_tests(site, tests)["rule"])]
    size = of_site["weight"].abs().fillna(0.0)
    ordered = of_site.assign(size=size).sort_values("size", ascending=False, kind="stable")
    rows = [
        {
            "direction": row["direction"],
            "word": label(f"export.sheets.direction_{row['direction']}")[lang],
            "text": printable(row[f"text_{lang}"], lang=lang, limit=300),
            "source": _source(tables, row["source"], row["observed_on"], lang),
        }
        for row in ordered.head(MAX_EVIDENCE).to_dict("records")
    ]
    more = len(ordered) - len(rows)
    if not rows and len(site_tests(site, tests)):
        return {"evidence": None, "more": ""}
    words = localize("export.sheets.more_evidence", lang, count=more) if more else ""
    return {"evidence": rows, "more": words}


def _source(tables: SheetTables, source: Any, when: Any, lang: Lang) -> str:
    """Source and date; for evidence without a date, the date of its layer."""
    layer = tables.layer_dates.get(source)
    if is_known(when):
        dated = format_value(pd.Timestamp(when), "day", lang)
    elif layer:
        dated = localize("export.sheets.layer_of", lang, day=pd.Timestamp(layer))
    else:
        dated = localize("export.sheets.unknown_date", lang)
    return f"{printable(source, lang=lang, limit=120)}, {dated}"


def site_tests(site: Row, tests: pd.DataFrame) -> pd.DataFrame:
    """Tests of the parcels of a site, for its kind."""
    parcels = parcels_of(site["parcel_ids"])
    return pd.DataFrame(tests[(tests["kind"] == site["kind"]) & tests["parcel_id"].isin(parcels)])


def detection(site: Row, tests: pd.DataFrame, lang: Lang) -> dict[str, Any]:
    """Tests of the site for its kind; over several parcels, the smallest margin of each test."""
    of_site = site_tests(site, tests)
    parcels = of_site["parcel_id"].nunique()
    closest = (
        of_site.sort_values("margin", kind="stable").drop_duplicates("rule").sort_values("step")
    )
    rows = [_test(row, lang) for row in closest.sort_values("step").to_dict("records")]
    if parcels > 1:
        title = localize("export.sheets.tests_parcels", lang, count=parcels)
    else:
        title = localize("export.sheets.tests", lang)
    return {"title": title, "rows": rows}


def _test(row: dict[Any, Any], lang: Lang) -> dict[str, str]:
    unit = str(row["unit"]) if is_known(row["unit"]) else ""
    passed = row["passed"]
    verdict = (
        "unmeasured" if passed is None or pd.isna(passed) else "passed" if passed else "failed"
    )
    if not unit and row["threshold"] == 1 and row["value"] in (0, 1):  # a yes/no rule
        yes = localize("export.sheets.yes", lang)
        value = yes if row["value"] else localize("export.sheets.no", lang)
        return _line(row, verdict, (value, yes, "–"), lang)
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
        "word": label(f"export.sheets.test_{verdict}")[lang],
        "label": printable(row[f"label_{lang}"], lang=lang, limit=120),
        **dict(zip(("value", "threshold", "margin"), figures, strict=True)),
    }


def uses(tables: SheetTables, site: Row, lang: Lang) -> dict[str, Any] | None:
    """Uses by mutability index (0 to 100), each with its interval over the unknown criteria.

    The rating is that which reliability and interval support. Empty where the result has no such
    layer, or no row for this site.
    """
    table = tables.mutability
    best = table.loc[table["opportunity_id"] == site["opportunity_id"]].sort_values("use_rank")
    rows = [
        {
            "label": VALUES[row["use"]][lang] if row["use"] in VALUES else str(row["use"]),
            "index": figure(round(float(row["index"])), "", lang),
            "bar": {
                "value": float(row["index"]) / 100,
                "low": float(row["index_low"]) / 100,
                "high": float(row["index_high"]) / 100,
            },
            "span": localize(
                "export.sheets.range",
                lang,
                low=figure(round(float(row["index_low"])), "", lang),
                high=figure(round(float(row["index_high"])), "", lang),
            ),
            "band": VALUES[stated_band(row["stated_band"])][lang],
        }
        for row in best.to_dict("records")
    ]
    if not rows:
        return None
    note = localize("export.sheets.reliability", lang, reliability=best["reliability"].iloc[0])
    return {"rows": rows, "note": note}
