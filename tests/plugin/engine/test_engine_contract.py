"""The real engine understands every argument that the algorithms send, and answers through the real door."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
import os
import subprocess
import zipfile
from pathlib import Path

import pytest
from qgis.core import QgsProcessingContext, QgsProject, QgsVectorLayer
from running import Feedback, algorithm
from sample_layers import ROOT, file_layer, model_file

from crop_classifier_plugin.engine.errors import EngineFailed
from crop_classifier_plugin.engine.process import run_job
from crop_classifier_plugin.engine.protocol import MODELS, Job, options

PYTHON = Path(os.environ.get("CROP_CLASSIFIER_PYTHON") or ROOT / ".venv" / "bin" / "python")
FLANDERS = ROOT / "../shared/data/flanders2018"
pytestmark = pytest.mark.skipif(not PYTHON.exists(), reason=f"the engine's environment ({PYTHON}) is not there")

NAMES = """
import json, sys
sys.path.insert(0, sys.argv[1])
import click
from backend.__main__ import cli
commands = (
    "inspect", "extract", "import", "train", "finetune", "classify", "evaluate", "export", "experiment",
    "simulate",
)
print(json.dumps({name: [p.name for p in cli.get_command(click.Context(cli), name).params] for name in commands}))
"""


@pytest.fixture(scope="module")
def engine_names() -> dict[str, list[str]]:
    """The names of every command's arguments."""
    done = subprocess.run([PYTHON, "-I", "-c", NAMES, ROOT], capture_output=True, text=True, check=True, timeout=120)
    return json.loads(done.stdout)


def everything(tmp_path: Path) -> dict[str, object]:
    """A value for every parameter of every algorithm, none of them the default."""
    folder, file = str(tmp_path), tmp_path / "table.csv"
    file.touch()
    return {
        "IMAGERY": folder, "MASKS": folder, "EXCLUDE": "2018-05-01", "BAND_NAMES": "B02", "DATES_FILE": str(file),
        "START": "2018-01-01", "END": "2018-12-31", "SEASON": 2018, "RESOLUTION": 20, "RESAMPLING": "cubic",
        "CRS": "EPSG:2154", "SCL_CLASSES": "4,5",
        "MASK_DILATION": 40, "CLOUD_PROBABILITY": 35, "THEIA_REFLECTANCE": "SRE",
        "FILLING": "nearest", "MAX_GAP_DAYS": 45, "REMOVE_OUTLIERS": True,
        "SCALE": 0.001, "OFFSET": -0.1, "SKIP_UNREADABLE": True, "CALENDAR": "every:10", "ID_FIELD": "code",
        "FEW_PIXELS": 9, "INNER_BUFFER": 7, "ENCODING": "CP1252", "WORKERS": 2,
        "OVERWRITE": True, "TRUTH": "code", "DEVICE": "cpu", "BATCH_SIZE": 8,
        "NAME_FIELD": "code", "PREVIOUS_FIELD": "code", "CLASS_FIELD": "code",
        "CLASS_TABLE": 3, "CLASS_TABLE_FILE": str(file), "UNKNOWN_CLASS": "Other", "EPOCHS": 2, "FOLDS": 3, "SEED": 4,
        "SCHEDULE": "cosine", "WEIGHT_DECAY": 0.1, "PATIENCE": 3, "LOSS": "focal", "CLASS_WEIGHTS": "balanced",
        "DATE_DROPOUT": 0.2, "PRECISION": "bfloat16", "SPLIT": "group", "BLOCK_SIZE_M": 900, "SPLIT_FIELD": "code",
        "LEARNING_RATE": 0.01, "MIN_SAMPLES": 7, "RESTART": True, "STORE": str(tmp_path / "store"),
        "REPORT": str(tmp_path / "report.html"), "PARCELS": file_layer(tmp_path / "parcels.gpkg"),
        "PREDICTIONS": file_layer(tmp_path / "crops.gpkg"), "SOURCE": str(file), "SOURCE_FOLDER": folder,
        "JOIN": file_layer(tmp_path / "original.gpkg"),
    }  # fmt: skip


def any_value(row: options.Option) -> object:
    """A value other than the default, for an option without one in `everything`."""
    if row.kind == options.FLAG:
        return True
    if row.choices:
        return row.choices[-1]
    return (row.minimum or 0) + 1 if row.kind in (options.WHOLE, options.NUMBER) else "text"


OWN = {
    "inspectstack": {"OUTPUT": "dates.csv"},
    "extractseries": {"OUTPUT": "x.parcels"},
    "trainmodel": {"OUTPUT": "x.cropmodel", "MODEL": "gru"},
    "finetunemodel": {"OUTPUT": "x.cropmodel", "MODEL": "m.cropmodel"},
    "classifyparcels": {"OUTPUT": "x.gpkg", "MODEL": "m.cropmodel", "REMOVE_OUTLIERS": "no"},
    "importseries": {"OUTPUT": "x.parcels"},
    "evaluateclassification": {},
    "exportpredictions": {"OUTPUT": "x.shp", "QUALITIES": ["ok"], "FIELDS": ["code"]},
    "runexperiment": {"OUTPUT": "experiment", "CLASS_FIELD": "code"},
    "simulateregion": {"OUTPUT": "region"},
}
SCORED = {"report": "", "scores": {"parcels": 9, "oa": 0.0, "mean_f": 0.0}}
REGION = {"imagery": "", "masks": "", "parcels": "", "class_field": "", "previous_field": "", "parcel_count": 0}
EXPORTED = {
    "output": "", "layer": "", "parcels": 0, "left_out": 0, "fields": [], "joined": None, "classes": [],
    "class_table": None, "field_table": None,
}  # fmt: skip
ANSWERS = {
    "inspect": {"acquisitions": [], "skipped": []},
    "extract": {"store": "", "parcels": 0, "pixels": 0},
    "import": {"store": "", "parcels": 0, "pixels": 0, "fields": []},
    "train": {"model": "", **SCORED},
    "finetune": {"model": "", **SCORED},
    "classify": {"output": "", "report": "", "parcels": 0, "classified": 0, "classes": []},
    "evaluate": SCORED,
    "export": EXPORTED,
    "experiment": {"report": "", "runs": 0, "left": []},
    "simulate": REGION,
}


@pytest.mark.parametrize("name", OWN)
def test_the_engine_knows_every_argument(name, provider, fake_engine, engine_names, tmp_path) -> None:
    for command, values in ANSWERS.items():
        fake_engine.answer(command, values)
    own = {key: str(tmp_path / value) if "." in value else value for key, value in OWN[name].items()}
    model_file(tmp_path / "m.cropmodel")
    given = {**everything(tmp_path), **own}
    tried = algorithm(name)
    known = {definition.name() for definition in tried.parameterDefinitions()}
    later = {row.qgis_name: any_value(row) for row in options.OPTIONS if row.label and row.qgis_name not in given}
    given = {**later, **given}
    assert known <= set(given), "a parameter that is neither here nor in the table of options"
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    tried.run({key: given[key] for key in known}, context, Feedback(), {}, False)
    assert fake_engine.jobs()
    for job in fake_engine.jobs():
        assert set(job["arguments"]) <= set(engine_names[job["command"]])


def test_the_engines_table_of_models_is_the_plugins() -> None:
    answer = run_job(Job("models"), lambda event: None, lambda: False, python=PYTHON)
    assert [model["name"] for model in answer] == list(MODELS)


def test_the_real_engine_fails_with_its_own_message(tmp_path) -> None:
    with pytest.raises(EngineFailed) as caught:
        run_job(Job("inspect", {"imagery": str(tmp_path)}), lambda event: None, lambda: False, python=PYTHON)
    assert caught.value.code == "imagery.none_found" and str(tmp_path) in str(caught.value)


CLASSIFIED = "field=id:integer&field=crop_code:string(10)&field=crop_name:string(20)&field=confidence:double"
ROWS = [(1, "BTH", "Wheat <b>", 0.9, 0), (2, "MIS", "50 % & [% 1 %]", 0.4, 100), (3, None, None, None, 200)]


def test_an_exported_geopackage_has_the_colours_of_its_classes_in_qgis(provider, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("CROP_CLASSIFIER_PYTHON", str(PYTHON))
    layer = file_layer(tmp_path / "crops.gpkg", rows=ROWS, fields=CLASSIFIED)
    output = f"ogr:dbname='{tmp_path}/shared.gpkg' table=\"crops of 2018\" (geom)"
    results, _ = algorithm("exportpredictions").run(
        {"PREDICTIONS": layer, "OUTPUT": output}, QgsProcessingContext(), Feedback(), {}, False
    )
    exported = QgsVectorLayer(results["OUTPUT"], "", "ogr")
    renderer = exported.renderer()
    assert renderer.type() == "categorizedSymbol" and renderer.classAttribute() == "crop_code"
    labels = {category.value(): category.label() for category in renderer.categories()}
    assert labels == {"BTH": "Wheat <b>", "MIS": "50 % & [ % 1 %]", "": "Not classified"}
    colours = [category.symbol().color().name() for category in renderer.categories()]
    assert len(set(colours)) == 3 and colours[-1] == "#d9d9d9"
    assert exported.featureCount() == 3 and exported.fields().lookupField("id") >= 0
    styles = exported.listStylesInDatabase()
    assert styles[2] == ["Crop classes"]


@pytest.mark.skipif(not FLANDERS.exists(), reason=f"the real images ({FLANDERS}) are not there")
def test_a_real_season_is_extracted_where_it_was_asked_for(provider, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("CROP_CLASSIFIER_PYTHON", str(PYTHON))
    context = QgsProcessingContext()
    store = tmp_path / "a season.parcels"
    parameters = {
        "IMAGERY": str(FLANDERS / "s2"), "MASKS": str(FLANDERS / "scl"), "PARCELS": str(FLANDERS / "parcels.gpkg"),
        "START": "2018-04-01", "END": "2018-05-31", "OUTPUT": str(store),
    }  # fmt: skip
    results, _ = algorithm("extractseries").run(parameters, context, Feedback(), {}, False)
    assert (results["OUTPUT"], results["PARCEL_COUNT"]) == (str(store), 19)
    assert (store / "manifest.json").is_file()


def test_a_model_trained_from_images_is_on_the_days_asked_for(provider, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("CROP_CLASSIFIER_PYTHON", str(PYTHON))
    size = {"parcels": 60, "dates": 4, "seed": 1}
    job = Job("simulate", {"output": str(tmp_path / "region"), **size})
    made = run_job(job, lambda event: None, lambda: False, python=PYTHON)
    store, model = tmp_path / "kept.parcels", tmp_path / "m.cropmodel"
    parameters = {
        "IMAGERY": made["imagery"], "PARCELS": made["parcels"], "CLASS_FIELD": made["class_field"], "STORE": str(store),
        "MODEL": "random-forest", "CALENDAR": "-95,105,215", "OUTPUT": str(model),
    }  # fmt: skip
    algorithm("trainmodel").run(parameters, QgsProcessingContext(), Feedback(), {}, False)
    assert json.loads((store / "manifest.json").read_text("utf-8"))["sources"][0]["days"] == [-95, 105, 215]
    with zipfile.ZipFile(model) as archive:
        assert json.loads(archive.read("model.json"))["calendar"] == [-95, 105, 215]
