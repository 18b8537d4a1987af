"""Three editions of a study as a trend: what enters and leaves the supply balances."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from io import BytesIO
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import openpyxl  # type: ignore[import-untyped]
import pandas as pd
import pyogrio
import pytest
from pypdf import PdfReader

from foncier.errors import ConfigError
from foncier.pipeline import observatory
from foncier.results.totals import on_offer
from foncier.schemas.results import KINDS, TAKEN

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DAYS = ("2024-01-15", "2025-01-15", "2026-01-15")


def edition(demo_folder: Path, folder: Path, day: str | None, **told: Any) -> Path:
    """The demonstration as a result of another day."""
    folder.mkdir(parents=True)
    shutil.copy(demo_folder / "opportunites.gpkg", folder / "opportunites.gpkg")
    manifest = json.loads((demo_folder / "manifest.json").read_text(encoding="utf-8"))
    text = json.dumps({**manifest, "edition": day, **told})
    (folder / "manifest.json").write_text(text, encoding="utf-8")
    return folder


def rewrite(
    folder: Path, layer: str, change: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame]
) -> None:
    path = folder / "opportunites.gpkg"
    change(pyogrio.read_dataframe(path, layer=layer)).to_file(path, layer=layer, engine="pyogrio")


def plots(sites: gpd.GeoDataFrame) -> list[str]:
    free = sites[(sites["kind"] == "dent_creuse") & (sites["availability_class"] != TAKEN)]
    return sorted(free["opportunity_id"])


def taken(sites: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    chosen = sites["opportunity_id"].isin(plots(sites)[:2])
    return sites.assign(availability_class=sites["availability_class"].mask(chosen, TAKEN))


def gone(sites: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The sites without the next three plots that are still free."""
    return sites[~sites["opportunity_id"].isin(plots(sites)[:3])]


@pytest.fixture(scope="module")
def editions(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demonstration; then two plots taken; then three more gone, one of them built."""
    root = tmp_path_factory.mktemp("observatory")
    first, second, third = (edition(demo_folder, root / day, day) for day in DAYS)
    sites = pyogrio.read_dataframe(first / "opportunites.gpkg", layer="opportunites")
    rewrite(second, "opportunites", taken)
    rewrite(third, "opportunites", lambda rows: gone(taken(rows)))
    built = sites[sites["opportunity_id"] == plots(sites)[2]].geometry.buffer(-2.0)

    def build(buildings: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        one = buildings.iloc[:1].set_geometry([built.iloc[0]])
        return gpd.GeoDataFrame(pd.concat([buildings, one], ignore_index=True), crs=buildings.crs)

    rewrite(third, "batiments", build)
    return root


@pytest.fixture(scope="module")
def seen(editions: Path) -> observatory.Observatory:
    return observatory.observe(editions)


def flow(seen: observatory.Observatory, day: str, kind: str = "dent_creuse") -> dict[str, float]:
    rows = seen.flows
    one = rows[(rows["day"] == dt.date.fromisoformat(day)) & (rows["kind"] == kind)]
    return {name: float(one[name].iloc[0]) for name in ("new", "freed", "taken", "built", "gone")}


def test_what_became_of_the_sites(seen: observatory.Observatory) -> None:
    assert [str(day) for day in seen.days] == list(DAYS)
    nothing = {"new": 0, "freed": 0, "taken": 0, "built": 0, "gone": 0}
    assert flow(seen, DAYS[1]) == {**nothing, "taken": 2}
    assert flow(seen, DAYS[2]) == {**nothing, "built": 1, "gone": 2}
    assert flow(seen, DAYS[2], "friche") == nothing


def test_the_supply_of_an_edition_is_the_former_one_with_what_entered_and_left(
    seen: observatory.Observatory,
) -> None:
    offered = seen.stock[seen.stock["class"] != TAKEN]
    sites = offered.groupby(["day", "kind"])["sites"].sum()
    for row in seen.flows.to_dict("records"):
        before, after = (sites[row[name], row["kind"]] for name in ("since", "day"))
        entered = row["new"] + row["freed"]
        assert after == before + entered - row["taken"] - row["built"] - row["gone"]


def test_the_first_edition_is_the_supply_of_its_geopackage(
    seen: observatory.Observatory, editions: Path
) -> None:
    sites = on_offer(
        pyogrio.read_dataframe(editions / DAYS[0] / "opportunites.gpkg", layer="opportunites")
    )
    stock = seen.stock[seen.stock["day"] == seen.days[0]]
    stock = stock[stock["class"] != TAKEN]
    assert stock["sites"].sum() == len(sites)
    assert stock["area_m2"].sum() == pytest.approx(sites["counted_area_m2"].sum())


def test_the_page_and_the_workbook(seen: observatory.Observatory, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        observatory.write(seen, tmp_path / folder, lang="fr")
    for name in observatory.NAMES:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    (page,) = PdfReader(BytesIO((tmp_path / "a" / "observatoire.pdf").read_bytes())).pages
    text = page.extract_text().replace("\u00a0", " ")
    for day in ("15/01/2024", "15/01/2025", "15/01/2026"):
        assert day in text
    assert "DONNÉES FICTIVES" in text
    book = openpyxl.load_workbook(tmp_path / "a" / "observatoire.xlsx")
    assert book.sheetnames == ["offre", "disponibilite", "mouvements", "notes"]
    total = [[cell.value for cell in row] for row in book["mouvements"].iter_rows()][-1]
    assert total[5:8] == [0, 1, 2]


def test_what_was_not_sought_is_unknown_and_enters_nowhere(
    demo_folder: Path, tmp_path: Path
) -> None:
    manifest = json.loads((demo_folder / "manifest.json").read_text(encoding="utf-8"))
    inputs = [one for one in manifest["inputs"] if one["layer"] != "parcels"]
    first = edition(demo_folder, tmp_path / "a", DAYS[0], inputs=inputs)
    rewrite(first, "opportunites", lambda rows: rows[~rows["kind"].isin(["dent_creuse"])])
    edition(demo_folder, tmp_path / "b", DAYS[1])
    seen = observatory.observe(tmp_path)
    assert all(np.isnan(one) for one in flow(seen, DAYS[1]).values())
    stock = seen.stock[(seen.stock["day"] == seen.days[0]) & (seen.stock["kind"] == "dent_creuse")]
    assert stock["sites"].isna().all()
    out = tmp_path / "out"
    observatory.write(seen, out, lang="fr")
    text = PdfReader(BytesIO((out / "observatoire.pdf").read_bytes())).pages[0].extract_text()
    assert "non cherché" in text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ((DAYS[0],), "1 résultat daté"),
        ((DAYS[0], None), "1 résultat daté"),
        ((DAYS[0], DAYS[0]), "deux résultats du"),
    ],
)
def test_what_is_no_trend_is_one_error(
    days: tuple[str | None, ...], words: str, demo_folder: Path, tmp_path: Path
) -> None:
    for n, day in enumerate(days):
        edition(demo_folder, tmp_path / f"r{n}", day)
    with pytest.raises(ConfigError, match=words):
        observatory.observe(tmp_path)


def test_other_communes_are_refused_and_an_undated_result_is_set_aside(
    demo_folder: Path, tmp_path: Path
) -> None:
    edition(demo_folder, tmp_path / "a", DAYS[0])
    edition(demo_folder, tmp_path / "b", DAYS[1])
    edition(demo_folder, tmp_path / "undated", None)
    seen = observatory.observe(tmp_path)
    assert len(seen.days) == 2
    assert "undated" in seen.warnings[0].fr
    edition(demo_folder, tmp_path / "c", DAYS[2], communes=["63148"])
    with pytest.raises(ConfigError):
        observatory.observe(tmp_path)


def test_no_folder_is_one_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="dossier introuvable"):
        observatory.observe(tmp_path / "none")


def test_every_kind_has_a_row(seen: observatory.Observatory) -> None:
    assert set(seen.flows["kind"]) == set(KINDS)
