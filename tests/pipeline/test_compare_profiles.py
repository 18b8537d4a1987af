"""Rule sets side by side on one hamlet: counts, agreement, and the file that holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyogrio
import pytest
import shapely

from foncier import detect
from foncier.errors import ConfigError
from foncier.pipeline import compare_profiles
from foncier.pipeline.layers import read_layers
from foncier.pipeline.run import CONTEXT_LAYERS
from foncier.study import profiles, published, read_study

from ..hamlet import hamlet

if TYPE_CHECKING:
    from pathlib import Path


def test_every_rule_set_is_applied_and_differences_are_listed(tmp_path: Path) -> None:
    found = compare_profiles.compare(read_study(hamlet(tmp_path / "h")))
    assert found.summary["profile"].tolist() == list(profiles())
    for row in found.summary.to_dict("records"):
        counts = found.candidates[str(row["profile"])]["kind"].value_counts()
        assert row["dent_creuse"] == counts.get("dent_creuse", 0)
    both = found.agreement
    for name in profiles():
        kept = both[name] == compare_profiles.LISTED
        assert kept.sum() == len(found.candidates[name])
        assert (both.loc[~kept, name].str.contains("seuil")).all()
    assert (both["found_by"] == both["profiles"].str.count(r"\|") + 1).all()


def test_a_difference_is_the_first_failed_rule_of_each_other_profile(
    tmp_path: Path,
) -> None:
    study = read_study(hamlet(tmp_path / "h"))
    found = compare_profiles.compare(study)
    layers = read_layers(study)
    ground = detect.SpatialContext(**{k: layers.get(k) for k in CONTEXT_LAYERS})
    area = shapely.box(*layers.get("parcels").total_bounds)
    turned_down = 0
    for name in profiles():
        tests = detect.find_plots(ground, published(name), area, source="C").tests
        stops = (tests["passed"] == False) & tests["rule"].isin(_named(name, "warns"))  # noqa: E712
        unknown = tests["passed"].isna() & tests["rule"].isin(_named(name, "optional"))
        firm = tests[stops.fillna(False) | unknown].sort_values("step")
        first = firm.drop_duplicates(["parcel_id", "kind"]).set_index(["parcel_id", "kind"])
        out = found.agreement[found.agreement[name] != compare_profiles.LISTED]
        for row in out.to_dict("records"):
            stop = first.loc[(row["parcel_id"], row["kind"])]
            assert str(row[name]).startswith(stop["label_fr"])
        told = found.differences[found.differences["profile"] == name]
        assert told["plots"].sum() == len(out)
        turned_down += len(out)
    assert turned_down


def _named(profile: str, without: str) -> set[str]:
    """Names of the rules of a profile that do not bear a mark."""
    rules = published(profile).rules.values()
    return {rule.name for kind in rules for rule in kind if not getattr(rule, without)}


def test_the_file_holds_a_layer_each_and_the_same_bytes_again(tmp_path: Path) -> None:
    study = read_study(hamlet(tmp_path / "h"))
    found = compare_profiles.compare(study)
    first = compare_profiles.write(found, study, tmp_path / "a").read_bytes()
    where = compare_profiles.write(found, study, tmp_path / "b")
    assert where.read_bytes() == first
    names = [name for name, _ in pyogrio.list_layers(where)]
    assert names == [n.replace("-", "_") for n in profiles()] + ["accord"]
    layer = pyogrio.read_dataframe(where, layer="accord")
    assert len(layer) == len(found.agreement)
    assert layer.crs.to_epsg() == 2154


def test_without_parcels_there_is_nothing_to_compare(tmp_path: Path) -> None:
    folder = hamlet(tmp_path / "h")
    text = (folder / "study.toml").read_text(encoding="utf-8")
    begin = text.index("[layers.buildings]")
    (folder / "study.toml").write_text(
        text[:begin] + text[text.index("[layers.streets]") :], encoding="utf-8"
    )
    with pytest.raises(ConfigError, match=r"layers\.buildings"):
        compare_profiles.compare(read_study(folder))
