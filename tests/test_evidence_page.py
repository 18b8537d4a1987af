"""The tables of the page on evidence are generated from the data file.

After a wanted change: ``python tests/test_evidence_page.py`` renews them.
"""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parents[1] / "docs" / "evidence.md"
TABLES = re.compile(r"(<!-- (\w+): from signals\.toml -->\n).*?(<!-- end -->)", re.DOTALL)


def _rows(rows: list[list[Any]]) -> str:
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in rows) + "\n"


def tables() -> dict[str, str]:
    """Tables of the page in Markdown, by name."""
    path = files("foncier.study").joinpath("rulesets/signals.toml")
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    signals = [
        [
            f"`{name}`",
            s["en"],
            f"{s['weight']:+.1f}" if s["weight"] else "0",
            f"{s['half_life_years']} y" if s["half_life_years"] else "none",
            s["source_group"],
            s.get("prior", ""),
            s["source"],
            s["comment"],
        ]
        for name, s in raw["signal"].items()
    ]
    head = [
        "signal",
        "text",
        "weight",
        "half-life",
        "source group",
        "own prior",
        "source",
        "reason",
    ]
    bands = [[b["name"], b["en"], b["low"], b["high"]] for b in raw["band"]]
    settings = [
        [f"`{part}.{key}`", value]
        for part in ("prior", "least", "age", "search_radius_m")
        for key, value in raw[part].items()
    ]
    return {
        "signals": _rows([head, ["---"] * 8, *signals]),
        "bands": _rows([["band", "label", "from", "below"], ["---"] * 4, *bands]),
        "settings": _rows([["parameter", "value"], ["---"] * 2, *settings]),
    }


def page(text: str) -> str:
    """The page with its tables as the data file has them."""
    fresh = tables()
    return TABLES.sub(lambda found: found[1] + fresh[found[2]] + found[3], text)


def test_the_tables_of_the_page_are_those_of_the_data_file() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert {found[1] for found in TABLES.findall(text)} == set(tables())
    assert page(text) == text


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
