"""Messages by id and parameters, in French and English, and the way numbers are written.

The words live in ``catalog_fr.toml`` and ``catalog_en.toml``; see ``docs/messages.md``. Arrays are
worded by `foncier.i18n.arrays`, which needs numpy.
"""

from foncier.i18n.catalog import (
    LANGUAGES,
    Lang,
    MessageError,
    typeset,
)
from foncier.i18n.controls import cleaned, control_in, without_controls
from foncier.i18n.format import figure, format_value
from foncier.i18n.messages import (
    Labels,
    Localized,
    Message,
    label,
    language,
    localize,
    localized,
    set_language,
)
from foncier.i18n.secrets import (
    WithoutSecrets,
    all_without_secrets,
    hide_in_error,
    hide_value,
    without_secrets,
)

__all__ = [
    "LANGUAGES",
    "Labels",
    "Lang",
    "Localized",
    "Message",
    "MessageError",
    "WithoutSecrets",
    "all_without_secrets",
    "cleaned",
    "control_in",
    "figure",
    "format_value",
    "hide_in_error",
    "hide_value",
    "label",
    "language",
    "localize",
    "localized",
    "set_language",
    "typeset",
    "without_controls",
    "without_secrets",
]
