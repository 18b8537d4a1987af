"""A hostile result, and a real Chromium with the network cut."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from foncier import tables
from foncier.export.webmap import write_map
from foncier.records import LayerReport, Missing, Note, Result, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[3]
ARGUMENTS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
HOSTILE = (
    "<script>window.hacked=1</script>\"'><img src=x onerror=window.hacked=1></script>"
    "</style><!-- ]]> &lt; {{7*7}} {% raw %} @@POLICY@@ \x01 \u2028 \u202e مرحبا \U0001f600"
)


def _poison(text: Text) -> Text:
    return Text(text.fr + HOSTILE, text.en + HOSTILE)


def _poisoned(frame: Any, contract: tables.Table) -> Any:
    """Add hostile words to every free text of a table, ids alike in all tables."""
    columns = {}
    for column in contract.columns:
        # a target is a code of the study file, not a text of a source
        if column.kind == "text" and not column.values and column.name != "target":
            values = frame[column.name]
            columns[column.name] = values.str.replace("|", HOSTILE + "|", regex=False) + HOSTILE
    return frame.assign(**columns)


def _poisoned_report(report: LayerReport) -> LayerReport:
    notes = tuple(Note(n.effect, n.count, _poison(n.text)) for n in report.notes)
    return replace(
        report, source=HOSTILE, licence=HOSTILE, path=HOSTILE, layer=HOSTILE, notes=notes
    )


@pytest.fixture
def hostile_result(small_result: Result) -> Result:
    """The small result with hostile words in every text of every table and record."""
    kept = small_result
    named = ("candidates", "evidence", "tests", "rejections", "access_points", "access", "lines")
    poisoned = {
        name: _poisoned(getattr(kept, name), getattr(tables, name.upper())) for name in named
    }
    ids = kept.scores["opportunity_id"] + HOSTILE
    layers = {
        name: _poisoned(getattr(kept.background, name), getattr(tables, name.upper()))
        for name in ("streets", "buildings", "constraints", "places")
    }
    return replace(
        kept,
        title=HOSTILE + "\ud800" + "é" * 10_000,
        communes=(HOSTILE,),
        scores=kept.scores.assign(opportunity_id=ids),
        stops=kept.stops.assign(name=kept.stops["name"] + HOSTILE),
        background=replace(kept.background, **layers),
        criteria=tuple(replace(c, label=_poison(c.label), unit=HOSTILE) for c in kept.criteria),
        profile=replace(kept.profile, label=_poison(kept.profile.label), source=HOSTILE),
        targets={name: _poison(text) for name, text in kept.targets.items()},
        reports=tuple(_poisoned_report(report) for report in kept.reports),
        missing=(Missing(HOSTILE, Text(HOSTILE, HOSTILE)),),
        credits=(HOSTILE,),
        **poisoned,
    )


@dataclass
class Visit:
    """One open page, and all that went wrong or out since it opened."""

    page: Any
    faults: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def settle(self) -> None:
        """Wait for what is under way (frames, not the network)."""
        self.page.wait_for_timeout(250)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A real Chromium, or the reason why there is none."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("no chromium on this machine: install it to run the browser tests")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Any, tmp_path: Path) -> Iterator[Callable[..., Visit]]:
    """Write a result as a page and open it, network cut; nothing may fail nor go out."""
    opened: list[Visit] = []

    def open_page(
        result: Result, *, lang: str = "fr", fragment: str = "", before: str = "", **screen: Any
    ) -> Visit:
        path = tmp_path / f"map-{len(opened)}.html"
        write_map(result, path, lang=lang)
        screen = {"viewport": {"width": 1366, "height": 768}, **screen}
        context = chromium.new_context(offline=True, **screen)
        context.route("**", _only(path.as_uri()))
        found = Visit(context.new_page())
        _listen(found)
        if before:
            found.page.add_init_script(before)
        found.page.goto(path.as_uri() + fragment)
        found.page.wait_for_selector("body[data-ready=yes]", timeout=20_000)
        opened.append(found)
        return found

    with _closing(opened):
        yield open_page
    for one in opened:
        assert one.faults == []
        assert len(one.requests) == 1, one.requests


@contextmanager
def _closing(opened: list[Visit]) -> Iterator[None]:
    try:
        yield
    finally:
        for one in opened:
            one.page.context.close()


def _only(allowed: str) -> Callable[[Any], None]:
    def decide(route: Any) -> None:
        same = route.request.url.split("#", maxsplit=1)[0] == allowed
        route.continue_() if same else route.abort()

    return decide


def _listen(found: Visit) -> None:
    def on_console(message: Any) -> None:
        if message.type in {"error", "warning"}:
            found.faults.append(message.text)

    def on_dialog(dialog: Any) -> None:
        found.faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    found.page.on("console", on_console)
    found.page.on("pageerror", lambda error: found.faults.append(str(error)))
    found.page.on("dialog", on_dialog)
    found.page.on("request", lambda request: found.requests.append(request.url))


@pytest.fixture(scope="session")
def artefacts() -> Path:
    """Folder of the screenshots to look at (ignored by git)."""
    folder = ROOT / "artefacts"
    folder.mkdir(exist_ok=True)
    return folder
