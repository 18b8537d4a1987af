"""Owners that are legal persons: groups, rights, and names of public bodies alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from foncier import schemas
from foncier.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Read = Callable[..., Any]

# The names of the layouts of 2025 and of 2019 (public readers); all values are invented.
HEADERS = {
    "2025": (
        "Département;Code Direction;Code Commune;Nom de la commune;Préfixe;Section;N° plan;"
        "Contenance;SUF;Code droit - par;N° Majic - par;N° SIREN - par;Groupe personne - par;"
        "Forme juridique - par;Dénomination - par\n"
    ),
    "2019": (
        "Département (Champ géographique);Code Direction (Champ géographique);"
        "Code Commune (Champ géographique);Nom Commune (Champ géographique);"
        "Préfixe (Références cadastrales);Section (Références cadastrales);"
        "N° plan (Références cadastrales);Contenance (Caractéristiques parcelle);"
        "SUF (Evaluation SUF);Code droit (Propriétaire(s) parcelle);"
        "N° MAJIC (Propriétaire(s) parcelle);N° SIREN (Propriétaire(s) parcelle);"
        "Groupe personne (Propriétaire(s) parcelle);Forme juridique (Propriétaire(s) parcelle);"
        "Dénomination (Propriétaire(s) parcelle)\n"
    ),
}
COMMUNE = (
    "80;0;021;AMIENS;{prefix};{section};{number};900;{suf};{right};{majic};{siren};{group};7210;"
    "{name}\n"
)
PLANTED = {"0": "SCI DUPOND ET FILS", "7": "COPRO MARTINOT", "8": "MONSIEUR DURANDEAU"}


def written(folder: Path, text: str) -> Path:
    file = folder / "pm.csv"
    file.write_text(text, encoding="utf-8")
    return file


def row(number: str, group: str, name: str = "", **given: str) -> str:
    cells = {
        "prefix": "",
        "section": " D",
        "suf": "",
        "right": "P - Propriétaire",
        "majic": "",
        "siren": "",
        "number": number,
        "group": group,
        "name": name,
    }
    return COMMUNE.format(**{**cells, **given})


@pytest.mark.parametrize("year", HEADERS)
def test_groups_and_rights_of_a_parcel(year: str, read: Read, tmp_path: Path) -> None:
    siren = {"siren": "218000198"}
    text = HEADERS[year] + (
        row("7", "4 - Commune", "COMMUNE D'AMIENS", suf="A", **siren)
        + row("7", "4 - Commune", "COMMUNE D'AMIENS", suf="B", **siren)
        + row("7", "9 - Établissements publics", "PORT", right="G - Gérant")
        + row("8", "0 - Personnes morales non remarquables", "A", majic="P1")
        + row("8", "0", "B", majic="P2", right="U - Usufruitier")
        + row("9", "", "SANS GROUPE")
        + row("9", "12", "HORS LISTE")
    )
    table, report = read(
        "owners", "personnes-morales", written(tmp_path, text), communes=("80021",)
    )
    found = table.set_index("ownership_id")
    assert list(found.index) == [
        "800210000D0007-commune-1",
        "800210000D0007-public_establishment-1",
        "800210000D0008-other-1",
    ]
    assert found["rights"].tolist() == [1, 1, 2]
    assert found["right_codes"].tolist() == ["P", "G", "P|U"]
    assert found["owner_siren"].iloc[0] == "218000198"
    assert found["owner_name"].iloc[:2].tolist() == ["COMMUNE D'AMIENS", "PORT"]
    assert report.rows_read == 7
    assert [note.count for note in report.notes] == [2]


@pytest.mark.parametrize("group", PLANTED)
def test_no_name_of_companies_coowners_and_partners(group: str, read: Read, tmp_path: Path) -> None:
    text = HEADERS["2025"] + row("7", group, PLANTED[group], siren="123456789", majic="MBX")
    table, _ = read("owners", "personnes-morales", written(tmp_path, text))
    assert table["owner_group"].tolist() == [schemas.OWNER_GROUPS[group]]
    text = table.to_csv()
    assert not any(word in text for word in (PLANTED[group], "123456789", "MBX"))


@pytest.mark.parametrize("group", ["1", "2", "3", "4", "5", "6", "9"])
def test_public_bodies_keep_their_name(group: str, read: Read, tmp_path: Path) -> None:
    text = HEADERS["2025"] + row("7", group, "ÉTABLISSEMENT  INVENTÉ")
    table, _ = read("owners", "personnes-morales", written(tmp_path, text))
    assert table["owner_name"].tolist() == ["ÉTABLISSEMENT INVENTÉ"]


def test_a_file_without_any_name_is_read(read: Read, tmp_path: Path) -> None:
    text = HEADERS["2025"] + row("7", "4") + row("8", "9")
    table, _ = read("owners", "personnes-morales", written(tmp_path, text))
    assert table["owner_name"].isna().tolist() == [True, True]


def test_a_file_without_groups_is_refused(read: Read, tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="owner_group"):
        read("owners", "personnes-morales", written(tmp_path, "Département;Section\n80;AB\n"))


@pytest.mark.real
def test_parcels_of_five_communes_beside_amiens(read: Read, real_data: Path) -> None:
    file = next((real_data / "services" / "personnes-morales").glob("*.csv"))
    table, report = read("owners", "personnes-morales", file)
    assert report.rows_read == 2010
    assert table["parcel_id"].str.len().eq(14).all()
    counts = table.drop_duplicates(["parcel_id", "owner_group"])["owner_group"].value_counts()
    assert counts["commune"] > 500
    private = ~table["owner_group"].isin(schemas.NAMED_OWNERS)
    assert table.loc[private, ["owner_name", "owner_siren"]].isna().all(axis=None)
    assert table.loc[~private, "owner_name"].notna().mean() > 0.9
