"""Rule sets, criteria and signals: data files of the package, with what a study changes."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from foncier.errors import ConfigError
from foncier.records import Criterion, Fabric, Ledger, Profile, Rule, Signal, Text, Yield
from foncier.study.model import RuleChange, Study

if TYPE_CHECKING:
    from collections.abc import Mapping

KINDS = ("dent_creuse", "terrain_divisible")
OTHER_FILES = ("criteria.toml", "missing.toml", "signals.toml",
               "effort.toml", "mutafriches.toml", "loop.toml", "needs.toml", "projects.toml",
               "themes.toml")  # fmt: skip
RULE_SETS = files("foncier.study").joinpath("rulesets")


def read_rules(name: str) -> dict[str, Any]:
    """One data file of the rules, by its name."""
    return tomllib.loads(RULE_SETS.joinpath(name).read_text(encoding="utf-8"))


def profiles() -> tuple[str, ...]:
    """Names of the rule sets that come with foncier."""
    names = (entry.name for entry in RULE_SETS.iterdir())
    return tuple(
        sorted(n.removesuffix(".toml") for n in names if n.endswith(".toml")
               and n not in OTHER_FILES)
    )  # fmt: skip


def profile(study: Study) -> Profile:
    """Rule set of a study, with its changes.

    Raises
    ------
    ConfigError
        No such rule set, or a change to a rule that it does not have.
    """
    changes = {"dent_creuse": study.rules.dent_creuse,
               "terrain_divisible": study.rules.terrain_divisible}  # fmt: skip
    return published(study.rules.profile, changes)


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
        Text(raw["fr"], raw["en"]),
        raw["source"],
        rules,
        fabric=Fabric(**raw.get("fabric", {})),
        dwellings=_yield(raw["yield"]) if "yield" in raw else None,
    )


def _yield(raw: Mapping[str, Any]) -> Yield:
    return Yield(raw["low_m2"], raw.get("factor", {}), raw.get("high_m2", {}), raw["source"])


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
    return replace(rule, **{side: value, "source": source, "limit": "", "limits": {}})


def _rule(raw: Mapping[str, Any]) -> Rule:
    failed = Text(raw["failed_fr"], raw["failed_en"]) if "failed_fr" in raw else None
    return Rule(
        name=raw["name"],
        measure=raw["measure"],
        label=Text(raw["fr"], raw["en"]),
        unit=raw["unit"],
        source=raw["source"],
        at_least=raw.get("at_least"),
        below=raw.get("below"),
        failed=failed,
        optional=raw.get("optional", False),
        given=raw.get("given", {}),
        limit=raw.get("limit", ""),
        limits=raw.get("limits", {}),
        warns=raw.get("warns", False),
    )


def ledger(study: Study, rate_share: float | None) -> Ledger:
    """Weights of the signals, with the study's own; prior from LOVAC where it is known.

    Parameters
    ----------
    rate_share
        Share of private dwellings vacant for over two years, None when unknown or 0.
    """
    raw = read_rules("signals.toml")
    own = study.signals
    signals = {
        name: Signal(name, own.get(name, s["weight"]), Text(s["fr"], s["en"]), s["source"])
        for name, s in raw["signal"].items()
    }
    for name, weight in own.items():
        text = Text(f"Signal de l'étude : {name}", f"Sign of the study: {name}")
        signals.setdefault(name, Signal(name, weight, text, "étude"))
    return Ledger(
        signals=signals,
        friche_prior=raw["prior"]["friche"],
        building_prior=rate_share or raw["prior"]["building"],
        least_confidence=raw["least"]["confidence"],
        least_building_m2=raw["least"]["building_m2"],
        assumed_prior=not rate_share,
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
            c["name"], c["measure"], Text(c["fr"], c["en"]), c["unit"], float(c["worst"]),
            float(c["best"]), weights[c["name"]], c["source"],
        )
        for c in raw
        if weights[c["name"]]
    )  # fmt: skip


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


def targets() -> Mapping[str, tuple[Text, tuple[str, ...]]]:
    """Destinations: words and the categories of places that count for each."""
    raw = read_rules("criteria.toml")["targets"]
    return {k: (Text(t["fr"], t["en"]), tuple(t["categories"])) for k, t in raw.items()}


def softness() -> Mapping[str, float]:
    """How long a metre feels on the way round the loop, by class of street; 1 when unsaid."""
    found: dict[str, float] = read_rules("loop.toml")["softness"]
    return found


def costs() -> Mapping[str, Text]:
    """What a result lacks, by missing layer."""
    return {
        layer: Text(words["fr"], words["en"]) for layer, words in read_rules("missing.toml").items()
    }
