"""The address of a PostgreSQL database, whose password no message may show."""

from __future__ import annotations

from foncier.errors import ConfigError


def password_of(url: str) -> str:
    """Password of an address, empty where there is none.

    Raises
    ------
    ConfigError
        Not an address of a database.
    """
    from psycopg import ProgrammingError, conninfo  # noqa: PLC0415 (optional)

    try:
        return str(conninfo.conninfo_to_dict(url).get("password") or "")
    except ProgrammingError:
        # Not chained: the cause quotes the address, and a password may be anywhere in it.
        raise ConfigError("export.postgis.address") from None


def without_password(words: str, password: str) -> str:
    """Words of an error of the database on one line, without the password."""
    line = " ".join(words.split())
    return line.replace(password, "***") if password else line
