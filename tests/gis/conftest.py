"""A result of the hamlet, made once and copied for each test; QGIS as a separate program."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.hamlet import hamlet

from foncier.pipeline.run import run
from foncier.pipeline.write_results import write_results
from foncier.study import read_study

if TYPE_CHECKING:
    from collections.abc import Callable

    from foncier.model import ResultTables
    from foncier.study.config import Study

QGIS = Path("/usr/bin/python3")
SCRIPT = Path(__file__).with_name("gis_script.py")


@pytest.fixture(scope="session")
def village(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return read_study(hamlet(tmp_path_factory.mktemp("gis") / "hameau"))


@pytest.fixture(scope="session")
def village_tables(village: Study) -> ResultTables:
    return run(village)


@pytest.fixture(scope="session")
def village_result(
    village: Study, village_tables: ResultTables, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("gis") / "resultat"
    write_results(village_tables, village, folder, lang="fr", timings={})
    return folder


@pytest.fixture
def result(village_result: Path, tmp_path: Path) -> Path:
    """A copy of the result of the hamlet, to be changed."""
    return Path(shutil.copytree(village_result, tmp_path / "resultat"))


@pytest.fixture
def rerun(village: Study, village_tables: ResultTables) -> Callable[[Path], list[str]]:
    """Write the result again to a folder; returns the notices in English."""

    def again(folder: Path) -> list[str]:
        notices: list[Any] = []
        write_results(village_tables, village, folder, lang="fr", timings={}, notify=notices.append)
        return [notice.en for notice in notices]

    return again


@pytest.fixture(scope="session")
def qgis() -> Callable[..., Any]:
    """Run a step of ``gis_script.py`` in the Python of QGIS; skipped where there is none."""
    probe = subprocess.run([QGIS, "-c", "import qgis.core"], capture_output=True, check=False)
    if probe.returncode:
        pytest.skip("no Python of QGIS on this machine")
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}

    def step(name: str, *args: object) -> Any:
        done = subprocess.run(
            [QGIS, SCRIPT, name, *map(str, args)],
            env={**environment, "QT_QPA_PLATFORM": "offscreen"},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.stdout, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return step
