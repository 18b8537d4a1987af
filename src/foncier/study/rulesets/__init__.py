"""Rule sets, criteria and signals: data files of the package, with what a study changes."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from foncier.detect import current_params
from foncier.errors import ConfigError
from foncier.i18n import Localized
from foncier.model import (
    Assembly,
    Band,
    Criterion,
    DwellingCapacity,
    EvidenceModel,
    Fabric,
    Profile,
    Rule,
    Signal,
)
from foncier.study.config import RuleChange, SignalChange, Study
from foncier.validation import Baseline

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

KINDS = ("dent_creuse", "terrain_divisible")
OTHER_FILES = (
    "baselines.toml",
    "criteria.toml",
    "missing.toml",
    "signals.toml",
    "effort.toml",
    "mutafriches.toml",
    "loop.toml",
    "needs.toml",
    "projects.toml",
    "themes.toml",
)
RULE_SETS = files("foncier.study").joinpath("rulesets")


def read_rules(name: str) -> dict[str, Any]:
    """One data file of the rules, by its name."""
    return tomllib.loads(RULE_SETS.joinpath(name).read_text(encoding="utf-8"))


def profiles() -> tuple[str, ...]:
    """Names of the rule sets that come with foncier."""
    names = (entry.name for entry in RULE_SETS.iterdir())
    return tuple(
        sorted(
            n.removesuffix(".toml") for n in names if n.endswith(".toml") and n not in OTHER_FILES
        )
    )


def profile(study: Study) -> Profile:
    """Rule set of a study, with its changes.

    Raises
    ------
    ConfigError
        No such rule set, or a change to a rule that it does not have.
    """
    changes = {
        "dent_creuse": study.rules.dent_creuse,
        "terrain_divisible": study.rules.terrain_divisible,
    }
    chosen = published(study.rules.profile, changes)
    if "envelope" not in study.layers:
        return chosen
    told = " | ".join(dict.fromkeys(s.source for s in study.layers["envelope"] if s.source))
    return replace(
        chosen,
        rules={
            kind: tuple(_within(rule, told) for rule in rules)
            for kind, rules in chosen.rules.items()
        },
    )


def _within(rule: Rule, told: str) -> Rule:
    """Say in a rule on the envelope that the study's own stands in place of the buildings'."""
    if rule.measure not in ("envelope_m2", "envelope_share"):
        return rule
    return replace(rule, source=f"{rule.source} ; enveloppe fournie par l'étude ({told or '?'})")


def published(name: str, changes: Mapping[str, Mapping[str, RuleChange]] | None = None) -> Profile:
    """Rule set by its name, with the changes of a study by kind and rule.

    Raises
    ------
    ConfigError
        No such rule set, or a change to a rule that it does not have.
    """
    if name not in profiles():
        raise ConfigError(
            f"study.toml : [rules] profile = {name!r} : jeu de règles inconnu. "
            f"Connus : {', '.join(profiles())}."
        )
    raw, changed = read_rules(f"{name}.toml"), changes or {}
    rules = {kind: _changed(kind, raw.get(kind, []), changed.get(kind, {})) for kind in KINDS}
    return Profile(
        raw["name"],
        Localized(raw["fr"], raw["en"]),
        raw["source"],
        rules,
        fabric=Fabric(**raw.get("fabric", {})),
        dwellings=_yield(raw["yield"]) if "yield" in raw else None,
        assembly=_assembly(raw["assembly"]) if "assembly" in raw else None,
    )


def _assembly(raw: Mapping[str, Any]) -> Assembly:
    return Assembly(**{**raw, "bare": tuple(raw["bare"]), "built": tuple(raw["built"])})


def _yield(raw: Mapping[str, Any]) -> DwellingCapacity:
    return DwellingCapacity(
        raw["low_m2"], raw.get("factor", {}), raw.get("high_m2", {}), raw["source"]
    )


def _changed(
    kind: str, raw: list[dict[str, Any]], changes: Mapping[str, RuleChange]
) -> tuple[Rule, ...]:
    names = [rule["name"] for rule in raw]
    for name in changes:
        if name not in names:
            raise ConfigError(
                f"study.toml : [rules.{kind}] {name} : règle inconnue. "
                f"Règles de ce jeu : {', '.join(names)}."
            )
    kept = [_rule(rule) for rule in raw if not changes.get(rule["name"], RuleChange()).skip]
    return tuple(_moved(kind, rule, changes.get(rule.name, RuleChange())) for rule in kept)


def _moved(kind: str, rule: Rule, change: RuleChange) -> Rule:
    """Give a rule the study's threshold; the side on which it passes stays."""
    if change.at_least is None and change.below is None:
        return rule
    side = "at_least" if rule.at_least is not None else "below"
    value = getattr(change, side)
    if value is None:
        raise ConfigError(
            f"study.toml : [rules.{kind}] {rule.name} : cette règle se règle par {side}."
        )
    source = f"{rule.source} ; seuil changé par l'étude"
    fixed = {side: value, "limit": "", "limits": {}}
    return replace(rule, source=source, **fixed)


def _rule(raw: Mapping[str, Any]) -> Rule:
    failed = Localized(raw["failed_fr"], raw["failed_en"]) if "failed_fr" in raw else None
    return Rule(
        name=raw["name"],
        measure=raw["measure"],
        label=Localized(raw["fr"], raw["en"]),
        unit=raw["unit"],
        source=raw["source"],
        at_least=raw.get("at_least"),
        below=raw.get("below"),
        failed=failed,
        optional=raw.get("optional", False),
        params=current_params(raw.get("params", {})),
        limit=raw.get("limit", ""),
        limits=raw.get("limits", {}),
        warns=raw.get("warns", False),
    )


def evidence_model(study: Study, rate_share: float | None, on: date | None = None) -> EvidenceModel:
    """Weights of the signals, with the study's own; prior from LOVAC where it is known.

    Parameters
    ----------
    rate_share
        Share of private dwellings vacant for over two years, None when unknown. Exactly 0 is
        unknown too (the open table prints one decimal and keeps secrets). What is measured is used,
        held within the bounds of ``signals.toml`` so that log-odds stay finite.
    on
        Date up to which signs age, None where the study has no date.

    Raises
    ------
    ConfigError
        A signal of the study's own has no weight.
    """
    raw = read_rules("signals.toml")
    prior, least = raw["prior"], raw["least"]
    known = rate_share is not None and rate_share > 0
    rate = min(max(rate_share or 0.0, prior["building_low"]), prior["building_high"])
    return EvidenceModel(
        signals=_signals(study, raw["signal"]),
        friche_prior=prior["friche"],
        building_prior=rate if known else prior["building"],
        least_confidence=least["confidence"],
        least_building_m2=least["building_m2"],
        assumed_prior=not known,
        least_site=least["site"],
        bands=tuple(
            Band(b["name"], b["low"], b["high"], Localized(b["fr"], b["en"])) for b in raw["band"]
        ),
        on=on,
        undated_half_lives=raw["age"]["undated_half_lives"],
        search_radius_m=raw["search_radius_m"],
    )


def _signals(study: Study, raw: Mapping[str, Any]) -> dict[str, Signal]:
    """Signals of the package with the study's changes, then those that only the study knows."""
    signals = {
        name: Signal(
            name,
            s["weight"],
            Localized(s["fr"], s["en"]),
            s["source"],
            s["half_life_years"] or None,
            s["source_group"],
            s.get("prior"),
            s["comment"],
        )
        for name, s in raw.items()
    }
    for name, change in study.signals.items():
        base = signals.get(name)
        if base is None:
            if change.weight is None:
                raise ConfigError(
                    f"study.toml : [signals.{name}] : signal inconnu de foncier, donnez-lui un "
                    f"poids, par exemple weight = 1.0. Connus : {', '.join(sorted(raw))}."
                )
            words = Localized(f"Signal de l'étude : {name}", f"Sign of the study: {name}")
            base = Signal(name, change.weight, words, "étude")
        signals[name] = _changed_signal(base, change)
    return signals


def _changed_signal(base: Signal, change: SignalChange) -> Signal:
    age = base.half_life_years if change.half_life_years is None else change.half_life_years
    return replace(
        base,
        weight=base.weight if change.weight is None else change.weight,
        text=Localized(change.fr or base.text.fr, change.en or change.fr or base.text.en),
        source=change.source or base.source,
        half_life_years=age or None,
        source_group=base.source_group if change.source_group is None else change.source_group,
        prior=base.prior if change.prior is None else change.prior,
    )


def criteria(study: Study) -> tuple[Criterion, ...]:
    """Criteria of the score with the study's weights; a weight of 0 leaves one out.

    The weights are those of the study's project, else the balanced ones, with the study's own
    changes.

    Raises
    ------
    ConfigError
        No such project, a weight for a criterion that does not exist, or none left.
    """
    raw = read_rules("criteria.toml")["criterion"]
    names = [c["name"] for c in raw]
    unknown = sorted(set(study.weights) - set(names))
    if unknown:
        raise ConfigError(
            f"study.toml : [weights] {', '.join(unknown)} : critère inconnu. "
            f"Critères : {', '.join(names)}."
        )
    base = _base_weights(study, raw)
    weights = {name: study.weights.get(name, weight) for name, weight in base.items()}
    if not any(weights.values()):
        raise ConfigError("study.toml : [weights] : tous les poids sont nuls, rien à classer.")
    return tuple(
        Criterion(
            c["name"],
            c["measure"],
            Localized(c["fr"], c["en"]),
            c["unit"],
            float(c["worst"]),
            float(c["best"]),
            weights[c["name"]],
            c["source"],
        )
        for c in raw
        if weights[c["name"]]
    )


def _base_weights(study: Study, raw: list[dict[str, Any]]) -> dict[str, float]:
    """Weights before the study's own changes: those of its project, else the balanced ones."""
    chosen = study.score.project
    if chosen is None:
        return {c["name"]: c["weight"] for c in raw}
    known = {one["name"]: one for one in projects()}
    if chosen not in known:
        raise ConfigError(
            f"study.toml : [score] project = {chosen!r} : projet inconnu. "
            f"Connus : {', '.join(known)}."
        )
    return {c["name"]: float(known[chosen]["weights"].get(c["name"], 0.0)) for c in raw}


def projects() -> tuple[Mapping[str, Any], ...]:
    """Kinds of project: ``name``, ``fr``, ``en``, ``why_fr``, ``why_en`` and ``weights``."""
    return tuple(read_rules("projects.toml")["project"])


def destination_categories() -> Mapping[str, tuple[Localized, tuple[str, ...]]]:
    """Destinations: words and the categories of places that count for each."""
    raw = read_rules("criteria.toml")["targets"]
    return {k: (Localized(t["fr"], t["en"]), tuple(t["categories"])) for k, t in raw.items()}


def impedance() -> Mapping[str, float]:
    """How long a metre feels on the way round the loop, by class of street; 1 when unsaid."""
    found: dict[str, float] = read_rules("loop.toml")["softness"]
    return found


def costs() -> Mapping[str, Localized]:
    """What a result lacks, by missing layer."""
    return {layer: Localized(words["fr"], words["en"]) for layer, words in _missing().items()}


def costs_in_communes() -> Mapping[str, Localized]:
    """What a result lacks where a layer does not come to some communes, ``{}``, by layer."""
    return {
        layer: Localized(words["communes_fr"], words["communes_en"])
        for layer, words in _missing().items()
        if "communes_fr" in words
    }


def _missing() -> Any:
    return read_rules("missing.toml")


FILE = files("foncier.study").joinpath("rulesets").joinpath("baselines.toml")


def baselines() -> tuple[Baseline, ...]:
    """Rules in the order of the file.

    Examples
    --------
    >>> [rule.name for rule in baselines()]
    ['nafu', 'inventaire', 'osm', 'foncier']
    """
    raw = tomllib.loads(FILE.read_text(encoding="utf-8"))["baseline"]
    return tuple(
        Baseline(
            b["name"],
            Localized(b["fr"], b["en"]),
            b["source"],
            tuple(b["kinds"]),
            tuple(b.get("signals", ())),
        )
        for b in raw
    )
