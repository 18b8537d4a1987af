"""The simpler rules that a validation sets beside ours: a data file of the package."""

from __future__ import annotations

import tomllib
from importlib.resources import files

from foncier.records import Text
from foncier.validate import Baseline

FILE = files("foncier.study").joinpath("validation").joinpath("baselines.toml")


def baselines() -> tuple[Baseline, ...]:
    """Rules in the order of the file.

    Examples
    --------
    >>> [rule.name for rule in baselines()]
    ['nafu', 'inventaire', 'osm', 'foncier']
    """
    raw = tomllib.loads(FILE.read_text(encoding="utf-8"))["baseline"]
    return tuple(
        Baseline(
            b["name"], Text(b["fr"], b["en"]), b["source"], tuple(b["kinds"]),
            tuple(b.get("signals", ())),
        )
        for b in raw
    )  # fmt: skip
