"""The cadastre in EDIGEO: what a sheet says, sheets that meet, archives that lie."""

from __future__ import annotations

import bz2
import gzip
import re
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import shapely
from tests.sheets import HOUSE, PLOT, SHED, STREET, box, deliver, sheet, tarred, whole

from foncier.errors import (
    ConfigError,
    CrsError,
    FormatError,
    SourceError,
)
from foncier.readers import edigeo_sheets

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sheets import Objects

LUXIOL = {"communes": ("25354",)}


def test_content_of_a_sheet(tmp_path: Path, read: Callable[..., Any]) -> None:
    path = deliver(tmp_path, [PLOT, HOUSE, SHED, STREET])
    parcels, report = read("parcels", "edigeo", path, **LUXIOL)
    assert parcels["parcel_id"].tolist() == ["25354000AB0001"]
    assert (parcels["commune"].tolist(), parcels["area_m2"].tolist()) == (["25354"], [1200.0])
    assert (report.crs, report.rows_read, report.notes) == ("EPSG:2154", 1, ())
    buildings, _ = read("buildings", "edigeo", path)
    assert buildings[["building_id", "kind"]].to_numpy().tolist() == [
        ["25-2", "hard"],
        ["25-3", "light"],
    ]
    streets, _ = read("streets", "edigeo", path)
    assert streets.loc[0, ["street_id", "name", "street_class"]].tolist() == [
        "25-4",
        "Rue des Champs",
        "voie",
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Chemin rural dit du Crouvot", ("chemin rural", True, True)),
        ("Sentier", ("sentier", False, True)),
        ("Autoroute A36", ("autoroute", True, False)),
        ("(R.D. nº 271)", ("voie", True, True)),
    ],
)
def test_class_of_a_way_by_its_name(
    name: str, expected: tuple[str, bool, bool], tmp_path: Path, read: Callable[..., Any]
) -> None:
    path = deliver(tmp_path, [("ZONCOMMUNI_id", "4", {"TEX": name}, STREET[3])])
    street = read("streets", "edigeo", path)[0].loc[0]
    assert street["name"] == name
    assert (street["street_class"], street["drive"], street["walk"]) == expected


def test_waters_and_cemeteries_are_constraints_and_pools_are_not(
    tmp_path: Path, read: Callable[..., Any]
) -> None:
    details: Objects = [
        ("TSURF_id", code, {"SYM": code}, box(50 * n, 0, 20, 20))
        for n, code in enumerate(["34", "51", "65"])
    ]
    river = ("TRONFLUV_id", "9", {"TEX": "Ruisseau"}, box(0, 100, 300, 5))
    table, _ = read("constraints", "edigeo", deliver(tmp_path, [*details, river]))
    assert table["kind"].tolist() == ["water", "cemetery", "water"]
    assert table["label"].dropna().tolist() == ["Ruisseau"]
    assert set(table["effect"]) == {"exclude"}


def test_sheets_that_share_or_cut_an_object(tmp_path: Path, read: Callable[..., Any]) -> None:
    """A way on two sheets is one; a parcel cut by the edge is whole; the newest state wins."""
    cut = ("PARCELLE_id", "5", {"IDU": "354000AB0002"}, box(100, 0, 20, 10))
    rest = (*cut[:3], box(120, 0, 20, 10))
    old = ("PARCELLE_id", "6", {"IDU": "354000AB0003"}, box(200, 0, 20, 10))
    new = (*old[:3], box(200, 0, 18, 10))
    deliver(tmp_path, [cut, old, STREET], day="20140101")
    deliver(tmp_path, [rest, new, STREET], number="000AB02", day="20190101")
    parcels, report = read("parcels", "edigeo", tmp_path, **LUXIOL)
    assert parcels.set_index("parcel_id")["area_m2"].to_dict() == {
        "25354000AB0002": 400.0,
        "25354000AB0003": 180.0,
    }
    assert [(n.effect, n.count) for n in report.notes] == [
        ("kept", 2),
        ("dropped", 1),
        ("repaired", 1),
    ]
    assert report.notes[0].text.fr.endswith("du 01/01/2014 au 01/01/2019")
    streets, report = read("streets", "edigeo", tmp_path)
    assert (len(streets), report.rows_read) == (1, 2)
    assert report.notes[1].text.fr.startswith("objet présent sur deux feuilles")


def test_a_folder_an_archive_and_an_unpacked_sheet_read_alike(
    tmp_path: Path, read: Callable[..., Any]
) -> None:
    path = deliver(tmp_path, [PLOT])
    apart = tmp_path / "apart" / "edigeo-25354000AB01"
    apart.mkdir(parents=True)
    with tarfile.open(path) as archive:
        for member in archive.getmembers():
            content = archive.extractfile(member)
            assert content is not None
            (apart / Path(member.name).name).write_bytes(content.read())
    tables = [
        read("parcels", "edigeo", where, **LUXIOL)
        for where in (path, apart, apart / "E000AB01.THF", tmp_path)
    ]
    assert all(table.equals(tables[0][0]) for table, _ in tables)
    prints = {report.sha256 for _, report in tables}
    assert len(prints) == 4  # the bytes read are not the same
    # The last one holds the sheet twice, packed and unpacked.
    assert [(n.effect, n.count) for n in tables[3][1].notes] == [("dropped", 1)]


@pytest.mark.parametrize(("system", "given"), [("RGF93CC47", {}), ("NTFX", {"crs": "EPSG:3947"})])
def test_conic_zone_declared_by_the_sheet_or_the_study(
    system: str, given: dict[str, str], tmp_path: Path, read: Callable[..., Any]
) -> None:
    import pyproj

    move = pyproj.Transformer.from_crs(2154, 3947, always_xy=True)
    there = [move.transform(x, y) for x, y in box(0, 0, 30, 40)]
    path = deliver(tmp_path, [(*PLOT[:3], there)], system=system)
    parcels, report = read("parcels", "edigeo", path, **LUXIOL, **given)
    assert report.crs == "EPSG:3947"
    assert parcels.geometry[0].equals_exact(shapely.Polygon(box(0, 0, 30, 40)), 0.02)


def test_wrong_or_unknown_crs_is_an_error(tmp_path: Path, read: Callable[..., Any]) -> None:
    with pytest.raises(CrsError, match="hors du territoire"):
        read("parcels", "edigeo", deliver(tmp_path, [PLOT], system="RGF93CC50"), **LUXIOL)
    with pytest.raises(CrsError, match=r"NTFX.*crs ="):
        read("parcels", "edigeo", deliver(tmp_path, [PLOT], system="NTFX"), **LUXIOL)


def test_the_departement_comes_from_the_name_or_the_study(
    tmp_path: Path, read: Callable[..., Any]
) -> None:
    path = deliver(tmp_path, [PLOT]).rename(tmp_path / "feuille.tar.bz2")
    parcels, report = read("parcels", "edigeo", path, communes=("25354", "25001"))
    assert parcels["parcel_id"].tolist() == ["25354000AB0001"]
    assert [n.effect for n in report.notes] == ["assumed"]
    for communes in ((), ("25001",), ("25354", "26354")):
        with pytest.raises(FormatError, match="département"):
            read("parcels", "edigeo", path, communes=communes)
    wrong = path.rename(tmp_path / "edigeo-25355000AB01.tar.bz2")
    with pytest.raises(FormatError, match="354000AB01"):
        read("parcels", "edigeo", wrong, **LUXIOL)


def test_another_commune_and_no_parcel(tmp_path: Path, read: Callable[..., Any]) -> None:
    path = deliver(tmp_path, [PLOT])
    with pytest.raises(ConfigError, match="autres communes"):
        read("parcels", "edigeo", path, communes=("80021",))
    assert read("streets", "edigeo", path)[0].empty  # no named way: empty, not an error
    assert read("buildings", "edigeo", path)[0].empty
    assert read("constraints", "edigeo", path)[0].empty
    with pytest.raises(FormatError, match="aucune parcelle"):
        read("parcels", "edigeo", deliver(tmp_path, [HOUSE]), **LUXIOL)


def test_missing_information_of_a_sheet(tmp_path: Path, read: Callable[..., Any]) -> None:
    nameless: Objects = [("ZONCOMMUNI_id", "4", {}, STREET[3]), ("BATIMENT_id", "2", {}, HOUSE[3])]
    path = deliver(tmp_path, [*nameless, ("PARCELLE_id", "1", {}, PLOT[3])])
    street = read("streets", "edigeo", path)[0].loc[0]
    assert (street["street_class"], street.isna()["name"]) == ("voie", True)
    assert read("buildings", "edigeo", path)[0]["kind"].tolist() == ["unknown"]
    with pytest.raises(FormatError, match="aucun identifiant"):
        read("parcels", "edigeo", path, **LUXIOL)


def test_object_that_gdal_cannot_assemble_is_counted(
    tmp_path: Path, read: Callable[..., Any]
) -> None:
    files = sheet([whole("000AB01"), PLOT, (*PLOT[:1], "8", {"IDU": "354000AB0008"}, PLOT[3])])
    cut = b"PFE;Face_9".join(files["EDAB01T1.VEC"].rsplit(b"PFE;Face_2", 1))
    path = tmp_path / "edigeo-25354000AB01.tar.bz2"
    path.write_bytes(bz2.compress(tarred({**files, "EDAB01T1.VEC": cut})))
    parcels, report = read("parcels", "edigeo", path, **LUXIOL)
    assert parcels["parcel_id"].tolist() == ["25354000AB0001"]
    assert [(n.effect, n.count) for n in report.notes] == [("dropped", 1)]


def test_two_states_of_a_sheet_are_refused(tmp_path: Path, read: Callable[..., Any]) -> None:
    deliver(tmp_path, [PLOT])
    (tmp_path / "b").mkdir()
    deliver(tmp_path / "b", [PLOT, HOUSE])
    with pytest.raises(FormatError, match="deuxième version"):
        read("parcels", "edigeo", tmp_path, **LUXIOL)


def changed(name: str, change: Callable[[bytes], bytes]) -> bytes:
    files = sheet([whole("000AB01"), PLOT])
    return bz2.compress(tarred({**files, name: change(files[name])}))


GOOD = sheet([whole("000AB01"), PLOT])
TAR = tarred(GOOD)
LINK = tarfile.TarInfo("EDAB01T2.VEC")
LINK.type, LINK.linkname = tarfile.SYMTYPE, "/etc/hostname"
BAD: dict[str, tuple[bytes, str]] = {
    "truncated bz2": (bz2.compress(tarred(GOOD))[:-40], "tronquée"),
    "truncated tar": (bz2.compress(TAR[: TAR.index(b"RTYSA03:LNK")]), "tronquée"),
    "tar cut between files": (bz2.compress(TAR[:5000]), "absents"),
    "a web page": (b"<!DOCTYPE html>" * 9, "tronquée, abîmée"),
    "another archive": (gzip.compress(b"x"), "abîmée"),
    "no THF": (bz2.compress(tarred({"README.TXT": b"hello"})), "aucun fichier .THF"),
    "nothing inside": (bz2.compress(tarred({})), "aucun fichier .THF"),
    "a path that leaves": (bz2.compress(tarred({**GOOD, "../../x.VEC": b""})), "sortirait"),
    "an absolute path": (bz2.compress(tarred({**GOOD, "/x.VEC": b""})), "sortirait"),
    "a drive": (bz2.compress(tarred({**GOOD, "C:\\x.VEC": b""})), "sortirait"),
    "a link": (bz2.compress(tarred(GOOD, LINK)), "pas un fichier ordinaire"),
    "the same name twice": (bz2.compress(tarred({**GOOD, "a/EDAB01T1.VEC": b""})), "même nom"),
    "too many files": (bz2.compress(tarred({**GOOD, **{f"{n}": b"" for n in range(300)}})), "plus"),
    "a file missing": (
        bz2.compress(tarred({k: v for k, v in GOOD.items() if "SCD" not in k})),
        "EDAB01SE.SCD",
    ),
    "a file cut short": (changed("EDAB01T1.VEC", lambda data: data[:-300]), "sans marque de fin"),
    "a THF that leads out": (
        changed("E000AB01.THF", lambda data: data.replace(b"GONSA02:SE", b"GONSA06:../../x")),
        "nom de fichier interdit",
    ),
    "a sheet that GDAL cannot follow": (
        changed("EDAB01SE.SCD", lambda d: d.replace(b"SUBDSECT_id", b"SUBD-ECT_id")),
        "illisible",
    ),
    "two lots": (
        changed("E000AB01.THF", lambda d: d.replace(b"GNNSA", b"LONSA02:AB\r\nGNNSA")),
        "2 lots",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_error_of_a_bad_archive_has_cause_and_remedy(
    case: str, tmp_path: Path, read: Callable[..., Any]
) -> None:
    data, words = BAD[case]
    path = tmp_path / "edigeo-25354000AB01.tar.bz2"
    path.write_bytes(data)
    with pytest.raises(FormatError, match=re.escape(words)) as caught:
        read("parcels", "edigeo", path, **LUXIOL)
    assert str(caught.value).startswith(path.name)
    assert str(caught.value).endswith(".")
    assert str(tmp_path) not in str(caught.value)
    assert list(tmp_path.iterdir()) == [path]


def test_decompression_stops_at_the_size_limit(
    tmp_path: Path, read: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edigeo_sheets, "MAX_BYTES", 2**21)
    path = tmp_path / "edigeo-25354000AB01.tar.bz2"
    path.write_bytes(bz2.compress(tarred({**GOOD, "x.VEC": bytes(2**22)})))
    with pytest.raises(FormatError, match="2\u00a0Mo une fois décompressée"):
        read("parcels", "edigeo", path, **LUXIOL)


def test_path_without_sheets_is_an_error(tmp_path: Path, read: Callable[..., Any]) -> None:
    with pytest.raises(SourceError, match="n'existe pas"):
        read("parcels", "edigeo", tmp_path / "none.tar.bz2")
    with pytest.raises(FormatError, match="aucune feuille"):
        read("parcels", "edigeo", tmp_path)
    other = tmp_path / "a.rar"
    other.write_bytes(b"Rar!")
    with pytest.raises(FormatError, match="extension"):
        read("parcels", "edigeo", other)
    with pytest.raises(ConfigError, match="layer"):
        read("parcels", "edigeo", deliver(tmp_path, [PLOT]), sublayer="PARCELLE_id")
