"""The small parts: ticks and curves, shares in tables, class tables, values of fields."""

# SPDX-License-Identifier: GPL-2.0-or-later
import pytest
from qgis.PyQt.QtCore import QVariant
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtWidgets import QStyleOptionViewItem

from crop_classifier_plugin.class_tables import CLASS_TABLES, titles
from crop_classifier_plugin.ui.class_count import field_text
from crop_classifier_plugin.ui.class_table import FOLDER, UnreadableTable, group, read_table
from crop_classifier_plugin.ui.curve_widget import COLOURS, CurveWidget, ticks
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


def test_classes_are_grouped_largest_first():
    shares, left_out = group(
        {"bth": 3, "ORH": 4, "MIS": 1, "XYZ": 2}, {"bth": ("Wheat", "#1"), "orh": ("Barley", "#2")}
    )
    assert [(share.name, share.parcels) for share in shares] == [("Barley", 4), ("Wheat", 3)]
    assert left_out == 3


def test_the_tables_that_come_along_can_be_read_and_chosen():
    assert read_table(FOLDER / "paper.csv")["bth"][0] == "Cereal"
    assert read_table(FOLDER / "rpg_groups.csv")["bth"][0] == "Blé tendre"
    files = {path.stem for path in FOLDER.glob("*.csv")}
    assert set(CLASS_TABLES) - {"own", "file"} == set(titles()) - {"own", "file"} == files
    assert all(read_table(FOLDER / f"{name}.csv") for name in files)
    assert CLASS_TABLES[:4] == ("own", "paper", "rpg_groups", "file")  # saved models hold positions


def test_values_match_codes_then_names_as_in_the_engine(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(
        "code\tname\tclass\tcolour\n0110\tBlé tendre\tWheat\t#1\n5\tRye\tA\t\n6\tRye\tB\t\n", encoding="utf-8"
    )
    shares, left_out = group({"110": 1, "110.0": 2, "BLE TENDRE": 4, "Rye": 8, "006": 16}, read_table(path))
    assert [(share.name, share.parcels) for share in shares] == [("B", 16), ("Wheat", 7)]
    assert left_out == 8
    path.write_text("code,name,class,colour\nA,,One,#1\n*,,Rest,#2\n", encoding="utf-8")
    shares, left_out = group({"a": 1, "?": 2}, read_table(path))
    assert [(share.name, share.parcels, share.colour) for share in shares] == [("Rest", 2, "#2"), ("One", 1, "#1")]
    assert left_out == 0


def test_a_table_that_is_none_is_refused(tmp_path):
    path = tmp_path / "bad.csv"
    path.write_bytes("code,class\nBTH,Blé\n".encode("latin-1"))
    with pytest.raises(UnreadableTable):
        read_table(path)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1200, "1200"),
        (1200.0, "1200"),
        (1.5, "1.5"),
        (" BTH ", "BTH"),
        (None, ""),
        (QVariant(), ""),
        (float("nan"), ""),
    ],
)
def test_field_values_read_as_codes(value, text):
    assert field_text(value) == text


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
