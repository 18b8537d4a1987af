"""What a result says of one opportunity or one parcel, as text, as HTML and as tables."""

from __future__ import annotations

from difflib import get_close_matches
from html import escape
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from foncier import schemas
from foncier.api.views import LAYERS, MemoryView, public
from foncier.errors import ConfigError
from foncier.i18n import Message
from foncier.results import Explanation as Gathered
from foncier.results.explain import story

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from foncier.i18n import Lang

SEVERAL = "|"  # between the parcels of a site
SHOWN = 3  # ids that a message offers


class Explanation:
    """Why an opportunity is listed, or why a parcel is not: rules, evidence, scores and access.

    ``print`` gives the text, a notebook shows it as HTML. ``opportunities``, ``evidence``,
    ``access``, ``tests``, ``rejections`` and ``assemblies`` are the rows of the result's tables of
    these names that concern the id; empty where there is none.

    Examples
    --------
    >>> import foncier as fo
    >>> explanation = result.explain(result.opportunities["opportunity_id"][0])
    >>> explanation.subject, "Score par critère" in str(explanation)
    ('opportunity', True)
    """

    def __init__(self, found: Gathered, lang: Lang) -> None:
        self._found, self.lang = found, lang
        self.sections: list[tuple[str, list[str]]] = list(story(found, lang))

    @property
    def id(self) -> str:
        """Id that was asked for, as the result writes it."""
        return self._found.id

    @property
    def subject(self) -> Literal["opportunity", "parcel"]:
        """What the id names."""
        return self._found.subject

    @property
    def opportunities(self) -> gpd.GeoDataFrame:
        """The opportunity, or those that hold the parcel."""
        found: gpd.GeoDataFrame = public("opportunities", self._found.opportunities, ())
        return found

    @property
    def evidence(self) -> pd.DataFrame:
        """Evidence on the opportunities."""
        found: pd.DataFrame = public("evidence", self._found.evidence, ())
        return found

    @property
    def access(self) -> pd.DataFrame:
        """Ways from the opportunities to each destination."""
        found: pd.DataFrame = public("access", self._found.access, ())
        return found

    @property
    def tests(self) -> pd.DataFrame:
        """Rules that the parcels went through, with value, threshold and margin."""
        found: pd.DataFrame = public("tests", self._found.tests, ())
        return found

    @property
    def rejections(self) -> gpd.GeoDataFrame:
        """The parcels that were rejected, with the rule that stopped them."""
        found: gpd.GeoDataFrame = public("rejections", self._found.rejections, ())
        return found

    @property
    def assemblies(self) -> pd.DataFrame:
        """Groups of parcels that pass together and hold the parcel."""
        found: pd.DataFrame = public("assemblies", self._found.assemblies, ())
        return found

    def __str__(self) -> str:
        """Sections, each with its title and its lines."""
        return "\n\n".join("\n  ".join([title, *rows]) for title, rows in self.sections)

    def __repr__(self) -> str:
        """Text, as `str` gives it."""
        return str(self)

    def _repr_html_(self) -> str:
        """Sections as HTML, for a notebook."""
        parts = []
        for number, (title, rows) in enumerate(self.sections):
            head = "h4" if number else "h3"
            items = "".join(f"<li>{escape(row)}</li>" for row in rows)
            parts.append(
                f"<{head}>{escape(title)}</{head}>" + (f"<ul>{items}</ul>" if rows else "")
            )
        return "".join(parts)


def gather(view: MemoryView, asked: str) -> Gathered:
    """Rows of a result in memory that concern an opportunity or a parcel.

    Raises
    ------
    ConfigError
        Nothing has this id; the nearest ids are named.
    """
    sites, compact = _table(view, "opportunities"), "".join(asked.split())
    known = set(sites["opportunity_id"])
    for candidate in (asked, compact, compact.upper()):
        if candidate in known:
            own = sites[sites["opportunity_id"] == candidate]
            return _gathered(view, candidate, own, _split(own["parcel_ids"]))
    parcel = compact.upper()
    found = _gathered(view, parcel, _holding(sites, [parcel]), [parcel])
    if len(found.opportunities) + len(found.tests) + len(found.rejections) == 0:
        raise _unknown(asked, sites, _table(view, "rejections"))
    return found


def _gathered(
    view: MemoryView, id_: str, rows: gpd.GeoDataFrame, parcels: Sequence[str]
) -> Gathered:
    ids = rows["opportunity_id"].tolist()

    def own(name: str, key: str, values: Sequence[str]) -> Any:
        table = _table(view, name)
        return table[table[key].isin(values)].reset_index(drop=True)

    together = _holding(_table(view, "assemblies"), parcels)
    return Gathered(
        id=id_,
        subject="opportunity" if id_ in ids else "parcel",
        fictional=view.tables.demo,
        opportunities=rows.reset_index(drop=True),
        evidence=own("evidence", "opportunity_id", ids),
        access=own("access", "opportunity_id", ids),
        tests=own("tests", "parcel_id", parcels),
        rejections=own("rejections", "parcel_id", parcels),
        criteria=_table(view, "criteria"),
        assemblies=pd.DataFrame(together.drop(columns="geometry")),
        mutability=own("mutability", "opportunity_id", ids),
        mutability_facts=own("mutability_facts", "opportunity_id", ids),
        effort=own("effort", "opportunity_id", ids),
        around=own("around", "opportunity_id", ids),
        site_needs=own("site_needs", "opportunity_id", ids),
        availability=own("availability", "opportunity_id", ids),
    )


OPTIONAL = {
    "assemblies": schemas.ASSEMBLIES,
    "mutability": schemas.MUTABILITY,
    "mutability_facts": schemas.MUTABILITY_FACTS,
    "effort": schemas.EFFORT,
    "around": schemas.AROUND,
    "site_needs": schemas.SITE_NEEDS,
    "availability": schemas.AVAILABILITY,
}


def _table(view: MemoryView, name: str) -> Any:
    table = view.table(LAYERS[name])
    return OPTIONAL[name].empty() if table is None else table


def _split(parcel_ids: Any) -> list[str]:
    return [p for ids in parcel_ids.dropna() for p in ids.split(SEVERAL)]


def _holding(table: Any, parcels: Sequence[str]) -> Any:
    """Rows whose ``parcel_ids`` name one of some parcels."""
    asked = set(parcels)
    ids = table["parcel_ids"].astype(object).where(table["parcel_ids"].notna(), "")
    held = np.array([bool(asked.intersection(one.split(SEVERAL))) for one in ids], dtype=bool)
    return table[held].reset_index(drop=True)


def _unknown(asked: str, sites: Any, rejections: Any) -> ConfigError:
    """Error that names the ids nearest to an unknown one."""
    word, parcels = asked.strip().upper(), rejections["parcel_id"]
    close = [
        *get_close_matches(word, sites["opportunity_id"].tolist(), SHOWN),
        *get_close_matches(word, parcels[parcels.str.startswith(word[:10])].tolist(), SHOWN),
    ][:SHOWN]
    nearest = Message("api.nearest_ids", ids=", ".join(close)) if close else ""
    return ConfigError("api.id_unknown", id=asked, near=nearest)
