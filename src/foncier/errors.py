"""One tree of errors: each says what is wrong, where, and what to do.

Every error is also the built-in it resembles, so that a caller who does not know foncier
can still catch it. The command line maps each class to its exit code.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from foncier.i18n import (
    MessageError,
    all_without_secrets,
    localize,
    without_controls,
    without_secrets,
)
from foncier.i18n.catalog import known, strict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from foncier.i18n import Lang

MESSAGE_ID = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)+")


class FoncierError(Exception):
    """Root of the errors that foncier raises on purpose.

    Parameters
    ----------
    message
        Id of a message of the catalogues. A sentence, which no catalogue holds, is shown as it is.
    params
        Parameters of the message.

    Examples
    --------
    >>> ConfigError("util.and_more", count=3).message("en")
    'and 3 more'
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str = "", /, **params: Any) -> None:
        super().__init__(message)
        self.id = message
        # An exception of another library may not survive a pickle: its words do.
        self.params: Mapping[str, Any] = {
            name: all_without_secrets(
                str(value)
                if isinstance(value, BaseException) and not isinstance(value, FoncierError)
                else value
            )
            for name, value in params.items()
        }
        if strict() and MESSAGE_ID.fullmatch(message) and not known(message):
            raise MessageError(message)

    def message(self, lang: Lang | None = None) -> str:
        r"""Words of the error in a language (None: the current one), without controls of the data.

        Examples
        --------
        >>> ConfigError("util.toml.not_toml", path="a\x1b[31m.toml", why="x").message("en")[:6]
        'a.toml'
        """
        if " " in self.id or not known(self.id):
            return without_secrets(without_controls(self.id))
        return without_controls(localize(self.id, lang, **self.params))

    def __str__(self) -> str:
        return self.message()

    def __repr__(self) -> str:
        shown = [repr(self.id), *(f"{name}={value!r}" for name, value in self.params.items())]
        return without_secrets(f"{type(self).__name__}({', '.join(shown)})")

    def __localize__(self, lang: Lang) -> str:
        """Words of the error, as a parameter of a message."""
        return self.message(lang)

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), self.id, dict(self.params)), self.__dict__


def _restore(kind: type[FoncierError], message: str, params: Mapping[str, Any]) -> FoncierError:
    return kind(message, **params)


class ConfigError(FoncierError, ValueError):
    """The study file, a rule set or an argument is wrong (file, key, what was expected)."""

    exit_code = 2


class SourceError(FoncierError, OSError):
    """A layer cannot be read or fetched."""

    exit_code = 3


class OfflineError(SourceError):
    """A public service could not be reached."""


class StoreError(SourceError):
    """A store of objects does not answer, or refuses."""


class FormatError(SourceError, ValueError):
    """A file is not what its format announces: truncated, without geometry, wrong columns."""


class ContractError(FoncierError, ValueError):
    """A table breaks its contract (table, check, up to five ids)."""

    exit_code = 4


class CrsError(ContractError):
    """Coordinates do not fit the reference system that is announced for them."""


class TilesError(FoncierError, RuntimeError):
    """Some tiles of a study could not be worked out; what the others found is kept."""

    exit_code = 6


class ClusterError(FoncierError, ConnectionError):
    """A cluster was gone for too long: its scheduler, or all of its workers."""

    exit_code = 6


class WorkerError(FoncierError, RuntimeError):
    """A process died each time that it was given a job."""

    exit_code = 6


class ExportError(FoncierError, OSError):
    """A deliverable cannot be written; the former one is intact."""

    exit_code = 5
