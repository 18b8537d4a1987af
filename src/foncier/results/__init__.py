"""Result folders: reader, manifest, and explanation of one site or parcel."""

from foncier.results.descriptions import Description
from foncier.results.explain import Explanation, explain
from foncier.results.layers import Layer
from foncier.results.reader import SavedResult, read_saved

__all__ = ["Description", "Explanation", "Layer", "SavedResult", "explain", "read_saved"]
