"""What is wrong in a file of settings, in French, key by key, and what may stand there."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

MOST = 5
FAULTS = {
    "extra_forbidden": "clé inconnue",
    "missing": "clé absente, elle est nécessaire",
    "string_type": "attendu un texte entre guillemets",
    "float_parsing": "attendu un nombre",
    "float_type": "attendu un nombre",
    "int_type": "attendu un nombre entier",
    "bool_type": "attendu true ou false",
    "dict_type": "attendu une table",
    "tuple_type": "attendu une liste",
    "date_from_datetime_parsing": "attendu une date, par exemple 2026-01-15",
    "date_type": "attendu une date, par exemple 2026-01-15",
    "model_type": "attendu une table",
    "literal_error": "valeur inconnue",
    "greater_than_equal": "nombre trop petit",
    "less_than_equal": "nombre trop grand",
}
OURS = "folder"  # a field of the study that no file may say
KEY = "[key]"  # pydantic's mark of a key that is itself the fault


def format_validation_error(file: Path, faults: ValidationError, model: type[BaseModel]) -> str:
    """Say what is wrong, the first five faults, each with what may stand in its place."""
    lines = [_line(one, model, file) for one in faults.errors()[:MOST]]
    return f"{file} : {' ; '.join(lines)}."


def _line(fault: ErrorDetails, model: type[BaseModel], file: Path) -> str:
    place = [str(part) for part in fault["loc"] if not isinstance(part, int) and part != KEY]
    what = FAULTS.get(fault["type"], fault["msg"].removeprefix("Value error, "))
    if place and fault["loc"][-1] == KEY:
        what = FAULTS["extra_forbidden"]
    given = fault.get("input")
    shown = f" (trouvé {given!r})" if isinstance(given, str | int | float) else ""
    line = f"[{'.'.join(place) or file.name}] : {what}{shown}"
    known = _known(fault, model)
    if not known:
        return line
    written = place[-1] if what == FAULTS["extra_forbidden"] else str(given)
    meant = get_close_matches(written, known, n=1)
    hint = f"Vouliez-vous dire {meant[0]} ? " if meant else ""
    return f"{line}. {hint}Attendu : {', '.join(known)}"


def _known(fault: ErrorDetails, model: type[BaseModel]) -> list[str]:
    """Keys, or values, that may stand where an unknown one does; none for another fault."""
    if fault["type"] == "literal_error":
        expected = str(fault["ctx"]["expected"]).replace(" or ", ", ")
        return [word.strip(" '") for word in expected.split(",")]
    if fault["type"] != "extra_forbidden":
        return []
    here = model
    for part in fault["loc"][:-1]:
        # Keys of a mapping, and places in a list, lead to the same model.
        if part in here.model_fields:
            here = _model_of(here.model_fields[str(part)].annotation) or here
    return [name for name in here.model_fields if name != OURS]


def _model_of(kind: Any) -> type[BaseModel] | None:
    """Model that a type is, or holds."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind
    found = (_model_of(part) for part in reversed(get_args(kind)))
    return next((one for one in found if one is not None), None)
