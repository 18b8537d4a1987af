"""Make ``src/foncier/communes.csv.xz`` of the npm package @etalab/decoupage-administratif.

    npm pack @etalab/decoupage-administratif && tar xzf etalab-decoupage-administratif-*.tgz
    python -m tests.communes_table package/data/communes.json

The package holds INSEE's COG and La Poste's postal codes under Licence Ouverte 2.0.
"""

from __future__ import annotations

import json
import lzma
import sys
from pathlib import Path
from typing import Any

import foncier

TABLE = Path(foncier.__file__).parent / "communes.csv.xz"
HEADER = """\
# Communes of France on 1 January 2026: code; name; commune that it is part of; postal codes.
# Code officiel géographique (INSEE), base officielle des codes postaux (La Poste).
# Through @etalab/decoupage-administratif 6.0.0 (npm, 9 April 2026). Licence Ouverte 2.0.
"""
# Codes that their cadastre kept when they left Guadeloupe in 2007.
FORMER = {"97123": "97701", "97127": "97801"}


def table(communes: list[dict[str, Any]]) -> str:
    """Rows of the table: communes and municipal arrondissements, then those that were absorbed."""
    rows: dict[str, tuple[str, ...]] = {}
    for parent, kind in (
        ("", "commune-actuelle"),
        ("commune", "arrondissement-municipal"),
        ("chefLieu", "commune-deleguee"),
        ("chefLieu", "commune-associee"),
    ):
        for one in communes:
            if one["type"] == kind and one["code"] not in rows:
                codes = " ".join(one.get("codesPostaux", ()))
                rows[one["code"]] = (one["code"], one["nom"], one.get(parent, ""), codes)
    former = {old: one["code"] for one in communes for old in one.get("anciensCodes", ())}
    for old, code in {**former, **FORMER}.items():
        rows.setdefault(old, (old, "", code, ""))
    return HEADER + "".join(";".join(row) + "\n" for row in sorted(rows.values()))


if __name__ == "__main__":
    text = table(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    TABLE.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))
