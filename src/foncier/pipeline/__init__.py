"""The only room that knows the order of the work."""

from foncier.pipeline.delivery import deliver
from foncier.pipeline.layers import Layers, layer_file, read_layers
from foncier.pipeline.order import run

__all__ = ["Layers", "deliver", "layer_file", "read_layers", "run"]
