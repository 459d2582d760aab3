"""The ground around a parcel at some dates, drawn from the images by QGIS's own threads, one date after the other."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import dataclass
from typing import Any, List, Optional, Sequence, Tuple

from qgis.core import (
    QgsContrastEnhancement,
    QgsCoordinateReferenceSystem,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsMultiBandColorRenderer,
    QgsPointXY,
    QgsRectangle,
)
from qgis.PyQt.QtCore import QObject, QSize, Qt, QTimer, pyqtSignal
from qgis.PyQt.QtGui import QColor

from .composites import BRIGHTEST, COMPOSITES
from .image_bands import ThreeBands, three_bands

COUNTS = 10_000.0  # of an image per reflectance, unless its numbers are reflectances themselves
MOST_REFLECTANCE = 3.0


@dataclass(frozen=True)
class Request:
    """The picture of the day at `number` from `files`; `point` is the centre of a pixel of the parcel whose
    reflectances of the composite's three bands are `known`.
    """

    number: int
    files: Tuple[str, ...]
    point: Tuple[float, float]
    known: Tuple[float, float, float]


class Surroundings(QObject):
    """`ready` has the request's number and its QImage; `finished` comes with how many of the requests had an image."""

    ready = pyqtSignal(int, object)
    finished = pyqtSignal(int)

    def __init__(self, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._waiting: List[Request] = []
        self._job: Optional[QgsMapRendererParallelJob] = None
        self._bands: Optional[ThreeBands] = None  # what the job draws
        self._composite, self._side_px, self._found = "", 0, 0
        self._crs, self._extent = QgsCoordinateReferenceSystem(), QgsRectangle()
        self._timer = QTimer(self)  # between two dates the window may react
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._next)

    def start(self, requests: Sequence[Request], composite: str, crs: str, extent: QgsRectangle, side_px: int) -> None:
        """Cancels what it is at. `extent` is in `crs`, that of the store's grid."""
        self.cancel()
        self._waiting, self._composite, self._side_px, self._found = list(requests), composite, side_px, 0
        self._crs, self._extent = QgsCoordinateReferenceSystem(crs), extent
        self._timer.start(0)

    def cancel(self) -> None:
        """No picture comes any more; a job in a thread of QGIS stops when it can."""
        self._timer.stop()
        self._waiting = []
        if self._job is not None:
            self._job.finished.disconnect(self._on_finished)
            _end_later(self._job, self._bands)
            self._job = self._bands = None

    def is_busy(self) -> bool:
        return self._job is not None or bool(self._waiting)

    def _next(self) -> None:
        if not self._waiting:
            self.finished.emit(self._found)
            return
        request = self._waiting[0]
        bands = three_bands(request.files, COMPOSITES[self._composite], self._crs, self._extent)
        if bands is None:
            self._waiting.pop(0)
            self._timer.start(0)
            return
        stretch(bands, self._composite, request)
        self._bands, self._job = bands, QgsMapRendererParallelJob(self._settings(bands))
        self._job.finished.connect(self._on_finished)
        self._job.start()

    def _settings(self, bands: ThreeBands) -> QgsMapSettings:
        settings = QgsMapSettings()
        settings.setLayers([bands.layer])
        settings.setDestinationCrs(self._crs)
        settings.setExtent(self._extent)
        settings.setOutputSize(QSize(self._side_px, self._side_px))
        settings.setBackgroundColor(QColor(Qt.GlobalColor.transparent))
        return settings

    def _on_finished(self) -> None:
        job, request = self._job, self._waiting.pop(0)
        self._job = self._bands = None
        if job is not None:
            self._found += 1
            self.ready.emit(request.number, job.renderedImage())
        self._timer.start(0)


def stretch(bands: ThreeBands, composite: str, request: Request) -> None:
    """Shows the image as bright as the parcel's own pixels, whatever offset its numbers have.

    An image may hold reflectances, counts, or counts with an offset (since processing baseline 04.00): a pixel of
    which the store knows the reflectance tells which.
    """
    found = bands.sample(QgsPointXY(*request.point))
    scale = COUNTS if found is None or max(found) > MOST_REFLECTANCE else 1.0
    offset = 0.0 if found is None else sum(f - scale * k for f, k in zip(found, request.known)) / len(found)
    provider = bands.layer.dataProvider()
    renderer = QgsMultiBandColorRenderer(provider, *bands.numbers)
    setters = (
        renderer.setRedContrastEnhancement,
        renderer.setGreenContrastEnhancement,
        renderer.setBlueContrastEnhancement,
    )
    for band, number, setter in zip(COMPOSITES[composite], bands.numbers, setters):
        enhancement = QgsContrastEnhancement(provider.dataType(number))
        enhancement.setMinimumValue(offset)
        enhancement.setMaximumValue(offset + scale * BRIGHTEST[band])
        enhancement.setContrastEnhancementAlgorithm(
            QgsContrastEnhancement.ContrastEnhancementAlgorithm.StretchToMinimumMaximum
        )
        setter(enhancement)
    bands.layer.setRenderer(renderer)


_ending: List[Any] = []  # cancelled jobs and their layers, until QGIS's threads have left them


def _end_later(job: QgsMapRendererParallelJob, bands: Optional[ThreeBands]) -> None:
    kept = (job, bands)
    _ending.append(kept)
    job.finished.connect(lambda: _ending.remove(kept))
    job.cancelWithoutBlocking()
