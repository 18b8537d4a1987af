"""Provider of the algorithms, and the setting that holds the path of the command."""

from pathlib import Path

from processing.core.ProcessingConfig import ProcessingConfig, Setting
from qgis.core import QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from .algorithms import ALGORITHMS
from .command import SETTING
from .words import word


class Provider(QgsProcessingProvider):
    """``foncier:check``, ``fetch``, ``run``, ``explain``, ``validate`` and ``export``."""

    def id(self):
        """Return the prefix of the algorithms."""
        return "foncier"

    def name(self):
        """Return the name in the toolbox."""
        return "foncier"

    def icon(self):
        """Return the icon in the toolbox."""
        return QIcon(str(Path(__file__).parent / "icon.svg"))

    def load(self):
        """Add the setting, then the algorithms."""
        setting = Setting(self.name(), SETTING, word("command"), "", valuetype=Setting.FILE)
        ProcessingConfig.settingIcons[self.name()] = self.icon()
        ProcessingConfig.addSetting(setting)
        ProcessingConfig.readSettings()
        self.refreshAlgorithms()
        return True

    def unload(self):
        """Remove the setting."""
        ProcessingConfig.removeSetting(SETTING)

    def loadAlgorithms(self):
        """Add one algorithm for each command."""
        for algorithm in ALGORITHMS:
            self.addAlgorithm(algorithm())
