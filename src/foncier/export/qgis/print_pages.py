"""Atlas and printed list of the project: one page a site, and every site in a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foncier.export.qgis import columns, layouts, print_tables
from foncier.export.qgis.environment import render, settings, words_in
from foncier.results.labels import FICTIONAL, alias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from markupsafe import Markup

    from foncier.i18n import Lang
    from foncier.model import ResultTables
    from foncier.results.layers import Layer
    from foncier.schemas import Column

ATLAS_MM = (140.0, 115.0)  # width and height of the map of layout_atlas.qpt
CLOSEST = 1000  # 1:n of the closest page
AROUND = 2.5  # extent of the map relative to that of the site
LONG_TITLE = 50  # characters of 13 points beside the notice of fictional data
MOST_CHARACTERS = 24  # of a value beside its name
MOST_PARCELS = 4 * 15 - 1  # characters of four parcels
SITE_SCALES = (1000, 1500, 2000, 2500, 5000, 7500, 10_000, 15_000, 20_000, 30_000, 50_000)


def atlas_layout(
    result: ResultTables,
    sites: Layer,
    layers: print_tables.Layers,
    *,
    legend: Sequence[Mapping[str, Any]],
    lang: Lang,
) -> Markup:
    """Atlas as XML: the page of a site has its map, its measures, its evidence and its times."""
    words = words_in(lang)
    warnings = "warnings" if lang == "fr" else "warnings_en"
    town = print_tables.town(sites.frame["commune"].dropna().astype(str))
    return render(
        "layout_atlas.qpt",
        name=words["atlas"],
        words=words,
        heading=f"[% concat({print_tables.RANK}, '. ', {print_tables.NAME}) %]",
        under="[% represent_value(\"kind\") || coalesce('   ·   ' || \"address\", '') || "
        f"coalesce('   ·   ' || {town}, '') || '   ·   ' || \"opportunity_id\" %]\n"
        + layouts.plain(f"{result.title}   ·   {layouts.subtitle(result, lang)}"),
        fictional=FICTIONAL[lang] if result.demo else "",
        legend=legend,
        theme=settings()["themes"][0][lang],
        scale=site_scale(),
        extent=layouts.frame(result.area.bounds, ATLAS_MM).corners,
        measures=_measures(sites, lang),
        evidence=print_tables.evidence_table(layers, lang),
        access=print_tables.access_table(layers, result.destinations, lang),
        warnings=f"[% coalesce(replace(\"{warnings}\", ' | ', '\\n'), "
        f"'{words['nothing_to_check']}') %]",
        coverage=layers["opportunites"],
        file="lpad(@atlas_featurenumber, 4, '0') || '-' || \"opportunity_id\"",
        page_name=print_tables.NAME,
        sort=f"lpad({print_tables.BY_RANK}, 12, '0') || \"opportunity_id\"",  # as the list
    )


def list_layout(
    result: ResultTables, sites: Layer, layers: print_tables.Layers, *, lang: Lang
) -> Markup:
    """Printed list of every site as XML, on as many pages as it needs."""
    words = words_in(lang)
    follows = print_tables.rank_note(sites.frame, words)
    return render(
        "layout_list.qpt",
        name=words["list"],
        words=words,
        title=layouts.plain(f"{words['list']} – {result.title}"),
        title_size=13 if len(result.title) < LONG_TITLE else 10,
        subtitle=layouts.plain(
            "   ·   ".join(filter(None, (layouts.subtitle(result, lang), follows)))
        ),
        fictional=FICTIONAL[lang] if result.demo else "",
        table=print_tables.site_list(layers, sites.frame, lang),
    )


def site_scale() -> str:
    """Expression of the scale of a page: the largest round one with space around the site."""
    width, height = ATLAS_MM
    needed = (
        f"1000 * {AROUND} * max(bounds_width(@atlas_geometry) / {width}, "
        f"bounds_height(@atlas_geometry) / {height})"
    )
    scales = ", ".join(map(str, SITE_SCALES))
    fitting = f"array_filter(array({scales}), @element >= {needed})"
    return f"coalesce(array_first({fitting}), {SITE_SCALES[-1]})"


def _measures(sites: Layer, lang: Lang) -> dict[str, str]:
    """Names of the measures of a page and, line by line, the expressions of their values."""
    there = {column.name: column for column in sites.columns}
    listed = [there[name] for name in settings()["atlas"]["measures"] if name in there]
    unknown = words_in(lang)["unknown"].lower()
    texts = [f"[% coalesce({_text(one, sites, lang)}, '{unknown}') %]" for one in listed]
    return {"names": "\n".join(alias(one, lang) for one in listed), "texts": "\n".join(texts)}


def _text(column: Column, sites: Layer, lang: Lang) -> str:
    """Expression of a value that keeps to its line; of parcels, the first ones."""
    if column.name == "parcel_ids":
        return (
            f"replace(left(\"parcel_ids\", {MOST_PARCELS}), '|', ' · ') "
            f"|| if(length(\"parcel_ids\") > {MOST_PARCELS}, ' …', '')"
        )
    return f"left({columns.text_expression(column, lang, sites.words)}, {MOST_CHARACTERS})"
