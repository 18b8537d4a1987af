"""Sale prices by commune."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from foncier.crs import legal_crs
from foncier.errors import FormatError
from foncier.model import LayerFile
from foncier.readers import read

if TYPE_CHECKING:
    from pathlib import Path

CRS = legal_crs("80021")


def _read(path: Path, communes: tuple[str, ...] = ("80021",)) -> Any:
    return read(LayerFile("prices", path, path.name, "dvf-communes"), crs=CRS, communes=communes)


def test_prices_of_few_sales_are_unknown(tmp_path: Path) -> None:
    file = tmp_path / "dvf.csv"
    file.write_text(
        "city_code;dvf_pxm2_median;dvf_nbtrans\n1004;1500;40\n01005;900;3\n", encoding="utf-8"
    )
    table, report = _read(file, ("01004", "01005"))
    assert table["commune"].tolist() == ["01004", "01005"]
    assert np.array_equal(table["price_eur_m2"], [1500, np.nan], equal_nan=True)
    assert [note.count for note in report.notes if note.effect == "dropped"] == [1]


def test_text_for_a_price_is_told(tmp_path: Path) -> None:
    file = tmp_path / "dvf.csv"
    file.write_text("city_code;dvf_pxm2_median;dvf_nbtrans\n80021;cher;40\n", encoding="utf-8")
    with pytest.raises(FormatError, match="cher"):
        _read(file)


@pytest.mark.real
def test_amiens_in_the_real_aggregates(real_data: Path) -> None:
    table, _ = _read(real_data / "amiens" / "dvf-communes-80.csv")
    assert table["commune"].tolist() == ["80021"]
    assert 1000 < table["price_eur_m2"].iloc[0] < 4000
