"""The algorithms: the jobs they make of their parameters, and what they make of the answers."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import csv
import gc
import json
import shutil
from pathlib import Path

import pytest
from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingOutputLayerDefinition,
    QgsProcessingUtils,
    QgsProject,
    QgsVectorLayer,
)
from running import Feedback, algorithm, classify_parameters, run, train_parameters
from sample_layers import ROOT, file_layer, memory_layer, model_file, store_folder

from crop_classifier_plugin.class_tables import CLASS_TABLES
from crop_classifier_plugin.processing.trainmodel import EXTRACTION_SHARE

pytestmark = pytest.mark.usefixtures("qgis_app", "qgis_processing", "provider")

FOUND = {
    "acquisitions": [
        {"date": "2018-05-11", "name": "b", "product": "GeoTIFF", "bands": ["B02", "B03"], "clear_share": 0.5},
        {"date": "2018-05-01", "name": "a", "product": "GeoTIFF", "bands": ["B02", "B03"], "clear_share": None},
    ],
    "skipped": [{"path": "c.tif", "code": "imagery.bad_date", "reason": "no date"}],
    "grid": {},
}
EXTRACTED = {"store": "STORE", "parcels": 4, "pixels": 99}
TRAINED = {"model": "MODEL", "report": "REPORT", "scores": {"parcels": 1200, "oa": 0.9, "mean_f": 0.6}}
CLASSIFIED = {
    "output": "OUTPUT", "report": "", "parcels": 3, "classified": 2, "scores": None,
    "classes": [
        {"code": "BTH", "name": "Wheat", "colour": "#e3b23c", "parcels": 2},
        {"code": "VRC", "name": "Vine", "colour": "#8e5aa8", "parcels": 0},
    ],
}  # fmt: skip


def test_inspect_gives_dates_a_table_and_json(fake_engine, imagery, tmp_path) -> None:
    fake_engine.answer("inspect", FOUND)
    feedback = Feedback()
    table = tmp_path / "dates.csv"
    parameters = {
        "IMAGERY": str(imagery), "MASKS": str(tmp_path), "EXCLUDE": "2018-05-01, 20180511", "BAND_NAMES": "B02,B03",
        "SEASON": 2018, "RESOLUTION": 20, "RESAMPLING": "cubic", "SCALE": 0.0001, "OFFSET": -0.1,
        "SKIP_UNREADABLE": True, "START": "2018-01-01", "OUTPUT": str(table),
    }  # fmt: skip
    results = run("inspectstack", parameters, feedback)
    assert fake_engine.jobs() == [
        {
            "command": "inspect",
            "arguments": {
                "imagery": str(imagery), "masks": str(tmp_path), "exclude": ["2018-05-01", "20180511"],
                "band_names": "B02,B03", "season": 2018, "resolution_m": 20.0, "resampling": "cubic", "scale": 0.0001,
                "offset": -0.1, "skip_unreadable": True, "start": "2018-01-01",
            },
        }
    ]  # fmt: skip
    assert (results["ACQUISITIONS"], results["FIRST_DATE"], results["LAST_DATE"]) == (2, "2018-05-01", "2018-05-11")
    assert json.loads(results["JSON"]) == FOUND
    rows = list(csv.DictReader(table.read_text("utf-8").splitlines()))
    assert [(row["date"], row["bands"]) for row in rows] == [("2018-05-11", "B02 B03"), ("2018-05-01", "B02 B03")]
    assert feedback.warnings == ["Skipped c.tif: no date"]


def test_the_table_of_acquisitions_holds_no_formula_and_the_log_no_markup(fake_engine, imagery, tmp_path) -> None:
    found = {"date": "2018-05-01", "product": "=1+2", "name": "<img src=x>", "offset": -1000.0, "bands": ["@SUM(A1)"]}
    skipped = {"path": "<b>a.tif", "reason": "<img src=x>", "code": "x"}
    fake_engine.answer("inspect", {"acquisitions": [found], "skipped": [skipped], "grid": {}})
    feedback, table = Feedback(), tmp_path / "dates.csv"
    run("inspectstack", {"IMAGERY": str(imagery), "OUTPUT": str(table)}, feedback)
    row = next(csv.DictReader(table.read_text("utf-8").splitlines()))
    assert (row["product"], row["offset"], row["bands"]) == ("'=1+2", "-1000.0", "'@SUM(A1)")
    assert feedback.warnings == ["Skipped ‹b>a.tif: ‹img src=x>"]
    assert not [line for line in feedback.lines if "<img" in line]


def test_options_that_are_not_given_are_left_to_the_engine(fake_engine, imagery) -> None:
    fake_engine.answer("inspect", FOUND)
    run("inspectstack", {"IMAGERY": str(imagery), "SEASON": None, "EXCLUDE": ""})
    assert fake_engine.jobs()[0]["arguments"] == {"imagery": str(imagery)}


def test_extract_sends_the_layers_own_file(fake_engine, imagery, tmp_path) -> None:
    fake_engine.answer("extract", EXTRACTED)
    layer = file_layer(tmp_path / "parcels.gpkg")
    store = str(tmp_path / "region.parcels")
    parameters = {
        "IMAGERY": str(imagery),
        "PARCELS": layer,
        "ID_FIELD": "code",
        "CALENDAR": "every:10",
        "OUTPUT": store,
    }
    results = run("extractseries", parameters)
    assert fake_engine.jobs()[0]["arguments"] == {
        "imagery": str(imagery), "parcels": str(tmp_path / "parcels.gpkg"), "output": store, "id_field": "code",
        "calendar": "every:10",
    }  # fmt: skip
    assert (results["PARCEL_COUNT"], results["PIXEL_COUNT"]) == (4, 99)


def test_edges_and_a_shapefile_s_encoding_are_sent(fake_engine, imagery, tmp_path) -> None:
    fake_engine.answer("extract", EXTRACTED)
    options = {"INNER_BUFFER": 7.5, "FEW_PIXELS": 6, "ENCODING": "ISO-8859-15"}
    for ending, driver in (("shp", "ESRI Shapefile"), ("gpkg", "GPKG")):  # QGIS decodes what is no shapefile
        layer = file_layer(tmp_path / f"parcels.{ending}", driver)
        parameters = {"IMAGERY": str(imagery), "PARCELS": layer, "OUTPUT": str(tmp_path / f"{ending}.parcels")}
        run("extractseries", {**parameters, **options})
        arguments = fake_engine.jobs()[-1]["arguments"]
        assert (arguments["inner_buffer_m"], arguments["few_pixels"]) == (7.5, 6)
        assert arguments.get("encoding") == ("ISO-8859-15" if ending == "shp" else None)


def test_classify_sends_only_the_selected_parcels(fake_engine, imagery, tmp_path) -> None:
    fake_engine.answer("classify", CLASSIFIED)
    layer = memory_layer()
    QgsProject.instance().addMapLayer(layer)
    layer.selectByExpression("\"code\" = 'MIS'")
    parameters = classify_parameters(imagery, tmp_path, QgsProcessingFeatureSourceDefinition(layer.id(), True))
    report = str(tmp_path / "report.html")
    fields = {"TRUTH": "code", "PREVIOUS_FIELD": "code"}
    results = run("classifyparcels", {**parameters, **fields, "DEVICE": "cpu", "REPORT": report})
    arguments = fake_engine.jobs()[0]["arguments"]
    copy = QgsVectorLayer(f"{arguments.pop('parcels')}|layername={arguments.pop('layer')}", "", "ogr")
    assert [feature["code"] for feature in copy.getFeatures()] == ["MIS"]
    assert arguments == {
        "source": str(imagery), "model": parameters["MODEL"], "output": parameters["OUTPUT"], "truth": "code",
        "device": "cpu", "report": report, "previous_field": "code", "keep_series": True,
    }  # fmt: skip
    assert (results["PARCEL_COUNT"], results["CLASSIFIED_COUNT"]) == (3, 2)
    QgsProject.instance().removeMapLayer(layer.id())


def test_the_series_are_kept_and_their_place_and_size_reported(fake_engine, imagery, tmp_path) -> None:
    store = tmp_path / "crops.parcels"
    shutil.copytree(ROOT / "tests" / "fixtures" / "v0.1.0" / "region.parcels", store)
    size_mb = sum(path.stat().st_size for path in store.iterdir()) / 1e6
    fake_engine.answer("classify", {**CLASSIFIED, "store": str(store), "results": str(tmp_path / "crops.results")})
    feedback = Feedback()
    results = run("classifyparcels", classify_parameters(imagery, tmp_path, memory_layer()), feedback)
    assert (results["STORE"], results["RESULTS"]) == (str(store), str(tmp_path / "crops.results"))
    assert results["STORE_MB"] == pytest.approx(size_mb) and size_mb > 0.5
    assert f"The parcel series are kept in {store} ({size_mb:.1f} MB)." in feedback.lines


def test_series_of_a_temporary_output_are_kept_in_the_temporary_folder(fake_engine, imagery, tmp_path) -> None:
    store = Path(QgsProcessingUtils.generateTempFilename("OUTPUT.parcels"))
    shutil.copytree(ROOT / "tests" / "fixtures" / "v0.1.0" / "imported.parcels", store)
    fake_engine.answer("classify", {**CLASSIFIED, "store": str(store), "results": "RESULTS"})
    feedback = Feedback()
    parameters = {**classify_parameters(imagery, tmp_path, memory_layer()), "OUTPUT": "TEMPORARY_OUTPUT"}
    run("classifyparcels", parameters, feedback)
    assert fake_engine.jobs()[0]["arguments"]["keep_series"] is True
    assert f"The parcel series are kept in {store} (0.1 MB) until QGIS is closed." in feedback.lines


def test_series_need_not_be_kept(fake_engine, imagery, tmp_path) -> None:
    fake_engine.answer("classify", {**CLASSIFIED, "store": None, "results": "RESULTS"})
    parameters = classify_parameters(imagery, tmp_path, memory_layer())
    results = run("classifyparcels", {**parameters, "KEEP_SERIES": False})
    assert "keep_series" not in fake_engine.jobs()[0]["arguments"]
    assert "STORE" not in results and results["RESULTS"] == "RESULTS"


def test_the_classified_layer_is_styled_when_it_is_loaded(fake_engine, imagery, tmp_path) -> None:
    fields = "field=crop_code:string(20)&field=crop_name:string(40)"
    file_layer(tmp_path / "result.gpkg", rows=[("BTH", "Wheat", 0), (None, None, 100)], fields=fields)
    parameters = classify_parameters(imagery, tmp_path, memory_layer())
    output = parameters["OUTPUT"]
    fake_engine.answer("classify", {**CLASSIFIED, "output": output}, layer=tmp_path / "result.gpkg")
    parameters["OUTPUT"] = QgsProcessingOutputLayerDefinition(output, QgsProject.instance())
    context = QgsProcessingContext()
    run("classifyparcels", parameters, context=context)
    gc.collect()  # the algorithm is gone by the time QGIS loads the layer
    layer = QgsVectorLayer(output, "crops", "ogr")
    context.layerToLoadOnCompletionDetails(output).postProcessor().postProcessLayer(layer, context, Feedback())
    assert [category.label() for category in layer.renderer().categories()] == ["Wheat", "Not classified"]


def test_the_styles_are_kept_in_the_file_even_where_it_is_not_loaded(fake_engine, imagery, tmp_path) -> None:
    """As in qgis_process; another QGIS shows them without the plugin."""
    fields = "field=crop_code:string(20)&field=crop_name:string(40)&field=quality:string&field=agreement:string"
    file_layer(tmp_path / "result.gpkg", rows=[("BTH", "Wheat", "ok", "agrees", 0)], fields=fields)
    parameters = classify_parameters(imagery, tmp_path, memory_layer())
    made = {**CLASSIFIED, "output": parameters["OUTPUT"], "not_judged": {"not_classified": 0}}
    for compared, titles in (
        (made, ["Class", "Declared and predicted", "Quality"]),
        (CLASSIFIED, ["Class", "Quality"]),
    ):
        fake_engine.answer(
            "classify", {**compared, "output": made["output"], "layer": "result"}, layer=tmp_path / "result.gpkg"
        )
        feedback = Feedback()
        run("classifyparcels", parameters, feedback)
        alone = QgsVectorLayer(made["output"], "", "ogr")
        number, _, names, *_ = alone.listStylesInDatabase()
        assert sorted(names[:number]) == titles and feedback.warnings == []
        assert [category.label() for category in alone.renderer().categories()] == ["Wheat", "Not classified"]


def test_the_log_gives_the_scores_with_their_parcels_and_each_group_apart(fake_engine, imagery, tmp_path) -> None:
    groups = [
        {"trained_on": "no", "parcels": 40, "oa": 0.75, "mean_f": 0.5},
        {"trained_on": "yes", "parcels": 1200, "oa": 0.95, "mean_f": 0.9},
        {"trained_on": None, "parcels": 3, "oa": 1.0, "mean_f": 1.0},
    ]
    made = {**CLASSIFIED, "scores": {"parcels": 43, "oa": 0.767, "mean_f": 0.51}, "judged": groups}
    fake_engine.answer("classify", made)
    feedback = Feedback()
    run("classifyparcels", classify_parameters(imagery, tmp_path, memory_layer()), feedback)
    lines = "\n".join(feedback.lines)
    assert "Overall accuracy 76.7%, mean F-score 51.0%, of 43 parcels" in lines
    assert "40 parcels not used to train the model: overall accuracy 75.0%, mean F-score 50.0%" in lines
    assert "1200 parcels used to train the model, not in the scores: overall accuracy 95.0%" in lines
    assert "3 parcels not known whether used to train the model: overall accuracy 100.0%" in lines


def test_a_layer_saved_into_a_geopackage_is_added_there_and_loaded_from_there(fake_engine, imagery, tmp_path) -> None:
    """As QGIS's menu "Save to GeoPackage" gives the output."""
    path = tmp_path / "region of\u00a0mine.gpkg"
    file_layer(path, rows=[("BTH", "Wheat", 0)], fields="field=crop_code:string(20)&field=crop_name:string(40)")
    there = QgsVectorLayer(str(path), "", "ogr")
    name = there.dataProvider().subLayers()[0].split("!!::!!")[1]
    fake_engine.answer("classify", {**CLASSIFIED, "output": str(path), "layer": name})
    parameters = classify_parameters(imagery, tmp_path, memory_layer())
    output = f"ogr:dbname='{path}' table=\"{name}\" (geom)"
    parameters["OUTPUT"] = QgsProcessingOutputLayerDefinition(output, QgsProject.instance())
    context = QgsProcessingContext()
    results = run("classifyparcels", {**parameters, "OVERWRITE": True}, context=context)
    arguments = fake_engine.jobs()[0]["arguments"]
    assert (arguments["output"], arguments["output_layer"], arguments["overwrite"]) == (str(path), name, True)
    loads = context.layersToLoadOnCompletion()
    assert list(loads) == [results["OUTPUT"]] == [f"{path}|layername={name}"]
    assert QgsVectorLayer(results["OUTPUT"], "", "ogr").isValid()
    assert loads[results["OUTPUT"]].postProcessor() is not None


@pytest.mark.parametrize("name", ["memory:", "memory:my crops"])
def test_a_layer_in_memory_becomes_a_temporary_file(fake_engine, imagery, tmp_path, name) -> None:
    written = tmp_path / "written.gpkg"
    file_layer(written, rows=[("BTH", "Wheat", 0)], fields="field=crop_code:string(20)&field=crop_name:string(40)")
    fake_engine.answer("classify", {**CLASSIFIED, "output": str(written), "layer": "written"})
    parameters = classify_parameters(imagery, tmp_path, memory_layer())
    parameters["OUTPUT"] = QgsProcessingOutputLayerDefinition(name, QgsProject.instance())
    context = QgsProcessingContext()
    results = run("classifyparcels", parameters, context=context)
    arguments = fake_engine.jobs()[0]["arguments"]
    assert Path(arguments["output"]).suffix == ".gpkg" and "output_layer" not in arguments
    assert Path(QgsProcessingUtils.tempFolder()) in Path(arguments["output"]).parents
    assert list(context.layersToLoadOnCompletion()) == [results["OUTPUT"]] == [str(written)]


def test_a_result_that_is_kept_under_another_name_is_loaded_from_there(fake_engine, imagery, tmp_path) -> None:
    """As where another program had the output open: its first layer is not the result, nor is the file chosen."""
    parameters = classify_parameters(imagery, tmp_path, memory_layer())
    chosen, kept = Path(parameters["OUTPUT"]), tmp_path / "kept_2.gpkg"
    fields = "field=crop_code:string(20)&field=crop_name:string(40)"
    for path in (chosen, kept):
        file_layer(path, rows=[("BTH", "Wheat", 0)], fields=fields)
    there = QgsVectorLayer(str(kept), "", "ogr")
    name = there.dataProvider().subLayers()[0].split("!!::!!")[1]
    fake_engine.answer("classify", {**CLASSIFIED, "output": str(kept), "layer": name})
    parameters["OUTPUT"] = QgsProcessingOutputLayerDefinition(str(chosen), QgsProject.instance())
    context = QgsProcessingContext()
    results = run("classifyparcels", parameters, context=context)
    loads = context.layersToLoadOnCompletion()
    assert list(loads) == [results["OUTPUT"]] == [f"{kept}|layername={name}"]
    assert loads[results["OUTPUT"]].postProcessor() is not None


def test_a_result_that_this_qgis_cannot_show_is_not_loaded(fake_engine, imagery, tmp_path) -> None:
    nothing_to_show = tmp_path / "result"
    nothing_to_show.write_text("no layer")
    output = str(tmp_path / "crops.parquet")
    fake_engine.answer("classify", {**CLASSIFIED, "output": output}, layer=nothing_to_show)
    parameters = classify_parameters(imagery, tmp_path, memory_layer())
    parameters["OUTPUT"] = QgsProcessingOutputLayerDefinition(output, QgsProject.instance())
    context, feedback = QgsProcessingContext(), Feedback()
    run("classifyparcels", parameters, feedback, context)
    assert not context.willLoadLayerOnCompletion(output)
    assert "no driver to open .parquet files" in feedback.warnings[0]


def test_train_extracts_beside_the_model_then_trains_and_leaves_no_store(fake_engine, imagery, tmp_path) -> None:
    fake_engine.answer("extract", EXTRACTED)
    fake_engine.answer("train", TRAINED)
    parcels = file_layer(tmp_path / "parcels.gpkg")
    table = tmp_path / "table.csv"
    table.touch()
    feedback = Feedback()
    before = set(tmp_path.iterdir())
    parameters = {"IMAGERY": str(imagery), "PARCELS": parcels, "CLASS_TABLE": 3, "CLASS_TABLE_FILE": str(table)}
    parameters["CALENDAR"] = "-40,3,43"
    results = run("trainmodel", {**train_parameters(tmp_path), **parameters}, feedback)
    extract, train = fake_engine.jobs()
    assert (extract["command"], train["command"]) == ("extract", "train")
    assert extract["arguments"]["output"] == train["arguments"]["store"]
    assert extract["arguments"]["calendar"] == "-40,3,43"
    assert extract["arguments"]["output"].startswith(str(tmp_path))
    assert set(tmp_path.iterdir()) == before
    assert (results["OVERALL_ACCURACY"], results["MEAN_F"], results["REPORT"]) == (0.9, 0.6, "REPORT")
    assert train["arguments"] == {
        "store": extract["arguments"]["output"], "output": str(tmp_path / "region.cropmodel"), "model": "gru",
        "class_field": "code", "class_table": str(table), "epochs": 3,
    }  # fmt: skip
    share = 100 * EXTRACTION_SHARE
    assert feedback.percents == pytest.approx([share / 2, share + (100 - share) / 2])
    assert [event.command for event in feedback.events if event.kind == "started"] == ["extract", "train"]
    assert "Overall accuracy 90.0%, mean F-score 60.0%, of 1200 parcels" in feedback.lines


def test_fine_tuning_sends_the_model_and_leaves_the_classes_to_it(fake_engine, tmp_path) -> None:
    fake_engine.answer("finetune", TRAINED)
    model_file(tmp_path / "source.cropmodel")
    store = store_folder(tmp_path)
    parameters = {"MODEL": str(tmp_path / "source.cropmodel"), "STORE": str(store), "CLASS_FIELD": "code"}
    run("finetunemodel", {**parameters, "LEARNING_RATE": 0.001, "OUTPUT": str(tmp_path / "new.cropmodel")})
    (job,) = fake_engine.jobs()
    assert job["command"] == "finetune"
    assert job["arguments"] == {
        "model": str(tmp_path / "source.cropmodel"), "store": str(tmp_path), "class_field": "code",
        "learning_rate": 0.001, "output": str(tmp_path / "new.cropmodel"),
    }  # fmt: skip


def test_a_file_that_is_no_model_is_not_carried_on(tmp_path) -> None:
    (tmp_path / "note.cropmodel").write_text("not a model")
    store = store_folder(tmp_path)
    parameters = {"MODEL": str(tmp_path / "note.cropmodel"), "STORE": str(store), "CLASS_FIELD": "code"}
    parameters["OUTPUT"] = str(tmp_path / "new.cropmodel")
    accepted, message = algorithm("finetunemodel").checkParameterValues(parameters, QgsProcessingContext())
    assert not accepted and "note.cropmodel" in message


def test_every_training_option_reaches_the_engine(fake_engine, tmp_path) -> None:
    fake_engine.answer("train", TRAINED)
    options = {
        "BATCH_SIZE": 16, "LEARNING_RATE": 0.002, "SCHEDULE": "one-cycle", "WEIGHT_DECAY": 0.05, "PATIENCE": 4,
        "LOSS": "focal", "CLASS_WEIGHTS": "square-root", "DATE_DROPOUT": 0.25, "PRECISION": "bfloat16",
        "SPLIT": "blocks", "BLOCK_SIZE_M": 2500.0,
    }  # fmt: skip
    run("trainmodel", {**train_parameters(tmp_path), "STORE": str(store_folder(tmp_path)), **options})
    (train,) = fake_engine.jobs()
    sent = train["arguments"]
    assert {name: sent[name.lower()] for name in options} == options
    assert "split_field" not in sent


def test_a_split_and_its_field_go_together(tmp_path) -> None:
    base = {**train_parameters(tmp_path), "STORE": str(store_folder(tmp_path))}
    context = QgsProcessingContext()
    for more, words in (
        ({"SPLIT": "group"}, "choose the field of the groups or years"),
        ({"SPLIT": "year"}, "choose the field of the groups or years"),
        ({"SPLIT": "blocks", "SPLIT_FIELD": "code"}, "only the splits group and year use it"),
        ({"SPLIT_FIELD": "code"}, "only the splits group and year use it"),
        ({"SPLIT": "blocks"}, ""),
    ):
        accepted, message = algorithm("trainmodel").checkParameterValues({**base, **more}, context)
        assert words in message and accepted == (not words)


def test_train_keeps_the_store_it_is_given(fake_engine, imagery, tmp_path) -> None:
    fake_engine.answer("extract", EXTRACTED)
    fake_engine.answer("train", TRAINED)
    store = tmp_path / "kept.parcels"
    parameters = {"IMAGERY": str(imagery), "PARCELS": memory_layer(), "STORE": str(store), "CLASS_TABLE": 1}
    run("trainmodel", {**train_parameters(tmp_path), **parameters})
    assert store.is_dir()
    assert fake_engine.jobs()[1]["arguments"]["class_table"] == "paper"


@pytest.mark.parametrize(("position", "name"), list(enumerate(CLASS_TABLES)))
def test_every_class_table_and_the_class_of_unknown_codes_reach_the_engine(fake_engine, tmp_path, position, name):
    fake_engine.answer("train", TRAINED)
    (tmp_path / "own.csv").touch()
    parameters = {**train_parameters(tmp_path), "STORE": str(store_folder(tmp_path)), "CLASS_TABLE": position}
    parameters["CLASS_TABLE_FILE"] = str(tmp_path / "own.csv")
    run("trainmodel", {**parameters, "UNKNOWN_CLASS": "" if name == "own" else "Other crops"})
    sent = fake_engine.jobs()[0]["arguments"]
    expected = {"own": None, "file": str(tmp_path / "own.csv")}.get(name, name)
    assert (sent.get("class_table"), sent.get("unknown_class")) == (expected, None if name == "own" else "Other crops")


def test_train_from_only_a_store(fake_engine, tmp_path) -> None:
    fake_engine.answer("train", TRAINED)
    feedback = Feedback()
    run("trainmodel", {**train_parameters(tmp_path), "STORE": str(store_folder(tmp_path)), "CLASS_TABLE": 2}, feedback)
    assert [job["command"] for job in fake_engine.jobs()] == ["train"]
    assert fake_engine.jobs()[0]["arguments"]["class_table"] == "rpg_groups"
    assert feedback.percents == [50.0]
