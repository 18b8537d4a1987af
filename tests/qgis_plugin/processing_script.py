"""Run by the Python of QGIS, not by ours: the six algorithms of the plugin, through Processing.

Usage: processing_script.py COMMAND STUDY FOLDER; prints JSON.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path[:0] = ["/usr/share/qgis/python/plugins", str(ROOT / "qgis")]


def outcome(name: str, parameters: dict[str, Any], feedback: Any) -> dict[str, Any]:
    """What one algorithm gave: its outputs, else the error."""
    import processing  # type: ignore[import-not-found]
    from qgis.core import QgsProcessingException  # type: ignore[import-not-found]

    try:
        made = processing.run(f"foncier:{name}", parameters, feedback=feedback)
    except QgsProcessingException as error:
        return {"error": str(error)}
    return {"outputs": made, "log": feedback.textLog(), "progress": feedback.progress()}


def main(command: str, study: str, folder: str) -> dict[str, Any]:
    from qgis.core import QgsApplication, QgsProcessingFeedback, QgsProject

    application = QgsApplication([], False)
    application.initQgis()
    from processing.core.Processing import Processing  # type: ignore[import-not-found]
    from processing.core.ProcessingConfig import ProcessingConfig  # type: ignore[import-not-found]

    Processing.initialize()
    from foncier_processing import classFactory  # type: ignore[import-not-found]

    plugin = classFactory(None)
    plugin.initProcessing()
    registry = QgsApplication.processingRegistry()
    provider = registry.providerById("foncier")
    seen: dict[str, Any] = {"names": sorted(a.name() for a in provider.algorithms())}
    seen["titles"] = {a.name(): a.displayName() for a in provider.algorithms()}

    path, home = os.environ["PATH"], os.environ["HOME"]
    os.environ.update(PATH="/nowhere", HOME="/nowhere")
    seen["missing"] = outcome("check", {"STUDY": study}, QgsProcessingFeedback())
    os.environ.update(PATH=path, HOME=home)
    # What QGIS may set for its own libraries: the command must not see it.
    os.environ.update(PYTHONHOME="/nowhere", PROJ_LIB="/nowhere", GDAL_DATA="/nowhere")
    ProcessingConfig.setSettingValue("FONCIER_COMMAND", command)

    class Stopped(QgsProcessingFeedback):  # type: ignore[misc]
        def setProgressText(self, text: str) -> None:  # noqa: N802
            self.cancel()

    seen["failing"] = outcome("check", {"STUDY": folder}, QgsProcessingFeedback())
    result = f"{folder}/resultat"
    seen["cancelled"] = outcome("run", {"STUDY": study, "RESULT": result}, Stopped())
    seen["left"] = sorted(path.name for path in Path(folder).iterdir())
    page = f"{folder}/page.html"
    for name, parameters in (
        ("check", {"STUDY": study}),
        ("fetch", {"STUDY": study, "ONLY": "cadastre", "DRY_RUN": True}),
        ("run", {"STUDY": study, "RESULT": result}),
        ("explain", {"RESULT": result, "ID": "80021000AB0011", "PAGE": page}),
        ("validate", {"RESULT": result, "PLAN": 5}),
        ("export", {"RESULT": result, "FORMATS": [0, 2], "OUT": f"{folder}/autres"}),
    ):
        seen[name] = outcome(name, parameters, QgsProcessingFeedback())
    project = QgsProject.instance()
    seen["loaded"] = sorted(layer.name() for layer in project.mapLayers().values())
    seen["invalid"] = [x.name() for x in project.mapLayers().values() if not x.isValid()]
    before = len(project.layerTreeRoot().findLayerIds())
    seen["again"] = outcome("run", {"STUDY": study, "RESULT": result}, QgsProcessingFeedback())
    seen["twice"] = len(project.layerTreeRoot().findLayerIds()) == 2 * before
    plugin.unload()
    seen["unloaded"] = registry.providerById("foncier") is None
    return seen


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:]), default=str))
