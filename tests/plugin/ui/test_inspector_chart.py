"""The chart: its labels have room at any size, it can be read on dark and light, and it can be saved."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import csv
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
from qgis.PyQt.QtCore import QLocale, QPoint, QRectF, Qt
from qgis.PyQt.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPalette
from qgis.PyQt.QtTest import QTest

from crop_classifier_plugin.engine.protocol import parcel_course, store_pixels
from crop_classifier_plugin.ui.inspector.chart import ParcelChart, describe
from crop_classifier_plugin.ui.inspector.chart_data import Acquisition, ChartData, ClassCurve
from crop_classifier_plugin.ui.inspector.chart_painter import ChartPainter
from crop_classifier_plugin.ui.inspector.export import save_chart, save_series
from crop_classifier_plugin.ui.inspector.parcel_series import ParcelSeries

pytestmark = pytest.mark.usefixtures("qgis_app")
POINTS = tuple(
    parcel_course.CoursePoint(day, mean, mean - 0.1, mean + 0.05, 8, clear)
    for day, mean, clear in ((-40, 0.2, 8), (10, 0.3, 0), (95, 0.75, 3), (160, 0.8, 8), (290, 0.25, 0))
)
GAP = parcel_course.CoursePoint(120, None, None, None, 8, 0)
CURVES = (
    ClassCurve("Winter wheat and <b>spelt</b>", "#e3b23c", False, 1204, ((-40, 0.3, 0.1), (160, 0.7, 0.08))),
    ClassCurve("Maize", "#e8743b", True, 33, ((-40, 0.1, 0.1), (160, 0.5, 0.05))),
)


def data(points=POINTS, curves=CURVES, variable="NDVI", unit="1", on_acquisitions=True):
    shown = tuple(Acquisition(p.day, p.clear, p.pixels) for p in points if p.clear is not None)
    return ChartData(variable, unit, 2018, tuple(points), shown, on_acquisitions, curves)


def painter(shown, width=420, height=300, points=9.0, locale="en_GB", palette=None):
    font = QFont()
    font.setPointSizeF(points)
    return ChartPainter(shown, QRectF(0, 0, width, height), palette or QPalette(), font, QLocale(locale))


@pytest.mark.parametrize("width", [260, 320, 500, 1100])
@pytest.mark.parametrize("points", [7.0, 9.0, 14.0])
@pytest.mark.parametrize("locale", ["en_US", "fr_FR", "de_DE", "ru_RU"])
def test_labels_are_whole_and_do_not_overlap(width, points, locale):
    height = painter(data(variable="B08"), width, 300, points, locale).least_height()
    chart = painter(data(variable="B08"), width, height, points, locale)
    font = QFont()
    font.setPointSizeF(points)
    metrics, area = QFontMetricsF(font), QRectF(0, 0, width, height)
    assert chart.axes.plot.height() > 3 * metrics.height() and chart.axes.plot.bottom() < height
    values = chart.axes.value_labels(6)
    months, years = chart.axes.month_labels(area)
    assert len(values) >= 2 and len(months) >= 2 and [label.text for label in years] == ["2017", "2018"][-len(years) :]
    for label in (*values, *months, *years):
        assert area.contains(label.box) and label.box.width() >= metrics.horizontalAdvance(label.text)
    for line in (months, years):
        assert all(one.box.right() < other.box.left() for one, other in zip(line, line[1:]))
    assert all(one.box.top() > other.box.bottom() for one, other in zip(values, values[1:]))


def test_places_are_those_of_days_and_values():
    axes = painter(data()).axes
    assert (axes.first, axes.last) == (-40, 290) and (axes.low, axes.high) == (0.0, 1.0)
    assert axes.point(-40, 0.0) == axes.plot.bottomLeft() and axes.point(290, 1.0) == axes.plot.topRight()
    assert axes.day_at(axes.point(100, 0).x()) == pytest.approx(100)
    low, high = painter(data(variable="VV", unit="dB", curves=(), points=[POINTS[0], POINTS[3]])).axes.data.values()
    assert low == pytest.approx(0.1 - 0.03) and high == pytest.approx(0.85 + 0.03)  # its own range and 4 % of it


def test_a_month_starts_where_the_calendar_says():
    axes = painter(data(), width=900).axes
    months, _ = axes.month_labels(QRectF(0, 0, 900, 300))
    december = next(label for label in months if label.text.startswith("Dec"))
    assert axes.day_at(december.at) == pytest.approx(-31)
    february = next(label for label in months if label.text.startswith("Feb"))
    assert axes.day_at(february.at) == pytest.approx(31)


@pytest.mark.parametrize("points", [(), (GAP,), (POINTS[0],), (POINTS[0], GAP, POINTS[3])])
@pytest.mark.parametrize("curves", [(), CURVES])
@pytest.mark.parametrize("on_acquisitions", [True, False])
def test_little_to_show_is_no_error(points, curves, on_acquisitions):
    image = QImage(400, 300, QImage.Format.Format_ARGB32)
    canvas = QPainter(image)
    painter(data(points, curves, on_acquisitions=on_acquisitions)).paint(canvas)
    canvas.end()


def grab(shown, palette):
    image = QImage(420, 300, QImage.Format.Format_ARGB32)
    canvas = QPainter(image)
    chart = painter(shown, palette=palette)
    chart.paint(canvas)
    canvas.end()
    return image, chart


@pytest.mark.parametrize("background", ["#ffffff", "#2b2b2b"])
def test_dots_tell_clear_from_interpolated_dates_on_any_background(background):
    palette = QPalette()
    palette.setColor(QPalette.ColorRole.Base, QColor(background))
    palette.setColor(QPalette.ColorRole.Text, QColor("#000000" if background == "#ffffff" else "#ffffff"))
    image, chart = grab(data(curves=()), palette)

    def colour(point, dx=0.0):
        place = chart.axes.point(point.day, point.mean)
        return image.pixelColor(int(place.x() + dx), int(place.y()))

    line = QColor("#0072b2" if background == "#ffffff" else "#56b4e9")
    assert colour(POINTS[3]) == line  # all pixels clear: full
    assert colour(POINTS[1]) == QColor(background)  # none: a ring
    assert (colour(POINTS[2], -1.6), colour(POINTS[2], 1.4)) == (line, QColor(background))  # some: half
    assert image.pixelColor(2, 2) == QColor(background)


def test_the_spread_is_drawn_between_the_quantiles():
    image, chart = grab(data(curves=()), QPalette())
    x, y = (chart.axes.point(128, value) for value in (0.68, 0.5))
    assert image.pixelColor(int(x.x()), int(x.y())) != image.pixelColor(int(y.x()), int(y.y()))


def test_the_date_under_the_mouse_is_described(qtbot):
    text = describe(data(), 160, QLocale("en_GB"))
    lines = text.splitlines()
    assert lines[0] == "Sunday, 10 June 2018" and "0.800 (10 to 90 % of the pixels: 0.700 to 0.850)" in lines[1]
    assert lines[2] == "8 of 8 pixels clear"
    assert lines[3] == "Winter wheat and <b>spelt</b> (predicted): 0.700 ± 0.080 (1,204 parcels)"
    assert lines[4] == "Maize (declared): 0.500 ± 0.050 (33 parcels)"
    assert "NDVI: not observed" in describe(data((*POINTS, GAP)), 120, QLocale("en_GB"))
    chart = ParcelChart()
    qtbot.addWidget(chart)
    chart.resize(420, 300)
    chart.show_data(data())
    chart.show()
    place = chart.painter_for(QRectF(chart.rect())).axes.point(158, 0.4)
    QTest.mouseMove(chart, QPoint(int(place.x()), int(place.y())))
    qtbot.waitUntil(lambda: chart._marked == 160)


def test_names_of_classes_are_no_markup_in_the_tooltip():
    from crop_classifier_plugin.plain_text import tooltip

    assert "&lt;b&gt;spelt" in tooltip(describe(data(), 160, QLocale("en_GB")))


def test_the_chart_is_saved(qtbot, tmp_path):
    chart = ParcelChart()
    qtbot.addWidget(chart)
    chart.resize(500, 340)
    chart.show_data(data())
    save_chart(chart, tmp_path / "a.svg")
    root = ElementTree.parse(tmp_path / "a.svg").getroot()
    assert root.get("viewBox") == "0 0 500 340"
    texts = {node.text.strip() for node in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"Mean of the pixels", "Maize (declared), mean of the class", "2018", "0.5"} <= texts
    save_chart(chart, tmp_path / "a.png")
    image = QImage(str(tmp_path / "a.png"))
    assert (image.width(), image.height()) == (1500, 1020)
    assert image.pixelColor(3, 3) == chart.palette().color(QPalette.ColorRole.Base)
    with pytest.raises(OSError):
        save_chart(chart, tmp_path / "missing" / "a.svg")
    with pytest.raises(OSError):
        save_chart(chart, tmp_path / "missing" / "a.png")


def test_the_series_are_saved_as_a_table(tmp_path):
    bands = tuple(store_pixels.Band(name, "1", 0.0001) for name in ("B04", "B08"))
    source = store_pixels.StoreSource("sentinel-2", bands, (5, 40), (5, 40), ((), ()))
    values = [1000, 3000, 2000, 4000, 1200, 3600, -32768, -32768]  # two pixels, two days, two bands
    pixels = store_pixels.ParcelPixels(
        source, 2, store_pixels.array("h", values), bytearray([1, 0, 1, 0]), bytearray(4)
    )
    facts = SimpleNamespace(sources=(source,), season=2018)
    save_series(ParcelSeries(facts, [pixels]), data(), tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["date"], row["variable"]) for row in rows[:3]] == [
        ("2018-01-06", "NDVI"),
        ("2018-02-10", "NDVI"),
        ("2018-01-06", "B04"),
    ]
    assert [row["mean"] for row in rows] == ["0.5000", "0.3333", "0.1100", "0.2000", "0.3300", "0.4000"]
    assert rows[2]["p10"] == "0.1020" and rows[2]["clear"] == "2" and rows[3]["clear"] == "0"


def test_the_mouse_cursor_leaves_no_mark(qtbot):
    chart = ParcelChart()
    qtbot.addWidget(chart)
    chart.show_data(data())
    chart._marked = 95
    QTest.mouseMove(chart, QPoint(5, 5))
    chart.leaveEvent(None)
    assert chart._marked is None and chart.cursor().shape() == Qt.CursorShape.ArrowCursor
