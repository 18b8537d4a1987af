"""Tables of a densification study, from its land: by category, place, fabric, use and hardness."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from foncier.export.report.densification.land import BY_DENSITY, CATEGORIES, HARDNESS, PLOTS
from foncier.export.report.document import AREA, COUNT, NUMBER, SHARE, Field, Grid, grid
from foncier.export.words import VALUES
from foncier.geometry import covered_area_m2
from foncier.i18n import format_value, label, localize

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import geopandas as gpd
    import pandas as pd

    from foncier.i18n import Lang

SUMS = ("gross_m2", "net_m2", "low", "high", "kept_low", "kept_high")
# Tables by the column that they group, beside the category.
GROUPED = ("commune", "zone", "fabric")
SHOWN_WARNINGS = 2


def words(key: str, lang: Lang) -> str:
    """Label of a message of this report."""
    return label(f"export.densification.{key}")[lang]


def category_words(name: str, lang: Lang) -> str:
    """Name of a category, plural."""
    return words(f"category_{name}", lang)


def sums(rows: pd.DataFrame) -> dict[str, Any]:
    """Number, areas and dwellings of some land; ``unknown``: how many have no estimate."""
    known = {name: float(rows[name].sum()) for name in SUMS}
    return {"number": len(rows), **known, "unknown": int(rows["low"].isna().sum())}


def _figure_fields(lang: Lang) -> dict[str, Field]:
    return {
        "number": Field(words("number", lang), COUNT, 1.0),
        "gross_m2": Field(words("gross", lang), AREA, 1.0),
        "net_m2": Field(words("net", lang), AREA, 1.0),
        "low": Field(words("low", lang), COUNT, 1.4, words("dwellings", lang)),
        "high": Field(words("high", lang), COUNT),
        "kept_low": Field(words("kept_low", lang), COUNT, 1.4, words("kept", lang)),
        "kept_high": Field(words("kept_high", lang), COUNT),
        "unknown": Field(words("without", lang), COUNT, 1.1),
    }


def summary(rows: pd.DataFrame, sought: Collection[str], lang: Lang) -> Grid:
    """One row a category, then the total; what is taken is left out.

    A category that the study did not look for (`foncier.results.totals.sought_kinds`) is unknown,
    not 0.
    """
    free = rows[~rows["taken"]]
    found: list[dict[str, Any]] = []
    for name in CATEGORIES:
        known = sums(free[free["category"] == name]) if name in sought else {}
        found.append({"category": category_words(name, lang), **known})
    found.append({"category": words("total", lang), **sums(free)})
    fields = {"category": Field(words("category", lang), width=2.0), **_figure_fields(lang)}
    return grid("synthese", words("caption_summary", lang), fields, found, total=True)


def by_group(rows: pd.DataFrame, column: str, lang: Lang) -> Grid:
    """One row a value of a column and category, then the total."""
    free = rows[~rows["taken"]]
    unknown = words("unknown_group", lang)
    values = free[column].map(lambda one: _value(one, lang)).fillna(unknown)
    found: list[dict[str, Any]] = []
    for value in sorted(set(values), key=lambda one: (one == unknown, one)):
        for name in CATEGORIES:
            some = free[(values == value) & (free["category"] == name)]
            if len(some):
                found.append({"group": value, "category": category_words(name, lang), **sums(some)})
    found.append({"group": words("total", lang), "category": "", **sums(free)})
    fields = {
        "group": Field(words(column, lang), width=1.2),
        "category": Field(words("category", lang), width=1.8),
        **_figure_fields(lang),
    }
    return grid(f"par_{column}", words(f"caption_{column}", lang), fields, found, total=True)


def _value(value: Any, lang: Lang) -> Any:
    return VALUES[value][lang] if value in VALUES else value


def taken(rows: pd.DataFrame, lang: Lang) -> Grid:
    """Sites that are taken, by category: they are in no other table but the annex."""
    some = rows[rows["taken"]]
    found = [
        {"category": category_words(name, lang), **sums(some[some["category"] == name])}
        for name in CATEGORIES
        if (some["category"] == name).any()
    ]
    fields = {
        "category": Field(words("category", lang), width=2.0),
        "number": Field(words("number", lang), COUNT),
        "gross_m2": Field(words("gross", lang), AREA),
    }
    return grid("pris", words("caption_taken", lang), fields, found)


def uses(rows: pd.DataFrame, land_use: gpd.GeoDataFrame, lang: Lang) -> Grid:
    """Land under each use or constraint, by category, each square metre of a use once."""
    free = rows[~rows["taken"]]
    outlines = np.array(free["geometry"], dtype=object)
    category = free["category"].to_numpy()
    found = []
    for (kind, effect), some in land_use.groupby(["kind", "effect"], sort=True):
        covered = covered_area_m2(outlines, np.array(some.geometry.to_numpy(), dtype=object))
        by_category = {name: float(covered[category == name].sum()) for name in CATEGORIES}
        if sum(by_category.values()) >= 1.0:
            use = f"{_value(kind, lang)} – {_value(effect, lang)}"
            found.append({"use": use, **by_category, "all": sum(by_category.values())})
    fields = {
        "use": Field(words("use", lang), width=2.2),
        **{name: Field(words(f"short_{name}", lang), AREA) for name in CATEGORIES},
        "all": Field(words("total", lang), AREA),
    }
    return grid("contraintes", words("caption_uses", lang), fields, found)


def hardness(rows: pd.DataFrame, retention: Mapping[str, Any], lang: Lang) -> Grid:
    """Land by class of hardness, with the retention that the study states."""
    free = rows[~rows["taken"]]
    found: list[dict[str, Any]] = []
    for name in HARDNESS:
        some, (least, most) = free[free["hardness"] == name], retention[name]
        found.append(
            {"class": words(f"hardness_{name}", lang), "least": least, "most": most, **sums(some)}
        )
    found.append({"class": words("total", lang), "least": "", "most": "", **sums(free)})
    fields = {
        "class": Field(words("hardness", lang), width=1.4),
        "least": Field(words("retention_low", lang), SHARE, 1.2, words("retention", lang)),
        "most": Field(words("retention_high", lang), SHARE),
        **_figure_fields(lang),
    }
    return grid("durete", words("caption_hardness", lang), fields, found, total=True)


def densities(settings: Mapping[str, Any], profile: str, lang: Lang) -> Grid:
    """Where the dwellings of each category come from."""
    density = settings["density"]
    source = density["source"] or words("of_study", lang)
    stated = localize(
        "export.densification.density_stated",
        lang,
        low=density["low"],
        high=density["high"],
        source=source,
    )
    rule = localize("export.densification.density_rules", lang, rules=profile)
    unknown = words("density_unknown", lang)
    found = [
        {
            "category": category_words(name, lang),
            "source": rule if name in PLOTS else stated if name in BY_DENSITY else unknown,
        }
        for name in CATEGORIES
    ]
    fields = {
        "category": Field(words("category", lang), width=1.2),
        "source": Field(words("density", lang), width=3.5),
    }
    return grid("densites", words("caption_densities", lang), fields, found)


def reliability(rows: pd.DataFrame, lang: Lang) -> Grid:
    """Sites by category with their mean confidence: the share that is expected to be right."""
    found: list[dict[str, Any]] = []
    for name in CATEGORIES:
        some = rows[(rows["category"] == name) & rows["confidence"].notna()]
        every = int((rows["category"] == name).sum())
        mean = float(some["confidence"].astype("float64").mean()) if len(some) else float("nan")
        if every:
            found.append(
                {
                    "category": category_words(name, lang),
                    "number": every,
                    "known": len(some),
                    "mean": mean,
                }
            )
    fields = {
        "category": Field(words("category", lang), width=2.0),
        "number": Field(words("number", lang), COUNT),
        "known": Field(words("with_confidence", lang), COUNT),
        "mean": Field(words("mean_confidence", lang), SHARE),
    }
    return grid("fiabilite", words("caption_reliability", lang), fields, found)


def sources(inputs: Sequence[Mapping[str, Any]], lang: Lang) -> Grid:
    """Layers of the study with their date, origin and licence."""
    found = [
        {
            "layer": label(f"schemas.tables.{one['layer']}")[lang],
            "source": one["source"] or one["path"].rsplit("/", 1)[-1],
            "vintage": _day(one["vintage"], lang),
            "licence": one["licence"] or words("unknown_group", lang),
            "rows": one["rows_kept"],
        }
        for one in inputs
    ]
    fields = {
        "layer": Field(words("layer", lang), width=1.9),
        "source": Field(words("source", lang), width=2.4),
        "vintage": Field(words("vintage", lang), width=1.0),
        "licence": Field(words("licence", lang), width=1.3),
        "rows": Field(words("rows", lang), COUNT, 0.8),
    }
    return grid("donnees", words("caption_sources", lang), fields, found)


def _day(written: str | None, lang: Lang) -> str:
    if not written:
        return words("undated", lang)
    return format_value(date.fromisoformat(written), "day", lang)


def annex(rows: pd.DataFrame, lang: Lang) -> Grid:
    """Every piece of land: parcels, place, areas, hardness, dwellings, warnings."""
    texts = "warnings_en" if lang == "en" and "warnings_en" in rows else "warnings"
    found = [
        {
            "id": row["id"],
            "category": category_words(row["category"], lang),
            "parcels": _spaced(row["parcels"]),
            "commune": row["commune"],
            "zone": row["zone"],
            "fabric": _value(row["fabric"], lang),
            "gross_m2": row["gross_m2"],
            "net_m2": row["net_m2"],
            "hardness": words("taken", lang)
            if row["taken"]
            else words(f"hardness_{row['hardness']}", lang),
            "low": row["low"],
            "high": row["high"],
            "warnings": _first(row[texts]),
        }
        for row in rows.to_dict("records")
    ]
    fields = {
        "id": Field(words("id", lang), width=1.7),
        "category": Field(words("category", lang), width=1.1),
        "parcels": Field(words("parcels", lang), width=1.5),
        "commune": Field(words("commune", lang), width=0.7),
        "zone": Field(words("zone", lang), width=0.6),
        "fabric": Field(words("fabric", lang), width=0.8),
        "gross_m2": Field(words("gross", lang), AREA, 0.8),
        "net_m2": Field(words("net", lang), AREA, 0.8),
        "hardness": Field(words("hardness", lang), width=0.8),
        "low": Field(words("low", lang), NUMBER, 0.9, words("dwellings", lang)),
        "high": Field(words("high", lang), NUMBER),
        "warnings": Field(words("warnings", lang), width=2.4),
    }
    return grid("parcelles", words("caption_annex", lang), fields, found)


def _spaced(parcels: Any) -> str:
    return parcels.replace("|", ", ") if isinstance(parcels, str) else ""


def _first(warnings: Any) -> str:
    known = warnings.split(" | ")[:SHOWN_WARNINGS] if isinstance(warnings, str) else []
    return " ; ".join(known)


def find_again(lang: Lang) -> Grid:
    """How each figure is found in the GeoPackage: layer, rows, expression."""
    found = [
        {
            "category": category_words(name, lang),
            "layer": _layer_of(name),
            "rows": _rows_of(name, lang),
            "expression": words(f"sum_{name}", lang),
        }
        for name in CATEGORIES
    ]
    fields = {
        "category": Field(words("category", lang), width=1.0),
        "layer": Field(words("layer", lang), width=1.0),
        "rows": Field(words("which_rows", lang), width=2.2),
        "expression": Field(words("expression", lang), width=2.6),
    }
    return grid("retrouver", words("caption_find", lang), fields, found)


def _rows_of(category: str, lang: Lang) -> str:
    """Filter of the rows of a category, as QGIS and SQL read it."""
    if category == "assemblage":
        return words("every_row", lang)
    if category == "bati_mutable":
        return '"listed_ids" IS NULL'
    return f"\"kind\" = '{category}' AND coalesce(\"availability_class\", '') <> 'pris'"


def _layer_of(category: str) -> str:
    names = {"assemblage": "assemblages", "bati_mutable": "parcelles_mutables"}
    return names.get(category, "opportunites")
