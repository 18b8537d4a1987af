"""Learn the confidence of friches and buildings from the verdicts of visits."""

from __future__ import annotations

import tomllib
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

import foncier
from foncier import validation as metrics
from foncier._util.atomic_write import write_atomically
from foncier._util.destination import Owner, subject_of
from foncier.detect import signal_of
from foncier.errors import ConfigError
from foncier.i18n import without_secrets
from foncier.model import EvidenceModel
from foncier.model.entries import ENTRIES
from foncier.pipeline.entries import filled_visits
from foncier.pipeline.validate import read_truths
from foncier.pipeline.visit_frame import WEAK_STRATUM, listed_sites, unlisted_sites
from foncier.results import read_saved
from foncier.results.manifest import result_files
from foncier.study import signals
from foncier.study.config import Study
from foncier.validation.estimates import strata_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from pathlib import Path

    import geopandas as gpd

    from foncier.model import Signal
    from foncier.results import SavedResult
    from foncier.validation import Learned, Verdicts

CALIBRATION = "calibration.toml"
PRIOR, OWN = "prior", "visit_"
KINDS = ("friche", "batiment_non_affecte")  # those with a confidence


class Lesson:
    """Judged sites of one result, with their evidence as amounts of each signal."""

    def __init__(self, result: SavedResult, truths: gpd.GeoDataFrame) -> None:
        self.known = signals(_study(result))
        self.sites = _judged(result, truths)
        self.evidence = _evidence(result, self.sites["opportunity_id"])
        days = truths["observed_on"].dropna()
        self.days = (days.min(), days.max()) if len(days) else (None, None)
        self.communes = result.communes


def learn_confidence(
    folders: Sequence[Path], truths: Sequence[Path] = (), *, untrusted: bool = False
) -> tuple[Learned, dict[str, Any]]:
    """Learn a calibration from the verdicts on one result or on several.

    Parameters
    ----------
    folders
        Folders of results.
    truths
        Files of verdicts, for all results; by default the entries of each result.
    untrusted
        Somebody else made the files: they are read in a child process with limits.

    Returns
    -------
    The calibration, and its tables as its file writes them.

    Raises
    ------
    ConfigError
        There are no verdicts, or too few.
    SourceError, FormatError, CrsError
        Verdicts or a result cannot be read.
    """
    lessons = [_lesson(folder, truths, untrusted=untrusted) for folder in folders]
    verdicts = _verdicts(lessons)
    if len(verdicts.true) < metrics.LEAST_VERDICTS:
        raise ConfigError(
            "pipeline.learn.too_few", count=len(verdicts.true), least=metrics.LEAST_VERDICTS
        )
    learned = metrics.learn(verdicts)
    return learned, _tables(learned, lessons, verdicts)


def _lesson(folder: Path, truths: Sequence[Path], *, untrusted: bool) -> Lesson:
    result = read_saved(folder, with_manifest=True)
    files = list(truths) or ([folder / ENTRIES] if filled_visits(folder / ENTRIES) else [])
    if not files:
        raise ConfigError("pipeline.learn.no_verdicts", folder=folder.name)
    return Lesson(result, read_truths(files, result, untrusted=untrusted)[0])


def _study(result: SavedResult) -> Study:
    """Study of a result: its changes of signals are those of its experts."""
    raw = result.manifest["configuration"]
    chosen = {name: raw[name] for name in ("study", "info", "signals") if raw.get(name)}
    return Study.model_validate({**chosen, "folder": result.folder})


def _judged(result: SavedResult, truths: gpd.GeoDataFrame) -> pd.DataFrame:
    """Sites with a conclusive verdict: id, kind, commune, ``holds`` and ``weight``."""
    sites, _ = listed_sites(result)
    off = unlisted_sites(result, truths)
    weak = off.loc[off["stratum"] == WEAK_STRATUM]
    drawn = truths["opportunity_id"].isin(off["opportunity_id"])
    found = metrics.assess(sites, truths.loc[~drawn], result.study_area).found
    strata = strata_of(found).set_index(["kind", "band"])
    bands = pd.MultiIndex.from_arrays([found["kind"], metrics.band(found["confidence"])])
    stands = (strata["sites"] / strata["judged"].clip(lower=1)).reindex(bands).to_numpy()
    share = len(weak) / max(int(weak["holds"].notna().sum()), 1)
    columns = ["opportunity_id", "kind", "holds", "weight"]
    parts = [found.assign(weight=stands)[columns], weak.assign(weight=share)[columns]]
    rows = pd.concat([pd.DataFrame(part) for part in parts if len(part)], ignore_index=True)
    communes = pd.concat([sites, result.table("sites_ecartes")]).drop_duplicates("opportunity_id")
    known = rows["opportunity_id"].map(communes.set_index("opportunity_id")["commune"])
    own = result.communes[0]
    rows = rows.assign(commune=known.astype("str").fillna(own))
    return rows.loc[rows["holds"].notna() & rows["kind"].isin(KINDS)].reset_index(drop=True)


def _evidence(result: SavedResult, ids: pd.Series[str]) -> pd.DataFrame:
    rows = pd.concat([result.table("indices"), result.table("indices_ecartes")])
    of_visits = rows["signal"].astype("str").str.startswith(OWN)
    return pd.DataFrame(rows.loc[rows["opportunity_id"].isin(ids) & ~of_visits])


def _verdicts(lessons: Sequence[Lesson]) -> Verdicts:
    """Judged sites of all results as arrays."""
    known: dict[str, Signal] = {}
    for lesson in lessons:
        known |= lesson.known
    sites = pd.concat([one.sites for one in lessons], ignore_index=True)
    rows = pd.concat([one.evidence for one in lessons], ignore_index=True)
    amounts = _amounts(rows, sites["opportunity_id"], known)
    prior = rows.loc[rows["signal"] == PRIOR].groupby("opportunity_id")["base_weight"].sum()
    names = tuple(amounts.columns)
    return metrics.Verdicts(
        ids=sites["opportunity_id"].to_numpy(dtype=str),
        prior=sites["opportunity_id"].map(prior).fillna(0.0).to_numpy(dtype=np.float64),
        amounts=amounts.to_numpy(dtype=np.float64),
        signals=names,
        expert=np.array([known[name].weight for name in names]),
        true=sites["holds"].to_numpy(dtype=bool),
        weight=sites["weight"].to_numpy(dtype=np.float64),
        group=sites["commune"].to_numpy(dtype=str),
    )


def _amounts(rows: pd.DataFrame, ids: pd.Series[str], known: Mapping[str, Signal]) -> pd.DataFrame:
    """Amount of each signal of each site: weight as applied over the weight of the signal."""
    model = EvidenceModel(known, 0.5, 0.5, 0.0, 0.0)
    families = {name: signal_of(str(name), model).name for name in rows["signal"].unique()}
    base = rows["base_weight"].to_numpy(dtype=np.float64)
    weighs = np.nan_to_num(base) != 0
    table = pd.DataFrame(
        {
            "opportunity_id": rows["opportunity_id"],
            "signal": rows["signal"].map(families),
            "amount": rows["weight"].to_numpy(dtype=np.float64) / np.where(weighs, base, np.nan),
        }
    )
    used = table.loc[weighs & table["signal"].isin(known)].dropna()
    wide = used.pivot_table(
        index="opportunity_id", columns="signal", values="amount", aggfunc="sum", fill_value=0.0
    )
    amounts: pd.DataFrame = wide.reindex(ids.to_numpy(), fill_value=0.0).sort_index(axis=1)
    return amounts


def _tables(learned: Learned, lessons: Sequence[Lesson], verdicts: Verdicts) -> dict[str, Any]:
    days = [day for one in lessons for day in one.days if day is not None]
    expert = dict(zip(verdicts.signals, verdicts.expert.tolist(), strict=True))
    tables: dict[str, Any] = {
        "foncier": foncier.__version__,
        "verdicts": learned.verdicts,
        "true": learned.true,
        **_dates(days),
        "communes": sorted({code for one in lessons for code in one.communes}),
        "own_weights": learned.own_weights,
        "brier_expert": round(learned.brier_before, 4),
        "brier_learned": round(learned.brier_after, 4),
        "gain": round(learned.gain, 4),
        "gain_error": round(learned.gain_error, 4),
        "intercept": _rounded(learned.intercept),
        "slope": _rounded(learned.slope),
    }
    if learned.own_weights:
        tables["weights"] = {
            name: {"weight": (figures := _rounded(one)).pop("value"), **figures}
            | {"expert": expert[name]}
            for name, one in learned.weights.items()
        }
    tables["groups"] = {name: _rounded(one) for name, one in learned.groups.items()}
    return tables


def _dates(days: list[Any]) -> dict[str, date]:
    return {"first": min(days).date(), "until": max(days).date()} if days else {}


def _rounded(one: Any) -> dict[str, float]:
    return {name: round(float(v), 4) for name, v in zip(one._fields, one, strict=True)}


def as_toml(tables: Mapping[str, Any]) -> str:
    """Text of a calibration, as ``[evidence] calibration`` reads it."""
    head = [f"{k} = {_value(v)}" for k, v in tables.items() if not isinstance(v, dict)]
    parts = [f"{k} = {_value(v)}" for k, v in tables.items() if _is_flat(v)]
    lines = [*head, *parts]
    for name in ("weights", "groups"):
        inner = tables.get(name) or {}
        if inner:
            lines += ["", f"[{name}]"]
            lines += [f'"{key}" = {_value(one)}' for key, one in inner.items()]
    text = "\n".join([*lines, ""])
    tomllib.loads(text)  # what is written can be read
    return text


def _is_flat(value: Any) -> bool:
    return isinstance(value, dict) and "value" in value


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = {_value(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return f'"{without_secrets(value)}"' if isinstance(value, str) else str(value)


def write(
    tables: Mapping[str, Any],
    path: Path,
    folders: Sequence[Path],
    truths: Sequence[Path],
    *,
    replace: bool = False,
) -> Owner:
    """Write a calibration.

    Raises
    ------
    ConfigError
        The file may not be replaced.
    ExportError
        It cannot be written; the former one is intact.
    """
    inputs = (*(file for folder in folders for file in result_files(folder)), *truths)
    owner = Owner("learn", (subject_of(path.parent, *folders),), inputs, replace)
    write_atomically(
        path.parent, {path.name: partial(_write_text, text=as_toml(tables))}, owner=owner
    )
    return owner


def _write_text(path: Path, *, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
