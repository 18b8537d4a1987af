"""Evidence located on a site: it applies to all or part of it; repetitions are merged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from foncier import schemas
from foncier.detect.context import shapes, texts
from foncier.detect.evidence import COLUMNS, WHOLE_SITE, concat_evidence, neutral
from foncier.i18n import Localized, label, localized

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from foncier.detect.context import SpatialContext
    from foncier.detect.deduplicate import Outlines
    from foncier.geometry import Geometries

# Evidence on one building or one establishment concerns a part of its site.
PART_OF_A_SITE = 0.4
NEAR_M = 200.0  # NAFU: BASIAS, BASOL or Cartofriches within 200 m give a point each
BASIAS_BASOL = ("casias", "ademe")  # first letters of the signals of these records
MEASURED_POINTS = 7  # of 11: 4 on vacancy and activity, 3 on neighbours; 1 more with a zoning
CLOSED, ACTIVE = "sirene_closed", "sirene_active"
CLOSED_WORKS = "icpe_closed"
PARTIAL_SIGNALS = ("survey_partial", "premises_partly", "tax_partly")
# Values of the closed lists of the standard (CNIG « Friches » 1.0.6), by their code here.
STANDARD_VALUES = {
    "friche industrielle": "industrial",
    "friche commerciale": "commercial",
    "friche hospitalière": "hospital",
    "friche agro-industrielle": "food_industry",
    "friche carrière ou mine": "quarry",
    "friche militaire": "military",
    "friche d'habitat": "housing",
    "friche d'équipement public": "public_facility",
    "friche portuaire": "harbour",
    "friche aéroportuaire": "airport",
    "friche ferroviaire": "railway",
    "friche logistique": "logistics",
    "friche loisir tourisme hôtellerie": "leisure",
    "friche enseignement": "school",
    "friche cultuelle": "worship",
    "mixte": "mixed",
    "mixte - dominante habitat": "mixed_housing",
    "mixte - autre": "mixed_other",
    "autre": "other_kind",
    "inconnu": "unknown",
    "pollution avérée": "proven_pollution",
    "pollution supposée": "suspected_pollution",
    "pollution peu probable": "unlikely_pollution",
    "pollution inexistante": "no_pollution",
    "pollution traitée": "treated_pollution",
    "dégradation inexistante ou faible": "little_decay",
    "dégradation moyenne": "some_decay",
    "dégradation très importante": "heavy_decay",
    "dégradation hétérogène": "uneven_decay",
}


def assign_to_site(
    rows: gpd.GeoDataFrame, outline: Outlines, group: NDArray[np.intp], register: NDArray[np.bool_]
) -> NDArray[np.intp]:
    """Group of each row, with records of registers in the group of the site that contains them.

    A record (CASIAS, ADEME, tax data) is evidence, not a perimeter: where it lies in the outline of
    a listed site, or all its parcels belong to the site, it is assigned to the smallest such site.
    Other records stay sites of their own.

    Parameters
    ----------
    rows
        INVENTORY rows and observed sites.
    group
        Groups of `foncier.detect.deduplicate.same_sites`.
    register
        True for rows that are records of a register, shape (n,).
    """
    alone = ~np.isin(group, group[~register])
    loose = np.flatnonzero(register & alone)
    sites = np.flatnonzero(~register & outline.drawn)
    assigned = group.copy()
    if len(loose) and len(sites):
        order = np.argsort(-shapely.area(outline.shapes[sites]), kind="stable")
        sites = sites[order]  # the smallest is written last
        points = shapely.point_on_surface(outline.shapes[loose])
        row, hit = shapely.STRtree(outline.shapes[sites]).query(points, predicate="intersects")
        ordered = np.argsort(hit, kind="stable")
        assigned[loose[row[ordered]]] = group[sites[hit[ordered]]]
    return _assign_by_parcels(rows, group, assigned, loose, register)


def _assign_by_parcels(
    rows: gpd.GeoDataFrame,
    group: NDArray[np.intp],
    assigned: NDArray[np.intp],
    loose: NDArray[np.intp],
    register: NDArray[np.bool_],
) -> NDArray[np.intp]:
    """Assign records to the site with the fewest parcels that has all of theirs."""
    lists = texts(rows["parcel_ids"])
    sites_of: dict[str, list[int]] = {}
    for site in np.flatnonzero(~register):
        for parcel in (lists[site] or "").split("|"):
            sites_of.setdefault(parcel, []).append(int(site))
    for row in loose:
        parcels = lists[row].split("|") if lists[row] else []
        sites = [set(sites_of.get(parcel, [])) for parcel in parcels]
        common = set.intersection(*sites) if sites else set()
        if common:
            best = min(common, key=lambda n: (len(lists[n]), str(rows["site_id"].iloc[n])))
            assigned[row] = group[best]
    return assigned


def evidence_on_sites(
    context: SpatialContext, sites: gpd.GeoDataFrame, drawn: NDArray[np.bool_]
) -> pd.DataFrame:
    """Evidence on buildings and plots that lie on a site, in the columns of `apply_weights`.

    Only sites with a real outline have such evidence. Evidence on a building or an establishment
    counts for a part (0.4); evidence on parcels for the share of the site that they cover together.

    Parameters
    ----------
    sites
        CANDIDATES.
    drawn
        True for sites with a real outline, shape (n,).
    """
    columns = [*COLUMNS, *WHOLE_SITE]
    located = _located_observations(context)
    if located is None or not drawn.any():
        return pd.DataFrame(columns=columns)
    chosen = np.flatnonzero(drawn)
    plots, spots = shapes(sites)[chosen], shapes(located)
    row, hit = shapely.STRtree(plots).query(shapely.point_on_surface(spots), predicate="intersects")
    order = np.lexsort((hit, row))
    row, hit = row[order], hit[order]
    rows = pd.DataFrame(located).reindex(columns=[*COLUMNS[1:], "subject"])
    rows = rows.iloc[row].reset_index(drop=True)
    covered = _covered(spots[row], plots[hit])
    by_plot = (rows["subject"] == "parcel").to_numpy(dtype=bool)
    whole = (rows["subject"] == "site").to_numpy(dtype=bool)
    rows = rows.assign(
        opportunity_id=sites["opportunity_id"].to_numpy()[chosen[hit]],
        distance_m=0.0,
        share=np.where(by_plot, covered, np.nan),
        part=np.select([by_plot, whole], [covered, 1.0], PART_OF_A_SITE),
    )
    return count_establishments(_sum_parcels(rows))[columns]


def _located_observations(context: SpatialContext) -> gpd.GeoDataFrame | None:
    """Observations that concern the site that they lie on; None where there is none.

    An outline of a site is a site of its own, and evidence that names a site concerns that site
    only (`foncier.detect.evidence.evidence_by_name`).
    """
    if context.observations is None:
        return None
    rows = context.observations
    point = shapely.get_dimensions(shapes(rows)) == 0
    named = rows["opportunity_id"].notna().to_numpy(dtype=bool)
    other_site = (rows["subject"] == "site").to_numpy(dtype=bool) & (~point | named)
    rows = rows.loc[~other_site].reset_index(drop=True)
    return None if rows.empty else rows


def _covered(outlines: Geometries, plots: Geometries) -> Any:
    """Share of each plot that an outline covers."""
    common = shapely.area(shapely.intersection(outlines, plots))
    return np.minimum(common / shapely.area(plots), 1.0)


def _sum_parcels(rows: pd.DataFrame) -> pd.DataFrame:
    """Sum the parcels of one site that have the same signal: their shares, the latest date."""
    plots = rows.loc[rows["subject"] == "parcel"]
    if plots.empty:
        return rows
    keys = ["opportunity_id", "signal", "source", "subject"]
    sums = plots.groupby(keys, as_index=False).agg(
        detail=("detail", "first"),
        detail_en=("detail_en", "first"),
        observed_on=("observed_on", "max"),
        distance_m=("distance_m", "min"),
        share=("share", "sum"),
        part=("part", "sum"),
    )
    sums = sums.assign(share=sums["share"].clip(upper=1.0), part=sums["part"].clip(upper=1.0))
    rest = rows.loc[rows["subject"] != "parcel"]
    return pd.concat([rest, sums], ignore_index=True) if len(rest) else sums


def nafu_score(rows: gpd.GeoDataFrame, ids: Any, zone: pd.Series[Any]) -> pd.DataFrame:
    """EVIDENCE rows of the NAFU score of the sites that meet its rule, where it can be measured.

    Of its 11 points, 4 come from the tax data (vacancy, activity), 1 from the zone, 3 from records
    within 200 m; urban unit, land cover and environmental zoning are not measured.

    Parameters
    ----------
    ids
        Opportunity of each row, shape (n,).
    zone
        Zone of each opportunity, by its id; missing is unknown.
    """
    tax = np.flatnonzero((rows["signal"] == "nafu").to_numpy(dtype=bool))
    if not len(tax):
        return schemas.EVIDENCE.empty()  # type: ignore[no-any-return]
    tax = tax[pd.Series(ids[tax]).drop_duplicates().index]
    spots = shapely.centroid(shapes(rows))
    signal = rows["signal"].astype("str")
    kinds = [
        signal.str.startswith(name).to_numpy(dtype=bool, na_value=False) for name in BASIAS_BASOL
    ]
    kinds.append(rows["signal"].isna().to_numpy(dtype=bool))
    near = sum(_near(spots[tax], spots[kind]) for kind in kinds)
    zones = zone.reindex(ids[tax])
    inside = zones.str.startswith("U").fillna(False).to_numpy(dtype=bool)
    measured = np.where(zones.notna(), MEASURED_POINTS + 1, MEASURED_POINTS)
    points = rows["points"].fillna(0).to_numpy()[tax] + near + inside
    return neutral(
        ids[tax],
        "score NAFU",
        "detect.evidence.nafu",
        params={"count": points, "measured": measured},
        source="NAFU (EPF de Nouvelle-Aquitaine)",
    )


def _near(spots: Geometries, others: Geometries) -> NDArray[np.intp]:
    """1 where one of the others lies within 200 m, else 0, shape (n,)."""
    row, _ = shapely.STRtree(others).query(spots, predicate="dwithin", distance=NEAR_M)
    near = np.zeros(len(spots), dtype=np.intp)
    near[row] = 1
    return near


def count_establishments(frame: pd.DataFrame) -> pd.DataFrame:
    """Count establishments; closed ones have a weight only where no other is active (METHODS §5).

    A place with active and closed establishments is used in part: the closed ones have no weight,
    and the share of both is that of the active ones.

    Parameters
    ----------
    frame
        Columns ``opportunity_id``, ``signal``, ``part``, ``share``.

    Returns
    -------
    The rows in their order, with ``active`` and ``known``: numbers of establishments of the place.
    """
    closed, active = (frame["signal"] == CLOSED), (frame["signal"] == ACTIVE)
    place = frame["opportunity_id"]
    inside = active.groupby(place).transform("sum").astype("int64")
    known = inside + closed.groupby(place).transform("sum").astype("int64")
    mixed = (closed | active) & (inside > 0) & (inside < known)
    share = frame["share"].mask(mixed, inside / known.where(known > 0))
    part = frame["part"].mask(mixed & closed, 0.0)
    return frame.assign(active=inside, known=known, share=share, part=part)


def merge_repeated(frame: pd.DataFrame) -> pd.DataFrame:
    """Merge rows of one opportunity, signal and source.

    The strongest row stays, the nearest of equals; its detail states the number of rows.
    """
    if frame.empty:
        return frame
    keys = ["opportunity_id", "signal", "source"]
    order = frame.assign(_weight=-frame["weight"].abs().fillna(0), _far=frame["distance_m"])
    order = order.sort_values(
        [*keys, "_weight", "_far", "observed_on", "detail"], ascending=[True] * 5 + [False, True]
    )
    size = order.groupby(keys, dropna=False)["signal"].transform("size")
    first = ~order.duplicated(keys)
    rows = frame.loc[order.index[first]]
    count = size[first].to_numpy()
    english = rows["detail_en"].where(rows["detail_en"].notna(), rows["detail"])
    return rows.assign(
        detail=_with_count(rows["detail"], count), detail_en=_with_count(english, count)
    )


def _with_count(details: pd.Series[Any], count: NDArray[np.intp]) -> pd.Series[Any]:
    """Details, each with the number of rows that it stands for."""
    words = [_counted(detail, n) for detail, n in zip(details, count, strict=True)]
    return pd.Series(words, details.index, dtype=object)


def _counted(detail: Any, count: int) -> str | None:
    words = [detail] if isinstance(detail, str) else []
    words += [f"× {count}"] if count > 1 else []
    return " ".join(words) or None


def partial_use_warnings(frame: pd.DataFrame, ids: Any) -> list[list[Localized]]:
    """Warn of each opportunity that is used in part; an empty list for the others."""
    mixed = frame.loc[(frame["active"] > 0) & (frame["active"] < frame["known"])]
    first = mixed.drop_duplicates("opportunity_id")
    warnings = {
        name: localized("detect.warnings.active_establishments", count=active, known=known)
        for name, active, known in zip(
            first["opportunity_id"], first["active"], first["known"], strict=True
        )
    }
    partial = frame.loc[frame["signal"].isin(PARTIAL_SIGNALS)].drop_duplicates("opportunity_id")
    # The share of a survey is what its outline covers, not what is vacant.
    shares = partial["share"].mask(partial["signal"] == "survey_partial")
    for name, share in zip(partial["opportunity_id"], shares, strict=True):
        warnings.setdefault(name, _partial_use(share))
    return [[warnings[name]] if name in warnings else [] for name in ids]


def soil_warnings(frame: pd.DataFrame, ids: Any) -> list[list[Localized]]:
    """Warn of the soil of each opportunity with a closed classified installation (ICPE)."""
    concerned = set(frame.loc[frame["signal"] == CLOSED_WORKS, "opportunity_id"])
    warning = localized("detect.warnings.former_works")
    return [[warning] if name in concerned else [] for name in ids]


def _partial_use(share: float) -> Localized:
    """Warn of a place of which a share is vacant (NaN: unknown; rounded to all: not stated)."""
    if np.isnan(share) or round(share, 2) >= 1.0:
        return localized("detect.warnings.partly_used")
    return localized("detect.warnings.partly_vacant", share=share)


def standard_value(value: str) -> Localized:
    """Value of the inventory in both languages; what the standard does not list stays as it is.

    Examples
    --------
    >>> standard_value("pollution peu probable").en, standard_value("lot 3 en friche").en
    ('pollution unlikely', 'lot 3 en friche')
    """
    code = STANDARD_VALUES.get(value)
    return Localized(value, label(f"detect.inventory.{code}").en if code else value)


def attribute_evidence(rows: gpd.GeoDataFrame, ids: NDArray[np.object_]) -> pd.DataFrame:
    """EVIDENCE rows of other attributes of the records, without weight."""
    parts = []
    for column in ("pollution", "activity", "site_type", "buildings_state"):
        known = rows[column].notna().to_numpy(dtype=bool)
        values = [standard_value(value) for value in texts(rows[column])[known]]
        parts.append(
            neutral(
                ids[known],
                column,
                f"detect.evidence.{column}",
                params={"value": np.array(values, dtype=object)},
                source=rows["source"].to_numpy()[known],
                observed_on=rows["updated_on"].to_numpy()[known],
            )
        )
    return concat_evidence(parts)


def merged_record_evidence(rows: gpd.GeoDataFrame, ids: NDArray[np.object_]) -> pd.DataFrame:
    """EVIDENCE rows that name the records that were merged into one site."""
    records = pd.Series(rows["site_id"].to_numpy()).groupby(ids).agg(list)
    records = records[records.map(len) > 1]
    names = records.map(lambda some: tuple(sorted(some))).to_numpy(dtype=object)
    return neutral(
        records.index.to_numpy(),
        "même site",
        "detect.evidence.merged_records",
        params={"records": names},
        source="foncier",
    )
