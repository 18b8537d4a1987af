"""The plugin: adds the provider of algorithms, and removes it."""

from qgis.core import QgsApplication

from .provider import Provider


class Plugin:
    """Registers the provider while the plugin is on."""

    def __init__(self):
        self.provider = None

    def initProcessing(self):
        """Add the provider; ``qgis_process`` calls this one alone."""
        self.provider = Provider()
        QgsApplication.processingRegistry().addProvider(self.provider)

    def initGui(self):
        """Add the provider in the desktop."""
        self.initProcessing()

    def unload(self):
        """Remove the provider."""
        if self.provider is not None:
            QgsApplication.processingRegistry().removeProvider(self.provider)
