"""Runs the algorithms in the plugin's tests, and keeps their messages."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path

from qgis.core import QgsApplication, QgsProcessingContext, QgsProject
from sample_layers import model_file

from crop_classifier_plugin.engine.feedback import EngineFeedback


class Feedback(EngineFeedback):
    """Keeps events, messages and progress."""

    def __init__(self) -> None:
        super().__init__()
        self.events, self.lines, self.warnings, self.percents = [], [], [], []
        self.engineEvent.connect(self.events.append)
        self.progressChanged.connect(self.percents.append)

    def pushInfo(self, info) -> None:
        self.lines.append(info)

    def pushWarning(self, warning) -> None:
        self.warnings.append(warning)

    def setProgressText(self, text) -> None:
        self.lines.append(text)


def algorithm(name: str):
    found = QgsApplication.processingRegistry().createAlgorithmById(f"crop_classifier:{name}")
    assert found is not None
    return found


def run(name: str, parameters: dict, feedback=None, context=None) -> dict:
    context = context or QgsProcessingContext()
    context.setProject(QgsProject.instance())
    accepted, message = algorithm(name).checkParameterValues(parameters, context)
    assert accepted, message
    results, _ = algorithm(name).run(parameters, context, feedback or Feedback(), {}, False)
    return results


def problem(name: str, parameters: dict) -> str:
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    accepted, message = algorithm(name).checkParameterValues(parameters, context)
    assert accepted == (message == "")
    return message


def classify_parameters(imagery: Path, tmp_path: Path, parcels) -> dict:
    model = model_file(tmp_path / "my model.cropmodel")
    output = str(tmp_path / "crops.gpkg")
    return {"IMAGERY": str(imagery), "PARCELS": parcels, "MODEL": str(model), "OUTPUT": output}


def train_parameters(tmp_path) -> dict:
    return {"CLASS_FIELD": "code", "MODEL": "gru", "EPOCHS": 3, "OUTPUT": str(tmp_path / "region.cropmodel")}
