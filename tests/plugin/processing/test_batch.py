"""The algorithms in QGIS's own batch dialog: a row of widgets for each, two rows run, and the summary at the end."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest
from qgis.core import QgsApplication
from running import algorithm, train_parameters
from sample_layers import file_layer, model_file, store_folder

pytestmark = pytest.mark.usefixtures("qgis_app", "qgis_processing", "provider")

NAMES = (
    "inspectstack", "extractseries", "importseries", "trainmodel", "finetunemodel", "classifyparcels",
    "evaluateclassification", "exportpredictions", "runexperiment", "simulateregion",
)  # fmt: skip
SCORES = {"parcels": 9, "oa": 0.5, "mean_f": 0.25}


def dialog(name: str, rows: list[dict]):
    """The batch dialog with these rows, filled in as a user does."""
    from processing.gui.BatchAlgorithmDialog import BatchAlgorithmDialog
    from processing.tools import dataobjects

    made = BatchAlgorithmDialog(algorithm(name))
    panel = made.mainWidget()
    while panel.batchRowCount() < len(rows):
        panel.addRow()
    for position, row in enumerate(rows):
        for definition in panel.alg.parameterDefinitions():
            if definition.name() not in row:
                continue
            column, value = panel.parameter_to_column[definition.name()], row[definition.name()]
            if definition.isDestination():
                panel.tblParameters.cellWidget(position + 1, column).setValue(value)
            else:
                panel.wrappers[position][column].setParameterValue(value, dataobjects.createContext())
    return made


def summaries() -> list[str]:
    """The pages of the results viewer."""
    from processing.core.ProcessingResults import resultsList

    return [Path(result.filename).read_text("utf-8") for result in resultsList.getResults()]


def run(made) -> None:
    made.runAlgorithm()
    while QgsApplication.taskManager().countActiveTasks():  # later versions of QGIS work in the background
        QgsApplication.processEvents()


@pytest.mark.parametrize("name", NAMES)
def test_the_batch_panel_has_a_widget_for_every_parameter(name) -> None:
    made = dialog(name, [{}, {}])
    panel = made.mainWidget()
    parameters, _ = panel.parametersForRow(1, warnOnInvalid=False)
    assert set(parameters) == {definition.name() for definition in panel.alg.parameterDefinitions()}


def test_two_classifications_run_to_the_end_of_the_batch(fake_engine, imagery, tmp_path) -> None:
    file_layer(tmp_path / "parcels.gpkg")
    page = tmp_path / "page.html"
    page.write_text("<html></html>", encoding="utf-8")
    classes = [{"code": "A", "name": "Wheat", "colour": "#e3b23c", "parcels": 1}]
    made = {"output": "OUT", "layer": "out", "report": str(page), "parcels": 3, "classified": 2, "classes": classes}
    fake_engine.answer("classify", {**made, "scores": SCORES})
    shared = {"IMAGERY": str(imagery), "PARCELS": str(tmp_path / "parcels.gpkg")}
    shared["MODEL"] = str(model_file(tmp_path / "m.cropmodel"))
    rows = [{**shared, "OUTPUT": str(tmp_path / f"{name}.gpkg"), "FILLING": "nearest"} for name in "ab"]
    before = len(summaries())
    run(dialog("classifyparcels", rows))
    sent = [job["arguments"] for job in fake_engine.jobs()]
    assert [Path(job["output"]).name for job in sent] == ["a.gpkg", "b.gpkg"]
    assert all(job["filling"] == "nearest" and job["keep_series"] is True for job in sent)
    assert all(set(job) <= {"source", "parcels", "model", "output", "filling", "keep_series"} for job in sent)
    assert len(summaries()) == before + 1 and str(page) in summaries()[-1]


def test_two_trainings_run_to_the_end_of_the_batch(fake_engine, tmp_path) -> None:
    fake_engine.answer("train", {"model": "MODEL", "report": "REPORT", "scores": SCORES})
    store = str(store_folder(tmp_path / "a.parcels"))
    file_layer(tmp_path / "parcels.gpkg")  # its fields are those to choose from
    base = {**train_parameters(tmp_path), "STORE": store, "PARCELS": str(tmp_path / "parcels.gpkg")}
    rows = [{**base, "SEED": seed, "OUTPUT": str(tmp_path / f"{seed}.cropmodel")} for seed in (1, 2)]
    before = len(summaries())
    run(dialog("trainmodel", rows))
    sent = [job["arguments"] for job in fake_engine.jobs()]
    assert [(job["seed"], Path(job["output"]).name) for job in sent] == [(1, "1.cropmodel"), (2, "2.cropmodel")]
    assert all(set(job) == {"store", "class_field", "model", "epochs", "seed", "output"} for job in sent)
    assert len(summaries()) == before + 1 and "<td>0.5</td>" in summaries()[-1]
