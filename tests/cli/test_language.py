"""Help, errors and progress are in one language: `--lang`, `FONCIER_LANG`, else French."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.hamlet import hamlet
from tests.test_cli import foncier

from foncier.i18n import Lang, localize
from foncier.i18n.catalog import messages

SOURCE = Path(__file__).resolve().parents[2] / "src"
# Words of click and typer that no catalogue has.
FOREIGN = ("Usage:", "Show this message", "Commands:", "[default", "[required", "Error:", "Try '")


def call(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own: help is worded when it is imported."""
    kept = {k: v for k, v in os.environ.items() if k not in ("FONCIER_LANG", "LC_ALL", "LANG")}
    return subprocess.run(
        [sys.executable, "-m", "foncier", *words],
        env={**kept, "PYTHONPATH": str(SOURCE), "COLUMNS": "200", "NO_COLOR": "1", **variables},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def plain(text: str) -> str:
    return " ".join(text.replace("\u00a0", " ").split())


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_help_is_in_one_language(lang: Lang) -> None:
    other: Lang = "en" if lang == "fr" else "fr"
    top = plain(call("--lang", lang, "--help").stdout)
    command = plain(call("run", "--help", FONCIER_LANG=lang).stdout)
    for name in [key for key in messages("fr") if key.endswith(".help.command")]:
        assert plain(localize(name, lang)) in top
        assert plain(localize(name, other)) not in top
    for name in [key for key in messages("fr") if key.startswith("cli.run.help.")]:
        assert plain(localize(name, lang)) in command
        assert plain(localize(name, other)) not in command
    if lang == "fr":
        assert not [word for word in FOREIGN if word in top + command]


def test_french_is_the_default_and_an_english_locale_is_followed() -> None:
    assert "Commandes" in call("--help").stdout
    assert "Commands" in call("--help", LANG="en_GB.UTF-8").stdout
    assert "Commandes" in call("--lang", "fr", "--help", LANG="en_GB.UTF-8").stdout


USAGE = {
    "command": (("rum",), "run"),
    "option": (("run", "--lan"), "--lang"),
    "argument": (("explain", "a"), "ID"),
    "value": (("run", "--workers", "x"), "--workers"),
    "no value": (("run", "--tiles"), "--tiles"),
    "extra": (("explain", "a", "b", "c"), "explain"),
}


@pytest.mark.parametrize("case", USAGE)
def test_a_wrong_command_line_is_an_error_in_french(case: str) -> None:
    words, named = USAGE[case]
    done = foncier(*words)
    assert done.returncode == 2
    assert named in done.stderr
    assert "Erreur" in done.stderr
    assert not [word for word in FOREIGN if word in done.stderr]


@pytest.mark.parametrize("where", ["before", "after"])
def test_errors_speak_the_language_of_the_option(tmp_path: Path, where: str) -> None:
    study, lang = str(tmp_path / "none"), ("--lang", "en")
    words = (*lang, "check", study) if where == "before" else ("check", study, *lang)
    assert "study not found" in foncier(*words).stderr
    assert "étude introuvable" in foncier("check", study).stderr, "the next call is in French"


def test_check_and_run_speak_english(tmp_path: Path) -> None:
    folder = hamlet(tmp_path / "h")
    check = foncier("check", folder, "--lang", "en")
    assert "12 rows kept of 12" in check.stdout
    assert "lignes" not in check.stdout
    done = foncier("run", folder, "--out", tmp_path / "out", "--lang", "en")
    assert "Rejected parcels" in done.stdout
    assert "Carte" not in done.stdout
