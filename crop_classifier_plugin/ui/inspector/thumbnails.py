"""Small pictures of the parcel through the season, as many as fit side by side."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Dict, List, Optional

from qgis.PyQt.QtCore import QDate, QRectF, QSize, Qt
from qgis.PyQt.QtGui import QColor, QImage, QPainter, QPainterPath, QPaintEvent, QPalette, QPen, QTransform
from qgis.PyQt.QtWidgets import QSizePolicy, QWidget

from ...translation import tr
from .composites import Picture
from .frame import Frame

CELL_PX, GAP_PX, MOST = 96, 8, 8
OUTLINE = "#ffd400"


class Thumbnails(QWidget):
    """Empty until `show_pictures`."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.pictures: List[Picture] = []
        self.grounds: Dict[int, QImage] = {}  # the surroundings by the position of their day
        self._frame: Optional[Frame] = None
        self._outline: Optional[QPainterPath] = None
        self._season = 2000
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("Pictures of the parcel"))

    def sizeHint(self) -> QSize:
        return QSize(4 * (CELL_PX + GAP_PX), CELL_PX + self.fontMetrics().height() + 4)

    def minimumSizeHint(self) -> QSize:
        return QSize(2 * (CELL_PX + GAP_PX), self.sizeHint().height())

    def room(self) -> int:
        """How many pictures fit."""
        return max(min((self.width() + GAP_PX) // (CELL_PX + GAP_PX), MOST), 2)

    def clear(self) -> None:
        self.pictures, self.grounds, self._frame, self._outline = [], {}, None, None
        self.update()

    def show_pictures(
        self, pictures: List[Picture], frame: Frame, season: int, outline: Optional[QPainterPath] = None
    ) -> None:
        """`outline`: of the parcel where the frame is the unit square, drawn over the surroundings."""
        self.pictures, self.grounds, self._frame = pictures, {}, frame
        self._season, self._outline = season, outline
        self.update()

    def show_ground(self, number: int, image: QImage) -> None:
        """The surroundings of the picture of this day, which fill the frame."""
        self.grounds[number] = image
        self.update()

    def cell(self, place: int) -> QRectF:
        return QRectF(place * (CELL_PX + GAP_PX), 0, CELL_PX, CELL_PX)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        for place, picture in enumerate(self.pictures):
            self._paint(painter, self.cell(place), picture)
        painter.end()

    def _paint(self, painter: QPainter, cell: QRectF, picture: Picture) -> None:
        if self._frame is None:
            return
        painter.save()
        painter.setClipRect(cell)
        painter.fillRect(cell, self.palette().color(QPalette.ColorRole.AlternateBase))
        ground = self.grounds.get(picture.number)
        if ground is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(cell, ground)
        else:
            painter.drawImage(self._frame.box(cell), picture.image)  # pixels stay squares
        if ground is not None and self._outline is not None:
            self._paint_outline(painter, cell, self._outline)
        painter.restore()
        text = self.locale().toString(QDate(self._season, 1, 1).addDays(picture.day), _day_format(self))
        box = QRectF(cell.left() - GAP_PX / 2, cell.bottom() + 2, cell.width() + GAP_PX, self.fontMetrics().height())
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        painter.drawText(box, Qt.AlignmentFlag.AlignHCenter, text)

    @staticmethod
    def _paint_outline(painter: QPainter, cell: QRectF, outline: QPainterPath) -> None:
        path = QTransform.fromTranslate(cell.left(), cell.top()).scale(cell.width(), cell.height()).map(outline)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for colour, width in ((QColor(0, 0, 0, 150), 2.6), (QColor(OUTLINE), 1.3)):
            painter.setPen(QPen(colour, width))
            painter.drawPath(path)


def _day_format(widget: QWidget) -> str:
    """Day and month, without a year, in the order of the user's language."""
    short = widget.locale().dateFormat(widget.locale().FormatType.ShortFormat)
    return "d MMM" if short.lower().find("d") < short.lower().find("m") else "MMM d"
