"""The PDF files of a result: what they say, how they are made, when they are refused."""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
from PIL import Image
from pypdf import PdfReader
from typer.testing import CliRunner

from foncier import schemas
from foncier.cli import app
from foncier.errors import ConfigError, FormatError
from foncier.export.sheets import Choice, print_sheets

from .pdf import pages

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from foncier.model import ResultTables

FIRST, SECOND, THIRD = "FR-80021_1", "DC-80021000AB0003", "BN-6500000-69770000"


def changed(result: ResultTables, row: int, **values: Any) -> ResultTables:
    """Give a site of a result other values."""
    candidates = result.candidates.copy()
    for name, value in values.items():
        candidates.loc[row, name] = value
    return dataclasses.replace(result, candidates=candidates)


def root_of(reader: PdfReader) -> Any:
    """Catalogue of a PDF."""
    return reader.trailer["/Root"]


def fonts(reader: PdfReader) -> list[Any]:
    """Descriptors of the faces of a PDF."""
    found = []
    for page in reader.pages:
        resources: Any = page["/Resources"]
        for font in resources.get("/Font", {}).values():
            (inner,) = font.get_object()["/DescendantFonts"]
            found.append(inner.get_object()["/FontDescriptor"].get_object())
    return found


@pytest.mark.parametrize(
    ("lang", "expected"),
    [
        (
            "fr",
            (
                "Rang 1 sur 2",
                "Résultat d'un modèle, à vérifier sur place",
                "4 000 m²",
                "82 %",
                "Inscrite comme « friche sans projet »",
                "17/08/2023",
                "Échelle 1:2 000",
                "450 m",
                "Licence Ouverte 2.0",
                "1er novembre 2026",
                "DONNÉES FICTIVES",
                "Zone inondable",
            ),
        ),
        (
            "en",
            (
                "Rank 1 of 2",
                "Result of a model, to be checked on site",
                "4,000 m²",
                "82%",
                "Listed as “friche sans projet”",
                "2023-08-17",
                "Scale 1:2,000",
                "450 m",
                "Licence Ouverte 2.0",
                "1 November 2026",
                "FICTIONAL DATA",
                "Flood zone",
            ),
        ),
    ],
)
def test_sheet_shows_known_values_and_is_an_accessible_pdf(
    delivered: Callable[..., Path],
    small_result: ResultTables,
    tmp_path: Path,
    lang: Any,
    expected: tuple[str, ...],
) -> None:
    out = tmp_path / "out"
    made = print_sheets(delivered(small_result), out, choice=Choice(top=1), lang=lang)
    assert made.sites == (FIRST,)
    assert made.files == ("001-FR-80021_1.pdf", "fiches.pdf", "plaquette.pdf")
    reader = PdfReader(out / "001-FR-80021_1.pdf")
    (text,) = pages(out / "001-FR-80021_1.pdf")
    assert [
        one
        for one in (*expected, "Halle <Sernam> & Cie", "12 rue de la Vallée")
        if one.replace("\u202f", " ") not in text.replace("\u202f", " ")
    ] == []
    root = root_of(reader)
    assert root["/MarkInfo"]["/Marked"] == True  # noqa: E712
    assert "/StructTreeRoot" in root
    assert root["/Lang"] == lang
    assert reader.metadata is not None
    assert reader.metadata.title == "Halle <Sernam> & Cie"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"] == True  # noqa: E712
    assert fonts(reader)
    assert all("/FontFile2" in one or "/FontFile3" in one for one in fonts(reader))


@pytest.mark.parametrize(
    ("english", "printed"), [("flood zone", "Flood zone"), (None, "Zone inondable")]
)
def test_an_english_sheet_prints_english_warnings_or_else_the_french_ones(
    delivered: Callable[..., Path],
    small_result: ResultTables,
    tmp_path: Path,
    english: str | None,
    printed: str,
) -> None:
    folder = delivered(changed(small_result, 0, warnings_en=english))
    print_sheets(folder, tmp_path / "out", choice=Choice(top=1), lang="en")
    (text,) = pages(tmp_path / "out" / "001-FR-80021_1.pdf")
    both = {"Flood zone", "Zone inondable"}
    assert {one for one in both if one in text} == {printed}


def test_pictures_of_a_sheet_are_described(
    delivered: Callable[..., Path], small_result: ResultTables, tmp_path: Path
) -> None:
    print_sheets(delivered(small_result), tmp_path / "out", choice=Choice(top=1))
    root = root_of(PdfReader(tmp_path / "out" / "001-FR-80021_1.pdf"))
    described: list[str] = []

    def walk(node: Any) -> None:
        node = node.get_object()
        if isinstance(node, list):
            for child in node:
                walk(child)
        elif isinstance(node, dict):
            if node.get("/S") == "/Figure":
                described.append(str(node.get("/Alt", "")))
            if "/K" in node and not isinstance(node["/K"], int):
                walk(node["/K"])

    walk(root["/StructTreeRoot"])
    assert len(described) == 3  # sign, map, locator
    assert any("Carte au 1:2\u202f000" in one and "Halle <Sernam>" in one for one in described)
    assert all(described)


def test_the_same_result_gives_the_same_bytes_whatever_the_threads(
    delivered: Callable[..., Path], small_result: ResultTables, tmp_path: Path
) -> None:
    folder = delivered(small_result)
    found = []
    for n in (1, 3):
        out = tmp_path / f"out{n}"
        print_sheets(folder, out, workers=n)
        found.append({path.name: path.read_bytes() for path in sorted(out.iterdir())})
    assert set(found[0]) == {
        ".foncier.json",
        "001-FR-80021_1.pdf",
        "002-DC-80021000AB0003.pdf",
        "sr-BN-6500000-69770000.pdf",
        "fiches.pdf",
        "plaquette.pdf",
        "manifest.json",
    }
    assert found[0] == found[1]


def test_unknown_values_are_listed(
    delivered: Callable[..., Path], small_result: ResultTables, tmp_path: Path
) -> None:
    result = dataclasses.replace(
        changed(small_result, 2, area_m2=float("nan"), name=None, confidence=float("nan")),
        evidence=small_result.evidence.iloc[:2],
    )
    print_sheets(delivered(result), tmp_path / "out", choice=Choice(ids=(THIRD,)))
    (text,) = pages(tmp_path / "out" / "sr-BN-6500000-69770000.pdf")
    for expected in (
        "Non classé",
        "trop de données manquantes",
        "de 0 à 100 selon les données manquantes",
        "0 % du poids renseigné",
        "Aucun indice enregistré",
        "Informations manquantes",
        "Surface · Zone du PLU",
    ):
        assert expected in text
    assert "Confiance" not in text


HOSTILE = (
    '#set text(red) #panic("x") $x^2$ *gras* _it_ `code` @ref <script>alert(1)</script> '
    '"; #import "/etc/passwd" // \\u{41} \\ /* ouvert',
    "שלום العربية Ελλάδα \U0001f3ed\U0001f600 \u202egnp.exe nul\x00 saut\x0c privé\ue000 fin\ud800",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_shown_as_text(
    delivered: Callable[..., Path], small_result: ResultTables, tmp_path: Path, text: str
) -> None:
    clean = text.replace("\x00", " ").replace("\ud800", "")  # no GeoPackage holds these two
    result = changed(small_result, 0, name=clean, warnings=clean, address=clean)
    streets = result.background.streets.assign(name=clean)
    result = dataclasses.replace(
        result,
        title=clean,
        background=dataclasses.replace(result.background, streets=streets),
        stops=result.stops.assign(name=clean),
    )
    leaflet = {
        "intro": clean,
        "contacts": [{"name": clean, "lines": [clean]}],
        "changes": [{"when": clean, "text": clean}],
    }
    print_sheets(delivered(result, leaflet=leaflet), tmp_path / "out", choice=Choice(top=1))
    (sheet,) = pages(tmp_path / "out" / "001-FR-80021_1.pdf")
    assert len(pages(tmp_path / "out" / "plaquette.pdf")) == 2
    for part in clean.split()[:3]:
        if part.isascii():
            assert part in sheet


def test_long_content_continues_on_a_second_page(
    delivered: Callable[..., Path], small_result: ResultTables, tmp_path: Path
) -> None:
    parcels = "|".join(f"80021000AB{n:04}" for n in range(1, 41))
    own = small_result.evidence.iloc[[0]]
    many = pd.concat(
        [
            own.assign(signal=f"s{n}", text_fr="Un long constat sur ce bâtiment " * 20)
            for n in range(30)
        ]
    )
    result = dataclasses.replace(
        changed(small_result, 0, name="mot " * 2500, parcel_ids=parcels), evidence=many
    )
    print_sheets(delivered(result), tmp_path / "out", choice=Choice(top=1))
    first, second = pages(tmp_path / "out" / "001-FR-80021_1.pdf")
    assert "mot mot mot" in first
    assert "…" in first
    assert "Parcelles (40)" in second
    assert "AB 40" in second
    assert "Sources et licences" in second
    assert "18 autres indices dans le GeoPackage" in second


def test_forty_parcels_fit_on_one_page(
    delivered: Callable[..., Path], small_result: ResultTables, tmp_path: Path
) -> None:
    parcels = "|".join(f"80021000AB{n:04}" for n in range(1, 41))
    folder = delivered(changed(small_result, 0, parcel_ids=parcels))
    print_sheets(folder, tmp_path / "out", choice=Choice(top=1))
    (text,) = pages(tmp_path / "out" / "001-FR-80021_1.pdf")
    assert "Parcelles (40)" in text
    assert "AB 39, AB 40" in text


def test_a_result_with_few_layers_is_printed(
    delivered: Callable[..., Path], small_result: ResultTables, tmp_path: Path
) -> None:
    empty = small_result.background
    poor = dataclasses.replace(
        small_result,
        access=small_result.access.iloc[:0],
        access_points=small_result.access_points.iloc[:0],
        lines=small_result.lines.iloc[:0],
        stops=small_result.stops.iloc[:0],
        evidence=small_result.evidence.iloc[:0],
        tests=small_result.tests.iloc[:0],
        background=dataclasses.replace(
            empty,
            buildings=empty.buildings.iloc[:0],
            places=empty.places.iloc[:0],
            streets=empty.streets.iloc[:0],
            constraints=empty.constraints.iloc[:0],
        ),
        edition=None,
        demo=False,
        missing=(),
    )
    out = tmp_path / "out"
    print_sheets(delivered(poor, mapped=False), out)
    for text in pages(out / "fiches.pdf"):
        assert "Aucun trajet calculé" in text
        assert "Édition non datée" in text
        assert "FICTIVES" not in text
        assert "boucle" not in text
        assert "Rue de la Vallée" not in text
    first, second = pages(out / "plaquette.pdf")
    assert "À qui s'adresser" not in first + second
    assert "Étapes de la boucle" not in second


def test_a_result_without_sites_has_a_leaflet(
    delivered: Callable[..., Path], small_result: ResultTables, tmp_path: Path
) -> None:
    none = dataclasses.replace(
        small_result,
        candidates=small_result.candidates.iloc[:0],
        scores=small_result.scores.iloc[:0],
        evidence=small_result.evidence.iloc[:0],
        access=small_result.access.iloc[:0],
    )
    made = print_sheets(delivered(none), tmp_path / "out")
    assert made.files == ("plaquette.pdf",)
    assert "Aucune opportunité n'a été trouvée" in pages(tmp_path / "out" / "plaquette.pdf")[0]


def test_leaflet_contains_the_texts_of_the_study(
    delivered: Callable[..., Path], small_result: ResultTables, tmp_path: Path
) -> None:
    leaflet = {
        "intro": "Une offre rapide.",
        "contacts": [{"name": "Mission foncier", "lines": ["foncier@exemple.fr"]}],
        "changes": [{"when": "2027", "text": "Passerelle ouverte"}],
    }
    print_sheets(delivered(small_result, leaflet=leaflet), tmp_path / "out", choice=Choice(top=0))
    first, second = pages(tmp_path / "out" / "plaquette.pdf")
    for expected in (
        "Étude d'essai",
        "3 sites en offre",
        "Une offre rapide.",
        "Friche 1 0,4",
        "Halle <Sernam>",
        "Total 3 0,5",
    ):
        assert expected in first.replace("\u00a0", " "), expected
    for expected in (
        "Gare d'Amiens",
        "Citadelle",
        "Mission foncier",
        "foncier@exemple.fr",
        "2027",
        "Passerelle ouverte",
        "À qui s'adresser",
        "Boucle douce",
        "tracé d'étude",
        "Licence Ouverte",
    ):
        assert expected in second, expected


def test_the_fullest_leaflet_holds_on_two_pages(
    delivered: Callable[..., Path], small_result: ResultTables, tmp_path: Path
) -> None:
    leaflet = {
        "intro": "mot " * 300,
        "contacts": [{"name": "Service " * 12, "lines": ["ligne " * 20] * 9}] * 9,
        "changes": [{"when": "Printemps 2027", "text": "changement " * 40}] * 20,
    }
    stops = pd.concat([small_result.stops] * 6)
    stops = stops.assign(name="Étape au nom fort long de la boucle")
    result = dataclasses.replace(
        changed(small_result, 0, name="Un nom de site très long " * 8),
        title="Un titre d'étude très long " * 10,
        stops=stops,
    )
    print_sheets(delivered(result, leaflet=leaflet), tmp_path / "out", choice=Choice(top=0))
    assert len(pages(tmp_path / "out" / "plaquette.pdf")) == 2


def image(kind: str, size: tuple[int, int] = (40, 20)) -> bytes:
    """Make a picture."""
    data = BytesIO()
    Image.new("RGB", size, (0, 0, 145)).save(data, kind)
    return data.getvalue()


def test_logo_and_photographs_of_the_study_are_printed(
    delivered: Callable[..., Path], small_result: ResultTables, tmp_path: Path
) -> None:
    leaflet = {
        "logo": {"file": "logo.png", "caption": "Ville"},
        "photo": {"file": "vue.jpg", "caption": "Le port", "credit": "© Ville"},
        "photos": [{"site": FIRST, "file": "h.jpeg", "caption": "La halle"}],
    }
    files = {
        "image-1.png": image("PNG"),
        "image-2.jpg": image("JPEG"),
        "image-3.jpeg": image("JPEG", (20, 30)),
    }
    folder = delivered(small_result, leaflet=leaflet, files=files)
    print_sheets(folder, tmp_path / "out", choice=Choice(top=2))
    assert "La halle" in pages(tmp_path / "out" / "001-FR-80021_1.pdf")[0]
    assert "La halle" not in pages(tmp_path / "out" / "002-DC-80021000AB0003.pdf")[0]
    assert "Le port – © Ville" in pages(tmp_path / "out" / "plaquette.pdf")[1]
    assert len(PdfReader(tmp_path / "out" / "001-FR-80021_1.pdf").pages[0].images) == 2


def test_a_mixed_or_missing_result_is_refused(
    delivered: Callable[..., Path], small_result: ResultTables, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="aucun résultat dans ce dossier"):
        print_sheets(tmp_path, tmp_path / "out")
    folder = delivered(small_result)
    with (folder / "opportunites.gpkg").open("ab") as file:
        file.write(b"x")
    with pytest.raises(FormatError, match=r"opportunites\.gpkg.*relancez"):
        print_sheets(folder, tmp_path / "out")
    (folder / "manifest.json").unlink()
    with pytest.raises(FormatError, match=r"manifest\.json"):
        print_sheets(folder, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_manifest_of_a_result_is_not_overwritten(
    delivered: Callable[..., Path], small_result: ResultTables, tmp_path: Path
) -> None:
    folder = delivered(small_result, mapped=False)
    before = (folder / "manifest.json").read_bytes()
    done = CliRunner().invoke(app, ["sheets", str(folder), "--out", str(folder)])
    assert done.exit_code == 2
    assert "jamais remplacé" in " ".join(done.output.split())
    assert (folder / "manifest.json").read_bytes() == before
    assert not list(folder.glob("*.pdf"))


def test_former_sheets_are_removed(
    delivered: Callable[..., Path], small_result: ResultTables, tmp_path: Path
) -> None:
    folder, out = delivered(small_result), tmp_path / "out"
    print_sheets(folder, out)
    (out / "notes.pdf").write_bytes(b"mine")
    print_sheets(folder, out, choice=Choice(ids=(SECOND,)))
    assert sorted(path.name for path in out.iterdir()) == [
        ".foncier.json",
        "002-DC-80021000AB0003.pdf",
        "fiches.pdf",
        "manifest.json",
        "notes.pdf",
        "plaquette.pdf",
    ]
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert set(manifest["deliverables"]) == {
        "002-DC-80021000AB0003.pdf",
        "fiches.pdf",
        "plaquette.pdf",
    }


def test_file_names_are_safe(
    delivered: Callable[..., Path], small_result: ResultTables, tmp_path: Path
) -> None:
    ids = {FIRST: "../../é /a\\b:c*?", SECOND: "../../è /a\\b:c*?", THIRD: "CON" * 60}
    tables = {
        name: getattr(small_result, name).assign(
            opportunity_id=getattr(small_result, name)["opportunity_id"].map(ids)
        )
        for name in ("candidates", "scores", "evidence", "access", "access_points")
    }
    scores = tables["scores"].assign(overall_rank=[1.0, 1.0, float("nan")])
    result = dataclasses.replace(small_result, **{**tables, "scores": scores})
    made = print_sheets(delivered(result, mapped=False), tmp_path / "out")
    assert made.files[:3] == ("001-a-b-c.pdf", "001-a-b-c-2.pdf", f"sr-{'CON' * 20}.pdf")


@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [
        (("--ids", f"{SECOND}; {FIRST} ,{SECOND}"), 0, "2 fiches et la plaquette"),
        (("--top", "0"), 0, "plaquette.pdf"),
        (("--top", "1", "--lang", "en"), 0, "1 sheet and the leaflet"),
        (("--top", "-1"), 2, "--top"),
        (("--top", "deux"), 2, "--top"),
        (("--ids", "FR-80021_2"), 2, "Les plus proches"),
        (("--ids", " , "), 2, "aucun identifiant"),
        (("--ids", FIRST, "--top", "2"), 2, "soit des identifiants"),
        (("--kind", "dent_creuse,friche", "--rank", "2-9"), 0, "1 fiche et la plaquette"),
        (("--commune", "80021", "--top", "2"), 0, "2 fiches et la plaquette"),
        (("--kind", "friches"), 2, "Attendu\u00a0: friche, dent_creuse"),
        (("--commune", "80022"), 2, "Attendu\u00a0: 80021."),
        (("--rank", "3-9"), 2, "Le dernier rang de ce résultat est 2."),
        (("--rank", "9-3"), 2, "attendu un rang (12)"),
    ],
)
def test_command_prints_the_selected_sheets(
    delivered: Callable[..., Path],
    small_result: ResultTables,
    arguments: tuple[str, ...],
    code: int,
    expected: str,
) -> None:
    folder = delivered(small_result, mapped=False)
    done = CliRunner().invoke(app, ["sheets", str(folder), *arguments])
    assert (done.exit_code, expected in done.output) == (code, True), done.output
    assert (folder / "fiches").exists() == (code == 0)


def test_the_command_refuses_a_folder_without_a_result(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["sheets", str(tmp_path)])
    assert done.exit_code == 2
    assert "foncier run" in done.output


def test_optional_layers_are_printed_when_present(
    delivered: Callable[..., Path], small_result: ResultTables, tmp_path: Path
) -> None:
    square = small_result.candidates.geometry.iloc[[0, 0, 0]].reset_index(drop=True)
    rows = gpd.GeoDataFrame(
        {
            "quarter_id": ["q1", "q1", "q2"],
            "name": ["Saint-Leu", "Saint-Leu", None],
            "kind": ["friche", "toutes", "dent_creuse"],
            "number": [1.0, 1.0, 2.0],
            "area_m2": [30_000.0, 30_000.0, 600.0],
        },
        geometry=square,
        crs=small_result.candidates.crs,
    )
    uses = {
        "opportunity_id": [FIRST, FIRST],
        "use": ["tertiaire", "industrie"],
        "index": [71.6, 40.0],
        "index_low": [60.0, 30.0],
        "index_high": [80.0, 55.0],
        "band": ["excellent", "moyen"],
        "stated_band": ["a_confirmer", "moyen"],
        "reliability": [6.0, 6.0],
        "use_rank": [1.0, 2.0],
    }
    whole = replace(
        small_result,
        districts=schemas.DISTRICTS.conform(rows),
        mutability=schemas.MUTABILITY.conform(pd.DataFrame(uses)),
    )
    folder = delivered(whole, mapped=False)
    print_sheets(folder, tmp_path / "out", choice=Choice(top=2))
    (text,) = pages(tmp_path / "out" / "001-FR-80021_1.pdf")
    assert "Mutabilité (Mutafriches)" in text
    assert re.search(r"Tertiaire\s+72\s+60.à.80\s+À confirmer", text), text
    assert re.search(r"40\s+30.à.55\s+Moyen", text), text
    assert "Excellent" not in text
    assert "Fiabilité 6 sur 10" in text.replace("\u00a0", " ")
    assert "Mutabilité" not in pages(tmp_path / "out" / "002-DC-80021000AB0003.pdf")[0]
    leaflet = pages(tmp_path / "out" / "plaquette.pdf")[0].replace("\u00a0", " ")
    assert "Saint-Leu 3,0 ha" in leaflet
    assert "q2 0,06 ha" in leaflet


def test_names_of_streets_and_stops_are_written_on_the_map(
    delivered: Callable[..., Path], small_result: ResultTables, tmp_path: Path
) -> None:
    back = small_result.background
    river = back.constraints.set_geometry(back.constraints.translate(yoff=-15))  # well in sight
    seen = dataclasses.replace(
        small_result, background=dataclasses.replace(back, constraints=river)
    )
    print_sheets(delivered(seen), tmp_path / "out", choice=Choice(ids=(THIRD,)))
    (text,) = pages(tmp_path / "out" / "sr-BN-6500000-69770000.pdf")
    assert "Rue de la Vallée" in text
    assert "La Somme" in text
    assert "Citadelle" in text
