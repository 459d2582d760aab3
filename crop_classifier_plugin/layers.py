"""Results as styled layers. Called only in the main thread."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, Iterable, Mapping

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsExpression,
    QgsFillSymbol,
    QgsRendererCategory,
    QgsVectorLayer,
)
from qgis.PyQt.QtGui import QColor

from .plain_text import without_expressions
from .translation import tr

CLASS_FIELD = "crop_code"  # what the engine writes, and what the map is coloured by
NAME_FIELD = "crop_name"
RESULT_FIELDS = {CLASS_FIELD, NAME_FIELD, "confidence", "quality"}  # of every classified layer
UNCLASSIFIED_COLOUR = "#d9d9d9"
# QGIS shows the display name as HTML where a layer has no map tip of its own.
MAP_TIP = f"""[% replace(replace(coalesce("{NAME_FIELD}", ''), '&', '&amp;'), '<', '&lt;') %]"""


def is_classified(layer: QgsVectorLayer) -> bool:
    """Whether a layer is what a classification gave."""
    return {field.name() for field in layer.fields()} >= RESULT_FIELDS


def style_predictions(layer: QgsVectorLayer, classes: Iterable[Mapping[str, Any]]) -> None:
    """One category per class (`code`, `name`, `colour`), names in the legend, and one for parcels without a class."""
    categories = [
        QgsRendererCategory(str(c["code"]), _fill(c["colour"]), without_expressions(str(c["name"]))) for c in classes
    ]
    # an empty value stands for null, and for any code that is not in the table
    categories.append(QgsRendererCategory("", _fill(UNCLASSIFIED_COLOUR), tr("Not classified")))
    layer.setRenderer(QgsCategorizedSymbolRenderer(CLASS_FIELD, categories))
    layer.setDisplayExpression(f'coalesce("{NAME_FIELD}", {QgsExpression.quotedString(tr("Not classified"))})')
    layer.setMapTipTemplate(MAP_TIP)
    layer.triggerRepaint()


def _fill(colour: str) -> QgsFillSymbol:
    outline = QColor(colour).darker(140).name()
    return QgsFillSymbol.createSimple({"color": colour, "outline_color": outline, "outline_width": "0.1"})
