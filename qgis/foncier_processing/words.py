"""Words of the plugin, in the language of QGIS: French, else English."""

import json
from pathlib import Path

from qgis.core import QgsApplication

CATALOGUE = json.loads((Path(__file__).parent / "words.json").read_text(encoding="utf-8"))


def language():
    """Return ``fr`` or ``en``."""
    return "fr" if QgsApplication.locale().startswith("fr") else "en"


def word(name, **values):
    """Return a sentence of the catalogue, with its values."""
    return CATALOGUE[language()][name].format(**values)
