"""Requirements of a project against the sites: fits, near misses, what to check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from foncier.errors import ConfigError
from foncier.schemas import MATCH_CHECKS, MATCHES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from foncier.i18n import Localized

    Floats = NDArray[np.float64]

FLOOR = "floor_m2"
KIND = "kind"
EVERY_STOREY = 1.0  # floor area is at least the footprint


@dataclass(frozen=True)
class Condition:
    """A condition on a site: a measure with its bounds, or the allowed kinds.

    ``why`` is the origin of the condition, in French (a theme, or the project owner).
    """

    name: str
    measure: str
    label: Localized
    unit: str = ""
    at_least: float | None = None
    at_most: float | None = None
    any_of: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True)
class Tolerance:
    """Definition of a near miss: most failed conditions, most shortfall as a share of the bound."""

    share: float = 0.25
    conditions: int = 2


def match_requirements(
    sites: pd.DataFrame, conditions: Sequence[Condition], tolerance: Tolerance | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Check each site against each condition.

    Parameters
    ----------
    sites
        One row an opportunity: ``opportunity_id``, ``kind``, ``overall_rank`` and the measures of
        the conditions.
        A measure that is missing is unknown. ``floor_m2`` is unknown but at least
        the footprint ``existing_m2``: a large enough footprint passes, a site without building
        fails, the others are to be checked.
    conditions
        The requirements.
    tolerance
        Definition of a near miss.

    Returns
    -------
    Tables of the schemas ``MATCHES`` (one row a site: those that fit, then those to check, near
    misses, the others; by rank within) and ``MATCH_CHECKS`` (one row a site and
    condition: value, bound, verdict, shortfall). An unknown value neither passes nor fails.

    Raises
    ------
    ConfigError
        No condition, or a measure that the result does not have.
    """
    limits = tolerance or Tolerance()
    if not conditions:
        raise ConfigError("scoring.requirements.no_condition")
    ordered = sites.sort_values("opportunity_id", ignore_index=True)
    checks = pd.concat([_check(ordered, condition) for condition in conditions], ignore_index=True)
    checks = checks.assign(near=checks["short_share"] <= limits.share)
    failed = checks[checks["verdict"] == "no"]
    groups = {
        "met": checks["verdict"].eq("yes").groupby(checks["opportunity_id"]).sum(),
        "to_check": checks["verdict"].eq("unknown").groupby(checks["opportunity_id"]).sum(),
        "failed": checks["verdict"].eq("no").groupby(checks["opportunity_id"]).sum(),
        "far": (~failed["near"]).groupby(failed["opportunity_id"]).sum(),
    }
    counts = pd.DataFrame(groups).reindex(ordered["opportunity_id"]).fillna(0).astype("int64")
    near = (counts["far"] == 0) & (counts["failed"] <= limits.conditions)
    outcome = np.select(
        [(counts["failed"] == 0) & (counts["to_check"] == 0), counts["failed"] == 0, near],
        ["fits", "to_check", "near_miss"],
        "no",
    )
    table = counts.drop(columns="far").reset_index(drop=True)
    table = table.assign(
        opportunity_id=ordered["opportunity_id"],
        outcome=outcome,
        overall_rank=ordered["overall_rank"],
    )
    order = table["outcome"].map({"fits": 0, "to_check": 1, "near_miss": 2, "no": 3})
    table = table.assign(order=order).sort_values(
        ["order", "failed", "to_check", "overall_rank", "opportunity_id"], na_position="last"
    )
    matched: pd.DataFrame = MATCHES.conform(table.drop(columns="order"))
    checked: pd.DataFrame = MATCH_CHECKS.conform(checks.drop(columns=["near", "short_share"]))
    return matched, checked


def _check(sites: pd.DataFrame, condition: Condition) -> pd.DataFrame:
    """Verdict of one condition for every site."""
    if condition.measure == KIND:
        return _check_rows(sites, condition, *_by_kind(sites, condition))
    if condition.measure == FLOOR:
        return _check_rows(sites, condition, *_by_floor(sites, condition))
    if condition.measure not in sites:
        known = sorted(n for n in map(str, sites) if n.endswith(("_min", "_m", "_m2")))
        raise ConfigError(
            "scoring.requirements.no_measure",
            condition=condition.name,
            measure=condition.measure,
            measures=known,
        )
    values = sites[condition.measure].to_numpy(dtype=np.float64, na_value=np.nan)
    short = np.zeros(len(values))
    if condition.at_least is not None:
        short = np.maximum(short, condition.at_least - values)
    if condition.at_most is not None:
        short = np.maximum(short, values - condition.at_most)
    short = np.where(np.isnan(values), np.nan, short)
    return _check_rows(sites, condition, values, short)


def _by_kind(sites: pd.DataFrame, condition: Condition) -> tuple[Floats, Floats]:
    allowed_kind = sites["kind"].isin(condition.any_of).to_numpy(dtype=bool)
    # Another kind is never a near miss.
    return np.full(len(sites), np.nan), np.where(allowed_kind, 0.0, np.inf)


def _by_floor(sites: pd.DataFrame, condition: Condition) -> tuple[Floats, Floats]:
    footprint = sites["existing_m2"].to_numpy(dtype=np.float64, na_value=np.nan)
    least = footprint * EVERY_STOREY
    required = condition.at_least or 0.0
    short = np.where(least >= required, 0.0, np.nan)
    return least, np.where(footprint == 0, np.inf if required > 0 else 0.0, short)


def _check_rows(
    sites: pd.DataFrame, condition: Condition, values: Floats, short: Floats
) -> pd.DataFrame:
    verdict = np.select([np.isnan(short), short > 0], ["unknown", "no"], "yes")
    over = np.full(len(sites), condition.at_most is not None and condition.at_least is None)
    bound = np.full(len(sites), _bound(condition))
    if condition.at_least is not None and condition.at_most is not None:
        over = values > condition.at_most  # of two bounds, report the failed one
        bound = np.where(over, condition.at_most, condition.at_least)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(short > 0, short / np.abs(bound), 0.0)
    share = np.where(np.isnan(share), np.inf, share)
    return pd.DataFrame(
        {
            "opportunity_id": sites["opportunity_id"],
            "condition": condition.name,
            "label_fr": condition.label.fr,
            "label_en": condition.label.en,
            "verdict": verdict,
            "value": values,
            "bound": bound,
            "side": np.where(over, "at_most", "at_least"),
            "short": np.where(np.isfinite(short) & (short > 0), short, np.nan),
            "unit": condition.unit or None,
            "why": condition.why or None,
            "short_share": share,
        }
    )


def _bound(condition: Condition) -> float:
    bound = condition.at_least if condition.at_least is not None else condition.at_most
    return float("nan") if bound is None else bound
