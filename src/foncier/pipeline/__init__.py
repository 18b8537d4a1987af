"""The only room that knows the order of the work."""

from foncier.pipeline.converting import convert, converted_folder
from foncier.pipeline.delivery import check_pictures, deliver
from foncier.pipeline.layers import Layers, layer_file, read_layers
from foncier.pipeline.order import run
from foncier.pipeline.tiling import Tiling

__all__ = [
    "Layers",
    "Tiling",
    "check_pictures",
    "convert",
    "converted_folder",
    "deliver",
    "layer_file",
    "read_layers",
    "run",
]
