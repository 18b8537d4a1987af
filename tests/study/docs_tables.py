"""Tables of criteria, projects and themes in Markdown, as docs/scores.md shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foncier.model import KIND_LABELS
from foncier.study.criteria import projects
from foncier.study.rulesets import read_rules

if TYPE_CHECKING:
    from collections.abc import Iterable


def criteria_table() -> str:
    """Criteria with their ramp, their balanced weight and their source, in Markdown."""
    rows = (
        (
            c["fr"],
            _bound(c, 0),
            _bound(c, 1),
            _plain(c["weight"]),
            c["source"],
        )
        for c in read_rules("criteria.toml")["criterion"]
    )
    return _table(("Critère", "0 à", "1 à", "Poids équilibré", "Source"), rows)


def projects_table() -> str:
    """Weight of each criterion for each kind of project, in Markdown."""
    every = projects()
    rows = (
        (c["fr"], *(_plain(one["weights"].get(c["name"], 0)) for one in every))
        for c in read_rules("criteria.toml")["criterion"]
    )
    return _table(("Critère", *(str(one["fr"]) for one in every)), rows)


def themes_table() -> str:
    """What each theme of an experiment asks of a site, and why, in Markdown."""
    rows = []
    for name, theme in read_rules("themes.toml").items():
        for one in theme["condition"]:
            side = "au moins" if "at_least" in one else "au plus"
            bound = one.get("at_least", one.get("at_most"))
            asked = (
                ", ".join(one["any_of"])
                if "any_of" in one
                else f"{side} {_plain(bound)} {one.get('unit', '')}".strip()
            )
            rows.append((f"{theme['fr']} (`{name}`)", one["fr"], asked, one["why"]))
    return _table(("Thème", "Condition", "Demande", "Pourquoi"), rows)


def _bound(criterion: dict[str, Any], end: int) -> str:
    """Value scored 0 or 1, with that of a kind that has its own."""
    unit, own = criterion["unit"], criterion.get("by_kind", {})
    values = [_plain(criterion[("worst", "best")[end]])]
    values += [
        f"{_plain(pair[end])} ({KIND_LABELS[kind].fr.lower()})" for kind, pair in own.items()
    ]
    return " ; ".join(
        f"{value} {unit}".strip() if not n else value for n, value in enumerate(values)
    )


def _plain(value: float) -> str:
    return f"{value:g}".replace(".", ",")


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines)
