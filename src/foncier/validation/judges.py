"""Agreement of people who judged the same sites."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from foncier.model import VERDICTS
from foncier.validation.readings import kappa

if TYPE_CHECKING:
    import geopandas as gpd

COLUMNS = ["first", "second", "shared", "agreed", "kappa"]


def judges(truths: gpd.GeoDataFrame, kinds: pd.Series[str]) -> pd.DataFrame:
    """Compare the conclusive verdicts of each pair of judges on the sites that both judged.

    Parameters
    ----------
    truths
        ``opportunity_id``, ``verdict``, ``observed_on`` and ``author`` (missing: nobody named).
    kinds
        Kind of each site, by its id; it decides what a verdict says.

    Returns
    -------
    `COLUMNS`, one row a pair with a site in common: numbers of the judges in the order of their
    names (names are not given), sites that both judged, those on which they agree (true or false),
    and Cohen's kappa (NaN where chance alone agrees wholly).

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {"opportunity_id": list("abab"), "author": list("xxyy"), "observed_on": pd.NaT}
    ... ).assign(verdict=["vrai", "faux", "vrai", "vrai"])
    >>> judges(table, pd.Series("friche", list("ab")))[["shared", "agreed"]].to_numpy().tolist()
    [[2, 1]]
    """
    rows = truths.loc[truths["author"].notna() & truths["opportunity_id"].isin(kinds.index)]
    kind = rows["opportunity_id"].map(kinds)
    holds = [VERDICTS[w].confirms(k) for w, k in zip(rows["verdict"], kind, strict=True)]
    known = pd.DataFrame(rows.assign(holds=pd.array(holds, dtype="boolean")))
    known = known.dropna(subset="holds").sort_values("observed_on", kind="stable")
    last = known.drop_duplicates(["author", "opportunity_id"], keep="last")
    wide = last.pivot_table(
        index="opportunity_id", columns="author", values="holds", aggfunc="last"
    )
    found: list[dict[str, Any]] = []
    for (one, first), (two, second) in combinations(enumerate(wide.columns, start=1), 2):
        pair = wide[[first, second]].dropna().to_numpy(dtype=np.intp)
        if not len(pair):
            continue
        counts = np.bincount(pair[:, 0] * 2 + pair[:, 1], minlength=4).reshape(1, 2, 2)
        value = float(kappa(counts.astype(np.float64))[0])
        agreed = int((pair[:, 0] == pair[:, 1]).sum())
        found.append(dict(zip(COLUMNS, (one, two, len(pair), agreed, value), strict=True)))
    return pd.DataFrame(found, columns=COLUMNS)
