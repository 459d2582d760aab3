"""The algorithms in a model of the Model Designer: outputs feed inputs, from a simulated region to a shapefile."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import os
from pathlib import Path

import pytest
from qgis.core import (
    QgsProcessingContext,
    QgsProcessingModelAlgorithm,
    QgsProcessingModelChildAlgorithm,
    QgsProcessingModelChildParameterSource,
    QgsProcessingModelOutput,
    QgsProcessingModelParameter,
    QgsProcessingParameterNumber,
    QgsProject,
    QgsVectorLayer,
)
from qgis.gui import QgsGui
from running import Feedback
from sample_layers import ROOT, file_layer, model_file

pytestmark = pytest.mark.usefixtures("qgis_app", "qgis_processing", "provider")

PYTHON = Path(os.environ.get("CROP_CLASSIFIER_PYTHON") or ROOT / ".venv" / "bin" / "python")
CLASSIFIED = "field=id:integer&field=crop_code:string(10)&field=crop_name:string(10)"
STEPS = ("simulateregion", "extractseries", "trainmodel", "classifyparcels", "exportpredictions")


def value(given):
    return [QgsProcessingModelChildParameterSource.fromStaticValue(given)]


def output(child: str, name: str):
    return [QgsProcessingModelChildParameterSource.fromChildOutput(child, name)]


def chain() -> QgsProcessingModelAlgorithm:
    """The five steps; the number of parcels is the model's own parameter, the shapefile its output."""
    model = QgsProcessingModelAlgorithm("From images to a map", "tests")
    number = QgsProcessingParameterNumber("parcels", "Number of parcels", defaultValue=60)
    model.addModelParameter(number, QgsProcessingModelParameter("parcels"))
    wiring = {
        "simulateregion": {
            "PARCEL_NUMBER": [QgsProcessingModelChildParameterSource.fromModelParameter("parcels")],
            "DATES": value(5), "SEED": value(1),
        },
        "extractseries": {
            "IMAGERY": output("simulateregion", "IMAGERY"), "MASKS": output("simulateregion", "MASKS"),
            "PARCELS": output("simulateregion", "PARCELS"),
        },
        "trainmodel": {
            "STORE": output("extractseries", "OUTPUT"), "CLASS_FIELD": output("simulateregion", "CLASS_FIELD"),
            "CLASS_TABLE": value(1), "MODEL": value("lda"), "MIN_SAMPLES": value(5),
        },
        "classifyparcels": {
            "IMAGERY": output("simulateregion", "IMAGERY"), "MASKS": output("simulateregion", "MASKS"),
            "PARCELS": output("simulateregion", "PARCELS"), "MODEL": output("trainmodel", "OUTPUT"),
        },
        "exportpredictions": {"PREDICTIONS": output("classifyparcels", "OUTPUT"), "QUALITIES": value(["ok"])},
    }  # fmt: skip
    for name in STEPS:
        child = QgsProcessingModelChildAlgorithm(f"crop_classifier:{name}")
        child.setChildId(name)
        for parameter, sources in wiring[name].items():
            child.addParameterSources(parameter, sources)
        if name == "exportpredictions":
            child.setModelOutputs({"map": kept("map", name)})
        model.addChildAlgorithm(child)
    model.updateDestinationParameters()
    return model


def kept(name: str, child: str, source: str = "OUTPUT") -> QgsProcessingModelOutput:
    made = QgsProcessingModelOutput(name)
    made.setChildId(child)
    made.setChildOutputName(source)
    return made


def reopened(model: QgsProcessingModelAlgorithm, path: Path) -> QgsProcessingModelAlgorithm:
    """As the Model Designer saves and opens it."""
    assert model.toFile(str(path))
    found = QgsProcessingModelAlgorithm()
    assert found.fromFile(str(path))
    return found


def run(model: QgsProcessingModelAlgorithm, parameters: dict) -> dict:
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    accepted, message = model.checkParameterValues(parameters, context)
    assert accepted, message
    assert model.canExecute()[0]
    return model.run(parameters, context, Feedback(), {}, False)[0]


def final(results: dict) -> str:
    """The path of the model's one layer, whatever QGIS calls it."""
    return next(str(found) for name, found in results.items() if name.endswith("map"))


@pytest.mark.parametrize("name", STEPS[1:])
def test_the_model_designer_offers_the_outputs_of_earlier_steps_for_the_inputs(name) -> None:
    """Its own widget holds only a source that it offers."""
    model, context = chain(), QgsProcessingContext()
    child = model.childAlgorithm(name)
    connected = 0
    for parameter, (source,) in child.parameterSources().items():
        definition = child.algorithm().parameterDefinition(parameter)
        if source.outputChildId():
            registry = QgsGui.processingGuiRegistry()
            widget = registry.createModelerParameterWidget(model, name, definition, context)
            widget.setWidgetValue(source)
            found = widget.value()
            assert (found.outputChildId(), found.outputName()) == (source.outputChildId(), source.outputName())
            connected += 1
    assert connected


def test_a_model_of_five_steps_hands_each_result_to_the_next(fake_engine, imagery, tmp_path) -> None:
    parcels, crops = tmp_path / "p.gpkg", tmp_path / "crops.gpkg"
    file_layer(parcels)
    file_layer(crops, rows=[(1, "A", "Wheat", 0)], fields=CLASSIFIED)
    trained = str(model_file(tmp_path / "m.cropmodel"))
    scores = {"parcels": 9, "oa": 0.5, "mean_f": 0.5}
    fake_engine.answer("simulate", {
        "imagery": str(imagery), "masks": str(tmp_path), "parcels": str(parcels), "class_field": "code",
        "previous_field": None, "parcel_count": 7,
    })  # fmt: skip
    fake_engine.answer("train", {"model": trained, "report": "R.html", "scores": scores})
    made = {"report": "", "parcels": 1, "classified": 1, "classes": []}
    fake_engine.answer("classify", {"output": str(crops), "layer": "crops", **made})
    fake_engine.answer("export", {
        "output": "map.shp", "layer": "map", "parcels": 1, "left_out": 0, "fields": [], "joined": None, "classes": [],
        "class_table": None, "field_table": None,
    })  # fmt: skip
    store = tmp_path / "handed on.parcels"
    fake_engine.answer("extract", {"store": str(store), "parcels": 1, "pixels": 9})
    store.mkdir()
    (store / "manifest.json").write_text('{"schema": 2, "complete": true, "season": 2018}', encoding="utf-8")
    model = reopened(chain(), tmp_path / "chain.model3")
    results = run(model, {"parcels": 7, "exportpredictions:map": str(tmp_path / "map.shp")})
    jobs = {job["command"]: job["arguments"] for job in fake_engine.jobs()}
    assert list(jobs) == ["simulate", "extract", "train", "classify", "export"]
    assert jobs["simulate"]["parcels"] == 7
    assert jobs["extract"]["parcels"] == jobs["classify"]["parcels"] == str(parcels)
    assert jobs["extract"]["imagery"] == jobs["classify"]["source"] == str(imagery)
    assert jobs["train"]["store"] == str(store) and jobs["train"]["class_field"] == "code"
    assert jobs["train"]["output"].endswith(".cropmodel") and jobs["train"]["class_table"] == "paper"
    assert jobs["classify"]["model"] == trained
    assert jobs["export"]["predictions"] == str(crops) and jobs["export"]["qualities"] == "ok"
    assert jobs["export"]["output"] == str(tmp_path / "map.shp")
    assert final(results) == "map.shp"


@pytest.mark.skipif(not PYTHON.exists(), reason=f"the engine's environment ({PYTHON}) is not there")
def test_the_same_model_runs_with_the_engine(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("CROP_CLASSIFIER_PYTHON", str(PYTHON))
    target = tmp_path / "map.shp"
    results = run(chain(), {"parcels": 60, "exportpredictions:map": str(target)})
    layer = QgsVectorLayer(final(results), "", "ogr")
    assert layer.isValid() and layer.featureCount() > 50
    assert {feature["quality"] for feature in layer.getFeatures()} == {"ok"}
    classes = (tmp_path / "map_classes.csv").read_text("utf-8-sig").splitlines()
    assert classes[0] == "code,name,colour"
    assert {feature["crop_code"] for feature in layer.getFeatures()} == {line.split(",")[0] for line in classes[1:]}
