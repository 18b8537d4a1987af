"""Rule sets: those of foncier, of other packages and of the study, with the study's changes."""

from __future__ import annotations

import os
import tomllib
from dataclasses import replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, ValidationError

from foncier._util.plugins import load_plugins
from foncier._util.toml import read_toml
from foncier.errors import ConfigError
from foncier.i18n import LANGUAGES, Localized, label, localized
from foncier.model import (
    Assembly,
    DwellingCapacity,
    Fabric,
    Profile,
    Rule,
)
from foncier.study.config import FORMER_PARAMS, RuleChange, Rules, RuleSpec, Study
from foncier.study.paths import expanded
from foncier.study.plot_confidence import read_calibration
from foncier.study.strict import Strict
from foncier.study.validation_errors import suggestion, validation_error

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

KINDS: tuple[Literal["dent_creuse", "terrain_divisible"], ...] = (
    "dent_creuse",
    "terrain_divisible",
)
GROUP = "foncier.rule_sets"
OTHER_FILES = (
    "availability.toml",
    "baselines.toml",
    "criteria.toml",
    "densification.toml",
    "missing.toml",
    "signals.toml",
    "effort.toml",
    "plot-confidence.toml",
    "mutafriches.toml",
    "loop.toml",
    "needs.toml",
    "owner-types.toml",
    "owners.toml",
    "permits.toml",
    "prescriptions.toml",
    "projects.toml",
    "themes.toml",
)
RULE_SETS = files("foncier.study").joinpath("rulesets")
THRESHOLDS = ("at_least", "below")
_registered: dict[str, Any] = {}


class RuleSetSpec(Strict):
    """A rule set as its TOML file writes it.

    ``params`` are parameters of every rule whose measure takes them, unless the rule gives its own.
    """

    name: str
    fr: str
    en: str | None = None
    source: str = ""
    fabric: dict[str, int | float] = Field(default_factory=dict)
    dwellings: dict[str, Any] | None = Field(default=None, alias="yield")
    assembly: dict[str, Any] | None = None
    params: dict[str, Any] = Field(default_factory=dict)
    dent_creuse: tuple[RuleSpec, ...] = ()
    terrain_divisible: tuple[RuleSpec, ...] = ()


@cache
def read_rules(name: str) -> dict[str, Any]:
    """Read a data file of the package by its name; the result must not be changed."""
    return tomllib.loads(RULE_SETS.joinpath(name).read_text(encoding="utf-8"))


def register_rule_set(name: str, source: Path | str | Mapping[str, Any]) -> None:
    """Add a rule set, which studies then select by ``[rules] profile``.

    An installed package does the same by an entry point of the group ``foncier.rule_sets``.

    Parameters
    ----------
    name
        Name that a study writes.
    source
        Path of a TOML file, or its tables.
    """
    _registered[name] = source


def profiles() -> tuple[str, ...]:
    """Names of the rule sets that come with foncier."""
    names = (entry.name for entry in RULE_SETS.iterdir())
    return tuple(
        sorted(
            n.removesuffix(".toml") for n in names if n.endswith(".toml") and n not in OTHER_FILES
        )
    )


def known_profiles() -> tuple[str, ...]:
    """Names of all rule sets: those of foncier, of installed packages, and registered ones."""
    return tuple(dict.fromkeys((*profiles(), *_added())))


def _added() -> dict[str, Any]:
    return {**dict(load_plugins(GROUP)), **_registered}


def profile(study: Study) -> Profile:
    """Rule set of a study, with its changes.

    Raises
    ------
    ConfigError
        An unknown rule set, rule, measure parameter or threshold.
    """
    chosen = published(study.rules.profile, study.rules, folder=study.folder)
    if study.rules.confidence is not None:
        calibration = read_calibration(study.rules.confidence, study.folder)
        if calibration.rule_set != chosen.name:
            raise ConfigError(
                "study.plot_confidence.other_rule_set",
                name=calibration.name,
                calibrated=calibration.rule_set,
                profile=chosen.name,
            )
        chosen = replace(chosen, confidence=calibration)
    if "envelope" not in study.layers:
        return chosen
    sources = dict.fromkeys(s.source for s in study.layers["envelope"] if s.source)
    envelope = " | ".join(sources) or "?"
    rules = {
        kind: tuple(_with_envelope(rule, envelope) for rule in rules)
        for kind, rules in chosen.rules.items()
    }
    return replace(chosen, rules=rules)


def _with_envelope(rule: Rule, envelope: str) -> Rule:
    """Name the supplied envelope as the source of a rule that is measured on it."""
    if rule.measure not in ("envelope_m2", "envelope_share"):
        return rule
    source = localized("study.rules.supplied_envelope", source=rule.source, envelope=envelope)
    return replace(rule, source=source.fr)


def published(name: str, changes: Rules | None = None, *, folder: Path = Path()) -> Profile:
    """Rule set by its name, with the changes of a study.

    Parameters
    ----------
    name
        Name of a rule set, or a TOML file in the folder of the study.
    changes
        Table ``[rules]`` of a study.
    folder
        Folder of the study.

    Raises
    ------
    ConfigError
        An unknown rule set, rule, measure parameter or threshold; a file that is not a rule set.
    """
    spec, changes = rule_set(name, folder), changes or Rules()
    fabric = {**spec.fabric, **changes.fabric.model_dump(exclude_none=True)}
    return Profile(
        spec.name,
        Localized(spec.fr, spec.en or spec.fr),
        spec.source,
        {kind: _rules(spec, kind, changes) for kind in KINDS},
        fabric=Fabric(**fabric),
        dwellings=None if spec.dwellings is None else _capacity(spec.dwellings),
        assembly=None if spec.assembly is None else _assembly(spec.assembly),
        excluded=_excluded(),
    )


@cache
def _excluded() -> Mapping[str, Localized]:
    """Codes of the local plan that exclude the land under them, with their words and article."""
    return {
        f"psc-{code}": Localized(*(f"{row[lang]} ({row['article']})" for lang in LANGUAGES))
        for code, row in read_rules("prescriptions.toml")["psc"].items()
        if row["effect"] == "exclude"
    }


def rule_set(name: str, folder: Path = Path()) -> RuleSetSpec:
    """Tables of a rule set, as its file or package gives them.

    Raises
    ------
    ConfigError
        No such rule set or file, or its tables are wrong.
    """
    if name in profiles():
        return _packaged(name)
    added = _added()
    if name in added:
        source = added[name]
        tables = read_toml(Path(source)) if isinstance(source, str | os.PathLike) else source
        return _checked(tables, Path(name))
    if not name.endswith(".toml"):
        known = known_profiles()
        raise ConfigError(
            "study.rules.unknown_profile", name=name, hint=suggestion(name, known), known=known
        )
    file = folder / expanded(name)
    if not file.is_file():
        raise ConfigError("study.rules.no_file", file=file)
    return _checked(read_toml(file), file)


@cache
def _packaged(name: str) -> RuleSetSpec:
    return _checked(read_rules(f"{name}.toml"), Path(f"{name}.toml"))


def _checked(tables: Any, file: Path) -> RuleSetSpec:
    try:
        spec = RuleSetSpec.model_validate(tables)
    except ValidationError as faults:
        raise validation_error(file, faults, RuleSetSpec) from faults
    parts: tuple[tuple[str, Any, Any], ...] = (
        ("fabric", Fabric, spec.fabric),
        ("yield", _capacity, spec.dwellings),
        ("assembly", _assembly, spec.assembly),
    )
    for key, build, table in parts:
        try:
            if table is not None:
                build(**table) if key == "fabric" else build(table)
        except (TypeError, KeyError) as fault:
            raise ConfigError("study.rules.wrong_table", file=file, key=key, why=fault) from fault
    return spec


def _assembly(raw: Mapping[str, Any]) -> Assembly:
    return Assembly(**{**raw, "bare": tuple(raw["bare"]), "built": tuple(raw["built"])})


def _capacity(raw: Mapping[str, Any]) -> DwellingCapacity:
    return DwellingCapacity(
        raw["low_m2"], raw.get("factor", {}), raw.get("high_m2", {}), raw["source"]
    )


def _rules(
    spec: RuleSetSpec, kind: Literal["dent_creuse", "terrain_divisible"], changes: Rules
) -> tuple[Rule, ...]:
    """Rules of a kind: those of the set with the study's changes, then those that it adds."""
    specs: tuple[RuleSpec, ...] = tuple(_with_shared(r, spec) for r in getattr(spec, kind))
    by_rule: Mapping[str, RuleChange] = getattr(changes, kind)
    names = [rule.name for rule in specs]
    for name in by_rule:
        if name not in names:
            raise ConfigError(
                "study.rules.unknown_rule",
                kind=kind,
                name=name,
                hint=suggestion(name, names),
                known=names,
            )
    changed = (_changed(kind, _rule(rule), by_rule.get(rule.name)) for rule in specs)
    added = [rule for rule in changes.add if rule.kind == kind]
    _check_new_names(kind, names, [rule.name for rule in added])
    zones = changes.zones.get(kind)
    kept = (rule if zones is None else _with_zones(rule, zones) for rule in changed if rule)
    return (*kept, *map(_rule, added))


def _with_shared(rule: RuleSpec, spec: RuleSetSpec) -> RuleSpec:
    """Rule with the parameters of its rule set that its measure takes."""
    from foncier.detect import find_measure, known_measures  # noqa: PLC0415 (slow to import)

    if not spec.params or rule.measure not in known_measures():
        return rule
    measure = find_measure(rule.measure)
    names = {*measure.params, *measure.optional}
    shared = {name: value for name, value in spec.params.items() if name in names}
    return rule.model_copy(update={"params": {**shared, **rule.params}})


def _with_zones(rule: Rule, zones: tuple[str, ...]) -> Rule:
    """Rule with the wanted zones of the study, where it looks at zones."""
    if "zones" not in rule.params or list(rule.params["zones"]) == list(zones):
        return rule
    source = localized("study.rules.changed_params", source=rule.source, names=["zones"]).fr
    return replace(rule, params={**rule.params, "zones": list(zones)}, source=source)


def _check_new_names(kind: str, names: Iterable[str], added: Iterable[str]) -> None:
    taken = set(names)
    for name in added:
        if name in taken:
            raise ConfigError("study.rules.name_taken", kind=kind, name=name)
        taken.add(name)


def _rule(spec: RuleSpec) -> Rule:
    from foncier.detect import current_params  # noqa: PLC0415 (slow to import)

    failed = None
    if spec.failed_fr is not None:
        failed = Localized(spec.failed_fr, spec.failed_en or spec.failed_fr)
    return Rule(
        name=spec.name,
        measure=spec.measure,
        label=Localized(spec.fr, spec.en or spec.fr),
        unit=spec.unit,
        source=spec.source or label("study.rules.study_source").fr,
        at_least=spec.at_least,
        below=spec.below,
        failed=failed,
        optional=spec.optional,
        params=current_params(spec.params),
        limit=spec.limit,
        limits=spec.limits,
        warns=spec.warns,
    )


def _changed(kind: str, rule: Rule, change: RuleChange | None) -> Rule | None:
    """Rule with the study's threshold and parameters; None where the study skips it."""
    if change is None:
        return rule
    changed = _with_params(kind, rule, change)
    if change.at_least is not None or change.below is not None:
        changed = _with_threshold(kind, changed, change)
    return None if change.skip else changed


def _with_threshold(kind: str, rule: Rule, change: RuleChange) -> Rule:
    """Rule with the study's threshold, on the side that passes; classes of fabric then go."""
    side, other = THRESHOLDS if rule.at_least is not None else THRESHOLDS[::-1]
    value = getattr(change, side)
    if value is None or getattr(change, other) is not None:
        raise ConfigError("study.rules.wrong_side", kind=kind, name=rule.name, side=side)
    source = localized("study.rules.changed_threshold", source=rule.source).fr
    return replace(rule, **{side: value, "source": source, "limit": "", "limits": {}})


def _with_params(kind: str, rule: Rule, change: RuleChange) -> Rule:
    """Rule with the study's parameters of its measure."""
    if not change.params:
        return rule
    known = measure_params(rule.measure, rule_params(rule))
    changed = {}
    for written, value in change.params.items():
        name = _today(written, known)
        if name not in known:
            possible = (*THRESHOLDS, "skip", *known)
            raise ConfigError(
                "study.rules.unknown_param",
                kind=kind,
                rule=rule.name,
                name=written,
                hint=suggestion(written, possible),
                known=possible,
            )
        if not _same_type(value, known[name]):
            raise ConfigError(
                "study.rules.wrong_type",
                kind=kind,
                rule=rule.name,
                name=written,
                value=repr(value),
                example=str(known[name]),
            )
        changed[name] = value
    source = localized("study.rules.changed_params", source=rule.source, names=changed).fr
    return replace(rule, params={**rule_params(rule), **changed}, source=source)


def rule_params(rule: Rule) -> Mapping[str, Any]:
    """Parameters that a rule gives to its measure."""
    return rule.params


def measure_params(measure: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters of a measure with example values: those of a rule, then of the rule sets."""
    from foncier.detect import current_params  # noqa: PLC0415 (slow to import)

    known: dict[str, Any] = {}
    for name in profiles():
        spec = _packaged(name)
        for rule in (*spec.dent_creuse, *spec.terrain_divisible):
            if rule.measure == measure:
                known |= current_params(rule.params)
    return {**known, **params}


def _today(name: str, known: Mapping[str, Any]) -> str:
    """Name of a parameter, where a former one or its replacement is written."""
    for old, new in FORMER_PARAMS.items():
        if name in (old, new) and name not in known:
            return new if name == old else old
    return name


def _same_type(value: Any, example: Any) -> bool:
    """Tell if a value may replace another: a number may also be one number by class of fabric."""

    def is_number(one: Any) -> bool:
        return isinstance(one, int | float) and not isinstance(one, bool)

    if isinstance(value, dict):
        return isinstance(example, dict) and set(value) == set(example)
    if is_number(value):
        return is_number(example) or (
            isinstance(example, dict) and all(is_number(one) for one in example.values())
        )
    return isinstance(value, type(example))


def impedance() -> Mapping[str, float]:
    """Comfort factor of a metre on the loop by class of street; 1 for other classes."""
    factors: dict[str, float] = read_rules("loop.toml")["softness"]
    return factors


def costs() -> Mapping[str, Localized]:
    """What a result lacks without a layer, by layer."""
    return {
        layer: Localized(words["fr"], words["en"])
        for layer, words in read_rules("missing.toml").items()
    }


def costs_in_communes() -> Mapping[str, Localized]:
    """What a result lacks in communes that a layer does not cover, by layer; ``{}`` lists them."""
    return {
        layer: Localized(words["communes_fr"], words["communes_en"])
        for layer, words in read_rules("missing.toml").items()
        if "communes_fr" in words
    }
