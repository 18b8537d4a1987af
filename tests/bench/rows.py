"""What is kept of a measurement, and the file that holds those of one version of foncier."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

OURS = "foncier"


@dataclass(frozen=True)
class Row:
    """One step of one bench at one size, by foncier or by what a user would take instead.

    Seconds are medians; ``peak_mb`` is that of the largest process, ``before_mb`` what it held as
    the work began; ``written`` in bytes. ``ratio`` is the time of this row over that of the first
    contestant, median of the turns. What was not measured is None, and ``note`` says why.
    """

    bench: str
    step: str
    by: str
    size: int
    unit: str
    turns: int = 0
    wall_s: float | None = None
    cpu_s: float | None = None
    peak_mb: float | None = None
    before_mb: float | None = None
    written: int | None = None
    ratio: float | None = None
    note: str = ""
    run: str = ""  # the run that measured it

    @property
    def key(self) -> tuple[str, str, str, int]:
        """What a later measurement of the same thing shares with it."""
        return self.bench, self.step, self.by, self.size


@dataclass(frozen=True)
class Kept:
    """All measurements of one version: rows, and the facts of each run by its name."""

    version: str
    runs: dict[str, dict[str, Any]]
    rows: tuple[Row, ...]

    def with_run(self, name: str, facts: dict[str, Any], rows: Iterable[Row]) -> Kept:
        """Take the rows of a run in; those of former runs that it did not measure again stay."""
        new = {row.key: replace(row, run=name) for row in rows}
        own = {row.key: row for row in self.rows} | new
        used = {row.run for row in own.values()}
        runs = {key: told for key, told in (self.runs | {name: facts}).items() if key in used}
        return Kept(self.version, runs, tuple(own.values()))

    def known(self, below: int) -> dict[tuple[str, str, str], tuple[int, float]]:
        """Largest size below another that each contestant was measured at, and its seconds."""
        rows = sorted(self.rows, key=lambda row: row.size)
        return {
            row.key[:3]: (row.size, row.wall_s)
            for row in rows
            if row.wall_s is not None and row.size < below
        }

    def save(self, path: Path) -> None:
        """Write as JSON, a row a line, so that two versions of the file can be compared."""
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = ",\n".join(json.dumps(_told(row), ensure_ascii=False) for row in self.rows)
        runs = json.dumps(self.runs, ensure_ascii=False, indent=1)
        version = json.dumps(self.version)
        path.write_text(
            f'{{"version": {version},\n"runs": {runs},\n"rows": [\n{rows}\n]}}\n',
            encoding="utf-8",
            newline="\n",
        )

    @classmethod
    def load(cls, path: Path) -> Kept:
        """Read what `save` wrote."""
        said = json.loads(path.read_text(encoding="utf-8"))
        return cls(said["version"], said["runs"], tuple(Row(**row) for row in said["rows"]))


def _told(row: Row) -> dict[str, Any]:
    """Fields of a row that say something."""
    return {key: value for key, value in asdict(row).items() if value not in (None, "")}


def slope(sizes: Sequence[float], values: Sequence[float]) -> float | None:
    """Slope of the least squares line of log(value) over log(size); None for fewer than two sizes.

    1 is a straight line, 2 a square.

    Examples
    --------
    >>> round(slope([10, 100, 1000], [3, 30, 300]), 6)
    1.0
    """
    pairs = [(math.log(s), math.log(v)) for s, v in zip(sizes, values, strict=True) if v > 0]
    x, y = [p[0] for p in pairs], [p[1] for p in pairs]
    if len(set(x)) < 2:
        return None
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    across = sum((a - mean_x) * (b - mean_y) for a, b in pairs)
    return across / sum((a - mean_x) ** 2 for a in x)


def former(path: Path) -> Kept | None:
    """Measurements of the version before, beside those of ``path``; None where there are none."""
    others = [p for p in path.parent.glob("*.json") if _order(p.stem) < _order(path.stem)]
    return Kept.load(max(others, key=lambda p: _order(p.stem))) if others else None


def _order(version: str) -> tuple[int, ...]:
    """Numbers of a version, so that 0.10 comes after 0.9.

    Examples
    --------
    >>> _order("0.10.1") > _order("0.9.0")
    True
    """
    return tuple(int("".join(c for c in part if c.isdigit()) or 0) for part in version.split("."))
