"""Played in QGIS Desktop by test_desktop.py: two classifications in QGIS's own batch dialog."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from desktop_story import RESULTS, VALUES, play
from processing.core.ProcessingResults import resultsList
from processing.gui.BatchAlgorithmDialog import BatchAlgorithmDialog
from processing.tools import dataobjects
from qgis.core import QgsApplication, QgsProject
from qgis.utils import iface

GIVEN = ("IMAGERY", "MASKS", "PARCELS", "MODEL")


def story():
    found = QgsApplication.processingRegistry().createAlgorithmById("crop_classifier:classifyparcels")
    dialog = BatchAlgorithmDialog(found, iface.mainWindow())
    dialog.show()
    panel = dialog.mainWidget()
    while panel.batchRowCount() < len(VALUES["outputs"]):
        panel.addRow()
    for row, output in enumerate(VALUES["outputs"]):
        for name in GIVEN:
            wrapper = panel.wrappers[row][panel.parameter_to_column[name]]
            wrapper.setParameterValue(VALUES[name.lower()], dataobjects.createContext())
        panel.tblParameters.cellWidget(row + 1, panel.parameter_to_column["OUTPUT"]).setValue(output)
    panel.checkLoadLayersOnCompletion.setChecked(True)
    yield 0.5
    dialog.runAlgorithm()
    yield lambda: any("summary" in result.name for result in resultsList.getResults())
    RESULTS["pages"] = [result.name for result in resultsList.getResults()]
    RESULTS["can_run_again"] = dialog.runButton().isEnabled()
    layers = QgsProject.instance().mapLayers().values()
    RESULTS["loaded"] = sorted(layer.source() for layer in layers)
    RESULTS["coloured_by"] = [layer.renderer().classAttribute() for layer in layers]
    dialog.close()


play(story)
