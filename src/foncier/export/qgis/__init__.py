"""QGIS project of a result: styles, forms, layouts."""
