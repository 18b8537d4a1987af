"""TOML that a planner writes: what is none, or no person's, is told with its file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from foncier._util.toml import MAX_BYTES, MAX_KEY_PARTS, read_toml
from foncier.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a = [1, 2", "n'est pas un fichier TOML lisible"),
        ("a = " + "[" * 5000, "trop imbriquées"),
        ("a = " + "9" * 5000, "n'est pas un fichier TOML lisible"),
        (".".join(["a"] * (MAX_KEY_PARTS + 5)) + " = 1", "trop de points"),
        ("[" + " . ".join(['"a"'] * (MAX_KEY_PARTS + 5)) + "]", "trop de points"),
        ("# " + "x" * MAX_BYTES, "plus de 4\u00a0Mo"),
    ],
)
def test_error_names_the_file_and_the_cause(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "study.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=words) as caught:
        read_toml(path)
    assert str(caught.value).startswith(str(path))


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="lecture impossible"):
        read_toml(tmp_path)


def test_many_dots_that_are_no_key_pass(tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    points = ", ".join(f"[2.{n}, 49.{n}]" for n in range(500))
    path.write_text(f'a = [{points}]\nb = "…{"." * 200}"\n', encoding="utf-8")
    assert len(read_toml(path)["a"]) == 500
