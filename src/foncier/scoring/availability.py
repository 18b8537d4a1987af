"""Availability of sites: can the land be had soon, by stated rules, as an interval."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from foncier.schemas import AVAILABILITY
from foncier.schemas.results import READY, TAKEN, TO_CONFIRM
from foncier.scoring.mutafriches.inputs import FRICHE, inventory_records

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    import geopandas as gpd
    from numpy.typing import NDArray

    from foncier.model import AvailabilityRules, Factor

    Floats = NDArray[np.float64]

YEAR_DAYS = 365.25
SEPARATOR = "|"
VACANCY = {"vacant": "vacant", "partiellement occupé": "partly", "occupé": "occupied"}
# What the detection of a kind says of its occupation.
BY_KIND = {"dent_creuse": "bare", "terrain_divisible": "house"}
STARTED, COMPLETED, CANCELLED = "started", "completed", "cancelled"
PERMIT_YEARS = 3.0  # a permit lapses when no work has begun (code de l'urbanisme, R424-17)
FEW_OWNERS = 3


@dataclass(frozen=True)
class Facts:
    """Values of one factor: ``value`` (None where unknown), the source and the date of each."""

    value: NDArray[np.object_]
    source: NDArray[np.object_]
    observed_on: Any


def owner_types(codes: pd.Series[Any], types: Mapping[str, str]) -> NDArray[np.object_]:
    """Types of owners by the codes of a typology (``A|B``), sorted, with ``|`` between them.

    None where no code is known; a code that the typology does not have is left out.

    Examples
    --------
    >>> types = {"P5": "commune", "P1": "etat", "P1a": "autre"}
    >>> owner_types(pd.Series(["P5a", "P1a|P5a", None, "?"]), types).tolist()
    ['commune', 'autre|commune', None, None]
    """
    known: dict[Any, str | None] = {None: None}
    result = []
    for text in codes.astype(object).where(codes.notna(), None):
        if text not in known:
            found = {
                types.get(code) or types.get(code[:2])
                for code in str(text).replace(",", SEPARATOR).split(SEPARATOR)
            }
            known[text] = SEPARATOR.join(sorted(filter(None, found))) or None
        result.append(known[text])
    return np.array(result, dtype=object)


def availability(
    candidates: gpd.GeoDataFrame,
    evidence: pd.DataFrame,
    rules: AvailabilityRules,
    inventory: gpd.GeoDataFrame | None = None,
    *,
    permits_known: bool = False,
    prescriptions_known: bool = False,
    owner_sources: Mapping[str, str] | None = None,
    on: date | None = None,
) -> pd.DataFrame:
    """Build the factors of the availability of each site, known or not.

    Parameters
    ----------
    candidates
        Table of the schema ``CANDIDATES``.
    evidence
        Table of the schema ``EVIDENCE``: the last dated sign of use.
    rules
        Factors and their intervals.
    inventory
        Table of the schema ``INVENTORY``, for owner types, vacancy and pollution.
    permits_known, prescriptions_known
        Whether the study has these layers: without them, no permit and no prescription is unknown.
    owner_sources
        Attribution of each value of ``owner_source``, where the study gives one.
    on
        Date of the study; without it the age of a sign of use is unknown.

    Returns
    -------
    Table of the schema ``AVAILABILITY``: one row a site and factor that concerns its kind, in the
    order of the rules. An unknown factor has the whole interval of its values, and ``known`` False.
    A factor that a noted status replaces has no row.
    """
    sites = candidates.sort_values("opportunity_id", ignore_index=True)
    if sites.empty:
        empty: pd.DataFrame = AVAILABILITY.empty()
        return empty
    if owner_sources and "owner_source" in sites:
        sites = sites.assign(owner_source=sites["owner_source"].replace(dict(owner_sources)))
    facts = _facts(sites, evidence, rules, inventory, on)
    facts["permit"] = _permit(sites, known=permits_known, on=on)
    facts["prescription"] = _prescription(sites, known=prescriptions_known)
    replaced: dict[str, NDArray[np.bool_]] = {}
    parts = []
    for number, factor in enumerate(rules.factors):
        known = facts[factor.name]
        if factor.noted:
            noted = pd.notna(known.value)
            replaced |= dict.fromkeys(factor.replaces, noted)
        part = _rows(sites, factor, known)
        left_out = replaced.get(factor.name, np.zeros(len(sites), dtype=bool))
        concerned = sites["kind"].isin(factor.kinds or set(sites["kind"])).to_numpy(dtype=bool)
        parts.append(part[concerned & ~left_out & (part["known"] | (not factor.noted))])
        parts[-1] = parts[-1].assign(order=number)
    rows = pd.concat(parts, ignore_index=True)
    found: pd.DataFrame = AVAILABILITY.conform(rows.sort_values(["opportunity_id", "order"]))
    return found


def combined(factors: pd.DataFrame, rules: AvailabilityRules, ids: pd.Series[str]) -> pd.DataFrame:
    """Combine the factors of each site: their bounds multiply.

    Parameters
    ----------
    factors
        Table of the schema ``AVAILABILITY``.
    rules
        Least availability of a ready site.
    ids
        Sites in the order of the result.

    Returns
    -------
    ``availability_low`` and ``availability_high``; ``availability``, the lower end, by which sites
    are ordered: what is unknown never raises it; ``availability_class``: ``pris`` where a known
    factor says that the site is taken, ``pret`` where the lower end is at least that of a ready
    site, else ``a_confirmer``.

    Examples
    --------
    >>> rows = pd.DataFrame({"opportunity_id": ["a", "a"], "low": [0.9, 0.5], "high": [1.0, 0.8],
    ...                      "taken": [False, False]})
    >>> from foncier.model import AvailabilityRules
    >>> found = combined(rows, AvailabilityRules((), 0.5, 2, 5), pd.Series(["a"])).iloc[0]
    >>> [round(float(value), 2) for value in found.iloc[:3]], found.iloc[3]
    ([0.45, 0.45, 0.8], 'a_confirmer')
    """
    groups = factors.groupby("opportunity_id", sort=False)
    low = ids.map(groups["low"].prod()).to_numpy(dtype=np.float64)
    high = ids.map(groups["high"].prod()).to_numpy(dtype=np.float64)
    taken = ids.map(groups["taken"].any()).to_numpy(dtype=bool, na_value=False)
    kind = np.where(low >= rules.ready_from, READY, TO_CONFIRM)
    return pd.DataFrame(
        {
            "availability": low,
            "availability_low": low,
            "availability_high": high,
            "availability_class": np.where(taken, TAKEN, kind),
        },
        index=ids.index,
    )


def _facts(
    sites: gpd.GeoDataFrame,
    evidence: pd.DataFrame,
    rules: AvailabilityRules,
    inventory: gpd.GeoDataFrame | None,
    on: date | None,
) -> dict[str, Facts]:
    """Values of the factors that the inventory, the evidence and people give."""
    records = inventory_records(sites, inventory)
    source, updated = sites["sources"].to_numpy(dtype=object), records["updated_on"]
    friche = (sites["kind"] == FRICHE).to_numpy(dtype=bool)

    def listed(values: Any) -> Facts:
        values = np.where(friche & pd.notna(values), values, None)
        return _dated(values, source, updated)

    types = _owner_types(sites, records, rules)
    bare = (sites["built_share"] == 0).to_numpy() | (
        pd.to_numeric(records["buildings_number"]) == 0
    ).to_numpy(dtype=bool)
    vacancy = records["vacancy"].map(VACANCY).astype(object)
    occupied = np.where(pd.isna(vacancy) & bare & friche, "bare", vacancy)
    by_kind = sites["kind"].map(BY_KIND).astype(object)
    return {
        "avis": replace(_dated(_texts(sites["site_status"]), source, pd.NaT), source=_none(sites)),
        "status": listed(_texts(sites["status"])),
        "owner": types,
        "owners_number": _owners_number(sites, types),
        "occupation": _dated(np.where(pd.isna(by_kind), occupied, by_kind), source, updated),
        "last_use": _last_use(sites, evidence, rules, on),
        "pollution": listed(_texts(records["pollution"])),
    }


def _texts(values: pd.Series[Any]) -> NDArray[np.object_]:
    return np.asarray(values.astype(object).where(values.notna(), None), dtype=object)


def _none(sites: pd.DataFrame) -> NDArray[np.object_]:
    return np.full(len(sites), None, dtype=object)


def _chosen(where: list[Any], names: list[str], other: str | None = None) -> Any:
    """Name of the first condition that each row meets, else ``other``."""
    chosen = np.select([np.asarray(one, dtype=bool) for one in where], names, "")
    return np.where(chosen == "", np.array(other, dtype=object), chosen.astype(object))


def _dated(value: Any, source: Any, observed_on: Any) -> Facts:
    """Facts with their source and date where the value is known."""
    known = pd.notna(value)
    days = pd.to_datetime(pd.Series(observed_on, index=range(len(known))))
    shown, named = (np.where(known, one, np.array(None)) for one in (value, source))
    return Facts(shown, named, days.where(known).to_numpy())


def _owner_types(sites: gpd.GeoDataFrame, records: pd.DataFrame, rules: AvailabilityRules) -> Facts:
    """Types of the owners: of the layer of owners where it knows them, else of the inventory."""
    of_inventory = owner_types(records["owner_types"], rules.owner_types)
    of_layer = _texts(sites["owner_types"])
    from_layer = pd.notna(of_layer)
    named = _texts(sites["owner_source"]) if "owner_source" in sites else _none(sites)
    source = np.where(from_layer & pd.notna(named), named, sites["sources"])
    days = records["updated_on"].mask(from_layer)
    return _dated(np.where(from_layer, of_layer, of_inventory), source, days)


def _owners_number(sites: gpd.GeoDataFrame, types: Facts) -> Facts:
    """Class of the number of owners: rights of the layer, else distinct types."""
    rights = np.full(len(sites), np.nan)
    if "owner_rights" in sites:
        rights = sites["owner_rights"].to_numpy(dtype=np.float64, na_value=np.nan)
    kinds = np.array([0 if one is None else one.count(SEPARATOR) + 1 for one in types.value])
    value = _chosen(
        [rights == 1, rights <= FEW_OWNERS, rights > FEW_OWNERS, kinds > FEW_OWNERS, kinds > 1],
        ["one", "few", "many", "many", "at_least_two"],
    )
    return _dated(value, types.source, types.observed_on)


def _last_use(
    sites: gpd.GeoDataFrame, evidence: pd.DataFrame, rules: AvailabilityRules, on: date | None
) -> Facts:
    """Age of the last dated evidence of use; unknown without a date."""
    used = evidence[(evidence["direction"] == "against") & evidence["observed_on"].notna()]
    last = used.sort_values("observed_on", kind="stable").groupby("opportunity_id").last()
    last = last.reindex(sites["opportunity_id"])
    days = last["observed_on"].reset_index(drop=True)
    years = np.full(len(sites), np.nan)
    if on is not None:
        years = ((pd.Timestamp(on) - days).dt.days / YEAR_DAYS).to_numpy(dtype=np.float64)
    value = _chosen(
        [years < rules.recent_years, years < rules.long_years, years >= rules.long_years],
        ["recent", "older", "long"],
    )
    return _dated(value, last["source"].to_numpy(), days)


def _permit(sites: gpd.GeoDataFrame, *, known: bool, on: date | None) -> Facts:
    """Permit on each site, by the columns of the candidates; unknown without the layer."""
    if not known or "permit_state" not in sites:
        return _dated(_none(sites), None, pd.NaT)
    state, kind = sites["permit_state"], sites["permit_kind"]
    days = pd.to_datetime(sites["permit_on"])
    lapsed = (state == CANCELLED).fillna(value=False)
    if on is not None:
        old = (pd.Timestamp(on) - days).dt.days / YEAR_DAYS > PERMIT_YEARS
        lapsed |= old & (state != STARTED).fillna(value=True)
    value = _chosen(
        [kind.isna() & state.isna(), state == COMPLETED, lapsed],
        ["none", "completed", "lapsed"],
        "under_way",
    )
    return _dated(value, _none(sites), days)


def _prescription(sites: gpd.GeoDataFrame, *, known: bool) -> Facts:
    """Strictest effect of the prescriptions of each site; unknown without the layer."""
    if not known or "planning_effect" not in sites:
        return _dated(_none(sites), None, pd.NaT)
    effect = sites["planning_effect"]
    return _dated(_texts(effect.fillna("none")), _none(sites), pd.NaT)


def _rows(sites: gpd.GeoDataFrame, factor: Factor, facts: Facts) -> pd.DataFrame:
    """Rows of one factor for all sites."""
    table = {one: _reading(factor, one) for one in pd.unique(facts.value)}
    low, high, known, fr, en, taken = zip(*(table[one] for one in facts.value), strict=True)
    return pd.DataFrame(
        {
            "opportunity_id": sites["opportunity_id"].to_numpy(dtype=object),
            "factor": factor.name,
            "value": facts.value,
            "low": low,
            "high": high,
            "known": known,
            "taken": taken,
            "label_fr": factor.text.fr,
            "label_en": factor.text.en,
            "text_fr": fr,
            "text_en": en,
            "source": facts.source,
            "observed_on": facts.observed_on,
            "rule_source": factor.source,
        }
    )


def _reading(
    factor: Factor, value: str | None
) -> tuple[float, float, bool, str | None, str | None, bool]:
    """Interval, words and ``taken`` of a value; the least favourable one counts of several.

    A value that the rules do not have is unknown: it has the whole interval.
    """
    if value is None:
        return (*factor.unknown, False, None, None, False)
    parts = value.split(SEPARATOR) if factor.several else [value]
    known = [factor.levels[one] for one in parts if one in factor.levels]
    if not known:
        return (*factor.unknown, False, value, value, False)
    return (
        min(one.low for one in known),
        min(one.high for one in known),
        True,
        ", ".join(one.text.fr for one in known),
        ", ".join(one.text.en for one in known),
        any(one.taken for one in known),
    )
