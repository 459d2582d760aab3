"""The styles of a classified layer: by class, confidence, agreement with declared crops and quality.

Each is a named style of the layer, so that the user switches in the layer panel.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Mapping, Sequence

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsExpression,
    QgsFeatureRenderer,
    QgsFillSymbol,
    QgsGraduatedSymbolRenderer,
    QgsMapLayerStyle,
    QgsProviderRegistry,
    QgsRendererCategory,
    QgsRendererRange,
    QgsVectorLayer,
)
from qgis.PyQt.QtGui import QColor

from .engine.protocol import vocabulary
from .plain_text import without_expressions
from .translation import tr, translated

CLASS_FIELD, NAME_FIELD = "crop_code", "crop_name"  # what the engine writes
CONFIDENCE_FIELD, AGREEMENT_FIELD, QUALITY_FIELD = "confidence", "agreement", "quality"
BY_CLASS, BY_CONFIDENCE, BY_AGREEMENT, BY_QUALITY = "class", "confidence", "agreement", "quality"
RESULT_FIELDS = {CLASS_FIELD, NAME_FIELD, CONFIDENCE_FIELD, QUALITY_FIELD}  # of every classified layer
UNCLASSIFIED_COLOUR = "#d9d9d9"
# QGIS shows the display name as HTML where a layer has no map tip of its own.
MAP_TIP = f"""[% replace(replace(coalesce("{NAME_FIELD}", ''), '&', '&amp;'), '<', '&lt;') %]"""
# The ramp cividis, in which lightness rises with the value: it reads the same with any colour vision, and in grey.
CONFIDENCE_COLOURS = {0.0: "#00224e", 0.5: "#35456c", 0.7: "#666970", 0.8: "#948e77", 0.9: "#c8b866", 0.95: "#fee838"}
NO_CONFIDENCE = -1
# Okabe and Ito's, which are distinguishable with colour blindness
AGREEMENT_COLOURS = {
    vocabulary.AGREES: "#0072b2",
    vocabulary.DIFFERS: "#d55e00",
    vocabulary.CLASS_NOT_KNOWN: "#cc79a7",
    vocabulary.NO_DECLARATION: "#f5f5f5",
    vocabulary.NOT_CLASSIFIED: UNCLASSIFIED_COLOUR,
}
QUALITY_COLOURS = {
    "ok": "#bfe3d5",
    "few_pixels": "#56b4e9",
    "partly_outside": "#0072b2",
    "unlike_training": "#e69f00",
    "outside": "#bdbdbd",
    "no_clear_observation": "#636363",
    "invalid_geometry": "#cc79a7",
}


def is_classified(layer: QgsVectorLayer) -> bool:
    """Whether a layer is what a classification gave."""
    return {field.name() for field in layer.fields()} >= RESULT_FIELDS


def titles() -> Dict[str, str]:
    """The styles by their keys, the default first."""
    return {
        BY_CLASS: tr("Class"),
        BY_CONFIDENCE: tr("Confidence"),
        BY_AGREEMENT: tr("Declared and predicted"),
        BY_QUALITY: tr("Quality"),
    }


def style_predictions(layer: QgsVectorLayer, classes: Sequence[Mapping[str, Any]], compared: bool = False) -> None:
    """Gives the layer its named styles; the one by class (`code`, `name`, `colour` of each) is the current one.

    `compared`: the parcels were compared with declared crops.
    """
    _set_names(layer)
    manager, first = layer.styleManager(), titles()[BY_CLASS]
    for key, renderer in _renderers(layer, classes, compared).items():
        if key == BY_CLASS:
            continue
        layer.setRenderer(renderer)
        style = QgsMapLayerStyle()
        style.readFromLayer(layer)
        if titles()[key] in manager.styles():
            manager.removeStyle(titles()[key])
        manager.addStyle(titles()[key], style)
    if manager.currentStyle() != first:
        manager.removeStyle(first)
        manager.renameStyle(manager.currentStyle(), first)
    layer.setRenderer(class_renderer(classes))
    layer.triggerRepaint()


def save_styles(layer: QgsVectorLayer, classes: Sequence[Mapping[str, Any]], compared: bool = False) -> str:
    """Keeps the styles with the layer's file: in a GeoPackage itself, the one by class as its default, else as .qml
    files beside it. Returns why that failed, empty where it did not.

    For a layer that was opened for it, in any thread: it is left with one of the styles.
    """
    parts = QgsProviderRegistry.instance().decodeUri(layer.providerType(), layer.source())
    path = Path(parts.get("path") or "")
    if layer.providerType() != "ogr" or not path.is_file():
        return ""
    _set_names(layer)
    for key, renderer in _renderers(layer, classes, compared).items():
        layer.setRenderer(renderer)
        if layer.storageType() == "GPKG":
            problem = _save_inside(layer, titles()[key], default=key == BY_CLASS)
        else:
            ending = "" if key == BY_CLASS else f"_{key}"  # QGIS takes NAME.qml by itself
            problem = _save_beside(layer, path.with_name(f"{path.stem}{ending}.qml"))
        if problem:
            return problem
    return ""


def _set_names(layer: QgsVectorLayer) -> None:
    layer.setDisplayExpression(f'coalesce("{NAME_FIELD}", {QgsExpression.quotedString(tr("Not classified"))})')
    layer.setMapTipTemplate(MAP_TIP)


def _save_inside(layer: QgsVectorLayer, title: str, default: bool) -> str:
    """In the table layer_styles, in place of the one of this name from an earlier run."""
    _, ids, names, *_ = layer.listStylesInDatabase()
    for number, name in zip(ids, names):
        if name == title:
            layer.deleteStyleFromDatabase(number)
    return layer.saveStyleToDatabase(title, tr("Crop Classifier"), default, "") or ""


def _save_beside(layer: QgsVectorLayer, path: Path) -> str:
    message, saved = layer.saveNamedStyle(str(path))
    return "" if saved else message


# Renderers


def _renderers(
    layer: QgsVectorLayer, classes: Sequence[Mapping[str, Any]], compared: bool
) -> Dict[str, QgsFeatureRenderer]:
    """Those that the layer has the fields for, the one by class first."""
    made = {
        CLASS_FIELD: (BY_CLASS, class_renderer(classes)),
        CONFIDENCE_FIELD: (BY_CONFIDENCE, confidence_renderer()),
        AGREEMENT_FIELD: (BY_AGREEMENT, agreement_renderer()),
        QUALITY_FIELD: (BY_QUALITY, quality_renderer()),
    }
    if not compared:  # a field of this name is of an earlier run, or the user's own
        made.pop(AGREEMENT_FIELD)
    return dict(entry for field, entry in made.items() if layer.fields().indexOf(field) >= 0)


def class_renderer(classes: Sequence[Mapping[str, Any]]) -> QgsFeatureRenderer:
    """One category per class, names in the legend, and one for parcels without a class."""
    categories = [
        QgsRendererCategory(str(c["code"]), _fill(c["colour"]), without_expressions(str(c["name"]))) for c in classes
    ]
    # an empty value stands for null, and for any code that is not in the table
    categories.append(QgsRendererCategory("", _fill(UNCLASSIFIED_COLOUR), tr("Not classified")))
    return QgsCategorizedSymbolRenderer(CLASS_FIELD, categories)


def confidence_renderer() -> QgsFeatureRenderer:
    """Ranges of the confidence, the highest first, and the parcels without one.

    A value between two ranges is of the higher one: QGIS takes the first that holds it. Rules would do, too, but PyQGIS
    3.22 frees them twice.
    """
    bounds = [*CONFIDENCE_COLOURS, 1.0]
    ranges = [
        QgsRendererRange(low, high, _fill(colour), _range_title(low, high))
        for (low, colour), high in zip(CONFIDENCE_COLOURS.items(), bounds[1:])
    ]
    none = QgsRendererRange(NO_CONFIDENCE, NO_CONFIDENCE, _fill(UNCLASSIFIED_COLOUR), tr("Not classified"))
    # a null is in no range, and would not be drawn
    return QgsGraduatedSymbolRenderer(f'coalesce("{CONFIDENCE_FIELD}", {NO_CONFIDENCE})', [*reversed(ranges), none])


def _range_title(low: float, high: float) -> str:
    if high == 1:
        return tr("{0} % and more").format(round(100 * low))
    if not low:
        return tr("Below {0} %").format(round(100 * high))
    return tr("{0} % to {1} %").format(round(100 * low), round(100 * high))


def agreement_renderer() -> QgsFeatureRenderer:
    """What came of the comparison with the declared crop."""
    return _by_words(AGREEMENT_FIELD, AGREEMENT_COLOURS, vocabulary.AGREEMENT)


def quality_renderer() -> QgsFeatureRenderer:
    """Each quality with its meaning."""
    return _by_words(QUALITY_FIELD, QUALITY_COLOURS, vocabulary.QUALITY)


def _by_words(field: str, colours: Mapping[str, str], meanings: Mapping[str, str]) -> QgsFeatureRenderer:
    categories: List[QgsRendererCategory] = [
        QgsRendererCategory(key, _fill(colours[key]), translated(meaning)) for key, meaning in meanings.items()
    ]
    return QgsCategorizedSymbolRenderer(field, categories)


def _fill(colour: str) -> QgsFillSymbol:
    outline = QColor(colour).darker(140).name()
    return QgsFillSymbol.createSimple({"color": colour, "outline_color": outline, "outline_width": "0.1"})
