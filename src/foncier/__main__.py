"""``python -m foncier``, and the command ``foncier``."""

from __future__ import annotations

from foncier._util.lifetime import INTERRUPTED, end_interrupted, interrupt_on_signals


def main() -> None:
    """Run the command; it can be interrupted from its first moment on."""
    try:
        interrupt_on_signals()
        from foncier.cli import main as run  # noqa: PLC0415 (slow to import)

        run()
    except KeyboardInterrupt:  # while the command was imported
        end_interrupted()
    except SystemExit as end:
        if end.code == INTERRUPTED:
            end_interrupted()
        raise


if __name__ == "__main__":
    main()
