"""The only room that knows the order of the work."""

from foncier.pipeline.delivery import check_pictures, deliver
from foncier.pipeline.layers import Layers, layer_file, read_layers
from foncier.pipeline.order import run

__all__ = ["Layers", "check_pictures", "deliver", "layer_file", "read_layers", "run"]
