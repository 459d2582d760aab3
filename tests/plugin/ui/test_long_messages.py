"""Messages of many lines: the windows stay within 580 px of height, and every message can be read to its end."""

# SPDX-License-Identifier: GPL-2.0-or-later
import pytest
from qgis.core import Qgis
from qgis.gui import QgsScrollArea
from qgis.PyQt.QtWidgets import QVBoxLayout, QWidget

from crop_classifier_plugin.ui.elided_label import ElidedLabel
from crop_classifier_plugin.ui.engine_dialog import EngineDialog
from crop_classifier_plugin.ui.message import replace
from crop_classifier_plugin.ui.plain_table import plain_table
from crop_classifier_plugin.ui.scrolling_text import MOST_LINES, ScrollingText

LONG = "The images cannot be read, and the reason takes many words. " * 10 + "\n" + "Do this, then try again. " * 10
MOST_PX = 580
TWO_LINES = "The model needs the band B05, which the images lack.\nChoose images with this band, or another model."


@pytest.fixture
def engine_dialog(qtbot, no_engine):
    window = EngineDialog()
    qtbot.addWidget(window)
    return window


def fits(qtbot, window):
    """After the layouts have settled: a minimum above its height would make the window grow."""
    qtbot.wait(50)
    return window.height() <= MOST_PX and window.minimumSizeHint().height() <= MOST_PX


def message_of(bar):
    return bar.currentItem().findChild(ScrollingText)


def scrolls(widget):
    """How many pixels more the scroll area around a widget has to show."""
    area = widget.parent()
    while not isinstance(area, QgsScrollArea):
        area = area.parent()
    return area.verticalScrollBar().maximum()


def shows(area):
    """The height in pixels that can be seen, by scrolling to the end."""
    return area.viewport().height() + area.verticalScrollBar().maximum()


@pytest.mark.parametrize("name", ["classify_window", "train_window"])
def test_the_window_on_its_data(qtbot, engine, request, search, name):
    engine()
    window = request.getfixturevalue(name)
    window.show()
    search(window)
    assert fits(qtbot, window) and not scrolls(window.imagery)
    replace(window.bar, LONG, Qgis.MessageLevel.Critical, {"Show Log": window.show_log})
    window.progress.show_message(LONG)
    assert fits(qtbot, window)
    message = message_of(window.bar)
    assert message.height() == MOST_LINES * message.fontMetrics().lineSpacing()
    assert shows(message) >= message.label.heightForWidth(message.viewport().width())
    window.imagery.acquisitions.clear(LONG)
    assert fits(qtbot, window) and scrolls(window.imagery)
    summary = window.imagery.acquisitions.summary
    assert summary.height() >= summary.heightForWidth(summary.width())
    assert summary.width() > 0.8 * window.imagery.width()  # the buttons make room


def test_the_engine_set_up(qtbot, engine_dialog):
    window = engine_dialog
    window.show()
    assert fits(qtbot, window) and not scrolls(window.state) and not scrolls(window.choice)
    window.state.show_doctor({"packages": {}, "engine": "1", "python": "3", "devices": [], "problems": [LONG]})
    replace(window.bar, LONG, Qgis.MessageLevel.Critical)
    window.progress.show_message(LONG)
    assert fits(qtbot, window)
    text = window.state.state
    assert scrolls(text) and text.height() >= text.heightForWidth(text.width())
    assert window.log.text.height() > 50


def test_a_message_of_two_lines_is_shown_whole(qtbot, engine, classify_window, search):
    engine()
    classify_window.show()
    search(classify_window)
    replace(classify_window.bar, TWO_LINES, Qgis.MessageLevel.Critical, {"Show Log": classify_window.show_log})
    assert fits(qtbot, classify_window)
    message = message_of(classify_window.bar)
    assert not scrolls(message.label) and message.height() >= 2 * message.fontMetrics().lineSpacing()


def test_the_height_of_a_text_follows_its_width(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    text = ScrollingText("Nine words that need two lines in little room.")
    QVBoxLayout(window).addWidget(text)
    window.resize(800, 200)
    window.show()
    line_px = text.fontMetrics().lineSpacing()
    assert line_px <= text.height() < 1.5 * line_px
    window.resize(250, 200)
    qtbot.waitUntil(lambda: 2 * line_px <= text.height() < 2.5 * line_px and not scrolls(text.label), timeout=2000)
    assert text.label.width() == text.width()


def test_a_line_that_is_cut_has_an_ellipsis(qtbot):
    label = ElidedLabel()
    qtbot.addWidget(label)
    label.setText("block 2 of 5")
    label.resize(400, 30)
    assert label.shown() == label.text() == "block 2 of 5"
    label.resize(60, 30)
    assert label.shown().startswith("blo") and label.shown().endswith("…")
    assert label.sizePolicy().horizontalPolicy() == label.sizePolicy().Policy.Ignored


def test_a_table_asks_for_few_rows(qtbot):
    table = plain_table(("Date", "Product"), stretched=1)
    qtbot.addWidget(table)
    table.setRowCount(100)
    assert table.sizeHint().height() == table.minimumSizeHint().height() == table.height_of(2)
    table.resize(300, table.height_of(3))
    table.show()
    assert table.rowAt(table.viewport().height() - 1) == 2  # the third row ends where the table does
