"""The axes of the chart: where values and days are, round values, and months as the user's language names them."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass
from typing import List, Tuple

from qgis.PyQt.QtCore import QDate, QLocale, QPointF, QRectF
from qgis.PyQt.QtGui import QFontMetricsF

from ..curve_widget import ticks
from .chart_data import ChartData

TICK_PX = 4.0
GAP_PX = 6.0


@dataclass(frozen=True)
class Label:
    """A text in its place; `at` is where the axis has its tick."""

    text: str
    box: QRectF
    at: float


class Axes:
    """Lays out the plot below `head_px` within `area`, so that no label is cut at its edges."""

    def __init__(self, data: ChartData, area: QRectF, metrics: QFontMetricsF, locale: QLocale, head_px: float) -> None:
        self.data, self._metrics, self._locale = data, metrics, locale
        self.low, self.high = data.values()
        self.first, self.last = data.days()
        line = metrics.height()
        bottom = area.bottom() - 2 * line - TICK_PX - GAP_PX
        top = area.top() + head_px + 0.5 * line
        rows = max(int((bottom - top) / (1.9 * line)), 2)
        tried = (ticks(self.low, self.high, most) for most in range(rows, rows + 4))
        self._values = next((found for found in tried if len(found) > 1), [self.low])
        texts = [self.number(value) for value in self._values]
        left = area.left() + max(metrics.horizontalAdvance(text) for text in texts) + 2 * GAP_PX
        right = area.right() - 0.5 * line
        self.plot = QRectF(left, top, max(right - left, 20.0), max(bottom - top, 20.0))

    def number(self, value: float) -> str:
        """By the user's locale, with as many decimals as the steps need."""
        step = abs(self._values[1] - self._values[0]) if len(self._values) > 1 else abs(value) or 1.0
        decimals = next((n for n in range(7) if abs(step * 10**n - round(step * 10**n)) < 1e-6), 6)
        return self._locale.toString(float(value), "f", decimals)

    def point(self, day: float, value: float) -> QPointF:
        across = (day - self.first) / (self.last - self.first)
        up = (value - self.low) / (self.high - self.low)
        return QPointF(self.plot.left() + across * self.plot.width(), self.plot.bottom() - up * self.plot.height())

    def day_at(self, x: float) -> float:
        return self.first + (x - self.plot.left()) / self.plot.width() * (self.last - self.first)

    def value_labels(self, left: float) -> List[Label]:
        line = self._metrics.height()
        width = self.plot.left() - GAP_PX - left
        heights = [(value, self.point(self.first, value).y()) for value in self._values]
        return [Label(self.number(value), QRectF(left, y - line / 2, width, line), y) for value, y in heights]

    def month_labels(self, area: QRectF) -> Tuple[List[Label], List[Label]]:
        """The names of months below their first days, as many as have room, and the years below the first of each."""
        months = self._months()
        names = [self._locale.standaloneMonthName(month.month(), QLocale.FormatType.ShortFormat) for month in months]
        widest = max((self._metrics.horizontalAdvance(name) for name in names), default=0.0) + 2 * GAP_PX
        room = max(int(self.plot.width() / widest), 1)
        step = next((n for n in (1, 2, 3, 4, 6) if len(months) <= n * room), 12)
        labels: List[Label] = []
        years: List[Label] = []
        top = self.plot.bottom() + TICK_PX
        for month, name in zip(months, names):
            if step > 1 and (month.month() - 1) % step:
                continue
            labels.append(self._below(name, month, top, area))
            if not years or month.year() != int(years[-1].text):
                years.append(self._below(str(month.year()), month, top + self._metrics.height(), area))
        return labels, years

    def _below(self, text: str, day: QDate, top: float, area: QRectF) -> Label:
        """Centred below its day, but within the area."""
        x = self.point(self.data.date(0).daysTo(day), self.low).x()
        width = self._metrics.horizontalAdvance(text) + 2.0
        left = min(max(x - width / 2, area.left()), area.right() - width)
        return Label(text, QRectF(left, top, width, self._metrics.height()), x)

    def _months(self) -> List[QDate]:
        """The first days of the months of the axis; of one that has none, its first day."""
        start, end = self.data.date(self.first), self.data.date(self.last)
        month = QDate(start.year(), start.month(), 1)
        if month < start:
            month = month.addMonths(1)
        found = []
        while month <= end:
            found.append(month)
            month = month.addMonths(1)
        return found or [start]
