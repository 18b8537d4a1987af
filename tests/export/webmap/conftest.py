"""A hostile result, and a real Chromium with the network cut."""

from __future__ import annotations

import re
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from foncier import schemas
from foncier.export.webmap import write_map
from foncier.i18n import Localized
from foncier.model import LayerReport, Missing, Note, ResultTables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[3]
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
HOSTILE = (
    "<script>window.hacked=1</script>\"'><img src=x onerror=window.hacked=1></script>"
    "</style><!-- ]]> &lt; {{7*7}} {% raw %} @@POLICY@@ \x01 \u2028 \u202e مرحبا \U0001f600"
)

# Uses of a friche and their ranks; the corner of two rejected parcels and their ids.
USES = [("tertiaire", 1.0), ("residentiel", 2.0), ("culture", 3.0), ("industrie", 4.0)]
X, Y = 650_200.0, 6_977_000.0
PARTS = ("80021000AB0004", "80021000AB0005")


def _poison(text: Localized) -> Localized:
    return Localized(text.fr + HOSTILE, text.en + HOSTILE)


def _poisoned(frame: Any, contract: schemas.Table) -> Any:
    """Add hostile words to every free text of a table, ids alike in all tables."""
    columns = {}
    for column in contract.columns:
        # a target is a code of the study file, not a text of a source
        free = not column.values  # noqa: PD011  a column of a contract
        if column.kind == "text" and free and column.name != "target":
            values = frame[column.name]
            columns[column.name] = values.str.replace("|", HOSTILE + "|", regex=False) + HOSTILE
    return frame.assign(**columns)


def _poisoned_report(report: LayerReport) -> LayerReport:
    notes = tuple(Note(n.effect, n.count, _poison(n.text)) for n in report.notes)
    return replace(
        report, source=HOSTILE, licence=HOSTILE, path=HOSTILE, layer=HOSTILE, notes=notes
    )


@pytest.fixture
def hostile_result(small_result: ResultTables) -> ResultTables:
    """The small result with hostile words in every text of every table and record."""
    kept = small_result
    named = ("candidates", "evidence", "tests", "rejections", "access_points", "access", "lines")
    poisoned = {
        name: _poisoned(getattr(kept, name), getattr(schemas, name.upper())) for name in named
    }
    ids = kept.scores["opportunity_id"] + HOSTILE
    layers = {
        name: _poisoned(getattr(kept.background, name), getattr(schemas, name.upper()))
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
        destinations={name: _poison(text) for name, text in kept.destinations.items()},
        reports=tuple(_poisoned_report(report) for report in kept.reports),
        missing=(Missing(HOSTILE, Localized(HOSTILE, HOSTILE)),),
        credits=(HOSTILE,),
        **poisoned,
    )


@pytest.fixture
def detailed_result(small_result: ResultTables) -> ResultTables:
    """A friche with its ride, the river on its way, its uses and its effort."""
    nan = float("nan")
    access = small_result.access.assign(
        bike_min=[1.9, 0.6, 3.6, nan, nan, nan],
        bike_m=[520.0, 150.0, 900.0, nan, nan, nan],
        barrier=pd.Series(["water", "railway", "none", None, None, None], dtype="str"),
        barrier_name=pd.Series(["La Somme<b>window.hacked</b>", *[None] * 5], dtype="str"),
    )
    mutability = pd.DataFrame(
        [
            {
                "opportunity_id": "FR-80021_1",
                "use": use,
                "index": 96.2 - rank,
                "index_low": 26.9,
                "index_high": 82.7,
                "reliability": 2.67,
                "band": "excellent",
                "use_rank": rank,
            }
            for use, rank in USES
        ]
    )
    effort = pd.DataFrame(
        [
            {
                "opportunity_id": "FR-80021_1",
                "works_low_keur": 32.6,
                "works_high_keur": 69.6,
                "hardness_low": 0.0,
                "hardness_high": 26.0,
                "hardness": None,
                "known": None,
            }
        ]
    )
    candidates = small_result.candidates.assign(
        residents_5min=[310.0, None, None],
        residents_10min=[None] * 3,
        residents_15min=[12_400.0, None, None],
        residents_around=[1240.0, None, None],
    )
    scores = small_result.scores.assign(rank_high=[1.0, 2.0, nan])
    return replace(
        small_result,
        access=schemas.ACCESS.conform(access),
        candidates=schemas.CANDIDATES.conform(candidates),
        scores=scores,
        mutability=schemas.MUTABILITY.conform(mutability),
        effort=schemas.EFFORT.conform(effort),
    )


@pytest.fixture
def assembled(small_result: ResultTables) -> ResultTables:
    """Two assemblies; the first is made of the two rejected parcels."""
    rows = [
        {
            "assembly_id": f"AS-{n}",
            "kind": "parcelles_nues",
            "parcel_ids": "|".join(PARTS),
            "parcels": 2,
            "area_m2": 1050.4,
            "usable_area_m2": usable,
            "alone_fr": f"{PARTS[0]} : il manque 250 m² | {PARTS[1]} : il manque 400 m²",
            "alone_en": f"{PARTS[0]}: 250 m² short | {PARTS[1]}: 400 m² short",
            "together_fr": "Surface : 1 050 m² (seuil 400 m²)<img src=x>",
            "together_en": "Area: 1,050 m² (threshold 400 m²)<img src=x>",
            "agreement_fr": "Suppose l'accord des propriétaires de 2 parcelles.",
            "agreement_en": "Needs the agreement of the owners of 2 parcels.",
        }
        for n, usable in ((2, None), (1, 640.0))
    ]
    outlines = [shapely.box(X + 100, Y, X + 120, Y + 50), shapely.box(X, Y, X + 29, Y + 40)]
    table = gpd.GeoDataFrame(rows, geometry=outlines, crs=small_result.candidates.crs)
    return replace(small_result, assemblies=schemas.ASSEMBLIES.conform(table))


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
        result: ResultTables,
        *,
        lang: str = "fr",
        fragment: str = "",
        before: str = "",
        **screen: Any,
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
        same = re.split("[?#]", route.request.url, maxsplit=1)[0] == allowed
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
