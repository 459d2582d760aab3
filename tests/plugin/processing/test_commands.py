"""Import, evaluation, experiment and simulation: the jobs of their parameters, and what becomes of the answers."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest
from qgis.core import QgsProcessingFeatureSourceDefinition, QgsProject, QgsVectorLayer
from running import Feedback, problem, run, train_parameters
from sample_layers import file_layer, memory_layer, store_folder

pytestmark = pytest.mark.usefixtures("qgis_app", "qgis_processing", "provider")

IMPORTED = {"store": "STORE", "parcels": 7, "pixels": 70, "fields": ["id", "crop"]}
JUDGED = [{"trained_on": None, "parcels": 3, "oa": 0.5, "mean_f": 0.25}]
EVALUATED = {"report": "PAGE", "scores": {"parcels": 3, "oa": 0.5, "mean_f": 0.25}, "judged": JUDGED}
DONE = {"report": "report.md", "runs": 4, "left": ["gru_shuffled_fold-2"]}
SIMULATED = {
    "imagery": "I", "masks": "M", "parcels": "P.gpkg", "class_field": "CODE", "previous_field": None, "parcel_count": 9,
}  # fmt: skip
CLASSIFIED = "field=crop_code:string(10)&field=declared:string(10)"


def test_a_table_and_a_folder_are_imported(fake_engine, tmp_path) -> None:
    fake_engine.answer("import", IMPORTED)
    table, folder = tmp_path / "series.csv", tmp_path / "PASTIS"
    table.touch()
    (folder / "DATA").mkdir(parents=True)
    more = {"SEASON": 2018, "ID_FIELD": "parcel", "NODATA": 65535, "CRS": "EPSG:32631", "SHIFT_DAYS": 15}
    results = run("importseries", {"SOURCE": str(table), **more, "OUTPUT": str(tmp_path / "a.parcels")})
    run("importseries", {"SOURCE_FOLDER": str(folder), "OUTPUT": str(tmp_path / "b.parcels")})
    first, second = (job["arguments"] for job in fake_engine.jobs())
    given = {name.lower(): value for name, value in more.items()}
    assert first == {"source": str(table), **given, "output": str(tmp_path / "a.parcels")}
    assert second == {"source": str(folder), "output": str(tmp_path / "b.parcels")}
    assert results == {"OUTPUT": "STORE", "PARCEL_COUNT": 7, "PIXEL_COUNT": 70, "FIELDS": "id,crop"}


def test_an_import_has_one_source_that_is_there(tmp_path) -> None:
    table = tmp_path / "series.csv"
    table.touch()
    output = {"OUTPUT": str(tmp_path / "a.parcels")}
    assert "give a file, or a folder" in problem("importseries", output)
    both = {**output, "SOURCE": str(table), "SOURCE_FOLDER": str(tmp_path)}
    assert "give a file, or a folder" in problem("importseries", both)
    assert "expected a folder that holds the folders DATA and META" in problem(
        "importseries", {**output, "SOURCE_FOLDER": str(tmp_path)}
    )
    missing = problem("importseries", {**output, "SOURCE": str(tmp_path / "none.csv")})
    assert missing.endswith("none.csv does not exist.")


def test_an_evaluation_compares_the_layer_that_qgis_shows(fake_engine, tmp_path) -> None:
    fake_engine.answer("evaluate", EVALUATED)
    rows = [("A", "A", 0), ("B", "A", 100), ("B", "B", 200)]
    layer = QgsProject.instance().addMapLayer(memory_layer(rows, CLASSIFIED))
    layer.selectByIds([feature.id() for feature in layer.getFeatures()][:2])
    chosen = QgsProcessingFeatureSourceDefinition(layer.id(), True)
    feedback = Feedback()
    parameters = {"PREDICTIONS": chosen, "TRUTH": "declared", "CLASS_TABLE": 1}
    results = run("evaluateclassification", parameters, feedback)
    (job,) = fake_engine.jobs()
    sent = job["arguments"]
    assert (job["command"], sent["truth"], sent["class_table"], sent["layer"]) == (
        "evaluate", "declared", "paper", "parcels",
    )  # fmt: skip
    assert QgsVectorLayer(sent["predictions"]).featureCount() == 2 and "report" not in sent
    assert results == {"REPORT": "PAGE", "PARCEL_COUNT": 3, "OVERALL_ACCURACY": 0.5, "MEAN_F": 0.25}
    assert "Overall accuracy 50.0%, mean F-score 25.0%, of 3 parcels" in feedback.lines
    QgsProject.instance().removeMapLayer(layer)


def test_an_evaluation_without_scores_gives_only_the_report(fake_engine, tmp_path) -> None:
    fake_engine.answer("evaluate", {**EVALUATED, "scores": None, "judged": []})
    layer = file_layer(tmp_path / "crops.gpkg", rows=[("A", "A", 0)], fields=CLASSIFIED)
    results = run("evaluateclassification", {"PREDICTIONS": layer, "TRUTH": "declared"})
    assert results == {"REPORT": "PAGE"}
    assert fake_engine.jobs()[0]["arguments"]["predictions"] == str(tmp_path / "crops.gpkg")


def test_an_evaluation_needs_predictions_and_the_field() -> None:
    assert "has no field crop_code. Choose a layer that Classify parcels made." in problem(
        "evaluateclassification", {"PREDICTIONS": memory_layer(), "TRUTH": "code"}
    )
    layer = memory_layer([("A", "A", 0)], CLASSIFIED)
    assert "no field code. Its fields are crop_code, declared." in problem(
        "evaluateclassification", {"PREDICTIONS": layer, "TRUTH": "code"}
    )


def test_an_experiment_reads_a_store(fake_engine, tmp_path) -> None:
    fake_engine.answer("experiment", DONE)
    store, feedback = store_folder(tmp_path / "a.parcels"), Feedback()
    more = {"CLASS_FIELD": "CODE", "CLASS_TABLE": 2, "MODELS": "gru,lda", "FOLDS": 2, "SPLIT": "blocks", "EPOCHS": 3}
    parameters = {"TABLE": "table2", "STORE": str(store), **more, "OUTPUT": str(tmp_path / "out")}
    results = run("runexperiment", parameters, feedback)
    (job,) = fake_engine.jobs()
    given = {name.lower(): value for name, value in more.items()}
    assert job["command"] == "experiment" and job["arguments"] == {
        **given, "class_table": "rpg_groups", "table": "table2", "store": str(store), "output": str(tmp_path / "out"),
    }  # fmt: skip
    assert results == {"OUTPUT": str(tmp_path / "out"), "REPORT": "report.md", "RUN_COUNT": 4, "LEFT_COUNT": 1}
    assert feedback.warnings == ["1 of 4 runs are not done: gru_shuffled_fold-2"]


def test_only_the_first_table_needs_no_data(tmp_path) -> None:
    output = {"OUTPUT": str(tmp_path / "out")}
    assert problem("runexperiment", {"TABLE": "table1", **output}) == ""
    assert "only table1 needs neither" in problem("runexperiment", {"TABLE": "all", **output})


@pytest.mark.parametrize("name", ["runexperiment", "trainmodel"])
def test_a_folder_that_is_no_store_is_refused_with_what_was_expected(name, tmp_path) -> None:
    given = {"TABLE": "table2", "CLASS_FIELD": "CODE", **train_parameters(tmp_path), "STORE": str(tmp_path)}
    if name == "runexperiment":
        given.update(OUTPUT=str(tmp_path / "out"), MODEL=None)
    found = problem(name, given)
    assert "expected the folder that Extract parcel time series or Import series made, with a manifest.json" in found
    assert f"{tmp_path} has no readable manifest.json" in found
    assert problem(name, {**given, "STORE": str(store_folder(tmp_path / "a.parcels"))}) == ""


def test_a_training_does_not_extract_into_a_folder_of_other_files(imagery, tmp_path) -> None:
    given = {**train_parameters(tmp_path), "IMAGERY": str(imagery), "PARCELS": memory_layer(), "STORE": str(imagery)}
    assert problem("trainmodel", given) == ""  # a new, empty folder
    (imagery / "S2_20180501.tif").touch()
    assert "expected the folder that Extract parcel time series" in problem("trainmodel", given)


def test_a_simulation_says_where_everything_is(fake_engine, tmp_path) -> None:
    fake_engine.answer("simulate", SIMULATED)
    given = {"PARCEL_NUMBER": 9, "DATES": 3, "SEED": 5, "OUTPUT": str(tmp_path / "region")}
    results = run("simulateregion", given)
    sent = {"parcels": 9, "dates": 3, "seed": 5, "output": str(tmp_path / "region")}
    assert fake_engine.jobs() == [{"command": "simulate", "arguments": sent}]
    assert results == {
        "OUTPUT": str(tmp_path / "region"), "IMAGERY": "I", "MASKS": "M", "PARCELS": "P.gpkg", "CLASS_FIELD": "CODE",
        "PARCEL_COUNT": 9,
    }  # fmt: skip
