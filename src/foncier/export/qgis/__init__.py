"""QGIS project, layouts, styles and forms: templates in ``templates/``, filled from a result."""
