"""``docs/services.md``: the table of the reference answers, made from the contracts."""

from __future__ import annotations

from .contract_server import NAMES, read_contract

HEAD = """| service | reference | first request | rows | vintage | brings |
|---|---|---|---|---|---|
"""


def markdown() -> str:
    """Table of the page."""
    lines = []
    for name in NAMES:
        contract = read_contract(name)
        first, *_, last = [one["request"] for one in contract["exchange"]] * 2
        request = first.split("?")[0]
        if first.split("/")[2] != last.split("/")[2] and name != "gtfs":
            request += f" → {last.split('/')[2]}"
        rows = ", ".join(f"{layer} {count}" for layer, count in contract["rows"].items() if count)
        cells = (
            f"`{name}`",
            f"{contract['kind']} {contract['seen']}",
            request,
            rows or "–",
            contract.get("vintage", "unknown"),
            contract["brings"],
        )
        lines.append(f"| {' | '.join(cells)} |\n")
    return HEAD + "".join(lines)


if __name__ == "__main__":
    print(markdown(), end="")
