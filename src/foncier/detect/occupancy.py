"""Of several signs on one building or site: who is in, who has left, and what is said once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from foncier.i18n import Localized

CLOSED, ACTIVE = "sirene_closed", "sirene_active"
PARTLY = ("survey_partial", "premises_partly", "tax_partly")


def establishments(frame: pd.DataFrame) -> pd.DataFrame:
    """Let closed establishments speak only where no other is active (METHODS §5).

    Where some are active and some closed the place is partly used: the closed ones weigh nothing,
    and both bear the share that is active.

    Parameters
    ----------
    frame
        Columns ``opportunity_id``, ``signal``, ``part``, ``share``: one row a sign.

    Returns
    -------
    The rows in their order, with ``active`` and ``known``: establishments counted there.
    """
    closed, active = (frame["signal"] == CLOSED), (frame["signal"] == ACTIVE)
    who = frame["opportunity_id"]
    inside = active.groupby(who).transform("sum").astype("int64")
    known = inside + closed.groupby(who).transform("sum").astype("int64")
    mixed = (closed | active) & (inside > 0) & (inside < known)
    share = frame["share"].mask(mixed, inside / known.where(known > 0))
    part = frame["part"].mask(mixed & closed, 0.0)
    return frame.assign(active=inside, known=known, share=share, part=part)


def merge_repeated(frame: pd.DataFrame) -> pd.DataFrame:
    """Say once what one source says several times of one opportunity with one signal.

    The strongest row stays, the nearest of equals; its detail tells how many there are.
    """
    if frame.empty:
        return frame
    keys = ["opportunity_id", "signal", "source"]
    order = frame.assign(_weight=-frame["weight"].abs().fillna(0), _far=frame["distance_m"])
    order = order.sort_values(
        [*keys, "_weight", "_far", "observed_on", "detail"], ascending=[True] * 5 + [False, True]
    )
    many = order.groupby(keys, dropna=False)["signal"].transform("size")
    kept = ~order.duplicated(keys)
    rows = frame.loc[order.index[kept]]
    count = many[kept].to_numpy()
    details = [_several(d, n) for d, n in zip(rows["detail"], count, strict=True)]
    return rows.assign(detail=pd.Series(details, rows.index, dtype=object))


def _several(detail: Any, count: int) -> str | None:
    words = [detail] if isinstance(detail, str) else []
    words += [f"× {count}"] if count > 1 else []
    return " ".join(words) or None


def partly_used(frame: pd.DataFrame, ids: Any) -> list[list[Localized]]:
    """Points to watch of places that are used in part; none for the others."""
    mixed = frame.loc[(frame["active"] > 0) & (frame["active"] < frame["known"])]
    first = mixed.drop_duplicates("opportunity_id").set_index("opportunity_id")
    told = {
        name: Localized(
            f"occupé en partie\u00a0: {active} établissement(s) actif(s) sur {known}",
            f"used in part: {active} active establishment(s) of {known}",
        )
        for name, active, known in zip(first.index, first["active"], first["known"], strict=True)
    }
    shares = frame.loc[frame["signal"].isin(PARTLY)].drop_duplicates("opportunity_id")
    # A survey's share is what its outline covers, not what is free.
    shares = shares.assign(share=shares["share"].mask(shares["signal"] == "survey_partial"))
    for name, share in zip(shares["opportunity_id"], shares["share"], strict=True):
        known = not np.isnan(share)
        fr = f"\u00a0: {share * 100:.0f}\u00a0% libre" if known else ""
        en = f": {share * 100:.0f}% free" if known else ""
        told.setdefault(name, Localized(f"occupé en partie{fr}", f"used in part{en}"))
    return [[told[name]] if name in told else [] for name in ids]
