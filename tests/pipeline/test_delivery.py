"""A later run leaves nothing of a former one that it did not find itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from foncier import demo, pipeline, study
from foncier.export.manifest import mixed

if TYPE_CHECKING:
    from pathlib import Path

    from foncier.records import Result


def test_a_run_without_friches_takes_the_exchange_file_of_the_former_away(
    small_result: Result, tmp_path: Path
) -> None:
    plan = study.load(demo.study_folder())
    first = pipeline.deliver(small_result, plan, tmp_path, lang="fr", timings={})
    assert "friches-cnig.csv" in first
    (tmp_path / "acces.tif").write_bytes(b"a surface of somebody else")
    bare = replace(
        small_result,
        candidates=small_result.candidates[small_result.candidates["kind"] != "friche"],
    )
    second = pipeline.deliver(bare, plan, tmp_path, lang="fr", timings={})
    assert set(first) - set(second) == {"friches-cnig.csv"}
    there = {path.name for path in tmp_path.iterdir()}
    assert there == {*second, "acces.tif", "manifest.json"}
    assert mixed(tmp_path) == ()
