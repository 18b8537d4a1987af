"""Densification study of a result, as an editable document and a workbook of its tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foncier.errors import ConfigError
from foncier.export.report.densification import figures
from foncier.export.report.densification.land import CATEGORIES, land
from foncier.export.report.document import Block, Document, Heading, Paragraph, Turn
from foncier.export.report.pictures import sector_picture
from foncier.export.report.writers import editable
from foncier.export.sheets.typography import hectares
from foncier.i18n import Localized, figure, localize
from foncier.results.totals import counted_area, on_offer, sought_kinds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import pandas as pd

    from foncier.export.sheets.tables import SheetTables
    from foncier.i18n import Lang

NAME = "etude-densification"
COMPUTED, PLOT_LAYERS = ("assemblage", "bati_mutable"), {"parcels", "buildings"}
# Layers whose absence changes this study; travel times and scores are not in it.
CONCERNED = frozenset(
    (
        "parcels",
        "buildings",
        "zones",
        "constraints",
        "inventory",
        "observations",
        "vacancy_rates",
        "elevation",
        "owners",
        "prescriptions",
        "permits",
    )
)


def densification(
    tables: SheetTables, lang: Lang, templates: Mapping[str, Path]
) -> Mapping[str, bytes]:
    """Write the densification study of a result: ``.docx``, ``.odt``, and ``.xlsx`` of its tables.

    Parameters
    ----------
    tables
        A result of a study with ``[densification]``.
    templates
        Documents whose styles are used, by suffix (``docx``, ``odt``).

    Raises
    ------
    ConfigError
        The study has no ``[densification]``, or a template cannot be used.
    """
    settings = tables.manifest["configuration"].get("densification")
    if settings is None:
        raise ConfigError("export.densification.not_asked")
    return editable(study_document(tables, settings, lang), NAME, templates)


def study_document(tables: SheetTables, settings: Mapping[str, Any], lang: Lang) -> Document:
    """Content of the study: summary, tables, needs, reliability, method, annexes."""
    rows = land(tables, settings)
    blocks: list[Block] = [
        *_opening(tables, rows, settings, lang),
        *_places(rows, lang, several=len(tables.manifest["communes"]) > 1),
        *_limits(tables, rows, settings, lang),
        *_needs(tables, rows, settings, lang),
        *_reliability(tables, rows, lang),
        *_method(tables, settings, lang),
        *_annexes(rows, lang),
    ]
    return Document(
        title=localize("export.densification.title", lang),
        subtitle=tables.manifest["title"],
        day=tables.edition,
        lang=lang,
        blocks=tuple(blocks),
    )


def _text(key: str, lang: Lang, **params: Any) -> Paragraph:
    return Paragraph(localize(f"export.densification.{key}", lang, **params))


def _title(key: str, lang: Lang, level: int = 1) -> Heading:
    return Heading(localize(f"export.densification.{key}", lang), level)


def _opening(
    tables: SheetTables, rows: pd.DataFrame, settings: Mapping[str, Any], lang: Lang
) -> Iterator[Block]:
    if tables.manifest["fictional"]:
        yield _text("fictional", lang)
    yield _text("purpose", lang)
    yield _title("heading_summary", lang)
    free = rows[~rows["taken"]]
    total = figures.sums(free)
    yield _text(
        "summary",
        lang,
        number=total["number"],
        gross=hectares(total["gross_m2"], lang),
        net=hectares(total["net_m2"], lang),
    )
    yield _text("summary_dwellings", lang, **_rounded(total))
    if settings["need"]:
        yield Paragraph(_need_words(total, settings["need"], lang))
    if total["unknown"]:
        yield _text("summary_without", lang, count=total["unknown"])
    layers = {one["layer"] for one in tables.manifest["inputs"]}
    sought = {*sought_kinds(layers), *(COMPUTED if layers >= PLOT_LAYERS else ())}
    yield figures.summary(rows, sought, lang)
    if len(sought) < len(CATEGORIES):
        yield _text("not_sought", lang)
    yield _text("summary_note", lang)
    if rows["taken"].any():
        yield _text("taken_note", lang)
        yield figures.taken(rows, lang)
    yield sector_picture(tables, lang)


def _rounded(total: Mapping[str, float]) -> dict[str, int]:
    return {name: round(total[name]) for name in ("low", "high", "kept_low", "kept_high")}


def _places(rows: pd.DataFrame, lang: Lang, *, several: bool) -> Iterator[Block]:
    yield _title("heading_places", lang)
    for column in figures.GROUPED:
        if column != "commune" or several:
            yield _title(f"heading_{column}", lang, 2)
            yield figures.by_group(rows, column, lang)


def _limits(
    tables: SheetTables, rows: pd.DataFrame, settings: Mapping[str, Any], lang: Lang
) -> Iterator[Block]:
    yield _title("heading_limits", lang)
    yield _title("heading_uses", lang, 2)
    if len(tables.land_use):
        yield _text("uses_note", lang)
        yield figures.uses(rows, tables.land_use, lang)
    else:
        yield _text("uses_unknown", lang)
    yield _title("heading_hardness", lang, 2)
    retention = settings["retention"]
    source = retention["source"] or figures.words("of_study", lang)
    yield _text("hardness_note", lang, source=source)
    yield figures.hardness(rows, retention, lang)
    yield _title("heading_densities", lang, 2)
    profile = Localized(**tables.manifest["profile"]["label"])[lang]
    yield figures.densities(settings, profile, lang)


def _need_words(total: Mapping[str, float], need: Mapping[str, Any], lang: Lang) -> str:
    wanted = need["dwellings"]
    share = {
        f"share_{end}": total[f"kept_{end}"] / wanted if wanted else float("nan")
        for end in ("low", "high")
    }
    until = str(need["until"] or "")
    key = "need_until" if until else "need"
    source = need["source"] or figures.words("of_study", lang)
    values = {"dwellings": wanted, "source": source, **_rounded(total), **share}
    return localize(f"export.densification.{key}", lang, until=until, **values)


def _artificialised_words(sites: pd.DataFrame, lang: Lang) -> str:
    """Artificialised area of the sites that are not taken, where OCS GE says it."""
    free = on_offer(sites)
    if "artificialised_share" not in free or free["artificialised_share"].isna().all():
        return localize("export.densification.artificialised_unknown", lang)
    known = free[free["artificialised_share"].notna()]
    area = counted_area(known)
    part = float((area * known["artificialised_share"]).sum())
    return localize(
        "export.densification.artificialised",
        lang,
        count=len(known),
        others=len(free) - len(known),
        area=hectares(float(area.sum()), lang),
        part=hectares(part, lang),
    )


def _needs(
    tables: SheetTables, rows: pd.DataFrame, settings: Mapping[str, Any], lang: Lang
) -> Iterator[Block]:
    yield _title("heading_needs", lang)
    total = figures.sums(rows[~rows["taken"]])
    if settings["need"]:
        yield Paragraph(_need_words(total, settings["need"], lang))
    else:
        yield _text("need_unknown", lang)
    for one in settings["consumption"]:
        source = one["source"] or figures.words("of_study", lang)
        area = figure(one["hectares"], "ha", lang)
        yield _text("consumption", lang, period=one["period"], area=area, source=source)
    if not settings["consumption"]:
        yield _text("consumption_unknown", lang)
    yield Paragraph(_artificialised_words(tables.sites, lang))


def _reliability(tables: SheetTables, rows: pd.DataFrame, lang: Lang) -> Iterator[Block]:
    yield _title("heading_reliability", lang)
    yield _text("reliability_note", lang)
    yield figures.reliability(rows, lang)
    missing = [one["cost"][lang] for one in tables.manifest["missing"] if one["what"] in CONCERNED]
    if missing:
        yield _text("missing", lang)
        yield from (Paragraph(words, "bullet") for words in missing)


def _method(tables: SheetTables, settings: Mapping[str, Any], lang: Lang) -> Iterator[Block]:
    yield _title("heading_method", lang)
    profile = Localized(**tables.manifest["profile"]["label"])[lang]
    yield _text("method_rules", lang, rules=profile)
    for name in CATEGORIES:
        words = localize(f"export.densification.method_{name}", lang)
        yield Paragraph(f"{figures.category_words(name, lang)} : {words}", "bullet")
    chosen = settings["mutable"]
    yield _text(
        "method_mutable",
        lang,
        part=chosen["part"],
        share=chosen["built_share"],
        least=chosen["least_m2"],
        zones=chosen["zones"],
        source=chosen["source"] or figures.words("of_study", lang),
    )
    yield _title("heading_sources", lang, 2)
    yield figures.sources(tables.manifest["inputs"], lang)


def _annexes(rows: pd.DataFrame, lang: Lang) -> Iterator[Block]:
    yield Turn(landscape=True)
    yield _title("heading_annex", lang)
    yield figures.annex(rows, lang)
    yield Turn(landscape=False)
    yield _title("heading_find", lang)
    yield _text("find_note", lang)
    yield figures.find_again(lang)
