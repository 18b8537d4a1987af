"""LOVAC in the layouts of several years: rates of counts, secrecy, a count that is no rate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from foncier import readers
from foncier.crs import legal_crs
from foncier.errors import FormatError
from foncier.model import LayerFile

if TYPE_CHECKING:
    from pathlib import Path

HEADER_26 = (
    "CODGEO_26;LIBGEO_26; DEP ;pp_vacant_26;pp_vacant_plus_2ans_26;ff_pp_total_25;pp_vacant_25;"
    "pp_vacant_plus_2ans_25;ff_pp_total_24\n"
)


def read(folder: Path, text: str, communes: tuple[str, ...] = ("80021",), **given: Any) -> Any:
    path = folder / "lovac.csv"
    path.write_bytes(text.encode("cp1252"))
    file = LayerFile("vacancy_rates", path, path.name, "lovac", **given)
    table, report = readers.read(file, crs=legal_crs("80021"), communes=communes)
    return table.set_index("commune"), report


@pytest.mark.parametrize("words", ["Part", "Taux"])
def test_a_rate_by_the_title_of_its_column(words: str, tmp_path: Path) -> None:
    title = f"{words} du parc privé vacant depuis plus de 2 ans (%)"
    table, _ = read(tmp_path, f"Code INSEE;Commune;{title}\n80021;Amiens;3,4 %\n")
    assert table.loc["80021", "rate_share"] == pytest.approx(0.034)


@pytest.mark.parametrize(
    ("cells", "rate", "dwellings"),
    [
        ("6\xa0100;2\xa0400;71\xa0250;5 900;2 300;70 000", 2400 / 71250, 71250),
        ("40;40;600;;;", 40 / 600, 600),
        ("s;s;71 250;5 900;2 300;70 000", 2300 / 70000, 70000),
        ("100;<11;600;90;nc;590", np.nan, np.nan),
        ("100;*;600;90;12;590", 12 / 590, 590),
        ("100;n.s.;600;90;12;590", 12 / 590, 590),
        ("100;11 ou moins;600;90;moins de 11;590", np.nan, np.nan),
        ("100;secret statistique;600;90;#N/A;590", np.nan, np.nan),
        ("100;0;600;90;12;590", np.nan, 600),
        ("100;700;600;90;12;590", 12 / 590, 590),
        ("100;12;s;90;s;590", np.nan, np.nan),
    ],
)
def test_rate_of_the_newest_year_of_which_both_counts_are_known(
    cells: str, rate: float, dwellings: float, tmp_path: Path
) -> None:
    table, _ = read(tmp_path, f"{HEADER_26}80021;Amiens;80;{cells}\n")
    assert table.loc["80021", "rate_share"] == pytest.approx(rate, nan_ok=True)
    assert table.loc["80021", "dwellings"] == pytest.approx(dwellings, nan_ok=True)


@pytest.mark.parametrize(
    ("header", "cells", "rate"),
    [
        ("CODGEO_25;pp_vacant_25;pp_vacant_plus_2ans_25;pp_total_24", "500;60;1200", 0.05),
        ("CODGEO_27;pp_vacant_plus_2ans_27;pp_total_27;ff_pp_total_26", "60;9999;1200", 0.05),
        ("CODGEO_2031;pp_vacant_plus_2ans_2031;ff_pp_total_2030", "60;1200", 0.05),
        ("CODGEO;pp_vacant_plus_2ans_25;pp_total_25", "60;1200", 0.05),
        ("INSEE_COM;Nb_log_pp_2022;Prop_logvac_pp_2A_010122", "9 000;3,4 %", 0.034),
        ("comm_insee;Prop_logvac_pp_2A", "s", np.nan),
        ("INSEE_C;taux_vacance_25_pct;taux_vacance_long_25_pct", "8.78;3.78", 0.0378),
    ],
)
def test_layouts_of_other_years(header: str, cells: str, rate: float, tmp_path: Path) -> None:
    table, _ = read(tmp_path, f"{header}\n80021;{cells}\n")
    assert table.loc["80021", "rate_share"] == pytest.approx(rate, nan_ok=True)


@pytest.mark.parametrize("column", ["pp_vacant_plus_2ans_26", "pp_vacant_26", "nb_vacants"])
def test_a_count_is_never_a_rate(column: str, tmp_path: Path) -> None:
    text = f"CODGEO_26;{column};ff_pp_total_25\n80021;40;600\n"
    with pytest.raises(FormatError, match=column):
        read(tmp_path, text, columns={"rate_share": column})


def test_a_rate_under_another_name(tmp_path: Path) -> None:
    text = "CODGEO_26;taux_logements_vacants_2ans\n80021;4\n"
    table, _ = read(tmp_path, text, columns={"rate_share": "taux_logements_vacants_2ans"})
    assert table.loc["80021", "rate_share"] == pytest.approx(0.04)


def test_a_text_that_is_no_secrecy_mark_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="pp_vacant_plus_2ans_26"):
        read(tmp_path, f"{HEADER_26}80021;Amiens;80;1;beaucoup;600;1;1;600\n")


@pytest.mark.parametrize(
    ("studied", "row", "codes"),
    [
        ("69381", "69123", {"69123", "69381"}),
        ("69123", "69123", {"69123", *(str(n) for n in range(69381, 69390))}),
        ("69381", "69381", {"69381"}),
    ],
)
def test_the_city_speaks_for_an_arrondissement(
    studied: str, row: str, codes: set[str], tmp_path: Path
) -> None:
    text = f"CODGEO_26;pp_vacant_plus_2ans_26;ff_pp_total_25\n{row};30;600\n80021;1;600\n"
    table, report = read(tmp_path, text, (studied,))
    assert set(table.index) == codes
    assert (table["rate_share"] == 0.05).all()
    assert any(note.effect == "assumed" for note in report.notes) == (len(codes) > 1)


@pytest.mark.real
def test_rates_of_the_somme(real_data: Path) -> None:
    path = real_data / "services" / "lovac" / "lovac-2025-taux-somme.csv"
    file = LayerFile("vacancy_rates", path, path.name, "lovac")
    table, report = readers.read(file, crs=legal_crs("80021"), communes=("80021", "80001"))
    rates = table.set_index("commune")["rate_share"]
    assert rates.to_dict() == pytest.approx({"80001": 0.0531, "80021": 0.0378})
    assert report.rows_read == 226
    assert pd.api.types.is_float_dtype(rates)
