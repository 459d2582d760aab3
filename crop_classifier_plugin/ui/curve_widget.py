"""A small line chart of figures per epoch, painted by hand: axes, gridlines, legend, the best epoch marked."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Optional

from qgis.PyQt.QtCore import QPointF, QRectF, QSize, Qt
from qgis.PyQt.QtGui import QColor, QPainter, QPaintEvent, QPalette, QPen, QPolygonF
from qgis.PyQt.QtWidgets import QSizePolicy, QWidget

from ..translation import tr

FADED_ALPHA = 70  # curves of earlier folds
COLOURS = ("#0072b2", "#d55e00", "#009e73")  # Okabe and Ito: distinguishable with colour blindness


@dataclass
class Curve:
    """`points` are `(epoch, value)`; `current` is false for the curves of earlier folds."""

    name: str
    colour: str
    current: bool = True
    points: list[tuple[int, float]] = field(default_factory=list)


def ticks(low: float, high: float, most: int) -> list[float]:
    """Round values (steps of 1, 2 or 5 times a power of ten) within `low`..`high`, at most `most` of them."""
    if not high > low or most < 2:
        return [low]
    rough = (high - low) / (most - 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(index * step, 12) for index in range(first, last + 1)]


class CurveWidget(QWidget):
    """`names` are the curves in legend order; `ceiling` fixes the top of the value axis (1 for scores)."""

    def __init__(self, title: str, names: tuple[str, ...], ceiling: Optional[float] = None, parent: Any = None) -> None:
        super().__init__(parent)
        self._title = title
        self._names = names
        self._ceiling = ceiling
        self.clear()
        self.setMinimumSize(240, 140)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(title)

    def sizeHint(self) -> QSize:
        return QSize(430, 180)

    def clear(self) -> None:
        self.curves: list[Curve] = []
        self.best_epoch: Optional[int] = None
        self._epochs = 1
        self.start_fold()

    def set_epochs(self, epochs: int) -> None:
        self._epochs = max(epochs, 1)
        self.update()

    def start_fold(self) -> None:
        """Fades what was drawn so far and begins new curves."""
        for curve in self.curves:
            curve.current = False
        self.curves += [Curve(name, colour) for name, colour in zip(self._names, COLOURS)]
        self.best_epoch = None
        self.update()

    def add(self, name: str, epoch: int, value: Optional[float]) -> None:
        """Appends a point to the current curve `name`; a missing or non-finite value leaves a gap in it."""
        if value is None or not math.isfinite(value):
            return
        next(curve for curve in self.curves if curve.current and curve.name == name).points.append((epoch, value))
        self.update()

    def mark_best(self, epoch: int) -> None:
        self.best_epoch = epoch
        self.update()

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Base))
        plot = self._plot_area()
        self._draw_head(painter, plot)
        self._draw_axes(painter, plot)
        self._draw_best(painter, plot)
        painter.setClipRect(plot.adjusted(-3, -3, 3, 3))
        for curve in self.curves:
            self._draw_curve(painter, plot, curve)
        painter.end()

    def _line_px(self) -> int:
        return self.fontMetrics().height()

    def _plot_area(self) -> QRectF:
        line = self._line_px()
        left = self.fontMetrics().horizontalAdvance("00.00") + 12
        return QRectF(self.rect()).adjusted(left, 2.4 * line + 10, -14, -(2.2 * line + 8))

    def _highest(self) -> float:
        if self._ceiling is not None:
            return self._ceiling
        highest = max((value for curve in self.curves for _, value in curve.points), default=1.0)
        return 1.05 * highest if highest > 0 else 1.0

    def _position(self, plot: QRectF, epoch: float, value: float) -> QPointF:
        """Epoch 1 is at the left edge and the last epoch at the right edge; a single epoch is in the middle."""
        across = (epoch - 1) / (self._epochs - 1) if self._epochs > 1 else 0.5
        return QPointF(plot.left() + across * plot.width(), plot.bottom() - value / self._highest() * plot.height())

    def _colour(self, role: QPalette.ColorRole, alpha: int = 255) -> QColor:
        colour = QColor(self.palette().color(role))
        colour.setAlpha(alpha)
        return colour

    def _draw_head(self, painter: QPainter, plot: QRectF) -> None:
        line = self._line_px()
        painter.setPen(self._colour(QPalette.ColorRole.Text))
        font = painter.font()
        font.setBold(True)
        painter.setFont(font)
        painter.drawText(QRectF(plot.left(), 4, plot.width(), line), Qt.AlignmentFlag.AlignLeft, self._title)
        painter.setFont(self.font())
        left, middle = plot.left(), 8 + 1.5 * line
        for name, colour in zip(self._names, COLOURS):
            painter.setPen(QPen(QColor(colour), 2.5))
            painter.drawLine(QPointF(left, middle), QPointF(left + 18, middle))
            painter.setPen(self._colour(QPalette.ColorRole.Text))
            width = self.fontMetrics().horizontalAdvance(name)
            box = QRectF(left + 24, middle - line / 2, width + 4, line)
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)
            left += width + 42

    def _draw_axes(self, painter: QPainter, plot: QRectF) -> None:
        line = self._line_px()
        grid, text = self._colour(QPalette.ColorRole.Text, 40), self._colour(QPalette.ColorRole.Text, 190)
        for value in ticks(0.0, self._highest(), max(int(plot.height() / (2.2 * line)), 2)):
            point = self._position(plot, 1, value)
            painter.setPen(QPen(grid, 1))
            painter.drawLine(QPointF(plot.left(), point.y()), QPointF(plot.right(), point.y()))
            painter.setPen(text)
            box = QRectF(0, point.y() - line / 2, plot.left() - 6, line)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{value:g}")
        for epoch in self._epoch_ticks(plot):
            point = self._position(plot, epoch, 0.0)
            painter.setPen(QPen(text, 1))
            painter.drawLine(point, QPointF(point.x(), point.y() + 4))
            box = QRectF(point.x() - 30, point.y() + 5, 60, line)
            painter.drawText(box, Qt.AlignmentFlag.AlignHCenter, str(epoch))
        painter.setPen(QPen(text, 1))
        painter.drawLine(plot.bottomLeft(), plot.bottomRight())
        box = QRectF(plot.left(), plot.bottom() + line + 6, plot.width(), line)
        painter.drawText(box, Qt.AlignmentFlag.AlignHCenter, tr("Epoch"))

    def _epoch_ticks(self, plot: QRectF) -> list[int]:
        room = max(int(plot.width() / (3 * self._line_px())), 2)
        rounds = {int(value) for value in ticks(0, self._epochs, room) if value == int(value) and value >= 1}
        return sorted(rounds | ({1} if 2 not in rounds else set()))

    def _draw_best(self, painter: QPainter, plot: QRectF) -> None:
        if self.best_epoch is None:
            return
        point = self._position(plot, self.best_epoch, 0.0)
        painter.setPen(QPen(self._colour(QPalette.ColorRole.Text, 140), 1, Qt.PenStyle.DashLine))
        painter.drawLine(point, QPointF(point.x(), plot.top()))

    def _draw_curve(self, painter: QPainter, plot: QRectF, curve: Curve) -> None:
        colour = QColor(curve.colour)
        colour.setAlpha(255 if curve.current else FADED_ALPHA)
        points = [self._position(plot, epoch, value) for epoch, value in curve.points]
        painter.setPen(QPen(colour, 2.0 if curve.current else 1.2))
        painter.drawPolyline(QPolygonF(points))
        if curve.current and points:
            painter.setBrush(colour)
            painter.drawEllipse(points[-1], 2.5, 2.5)
            painter.setBrush(Qt.BrushStyle.NoBrush)
