"""Run by the Python of QGIS, not by ours: ask QGIS Server for the project of a GeoPackage.

Usage: server_script.py PROJECT; prints JSON: what WMS and WFS say, an image, some features.
"""

from __future__ import annotations

import json
import sys
from typing import Any


def main() -> None:
    from urllib.parse import quote

    from qgis.core import QgsApplication  # type: ignore[import-not-found]
    from qgis.server import (  # type: ignore[import-not-found]
        QgsBufferServerRequest,
        QgsBufferServerResponse,
        QgsServer,
    )

    application = QgsApplication([], False)
    application.initQgis()
    server = QgsServer()

    def ask(**query: str) -> tuple[int, bytes]:
        words = "&".join(f"{name}={value}" for name, value in query.items())
        request = QgsBufferServerRequest(f"http://localhost/?MAP={quote(sys.argv[1])}&{words}")
        response = QgsBufferServerResponse()
        server.handleRequest(request, response)
        return response.statusCode(), bytes(response.body())

    def text(**query: str) -> str:
        return ask(**query)[1].decode("utf-8", "replace")

    wms = {"SERVICE": "WMS", "VERSION": "1.3.0"}
    wfs = {"SERVICE": "WFS", "VERSION": "1.1.0"}
    feature: dict[str, Any] = {**wfs, "REQUEST": "GetFeature", "OUTPUTFORMAT": "GeoJSON"}
    picture = {
        **wms,
        "REQUEST": "GetMap",
        "LAYERS": "opportunites",
        "STYLES": "",
        "CRS": "EPSG:2154",
        "BBOX": sys.argv[2],
        "WIDTH": "200",
        "HEIGHT": "200",
        "FORMAT": "image/png",
    }
    found = {
        "wms": text(**wms, REQUEST="GetCapabilities"),
        "wfs": text(**wfs, REQUEST="GetCapabilities"),
        "sites": text(**feature, TYPENAME="opportunites"),
        "visits": text(**feature, TYPENAME="visites"),
        "image": ask(**picture)[1][:8].hex(),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
