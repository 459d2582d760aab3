"""Loads the classified parcels into the project, in the colours of their classes."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any, Mapping, Optional

from qgis.core import QgsProject, QgsVectorLayer

from ..layers import style_predictions
from ..translation import tr


def load_predictions(values: Mapping[str, Any]) -> Optional[QgsVectorLayer]:
    """Adds the layer of a `classify` result and styles it; None where QGIS cannot read the file.

    A format without outlines, such as CSV, comes as a table.
    """
    source = values["output"]
    if values.get("layer") and Path(source).suffix == ".gpkg":
        source += f"|layername={values['layer']}"
    layer = QgsVectorLayer(source, tr("Classified parcels"), "ogr")
    if not layer.isValid():
        return None
    if layer.isSpatial():
        style_predictions(layer, [crop for crop in values["classes"] if crop["parcels"]])
    QgsProject.instance().addMapLayer(layer)
    node = QgsProject.instance().layerTreeRoot().findLayer(layer)
    if node is not None:
        node.setExpanded(True)  # QGIS folds a legend of more than ten entries
    return layer
