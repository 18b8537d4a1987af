"""The embedded demonstration: a fictional city on the true axis of Amiens.

``tests/demo_city`` draws it.

Its rivers, railway, avenues and districts follow the geography of Amiens in outline only; every
parcel, building, friche and resident is invented. What was planted for a detector to find, and the
traps beside it, are written down in the truth table.
"""

from pathlib import Path

__all__ = ["study_folder"]


def study_folder() -> Path:
    """Folder of the embedded study, with its ``study.toml``.

    Examples
    --------
    >>> (study_folder() / "study.toml").is_file()
    True
    """
    return Path(__file__).parent / "study"
