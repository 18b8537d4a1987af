"""Calibrations of the confidence of plots: those of foncier, and files of a study."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from pydantic import Field, ValidationError

from foncier._util.toml import read_toml
from foncier.errors import ConfigError
from foncier.model import PlotConfidence, PlotModel
from foncier.study.strict import Strict
from foncier.study.validation_errors import suggestion, validation_error

if TYPE_CHECKING:
    from pathlib import Path

PACKAGED = "plot-confidence.toml"


class ModelSpec(Strict):
    """Model of one kind as its TOML file writes it; the figures of its test are for readers."""

    intercept: float
    weakest: float
    mean: float
    flags: float
    labels: int = Field(ge=1)
    true: int = Field(ge=0)
    brier: float | None = None
    brier_constant: float | None = None
    auc: float | None = None


class CalibrationSpec(Strict):
    """A calibration as its TOML file writes it."""

    rule_set: str
    date: str
    source: str
    dent_creuse: ModelSpec | None = None
    terrain_divisible: ModelSpec | None = None


def read_calibration(name: str, folder: Path) -> PlotConfidence:
    """Calibration of foncier by its name, or of a TOML file in the folder of a study.

    Raises
    ------
    ConfigError
        No such calibration or file, or its tables are wrong.
    """
    if name.endswith(".toml"):
        file = folder / name
        if not file.is_file():
            raise ConfigError("study.plot_confidence.no_file", file=file)
        return _checked(name, read_toml(file), file)
    known = _packaged()
    if name not in known:
        raise ConfigError(
            "study.plot_confidence.unknown",
            name=name,
            hint=suggestion(name, tuple(known)),
            known=list(known),
        )
    return _checked(name, known[name], folder / PACKAGED)


def _packaged() -> dict[str, Any]:
    text = files("foncier.study").joinpath("rulesets", PACKAGED).read_text(encoding="utf-8")
    return tomllib.loads(text)


def _checked(name: str, tables: Any, file: Path) -> PlotConfidence:
    try:
        spec = CalibrationSpec.model_validate(tables)
    except ValidationError as faults:
        raise validation_error(file, faults, CalibrationSpec) from faults
    kinds = {
        kind: _model(getattr(spec, kind))
        for kind in ("dent_creuse", "terrain_divisible")
        if getattr(spec, kind) is not None
    }
    return PlotConfidence(name, spec.rule_set, spec.date, spec.source, kinds)


def _model(spec: ModelSpec) -> PlotModel:
    weights = {name: getattr(spec, name) for name in ("weakest", "mean", "flags")}
    return PlotModel(spec.intercept, weights, spec.labels, spec.true)
