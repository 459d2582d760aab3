"""The thumbnails with what is chosen for them: true or false colour, and the surroundings from the images."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, List, Optional, Set, Tuple

from qgis.core import QgsCoordinateReferenceSystem
from qgis.PyQt.QtCore import QEvent, QObject
from qgis.PyQt.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from ...translation import tr
from ..plain_widgets import plain_label
from .composites import COMPOSITES, available, chosen_days, picture
from .frame import Frame
from .image_bands import plain_rasters
from .inspection import Inspection
from .surroundings import Ground, Request, Surroundings
from .thumbnails import CELL_PX, Thumbnails

MOST_SIDE_PX = 144  # of a picture of the ground, in pixels of the screen


class PicturesPanel(QWidget):
    """Keeps what is chosen from parcel to parcel."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._inspection: Optional[Inspection] = None
        self._numbers: List[int] = []
        self._undrawable: Set[str] = set()  # stores whose images QGIS could not draw
        self.composite = QComboBox()
        self.composite.setAccessibleName(tr("Colours"))
        for label, name in ((tr("True colour"), "true"), (tr("False colour"), "false")):
            self.composite.addItem(label, name)
        self.around = QCheckBox(tr("Surroundings"))
        self.around.setChecked(True)
        self.strip, self.note = Thumbnails(), plain_label(wrap=True)
        self.surroundings = Surroundings(self)
        self._lay_out()
        self.composite.activated.connect(lambda _index: self.draw())
        self.around.toggled.connect(lambda _on: self._on_around())
        self.surroundings.ready.connect(self.strip.show_ground)
        self.surroundings.finished.connect(self._on_finished)
        self.strip.installEventFilter(self)

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.addWidget(self.composite)
        row.addWidget(self.around)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addWidget(self.strip)
        layout.addWidget(self.note)

    def show_parcel(self, inspection: Optional[Inspection]) -> None:
        """None empties it; without series it is hidden."""
        self._inspection = inspection
        self.draw()

    def stop(self) -> None:
        self.surroundings.cancel()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A wider strip has room for more pictures."""
        if event.type() == QEvent.Type.Resize and self.isVisible() and self._days() != self._numbers:
            self.draw()
        return False

    def draw(self) -> None:
        self.surroundings.cancel()
        self.strip.clear()
        self.note.hide()
        inspection = self._inspection
        self.setVisible(inspection is not None and inspection.series is not None)
        if inspection is None or inspection.series is None:
            return
        missing = self._missing(inspection.series)
        self.composite.setEnabled(not missing)
        self.around.setEnabled(not missing)
        if missing:
            self._say(missing)
        else:
            self._draw(inspection)

    def _missing(self, series: Any) -> str:
        """Why there are no pictures at all; empty where there are some."""
        if not series.facts.positions:
            return tr("There are no pictures: the pixels of these series have no positions.")
        offered = available(series.pixels[0].source)
        for index in range(self.composite.count()):
            self.composite.model().item(index).setEnabled(self.composite.itemData(index) in offered)
        if self.composite.currentData() not in offered:
            self.composite.setCurrentIndex(self.composite.findData(offered[0]) if offered else -1)
        return "" if offered else tr("There are no pictures: the series lack the bands of true and false colour.")

    def _draw(self, inspection: Inspection) -> None:
        series, place, composite = inspection.series, inspection.row.place, self.composite.currentData()
        if series is None:
            return
        self._numbers = self._days()
        requests = self._requests(series, place, composite)
        around = bool(requests)
        frame = Frame.around(place, around)
        size = (place.height_px, place.width_px)
        pictures = [picture(series.pixels[0], number, composite, *size) for number in self._numbers]
        grid, outline = series.facts.grid, None
        if around:
            outline = frame.outline(inspection.feature.geometry(), inspection.layer.crs(), grid)
        self.strip.show_pictures(pictures, frame, series.facts.season, outline)
        if around:
            side_px = min(round(CELL_PX * self.devicePixelRatioF()), MOST_SIDE_PX)
            crs = QgsCoordinateReferenceSystem(grid.crs)
            self.surroundings.start(requests, Ground(composite, crs, frame.extent(grid), side_px))
        elif len(series.pixels[0]) < series.pixels[0].total:
            counts = (self.locale().toString(count) for count in (len(series.pixels[0]), series.pixels[0].total))
            self._say(tr("The parcel is very large: {0} of its {1} pixels are shown.").format(*counts))
        elif self.around.isChecked():
            self._say(tr("Without surroundings: the images of these dates are not at hand as plain files."))

    def _days(self) -> List[int]:
        if self._inspection is None or self._inspection.series is None:
            return []
        return chosen_days(self._inspection.series.pixels[0], self.strip.room())

    def _requests(self, series: Any, place: Any, composite: str) -> List[Request]:
        """For the days whose images are files that are there; none where no surroundings are asked for."""
        facts, pixels = series.facts, series.pixels[0]
        if not self.around.isChecked() or facts.grid is None or str(facts.path) in self._undrawable:
            return []
        found = []
        for number in self._numbers:
            day = pixels.source.days[number]
            if day not in pixels.source.acquisition_days:
                continue
            acquisition = pixels.source.acquisition_days.index(day)
            files = pixels.source.files[acquisition]
            if 2 * pixels.clear_count(acquisition) >= len(pixels) and plain_rasters(files):  # not the tops of clouds
                found.append(Request(number, files, *_known(pixels, number, composite, place, facts.grid)))
        return found

    def _on_around(self) -> None:
        self._undrawable.clear()  # images that were not there may be there now
        self.draw()

    def _on_finished(self, found: int) -> None:
        if not found and self._inspection is not None and self._inspection.series is not None:
            self._undrawable.add(str(self._inspection.series.facts.path))
            self.draw()

    def _say(self, text: str) -> None:
        self.note.setText(text)
        self.note.show()


def _known(pixels: Any, number: int, composite: str, place: Any, grid: Any) -> Tuple[Tuple[float, float], float]:
    """The centre of a pixel that was clear that day (else the first one), and its reflectance in the first band."""
    source = pixels.source
    acquisition = source.acquisition_days.index(source.days[number])
    clear = pixels.clear[acquisition :: len(source.acquisition_days)]
    chosen = next((index for index, seen in enumerate(clear) if seen), 0)
    row, column = place.row_px + pixels.rows()[chosen], place.column_px + pixels.columns()[chosen]
    point = (grid.west + (column + 0.5) * grid.resolution_m, grid.north - (row + 0.5) * grid.resolution_m)
    band = source.band_names.index(COMPOSITES[composite][0])
    return point, pixels.numbers(number, band)[chosen] * source.bands[band].scale
