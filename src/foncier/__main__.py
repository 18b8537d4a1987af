"""``python -m foncier``: the same as the command ``foncier``."""

from foncier.cli import main

main()
