"""Played in QGIS Desktop by test_desktop.py: the first success of a new user, from the menu to a parcel."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path

from desktop_story import RESULTS, VALUES, open_window, play
from qgis.core import QgsProject
from qgis.PyQt.QtWidgets import QDockWidget
from qgis.utils import iface

RESULTS_PAGE = 4  # of the window
TO_CHECK = 4  # of the views of the results


def story():
    window = open_window("simulateregion", "CropClassifierWindow")
    yield lambda: not window.is_running()
    yield lambda: window.imagery.acquisitions.table.rowCount() and window.crops.preview.table.rowCount()
    RESULTS["missing"] = window.missing()
    RESULTS["classes"] = window.crops.preview.table.rowCount()
    window.train.training.set_value("model", "lda")
    window.train.outputs.output.setFilePath(VALUES["output"])
    window.run_button.click()
    yield lambda: not window.is_running()
    RESULTS["page"] = window.pages.page()
    RESULTS["accuracy"] = window.train.scores.headline["oa"].text()
    window.train.classify_button.click()
    RESULTS["task"] = window.task.name
    window.classify.outputs.output.setFilePath(str(Path(VALUES["output"]).with_suffix(".gpkg")))
    window.crops.truth.setField("CODE_CULTU")
    window.run_button.click()
    yield lambda: not window.is_running()
    page = window.classify.results
    yield lambda: page.results is not None
    RESULTS["shown"] = window.pages.page() == RESULTS_PAGE
    layer = QgsProject.instance().mapLayersByName("Classified parcels")[0]
    RESULTS["scored"] = bool(page.results.scores)  # of the parcels that the model was trained on there are no scores
    page.list.setCurrentRow(TO_CHECK)
    yield lambda: page.checks.model.rowCount()
    page.checks.table.selectRow(0)
    yield lambda: layer.selectedFeatureCount() == 1
    page.summary.inspect_requested.emit()
    (dock,) = (
        dock for dock in iface.mainWindow().findChildren(QDockWidget) if type(dock).__name__ == "ParcelInspector"
    )
    yield lambda: dock.isVisible() and dock.header.title.text().startswith("Parcel ")
    RESULTS["inspected"] = dock.header.title.text()
    window.close()


play(story)
