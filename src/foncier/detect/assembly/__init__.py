"""Land assembly: adjoining parcels that fail alone and pass together."""

from foncier.detect.assembly.search import find_assemblies

__all__ = ["find_assemblies"]
