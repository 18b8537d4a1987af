"""``foncier run --tiles`` and ``foncier convert``, as a user types them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.hamlet import hamlet
from tests.test_cli import foncier

if TYPE_CHECKING:
    from pathlib import Path

DELIVERED = ("opportunites.gpkg", "opportunites.parquet", "opportunites.csv", "opportunites.html")


def test_tiles_deliver_the_same_bytes_and_a_converted_study_too(tmp_path: Path) -> None:
    study, out = hamlet(tmp_path / "hameau"), tmp_path / "maps"
    assert foncier("run", study, "--out", out / "whole", "-q").returncode == 0
    told = foncier("run", study, "--out", out / "cut", "--tiles", "2", "--scheduler", "serial")
    assert told.returncode == 0, told.stderr
    assert (out / "cut.travail" / "tuiles").is_dir()
    told = foncier("convert", study)
    assert told.returncode == 0, told.stderr
    assert "parcelles.json.gz" in told.stdout
    assert (study / "convertis" / "parcels.parquet").is_file()
    assert foncier("run", study, "--out", out / "kept", "-q").returncode == 0
    for name in DELIVERED:
        whole = (out / "whole" / name).read_bytes()
        assert (out / "cut" / name).read_bytes() == whole, name
        assert (out / "kept" / name).read_bytes() == whole, name


def test_a_word_that_is_no_engine_and_no_cut_is_one_error(tmp_path: Path) -> None:
    study = hamlet(tmp_path / "hameau")
    for words in (("--tiles", "2", "--scheduler", "sparc"), ("--tiles", "quartier")):
        told = foncier("run", study, "--out", tmp_path / "out", *words)
        assert told.returncode == 2
        assert "Possibles" in told.stderr or "attendu auto" in told.stderr
        assert "Traceback" not in told.stderr
