"""Manifest: inputs, outputs, detection of mixed files."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from foncier._util.atomic_write import write_atomically
from foncier.results.manifest import (
    build_manifest,
    mixed_files,
    to_json,
    to_json_values,
    versions,
)

if TYPE_CHECKING:
    from foncier.model import ResultTables


def made(result: ResultTables, **other: Any) -> dict[str, Any]:
    asked: dict[str, Any] = {
        "configuration": {"study": {"title": "Été"}, "path": Path("layers") / "a"},
        "timings": {"read": 1.23456},
        "deliverables": {"a.gpkg": "0" * 64},
    }
    return build_manifest(result, **(asked | other))


def test_content_of_the_manifest(small_result: ResultTables) -> None:
    said = made(small_result, versions=versions())
    assert said["fictional"] is True
    assert said["crs"] == "EPSG:2154"
    assert said["edition"] == "2026-11-01"
    assert said["counts"] == {
        "opportunities": {
            "friche": 1,
            "dent_creuse": 1,
            "batiment_non_affecte": 1,
            "terrain_divisible": 0,
        },
        "supply": {
            name: {"sites": sites, "area_m2": area, "unknown": 0}
            for name, sites, area in (
                ("found", 3, 4900.0),
                ("offered", 3, 4900.0),
                ("ready", 0, 0.0),
                ("to_confirm", 3, 4900.0),
                ("taken", 0, 0.0),
                ("public", 0, 0.0),
                ("partly_public", 0, 0.0),
            )
        },
        "rejected_parcels": 2,
        "assemblies": None,
    }
    layer = said["inputs"][0]
    assert (layer["sha256"], layer["rows_read"], layer["rows_kept"]) == ("0" * 64, 66, 63)
    assert (layer["vintage"], layer["licence"]) == ("2024-02-01", "Licence Ouverte 2.0")
    assert layer["notes"][0]["text"]["fr"] == "sites en double réunis"
    assert said["missing"][0]["what"] == "zones"
    assert said["configuration"]["path"] == "layers/a"
    assert said["criteria"][0]["worst"] == 20
    assert said["run"] == {"started": None, "timings_s": {"read": 1.235}}
    assert {"foncier", "python", "geopandas", "shapely", "geos", "gdal", "proj"} <= set(
        said["versions"]
    )
    assert json.loads(to_json(said)) == said


def test_only_the_section_run_differs_between_runs(small_result: ResultTables) -> None:
    first = made(small_result, timings={"read": 1.0}, started=datetime(2026, 1, 1, tzinfo=UTC))
    second = made(small_result, timings={"read": 2.0}, started=datetime(2026, 1, 2, tzinfo=UTC))
    assert first["run"] != second["run"]
    assert first.pop("run")["started"] == "2026-01-01T00:00:00+00:00"
    second.pop("run")
    assert to_json(first) == to_json(second)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.float64("nan"), None),
        (float("inf"), None),
        (np.int64(3), 3),
        (np.bool_(False), False),
        ({2: {"b", "a"}}, {"2": ["a", "b"]}),
        (date(2026, 1, 2), "2026-01-02"),
        (None, None),
        ("é", "é"),
        (1 + 2j, "(1+2j)"),
    ],
)
def test_values_are_converted_to_json_types(value: object, expected: object) -> None:
    assert to_json_values(value) == expected


def test_undated_empty_result(small_result: ResultTables) -> None:
    bare = replace(
        small_result,
        edition=None,
        reports=(),
        missing=(),
        candidates=small_result.candidates.iloc[:0],
    )
    said = made(bare, deliverables={})
    assert (said["edition"], said["inputs"], said["deliverables"]) == (None, [], {})
    assert sum(said["counts"]["opportunities"].values()) == 0


def test_mixed_files_are_detected(small_result: ResultTables, tmp_path: Path) -> None:
    assert mixed_files(tmp_path) == ("manifest.json",)
    write = {
        "a.gpkg": lambda path: path.write_text("a"),
        "b.csv": lambda path: path.write_text("b"),
    }
    write_atomically(
        tmp_path, write, manifest=lambda shas: to_json(made(small_result, deliverables=shas))
    )
    assert mixed_files(tmp_path) == ()
    (tmp_path / "a.gpkg").write_text("later")
    (tmp_path / "b.csv").unlink()
    assert mixed_files(tmp_path) == ("a.gpkg", "b.csv")
    (tmp_path / "manifest.json").write_text("[]")
    assert mixed_files(tmp_path) == ("manifest.json",)


def test_keys_are_sorted(small_result: ResultTables) -> None:
    raw = to_json(made(small_result))
    assert "\r" not in raw
    assert raw.startswith('{\n  "communes"')
    assert "Été" in raw
