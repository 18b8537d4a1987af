"""Whole studies on real input: Ennezat's cadastre, Amiens's friches and streets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from foncier.i18n import Localized, localize
from foncier.pipeline import check
from foncier.pipeline.write_results import write_results
from foncier.study import read_study

STUDIES = Path(__file__).resolve().parent / "studies"
pytestmark = pytest.mark.real


def test_ennezat_equals_the_published_program_parcel_for_parcel(
    studied: Any, real_data: Path
) -> None:
    """59 dents creuses and 75 divisible plots; the rule is done again here in another way."""
    result = studied("ennezat")
    found = result.candidates.groupby("kind")["parcel_ids"].agg(set)
    assert (len(found["dent_creuse"]), len(found["terrain_divisible"])) == (59, 75)
    assert len(result.candidates) + len(result.rejections) == 2243
    assert set(result.candidates["parcel_ids"]).isdisjoint(result.rejections["parcel_id"])
    expected = _by_the_book(real_data)
    assert found["dent_creuse"] == expected["dent_creuse"]
    assert found["terrain_divisible"] == expected["terrain_divisible"]


def _by_the_book(folder: Path) -> dict[str, set[str]]:
    """The rule of foncier-api written plainly: one union, one parcel after the other."""
    import geopandas as gpd

    def read(name: str) -> gpd.GeoDataFrame:
        return gpd.read_file(f"/vsigzip/{folder}/ennezat/{name}").to_crs(2154)

    parcels = read("cadastre-63148-parcelles.json.gz")
    buildings = read("cadastre-63148-batiments.json.gz")
    zones = gpd.read_file(folder / "ennezat" / "zone-urba-u.geojson").union_all()
    parcels = parcels[parcels.centroid.within(zones)]
    union = buildings[buildings.centroid.within(zones)].union_all()
    found: dict[str, set[str]] = {"dent_creuse": set(), "terrain_divisible": set()}
    for name, plot in zip(parcels["id"], parcels.geometry, strict=True):
        share = plot.intersection(union).area / plot.area
        if share < 0.005 and plot.area >= 400:
            if plot.buffer(-10).buffer(10).area >= 400:
                found["dent_creuse"].add(name)
        elif 0.005 <= share < 0.5 and plot.area >= 1000:
            near = buildings.geometry.iloc[buildings.sindex.query(plot, predicate="intersects")]
            parts = [p for g in near for p in _parts(g.intersection(plot)) if p.area > 10]
            for part in parts:
                plot = plot.difference(part.buffer(8))  # noqa: PLW2901
            if any(p.buffer(-10).buffer(10).area >= 400 for p in _parts(plot)):
                found["terrain_divisible"].add(name)
    return found


def _parts(shape: Any) -> list[Any]:
    return list(getattr(shape, "geoms", [shape]))


def test_ennezat_names_what_it_left_out_and_what_was_missing(studied: Any) -> None:
    result = studied("ennezat")
    told = {gap.what for gap in result.missing}
    assert {"road", "constraints", "places", "inventory", "loop"} <= told
    # Criteria that nothing measures leave the weights: the area alone ranks, and they are named.
    assert {"station", "stop", "innovation", "services", "residents"} <= told
    assert (result.scores["coverage"] == 1).all()
    assert result.scores["score"].equals(result.scores["area"])
    ranked = result.scores.merge(result.candidates[["opportunity_id", "kind", "availability_low"]])
    ranked = ranked.sort_values("overall_rank")
    assert ranked["overall_rank"].notna().all()
    for _, alike in ranked.groupby(["kind", "availability_low"]):
        assert alike["score"].is_monotonic_decreasing
    reached = result.access_points["opportunity_id"].nunique()
    assert 0.9 * len(result.candidates) < reached <= len(result.candidates)


def test_two_departements_of_which_one_has_a_zoning(
    studied: Any, real_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ennezat as alone (92 and 234 by the rules of foncier); Luxiol as if there were no zoning."""
    result = studied("deux-departements")
    counts = result.candidates.groupby(["commune", "kind"]).size().to_dict()
    assert counts == {
        ("25354", "dent_creuse"): 36,
        ("25354", "terrain_divisible"): 29,
        ("63148", "dent_creuse"): 92,
        ("63148", "terrain_divisible"): 234,
    }
    here = result.candidates["commune"] == "25354"
    assert result.candidates.loc[here, "zone"].isna().all()
    assert (result.candidates.loc[~here, "zone"] == "U").all()
    zone = result.tests[result.tests["rule"] == "zone"]
    unknown = zone["parcel_id"].str.startswith("25354")
    assert zone["passed"].isna().to_numpy().tolist() == unknown.tolist()
    first, second = result.missing[:2]
    assert first.cost.fr.startswith("Zonage : aucune zone dans Luxiol (25354) (commune sans plan")
    assert second.cost.en.startswith("No site of the inventory is listed, of 0 read in")
    monkeypatch.setenv("FONCIER_REAL_DATA", str(real_data))
    study = read_study(STUDIES / "deux-departements")
    (gap,) = [one for one in check.check_layers(study) if one.layer == "zones" and one.cost]
    assert gap.cost == first.cost
    assert gap.shown == Localized("incomplète", "incomplete")
    write_results(result, study, tmp_path, lang="fr", timings={})
    parts = sorted(path.name for path in tmp_path.glob("opportunites*.gpkg"))
    assert parts == ["opportunites-25.gpkg", "opportunites-63.gpkg"]
    listed = {name: len(gpd.read_file(tmp_path / name, layer="opportunites")) for name in parts}
    assert listed == {"opportunites-25.gpkg": 65, "opportunites-63.gpkg": 326}


def test_amiens_ranks_its_66_friches_as_63_sites(studied: Any) -> None:
    result = studied("amiens")
    assert len(result.candidates) == 63
    assert set(result.candidates["kind"]) == {"friche"}
    ids = set(result.candidates["opportunity_id"])
    for kept, melted in [("21473", "15776"), ("24663", "28551"), ("28550", "20515")]:
        here = ids & {f"FR-80021_{kept}", f"FR-80021_{melted}"}
        assert len(here) == 1, (kept, melted)
        texts = result.evidence.set_index("opportunity_id").loc[here.pop(), "text_fr"]
        assert texts.str.contains(kept).any()
        assert texts.str.contains(melted).any()


@pytest.mark.parametrize(
    "family",
    [
        ("21839", "20421", "21496"),
        ("28548", "28549", "20483"),
        ("24629", "21265"),
        ("21342", "24641"),
    ],
)
def test_amiens_links_the_families_and_melts_none(studied: Any, family: tuple[str, ...]) -> None:
    sites = studied("amiens").candidates.set_index("opportunity_id")["family"]
    names = {sites.get(f"FR-80021_{number}") for number in family}
    assert len(names) == 1
    assert isinstance(names.pop(), str)


def test_amiens_knows_minutes_and_distance_to_the_loop(studied: Any) -> None:
    result = studied("amiens")
    access = result.access.pivot_table(
        index="opportunity_id", columns="target", values=["time_min", "distance_m"], dropna=False
    )
    assert len(result.access["opportunity_id"].unique()) >= 62
    for target in ("station", "loop", "stop", "innovation"):
        known = access["time_min"][target].dropna()
        assert len(known) >= 61, target
        metres = access["distance_m"][target].dropna()
        assert np.allclose(metres / known, 75.0)  # 4.5 km/h
    straight = result.access.dropna(subset=["detour_index"])
    assert (straight["detour_index"] >= 1 - 1e-6).all()
    # Those with a project are taken: they have no rank.
    taken = (result.candidates["availability_class"] == "pris").sum()
    assert taken == 16
    assert result.scores["overall_rank"].notna().sum() >= 61 - taken
    loop = result.lines.set_index("role").loc["loop"]
    assert loop["status"] == "tracé d'étude"
    assert 5000 < loop["length_m"] < 12_000


def test_amiens_says_that_no_parcels_were_supplied_on_the_map_too(
    studied: Any, real_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FONCIER_REAL_DATA", str(real_data))
    study = read_study(STUDIES / "amiens")
    write_results(studied("amiens"), study, tmp_path, lang="fr", timings={})
    sentence = "Aucune couche de parcelles fournie"
    assert sentence in (tmp_path / "opportunites.html").read_text(encoding="utf-8")
    told = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    assert sentence in json.dumps(told["missing"], ensure_ascii=False)
    assert str(real_data) not in json.dumps(told)  # no path of this machine
    notes = [n["text"]["fr"] for i in told["inputs"] for n in i["notes"]]
    assert any("secondes" in note for note in notes)
    assert "lou dupont" not in (tmp_path / "opportunites.csv").read_text(encoding="utf-8-sig")


def test_amiens_keeps_the_unknown_types_unknown(studied: Any, real_data: Path) -> None:
    raw = pd.read_csv(real_data / "amiens" / "friches-cartofriches-80021.csv", sep=";")
    known = int((raw["site_type"] != "inconnu").sum())
    told = studied("amiens").evidence
    assert (told["signal"] == "site_type").sum() == known == 21


@pytest.mark.parametrize("name", ["amiens", "deux-departements", "edigeo", "ennezat", "ennezat-uf"])
def test_check_says_what_run_says(
    name: str, studied: Any, real_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same notes on each file, and no remark that the run does not have."""
    result = studied(name)
    monkeypatch.setenv("FONCIER_REAL_DATA", str(real_data))
    checks = list(check.check_layers(read_study(STUDIES / name)))
    said = {one.cost.fr for one in checks if one.cost}
    noted = {
        localize("pipeline.inventory_note", "fr", text=note.text, count=note.count)
        for report in result.reports
        for note in report.notes
    }
    assert said <= {gap.cost.fr for gap in result.missing} | noted
    notes = {(one.layer, one.path): one.notes for one in result.reports}
    for report in (one.report for one in checks if one.report):
        assert notes[report.layer, report.path][: len(report.notes)] == report.notes
