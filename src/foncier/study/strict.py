"""Base of every table of a settings file: unknown keys and control characters are errors."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator

from foncier.i18n import Message, all_without_secrets, control_in
from foncier.study.paths import PATH_KEYS

OPENED = (*PATH_KEYS, "mirror")  # these keys keep what is needed to open them


class Strict(BaseModel):
    """Unknown keys are an error; values do not change after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, serialize_by_alias=True)

    @field_validator("*", mode="after")
    @classmethod
    def _clean_texts(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse control characters; remove passwords from addresses that are not opened."""
        code = control_in(value)  # a table of the file is a model by now, which checked its own
        if code is not None:
            raise ValueError(Message("study.validation.control_character", code=code))
        return value if info.field_name in OPENED else all_without_secrets(value)
