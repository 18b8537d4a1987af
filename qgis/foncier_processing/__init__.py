"""Plugin of QGIS: the commands of foncier as algorithms of Processing."""


def classFactory(iface):  # noqa: ARG001 (the entry point of QGIS)
    """Return the plugin; QGIS calls it."""
    from .plugin import Plugin  # noqa: PLC0415 (only QGIS has what it imports)

    return Plugin()
