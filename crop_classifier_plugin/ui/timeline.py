"""The acquisitions of a season as bars in time: how clear each is, and whether it is used."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Sequence

from qgis.PyQt.QtCore import QDate, QEvent, QLineF, QPoint, QRectF, QSize, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPalette
from qgis.PyQt.QtWidgets import QSizePolicy, QToolTip, QWidget

from ..plain_text import tooltip
from ..translation import tr

BAR_PX, GAP_PX = 5, 2
BARS_PX = 22  # of a day without clouds
REACH_PX = 6  # from a bar, to be meant by the mouse


@dataclass(frozen=True)
class Bar:
    """An acquisition: its date, its share of clear pixels (None where it is not known), and whether it is used."""

    date: QDate
    clear: Optional[float]
    used: bool


class Timeline(QWidget):
    """`toggled` carries the position of the bar that was clicked."""

    toggled = pyqtSignal(int)

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.bars: list[Bar] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setAccessibleName(tr("Acquisitions in time"))

    def show_bars(self, bars: Sequence[Bar]) -> None:
        self.bars = list(bars)
        self.setVisible(bool(self.bars))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, BARS_PX + self.fontMetrics().height() + 2 * GAP_PX)

    def minimumSizeHint(self) -> QSize:
        return QSize(100, self.sizeHint().height())

    # Places

    def x_of(self, date: QDate) -> float:
        """The middle of a date's bar in pixels; months begin and end with the width."""
        first, last = self._months()
        days = max(1, first.daysTo(last))
        return BAR_PX + (self.width() - 2 * BAR_PX) * first.daysTo(date) / days

    def _months(self) -> tuple[QDate, QDate]:
        dates = [bar.date for bar in self.bars]
        first, last = min(dates), max(dates)
        return QDate(first.year(), first.month(), 1), QDate(last.year(), last.month(), 1).addMonths(1)

    def bar_at(self, place: QPoint) -> Optional[int]:
        """The nearest bar, where one is near."""
        distances = [abs(self.x_of(bar.date) - place.x()) for bar in self.bars]
        nearest = min(range(len(distances)), key=distances.__getitem__, default=None)
        return nearest if nearest is not None and distances[nearest] <= REACH_PX else None

    # Drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.bars:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._draw_months(painter)
        painter.setPen(Qt.PenStyle.NoPen)
        for bar in self.bars:
            self._draw_bar(painter, bar)
        painter.end()

    def _draw_months(self, painter: QPainter) -> None:
        """A line under the bars, a mark at each month, and the names that have room."""
        palette = self.palette()
        painter.setPen(palette.color(QPalette.ColorRole.Mid))
        painter.drawLine(QLineF(0, BARS_PX + GAP_PX, self.width(), BARS_PX + GAP_PX))
        first, last = self._months()
        month, free_from = first, 0.0
        while month < last:
            x = self.x_of(month)
            painter.setPen(palette.color(QPalette.ColorRole.Mid))
            painter.drawLine(QLineF(x, BARS_PX, x, BARS_PX + GAP_PX))
            name = self.locale().toString(month, "MMM yyyy" if month == first or month.month() == 1 else "MMM")
            width = self.fontMetrics().horizontalAdvance(name)
            if x >= free_from and x + width <= self.width():
                painter.setPen(palette.color(QPalette.ColorRole.WindowText))
                painter.drawText(QPoint(round(x), self.height() - self.fontMetrics().descent()), name)
                free_from = x + width + 4 * GAP_PX
            month = month.addMonths(1)

    def _draw_bar(self, painter: QPainter, bar: Bar) -> None:
        palette = self.palette()
        colour = QColor(palette.color(QPalette.ColorRole.Highlight if bar.used else QPalette.ColorRole.Mid))
        x = self.x_of(bar.date) - BAR_PX / 2
        whole = QRectF(x, GAP_PX, BAR_PX, BARS_PX)
        faint = QColor(colour)
        faint.setAlpha(60)
        painter.fillRect(whole, faint)
        if bar.clear is not None:
            height = BARS_PX * bar.clear
            painter.fillRect(QRectF(x, GAP_PX + BARS_PX - height, BAR_PX, height), colour)

    # The mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        position = self.bar_at(event.pos())
        if position is not None and event.button() == Qt.MouseButton.LeftButton:
            self.toggled.emit(position)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            position = self.bar_at(event.pos())
            text = "" if position is None else self.text_of(self.bars[position])
            QToolTip.showText(event.globalPos(), tooltip(text), self)
            return True
        return super().event(event)

    def text_of(self, bar: Bar) -> str:
        """`13 May 2017, 100 % clear, used`."""
        date = self.locale().toString(bar.date, "d MMM yyyy")
        clear = tr("cloud share unknown") if bar.clear is None else tr("{0} % clear").format(round(100 * bar.clear))
        return ", ".join((date, clear, tr("used") if bar.used else tr("not used")))
