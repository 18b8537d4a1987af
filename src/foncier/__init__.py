"""Find, score and map the land and property opportunities of a French commune."""

from importlib.metadata import version

__version__ = version("foncier")
