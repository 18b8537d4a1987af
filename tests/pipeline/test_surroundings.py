"""From a study to its result: partners, companies, perimeters and needs around each site."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import shapely

from foncier.errors import ConfigError
from foncier.pipeline.run import run
from foncier.results.surroundings import company_line, partner_lines, perimeter_line
from foncier.study import read_study

from ..hamlet import X, Y, degrees, feature, hamlet, write

if TYPE_CHECKING:
    from pathlib import Path

    from foncier.model import ResultTables

LAYERS = """
[layers.places]
path = "lieux.geojson"
source = "Relevé"

[layers.perimeters]
path = "qpv.geojson"

[[layers.observations]]
path = "sirene.csv"
format = "sirene"
source = "SIRENE"

[needs]
files = ["atelier.toml"]
"""
SIRENE = "siret;etatAdministratifEtablissement;longitude;latitude;activitePrincipaleEtablissement\n"
NEED = """
name = "Atelier <vélo>"
kinds = ["dent_creuse"]
[area_m2]
min = {least}
[minutes]
hospital = 15
"""


def study_folder(folder: Path, *, least: float = 500, need: str = "") -> Path:
    hamlet(folder)
    with (folder / "study.toml").open("a", encoding="utf-8") as file:
        file.write(LAYERS)

    def at(x: float, y: float) -> shapely.Geometry:
        return degrees(shapely.Point(X + x, Y + y))

    write(
        folder / "lieux.geojson",
        [
            feature(at(100, -10), category="tiers-lieu", name="La Machinerie"),
            feature(at(200, -10), category="incubateur", name="Pépinière"),
            feature(at(200, 5000), category="university", name="Loin"),
        ],
    )
    points = [at(x, -8) for x in (50, 60, 70)]
    rows = "".join(
        f"1234567890001{n};{state};{p.x};{p.y};{naf}\n"
        for n, (p, state, naf) in enumerate(
            zip(points, "AAF", ("62.01Z", "62.02A", "10.71C"), strict=True)
        )
    )
    (folder / "sirene.csv").write_text(SIRENE + rows, encoding="utf-8")
    district = degrees(shapely.box(X + 320, Y, X + 1000, Y + 500))
    write(folder / "qpv.geojson", [feature(district, code_qp="QN08001M", lib_qp="Nord")])
    (folder / "atelier.toml").write_text(need or NEED.format(least=least), encoding="utf-8")
    return folder


def result_of(folder: Path, **more: Any) -> ResultTables:
    return run(read_study(study_folder(folder, **more)))


def test_partners_companies_perimeters_and_needs(tmp_path: Path) -> None:
    result = result_of(tmp_path / "etude")
    site = result.candidates.to_dict("records")[0]
    around = result.around
    assert around is not None
    assert result.site_needs is not None
    own = around[around["opportunity_id"] == site["opportunity_id"]]
    partners = [line.replace("\u00a0", " ") for line in partner_lines(own, "fr")]
    assert [line.split(" (")[0] for line in partners] == [
        "Tiers-lieu : La Machinerie",
        "Incubateur, pépinière : Pépinière",
    ]
    assert own["minutes"].notna().all()
    assert "2" in company_line(own, "fr")
    assert "numérique" in company_line(own, "fr")
    assert "10.71" not in str(around)
    assert "naf_C" not in set(around["category"])
    assert {"qpv", "qpv_distance_m"} <= set(site)
    assert "Nord" in perimeter_line(site, "fr")
    needs = result.site_needs.set_index("opportunity_id").loc[site["opportunity_id"]]
    assert (needs["need"], needs["outcome"]) == ("Atelier <vélo>", "to_check")  # no hospital
    assert "hôpital" in needs["detail_fr"].lower()


def test_a_need_that_no_site_meets_has_no_row(tmp_path: Path) -> None:
    result = result_of(tmp_path / "etude", least=1e6)
    assert result.site_needs is not None
    assert result.site_needs.empty


def test_a_wrong_need_is_refused_when_the_study_is_checked(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="atelier"):
        result_of(tmp_path / "etude", need='name = "x"\nkind = ["friche"]\n')


def test_a_study_without_these_layers_has_none_of_them(tmp_path: Path) -> None:
    result = run(read_study(hamlet(tmp_path / "etude")))
    assert result.around is None
    assert result.site_needs is None
    assert result.perimeters is None
    assert result.candidates[["qpv", "in_perimeters"]].isna().all(axis=None)
