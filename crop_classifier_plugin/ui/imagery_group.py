"""Where the images and masks are, and which acquisitions are in them: found by the algorithm `inspectstack`."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any, Iterator, Mapping, Optional

from qgis.PyQt.QtCore import QTimer, pyqtSignal
from qgis.PyQt.QtWidgets import QGroupBox, QVBoxLayout, QWidget

from ..engine import locate
from ..translation import tr
from .acquisitions_table import AcquisitionsTable
from .algorithm_run import AlgorithmRun, Outcome
from .form import existing_folder, folder_widget, form_layout

INSPECT = "crop_classifier:inspectstack"
CATALOGUE = "stac:"  # of the engine's command line
TYPING_PAUSE_MS = 500  # a path is inspected once the user stops typing


class ImageryGroup(QGroupBox):
    """`changed` is emitted when a path, the acquisitions found or their selection changes."""

    changed = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(tr("Imagery"), parent)
        self.folder = folder_widget(tr("Choose the Folder of Images"), tr("A folder, a file, or stac:ADDRESS"))
        self.folder.setToolTip(
            tr(
                "A folder with one season of Sentinel-2 products as downloaded, or of GeoTIFFs with the date in their "
                "names; a file with all dates (a data cube or a stack); or stac: and the address of a STAC catalogue"
            )
        )
        self.masks = folder_widget(tr("Choose the Folder of Cloud Masks"), tr("Optional"))
        self.masks.setToolTip(
            tr("A scene classification (SCL) or a raster of 0 and 1 (masked) for each date; optional")
        )
        self.acquisitions = AcquisitionsTable()
        self.found: Optional[Mapping[str, Any]] = None  # the result of the search, None before it
        self._extra: Mapping[str, Any] = {}
        self._excluded: tuple[str, ...] = ()  # dates that are left out as soon as they are found
        self._run: Optional[AlgorithmRun] = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(TYPING_PAUSE_MS)
        self._timer.timeout.connect(self.inspect)
        form = form_layout()
        form.addRow(tr("Images"), self.folder)
        form.addRow(tr("Mask folder"), self.masks)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(9, 5, 9, 5)
        layout.addLayout(form)
        layout.addWidget(self.acquisitions, 1)
        for widget in (self.folder, self.masks):
            widget.fileChanged.connect(self._on_path)
        self.acquisitions.changed.connect(self.changed)
        self.acquisitions.clouds.masks_chosen.connect(self.masks.setFilePath)
        self._on_path()

    def set_extra(self, parameters: Mapping[str, Any]) -> None:
        """Further parameters for the search, such as the names of bands given under Preparation."""
        if dict(parameters) != dict(self._extra):
            self._extra = dict(parameters)
            self._on_path()

    def parameters(self) -> dict[str, Any]:
        """The imagery parameters of every algorithm that reads images, without the dates that are left out."""
        masks = self.masks.filePath().strip()
        return {"IMAGERY": self._images(), **({"MASKS": masks} if masks else {}), **self._extra}

    def excluded(self) -> str:
        """The dates that are left out, as a value of the parameter EXCLUDE."""
        return ",".join(self._excluded or self.acquisitions.excluded())

    def set_parameters(self, parameters: Mapping[str, Any]) -> None:
        """Shows parameters as `parameters` and `excluded` give them; the dates are left out once they are found."""
        self._excluded = tuple(date for date in str(parameters.get("EXCLUDE") or "").split(",") if date)
        self.folder.setFilePath(str(parameters.get("IMAGERY") or ""))
        self.masks.setFilePath(str(parameters.get("MASKS") or ""))

    def problems(self) -> Iterator[str]:
        """What is missing or wrong; nothing where images can be read."""
        masks = self.masks.filePath().strip()
        images = self._images()
        if not images or not (images.startswith(CATALOGUE) or Path(images).exists()):
            yield tr("Choose the folder of the images, or enter a file or stac: and an address.")
        elif masks and not existing_folder(masks):
            yield tr("The mask folder does not exist.")
        else:
            yield from self._problems_of_acquisitions()

    def _problems_of_acquisitions(self) -> Iterator[str]:
        """Of what was found; nothing before that."""
        if self.found is None:
            return
        if not self.found["acquisitions"]:
            yield tr("No acquisition was found. The files that were skipped are listed with the reason.")
        elif not self.acquisitions.used():
            yield tr("Select at least one acquisition.")
        elif self.found.get("extract_refuses"):
            yield tr("Series cannot be made of these images: {0}").format(self.found["extract_refuses"])

    def _images(self) -> str:
        return self.folder.filePath().strip()

    # Searching for acquisitions

    def _on_path(self, *_: object) -> None:
        self.stop()
        self.found = None
        missing = next(self.problems(), "")
        self.acquisitions.clear(missing)
        if not missing:
            self._timer.start()
        self.changed.emit()

    def inspect(self) -> None:
        """Searches for acquisitions in the background; a later change of path cancels the search."""
        self.stop()
        if next(self.problems(), ""):
            return
        if self._images().startswith(CATALOGUE):
            self.acquisitions.clear(tr("The catalogue is searched for images of the parcels when the run starts."))
            return
        if not locate.status().ready:
            self.acquisitions.clear(tr("The acquisitions are listed here once the engine is set up."))
            return
        run = AlgorithmRun(INSPECT, self.parameters())
        problem = run.problem()
        if problem:
            self.acquisitions.clear(problem)
            return
        self.acquisitions.clear(tr("Searching for acquisitions…"))
        self._run = run
        run.finished.connect(self._on_found)
        self.destroyed.connect(run.cancel)
        run.start()

    def stop(self) -> None:
        """Ends a search in progress; its outcome is not shown."""
        self._timer.stop()
        if self._run is not None:
            self._run.finished.disconnect(self._on_found)
            self._run.cancel()
            self._run = None

    def _on_found(self, outcome: Outcome) -> None:
        self._run = None
        if outcome.ok and outcome.values is not None:
            self.found = outcome.values
            self.acquisitions.fill(outcome.values, self._excluded)
            self._excluded = ()
        else:
            self.acquisitions.clear("\n".join(part for part in (outcome.message, outcome.advice) if part))
        self.changed.emit()
