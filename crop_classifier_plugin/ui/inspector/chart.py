"""The chart of a parcel as a widget: the date under the mouse is marked and described."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, Optional

from qgis.PyQt.QtCore import QEvent, QLocale, QPoint, QRectF, QSize
from qgis.PyQt.QtGui import QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from qgis.PyQt.QtWidgets import QSizePolicy, QToolTip, QWidget

from ...plain_text import tooltip
from ...translation import tr
from .chart_data import ChartData, ClassCurve
from .chart_painter import ChartPainter

LEAST_PX, USUAL_PX = QSize(260, 200), QSize(400, 280)


class ParcelChart(QWidget):
    """Empty until `show_data`."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.data: Optional[ChartData] = None
        self._marked: Optional[int] = None
        self.setMinimumSize(LEAST_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(True)
        self.setAccessibleName(tr("Course through the season"))

    def sizeHint(self) -> QSize:
        return USUAL_PX

    def show_data(self, data: Optional[ChartData]) -> None:
        self.data, self._marked = data, None
        self._fit()
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()

    def _fit(self) -> None:
        """A narrow chart has a higher legend."""
        chart = self.painter_for(QRectF(self.rect()))
        self.setMinimumHeight(LEAST_PX.height() if chart is None else int(chart.least_height()))

    def painter_for(self, area: QRectF, marked: Optional[int] = None) -> Optional[ChartPainter]:
        """Of what it shows, for any size; None where it shows nothing."""
        if self.data is None:
            return None
        return ChartPainter(self.data, area, self.palette(), self.font(), self.locale(), marked)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        chart = self.painter_for(QRectF(self.rect()), self._marked)
        if chart is not None:
            chart.paint(painter)
        painter.end()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        chart = self.painter_for(QRectF(self.rect()))
        day = None if chart is None else self._nearest(chart.axes.day_at(event.pos().x()))
        if day != self._marked:
            self._marked = day
            self.update()
        if day is not None and self.data is not None:
            place = self.mapToGlobal(event.pos() + QPoint(12, 12))
            QToolTip.showText(place, tooltip(describe(self.data, day, self.locale())), self)

    def leaveEvent(self, event: QEvent) -> None:
        self._marked = None
        self.update()

    def _nearest(self, day: float) -> Optional[int]:
        data = self.data
        if data is None:
            return None
        known = [p.day for p in data.points] or [d for curve in data.curves for d, *_ in curve.points]
        return min(known, key=lambda one: abs(one - day), default=None)


def describe(data: ChartData, day: int, locale: QLocale) -> str:
    """The values of a date in words, a line for each."""
    lines = [locale.toString(data.date(day), QLocale.FormatType.LongFormat)]
    point: Any = next((p for p in data.points if p.day == day), None)
    if point is not None and point.mean is None:
        lines.append(tr("{0}: not observed").format(data.variable))
    elif point is not None:
        values = (locale.toString(float(value), "f", 3) for value in (point.mean, point.low, point.high))
        lines.append(tr("{0}: {1} (10 to 90 % of the pixels: {2} to {3})").format(data.variable, *values))
    if point is not None and point.clear is not None:
        counts = (locale.toString(point.clear), locale.toString(point.pixels))
        lines.append(tr("{0} of {1} pixels clear").format(*counts))
    lines += [line for curve in data.curves for line in _of_class(curve, day, locale)]
    return "\n".join(lines)


def _of_class(curve: ClassCurve, day: int, locale: QLocale) -> list[str]:
    """`Maize (declared): 0.61 ± 0.08 (124 parcels)`, where the class has a value on that day."""
    text = (
        tr("{0} (declared): {1} ± {2} ({3} parcels)")
        if curve.declared
        else tr("{0} (predicted): {1} ± {2} ({3} parcels)")
    )
    values = [
        (locale.toString(mean, "f", 3), locale.toString(deviation, "f", 3))
        for known, mean, deviation in curve.points
        if known == day
    ]
    return [text.format(curve.name, *pair, locale.toString(curve.parcels)) for pair in values]
