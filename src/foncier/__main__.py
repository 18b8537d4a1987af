"""``python -m foncier``, and the command ``foncier``."""

from __future__ import annotations

import sys

from foncier._util.lifetime import INTERRUPTED, interrupt_on_signals


def main() -> None:
    """Run the command; it can be interrupted from its first moment on."""
    try:
        interrupt_on_signals()
        from foncier.cli import main as run  # noqa: PLC0415 (slow to import)

        run()
    except KeyboardInterrupt:  # while the command was imported
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
