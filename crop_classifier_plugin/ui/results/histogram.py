"""A histogram of shares of 0..1 to click into or drag over."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, List, Optional, Tuple

from qgis.PyQt.QtCore import QEvent, QPointF, QRectF, QSize, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen
from qgis.PyQt.QtWidgets import QSizePolicy, QToolTip, QWidget

from ...plain_text import tooltip
from ...translation import tr
from ..curve_widget import ticks

BAR = "#0072b2"  # Okabe and Ito
GAP_PX, RIGHT_PX = 2, 34


class Histogram(QWidget):
    """`chosen` carries the first and the last bin of a click or a drag."""

    chosen = pyqtSignal(int, int)

    def __init__(self, axis: str, parent: Any = None) -> None:
        super().__init__(parent)
        self.counts: List[int] = []
        self.colour = BAR
        self._axis = axis
        self._range: Optional[Tuple[int, int]] = None
        self._start: Optional[int] = None
        self.setMinimumSize(300, 200)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(axis)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:
        return QSize(560, 320)

    def set_counts(self, counts: List[int], colour: str = BAR) -> None:
        self.counts, self._range = counts, None
        self.colour = colour if QColor(colour).isValid() else BAR
        self.update()

    # The mouse

    def bin_at(self, x: float) -> int:
        """The bin under a place of the widget, the nearest one beside the bars."""
        area = self.area()
        place = (x - area.left()) / max(area.width(), 1.0) * len(self.counts)
        return min(max(int(place), 0), len(self.counts) - 1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.counts and event.button() == Qt.MouseButton.LeftButton:
            self._start = self.bin_at(event.pos().x())
            self._mark(self._start)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._start is not None:
            self._mark(self.bin_at(event.pos().x()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._start is None or self._range is None:
            return
        self._start = None
        self.chosen.emit(*self._range)

    def _mark(self, other: int) -> None:
        start = other if self._start is None else self._start
        self._range = (min(start, other), max(start, other))
        self.update()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip and self.counts:
            at = self.bin_at(event.pos().x())
            QToolTip.showText(event.globalPos(), tooltip(self.explained(at)), self)
            return True
        return bool(super().event(event))

    def explained(self, at: int) -> str:
        low, high = (round(100 * edge / len(self.counts)) for edge in (at, at + 1))
        return tr("{0} to {1} %: {2} parcels").format(low, high, self.locale().toString(self.counts[at]))

    # Painting

    def area(self) -> QRectF:
        """Where the bars are."""
        line = self.fontMetrics().height()
        left = self.fontMetrics().horizontalAdvance(self.locale().toString(max(self.counts, default=0))) + 16
        return QRectF(self.rect()).adjusted(left + line, line, -RIGHT_PX, -(2.4 * line + 8))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Base))
        area, most = self.area(), max(self.counts, default=0) or 1
        self._draw_axes(painter, area, most)
        self._draw_bars(painter, area, most)
        painter.end()

    def _draw_bars(self, painter: QPainter, area: QRectF, most: int) -> None:
        width = area.width() / max(len(self.counts), 1)
        for at, count in enumerate(self.counts):
            height = area.height() * count / most
            bar = QRectF(area.left() + at * width + GAP_PX / 2, area.bottom() - height, width - GAP_PX, height)
            marked = self._range is not None and self._range[0] <= at <= self._range[1]
            if marked:
                painter.fillRect(QRectF(bar.left(), area.top(), bar.width(), area.height()), self._ink(28))
            painter.fillRect(bar, QColor(self.colour))
            painter.setPen(QPen(self._ink(230 if marked else 90), 1.6 if marked else 0.8))
            if count:
                painter.drawRect(bar)

    def _draw_axes(self, painter: QPainter, area: QRectF, most: int) -> None:
        line = self.fontMetrics().height()
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for value in (
            tick for tick in ticks(0.0, most, max(int(area.height() / (2.4 * line)), 2)) if tick == int(tick)
        ):
            y = area.bottom() - area.height() * value / most
            painter.setPen(QPen(self._ink(40), 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(self._ink(190))
            text = self.locale().toString(int(value))
            painter.drawText(QRectF(line, y - line / 2, area.left() - line - 6, line), right, text)
        painter.setPen(self._ink(190))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        for share in range(0, 101, 10):
            x = area.left() + area.width() * share / 100
            painter.drawLine(QPointF(x, area.bottom()), QPointF(x, area.bottom() + 4))
            box = QRectF(x - 30, area.bottom() + 5, 60, line)
            painter.drawText(box, Qt.AlignmentFlag.AlignHCenter, f"{share} %")
        box = QRectF(area.left(), area.bottom() + line + 8, area.width(), line + 2)
        painter.drawText(box, Qt.AlignmentFlag.AlignHCenter, self._axis)
        self._draw_title(painter, area)

    def _draw_title(self, painter: QPainter, area: QRectF) -> None:
        painter.save()
        painter.translate(2, area.bottom())
        painter.rotate(-90)
        box = QRectF(0, 0, area.height(), self.fontMetrics().height())
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, tr("Parcels"))
        painter.restore()

    def _ink(self, alpha: int) -> QColor:
        colour = QColor(self.palette().color(QPalette.ColorRole.Text))
        colour.setAlpha(alpha)
        return colour
