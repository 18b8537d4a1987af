"""Rows and parcels written under another code of their commune: absorbed, merged, or split.

A register may write the commune of before a merger, the cadastre that of after; Paris, Lyon and
Marseille are one commune or their arrondissements.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from foncier import communes

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd
    from numpy.typing import NDArray

    from foncier.readers.report import Journal

IDU_LENGTH = 14
NO_PREFIX = "000"  # of a parcel whose commune absorbed none, or is the seat of those that merged


def in_study(
    codes: pd.Series[Any],
    studied: Iterable[str],
    parcels: gpd.GeoDataFrame | None = None,
    points: gpd.GeoSeries | None = None,
) -> pd.Series[Any]:
    """Tell which rows may be of the study, by the code of their commune or by their location.

    Parameters
    ----------
    codes
        INSEE code of each row; a missing one is of the study.
    studied
        Codes of the study.
    parcels, points
        PARCELS of the study and a geometry of each row, where known: a row of another code that
        lies on a parcel of the study is of the study. A row of the whole commune of which the study
        is a part (Lyon, for its third arrondissement) is decided by its location where it has one.

    Examples
    --------
    >>> list(in_study(pd.Series(["69383", "69123", "80021", None]), ["69383"]))
    [True, True, False, True]
    """
    studied = tuple(studied)
    own = communes.written_as(studied)
    if parcels is not None:
        own |= absorbed_by(parcels["parcel_id"])
    inside = codes.isna() | codes.isin(own)
    larger = {communes.whole(code) for code in studied} - own
    maybe = ~inside & codes.isin(larger)
    if points is None or parcels is None or not len(parcels):
        return inside | maybe
    rest = (~inside).to_numpy() & ~shapely.is_missing(points.to_numpy())
    placed = pd.Series(False, codes.index)
    placed[rest] = _on_parcels(points[rest], parcels)
    return inside | placed | (maybe & ~pd.Series(rest, codes.index))


def absorbed_by(parcel_ids: pd.Series[Any]) -> frozenset[str]:
    """Codes of the absorbed communes that the prefixes of parcels name.

    Examples
    --------
    >>> sorted(absorbed_by(pd.Series(["80999021AB0001", "80999000AB0001"])))
    ['80021']
    """
    ids = parcel_ids[parcel_ids.str.len() == IDU_LENGTH]
    distinct = (ids.str.slice(0, 2) + ids.str.slice(5, 8)).unique()
    return frozenset(code for code in distinct if not code.endswith(NO_PREFIX))


def in_absorbed(parcel_ids: pd.Series[Any], studied: Iterable[str]) -> pd.Series[Any]:
    """Tell which parcels may be of the study when it is of communes that others absorbed.

    The cadastre has their parcels under the code of the new commune: their prefix is what is left
    of the former code.

    Examples
    --------
    >>> ids = pd.Series(["01015340AB0001", "01015000AB0001"])
    >>> list(in_absorbed(ids, ["01340"])), list(in_absorbed(ids, ["01015"]))
    ([True, False], [True, True])
    """
    former = {code for code in studied if communes.is_absorbed(code)}
    whole = {communes.whole(code) for code in former} - set(studied)
    renamed = parcel_ids.str.slice(0, 2) + parcel_ids.str.slice(5, 8)
    return ~parcel_ids.str.slice(0, 5).isin(whole) | renamed.isin(former)


def _on_parcels(points: gpd.GeoSeries, parcels: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    moved = points if points.crs is None else points.to_crs(parcels.crs)
    inner = shapely.point_on_surface(np.asarray(moved.to_numpy(), dtype=object))
    near = shapely.intersects(shapely.box(*parcels.total_bounds), inner)
    hit = shapely.STRtree(parcels.geometry.to_numpy()).query(inner[near], predicate="intersects")
    found = np.zeros(len(inner), dtype=np.bool_)
    found[np.flatnonzero(near)[hit[0]]] = True
    return found


def to_cadastre(
    lists: pd.Series[Any], parcels: gpd.GeoDataFrame | None, journal: Journal
) -> pd.Series[Any]:
    """Rewrite the parcels of each row as the cadastre of the study writes them today.

    The parcel ``DDCCC000SSNNNN`` of an absorbed commune is ``<new commune>CCCSSNNNN``, and the
    reverse for a cadastre of before the merger. A parcel that the cadastre does not have under
    another code stays as it is.

    Parameters
    ----------
    lists
        IDUs joined by ``|``, missing where unknown.
    parcels
        PARCELS of the study; None without a cadastre.
    """
    if parcels is None or not len(parcels):
        return lists
    refs = lists.dropna().str.split("|").explode()
    known = pd.Index(parcels["parcel_id"])
    strange = pd.Series(refs[~refs.isin(known)].unique(), dtype="str")
    names = {name: to for name, to in _renamed(strange, known).items() if to in known}
    if not names:
        return lists
    changed = refs.isin(list(names)).groupby(level=0).any()
    journal.add("repaired", int(changed.sum()), "readers.former_communes.parcels")
    rows = refs[refs.index.isin(changed.index[changed])]
    rewritten = rows.replace(names).sort_values(kind="stable").groupby(level=0).unique()
    return rewritten.str.join("|").reindex(lists.index).fillna(lists)


def _renamed(refs: pd.Series[Any], known: pd.Index[Any]) -> dict[str, str]:
    """Names that references to parcels may have in the cadastre, by the reference."""
    today = pd.Series(known, dtype="str")
    today = today[today.str.slice(5, 8) != NO_PREFIX]
    former = today.str.slice(0, 2) + today.str.slice(5, 8) + NO_PREFIX + today.str.slice(8)
    once = ~former.duplicated(keep=False)
    names = dict(zip(former[once], today[once], strict=True))
    prefixed = refs[refs.str.slice(5, 8) != NO_PREFIX]
    older = prefixed.str.slice(0, 2) + prefixed.str.slice(5, 8) + NO_PREFIX + prefixed.str.slice(8)
    names |= dict(zip(prefixed, older, strict=True))
    codes = {code: communes.whole(code) for code in set(pd.Series(known, dtype="str").str[:5])}
    for code in refs.str.slice(0, 5).unique():
        same = [c for c, w in codes.items() if code in (c, w) or communes.whole(code) == c]
        same = [c for c in same if not communes.arrondissements(communes.whole(c))]
        if len(same) == 1 and same[0] != code:
            moved = refs[refs.str.slice(0, 5) == code]
            again = same[0] + moved.str.slice(5)
            names |= dict(zip(moved[again.isin(known)], again[again.isin(known)], strict=True))
    return {ref: names[ref] for ref in refs if ref in names}
