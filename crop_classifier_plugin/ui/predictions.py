"""Loads the classified parcels into the project, in the colours of their classes."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any, Mapping, Optional

from qgis.core import QgsProject, QgsVectorLayer

from ..legend import unfold_legend
from ..processing.styling import style_result
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
        style_result(layer, values)
    QgsProject.instance().addMapLayer(layer)
    unfold_legend(layer)
    return layer
