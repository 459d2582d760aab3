"""The legend of the chart: a sample and a name for each thing that is drawn, in as many lines as they need."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, List, Tuple

from qgis.PyQt.QtCore import QPointF, QRectF, Qt
from qgis.PyQt.QtGui import QFontMetricsF, QPainter

SAMPLE_PX, GAP_PX = 20.0, 6.0

DrawSample = Callable[[QPainter, QPointF, float], None]  # from a point on, so wide


@dataclass(frozen=True)
class Entry:
    name: str
    draw: DrawSample


class Legend:
    """`entries` within `width`; a name that is longer than a line ends in an ellipsis."""

    def __init__(self, entries: List[Entry], metrics: QFontMetricsF, width: float) -> None:
        self._metrics, self._line = metrics, 1.25 * metrics.height()
        self._placed: List[Tuple[Entry, str, float, int]] = []
        x, row = 0.0, 0
        for entry in entries:
            most = width - SAMPLE_PX - GAP_PX
            name = metrics.elidedText(entry.name, Qt.TextElideMode.ElideRight, most)
            needed = SAMPLE_PX + GAP_PX + metrics.horizontalAdvance(name)
            if x and x + needed > width:
                x, row = 0.0, row + 1
            self._placed.append((entry, name, x, row))
            x += needed + 2 * GAP_PX
        self.height = (row + 1) * self._line if entries else 0.0

    def paint(self, painter: QPainter, left: float, top: float) -> None:
        """In the painter's pen, which samples may change."""
        pen = painter.pen()
        for entry, name, x, row in self._placed:
            middle = top + (row + 0.5) * self._line
            entry.draw(painter, QPointF(left + x, middle), SAMPLE_PX)
            painter.setPen(pen)
            box = QRectF(left + x + SAMPLE_PX + GAP_PX, middle - self._line / 2, 4000.0, self._line)
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)
