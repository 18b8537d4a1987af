"""An extract packed as Geofabrik does says what it says as XML, and is cut as it is read."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import osmium
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from pandas.testing import assert_frame_equal

from foncier import readers
from foncier.crs import legal_crs
from foncier.errors import FormatError, SourceError
from foncier.model import LayerFile
from foncier.pipeline.layers import read_layers
from foncier.study import read_study

from ..hamlet import TO_DEGREES, X, Y, hamlet

if TYPE_CHECKING:
    from pathlib import Path

LAYERS = ("streets", "places", "constraints", "observations")


def pbf(xml: Path, to: Path) -> Path:
    """The same objects, packed."""
    writer = osmium.SimpleWriter(str(to))
    for one in osmium.FileProcessor(str(xml)):
        writer.add(one)
    writer.close()
    return to


def read(layer: str, path: Path, format_: str, parcels: Any = None) -> tuple[Any, Any]:
    file = LayerFile(layer, path, path.name, format_)
    return readers.read(file, crs=legal_crs("35236"), communes=(), parcels=parcels)


@pytest.mark.real
def test_redon_packed_is_redon(real_data: Path, tmp_path: Path) -> None:
    plain = tmp_path / "redon.osm"
    plain.write_bytes(gzip.decompress((real_data / "osm-redon/redon.osm.gz").read_bytes()))
    packed = pbf(plain, tmp_path / "redon.osm.pbf")
    whole = {}
    for layer in LAYERS:
        (table, report), (same, other) = (
            read(layer, plain, "osm-xml"),
            read(layer, packed, "osm-pbf"),
        )
        assert len(table)
        assert_geodataframe_equal(table, same, check_crs=True)
        assert (report.rows_read, report.notes) == (other.rows_read, other.notes)
        whole[layer] = same
    # Cut around a piece of the town: what touches it is there, as whole as in the whole.
    middle = whole["streets"].union_all().centroid
    plot = gpd.GeoDataFrame(geometry=[middle.buffer(20)], crs=legal_crs("35236"))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("foncier.readers.osm_files.MARGIN_M", 200.0)
        for layer in LAYERS:
            part, report = read(layer, packed, "osm-pbf", plot)
            key = part.columns[0]
            all_, cut = whole[layer].set_index(key), part.set_index(key)
            near = all_[all_.intersects(middle.buffer(150))]
            assert 0 < len(near) <= len(cut) < len(all_)
            assert set(near.index) <= set(cut.index)
            assert_frame_equal(
                all_.loc[near.index].drop(columns="geometry"),
                cut.loc[near.index].drop(columns="geometry"),
            )
            assert cut.loc[near.index].geometry.geom_equals(near.geometry).all()
            assert any("coupé" in note.text.fr for note in report.notes)


def test_area_across_the_box_is_complete(tmp_path: Path) -> None:
    corners = [(0, 0), (100, 0), (100, 4000), (0, 4000)]
    spots = [TO_DEGREES.transform(650_000 + x, 6_977_000 + y) for x, y in corners]
    nodes = "".join(
        f'<node id="{n}" version="1" lat="{lat:.7f}" lon="{lon:.7f}"/>'
        for n, (lon, lat) in enumerate(spots, 1)
    )
    ways = (
        '<way id="1" version="1"><nd ref="1"/><nd ref="2"/><nd ref="3"/></way>'
        '<way id="2" version="1"><nd ref="3"/><nd ref="4"/><nd ref="1"/></way>'
        '<way id="3" version="1"><nd ref="3"/><nd ref="4"/><tag k="highway" v="path"/></way>'
    )
    area = (
        '<relation id="1" version="1"><member type="way" ref="1" role="outer"/>'
        '<member type="way" ref="2" role="outer"/><tag k="type" v="multipolygon"/>'
        '<tag k="natural" v="water"/></relation>'
    )
    plain = tmp_path / "a.osm"
    plain.write_text(f'<osm version="0.6">{nodes}{ways}{area}</osm>', "utf-8")
    packed = pbf(plain, tmp_path / "a.osm.pbf")
    plot = gpd.GeoDataFrame(
        geometry=[shapely.box(650_010, 6_977_000, 650_020, 6_977_010)], crs=2154
    )
    water, _ = read("constraints", packed, "osm-pbf", plot)
    assert water.geometry.area.tolist() == pytest.approx([400_000], rel=1e-3)
    assert read("streets", packed, "osm-pbf", plot)[0].empty  # the path begins 4 km away
    assert len(read("streets", packed, "osm-pbf")[0]) == 1


def test_cut_areas_are_counted_in_the_study_only(tmp_path: Path) -> None:
    nodes, ways, areas = "", "", ""
    for n, y in ((1, 0), (2, 50_000)):
        ends = [TO_DEGREES.transform(650_000 + x, 6_977_000 + y) for x in (0, 100)]
        nodes += "".join(
            f'<node id="{2 * n + i}" version="1" lat="{lat:.7f}" lon="{lon:.7f}"/>'
            for i, (lon, lat) in enumerate(ends)
        )
        ways += f'<way id="{n}" version="1"><nd ref="{2 * n}"/><nd ref="{2 * n + 1}"/></way>'
        areas += (
            f'<relation id="{n}" version="1"><member type="way" ref="{n}" role="outer"/>'
            '<member type="way" ref="99" role="outer"/><tag k="type" v="multipolygon"/>'
            '<tag k="natural" v="water"/></relation>'
        )
    plain = tmp_path / "a.osm"
    plain.write_text(f'<osm version="0.6">{nodes}{ways}{areas}</osm>', "utf-8")
    packed = pbf(plain, tmp_path / "a.osm.pbf")
    plot = gpd.GeoDataFrame(
        geometry=[shapely.box(650_010, 6_977_000, 650_020, 6_977_010)], crs=2154
    )
    for around, count in ((plot, 1), (None, 2)):
        _, report = read("constraints", packed, "osm-pbf", around)
        assert [n.count for n in report.notes if "cut by the edge" in n.text.en] == [count]


def test_extract_is_clipped_around_the_parcels(tmp_path: Path) -> None:
    folder = hamlet(tmp_path / "hamlet")
    plain = folder / "a.osm"
    ends = [TO_DEGREES.transform(X + x, Y + y) for x, y in ((0, 0), (400, 0), (0, 9000), (9, 9000))]
    nodes = "".join(
        f'<node id="{n}" version="1" lat="{lat:.7f}" lon="{lon:.7f}"/>'
        for n, (lon, lat) in enumerate(ends, 1)
    )
    ways = "".join(
        f'<way id="{n}" version="1"><nd ref="{2 * n - 1}"/><nd ref="{2 * n}"/>'
        '<tag k="highway" v="path"/></way>'
        for n in (1, 2)
    )
    plain.write_text(f'<osm version="0.6">{nodes}{ways}</osm>', "utf-8")
    pbf(plain, folder / "a.osm.pbf")
    toml = (folder / "study.toml").read_text("utf-8").split("[layers.streets]")[0]
    toml += '[layers.streets]\npath = "a.osm.pbf"\nformat = "osm-pbf"\n'
    (folder / "study.toml").write_text(toml, "utf-8")
    assert read_layers(read_study(folder)).get("streets")["street_id"].tolist() == ["way/1"]


def test_other_files_than_pbf_are_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = tmp_path / "a.osm"
    plain.write_text(
        '<osm version="0.6"><node id="1" version="1" lat="48" lon="2">'
        '<tag k="shop" v="bakery"/></node></osm>',
        "utf-8",
    )
    packed = pbf(plain, tmp_path / "a.osm.pbf")
    cut = tmp_path / "cut.osm.pbf"
    cut.write_bytes(packed.read_bytes()[:-20])
    for path, format_, says in (
        (plain, "osm-pbf", "pas un extrait"),
        (cut, "osm-pbf", "tronqué"),
        (packed, "osm-xml", 'format = "osm-pbf"'),
    ):
        with pytest.raises(FormatError, match=says):
            read("places", path, format_)
    with pytest.raises(SourceError, match="n'existe pas"):
        read("places", tmp_path / "b.osm.pbf", "osm-pbf")
    monkeypatch.setattr("foncier.readers.osm_files.MAX_UNCLIPPED_BYTES", 10)
    with pytest.raises(FormatError, match="où couper"):
        read("places", packed, "osm-pbf")
