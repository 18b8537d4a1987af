"""Prescriptions and informations of the local plan, and easements, that lie on sites."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from foncier import schemas
from foncier.detect.context import planning_codes, shapes, texts
from foncier.detect.evidence import concat_evidence, neutral
from foncier.detect.warnings import append_warnings
from foncier.geometry import Floats, Geometries, overlaps
from foncier.i18n import Localized, localized

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from foncier.model import PlanningCode, PlanningRules

SIGNAL = "prescription"
WHOLE_PARCEL = ("dent_creuse", "terrain_divisible")  # what excludes was cut from their outline
RESERVED_SHARE = 0.5  # from this share, a site is available to the beneficiary alone
SHOWN_NAMES = 2  # of the objects of one code on a site
COLUMNS = ("opportunity_id", "code", "share", "name", "text", "document", "validated_on")


def prescriptions_on(
    sites: gpd.GeoDataFrame,
    parcels: gpd.GeoDataFrame | None,
    prescriptions: gpd.GeoDataFrame,
    rules: PlanningRules,
) -> pd.DataFrame:
    """Prescriptions on each site, one row a site and code, with the share that they cover.

    What excludes is measured on the whole parcels of a plot, from whose outline it was cut; the
    rest on the site. Less than `PlanningRules.least_share` and ``least_m2`` is the imprecision of
    the drawings. A line counts from ``line_m`` inside, a point inside counts; their share is NaN.

    Returns
    -------
    Columns `COLUMNS`, by site and code; ``name`` and ``text`` join those of the objects.
    """
    if prescriptions.empty or sites.empty:
        return pd.DataFrame({name: pd.Series([], dtype=object) for name in COLUMNS})
    codes, outlines = planning_codes(prescriptions), shapes(prescriptions)
    excludes = np.array([rules.of(code).effect == "exclude" for code in codes])
    dimension = shapely.get_dimensions(outlines)
    whole = _whole_parcels(sites, parcels)
    found = [
        _surfaces(plots, outlines, np.flatnonzero((dimension == 2) & chosen), rules)
        for plots, chosen in ((whole, excludes), (shapes(sites), ~excludes))
    ]
    found += [_lines(shapes(sites), outlines, np.flatnonzero(dimension == 1), rules)]
    found += [_points(shapes(sites), outlines, np.flatnonzero(dimension == 0))]
    site, row, share = (np.concatenate([part[n] for part in found]) for n in range(3))
    objects = prescriptions.iloc[row.astype(np.intp)]
    table = pd.DataFrame(
        {
            "opportunity_id": sites["opportunity_id"].to_numpy()[site.astype(np.intp)],
            "code": codes[row.astype(np.intp)],
            "share": share,
            "name": texts(objects["label"]),
            "text": texts(objects["text"]),
            "document": texts(objects["document"]),
            "validated_on": objects["validated_on"].to_numpy(),
        }
    )
    return _by_code(table)


def _whole_parcels(sites: gpd.GeoDataFrame, parcels: gpd.GeoDataFrame | None) -> Geometries:
    """Outline of each site; the parcel of a plot."""
    outlines = shapes(sites)
    if parcels is None:
        return outlines
    at = pd.Index(parcels["parcel_id"]).get_indexer(sites["parcel_ids"].fillna(""))
    plot = sites["kind"].isin(WHOLE_PARCEL).to_numpy(dtype=bool) & (at >= 0)
    outlines[plot] = shapes(parcels)[at[plot]]
    return outlines


def _surfaces(
    plots: Geometries, outlines: Geometries, rows: NDArray[np.intp], rules: PlanningRules
) -> tuple[Any, Any, Floats]:
    """Sites under surfaces: position of the site, of the surface, and share of the site."""
    shared = overlaps(plots, outlines[rows])
    area = np.asarray(shapely.area(plots), dtype=np.float64)[shared.plot]
    share = np.divide(shared.area_m2, area, out=np.zeros(len(area)), where=area > 0)
    large = (share >= rules.least_share) | (shared.area_m2 >= rules.least_m2)
    return shared.plot[large], rows[shared.cover[large]], np.minimum(share[large], 1.0)


def _lines(
    plots: Geometries, outlines: Geometries, rows: NDArray[np.intp], rules: PlanningRules
) -> tuple[Any, Any, Floats]:
    plot, line = shapely.STRtree(outlines[rows]).query(plots, predicate="intersects")
    inside = shapely.length(shapely.intersection(plots[plot], outlines[rows[line]]))
    plot, line = plot[inside >= rules.line_m], line[inside >= rules.line_m]
    return plot, rows[line], np.full(len(plot), np.nan)


def _points(
    plots: Geometries, outlines: Geometries, rows: NDArray[np.intp]
) -> tuple[Any, Any, Floats]:
    plot, point = shapely.STRtree(outlines[rows]).query(plots, predicate="intersects")
    return plot, rows[point], np.full(len(plot), np.nan)


def _by_code(table: pd.DataFrame) -> pd.DataFrame:
    """One row a site and code: the shares of its objects together, their names and texts."""
    ordered = table.sort_values(["opportunity_id", "code", "name", "text"], kind="stable")
    groups = ordered.groupby(["opportunity_id", "code"], sort=True)
    merged = groups.agg(
        share=("share", lambda one: one.sum(min_count=1)),
        name=("name", _joined),
        text=("text", _joined),
        document=("document", "first"),
        validated_on=("validated_on", "max"),
    ).reset_index()
    return merged.assign(share=merged["share"].clip(upper=1.0))[list(COLUMNS)]


def _joined(values: pd.Series[Any]) -> str | None:
    known = list(dict.fromkeys(values.dropna()))
    shown = known[:SHOWN_NAMES] + (["…"] if len(known) > SHOWN_NAMES else [])
    return " ; ".join(shown) or None


def prescription_columns(
    sites: gpd.GeoDataFrame, located: pd.DataFrame, rules: PlanningRules
) -> gpd.GeoDataFrame:
    """Sites with ``prescriptions``, ``planning_effect`` and a warning for each that has an effect.

    ``prescriptions`` are the codes joined by ``|``; missing without any. The effect is the
    strongest: ``reserve`` where half of the site or more is reserved, ``cut``, ``bound``, ``flag``.
    """
    codes = located.groupby("opportunity_id")["code"].agg("|".join)
    effect = pd.Series(_effects(located, rules), located.index, dtype=object)
    ranks = {name: n for n, name in enumerate(schemas.PLANNING_EFFECTS)}
    first = effect.map(ranks).groupby(located["opportunity_id"]).min().dropna()
    strongest = first.map(dict(enumerate(schemas.PLANNING_EFFECTS)))
    ids = sites["opportunity_id"]
    return sites.assign(
        prescriptions=ids.map(codes),
        planning_effect=ids.map(strongest),
        **append_warnings(sites, _warnings(ids, located, rules)),
    )


def _effects(located: pd.DataFrame, rules: PlanningRules) -> list[str | None]:
    names = {"exclude": "cut", "bound": "bound", "flag": "flag"}
    effects: list[str | None] = []
    for code, share in zip(located["code"], located["share"], strict=True):
        effect = rules.of(code).effect
        if effect == "reserve":
            effects.append("reserve" if share >= RESERVED_SHARE else "flag")
        else:
            effects.append(names.get(effect))
    return effects


def _warnings(
    ids: pd.Series[str], located: pd.DataFrame, rules: PlanningRules
) -> list[list[Localized]]:
    """Warnings of each site, in the order of the codes."""
    warnings: dict[str, list[Localized]] = {}
    for row in located.itertuples(index=False):
        code = rules.of(str(row.code))
        if code.effect != "context":
            words = _words(code, row.share, None)
            warnings.setdefault(str(row.opportunity_id), []).append(words)
    return [warnings.get(site, []) for site in ids]


def _words(code: PlanningCode, share: Any, name: Any) -> Localized:
    """Words of a prescription on a site: what it is, its article, the share, its own name."""
    words: Localized = code.label
    if code.article:
        words = localized("detect.planning.with_article", words=words, article=code.article)
    if share == share:  # noqa: PLR0124 (NaN is not equal to itself)
        words = localized("detect.planning.with_share", words=words, share=float(share))
    if isinstance(name, str):
        words = localized("detect.planning.with_name", words=words, name=name)
    return words


def prescription_evidence(located: pd.DataFrame, rules: PlanningRules, source: str) -> pd.DataFrame:
    """EVIDENCE rows of the prescriptions that have an effect: neutral, with article and name."""
    effect = [rules.of(str(code)).effect != "context" for code in located["code"]]
    located = located.loc[np.array(effect, dtype=bool)]
    if located.empty:
        return schemas.EVIDENCE.empty()  # type: ignore[no-any-return]
    words = [
        _words(rules.of(str(code)), share, name)
        for code, share, name in zip(
            located["code"], located["share"], texts(located["name"]), strict=True
        )
    ]
    rows = neutral(
        located["opportunity_id"].to_numpy(),
        SIGNAL,
        "detect.planning.evidence",
        params={"words": np.array(words, dtype=object), "code": located["code"].to_numpy(object)},
        source=source,
        observed_on=located["validated_on"].to_numpy(),
        share=located["share"].to_numpy(dtype=np.float64),
    )
    return concat_evidence([rows])
