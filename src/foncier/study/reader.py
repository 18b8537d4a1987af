"""Read a ``study.toml``: keys, types and names checked; environment variables stay as written."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from foncier import communes
from foncier._util.toml import read_toml
from foncier.crs import legal_crs
from foncier.errors import ConfigError
from foncier.i18n import cleaned
from foncier.study.config import Study, TableSpec, rename_former_keys
from foncier.study.names import check_names
from foncier.study.paths import MIRROR, VARIABLE, is_path, named_paths, texts
from foncier.study.untrusted import check_untrusted, is_archive, open_archive
from foncier.study.validation_errors import NOT_IN_FILE, validation_error

if TYPE_CHECKING:
    from pathlib import Path

STUDY = "study.toml"
FETCHED, LIST = "fetched", "couches.toml"  # folder of `foncier fetch`, and its list of layers


def read_study(where: Path, *, untrusted: bool = False) -> Study:
    """Read a study.

    Parameters
    ----------
    where
        Folder of the study, its ``study.toml``, or a zip of the folder.
    untrusted
        Somebody else made the study: it may read nothing outside its folder, no environment
        variable, and name no host. Always so for a zip.

    Raises
    ------
    ConfigError
        No such file, not TOML; an unknown key, name, environment variable or commune; a wrong
        type; no layer to look for opportunities in.
    """
    study = read_bare_study(where, untrusted=untrusted)
    if not set(study.layers) & {"parcels", "buildings", "inventory"}:
        raise ConfigError("study.reader.no_layer", file=study.folder / STUDY, folder=study.folder)
    return study


def read_bare_study(where: Path, *, untrusted: bool = False) -> Study:
    """Read a study that may still lack its layers; fetched layers are included.

    Raises
    ------
    ConfigError
        As `read_study`, except for missing layers.
    """
    if is_archive(where):
        where, untrusted = open_archive(where), True
    file = where / STUDY if where.is_dir() else where
    if not file.is_file():
        raise ConfigError("study.reader.not_found", file=file)
    raw = read_toml(file)
    if isinstance(raw.get("layers", {}), dict):
        raw["layers"] = {**fetched_layers(file.parent), **raw.get("layers", {})}
    for key in NOT_IN_FILE:
        if key in raw:
            raise ConfigError("study.reader.unknown_key", file=file, key=key)
    if untrusted:
        check_untrusted(raw, file)
    _check_variables(raw, file)
    try:
        study = Study.model_validate({**raw, "folder": file.parent, "untrusted": untrusted})
    except ValidationError as faults:
        raise validation_error(file, faults, Study) from faults
    _check_communes(study, file)
    check_names(study)
    return study


def fetched_layers(folder: Path) -> dict[str, Any]:
    """Layers that ``foncier fetch`` has put into a folder, as a ``study.toml`` would declare them.

    Layers listed under a former name are renamed.

    Raises
    ------
    ConfigError
        The list of them is no TOML.
    """
    listed = folder / FETCHED / LIST
    if not listed.is_file():
        return {}
    # Titles and sources come from services: they are cleaned, nobody can correct them here.
    layers: dict[str, Any] = cleaned(rename_former_keys(read_toml(listed))).get("layers", {})
    return layers


def study_files(study: Study) -> tuple[Path, ...]:
    """Files and folders that a study reads, those that it is declared in too."""
    tables = study.model_dump(mode="json", exclude={"folder"}, exclude_none=True)
    specs = [spec for files in study.layers.values() for spec in files]
    in_memory = {spec.path for spec in specs if isinstance(spec, TableSpec)}
    named = [path for _, path in named_paths(tables) if path not in in_memory]
    own = (STUDY, f"{FETCHED}/{LIST}")
    return tuple(study.path(path) for path in dict.fromkeys((*own, *named)))


def _check_communes(study: Study, file: Path) -> None:
    """Check the codes: a postal code is refused, a commune younger than the table is not."""
    try:
        for code in study.info.communes:
            if code not in communes.table():
                _check_no_other_name(code)
        systems = {legal_crs(commune) for commune in study.info.communes}
    except ConfigError as fault:
        raise ConfigError("study.reader.wrong_commune", file=file, why=fault) from fault
    if len(systems) > 1:
        raise ConfigError("study.reader.several_crs", file=file, communes=study.info.communes)


def _check_no_other_name(code: str) -> None:
    """Refuse what is not a code but a postal code or a name, and propose the commune."""
    found = communes.search(code)
    if found:
        near = communes.find(code)
        raise ConfigError(
            "communes.unknown_near", text=code, year=communes.VINTAGE, communes=[str(near)]
        )


def _check_variables(raw: Any, file: Path) -> None:
    """Check that the variables of paths and of the mirror exist; other texts have none.

    Every text stays as it is written: `expanded` replaces variables where a file or the mirror is
    opened.
    """
    for key, text in texts(raw):
        if not (is_path(key, text) or key == MIRROR):
            continue
        for name in VARIABLE.findall(text):
            if name not in os.environ:
                raise ConfigError(
                    "study.reader.no_variable", file=file, key=key, value=text, name=name
                )
