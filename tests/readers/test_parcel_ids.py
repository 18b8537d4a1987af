"""Identity of parcels: every way to write one, and what must stay unresolved."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import assume, example, given
from hypothesis import strategies as st

from foncier.readers import parcel_ids, parcel_text
from foncier.readers.report import Journal

AMIENS = ("80021",)
A12 = "800210000A0012"
AB12 = "80021000AB0012"
# Cell of an id column, communes of the study, IDU (None: unresolved).
IDS: list[tuple[str, tuple[str, ...], str | None]] = [
    (AB12, (), AB12),
    (" 80021000ab0012 ", (), AB12),
    (A12, (), A12),
    ("80021   AB  12", (), AB12),  # Cerema writes blanks for zeros
    ("80021000 A  12", (), A12),
    ("80021000120034", (), "80021000120034"),
    ("80021000120034.0", (), "80021000120034"),
    ("2A004000AB0012", (), "2A004000AB0012"),
    ("2b033000ab0012", (), "2B033000AB0012"),
    ("97105000AB0012", (), "97105000AB0012"),
    ("97123000AB0012", (), "97123000AB0012"),
    ("97611000AB0012", (), "97611000AB0012"),
    ("75101000AB0012", (), "75101000AB0012"),
    ("132018060A0012", (), "132018060A0012"),
    ("01004000AB0012", (), "01004000AB0012"),
    # Plugin Cadastre of QGIS: 15 and 19 characters, and the 12 of EDIGEO
    ("800021000AB0012", (), AB12),
    ("8000210000A0012", (), A12),
    ("2023800021000AB0012", (), AB12),
    ("20238000210000A0012", (), A12),
    ("2A0004000AB0012", (), "2A004000AB0012"),
    ("20232A0004000AB0012", (), "2A004000AB0012"),
    ("971105000AB0012", (), "97105000AB0012"),
    ("591350000AB0012", (), "59350000AB0012"),
    ("750101000AB0012", (), "75101000AB0012"),
    ("021000AB0012", AMIENS, AB12),
    ("0210000A0012", AMIENS, A12),
    ("021000AB0012", (), None),
    ("021000AB0012", ("63148",), None),
    ("021000AB0012", ("80021", "60021"), None),
    ("021000AB0012", ("80021", "60022"), AB12),
    ("004000AB0012", ("2A004",), "2A004000AB0012"),
    ("105000AB0012", ("97105",), "97105000AB0012"),
    # Parts with a separator
    ("80021-000-AB-0012", (), AB12),
    ("80021 000 AB 12", (), AB12),
    ("80 021 000 AB 0012", (), AB12),
    ("2A 004 000 AB 0012", (), "2A004000AB0012"),
    ("80021_000_0A_12", (), A12),
    ("80021-A-12", (), A12),
    ("80021/073/AL/104", (), "80021073AL0104"),
    # Without a prefix: only where no commune was absorbed
    ("80021AB0012", (), AB12),
    ("49092AB0012", (), None),
    # A zero lost: that of the commune, or that of the section
    ("1004000AB0012", (), "01004000AB0012"),
    ("80021000A0012", (), A12),
    ("80021000E0012", (), "800210000E0012"),
    ("10040000A0012", ("01004",), "010040000A0012"),
    ("10040000A0012", ("10040",), "100400000A0012"),
    ("10040000A0012", (), None),
    # What a spreadsheet, a copy or a URI leaves around an id
    ("'80021000AB0012", (), AB12),
    ('="80021000AB0012"', (), AB12),
    ('"80021000AB0012"', (), AB12),
    ("\ufeff80021000AB0012\u200b", (), AB12),
    ("FR80021000AB0012", (), AB12),
    ("FR.80021000AB0012", (), AB12),
    # Letters for digits: certain where an IDU has digits only
    ("8OO21OOOABOO12", (), AB12),
    ("80021000ABOOl2", (), AB12),
    ("80021000OA0012", (), "80021000OA0012"),
    ("2AOO4OOOAB0012", (), "2A004000AB0012"),
    ("80021O00AB001", AMIENS, None),
    # Excel
    ("8,00210E+16", (), None),
    ("8.0021E+20", AMIENS, None),
    ("8E+13", (), None),
    # No parcels
    ("parcelle.5001", (), None),
    ("AB12", AMIENS, None),
    ("1", AMIENS, None),
    ("", AMIENS, None),
    ("80021", AMIENS, None),
    ("80021000AB001", AMIENS, None),
    ("80021000AB00123", AMIENS, None),
    ("80021000A10012", (), None),
    ("8002100AAB0012", (), None),
    ("3A021000AB0012", (), None),
    ("80021000ÀB0012", (), None),
]


@pytest.mark.parametrize(("text", "communes", "expected"), IDS)
def test_ids_in_a_column(text: str, communes: tuple[str, ...], expected: str | None) -> None:
    assert parcel_ids.identity(text, communes) == expected
    cells = pd.Series([text, None, AB12], dtype="str")
    found = parcel_ids.identities(cells, communes)
    assert (None if pd.isna(found[0]) else found[0]) == expected
    assert pd.isna(found[1])
    assert found[2] == AB12


# Text, commune, IDUs without the commune and prefix that all share, number of unresolved words.
TEXTS: list[tuple[str, str | None, list[str], int]] = [
    ("AB160/161/163", "80021", ["000AB0160", "000AB0161", "000AB0163"], 0),
    ("section AB parcelle 12", "80021", ["000AB0012"], 0),
    ("Section AB, parcelle n° 12", "80021", ["000AB0012"], 0),
    ("section AB : 12", "80021", ["000AB0012"], 0),
    ("sections AB 12 et AC 13", "80021", ["000AB0012", "000AC0013"], 0),
    ("section AB (n° 12 et n° 13)", "80021", ["000AB0012", "000AB0013"], 0),
    # Parcels that are named because they are not the ones
    ("AB 12 (ex AB 7)", "80021", ["000AB0012"], 1),
    ("AB 12 (anciennement AC 9), AD 3", "80021", ["000AB0012", "000AD0003"], 1),
    ("AC 12 (ex 80021000AB0007)", "80021", ["000AC0012"], 1),
    ("issue de AB 3 : AB 4", "80021", ["000AB0004"], 1),
    ("AB 12 sauf la parcelle AB 13; AC 3", "80021", ["000AB0012", "000AC0003"], 1),
    ("hors AB 14, AB 15", "80021", [], 1),
    ("EX 12, EX 13", "80021", ["000EX0012", "000EX0013"], 0),
    ("AB12 et 1/2 AB13", "80021", ["000AB0012", "000AB0013"], 1),
    ("AB 1/2", "80021", ["000AB0001", "000AB0002"], 0),
    ("section AB n°s 12, 13 et 14", "80021", ["000AB0012", "000AB0013", "000AB0014"], 0),
    ("AB nº 12", "80021", ["000AB0012"], 0),
    ("AB numéro 12", "80021", ["000AB0012"], 0),
    ("parcelle 12 section AB", "80021", ["000AB0012"], 0),
    ("parcelles n° 12 et 13 de la section A", "80021", ["0000A0012", "0000A0013"], 0),
    ("AC 11, 12 section AB", "80021", ["000AC0011"], 1),
    ("AC 11, section AB parcelle 12", "80021", ["000AC0011", "000AB0012"], 0),
    ("AC 11, section AB", "80021", ["000AC0011"], 1),
    ("AC 11, section AB, 12", "80021", ["000AC0011"], 2),
    ("073 AL 104", "80021", ["073AL0104"], 0),
    ("073 AL 104, 073 AL 105", "80021", ["073AL0104", "073AL0105"], 0),
    ("073AL104", "80021", ["073AL0104"], 0),
    ("073-AL-104", "80021", ["073AL0104"], 0),
    ("AB160 161 AC 12", "80021", ["000AB0160", "000AB0161", "000AC0012"], 0),
    ("AB160, 071 AC 12", "49092", ["000AB0160"], 1),  # 49071 is a part of 49092
    ("0A 12", "80021", ["0000A0012"], 0),
    ("0A12", "80021", ["0000A0012"], 0),
    ("A 12", "80021", ["0000A0012"], 0),
    ("a 12", "80021", ["0000A0012"], 0),
    ("A0012", "80021", ["0000A0012"], 0),
    ("000A0012", "80021", ["0000A0012"], 0),
    ("0000A0012", "80021", ["0000A0012"], 0),
    ("000 0A 12", "80021", ["0000A0012"], 0),
    ("0000D116 à 000D118", "80021", ["0000D0116", "0000D0117", "0000D0118"], 0),
    ("AB.12", "80021", ["000AB0012"], 0),
    ("AB-12", "80021", ["000AB0012"], 0),
    ("AB_12", "80021", ["000AB0012"], 0),
    ("AB 24 à 26", "80021", ["000AB0024", "000AB0025", "000AB0026"], 0),
    ("AB 24 au 26", "80021", ["000AB0024", "000AB0025", "000AB0026"], 0),
    ("AB 24 à AC 26", "80021", ["000AB0024", "000AC0026"], 1),
    ("AB 12-15", "80021", ["000AB0012"], 1),
    ("AB 12 p, 13pp et 14 en partie", "80021", ["000AB0012", "000AB0013", "000AB0014"], 0),
    # An area is no parcel, however it is written
    ("AB 12 (350 m²)", "80021", ["000AB0012"], 0),
    ("AB 12 et 3 ha", "80021", ["000AB0012"], 0),
    ("AB 5 (1 200 m²)", "80021", ["000AB0005"], 0),
    ("AB 12 (1 200 m²), 13 (500 m2)", "80021", ["000AB0012", "000AB0013"], 0),
    ("AB 12, 20 a 15 ca", "80021", ["000AB0012"], 0),
    ("AB 12 : 1ha20a15ca et 13", "80021", ["000AB0012", "000AB0013"], 0),
    ("AB 12, 20 a", "80021", ["000AB0012"], 2),
    ("AB 12 345 m²", "80021", [], 1),  # 12 of 345 m², or a section of 12 345 m²
    ("AB 12 a 14", "80021", ["000AB0012", "000AB0013", "000AB0014"], 0),
    # A letter O for a zero: where there are digits only, else unresolved
    ("8OO21OOOABOO12", "80021", ["000AB0012"], 0),
    ("AB O12", "80021", [], 1),
    ("ABO12", "80021", [], 1),
    ("AB O12 et AC 3", "80021", ["000AC0003"], 1),
    ("AB 12 et O 13", "80021", ["000AB0012", "0000O0013"], 0),
    # What a spreadsheet or a URI leaves around an id
    ('="80021000AB0012"', "80021", ["000AB0012"], 0),
    ("FR.80021000AB0012", "80021", ["000AB0012"], 0),
    ("AB 12 du 12/03/2023", "80021", ["000AB0012"], 4),
    ("AB 12, cour commune 15", "80021", ["000AB0012"], 3),
    ("00012_114", "67001", ["000120114"], 0),
    ("0006_35", "67001", ["000060035"], 0),
    ("011_0044", "57001", ["000110044"], 0),
    ("0011_186", "68149", ["000110186"], 0),
    ("000_4219", "68149", [], 1),
    ("07305_12", "67001", ["073050012"], 0),
    ("section 12 parcelle 34", "67001", ["000120034"], 0),
    ("section 12 n° 34", "67001", ["000120034"], 0),
    ("80021 AB 12", "80021", ["000AB0012"], 0),
    ("80021AB12", "80021", [], 1),
    ("80000 AB 12", "80021", [], 1),
    ("60057 AB 12", "80021", [], 1),
    ("97701 AB 12", "97701", ["000AB0012"], 0),
    (AB12, "60057", ["000AB0012"], 0),
    ("80021 000 AB 0012", "60057", ["000AB0012"], 0),
    ("80021-000-AB-0012", None, ["000AB0012"], 0),
    ("800021000AB0012", None, ["000AB0012"], 0),
    ("2023800021000AB0012", None, ["000AB0012"], 0),
    ("80021000AB0012/13", None, ["000AB0012", "000AB0013"], 0),
    ("80021000AB0012|80021000AC0013", None, ["000AB0012", "000AC0013"], 0),
    ('{"80021000AB0012","80021000AC0013"}', None, ["000AB0012", "000AC0013"], 0),
    ("AB 12", None, [], 1),
    ("34812345600012", "80021", [], 1),  # a SIRET
    ("8,00210E+13", "80021", [], 1),
    ("8E+13", "80021", [], 1),
    ("12", "80021", [], 1),
    ("RD 934 face au n° 12", "80021", [], 4),
    ("le long de la D 934", "80021", [], 4),
    ("BP 12 Amiens cedex", "80021", [], 3),
    ("BP 43", "80021", ["000BP0043"], 0),
    ("section BP 43, près du port", "80021", [], 4),
    ("000BP43, près du port", "80021", ["000BP0043"], 3),
    ("12 rue de la Gare 80000 Amiens", "80021", [], 5),
    # The number of a house is no parcel of the section before it.
    ("AB12, 14 rue de Paris", "80021", ["000AB0012"], 2),
    ("AB 12, 13 et 14 bis, avenue Foch", "80021", ["000AB0012"], 2),
    ("AB 12, 3 bd Jules-Verne", "80021", ["000AB0012"], 2),
    ("AB 12, rue de Paris", "80021", ["000AB0012"], 2),
    ("AB 12, AV 13", "80021", ["000AB0012", "000AV0013"], 0),
    # A prefix in words.
    ("préfixe 073 section AL n° 104", "80021", ["073AL0104"], 0),
    ("section AL n° 104, préfixe 073", "80021", ["073AL0104"], 0),
    ("073 section AL 104", "80021", ["073AL0104"], 0),
    ("préfixe 073 AL 104, préfixe 090 AB 12", "80021", ["073AL0104", "090AB0012"], 0),
    ("AL 104 (préfixe 073 ou préfixe 090)", "80021", [], 2),
    ("104 section AL", "80021", ["000AL0104"], 0),
    # Lists and ranges with dashes.
    ("AC 24-25-26 et AD 3", "80021", ["000AC0024", "000AC0025", "000AC0026", "000AD0003"], 0),
    ("BK 256-257", "80021", ["000BK0256", "000BK0257"], 0),
    ("BK 256-260", "80021", ["000BK0256"], 1),
    ("AB 12-01-2024", "80021", ["000AB0012"], 1),
    ("AB 12 - 13 m²", "80021", ["000AB0012"], 1),
    ("ZA 1 à ZA 3", "80021", ["000ZA0001", "000ZA0002", "000ZA0003"], 0),
    ("NDa75", "80021", [], 1),
    ("ABC 12", "80021", [], 2),
    ("AB 0", "80021", [], 1),
    ("AB 12345", "80021", [], 2),
    ("nr", "80021", [], 1),
    ("", "80021", [], 0),
]


@pytest.mark.parametrize(("text", "commune", "expected", "strange"), TEXTS)
def test_parcels_in_a_text(
    text: str, commune: str | None, expected: list[str], strange: int
) -> None:
    ids, words = parcel_text.resolve(text, commune)
    assert [one[5:] for one in ids] == expected
    assert {one[:5] for one in ids} <= {commune, "80021"}
    assert len(words) == strange, words


# Commune, prefix, section, number in columns, and the IDU without the commune.
PARTS: list[tuple[Any, Any, Any, Any, str | None]] = [
    ("80021", None, "AB", "12", "80021000AB0012"),
    ("80021", "", "ab", "0012", "80021000AB0012"),
    ("80021", "000", " A", "12.0", A12),
    ("80021", "73", "0A", 12, "800210730A0012"),
    ("80021", 73.0, "AL", 104.0, "80021073AL0104"),
    ("80021", "073", "A", "12,0", "800210730A0012"),
    ("80021", None, 12.0, 34.0, "80021000120034"),
    ("80021", None, "1", "034", "80021000010034"),
    ("80021", None, "AB", "0", None),
    ("80021", None, "AB", "12345", None),
    ("80021", None, "AB", "12A", None),
    ("80021", None, "AB", "1,2E+3", None),
    ("80021", None, "ABC", "12", None),
    ("80021", None, "A1", "12", None),
    ("80021", None, "00", "12", None),
    ("80021", None, "", "12", None),
    ("80021", None, None, "12", None),
    ("80021", None, "AB", None, None),
    ("80021", "7A", "AB", "12", None),
    (None, None, "AB", "12", None),
    ("Amiens", None, "AB", "12", None),
]


@pytest.mark.parametrize(("commune", "prefix", "section", "number", "expected"), PARTS)
def test_parts_in_columns(
    commune: Any, prefix: Any, section: Any, number: Any, expected: str | None
) -> None:
    cells = [pd.Series([cell, None], dtype=object) for cell in (commune, prefix, section, number)]
    found = parcel_ids.compose(*cells)
    assert (None if pd.isna(found[0]) else found[0]) == expected
    assert pd.isna(found[1])


COMMUNES = [
    ("80", "21", "80021"),
    ("80", "021", "80021"),
    ("80.0", "21.0", "80021"),
    ("80", "80021", "80021"),
    ("1", "4", "01004"),
    ("2a", "004", "2A004"),
    ("97", "411", "97411"),
    ("974", "11", "97411"),
    ("974", "411", "97411"),
    ("971", "5", "97105"),
    ("97", "123", "97123"),
    ("69", "381", "69381"),
    ("75", "101", "75101"),
    ("80", "", None),
]


@pytest.mark.parametrize(("department", "commune", "expected"), COMMUNES)
def test_commune_of_departement_and_code(
    department: str, commune: str, expected: str | None
) -> None:
    found = parcel_ids.commune_of(pd.Series([department]), pd.Series([commune]))[0]
    assert (None if pd.isna(found) else found) == expected


def test_there_are_enough_cases() -> None:
    assert len(IDS) + len(TEXTS) + len(PARTS) + len(COMMUNES) >= 120


communes = st.sampled_from(["80021", "01004", "2A004", "97105", "97123", "75101", "69381", "13201"])
prefixes = st.integers(0, 999).map(lambda n: f"{n:03d}")
sections = st.from_regex(r"[A-HJ-Z]|[A-HJ-NP-Z][A-HJ-Z]", fullmatch=True)
numbers = st.integers(1, 9999)
# Words of a sentence: before a space they are no section, rather none than a wrong one.
WORDS = frozenset(["ET", "OU", "AU", "DE", "DU", "LE", "LA", "UN", "EN", "NO"])


@given(communes, prefixes, sections, numbers)
@example("01004", "000", "E", 12)
@example("80021", "000", "LA", 1)
@example("80021", "000", "HA", 5)
@example("80021", "012", "CA", 15)
@example("80021", "012", "AU", 1)
def test_every_form_of_a_parcel_gives_its_idu(
    commune: str, prefix: str, section: str, number: int
) -> None:
    idu = f"{commune}{prefix}{section:0>2}{number:04d}"
    directed = f"{commune[:2]}0{idu[2:]}"
    forms = [
        idu,
        idu.lower(),
        directed,
        f"2024{directed}",
        f"{commune} {prefix} {section} {number}",
    ]
    assert {parcel_ids.identity(form) for form in forms} == {idu}
    assert parcel_ids.identity(idu[2:], [commune]) == idu
    cells = [pd.Series([cell], dtype=object) for cell in (commune, prefix, section, float(number))]
    assert list(parcel_ids.compose(*cells)) == [idu]
    spaced = [f"{prefix} {section} {number}"]
    # Lone letters and pairs that are roads or boxes are read where nothing else is written.
    spaced += [f"section {section} parcelle {number}"] if prefix == "000" else []
    joined = [f"{prefix}{section}{number}", idu, directed]
    joined += [f"{section}{number:04d}"] if prefix == "000" else []
    for text in joined if section in WORDS else [*joined, *spaced]:
        assert parcel_text.resolve(text, commune) == ((idu,), ())
    for text in spaced if section in WORDS else []:
        assert parcel_text.resolve(text, commune)[0] == ()


@given(st.text("0123456789ABEGN .,-/_+'°àé", max_size=24), communes)
def test_any_text_gives_parcels_of_fourteen_characters_or_none(text: str, commune: str) -> None:
    ids, words = parcel_text.resolve(text, commune)
    assert all(parcel_ids.IDU.fullmatch(one) for one in ids)
    assert all(words)
    found = parcel_ids.identity(text, [commune])
    assert found is None or parcel_ids.IDU.fullmatch(found)


@given(st.lists(st.tuples(sections, numbers), min_size=1, max_size=4))
def test_a_list_is_read_back_whatever_its_separator(refs: list[tuple[str, int]]) -> None:
    assume(all(section not in WORDS for section, _ in refs))
    ids = sorted({f"80021000{section:0>2}{number:04d}" for section, number in refs})
    for separator in (", ", " et ", " / ", "|", "; "):
        text = separator.join(f"{section} {number}" for section, number in refs)
        found, words = parcel_text.resolve(text, "80021")
        assert (sorted(found), words) == (ids, ())


def cadastre(*ids: str) -> gpd.GeoDataFrame:
    shapes = [shapely.box(n, 0, n + 1, 1) for n in range(len(ids))]
    return gpd.GeoDataFrame({"parcel_id": list(ids)}, geometry=shapes)


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ([], "80999000AB0012"),
        (["80999000AB0012"], "80999000AB0012"),
        (["80999021AB0012"], "80999021AB0012"),  # the only AB 12 of the commune nouvelle
        (["80999021AB0012", "80999022AB0012"], None),
        (["80999021AB0012", "80999000AB0012"], None),
        (["80999021AC0012"], "80999000AB0012"),
    ],
)
def test_a_reference_without_prefix_in_a_commune_nouvelle(
    known: list[str], expected: str | None
) -> None:
    journal = Journal()
    texts, codes = pd.Series(["AB 12", "000AB12"]), pd.Series(["80999", "80999"])
    found = parcel_text.resolve_lists(texts, codes, journal, parcels=cadastre(*known))
    assert (None if pd.isna(found[0]) else found[0]) == expected
    assert found[1] == "80999000AB0012"  # its prefix is stated
    listed = [note.text.fr for note in journal.notes if note.effect == "dropped"]
    assert bool(listed) == (expected is None)
    assert all("AB 12" in text for text in listed)


def test_what_excel_destroyed_is_refused_with_its_reason() -> None:
    journal = Journal()
    cells = pd.Series(["8,00210E+16", AB12])
    found = parcel_text.resolve_lists(cells, pd.Series(["80021", "80021"]), journal)
    assert pd.isna(found[0])
    assert found[1] == AB12
    assert "Excel" in journal.notes[0].text.fr
    assert "8,00210E+16" in journal.notes[0].text.fr


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (["800210000A0012"], "800210000A0012"),  # no section OA there: a zero was meant
        (["80021000OA0012", "800210000A0012"], "80021000OA0012"),
        (["80021000OA0005", "800210000A0012"], "80021000OA0012"),  # a section OA is there
        (["800210000A0005"], "80021000OA0012"),
        ([], "80021000OA0012"),
    ],
)
@pytest.mark.parametrize("text", ["OA 12", "80021000OA0012", "section OA n° 12"])
def test_a_section_with_a_letter_o_is_that_of_the_cadastre(
    text: str, known: list[str], expected: str
) -> None:
    found = parcel_text.resolve_lists(
        pd.Series([text]), pd.Series(["80021"]), Journal(), parcels=cadastre(*known)
    )
    assert list(found) == [expected]
