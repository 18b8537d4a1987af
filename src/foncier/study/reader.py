"""Read a ``study.toml``: variables replaced, every fault told once with its key."""

from __future__ import annotations

import os
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from foncier._util.toml import read_toml
from foncier.crs import legal_crs
from foncier.errors import ConfigError
from foncier.study.config import VARIABLE, Study, expanded
from foncier.study.error_messages import format_validation_error

if TYPE_CHECKING:
    from pathlib import Path

STUDY = "study.toml"
FETCHED, LIST = "fetched", "couches.toml"  # where foncier fetch puts layers, and says which
PATH_KEYS = ("path", "file", "waypoints_file")


def read_study(where: Path) -> Study:
    """Read a study.

    Parameters
    ----------
    where
        The study's folder, or its ``study.toml``.

    Raises
    ------
    ConfigError
        No such file, not TOML, an unknown key, a wrong type, an unknown variable or commune; no
        layer to look for opportunities in.
    """
    study = read_bare_study(where)
    if not set(study.layers) & {"parcels", "buildings", "inventory"}:
        raise ConfigError(
            f"{study.folder / STUDY} : il faut au moins une couche parmi [layers.parcels], "
            "[layers.buildings], [layers.inventory]. Déclarez-la, ou téléchargez-les : "
            f"foncier fetch {study.folder}."
        )
    return study


def read_bare_study(where: Path) -> Study:
    """Read a study that may still lack its layers (see `load`): those fetched are taken in.

    Raises
    ------
    ConfigError
        As `load`, but for the layers.
    """
    file = where / STUDY if where.is_dir() else where
    if not file.is_file():
        raise ConfigError(
            f"{file} : étude introuvable. Donnez un dossier qui contient study.toml, "
            "ou créez-le : foncier new NOM --commune CODE_INSEE."
        )
    raw = read_toml(file)
    if isinstance(raw.get("layers", {}), dict):
        raw["layers"] = {**fetched_layers(file.parent), **raw.get("layers", {})}
    if "folder" in raw:
        raise ConfigError(f"{file} : [folder] : clé inconnue.")
    raw = _filled(raw, file, "")
    try:
        study = Study.model_validate({**raw, "folder": file.parent})
    except ValidationError as faults:
        raise ConfigError(format_validation_error(file, faults, Study)) from faults
    try:
        for commune in study.study.communes:
            legal_crs(commune)
    except ConfigError as fault:
        raise ConfigError(f"{file} : study.communes : {fault}") from fault
    if len({legal_crs(c) for c in study.study.communes}) > 1:
        raise ConfigError(
            f"{file} : study.communes : {', '.join(study.study.communes)} n'ont pas le même "
            "système de coordonnées légal. Faites une étude par territoire."
        )
    return study


def fetched_layers(folder: Path) -> dict[str, Any]:
    """Layers that ``foncier fetch`` has put into a folder, as a ``study.toml`` would declare them.

    Raises
    ------
    ConfigError
        The list of them is no TOML.
    """
    listed = folder / FETCHED / LIST
    found: dict[str, Any] = read_toml(listed).get("layers", {}) if listed.is_file() else {}
    return found


def _filled(value: Any, file: Path, key: str) -> Any:
    """Replace ``${NAME}`` by the environment's value in every text but a path.

    A path keeps its variable, so that messages and the manifest show it as the study writes it.
    """
    if isinstance(value, dict):
        return {k: _filled(v, file, f"{key}.{k}".strip(".")) for k, v in value.items()}
    if isinstance(value, list):
        return [_filled(v, file, key) for v in value]
    if not isinstance(value, str):
        return value
    for name in VARIABLE.findall(value):
        if name not in os.environ:
            raise ConfigError(
                f"{file} : {key} = {value!r} : la variable d'environnement {name} n'est pas "
                f"définie. Définissez-la avant de lancer foncier."
            )
    return value if key.rsplit(".", 1)[-1] in PATH_KEYS else expanded(value)


def template(name: str, commune: str) -> str:
    """Text of a first ``study.toml`` for a commune.

    Raises
    ------
    ConfigError
        The code is no INSEE code.
    """
    legal_crs(commune)
    text = files("foncier.study").joinpath("template.toml").read_text(encoding="utf-8")
    return text.replace("@NAME@", name.translate({34: "'", 92: "/"})).replace("@COMMUNE@", commune)
