"""Calibrations that ``foncier learn`` wrote, applied to the weights of a study."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from pydantic import Field, ValidationError

from foncier._util.toml import read_toml
from foncier.errors import ConfigError
from foncier.model import Calibration
from foncier.study.strict import Strict
from foncier.study.validation_errors import validation_error

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from foncier.model import EvidenceModel, Signal
    from foncier.study.config import Study

VERDICTS = "visit_"  # a verdict is what the weights are learned from, and keeps its own
TOLERANCE = 1e-6  # between two weights that are the same


class WeightSpec(Strict):
    """Learned weight of a signal, with its interval at 95 % and the expert's."""

    weight: float
    low: float
    high: float
    expert: float


class ShiftSpec(Strict):
    """A coefficient and its interval at 95 %."""

    value: float
    low: float
    high: float


class CalibrationSpec(Strict):
    """A calibration as its TOML file writes it; Brier scores are for readers."""

    foncier: str
    verdicts: int = Field(ge=1)
    true: int = Field(ge=0)
    first: date | None = None
    until: date | None = None
    communes: tuple[str, ...] = ()
    own_weights: bool
    brier_expert: float
    brier_learned: float
    gain: float
    gain_error: float
    intercept: ShiftSpec
    slope: ShiftSpec
    weights: dict[str, WeightSpec] = Field(default_factory=dict)
    groups: dict[str, ShiftSpec] = Field(default_factory=dict)


def read_calibration(path: Path) -> CalibrationSpec:
    """Read the file of ``foncier learn``.

    Raises
    ------
    ConfigError
        There is no such file, or its tables are wrong.
    """
    if not path.is_file():
        raise ConfigError("study.calibration.no_file", file=path)
    try:
        return CalibrationSpec.model_validate(read_toml(path))
    except ValidationError as faults:
        raise validation_error(path, faults, CalibrationSpec) from faults


def calibrated(model: EvidenceModel, study: Study) -> EvidenceModel:
    """Evidence model of a study with the weights that it learned; the same without a calibration.

    A signal that the calibration does not know has the expert's weight times the slope. A commune
    that it knows has its own intercept (the mean of those of the study).

    Raises
    ------
    ConfigError
        The file cannot be read, or was learned with other weights of the expert.
    """
    if study.evidence.calibration is None:
        return model
    path = study.path(study.evidence.calibration)
    spec = read_calibration(path)
    _check_same_expert(model.signals, spec, path)
    own = [spec.groups[c].value for c in study.info.communes if c in spec.groups]
    shift = sum(own) / len(own) if own else 0.0
    signals = {
        name: signal if name.startswith(VERDICTS) else replace(signal, weight=_weight(signal, spec))
        for name, signal in model.signals.items()
    }
    intercept = spec.intercept.value + shift
    known = Calibration(intercept, spec.slope.value, spec.verdicts, spec.until)
    return replace(model, signals=signals, calibration=known)


def _weight(signal: Signal, spec: CalibrationSpec) -> float:
    learned = spec.weights.get(signal.name)
    return spec.slope.value * signal.weight if learned is None else learned.weight


def _check_same_expert(signals: Mapping[str, Signal], spec: CalibrationSpec, path: Path) -> None:
    """Refuse a calibration of other weights: what it adds to them is then meaningless."""
    changed = [
        name
        for name, learned in spec.weights.items()
        if name in signals and abs(signals[name].weight - learned.expert) > TOLERANCE
    ]
    if changed:
        raise ConfigError("study.calibration.other_weights", file=path, signals=changed)
