"""Styles the classified layer when QGIS loads it."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import Any, Deque, List, Mapping

from qgis.core import (
    QgsMapLayer,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingLayerPostProcessorInterface,
    QgsVectorLayer,
)

from ..layers import style_predictions
from ..translation import tr

# QGIS keeps no reference, and the algorithm is gone before the layer comes; long enough for any batch in flight.
_alive: Deque[PredictionStyler] = deque(maxlen=200)


class PredictionStyler(QgsProcessingLayerPostProcessorInterface):
    """Runs in the main thread, once the layer is there."""

    def __init__(self, classes: List[Mapping[str, Any]]) -> None:
        super().__init__()
        self._classes = classes

    def postProcessLayer(
        self, layer: QgsMapLayer, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> None:
        if isinstance(layer, QgsVectorLayer):
            style_predictions(layer, self._classes)


def style_when_loaded(
    output: str, classes: List[Mapping[str, Any]], context: QgsProcessingContext, feedback: QgsProcessingFeedback
) -> None:
    """Has the layer coloured by the classes it holds; takes it off the list of loads where this QGIS cannot read it."""
    if not context.willLoadLayerOnCompletion(output):
        return
    if not QgsVectorLayer(output, "", "ogr").isValid():
        loads = context.layersToLoadOnCompletion()
        loads.pop(output)
        context.setLayersToLoadOnCompletion(loads)
        text = tr("The result was saved, but this QGIS has no driver to open {} files.")
        feedback.pushWarning(text.format(Path(output).suffix))
        return
    styler = PredictionStyler([item for item in classes if item.get("parcels", 1)])
    _alive.append(styler)
    context.layerToLoadOnCompletionDetails(output).setPostProcessor(styler)
