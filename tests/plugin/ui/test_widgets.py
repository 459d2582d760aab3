"""The small parts: ticks and curves, shares in tables, class tables, values of fields."""

# SPDX-License-Identifier: GPL-2.0-or-later
import pytest
from qgis.core import QgsProject, QgsVectorLayer
from qgis.PyQt.QtCore import QVariant
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtWidgets import QStyleOptionViewItem

from crop_classifier_plugin.class_tables import CLASS_TABLES, FOLDER, titles
from crop_classifier_plugin.engine.protocol import crop_codes
from crop_classifier_plugin.ui.class_table import UnreadableTable, classes_of
from crop_classifier_plugin.ui.curve_widget import COLOURS, CurveWidget, ticks
from crop_classifier_plugin.ui.parcels_row import ParcelsRow
from crop_classifier_plugin.ui.progress_row import ProgressRow
from crop_classifier_plugin.ui.share_delegate import ShareDelegate


@pytest.mark.parametrize(
    ("low", "high", "most", "expected"),
    [
        (0, 1, 6, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (0, 1, 5, [0, 0.5, 1]),
        (0, 50, 6, [0, 10, 20, 30, 40, 50]),
        (0, 2.31, 5, [0, 1, 2]),
        (0, 0.0123, 4, [0, 0.005, 0.01]),
        (3, 3, 5, [3]),
    ],
)
def test_ticks_are_round(low, high, most, expected):
    assert ticks(low, high, most) == pytest.approx(expected)


def coloured(image, name, within):
    """How many pixels have nearly the colour `name`."""
    wanted = QColor(name)
    near = 0
    for x in range(within.left(), within.right()):
        for y in range(within.top(), within.bottom()):
            found = image.pixelColor(x, y)
            near += all(abs(found.getRgb()[k] - wanted.getRgb()[k]) < 30 for k in range(3))
    return near


def test_a_curve_is_painted_where_its_values_are(qtbot):
    chart = CurveWidget("Loss", ("Training", "Validation"), ceiling=1.0)
    qtbot.addWidget(chart)
    chart.resize(400, 300)
    chart.set_epochs(5)
    for epoch in range(1, 6):
        chart.add("Training", epoch, 0.9)
        chart.add("Validation", epoch, 0.1)
    image = chart.grab().toImage()
    plot = chart._plot_area().toRect()
    upper, lower = plot.adjusted(0, 0, 0, -plot.height() // 2), plot.adjusted(0, plot.height() // 2, 0, 0)
    assert coloured(image, COLOURS[0], upper) > 300 and coloured(image, COLOURS[0], lower) == 0
    assert coloured(image, COLOURS[1], lower) > 300 and coloured(image, COLOURS[1], upper) == 0


def test_a_value_that_is_no_number_leaves_a_gap(qtbot):
    chart = CurveWidget("Loss", ("Training",))
    qtbot.addWidget(chart)
    chart.add("Training", 1, float("nan"))
    chart.add("Training", 2, None)
    chart.add("Training", 3, 0.5)
    assert chart.curves[0].points == [(3, 0.5)]
    assert not chart.grab().isNull()


def test_shares_read_as_percentages(qtbot, qgis_app):
    delegate = ShareDelegate(decimals=1)
    locale = QStyleOptionViewItem().locale
    assert delegate.displayText(0.9312, locale) == f"{locale.toString(93.12, 'f', 1)} %"
    assert delegate.displayText("text", locale) == "text"


def previewed(path, counts, others=""):
    """Parcels by class, and those of each code that the table lacks."""
    counted = classes_of(counts, path, others).count(counts)
    return {share.of.name: share.parcels for share in counted.classes}, counted.unknown


def test_the_tables_that_come_along_can_be_read_and_chosen():
    assert previewed(FOLDER / "paper.csv", {"BTH": 3, "bth": 1}) == ({"Cereal": 4}, {})
    assert previewed(FOLDER / "rpg_groups.csv", {"BTH": 3}) == ({"Blé tendre": 3}, {})
    files = {path.stem for path in FOLDER.glob("*.csv")}
    assert set(CLASS_TABLES) - {"own", "file"} == set(titles()) - {"own", "file"} == files
    assert all(classes_of([], FOLDER / f"{name}.csv").classes for name in files)
    assert CLASS_TABLES[:4] == ("own", "paper", "rpg_groups", "file")  # saved models hold positions


def test_values_match_codes_then_names_as_in_the_engine(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(
        "code\tname\tclass\tcolour\n0110\tBlé tendre\tWheat\t#102030\n5\tRye\tA\t\n6\tRye\tB\t\n",
        encoding="utf-8",
    )
    counts = {"110": 1, "110.0": 2, "BLE TENDRE": 4, "Rye": 8, "006": 16}
    assert previewed(path, counts) == ({"Wheat": 7, "B": 16}, {"Rye": 8})
    assert classes_of(counts, path).count(counts).classes[0].of.colour == "#102030"
    path.write_text("code,name,class,colour\nA,,One,#111111\n*,,Rest,#222222\n", encoding="utf-8")
    assert previewed(path, {"a": 1, "?": 2}) == ({"One": 1, "Rest": 2}, {"?": 2})


def test_codes_that_differ_in_zeros_or_capitals_keep_their_classes_as_in_the_engine(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("code,name,class,colour\n0110,,Wheat,\n110,,Rye,\na,,One,\nA,,Two,\n", encoding="utf-8")
    counts = {"0110": 10, "110": 20, "00110": 5, "a": 1, "A": 2}
    assert previewed(path, counts) == ({"Wheat": 10, "Rye": 20, "One": 1, "Two": 2}, {"00110": 5})
    assert previewed(path, counts, "rye")[0] == {"Wheat": 10, "Rye": 25, "One": 1, "Two": 2}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("code,class\nBTH,Blé\n".encode("latin-1"), "line 2: this line is not UTF-8 (0xe9"),
        (b"code,name,class,colour\nA,,One,red\n", "line 2: the colour 'red' is not of the form #rrggbb."),
        (b"code,name,class,colour\nA,,One,\nA,,Two,\n", "line 3: the code A is in the class 'One' already"),
        (b"code,name,class,colour\n", "line 1: the table has no rows."),
    ],
)
def test_a_table_that_the_engine_refuses_is_refused_with_the_same_message(tmp_path, text, message):
    path = tmp_path / "bad.csv"
    path.write_bytes(text)
    with pytest.raises(UnreadableTable) as caught:
        classes_of([], path)
    assert str(caught.value).startswith(f"{path}, ") and message in str(caught.value)


def test_a_table_that_is_gone_is_named(tmp_path):
    with pytest.raises(UnreadableTable, match="gone.csv"):
        classes_of([], tmp_path / "gone.csv")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1200, "1200"),
        (1200.0, "1200"),
        (1.5, "1.5"),
        (" BTH ", "BTH"),
        (None, None),
        (QVariant(), None),
        (float("nan"), None),
        ("ble\u0301", "bl\u00e9"),
        (True, "True"),
    ],
)
def test_field_values_read_as_codes(value, text):
    assert crop_codes.as_code(value) == text


def test_progress_shows_stage_message_and_time_left(qtbot):
    row = ProgressRow()
    qtbot.addWidget(row)
    row.start()
    assert (row.bar.minimum(), row.bar.maximum()) == (0, 0)
    row.show_progress(0.25, "training", "fold 1", 600.0)
    assert row.bar.value() == 250 and row.stage.text() == "Training – fold 1" and row.left.text() == "about 10 min left"
    with qtbot.waitSignal(row.cancelled):
        row.cancel.click()
    assert row.stage.text() == "Cancelling…" and not row.cancel.isEnabled()


def test_the_active_layer_is_the_one_to_start_with_and_no_result(qtbot, qgis_app):
    """QGIS's list would take the first one by its name, which after a classification is the result."""
    result = QgsVectorLayer(
        "Polygon?crs=EPSG:32631&field=crop_code:string&field=crop_name:string&field=confidence:double&field=quality:string",
        "A result",
        "memory",
    )
    layers = {name: QgsVectorLayer("Polygon?crs=EPSG:32631&field=id:integer", name, "memory") for name in "BC"}
    QgsProject.instance().addMapLayers([result, *layers.values()])
    for active, first in ((None, "B"), (layers["C"], "C"), (result, "B")):
        row = ParcelsRow(lambda active=active: active)
        qtbot.addWidget(row)
        row.set_value(None)
        assert row.layer().name() == first
    QgsProject.instance().removeMapLayers([layer.id() for layer in layers.values()])
    row.set_value(None)
    assert row.layer() is result  # the user's own parcels may have such fields
