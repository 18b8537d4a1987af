"""Metadata for catalogues: ISO 19139 against its XML Schema, the STAC item against its own."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import subprocess
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from foncier._util.destination import sha256
from foncier.export import iso, stac
from foncier.model import Contact

if TYPE_CHECKING:
    from foncier.i18n import Lang
    from foncier.model import ResultTables

GMD = "plugins/profiles/apiso/schemas/ogc/iso/19139/{}/gmd/gmd.xsd"
AGENCY = Contact(
    "Agence d'urbanisme & co <test>", "sig@agence.example", "https://a.example/?a=1&b=2"
)
NAMES = {"gmd": iso.GMD, "gco": iso.GCO}


@pytest.fixture(params=["known", "unknown"])
def result(request: pytest.FixtureRequest, small_result: ResultTables) -> ResultTables:
    """A result with all that metadata ask for, and one of which nothing is known."""
    if request.param == "known":
        return replace(small_result, contact=AGENCY)
    return replace(small_result, edition=None, reports=(), missing=(), contact=Contact())


@pytest.mark.parametrize("edition", ["20060504", "20070417"])
@pytest.mark.parametrize("lang", ["fr", "en"])
def test_record_is_valid(result: ResultTables, lang: Lang, edition: str, tmp_path: Path) -> None:
    package = find_spec("pycsw")  # not imported: only its files are of use
    if package is None or package.origin is None:
        pytest.skip("requirements/schemas.txt is not installed")
    if shutil.which("xmllint") is None:
        pytest.skip("xmllint is not installed (Debian package libxml2-utils)")
    path = tmp_path / "metadonnees.xml"
    iso.write_metadata(result, path, lang=lang)
    schema = Path(package.origin).parent / GMD.format(edition)
    done = subprocess.run(
        ["xmllint", "--nonet", "--noout", "--schema", schema, path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    broken = path.read_text("utf-8").replace("gmd:contact>", "gmd:nobody>")
    path.write_text(broken, "utf-8")
    again = subprocess.run(
        ["xmllint", "--nonet", "--noout", "--schema", schema, path],
        capture_output=True,
        check=False,
    )
    assert again.returncode, "the schema lets everything pass"


INSPIRE = {
    "identifier": "gmd:fileIdentifier/gco:CharacterString",
    "language": "gmd:language/gco:CharacterString",
    "contact": "gmd:contact/gmd:CI_ResponsibleParty/gmd:role/gmd:CI_RoleCode",
    "date": "gmd:dateStamp",
    "theme": ".//gmd:MD_Keywords/gmd:thesaurusName/gmd:CI_Citation/gmd:title/gco:CharacterString",
    "topic": ".//gmd:topicCategory/gmd:MD_TopicCategoryCode",
    "representation": ".//gmd:spatialRepresentationType/gmd:MD_SpatialRepresentationTypeCode",
    "access": ".//gmd:accessConstraints/gmd:MD_RestrictionCode",
    "use": ".//gmd:useConstraints/gmd:MD_RestrictionCode",
    "format": "gmd:distributionInfo//gmd:distributionFormat/gmd:MD_Format/gmd:name",
    "conformity": ".//gmd:DQ_ConformanceResult/gmd:pass",
    "lineage": ".//gmd:LI_Lineage/gmd:statement/gco:CharacterString",
    "box": ".//gmd:EX_GeographicBoundingBox/gmd:westBoundLongitude/gco:Decimal",
}


@pytest.mark.parametrize("element", INSPIRE)
def test_elements_of_inspire(result: ResultTables, element: str) -> None:
    record = ET.fromstring(iso.metadata(result, lang="fr"))  # noqa: S314 (we wrote it)
    assert record.find(INSPIRE[element], NAMES) is not None


def test_publisher_is_written_or_unknown(small_result: ResultTables) -> None:
    known = iso.metadata(replace(small_result, contact=AGENCY), lang="fr")
    record = ET.fromstring(known)  # noqa: S314 (we wrote it)
    named = record.find("gmd:contact//gmd:organisationName/gco:CharacterString", NAMES)
    assert named is not None
    assert named.text == AGENCY.organisation
    unknown = ET.fromstring(iso.metadata(small_result, lang="fr"))  # noqa: S314 (we wrote it)
    empty = unknown.find("gmd:contact//gmd:organisationName", NAMES)
    assert empty is not None
    assert empty.get(f"{{{iso.GCO}}}nilReason") == "unknown"


def test_identifier_stays_from_one_edition_to_the_next(small_result: ResultTables) -> None:
    later = replace(small_result, edition=dt.date(2030, 1, 1))
    assert iso.identifier(later) == iso.identifier(small_result)
    assert iso.identifier(replace(small_result, communes=("63148",))) != iso.identifier(later)


def check_item(found: dict[str, Any]) -> None:
    pystac = pytest.importorskip("pystac", reason="requirements/schemas.txt is not installed")
    from pystac.validation import validate_dict

    validate_dict(found, extensions=[])
    assert pystac.Item.from_dict(found).to_dict()["id"] == found["id"]


def test_item_is_valid_and_describes_the_files(result: ResultTables, tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"abc")
    (tmp_path / "notes.txt").write_bytes(b"abc")
    assert stac.has_date(result) == (result.edition is not None)
    if result.edition is None:
        return  # STAC asks for a date
    stac.write_item(result, tmp_path / "stac.json", ["a.parquet", "notes.txt"], lang="fr")
    found = json.loads((tmp_path / "stac.json").read_text("utf-8"))
    check_item(found)
    assert set(found["assets"]) == {"a.parquet"}
    asset = found["assets"]["a.parquet"]
    assert asset["file:checksum"] == f"1220{sha256(tmp_path / 'a.parquet')}"
    assert asset["file:size"] == 3
    assert found["properties"]["proj:code"] == "EPSG:2154"


def test_item_of_an_undated_result_spans_its_sources(small_result: ResultTables) -> None:
    undated = replace(small_result, edition=None)
    days = sorted(r.vintage for r in small_result.reports if r.vintage)
    assert days
    found = stac.item(undated, None, [], lang="fr")  # type: ignore[arg-type]
    check_item(found)
    assert found["properties"]["start_datetime"] == f"{days[0]}T00:00:00Z"
    assert found["properties"]["end_datetime"] == f"{days[-1]}T00:00:00Z"


def test_item_of_a_run(demo_folder: Path) -> None:
    found = json.loads((demo_folder / "stac.json").read_text("utf-8"))
    check_item(found)
    for asset in found["assets"].values():
        assert asset["file:checksum"] == f"1220{sha256(demo_folder / asset['href'])}"
    raster = found["assets"]["acces.tif"]
    assert len(raster["proj:shape"]) == 2
    assert all(band["unit"] == "min" for band in raster["bands"])
    written = (demo_folder / "metadonnees.xml").read_text("utf-8")
    assert found["id"] in written
