"""Let coverage guide the breaking of one input: atheris looks for bytes that reach new lines.

    python -m tests.fuzz.guided besoins.toml 60 [part]

Atheris is no part of the locked requirements (it has wheels for Linux and CPython 3.11 to 3.13
only): ``make guided`` installs it. It counts the lines of foncier alone, so it serves the readers
that are Python of ours. What finds a fault is written to ``kept/`` and ends the search.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["foncier"]):
    from .breaking import KEPT, LONGEST_S, tried
    from .formats import every

MOST_MB = 2048


def main(name: str, seconds: int, part: str = "") -> None:
    """Search for so many seconds; never comes back (the exit code is that of libFuzzer)."""
    good = every()[name]
    part = part or next(iter(good.parts))
    made = Path(tempfile.mkdtemp(prefix="guided-"))
    corpus = made / "corpus"
    corpus.mkdir()
    (corpus / "good").write_bytes(good.parts[part])
    path = made / name

    def one(data: bytes) -> None:
        path.write_bytes(good.pack({**good.parts, part: data}))
        _, fault = tried(good, path)
        if fault:
            (KEPT / name).mkdir(parents=True, exist_ok=True)
            kept = KEPT / name / f"guided{''.join(path.suffixes)}"
            kept.write_bytes(path.read_bytes())
            raise AssertionError(f"{fault}, kept as {kept.name}")

    path.write_bytes(good.whole)
    tried(good, path)  # what is imported late is no part of the first case
    options = [
        f"-max_total_time={seconds}",
        f"-timeout={LONGEST_S}",
        f"-rss_limit_mb={MOST_MB}",
        f"-artifact_prefix={made}/",
        "-print_final_stats=1",
        str(corpus),
    ]
    atheris.Setup([sys.argv[0], *options], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:])
