"""Composition of a rank: score × confidence × availability, and one line for each family."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from foncier.model import RankOrder
from foncier.schemas.results import TAKEN

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

# Values are placed in [0, 1] by their logarithm: this many powers of ten from 0 to 1.
POWERS = 12.0


@dataclass(frozen=True)
class Composition:
    """What each site has beside its score, shape (n,) each.

    ``factor`` is confidence × availability; ``last`` tells a site of low confidence, which comes
    after all others; ``apart`` one that is not ranked, because it is taken; ``line`` numbers the
    lines of the ranking, one a family. ``composed`` False: sites are ranked by their score alone.
    """

    ids: NDArray[np.object_]
    factor: Floats
    last: Flags
    apart: Flags
    line: NDArray[np.intp]
    composed: bool

    def of(self, rows: Flags) -> Composition:
        """Composition of some sites, with their lines numbered from 0."""
        _, line = np.unique(self.line[rows], return_inverse=True)
        return Composition(
            self.ids[rows],
            self.factor[rows],
            self.last[rows],
            self.apart[rows],
            line.reshape(-1).astype(np.intp),
            self.composed,
        )

    @property
    def lines(self) -> int:
        """Number of lines."""
        return int(self.line.max(initial=-1)) + 1

    def places(self, mean: Floats) -> Floats:
        """Value of each line in [0, 1], by which lines are ranked: that of its best site.

        Parameters
        ----------
        mean
            Scores in [0, 1], shape (…, n).

        Returns
        -------
        Shape (…, lines). A product is placed by its logarithm, in the upper half; in the lower
        half where the confidence is low.
        """
        if self.composed:
            with np.errstate(divide="ignore"):
                power = np.log10(mean) + np.log10(self.factor)
            mean = (np.clip(1.0 + power / POWERS, 0.0, 1.0) + ~self.last) / 2
        if self.lines == mean.shape[-1]:
            return np.asarray(mean[..., np.argsort(self.line)])
        order = np.argsort(self.line, kind="stable")
        first = np.searchsorted(self.line[order], np.arange(self.lines))
        return np.asarray(np.maximum.reduceat(mean[..., order], first, axis=-1))

    def spread(self, values: NDArray[Any]) -> NDArray[Any]:
        """Values of the lines as values of their sites."""
        return values[self.line]

    def heads(self, rank: pd.Series[float], value: pd.Series[float]) -> pd.Series[str]:
        """Id of the site that stands for the line of each site: the best that has a rank."""
        table = pd.DataFrame(
            {
                "line": self.line,
                "ranked": rank.isna().to_numpy(),
                "last": self.last,
                "value": -value.to_numpy(dtype=np.float64),
                "id": self.ids,
            }
        ).sort_values(["line", "ranked", "last", "value", "id"], na_position="last")
        heads = table.groupby("line")["id"].first()
        return pd.Series(heads.to_numpy(dtype=object)[self.line], rank.index, dtype="str")


def compose(sites: pd.DataFrame, order: RankOrder | None = None) -> Composition:
    """Read what composes the rank from the measures of the sites.

    Each figure is that of the row alone; a family only shares its line.

    Parameters
    ----------
    sites
        ``opportunity_id``, and ``availability``, ``availability_class``, ``confidence``, ``family``
        where they are there. Without an ``availability`` of each the score alone ranks. An unknown
        confidence is that of ``order``.
    order
        Parameters; by default those of `foncier.model.RankOrder`.

    Examples
    --------
    >>> table = pd.DataFrame({"opportunity_id": ["a", "b"], "availability": [0.5, 0.4],
    ...     "availability_class": ["pret", "pris"], "confidence": [0.8, None]})
    >>> found = compose(table)
    >>> found.factor.tolist(), found.apart.tolist()
    ([0.4, 0.2], [False, True])
    """
    order, count = order or RankOrder(), len(sites)
    ids = sites["opportunity_id"].to_numpy(dtype=object)
    own = pd.Series(ids, dtype="str")
    family = sites["family"].astype("str") if "family" in sites else own
    names = family.reset_index(drop=True).fillna("\t" + own)  # no family has the name of a site
    _, line = np.unique(names.to_numpy(dtype=str), return_inverse=True)
    line = line.reshape(-1).astype(np.intp)
    no = np.zeros(count, dtype=bool)
    if "availability" not in sites or sites["availability"].isna().any():
        return Composition(ids, np.ones(count), no, no, line, composed=False)
    sure = sites["confidence"].to_numpy(dtype=np.float64, na_value=np.nan)
    sure = np.where(np.isnan(sure), order.unknown_confidence, sure)
    had = sites["availability"].to_numpy(dtype=np.float64, na_value=np.nan)
    taken = (sites["availability_class"] == TAKEN).to_numpy(dtype=bool, na_value=False)
    apart = taken & (not order.rank_taken)
    return Composition(ids, sure * had, sure < order.least_confidence, apart, line, composed=True)
