"""Results as styled layers."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest
from qgis.core import (
    QgsExpression,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsFeature,
    QgsRenderContext,
    QgsVectorLayer,
)
from sample_layers import memory_layer

from crop_classifier_plugin.layers import style_predictions

pytestmark = pytest.mark.usefixtures("qgis_app", "qgis_processing")

CLASSES = [
    {"code": "1200", "name": "Blé tendre", "colour": "#e3b23c"},
    {"code": "vine", "name": "Grapevine", "colour": "#8e5aa8"},
]


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
