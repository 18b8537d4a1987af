"""What decides of a site in words: availability, owner, and bounds of the criteria by kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from foncier.i18n import localize
from foncier.results.labels import VALUES, words_of
from foncier.schemas.results import TAKEN

if TYPE_CHECKING:
    import pandas as pd

    from foncier.i18n import Lang

Row = Mapping[Any, Any]


def _is_known(value: Any) -> bool:
    return value is not None and value == value  # noqa: PLR0124 (NaN is not equal to itself)


def is_taken(site: Row) -> bool:
    """Tell a site that is on offer no more."""
    return bool(site.get("availability_class") == TAKEN)


def offer(site: Row, lang: Lang) -> Iterator[str]:
    """Availability and owner, where the result has them."""
    known = site.get("availability_class")
    if _is_known(known):
        low, high = site["availability_low"], site["availability_high"]
        words = {"words": VALUES[str(known)], "low": low, "high": high}
        yield localize("results.explain.availability", lang, **words)
    owner = words_of(site.get("owner_types"), lang)
    if owner:
        yield localize("results.explain.owner", lang, value=owner)


def factors(rows: pd.DataFrame, lang: Lang) -> list[str]:
    """Words of rows of the schema ``AVAILABILITY``: interval, and source where known."""
    lines = []
    for row in rows.to_dict("records"):
        known = bool(row["known"])
        text = row[f"text_{lang}"] if known else localize("results.explain.factor_unknown", lang)
        source = row["source"]
        if known and _is_known(source):
            text += localize("results.explain.factor_source", lang, source=source)
        words = {
            "label": row[f"label_{lang}"],
            "text": text,
            "low": row["low"],
            "high": row["high"],
        }
        lines.append(localize("results.explain.factor", lang, **words))
    return lines


def bounds_text(by_kind: Mapping[str, tuple[float, float]]) -> str | None:
    """Bounds of a criterion by kind as one text, as the layer ``criteres`` holds them.

    Examples
    --------
    >>> bounds_text({"friche": (50, 500.5)}), bounds_text({})
    ('friche=50:500.5', None)
    """
    texts = (f"{kind}={worst:g}:{best:g}" for kind, (worst, best) in by_kind.items())
    return "|".join(texts) or None


def bounds(criterion: Row, kind: str) -> tuple[float, float]:
    """Values of a criterion that score 0 and 1 for a site of a kind."""
    own = criterion.get("by_kind")
    for text in own.split("|") if isinstance(own, str) else ():
        name, _, pair = text.partition("=")
        if name == kind:
            worst, _, best = pair.partition(":")
            return float(worst), float(best)
    return criterion["worst"], criterion["best"]
