"""Styles the classified layer when QGIS loads it."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import Any, Deque, List, Mapping, Tuple

from qgis.core import (
    QgsMapLayer,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingLayerPostProcessorInterface,
    QgsVectorLayer,
)

from ..legend import unfold_legend
from ..plain_text import without_markup
from ..styles import save_styles, style_predictions
from ..translation import tr

# QGIS keeps no reference, and the algorithm is gone before the layer comes; long enough for any batch in flight.
_alive: Deque[PredictionStyler] = deque(maxlen=200)


class PredictionStyler(QgsProcessingLayerPostProcessorInterface):
    """Runs in the main thread, once the layer is there."""

    def __init__(self, made: Mapping[str, Any]) -> None:
        super().__init__()
        self._made = made

    def postProcessLayer(
        self, layer: QgsMapLayer, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> None:
        if isinstance(layer, QgsVectorLayer):
            style_result(layer, self._made)
            unfold_legend(layer)


def style_result(layer: QgsVectorLayer, made: Mapping[str, Any]) -> None:
    """Gives the layer of a `classify` result its styles."""
    style_predictions(layer, *_legend_of(made))


def style_output(
    output: str,
    made: Mapping[str, Any],
    context: QgsProcessingContext,
    feedback: QgsProcessingFeedback,
    saves: bool = True,
) -> None:
    """Keeps the styles with the file, and has the layer styled when it is loaded; takes it off the list of loads where
    this QGIS cannot read it. Called in the algorithm's thread: saving takes a third of a second; not where the engine
    has saved one (`saves`).
    """
    layer = QgsVectorLayer(output, "", "ogr")
    if not layer.isValid():
        _do_not_load(output, context, feedback)
        return
    problem = save_styles(layer, *_legend_of(made)) if saves and layer.isSpatial() else ""
    if problem:
        text = tr("The styles could not be saved with the layer: {0}")
        feedback.pushWarning(without_markup(text.format(problem)))
    if context.willLoadLayerOnCompletion(output):
        styler = PredictionStyler(made)
        _alive.append(styler)
        context.layerToLoadOnCompletionDetails(output).setPostProcessor(styler)


def _legend_of(made: Mapping[str, Any]) -> Tuple[List[Mapping[str, Any]], bool]:
    """The classes that the layer holds, and whether it was compared with declared crops."""
    return [crop for crop in made["classes"] if crop.get("parcels", 1)], made.get("not_judged") is not None


def _do_not_load(output: str, context: QgsProcessingContext, feedback: QgsProcessingFeedback) -> None:
    if not context.willLoadLayerOnCompletion(output):
        return
    loads = context.layersToLoadOnCompletion()
    loads.pop(output)
    context.setLayersToLoadOnCompletion(loads)
    text = tr("The result was saved, but this QGIS has no driver to open {} files.")
    feedback.pushWarning(text.format(Path(output).suffix))
