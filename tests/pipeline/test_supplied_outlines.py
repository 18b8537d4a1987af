"""A study that supplies a relief, an envelope or land units: run, checked, and told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

from foncier.errors import ConfigError, FormatError
from foncier.pipeline import check
from foncier.pipeline.run import run
from foncier.pipeline.write_results import write_results
from foncier.results import explain, read_saved
from foncier.results.explain import story
from foncier.study import read_study

from ..hamlet import X, Y, hamlet

if TYPE_CHECKING:
    from pathlib import Path


def dem(path: Path, *, east: float = 0.12, west: float = X - 100) -> None:
    """Write a hillside of two kilometres that climbs to the east."""
    cells = 50 + east * (np.arange(400) + 0.5) * 5.0
    heights = np.tile(cells, (400, 1)).astype(np.float32)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=400,
        height=400,
        count=1,
        dtype="float32",
        crs="EPSG:2154",
        transform=from_origin(west, Y + 1000, 5.0, 5.0),
    ) as written:
        written.write(heights, 1)


def add(folder: Path, text: str) -> Path:
    with (folder / "study.toml").open("a", encoding="utf-8") as file:
        file.write(text)
    return folder


RELIEF = '\n[layers.elevation]\npath = "relief.tif"\nsource = "RGE ALTI"\n'


def test_a_dem_gives_each_plot_its_slope_and_is_not_missing(tmp_path: Path) -> None:
    folder = hamlet(tmp_path / "h")
    flat = run(read_study(folder))
    assert "elevation" in {gap.what for gap in flat.missing}
    dem(folder / "relief.tif")
    found = run(read_study(add(folder, RELIEF)))
    assert "elevation" not in {gap.what for gap in found.missing}
    (report,) = [r for r in found.reports if r.layer == "elevation"]
    assert (report.format, report.source, report.path) == ("geotiff", "RGE ALTI", "relief.tif")
    slope = found.tests.loc[found.tests["rule"] == "slope", "value"]
    assert len(slope)
    assert slope.to_numpy() == pytest.approx(12.0, abs=0.1)
    assert found.candidates["warnings"].str.contains("pente médiane").all()
    assert (flat.tests.loc[flat.tests["rule"] == "slope", "value"]).isna().all()


def test_a_dem_of_another_place_is_an_error_of_run_and_check(tmp_path: Path) -> None:
    folder = hamlet(tmp_path / "h")
    dem(folder / "relief.tif", west=X + 50_000)
    study = read_study(add(folder, RELIEF))
    with pytest.raises(FormatError, match="ne couvre pas"):
        run(study)
    (folder / "relief.tif").write_text("<html>", encoding="utf-8")
    seen = {s.layer: s for s in check.check_layers(study)}
    assert isinstance(seen["elevation"].fault, FormatError)
    assert seen["envelope"].fault is None


def test_tiles_of_two_grids_are_refused(tmp_path: Path) -> None:
    folder = hamlet(tmp_path / "h")
    dem(folder / "a.tif")
    dem(folder / "b.tif", west=X - 98)
    tiles = "".join(f'\n[[layers.elevation]]\npath = "{n}.tif"\n' for n in "ab")
    with pytest.raises(ConfigError, match="même maille"):
        run(read_study(add(folder, tiles)))


def outlines(path: Path, shapes: list[Any], **columns: list[str]) -> None:
    gpd.GeoDataFrame(columns, geometry=shapes, crs=2154).to_file(path)


def test_a_supplied_envelope_replaces_the_computed_one(tmp_path: Path) -> None:
    folder = hamlet(tmp_path / "h")
    outlines(folder / "tache.gpkg", [shapely.box(X, Y - 50, X + 200, Y + 90)])
    text = '\n[layers.envelope]\npath = "tache.gpkg"\nsource = "SCOT"\n'
    study = read_study(add(folder, text))
    found = run(study)
    rule = next(r for r in found.profile.rules["dent_creuse"] if r.measure == "envelope_m2")
    assert "enveloppe fournie par l'étude (SCOT)" in rule.source
    assert "envelope" in {r.layer for r in found.reports}
    asked = found.tests[found.tests["rule"] == "envelope"]
    assert set(asked["detail"]) <= {"enveloppe fournie"}
    assert (asked["value"] == 0).all()  # the bare plots lie beyond the outline
    assert not (found.candidates["kind"] == "dent_creuse").any()


def test_an_assembly_is_delivered_apart_and_explained(tmp_path: Path) -> None:
    """Two strips that a parcel of the hamlet is cut into: nothing alone, a plot together."""
    folder = hamlet(tmp_path / "h")
    _cut(folder)
    study = read_study(folder)
    found = run(study)
    assert found.assemblies is not None
    ids = set(found.assemblies["parcel_ids"])
    assert "80021000AB0005|80021000AB0099" in ids
    assert not found.candidates["parcel_ids"].isin(["80021000AB0005", "80021000AB0099"]).any()
    write_results(found, study, tmp_path / "out", lang="fr", timings={})
    told = explain(read_saved(tmp_path / "out"), "80021000AB0005")
    assert set(told.assemblies["parcel_ids"]) <= ids
    lines = [" ".join([title, *rows]) for title, rows in story(told, "fr")]
    (with_it,) = [t for t in lines if "Avec sa voisine 80021000AB0099" in t]
    assert "Ce qui manque à chacune" in with_it
    assert "accord des propriétaires" in with_it
    english = [title for title, _ in story(told, "en")]
    assert any(title.startswith("With its neighbour") for title in english)


def _cut(folder: Path) -> None:
    """Leave plot 5 bare, in two strips 7.5 m wide, and its neighbour nearer by so much."""
    from ..hamlet import degrees, feature, parcels, write

    rows = parcels()
    strips = {4: ("0005", 0.0, 7.5), 98: ("0099", 7.5, 15.0)}
    made = [
        feature(
            degrees(shapely.box(X + 150 + a, Y, X + 150 + b, Y + 40)),
            id=f"80021000AB{n}",
            commune="80021",
            prefixe="000",
            section="AB",
            numero=str(int(n)),
            contenance=300,
        )
        for n, a, b in strips.values()
    ]
    wide = feature(
        degrees(shapely.box(X + 165, Y, X + 210, Y + 40)),
        id="80021000AB0006",
        commune="80021",
        prefixe="000",
        section="AB",
        numero="6",
        contenance=1800,
    )
    kept = [r for r in rows if r["properties"]["numero"] not in ("5", "6")]
    write(folder / "parcelles.json.gz", [*kept, *made, wide])
    houses = [
        feature(
            degrees(shapely.box(X + 30 * n + 5, Y + 5, X + 30 * n + 25, Y + 30)),
            type="01",
            nom=None,
            commune="80021",
        )
        for n in (1, 2, 3, 4, 6, 7, 8, 9)
    ]
    write(folder / "batiments.json.gz", houses)
