"""Supply on land that is artificialised already (ZAN), beside the consumption of the study."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from foncier.export.report.densification.figures import sources
from foncier.export.report.document import (
    AREA,
    COUNT,
    SHARE,
    Block,
    Document,
    Field,
    Grid,
    Heading,
    Paragraph,
    Turn,
    grid,
)
from foncier.export.report.writers import editable
from foncier.export.sheets import content
from foncier.export.sheets.typography import hectares, is_known
from foncier.export.words import VALUES
from foncier.i18n import figure, label, localize
from foncier.results.totals import counted_area, offer_classes, sought_kinds
from foncier.schemas.results import AVAILABILITY_CLASSES, KINDS, TAKEN

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from foncier.export.sheets.tables import SheetTables
    from foncier.i18n import Lang

NAME = "zan"
AREAS = ("area_m2", "artificialised_m2", "other_m2", "unknown_m2")


def zan(tables: SheetTables, lang: Lang, templates: Mapping[str, Path]) -> Mapping[str, bytes]:
    """Write the report of a result: ``.docx``, ``.odt``, and ``.xlsx`` of its tables.

    Parameters
    ----------
    templates
        Documents whose styles are used, by suffix (``docx``, ``odt``).

    Raises
    ------
    ConfigError
        A template cannot be used.
    """
    return editable(zan_document(tables, lang), NAME, templates)


def zan_document(tables: SheetTables, lang: Lang) -> Document:
    """Content of the report: supply by state of the ground, consumption, limits, annex."""
    rows = supply_on_ground(tables)
    free = rows[rows["class"] != TAKEN]
    layers = {one["layer"] for one in tables.manifest["inputs"]}
    settings = tables.manifest["configuration"].get("densification") or {}
    blocks: list[Block] = [
        *_opening(tables, free, lang),
        by_kind(free, sought_kinds(layers), lang),
        by_class(rows, lang),
        *_consumption(free, settings.get("consumption") or (), lang),
        Heading(_words("heading_method", lang)),
        *(Paragraph(_words(f"method_{n}", lang), "bullet") for n in range(1, 5)),
        sources(tables.manifest["inputs"], lang),
        Turn(landscape=True),
        annex(rows, lang),
    ]
    return Document(
        title=_words("title", lang),
        subtitle=tables.manifest["title"],
        day=tables.edition,
        lang=lang,
        blocks=tuple(blocks),
    )


def supply_on_ground(tables: SheetTables) -> pd.DataFrame:
    """Sites with the area that they count by the state of its ground.

    Returns
    -------
    ``opportunity_id``, ``kind``, ``name``, ``address``, ``parcel_ids``, ``class`` (availability),
    ``share`` (artificialised, of OCS GE; missing where it is unknown), ``area_m2`` (the counted
    area) and its parts ``artificialised_m2``, ``other_m2`` and ``unknown_m2``. Of a site whose
    share is unknown, all is unknown: its first two parts are missing, never 0.
    """
    sites = tables.sites
    area = counted_area(sites).astype("float64").to_numpy()
    share = (
        sites["artificialised_share"].astype("float64").to_numpy()
        if "artificialised_share" in sites
        else np.full(len(sites), np.nan)
    )
    return pd.DataFrame(
        {
            "opportunity_id": sites["opportunity_id"].to_numpy(),
            "kind": sites["kind"].to_numpy(),
            "name": sites["name"].to_numpy(),
            "address": sites["address"].to_numpy(),
            "parcel_ids": sites["parcel_ids"].to_numpy(),
            "class": offer_classes(sites).to_numpy(),
            "share": share,
            "area_m2": area,
            "artificialised_m2": area * share,
            "other_m2": area * (1 - share),
            "unknown_m2": np.where(np.isnan(share), area, 0.0),
        }
    )


def _words(key: str, lang: Lang) -> str:
    return label(f"export.zan.{key}")[lang]


def _text(key: str, lang: Lang, **params: Any) -> Paragraph:
    return Paragraph(localize(f"export.zan.{key}", lang, **params))


def _sums(rows: pd.DataFrame) -> dict[str, Any]:
    """Number and areas; a part of which nothing is known is missing unless there is no land."""
    known = rows["share"].notna().any() or not len(rows)
    sums = {name: float(rows[name].sum()) for name in AREAS}
    ends = {"least": _share(rows, 0.0), "most": _share(rows, 1.0)}
    if not known:
        ends |= dict.fromkeys(("artificialised_m2", "other_m2", *ends), float("nan"))
    return {"number": len(rows), **sums, **ends}


def _share(rows: pd.DataFrame, unknown: float) -> float:
    """Artificialised share if that of all unknown land were this; missing without any land."""
    area = float(rows["area_m2"].sum())
    part = float(rows["artificialised_m2"].sum() + unknown * rows["unknown_m2"].sum())
    return part / area if area else float("nan")


def _fields(lang: Lang) -> dict[str, Field]:
    return {
        "number": Field(_words("number", lang), COUNT, 0.7),
        "area_m2": Field(_words("area", lang), AREA),
        "artificialised_m2": Field(_words("artificialised", lang), AREA, 1.2),
        "other_m2": Field(_words("not_artificialised", lang), AREA, 1.2),
        "unknown_m2": Field(_words("unknown", lang), AREA),
        "least": Field(_words("share_least", lang), SHARE, 1.2, _words("share", lang)),
        "most": Field(_words("share_most", lang), SHARE),
    }


def by_kind(free: pd.DataFrame, sought: Collection[str], lang: Lang) -> Grid:
    """Supply by kind and state of the ground; a kind that was not sought is unknown."""
    found: list[dict[str, Any]] = [
        {
            "group": VALUES[kind][lang],
            **(_sums(free[free["kind"] == kind]) if kind in sought else {}),
        }
        for kind in KINDS
    ]
    found.append({"group": _words("total", lang), **_sums(free)})
    fields = {"group": Field(_words("kind", lang), width=1.6), **_fields(lang)}
    return grid("par_nature", _words("caption_kind", lang), fields, found, total=True)


def by_class(rows: pd.DataFrame, lang: Lang) -> Grid:
    """Sites by availability and state of the ground; those taken are a row, in no total."""
    found = [
        {"group": VALUES[name][lang], **_sums(rows[rows["class"] == name])}
        for name in AVAILABILITY_CLASSES
    ]
    fields = {"group": Field(_words("availability", lang), width=1.6), **_fields(lang)}
    return grid("par_disponibilite", _words("caption_class", lang), fields, found)


def _opening(tables: SheetTables, free: pd.DataFrame, lang: Lang) -> Iterator[Block]:
    if tables.manifest["fictional"]:
        yield Paragraph(localize("export.densification.fictional", lang))
    yield _text("purpose", lang)
    yield Heading(_words("heading_supply", lang))
    total = _sums(free)
    if free["share"].isna().all():
        area = hectares(total["area_m2"], lang)
        yield _text("supply_unknown", lang, count=len(free), area=area)
        return
    yield _text(
        "supply",
        lang,
        count=len(free),
        area=hectares(total["area_m2"], lang),
        part=hectares(total["artificialised_m2"], lang),
        other=hectares(total["other_m2"], lang),
        unknown=hectares(total["unknown_m2"], lang),
    )


def _consumption(
    free: pd.DataFrame, stated: Sequence[Mapping[str, Any]], lang: Lang
) -> Iterator[Block]:
    """Consumption that the study states, and the supply as a share of it."""
    yield Heading(_words("heading_consumption", lang))
    if not stated:
        yield _text("consumption_unknown", lang)
        return
    known = free["share"].notna().any()
    part = float(free["artificialised_m2"].sum()) / 1e4 if known else float("nan")
    found = [
        {
            "period": one["period"],
            "consumed": figure(one["hectares"], "ha", lang),
            "source": one["source"] or localize("export.densification.of_study", lang),
            "supply": hectares(part * 1e4, lang) if known else localize("util.unknown", lang),
            "ratio": part / one["hectares"] if one["hectares"] else float("nan"),
        }
        for one in stated
    ]
    fields = {
        "period": Field(_words("period", lang)),
        "consumed": Field(_words("consumed", lang), width=1.1),
        "source": Field(_words("source", lang), width=2.0),
        "supply": Field(_words("supply_artificialised", lang), width=1.5),
        "ratio": Field(_words("ratio", lang), SHARE, 1.3),
    }
    yield grid("consommation", _words("caption_consumption", lang), fields, found)
    yield _text("consumption_note", lang)


def annex(rows: pd.DataFrame, lang: Lang) -> Grid:
    """Every site with the state of its ground, as in the layer ``opportunites``."""
    ordered = rows.sort_values(["kind", "opportunity_id"])
    sites: Any = ordered.to_dict("records")
    found = [
        {
            **row,
            "kind": VALUES[row["kind"]][lang],
            "name": content.title_of(row, lang),
            "parcels": row["parcel_ids"].replace("|", ", ") if is_known(row["parcel_ids"]) else "",
            "class": VALUES[row["class"]][lang],
        }
        for row in sites
    ]
    fields = {
        "opportunity_id": Field(_words("id", lang), width=1.6),
        "kind": Field(_words("kind", lang), width=1.2),
        "name": Field(_words("name", lang), width=1.8),
        "parcels": Field(_words("parcels", lang), width=1.5),
        "class": Field(_words("availability", lang)),
        "area_m2": Field(_words("area", lang), AREA, 0.9),
        "share": Field(_words("share", lang), SHARE, 1.2),
        "artificialised_m2": Field(_words("artificialised", lang), AREA, 1.1),
        "other_m2": Field(_words("not_artificialised", lang), AREA, 1.1),
    }
    return grid("sites", _words("caption_annex", lang), fields, found)
