"""Planning permits on sites: which of them take the site, and demolitions as evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from foncier import schemas
from foncier.detect.context import shapes, texts
from foncier.detect.evidence import neutral
from foncier.detect.planning import WHOLE_PARCEL
from foncier.detect.warnings import append_warnings
from foncier.i18n import Localized, label, localized

if TYPE_CHECKING:
    import datetime as dt

    from numpy.typing import NDArray

    from foncier.model import PermitRules

SIGNAL, DEMOLITION = "permit", "permit_demolish"
PERMIT_COLUMNS = ("permit_kind", "permit_state", "permit_on")
YEAR_DAYS = 365.25
DOUBTFUL = ("lapsed", "perhaps_lapsed")  # what they stand for is worded, not their state


def demolition_observations(permits: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """OBSERVATIONS of demolition permits that were not cancelled: an indication of vacancy."""
    kept = permits["kind"].eq("demolish") & permits["state"].ne("cancelled").fillna(True)
    rows = permits.loc[kept.to_numpy(dtype=bool)]
    found: gpd.GeoDataFrame = schemas.OBSERVATIONS.conform(
        gpd.GeoDataFrame(
            {
                "observation_id": "demolition-" + rows["permit_id"],
                "signal": DEMOLITION,
                "subject": "parcel",
                "observed_on": rows["authorised_on"],
                "source": rows["source"],
                "parcel_ids": rows["parcel_ids"],
            },
            geometry=rows.geometry,
            crs=permits.crs,
        )
    )
    return found


def standing(permits: pd.DataFrame, rules: PermitRules, on: dt.date | None) -> pd.Series[str]:
    """How each permit stands at a date.

    ``cancelled``: it is none. One that was not started has ``lapsed`` after ``extended_years``;
    from ``lapse_years`` on it has ``perhaps_lapsed``: whether it was extended is not known. Works
    older than ``started_years``, and buildings completed for more than ``completed_years``, are
    ``over``. Others are ``open``. Without a date of the study, or of the permit, none lapses.
    """
    day = np.datetime64(on if on is not None else "NaT", "us")
    authorised, started, completed = (
        (day - pd.to_datetime(permits[f"{name}_on"]).to_numpy("datetime64[us]"))
        / np.timedelta64(1, "D")
        / YEAR_DAYS
        for name in ("authorised", "started", "completed")
    )
    state = permits["state"].astype("str").fillna("authorised").to_numpy(dtype=object)
    begun = np.where(np.isnan(started), authorised, started)
    ended = np.where(np.isnan(completed), begun, completed)
    over = ((state == "started") & (begun > rules.started_years)) | (
        (state == "completed") & (ended > rules.completed_years)
    )
    waiting = state == "authorised"
    words = np.select(
        [
            state == "cancelled",
            over,
            waiting & (authorised > rules.extended_years),
            waiting & (authorised > rules.lapse_years),
        ],
        ["cancelled", "over", "lapsed", "perhaps_lapsed"],
        "open",
    )
    return pd.Series(words, permits.index, dtype="str")


def permits_on(
    sites: gpd.GeoDataFrame, permits: gpd.GeoDataFrame, rules: PermitRules, on: dt.date | None
) -> pd.DataFrame:
    """Permits that concern each site: on one of its parcels, or, without parcels, on its ground.

    Returns
    -------
    Columns of PERMITS with ``opportunity_id``, ``standing``, ``date`` (of the state) and ``takes``:
    whether the permit takes the site. The latest first within a site. Demolitions are not among
    them (`demolition_observations`).
    """
    rows = permits.loc[(permits["kind"] != "demolish").to_numpy(dtype=bool)]
    rows = rows.assign(standing=standing(rows, rules, on)).reset_index(drop=True)
    site, row = _pairs(sites, rows, rules)
    kinds = sites["kind"].to_numpy()[site]
    table = pd.DataFrame(rows.drop(columns="geometry")).iloc[row].reset_index(drop=True)
    date = table["authorised_on"].where(table["state"] != "started", table["started_on"])
    date = date.where(table["state"] != "completed", table["completed_on"])
    natures = texts(table["nature"])
    named = np.array(
        [
            (nature or "new") in rules.takes.get(kind, ())
            and (kind_of_site not in WHOLE_PARCEL or (nature or "new") in rules.on_plots)
            for nature, kind, kind_of_site in zip(natures, table["kind"], kinds, strict=True)
        ],
        dtype=bool,
    )
    table = table.assign(
        opportunity_id=sites["opportunity_id"].to_numpy()[site],
        date=date.fillna(table["authorised_on"]),
        takes=named & (table["standing"] == "open").to_numpy(dtype=bool),
    )
    return table.sort_values(
        ["opportunity_id", "takes", "date", "permit_id"],
        ascending=[True, False, False, True],
        kind="stable",
        ignore_index=True,
    )


def _pairs(
    sites: gpd.GeoDataFrame, permits: gpd.GeoDataFrame, rules: PermitRules
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pairs (site, permit) by a parcel of both; by ground for sites without parcels."""
    of_site = exploded(sites["parcel_ids"])
    of_permit = exploded(permits["parcel_ids"])
    pairs = of_site.merge(of_permit, on="parcel_id").drop_duplicates(["row_x", "row_y"])
    alone = np.flatnonzero(sites["parcel_ids"].isna().to_numpy(dtype=bool))
    plots, grounds = shapes(sites)[alone], shapes(permits)
    plot, permit = shapely.STRtree(grounds).query(plots, predicate="intersects")
    common = shapely.area(shapely.intersection(plots[plot], grounds[permit]))
    large = common >= rules.least_share * shapely.area(plots[plot])
    return (
        np.concatenate([pairs["row_x"].to_numpy(np.intp), alone[plot[large]]]),
        np.concatenate([pairs["row_y"].to_numpy(np.intp), permit[large]]),
    )


def exploded(parcel_ids: pd.Series[Any]) -> pd.DataFrame:
    """Row and parcel, for each parcel of each row."""
    lists = parcel_ids.reset_index(drop=True).dropna().str.split("|").explode()
    return pd.DataFrame({"parcel_id": lists.to_numpy(), "row": lists.index.to_numpy(np.intp)})


def permit_columns(sites: gpd.GeoDataFrame, located: pd.DataFrame) -> gpd.GeoDataFrame:
    """Sites with the permit that takes each of them, and a warning for it or for a doubtful one."""
    first = located.drop_duplicates("opportunity_id").set_index("opportunity_id")
    ids = sites["opportunity_id"]
    taken = first.loc[first["takes"].astype(bool)].reindex(ids)
    columns = {
        name: taken[column].to_numpy()
        for name, column in zip(PERMIT_COLUMNS, ("kind", "state", "date"), strict=True)
    }
    shown = first.loc[first["takes"].astype(bool) | (first["standing"] == "perhaps_lapsed")]
    warnings = {
        str(site): [_words(row)]
        for site, row in zip(shown.index, shown.to_dict("records"), strict=True)
    }
    added = [warnings.get(site, []) for site in ids]
    return sites.assign(**columns, **append_warnings(sites, added))


def _words(row: dict[Any, Any]) -> Localized:
    """Words of a permit: its kind, its state and date; what is doubtful."""
    state = row["state"] if isinstance(row["state"], str) else "authorised"
    name = row["standing"] if row["standing"] in DOUBTFUL else state
    kind = label(f"detect.permits.kind_{row['kind']}")
    if pd.isna(row["date"]):
        return localized(f"detect.permits.{name}_undated", kind=kind)
    return localized(f"detect.permits.{name}", kind=kind, date=row["date"].date())


def permit_evidence(located: pd.DataFrame) -> pd.DataFrame:
    """EVIDENCE rows of permits, neutral: state, date and number; whether the site is taken."""
    if located.empty:
        return schemas.EVIDENCE.empty()  # type: ignore[no-any-return]
    words = [_words(row) for row in located.to_dict("records")]
    return neutral(
        located["opportunity_id"].to_numpy(),
        SIGNAL,
        "detect.permits.evidence",
        params={
            "words": np.array(words, dtype=object),
            "number": located["permit_id"].to_numpy(object),
        },
        source=located["source"].to_numpy(object),
        observed_on=located["date"].to_numpy(),
    )
