"""``foncier convert`` of EDIGEO: sheet by sheet gives the bytes of all sheets at once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pandas as pd
import pyproj
from tests.sheets import HOUSE, PLOT, SHED, STREET, box, deliver

from foncier.pipeline.convert import convert
from foncier.readers import (
    base,
    columns,
    edigeo,
    edigeo_sheets,
    ids,
    shapes,
)
from foncier.study import read_study

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from tests.sheets import Object

    from foncier.model import LayerFile
    from foncier.readers.base import Draft, Target
    from foncier.readers.report import Journal

STUDY = """
[study]
title = "Luxiol"
communes = ["25354"]

[area]
around = "extent"
"""
LAYERS = ("parcels", "buildings", "streets", "constraints")
BOW_TIE = [box(300, 0, 9, 9)[n] for n in (0, 2, 1, 3, 0)]


def study_of(folder: Path) -> Path:
    """Sheets that share, cut and age their objects, in two systems, some without names or any."""
    sheets = folder / "edigeo"
    sheets.mkdir(parents=True)
    conic = pyproj.Transformer.from_crs(2154, 3947, always_xy=True)
    cut = ("PARCELLE_id", "5", {"IDU": "354000AB0002"}, box(100, 0, 20, 10))
    rest = (*cut[:3], box(120, 0, 20, 10))
    old = ("PARCELLE_id", "6", {"IDU": "354000AB0003"}, box(200, 0, 20, 10))
    new = (*old[:3], box(200, 0, 18, 10))
    bent = ("PARCELLE_id", "7", {"IDU": "354000AB 004"}, BOW_TIE)
    far = ("PARCELLE_id", "8", {"IDU": "354000AB0005"}, box(5e6, 5e6, 9, 9))
    path = ("ZONCOMMUNI_id", "11", {"TEX": "Chemin de l'Ã©cole"}, box(0, 60, 40, 0)[:2])
    bare: Object = ("ZONCOMMUNI_id", "12", {}, box(0, 90, 40, 0)[:2])
    pond = ("TSURF_id", "21", {"SYM": "34"}, box(50, 50, 20, 20))
    pool = ("TSURF_id", "22", {"SYM": "65"}, box(80, 50, 20, 20))
    river = ("TRONFLUV_id", "23", {"TEX": "Ruisseau"}, box(0, 100, 300, 5))
    turned = (*HOUSE[:3], BOW_TIE)
    deliver(sheets, [PLOT, cut, old, HOUSE, STREET, path, pond, river], day="20140101")
    deliver(sheets, [rest, new, bent, SHED, STREET, bare, pool], number="000AB02", day="20190101")
    deliver(sheets, [], number="000AC01")
    deliver(sheets, [cut, river, turned, far], number="000AD01", day="20120101")
    moved = [conic.transform(x, y) for x, y in box(400, 0, 30, 40)]
    deliver(
        sheets,
        [("PARCELLE_id", "31", {"IDU": "354000AE0001"}, moved)],
        number="000AE01",
        system="RGF93CC47",
    )
    asked = "".join(f'\n[layers.{n}]\npath = "edigeo"\nformat = "edigeo"\n' for n in LAYERS)
    (folder / "study.toml").write_text(STUDY + asked, encoding="utf-8")
    return folder


def whole(kind: edigeo._ObjectKind, file: LayerFile, target: Target, journal: Journal) -> Draft:
    """All sheets as one frame, which is then gone through at once."""
    parts, exported = [], []
    for sheet in edigeo_sheets.read_sheets(file.path, file.shown, journal):
        found = edigeo._read_sheet(sheet, kind.layers, edigeo._sheet_crs(sheet))
        rows = found[found["object"] != edigeo.SHEETS]
        parts.append(rows.assign(prefix="25", exported=sheet.exported))
        exported.append(sheet.exported)
    edigeo._note_sheets(0, 0, exported, journal)
    rows = pd.concat([part.to_crs(parts[0].crs) for part in parts], ignore_index=True)
    rows = kind.to_columns(rows)
    once = ids.merge_pieces(
        rows, kind.fields[0].name, newest=["UPDATE_DATE", "exported"], journal=journal
    )
    own = [field.name for field in kind.fields if field.name in once]
    picked = columns.pick(once[[*own, "geometry"]], kind.fields, file, journal)
    moved = shapes.to_legal_crs(
        picked, target.crs, shape=kind.shape, shown=file.shown, journal=journal
    )
    return base.Draft(moved, len(rows), rows.crs.to_string())


def test_sheet_by_sheet_gives_the_bytes_of_all_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = read_study(study_of(tmp_path / "luxiol"))

    def converted(name: str) -> dict[str, bytes]:
        convert(study, tmp_path / name)
        return {file.name: file.read_bytes() for file in (tmp_path / name).iterdir()}

    with monkeypatch.context() as patch:
        patch.setattr(edigeo, "_read", whole)
        expected = converted("whole")
    for rows in (1, 3, 1000):
        monkeypatch.setattr(shapes, "CHUNK_ROWS", rows)
        assert converted(f"by-{rows}") == expected, rows
    reports = json.loads(expected["couches.json"])["reports"]
    assert [(report["rows_read"], report["rows_kept"]) for report in reports] == [
        (9, 5),
        (3, 2),
        (4, 3),
        (3, 2),
    ]
    notes = {(r["layer"], n["text"]["en"]): n["count"] for r in reports for n in r["notes"]}
    assert notes["parcels", "older versions of a feature that another sheet has newer dropped"] == 2
    assert notes["parcels", "feature cut by the edge of a sheet, merged"] == 1
    assert notes["parcels", "invalid polygon repaired"] == 1
    assert notes["streets", "feature on two neighbouring sheets, kept once"] == 1
