"""The most probable classes of a parcel as bars in their colours."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass
from typing import Any, List, Optional, Tuple

from qgis.PyQt.QtCore import QRectF, QSize, Qt
from qgis.PyQt.QtGui import QColor, QPainter, QPaintEvent, QPalette, QPen
from qgis.PyQt.QtWidgets import QSizePolicy, QWidget

from ...translation import tr
from ..plain_table import percent

MOST, LEAST_SHARE = 5, 0.005  # classes; a smaller probability is no bar
NAME_SHARE = 0.38  # of the width


@dataclass(frozen=True)
class Bar:
    name: str
    colour: str
    probability: float
    declared: bool


def bars(about: Any, row: Any) -> Tuple[Bar, ...]:
    """The most probable classes, the declared one among them in any case; none where it was not classified."""
    if row.probabilities is None or len(row.probabilities) != len(about.classes):
        return ()
    order = sorted(range(len(about.classes)), key=lambda crop: -row.probabilities[crop])
    shown = [crop for crop in order[:MOST] if row.probabilities[crop] >= LEAST_SHARE]
    if row.declared is not None and row.declared not in shown:
        shown.append(row.declared)
    return tuple(
        Bar(about.classes[crop]["name"], about.classes[crop]["colour"], row.probabilities[crop], crop == row.declared)
        for crop in shown
    )


class ProbabilityBars(QWidget):
    """Empty until `show_bars`."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.bars: Tuple[Bar, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("Class probabilities"))

    def _line_px(self) -> int:
        return int(1.5 * self.fontMetrics().height())

    def sizeHint(self) -> QSize:
        return QSize(300, max(len(self.bars), 1) * self._line_px())

    def minimumSizeHint(self) -> QSize:
        return QSize(180, self.sizeHint().height())

    def show_bars(self, shown: Tuple[Bar, ...]) -> None:
        self.bars = shown
        texts: List[str] = [f"{bar.name} {percent(bar.probability, self)}" for bar in shown]
        self.setAccessibleDescription(", ".join(texts))
        self.updateGeometry()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        metrics, line = self.fontMetrics(), self._line_px()
        names = NAME_SHARE * self.width()
        number = metrics.horizontalAdvance(percent(1.0, self)) + 6
        for place, bar in enumerate(self.bars):
            top = place * line
            text = tr("{0} (declared)").format(bar.name) if bar.declared else bar.name
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(names) - 8)
            painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
            middle = Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(0, top, names - 8, line), Qt.AlignmentFlag.AlignLeft | middle, shown)
            room = self.width() - names - number
            painter.drawText(
                QRectF(self.width() - number, top, number, line),
                Qt.AlignmentFlag.AlignRight | middle,
                percent(bar.probability, self),
            )
            self._paint_bar(painter, QRectF(names, top + 0.2 * line, room, 0.6 * line), bar)
        painter.end()

    def _paint_bar(self, painter: QPainter, room: QRectF, bar: Bar) -> None:
        painter.fillRect(room, self.palette().color(QPalette.ColorRole.AlternateBase))
        filled = QRectF(room.left(), room.top(), bar.probability * room.width(), room.height())
        painter.fillRect(filled, QColor(bar.colour))
        edge = QColor(self.palette().color(QPalette.ColorRole.WindowText))
        edge.setAlpha(110)
        painter.setPen(QPen(edge, 1))
        painter.drawRect(filled)
