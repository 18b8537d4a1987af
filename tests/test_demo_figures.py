"""The figures of the demonstration in the docs are those of a run; index and links are whole."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from foncier import demo

from . import demo_figures
from .test_cli import foncier

if TYPE_CHECKING:
    from pathlib import Path

ROOT = demo_figures.DOCS.parent
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "scripts/*.md", "maps/*.md", "layers/*/README.md")
    for path in ROOT.glob(pattern)
)
LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)?(?:#([^)\s]+))?\)")


@pytest.fixture(scope="module")
def fresh(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Blocks of the docs, computed from a run."""
    folder = tmp_path_factory.mktemp("figures")
    truth = demo.study_folder() / "verite.csv"
    done = foncier("validate", demo_folder, "--truth", truth, "--out", folder / "validation")
    assert done.returncode == 0, done.stderr
    needs = folder / "besoins.toml"
    needs.write_text(foncier("match", "--template").stdout, encoding="utf-8")
    done = foncier("match", demo_folder, needs, "--out", folder / "matches.csv")
    assert done.returncode == 0, done.stderr
    return demo_figures.blocks(demo_folder, folder / "validation", folder / "matches.csv")


@pytest.mark.parametrize("name", demo_figures.PAGES)
def test_the_figures_of_the_demonstration_are_those_of_a_run(
    name: str, fresh: dict[str, str]
) -> None:
    """To renew them: see `demo_figures`."""
    text = (demo_figures.DOCS / name).read_text(encoding="utf-8")
    assert demo_figures.renewed(text, fresh) == text


def test_every_block_is_on_one_page(fresh: dict[str, str]) -> None:
    pages = [(demo_figures.DOCS / name).read_text(encoding="utf-8") for name in demo_figures.PAGES]
    named = [block[1] for text in pages for block in demo_figures.BLOCK.findall(text)]
    assert sorted(named) == sorted(fresh)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_to_files_and_headings(path: Path) -> None:
    for target, anchor in LINK.findall(path.read_text(encoding="utf-8")):
        file = path.parent / target if target else path
        assert file.exists(), target
        if anchor:
            assert anchor in _anchors(file), f"{target}#{anchor}"


def _anchors(path: Path) -> set[str]:
    """Anchors of the headings of a page, as GitHub makes them."""
    heads = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def test_the_index_lists_every_decision_record() -> None:
    folder = demo_figures.DOCS / "adr"
    index = (folder / "README.md").read_text(encoding="utf-8")
    for path in folder.glob("0*.md"):
        title = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
        number, _, words = title.partition(". ")
        assert f"| {number} | [{words}]({path.name}) |" in index
