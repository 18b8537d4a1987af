"""Check every name in a study when it is read, so that `check` never passes what `run` refuses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from foncier.errors import ConfigError
from foncier.study.criteria import criteria
from foncier.study.mutafriches import EVERY_SITE, mutafriches, study_answers
from foncier.study.requirements import read_requirements
from foncier.study.rulesets import KINDS, measure_params, profile, profiles, rule_params, rule_set
from foncier.study.signals import signals
from foncier.study.validation_errors import suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable

    from foncier.model import Profile, Rule
    from foncier.study.config import Study

# Ids of opportunities: a friche, an infill plot, a building, a divisible plot.
SITE_ID = re.compile(r"(FR|DC|BN|TD)-.+")
DIGIT = re.compile(r"\d")  # every id of a friche has one
RASTER = "elevation"  # read as a GeoTIFF whatever its format says


def check_names(study: Study) -> None:
    """Check every name in a study: none is left for a later step to refuse.

    Rule set, rules, measures and their parameters, project, weights, criteria, signals, answers to
    Mutafriches, ids of sites, formats of layers. Columns are checked when a layer is read.

    Raises
    ------
    ConfigError
        A name is unknown; the message gives the near name and the known ones.
    """
    _check_rules(study, profile(study))
    criteria(study)
    signals(study)
    study_answers(study, mutafriches())
    _check_sites(study)
    for file in study.needs.files:
        read_requirements(study.path(file))
    _check_formats(study)


def _check_rules(study: Study, rules: Profile) -> None:
    """Check measures and parameters of rules that do not come with foncier."""
    from foncier.detect.measures import known_measures  # noqa: PLC0415 (slow to import)
    from foncier.detect.rule_engine import THRESHOLDS  # noqa: PLC0415 (slow to import)

    packaged = study.rules.profile in profiles()
    added = {rule.name for rule in study.rules.add}
    for kind in KINDS:
        for rule in rules.rules[kind]:
            if packaged and rule.name not in added:
                continue
            _check_known(rule, "unknown_measure", rule.measure, known_measures())
            if rule.limit:
                _check_known(rule, "unknown_limit", rule.limit, THRESHOLDS)
            _check_params(kind, rule)
    if not packaged:
        _check_assembly(study, rules)


def _check_assembly(study: Study, rules: Profile) -> None:
    """Check the names of rules in the table ``[assembly]`` of a rule set of the study."""
    spec = rule_set(study.rules.profile, study.folder)
    known = [rule.name for rule in (*spec.dent_creuse, *spec.terrain_divisible)]
    if rules.assembly is None:
        return
    for key in ("bare", "built"):
        for name in getattr(rules.assembly, key):
            if name not in known:
                raise ConfigError(
                    "study.rules.unknown_assembly_rule",
                    key=key,
                    name=name,
                    hint=suggestion(name, known),
                    known=known,
                )


def _check_known(rule: Rule, problem: str, name: str, known: Iterable[str]) -> None:
    if name not in known:
        raise ConfigError(
            f"study.rules.{problem}",
            rule=rule.name,
            name=name,
            hint=suggestion(name, known),
            known=sorted(known),
        )


def _check_params(kind: str, rule: Rule) -> None:
    """Check that a rule has the parameters that its measure needs, and no others."""
    known, needed = measure_params(rule.measure, {}), _needed_params(rule.measure)
    unknown = [name for name in rule_params(rule) if known and name not in known]
    missing = [name for name in needed if name not in rule_params(rule)]
    if unknown:
        raise ConfigError(
            "study.rules.unknown_param",
            kind=kind,
            rule=rule.name,
            name=unknown[0],
            hint=suggestion(unknown[0], known),
            known=list(known),
        )
    if missing:
        raise ConfigError("study.rules.missing_param", kind=kind, rule=rule.name, names=missing)


def _needed_params(measure: str) -> list[str]:
    """Parameters that a rule on a measure must give."""
    from foncier.detect import find_measure  # noqa: PLC0415 (slow to import)

    return list(find_measure(measure).params)


def _check_sites(study: Study) -> None:
    """Check the form of ids of sites: only a run knows which sites exist."""
    photos = study.leaflet.photos if study.leaflet else ()
    for photo in photos:
        if not SITE_ID.fullmatch(photo.site):
            raise ConfigError("study.names.not_a_site", site=photo.site)
    for site in study.mutability:
        if site != EVERY_SITE and not DIGIT.search(site):
            raise ConfigError("study.names.not_a_friche", site=site)


def _check_formats(study: Study) -> None:
    from foncier.readers import formats  # noqa: PLC0415 (slow to import)

    for layer, specs in study.layers.items():
        known = formats(layer)
        for spec in specs:
            if layer != RASTER and spec.format not in known:
                raise ConfigError(
                    "study.names.unknown_format",
                    layer=layer,
                    path=spec.path,
                    name=spec.format,
                    hint=suggestion(spec.format, known),
                    known=known,
                )
