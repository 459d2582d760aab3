"""Paints the chart of a parcel with Qt, on a widget, a picture or an SVG alike."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from functools import partial
from typing import Any, List, Optional

from qgis.PyQt.QtCore import QLocale, QPointF, QRectF, Qt
from qgis.PyQt.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPalette, QPen, QPolygonF

from ...translation import tr
from .chart_axes import TICK_PX, Axes
from .chart_data import Acquisition, ChartData, ClassCurve, curve_name
from .chart_legend import Entry, Legend

LIGHT_BLUE, DARK_BLUE = "#56b4e9", "#0072b2"  # Okabe and Ito, for dark and for light backgrounds
DOT_PX, LINE_PX, MARGIN_PX = 3.2, 2.0, 6.0
BAND_ALPHA, LEAST_LINES = 60, 11
DASHES_PX, DOTS_PX = (8.0, 4.0), (3.0, 3.0)  # of predicted and declared classes
BRIGHT = 128  # lightness of a background from which on it is light


class ChartPainter:
    """`marked` is the day under the mouse, None for none."""

    def __init__(
        self,
        data: ChartData,
        area: QRectF,
        palette: QPalette,
        font: QFont,
        locale: QLocale,
        marked: Optional[int] = None,
    ) -> None:
        self._data, self._area, self._palette, self._font, self._marked = data, area, palette, font, marked
        inner = area.adjusted(MARGIN_PX, MARGIN_PX, -MARGIN_PX, -MARGIN_PX)
        self._inner, self._metrics = inner, QFontMetricsF(font)
        light = palette.color(QPalette.ColorRole.Base).lightness() >= BRIGHT
        self._blue = QColor(DARK_BLUE if light else LIGHT_BLUE)
        self._legend = Legend(self._entries(), self._metrics, inner.width())
        self.axes = Axes(data, inner, self._metrics, locale, self._legend.height)

    def least_height(self) -> float:
        """Of the area, for the plot to have some room below the legend."""
        return self._legend.height + LEAST_LINES * self._metrics.height()

    def paint(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self._area, self._palette.color(QPalette.ColorRole.Base))
        painter.setFont(self._font)
        painter.setPen(self._text())
        self._legend.paint(painter, self._inner.left(), self._inner.top())
        self._paint_axes(painter)
        painter.save()
        painter.setClipRect(self.axes.plot.adjusted(-DOT_PX - 1, -DOT_PX - 1, DOT_PX + 1, TICK_PX + 1))
        self._paint_marked(painter)
        self._paint_band(painter)
        for curve in self._data.curves:
            self._paint_curve(painter, curve)
        self._paint_course(painter)
        self._paint_acquisitions(painter)
        painter.restore()

    def _text(self, alpha: int = 255) -> QColor:
        colour = QColor(self._palette.color(QPalette.ColorRole.Text))
        colour.setAlpha(alpha)
        return colour

    # Axes

    def _paint_axes(self, painter: QPainter) -> None:
        axes, plot = self.axes, self.axes.plot
        for label in axes.value_labels(self._inner.left()):
            painter.setPen(QPen(self._text(40), 1))
            painter.drawLine(QPointF(plot.left(), label.at), QPointF(plot.right(), label.at))
            painter.setPen(self._text(200))
            painter.drawText(label.box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, label.text)
        months, years = axes.month_labels(self._inner)
        painter.setPen(QPen(self._text(200), 1))
        painter.drawLine(plot.bottomLeft(), plot.bottomRight())
        for label in months:
            painter.drawLine(QPointF(label.at, plot.bottom()), QPointF(label.at, plot.bottom() + TICK_PX))
        for label in (*months, *years):
            painter.drawText(label.box, Qt.AlignmentFlag.AlignHCenter, label.text)

    def _paint_marked(self, painter: QPainter) -> None:
        if self._marked is not None:
            x = self.axes.point(self._marked, self.axes.low).x()
            painter.setPen(QPen(self._text(120), 1, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(x, self.axes.plot.top()), QPointF(x, self.axes.plot.bottom()))

    # The parcel

    def _paint_band(self, painter: QPainter) -> None:
        """Between the quantiles of the pixels; interrupted where a date has none."""
        fill = QColor(self._blue)
        fill.setAlpha(BAND_ALPHA)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(fill)
        for piece in self._pieces():
            upper = [self.axes.point(p.day, p.high) for p in piece]
            lower = [self.axes.point(p.day, p.low) for p in reversed(piece)]
            painter.drawPolygon(QPolygonF(upper + lower))
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _paint_course(self, painter: QPainter) -> None:
        for piece in self._pieces():
            painter.setPen(QPen(self._blue, LINE_PX))
            painter.drawPolyline(QPolygonF([self.axes.point(p.day, p.mean) for p in piece]))
            for point in piece:
                if point.clear is not None:
                    self._dot(painter, self.axes.point(point.day, point.mean), point.clear, point.pixels)

    def _pieces(self) -> List[List[Any]]:
        pieces: List[List[Any]] = [[]]
        for point in self._data.points:
            if point.mean is None:
                pieces.append([])
            else:
                pieces[-1].append(point)
        return [piece for piece in pieces if piece]

    def _dot(self, painter: QPainter, place: QPointF, clear: int, pixels: int) -> None:
        """Full where all pixels were clear, a ring where none was and the value is interpolated, else half full."""
        base = self._palette.color(QPalette.ColorRole.Base)
        painter.setPen(QPen(self._blue, 1.4))
        painter.setBrush(self._blue if clear == pixels else base)
        painter.drawEllipse(place, DOT_PX, DOT_PX)
        if 0 < clear < pixels:
            painter.setBrush(self._blue)
            around = QRectF(place.x() - DOT_PX, place.y() - DOT_PX, 2 * DOT_PX, 2 * DOT_PX)
            painter.drawPie(around, 90 * 16, 180 * 16)  # the left half; sixteenths of a degree
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _paint_acquisitions(self, painter: QPainter) -> None:
        """Along the axis where the course is on other days than the images."""
        if not self._data.on_acquisitions:
            for one in self._data.acquisitions:
                self._dot(painter, self.axes.point(one.day, self.axes.low), one.clear, one.pixels)

    # Classes

    def _paint_curve(self, painter: QPainter, curve: ClassCurve) -> None:
        self._stroke(painter, curve, [self.axes.point(day, mean) for day, mean, _ in curve.points])

    def _stroke(self, painter: QPainter, curve: ClassCurve, points: List[QPointF]) -> None:
        """In the class's colour, with an edge by which it is seen on any background."""
        dashes = DOTS_PX if curve.declared else DASHES_PX
        for colour, width in ((self._text(130), LINE_PX + 1.4), (QColor(curve.colour), LINE_PX)):
            pen = QPen(colour, width)
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            pen.setDashPattern([length / width for length in dashes])  # in units of the width
            painter.setPen(pen)
            painter.drawPolyline(QPolygonF(points))

    # Legend

    def _entries(self) -> List[Entry]:
        entries = []
        if self._data.points:
            entries.append(Entry(tr("Mean of the pixels"), self._line_sample))
            entries.append(Entry(tr("10 to 90 % of them"), self._band_sample))
            entries += [Entry(name, partial(self._dot_sample, clear)) for clear, name in self._kinds()]
        return entries + [Entry(curve_name(curve), partial(self._curve_sample, curve)) for curve in self._data.curves]

    def _kinds(self) -> List[Any]:
        """Which kinds of dates there are: how many of two pixels were clear, and its name."""
        names = {2: tr("Clear"), 1: tr("Partly clear"), 0: tr("Interpolated")}
        if not self._data.on_acquisitions:
            names = {2: tr("Clear image"), 1: tr("Partly clear image"), 0: tr("Cloudy image")}
        found = {_kind(one) for one in self._data.acquisitions}
        return [(kind, name) for kind, name in names.items() if kind in found]

    def _line_sample(self, painter: QPainter, at: QPointF, width: float) -> None:
        painter.setPen(QPen(self._blue, LINE_PX))
        painter.drawLine(at, QPointF(at.x() + width, at.y()))

    def _band_sample(self, painter: QPainter, at: QPointF, width: float) -> None:
        fill = QColor(self._blue)
        fill.setAlpha(BAND_ALPHA)
        painter.fillRect(QRectF(at.x(), at.y() - 4, width, 8), fill)

    def _dot_sample(self, clear: int, painter: QPainter, at: QPointF, width: float) -> None:
        self._dot(painter, QPointF(at.x() + width / 2, at.y()), clear, 2)

    def _curve_sample(self, curve: ClassCurve, painter: QPainter, at: QPointF, width: float) -> None:
        self._stroke(painter, curve, [at, QPointF(at.x() + width, at.y())])


def _kind(one: Acquisition) -> int:
    return 2 if one.clear == one.pixels else 1 if one.clear else 0
