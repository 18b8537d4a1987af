"""Owners, permits, prescriptions; second sources; cities of several arrondissements."""

from __future__ import annotations

import base64
import gzip
import json
import re
import sqlite3
import zipfile
import zlib
from contextlib import closing
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from typer.testing import CliRunner

from foncier import download as services
from foncier.cli import app
from foncier.export.webmap import page
from foncier.pipeline import fetch
from foncier.study import read_bare_study

from ..hamlet import X, Y, degrees, feature
from ..packed_texts import texts
from .conftest import (
    ARCHIVE,
    BUILDINGS,
    PARCELS,
    PERMIT_FILES,
    PERMITS,
    SITES,
    bare_site,
    fetched,
    owners,
    sites,
    workshop,
)

if TYPE_CHECKING:
    from pathlib import Path

    from .replay import Replay

PLANTED = (
    *("DUPLANT", "COPRO PLANTEE", "PLANTUREUX", "SCI PLANTÉE"),
    *("99999990", "RUE X", "PBB3", "Plantureux", "Teinturerie Untel"),
)
run = CliRunner().invoke


def files_below(*folders: Path) -> list[Path]:
    return [file for folder in folders for file in folder.rglob("*") if file.is_file()]


def test_texts_are_found_however_a_file_packs_them(tmp_path: Path) -> None:
    """The search of the next test: in columns of Parquet, members, pages of SQLite, the map."""
    word = PLANTED[0]
    table = pd.DataFrame({"name": [word]})
    table.to_parquet(tmp_path / "a.parquet", compression="zstd")
    table.to_excel(tmp_path / "a.xlsx")
    (tmp_path / "a.gz").write_bytes(gzip.compress(word.encode()))
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(tmp_path / "a.gz", "inside.gz")
    with closing(sqlite3.connect(tmp_path / "a.gpkg")) as base:
        base.execute("CREATE TABLE t (long TEXT)")
        base.executemany("INSERT INTO t VALUES (?)", [("x" * n + word,) for n in (4075, 8170)])
        base.commit()
    data = json.dumps({"x": word, "y": list(range(300))}).encode()
    packed = base64.b64encode(zlib.compress(data)).decode()
    (tmp_path / "a.html").write_text(f"<script>{packed}</script>", encoding="utf-8")
    (tmp_path / "a.json").write_text(json.dumps(PLANTED[3]), encoding="utf-8")
    for file in files_below(tmp_path):
        assert any(one in texts(file) for one in (word, PLANTED[3])), file


def test_names_of_private_owners_are_in_no_file(
    service: Replay, study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(page, "PACKED_FROM", 1)  # the data of the map are packed
    found = fetched(service, study)
    for name in ("proprietaires", "permis", "friches", "icpe"):
        assert found[name].error is None
    result = run(app, ["run", str(study), "-q"])
    assert result.exit_code == 0, result.output
    made = next((tmp_path / "maps").iterdir())
    for form in ("xlsx", "flatgeobuf", "geojson"):
        result = run(app, ["export", str(made), "--to", form])
        assert result.exit_code == 0, result.output
    kept = files_below(study, tmp_path / "maps", tmp_path / "cache")
    assert {".parquet", ".gpkg", ".html", ".xlsx", ".gz"} <= {file.suffix for file in kept}
    said = {file: texts(file) for file in kept}
    assert any("VILLE PUBLIQUE" in text for text in said.values())
    for file, text in said.items():
        # not within a number, such as a coordinate
        assert not [word for word in PLANTED if re.search(rf"(?<![\d.]){word}", text)], file


def test_owners_that_are_not_named_are_still_counted(service: Replay, study: Path) -> None:
    found = fetched(service, study, only=("proprietaires",))["proprietaires"]
    assert found.provenance is not None
    assert found.provenance.rows == {"owners": 4}
    assert found.provenance.vintage == "2025-01-01"
    table = pd.read_csv(found.file, sep=";", dtype=str)
    assert table["owner_name"].dropna().tolist() == ["VILLE PUBLIQUE"]
    # Two companies on one parcel stay two rights.
    assert table.loc[table["number"] == "0003", "majic"].nunique() == 2


def test_owners_in_the_encoding_of_before_2024(service: Replay, study: Path) -> None:
    text = owners().replace("VILLE PUBLIQUE", "CITÉ PUBLIQUE")
    whole = study.parent / "a.zip"
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("PM_25_NB_800.txt", text.encode("cp1252"))
    service.files[ARCHIVE] = whole.read_bytes()
    found = fetched(service, study, only=("proprietaires",))["proprietaires"]
    assert "CITÉ PUBLIQUE" in texts(found.file)


def test_permits_of_all_files_and_none_in_one(service: Replay, study: Path) -> None:
    empty = {"body": b'{"message": "Le fichier est vide"}', "status": 400}
    service.fail(PERMITS.format(PERMIT_FILES[1]), times=9, **empty)
    found = fetched(service, study, only=("permis",))["permis"]
    assert found.provenance is not None, found.error
    table = pd.read_csv(found.file, sep=";", dtype=str)
    assert sorted(table["kind"]) == ["PA", "PC", "PD"]
    assert "DENOM_DEM" not in texts(found.file)


def test_no_permit_at_all_is_no_fault(service: Replay, study: Path) -> None:
    for file in PERMIT_FILES:
        service.fail(PERMITS.format(file), times=9, status=400, body=b"le fichier est vide")
    assert fetched(service, study, only=("permis",))["permis"].state == "absent"


def test_prescriptions_of_every_geometry(service: Replay, study: Path) -> None:
    found = fetched(service, study, only=("cadastre", "prescriptions"))
    assert found["prescriptions"].provenance is not None, found["prescriptions"].error
    assert found["prescriptions"].provenance.rows == {"prescriptions": 2}
    assert found["informations"].provenance is not None
    assert found["informations"].provenance.rows == {"prescriptions": 1}
    assert found["prescriptions"].provenance.vintage == "2024-01-31"


def sectors(*codes: str) -> list[dict[str, Any]]:
    rows = []
    for n, code in enumerate(codes):
        shape = degrees(shapely.box(X + 60 * n, Y - 20, X + 60 * n + 60, Y + 60))
        rows.append({**feature(shape, gid=n, typesect=code, libelle="S"), "id": f"secteur_cc.{n}"})
    return rows


def test_sectors_of_a_carte_communale_stand_for_zones(service: Replay, study: Path) -> None:
    service.features = []
    service.layers["wfs_du:secteur_cc"] = sectors("01", "03")
    found = fetched(service, study, only=("cadastre", "zonage"))["zonage"]
    assert found.provenance is not None, found.error
    zones = gpd.read_file(found.file)
    assert zones["typezone"].tolist() == ["01", "03"]


@pytest.mark.parametrize(("rnu", "words"), [(True, "RNU"), (False, "rien déposé")])
def test_a_commune_without_a_plan(rnu: bool, words: str, service: Replay, study: Path) -> None:
    service.features = []
    shape = degrees(shapely.box(X, Y, X + 60, Y + 60))
    town = feature(shape, insee="80021", name="Amiens", is_rnu=rnu)
    service.layers["wfs_du:municipality"] = [{**town, "id": "municipality.1"}]
    found = fetched(service, study, only=("cadastre", "zonage"))["zonage"]
    assert found.state == "absent"
    assert words in str(found.error)


def pci(n: int) -> dict[str, Any]:
    shape = degrees(shapely.box(X + 30 * n, Y, X + 30 * n + 30, Y + 40))
    idu = f"80021000AB{n:04d}"
    row = feature(shape, idu=idu, section="AB", numero=f"{n:04d}", contenance=1200)
    return {**row, "id": f"parcelle.{5000 + n}"}


def test_the_cadastre_is_down(service: Replay, study: Path) -> None:
    for path in (PARCELS, BUILDINGS):
        service.fail(path, times=99, status=503)
    service.layers["CADASTRALPARCELS.PARCELLAIRE_EXPRESS:parcelle"] = [pci(n) for n in range(1, 4)]
    outline = feature(degrees(shapely.box(X, Y, X + 200, Y + 60)), code_insee="80021")
    service.layers["BDTOPO_V3:commune"] = [{**outline, "id": "commune.1"}]
    service.layers["BDTOPO_V3:batiment"] = [
        {
            **feature(
                degrees(shapely.box(X + 30 * n, Y, X + 30 * n + 9, Y + 9)),
                cleabs=f"BATIMENT{n}",
                etat_de_l_objet="En projet" if n == 3 else "En service",
                construction_legere=n == 2,
            ),
            "id": f"batiment.{n}",
        }
        for n in (1, 2, 3, 30)
    ]
    found = fetched(service, study, only=("cadastre",))
    parcels, buildings = found["parcelles"].provenance, found["batiments"].provenance
    assert parcels is not None, found["parcelles"].error
    assert buildings is not None, found["batiments"].error
    assert "Parcellaire Express" in parcels.attribution
    assert "BD TOPO" in buildings.attribution
    assert (parcels.rows, buildings.rows) == ({"parcels": 3}, {"buildings": 2})
    text = texts(found["parcelles"].file)
    assert '"id": "80021000AB0001"' in text
    listed = (study / "fetched" / "couches.toml").read_text(encoding="utf-8")
    assert "Parcellaire Express" in listed


def test_both_are_down(service: Replay, study: Path) -> None:
    service.fail(PARCELS, times=99, status=503)
    found = fetched(service, study, only=("cadastre",))["parcelles"]
    assert found.state == "failed"
    assert "503" in str(found.error)
    assert not list((study / "fetched").glob("*.second"))


def test_sites_of_cartofriches_with_outlines(service: Replay, study: Path) -> None:
    """The API comes first: outlines, parcels and types of owners, of all pages."""
    row = workshop()
    row["properties"] |= {"proprio_type": ["P5a", "X1a"], "site_id": "80021_9"}
    service.files[f"{SITES}p2"] = sites(row)
    service.files[SITES] = sites(workshop(), following=f"https:/{SITES}p2")
    found = fetched(service, study, only=("friches",))["friches"]
    assert found.provenance is not None, found.error
    assert "API" in found.provenance.attribution
    assert found.provenance.rows == {"inventory": 2}
    assert found.provenance.vintage == "2024-02-01"
    text = texts(found.file)
    assert "PLANTUREUX" not in text
    assert text.count("POLYGON") == 2
    assert "P5a|X1a" in text
    assert not [path for path, _ in service.asked if "static.data" in path]


@pytest.mark.parametrize("kind", ["down", "points only", "other answer"])
def test_the_file_of_the_inventory_stands_in(service: Replay, study: Path, kind: str) -> None:
    """Without an outline the API brings nothing more; what the file says of itself is kept."""
    if kind == "down":
        service.fail(SITES, times=99, status=503)
    service.files[SITES] = sites(bare_site()) if kind == "points only" else b"[]"
    found = fetched(service, study, only=("friches",))["friches"]
    assert found.provenance is not None, found.error
    assert found.provenance.rows == {"inventory": 1}
    assert "API" not in found.provenance.attribution
    assert "data.gouv.fr" in found.provenance.address
    # It is renewed by the file while the API is down, and by the API when it is back.
    again = fetched(service, study, only=("friches",), refresh=True)["friches"]
    assert again.state == "current", again.error
    service.faults.clear()
    service.files[SITES] = sites(workshop())
    last = fetched(service, study, only=("friches",), refresh=True)["friches"]
    assert last.provenance is not None, last.error
    assert last.error is None
    assert "API" in last.provenance.attribution


def test_the_sites_of_the_api_are_kept_while_it_is_down(service: Replay, study: Path) -> None:
    before = fetched(service, study, only=("friches",))["friches"].file.read_bytes()
    service.fail(SITES, times=99, status=503)
    found = fetched(service, study, only=("friches",), refresh=True)["friches"]
    assert found.state == "failed"
    assert found.file.read_bytes() == before


def test_codes_of_a_city_and_of_its_arrondissements() -> None:
    def codes(name: str, *studied: str) -> tuple[str, ...]:
        source = next(one for one in services.sources() if one.name == name)
        return fetch.codes_of(source, studied)

    assert codes("parcelles", "69123") == tuple(str(n) for n in range(69381, 69390))
    assert codes("parcelles", "69383", "80021") == ("69383", "80021")
    assert codes("permis", "69383", "69384") == ("69123",)


def test_a_study_of_a_city_asks_for_the_cadastre_of_its_arrondissements(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(
        '[study]\ntitle = "Lyon"\ncommunes = ["69123"]\n', encoding="utf-8"
    )
    wanted = fetch.wanted(read_bare_study(tmp_path), ("cadastre",))
    assert {one.commune for one in wanted} == {str(n) for n in range(69381, 69390)}
