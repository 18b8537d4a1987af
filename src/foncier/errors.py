"""One tree of errors: each says what is wrong, where, and what to do.

Every error is also the built-in it resembles, so that a caller who does not know foncier
can still catch it. The command line maps each class to its exit code.
"""

from typing import ClassVar


class FoncierError(Exception):
    """Root of the errors that foncier raises on purpose."""

    exit_code: ClassVar[int] = 1


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
