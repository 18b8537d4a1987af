"""SQL with quoted identifiers and literals."""

from __future__ import annotations

from typing import Any


def sql(pattern: str, *names: str) -> Any:
    """Statement whose ``{}`` are identifiers.

    Examples
    --------
    >>> sql("DELETE FROM {}.{}", "sig", 'a"b').as_string(None)
    'DELETE FROM "sig"."a""b"'
    """
    from psycopg import sql as composed  # noqa: PLC0415 (optional)

    return composed.SQL(pattern).format(*(composed.Identifier(name) for name in names))


def text(pattern: str, *values: object) -> Any:
    """Statement whose ``{}`` are literals.

    Examples
    --------
    >>> text("study = {}", "L'étude").as_string(None)
    "study = 'L''étude'"
    """
    from psycopg import sql as composed  # noqa: PLC0415 (optional)

    return composed.SQL(pattern).format(*(composed.Literal(value) for value in values))


def names(columns: Any, *, prefix: str = "") -> Any:
    """List of identifiers, separated by commas.

    Examples
    --------
    >>> names(["kind", "area_m2"], prefix="new.").as_string(None)
    'new."kind", new."area_m2"'
    """
    from psycopg import sql as composed  # noqa: PLC0415 (optional)

    listed = [composed.SQL(prefix) + composed.Identifier(name) for name in columns]
    return composed.SQL(", ").join(listed)


def joined(separator: str, parts: Any) -> Any:
    """Parts of a statement with a separator between them."""
    from psycopg import sql as composed  # noqa: PLC0415 (optional)

    return composed.SQL(separator).join(parts)
