"""The styles of a classified layer: each parcel in the colour of its value, and kept with every format's file."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import sqlite3

import pytest
from qgis.core import (
    QgsExpression,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsFeature,
    QgsProject,
    QgsRenderContext,
    QgsVectorLayer,
)
from sample_layers import file_layer, memory_layer

from crop_classifier_plugin.engine.protocol import vocabulary
from crop_classifier_plugin.styles import (
    AGREEMENT_COLOURS,
    CONFIDENCE_COLOURS,
    QUALITY_COLOURS,
    UNCLASSIFIED_COLOUR,
    confidence_renderer,
    save_styles,
    style_predictions,
)

pytestmark = pytest.mark.usefixtures("qgis_app", "qgis_processing")

CLASSES = [
    {"code": "1200", "name": "Blé tendre", "colour": "#e3b23c"},
    {"code": "vine", "name": "Grapevine", "colour": "#8e5aa8"},
]
FIELDS = "field=crop_code:string(20)&field=crop_name:string(40)"
ALL_FIELDS = f"{FIELDS}&field=confidence:double&field=quality:string(20)&field=agreement:string(20)"
ROWS = [
    ("1200", "Blé tendre", 0.97, "ok", "agrees", 0),
    ("vine", "Grapevine", 0.4999, "unlike_training", "differs", 100),
    ("vine", "Grapevine", 0.9, "few_pixels", "no_declaration", 200),
    (None, None, None, "no_clear_observation", "not_classified", 300),
]
TITLES = ["Class", "Confidence", "Declared and predicted", "Quality"]


def colours(layer: QgsVectorLayer) -> list:
    """The colour in which each feature is drawn; None where it is not drawn."""
    context = QgsRenderContext()
    context.setExpressionContext(QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer)))
    renderer = layer.renderer().clone()
    renderer.startRender(context, layer.fields())
    found = []
    for feature in layer.getFeatures():
        context.expressionContext().setFeature(feature)
        symbols = renderer.symbolsForFeature(feature, context)
        found.append(symbols[0].color().name() if len(symbols) == 1 else None)
    renderer.stopRender(context)
    return found


def luminance(colour: str) -> float:
    """Relative luminance of the sRGB colour (WCAG 2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_names_are_evaluated_neither_in_the_legend_nor_in_the_map_tip() -> None:
    layer = QgsVectorLayer("Polygon?field=crop_code:string&field=crop_name:string", "x", "memory")
    name = "[% env('HOME') %]<b>bold & x"
    style_predictions(layer, [{"code": "1", "name": name, "colour": "#e3b23c"}])
    assert layer.renderer().categories()[0].label() == "[ % env('HOME') %]<b>bold & x"
    feature = QgsFeature(layer.fields())
    feature.setAttributes(["1", name])
    context = QgsExpressionContext()
    context.setFeature(feature)
    shown = QgsExpression.replaceExpressionText(layer.mapTipTemplate(), context)
    assert shown == "[% env('HOME') %]&lt;b&gt;bold &amp; x".replace("&gt;", ">")


def classified() -> QgsVectorLayer:
    fields = "field=crop_code:string(20)&field=crop_name:string(40)"
    rows = [("1200", "Blé tendre", 0), ("vine", "Grapevine", 100), (None, None, 200)]
    layer = memory_layer(rows, fields)
    style_predictions(layer, CLASSES)
    return layer


def test_legend_shows_names_and_colours() -> None:
    layer = classified()
    categories = layer.renderer().categories()
    assert [category.label() for category in categories] == ["Blé tendre", "Grapevine", "Not classified"]
    assert [category.symbol().color().name() for category in categories[:2]] == ["#e3b23c", "#8e5aa8"]


def test_each_parcel_is_drawn_in_the_colour_of_its_class() -> None:
    layer = classified()
    context = QgsRenderContext()
    context.setExpressionContext(QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer)))
    renderer = layer.renderer().clone()
    renderer.startRender(context, layer.fields())
    colours = [renderer.symbolForFeature(feature, context).color().name() for feature in layer.getFeatures()]
    renderer.stopRender(context)
    assert colours == ["#e3b23c", "#8e5aa8", "#d9d9d9"]


def test_each_style_draws_each_parcel_by_its_own_value() -> None:
    layer = memory_layer(ROWS, ALL_FIELDS)
    style_predictions(layer, CLASSES, compared=True)
    manager = layer.styleManager()
    assert sorted(manager.styles()) == TITLES and manager.currentStyle() == "Class"
    ramp = list(CONFIDENCE_COLOURS.values())
    expected = {
        "Class": ["#e3b23c", "#8e5aa8", "#8e5aa8", UNCLASSIFIED_COLOUR],
        "Confidence": [ramp[-1], ramp[0], ramp[-2], UNCLASSIFIED_COLOUR],
        "Declared and predicted": [AGREEMENT_COLOURS[row[4]] for row in ROWS],
        "Quality": [QUALITY_COLOURS[row[3]] for row in ROWS],
    }
    for title, drawn in expected.items():
        assert manager.setCurrentStyle(title)
        assert colours(layer) == drawn, title
        assert "Not classified" in layer.displayExpression() and layer.mapTipTemplate()


def test_there_is_no_style_of_agreement_where_nothing_was_declared() -> None:
    layer = memory_layer(ROWS, ALL_FIELDS)
    style_predictions(layer, CLASSES)
    assert sorted(layer.styleManager().styles()) == ["Class", "Confidence", "Quality"]
    style_predictions(layer, CLASSES, compared=True)  # a second time replaces them
    assert sorted(layer.styleManager().styles()) == TITLES


def test_every_confidence_has_one_range_and_lightness_rises_with_it() -> None:
    ramp, values = CONFIDENCE_COLOURS, (0.0, 0.1, 0.5, 0.69999, 0.7, 0.8, 0.9, 0.94999, 0.95, 1.0)
    layer = memory_layer([(value, 100 * at) for at, value in enumerate(values)], "field=confidence:double")
    layer.setRenderer(confidence_renderer())
    assert colours(layer) == [ramp[max(low for low in ramp if low <= value)] for value in values]
    labels = [item.label() for item in layer.renderer().legendSymbolItems()]
    assert labels == [
        *("95 % and more", "90 % to 95 %", "80 % to 90 %", "70 % to 80 %", "50 % to 70 %", "Below 50 %"),
        "Not classified",
    ]
    levels = [luminance(colour) for colour in ramp.values()]
    assert all(later - sooner > 0.03 for sooner, later in zip(levels, levels[1:]))


def test_the_words_are_the_engines() -> None:
    layer = memory_layer(ROWS, ALL_FIELDS)
    style_predictions(layer, CLASSES, compared=True)
    for title, words in (("Quality", vocabulary.QUALITY), ("Declared and predicted", vocabulary.AGREEMENT)):
        layer.styleManager().setCurrentStyle(title)
        assert {c.value(): c.label() for c in layer.renderer().categories()} == dict(words)


def test_a_geopackage_keeps_its_styles_for_a_qgis_without_the_plugin(tmp_path) -> None:
    path = tmp_path / "crops of mine.gpkg"
    layer = file_layer(path, rows=ROWS, fields=ALL_FIELDS)
    for _ in range(2):  # a second run replaces those of the first
        assert save_styles(layer, CLASSES, compared=True) == ""
    alone = QgsVectorLayer(str(path), "", "ogr")
    assert colours(alone) == ["#e3b23c", "#8e5aa8", "#8e5aa8", UNCLASSIFIED_COLOUR]
    related, ids, names, *_ = alone.listStylesInDatabase()
    assert sorted(names[:related]) == TITLES
    text = alone.getStyleFromDatabase(ids[names.index("Confidence")])[0]
    assert CONFIDENCE_COLOURS[0.95] in text or "254,232,56" in text
    with sqlite3.connect(path) as database:
        rows = database.execute("SELECT styleName, useAsDefault FROM layer_styles").fetchall()
    assert sorted(rows) == [(title, title == "Class") for title in TITLES]


def test_other_formats_have_style_files_beside_them(tmp_path) -> None:
    path = tmp_path / "crops.shp"
    layer = file_layer(path, "ESRI Shapefile", rows=ROWS, fields=ALL_FIELDS)
    assert save_styles(layer, CLASSES, compared=True) == ""
    names = {file.name for file in tmp_path.glob("*.qml")}
    assert names == {"crops.qml", "crops_confidence.qml", "crops_agreement.qml", "crops_quality.qml"}
    alone = QgsVectorLayer(str(path), "", "ogr")
    assert colours(alone)[:2] == ["#e3b23c", "#8e5aa8"]
    alone.loadNamedStyle(str(tmp_path / "crops_quality.qml"))
    assert colours(alone) == [QUALITY_COLOURS[row[3]] for row in ROWS]


def test_a_reopened_project_has_all_styles(tmp_path) -> None:
    layer = file_layer(tmp_path / "crops.gpkg", rows=ROWS, fields=ALL_FIELDS)
    style_predictions(layer, CLASSES, compared=True)
    project = QgsProject()
    project.addMapLayer(layer)
    assert project.write(str(tmp_path / "season.qgz"))
    again = QgsProject()
    assert again.read(str(tmp_path / "season.qgz"))
    (found,) = again.mapLayers().values()
    assert sorted(found.styleManager().styles()) == TITLES
    found.styleManager().setCurrentStyle("Quality")
    assert colours(found) == [QUALITY_COLOURS[row[3]] for row in ROWS]


def test_a_file_that_cannot_take_the_styles_is_no_failure(tmp_path) -> None:
    path = tmp_path / "crops.gpkg"
    layer = file_layer(path, rows=ROWS, fields=ALL_FIELDS)
    with sqlite3.connect(path, isolation_level=None) as database:
        database.execute("BEGIN EXCLUSIVE")
        problem = save_styles(layer, CLASSES)
        database.execute("ROLLBACK")
    assert problem
    assert save_styles(memory_layer(ROWS, ALL_FIELDS), CLASSES) == ""  # there is no file
