"""Inventory of the tags of an OpenStreetMap file on buildings, shops and lifecycle stages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import osmium
import pandas as pd

from foncier.readers.osm_objects import LIFECYCLES, ROOTS, VACANT_VALUES

if TYPE_CHECKING:
    from pathlib import Path

REMOVED = ("demolished", "razed", "removed", "was", "destroyed")
FUTURE = ("construction", "proposed", "planned")
DECAY = (
    ("landuse", "brownfield"),
    ("building:condition", "poor"),
    ("building:condition", "very_poor"),
)
STATE_KEYS = (
    "building",
    "shop",
    "landuse",
    "railway",
    "ruins",
    "disused",
    "abandoned",
    "building:condition",
    "construction",
)


def tag_inventory(path: Path) -> pd.DataFrame:
    """Return ``osm_id``, ``key``, ``value`` and ``kind`` of each tag that has a class."""
    features = osmium.FileProcessor(str(path)).with_filter(osmium.filter.EmptyTagFilter())
    kinds = {"n": "node", "w": "way", "r": "relation"}
    rows = [
        (f"{kinds[feature.type_str()]}/{feature.id}", tag.k, tag.v)
        for feature in features
        for tag in feature.tags
    ]
    table = pd.DataFrame(rows, columns=["osm_id", "key", "value"])
    table["kind"] = [tag_class(key, value) for _, key, value in rows]
    return table[table["kind"].notna()].reset_index(drop=True)


def tag_class(key: str, value: str) -> str | None:
    """Class of a tag on a building, a shop or a lifecycle stage; None where it is none of these.

    ``use`` and ``vacancy`` are evidence; ``removed`` and ``future`` never are; ``other stage`` is a
    stage of what is neither a building nor land (a former boundary); ``built`` states that a
    building exists, and nothing of its use.
    """
    life, _, root = key.partition(":")
    decay = (key in ROOTS and value in VACANT_VALUES) or (key, value) in DECAY
    cases = (
        (life in REMOVED or value in REMOVED, "removed"),
        (life in FUTURE or (key in STATE_KEYS and value in FUTURE), "future"),
        (bool(root) and life in LIFECYCLES and root in ROOTS, "vacancy"),
        (decay or (key in LIFECYCLES and value == "yes"), "vacancy"),
        (life in LIFECYCLES, "other stage"),
        (key == "shop", "no shop" if value == "no" else "use"),
        (key == "building" and value != "no", "built"),
    )
    return next((kind for fits, kind in cases if fits), None)
