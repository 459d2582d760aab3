"""The ground around a parcel at some dates, read from the images in a background task, one date after the other."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import Any, ClassVar, List, Optional, Sequence, Set, Tuple

from qgis.core import QgsApplication, QgsCoordinateReferenceSystem, QgsRectangle, QgsTask
from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal
from qgis.PyQt.QtGui import QImage

from ...translation import tr
from .composites import BRIGHTEST, COMPOSITES
from .image_bands import ImageBand, find_bands

COUNTS = 10_000.0  # of an image per reflectance, unless its numbers are reflectances themselves
MOST_REFLECTANCE = 3.0


@dataclass(frozen=True)
class Request:
    """The picture of the day at `number` from `files`; `point` is the centre of a pixel of the parcel whose reflectance
    in the composite's first band is `known`.
    """

    number: int
    files: Tuple[str, ...]
    point: Tuple[float, float]
    known: float


@dataclass(frozen=True)
class Ground:
    """What all pictures have in common: `extent` is square, in `crs`, that of the store's grid."""

    composite: str
    crs: QgsCoordinateReferenceSystem
    extent: QgsRectangle
    side_px: int

    def picture(self, request: Request, bands: Sequence[ImageBand]) -> Optional[QImage]:
        """As bright as the parcel's own pixels; None where a band cannot be read. For any thread."""
        read = [band.read(self.extent, self.side_px) for band in bands]
        found = [part for part in read if part is not None]
        if len(found) < 3:
            return None
        scale, offset = self._calibration(request, found[0][0])
        canvas = bytearray(4 * self.side_px**2)
        for place, (band, (numbers, _)) in enumerate(zip(COMPOSITES[self.composite], found)):
            canvas[place::4] = levels(numbers, offset, offset + scale * BRIGHTEST[band])
        canvas[3::4] = opacity(*found[0])
        size = (self.side_px, self.side_px, 4 * self.side_px)
        return QImage(bytes(canvas), *size, QImage.Format.Format_RGBA8888).copy()  # the copy owns its bytes

    def _calibration(self, request: Request, numbers: array[Any]) -> Tuple[float, float]:
        """An image's numbers for reflectance 1 less that for 0, and that for 0.

        They may be reflectances, counts, or counts with an offset (since processing baseline 04.00): the pixel of
        which the store knows the reflectance tells which.
        """
        x, y = request.point
        column = int((x - self.extent.xMinimum()) / self.extent.width() * self.side_px)
        row = int((self.extent.yMaximum() - y) / self.extent.height() * self.side_px)
        found = float(numbers[row * self.side_px + column])
        scale = COUNTS if found > MOST_REFLECTANCE else 1.0
        return scale, found - scale * request.known


def levels(numbers: array[Any], darkest: float, brightest: float) -> bytes:
    """0 to 255 of each number; 0 where it is none."""
    factor = 255 / (brightest - darkest)
    return bytes(0 if not n > darkest else 255 if n >= brightest else int((n - darkest) * factor) for n in numbers)


def opacity(numbers: array[Any], nothing: Optional[float]) -> bytes:
    """255 of each number, 0 where it is none."""
    return bytes(0 if n == nothing or n != n else 255 for n in numbers)


class _Task(QgsTask):
    """Reads one picture; `done` has its image or None. The rasters of `bands` are opened and closed in the main thread,
    to which QGIS's providers belong; here they are only read.
    """

    done = pyqtSignal(object)
    alive: ClassVar[Set[_Task]] = set()  # the task manager only holds the C++ object

    def __init__(self, request: Request, bands: List[ImageBand], ground: Ground) -> None:
        hidden = getattr(QgsTask.Flag, "Hidden", QgsTask.Flag.CanCancel)  # since QGIS 3.26
        super().__init__(tr("Reading the surroundings of a parcel"), QgsTask.Flag.CanCancel | hidden)
        self.request, self._bands, self._ground = request, bands, ground
        self._image: Optional[QImage] = None

    def run(self) -> bool:
        if not self.isCanceled():
            self._image = self._ground.picture(self.request, self._bands)
        return self._image is not None

    def finished(self, result: bool) -> None:
        self._bands.clear()
        self.alive.discard(self)
        self.done.emit(self._image)


class Surroundings(QObject):
    """`ready` has a request's number and its QImage; `finished` comes with how many of the requests had an image."""

    ready = pyqtSignal(int, object)
    finished = pyqtSignal(int)

    def __init__(self, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._waiting: List[Request] = []
        self._ground: Optional[Ground] = None
        self._task: Optional[_Task] = None
        self._found = 0
        self._timer = QTimer(self)  # between two dates the window may react
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._next)

    def start(self, requests: Sequence[Request], ground: Ground) -> None:
        """Cancels what it is at."""
        self.cancel()
        self._waiting, self._ground, self._found = list(requests), ground, 0
        self._timer.start(0)

    def cancel(self) -> None:
        """No picture comes any more; a task that reads already ends after it."""
        self._timer.stop()
        self._waiting, self._ground = [], None
        if self._task is not None:
            self._task.done.disconnect(self._on_done)
            self._task.cancel()
            self._task = None

    def is_busy(self) -> bool:
        return self._ground is not None

    def _next(self) -> None:
        ground = self._ground
        if ground is None:
            return
        if not self._waiting:
            self._ground = None
            self.finished.emit(self._found)
            return
        request = self._waiting.pop(0)
        bands = find_bands(request.files, COMPOSITES[ground.composite], ground.crs, ground.extent)
        if not bands:
            self._timer.start(0)
            return
        self._task = _Task(request, bands, ground)
        self._task.done.connect(self._on_done)
        _Task.alive.add(self._task)
        QgsApplication.taskManager().addTask(self._task)

    def _on_done(self, image: Optional[QImage]) -> None:
        if self._task is not None and image is not None:
            self._found += 1
            self.ready.emit(self._task.request.number, image)
        self._task = None
        self._timer.start(0)
