"""Effect of a new line on each site: metres, minutes, score and rank, before and after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from foncier.schemas import WHAT_IF

if TYPE_CHECKING:
    from numpy.typing import NDArray

LOOP = "loop"
MIN_CHANGE_MIN = 0.05  # three seconds; less is rounding


@dataclass(frozen=True)
class Situation:
    """Access and scores of the sites in one state of the network (``ACCESS``, ``SCORES``)."""

    access: pd.DataFrame
    scores: pd.DataFrame


def gains(scenario: str, before: Situation, after: Situation) -> pd.DataFrame:
    """Compare two situations, site by site.

    Returns
    -------
    Table of the schema ``WHAT_IF``, the greatest gain of score first, then by id.
    ``minutes_gained`` is the largest gain over the destinations, named in ``towards``; negative
    where all travel times increase, 0 without a name where none changes, missing where no travel
    time is known in both. ``unlocked``: a destination without a path before has one after.
    """
    keys = ["opportunity_id", "target"]
    times = before.access.merge(after.access, on=keys, how="outer", suffixes=("_before", "_after"))
    times = times.assign(gained=times["time_min_before"] - times["time_min_after"])
    opened = times["time_min_before"].isna() & times["time_min_after"].notna()
    ids = np.sort(before.scores["opportunity_id"].to_numpy(dtype=object))
    best = times.dropna(subset="gained").sort_values(["gained", "target"], ascending=[False, True])
    best = best.drop_duplicates("opportunity_id").set_index("opportunity_id").reindex(ids)
    gained = best["gained"].to_numpy(dtype=np.float64)
    is_change = np.abs(gained) >= MIN_CHANGE_MIN
    loop = times[times["target"] == LOOP].set_index("opportunity_id").reindex(ids)
    table = pd.DataFrame(
        {
            "scenario": scenario,
            "opportunity_id": ids,
            "loop_m_before": loop["distance_m_before"].to_numpy(dtype=np.float64),
            "loop_m_after": loop["distance_m_after"].to_numpy(dtype=np.float64),
            "minutes_gained": np.where(np.isnan(gained) | is_change, gained, 0.0),
            "towards": best["target"].where(is_change).to_numpy(dtype=object),
            "unlocked": np.isin(ids, times.loc[opened, "opportunity_id"].to_numpy(dtype=object)),
        }
    )
    for name, scores in (("before", before.scores), ("after", after.scores)):
        known = scores.set_index("opportunity_id").reindex(ids)
        for column, figure in (("score", "score"), ("overall_rank", "rank")):
            table[f"{figure}_{name}"] = known[column].to_numpy(dtype=np.float64)
    gain = score_gain(table)
    order = np.lexsort((ids.astype(str), -np.nan_to_num(gain, nan=-np.inf)))
    found: pd.DataFrame = WHAT_IF.conform(table.iloc[order])
    return found


def score_gain(table: pd.DataFrame) -> NDArray[np.float64]:
    """Gain of score of each row of ``WHAT_IF``; NaN where a score is missing."""
    gain = table["score_after"].to_numpy(np.float64) - table["score_before"].to_numpy(np.float64)
    return np.asarray(np.round(gain, 9))
