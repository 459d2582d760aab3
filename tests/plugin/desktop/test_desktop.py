"""The real QGIS Desktop and qgis_process, from the packed plugin to the classified layer, with the real engine.

Plain PyQGIS does not show what happens where QGIS's libraries meet the engine's; these tests do.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
HERE = Path(__file__).parent
sys.path.insert(0, str(ROOT / "scripts"))
import desktop  # noqa: E402

ENGINE = Path(os.environ.get("CROP_CLASSIFIER_PYTHON") or ROOT / ".venv" / "bin" / "python")
PARCELS = 60
PROCESS = shutil.which("qgis_process.bin") or shutil.which("qgis_process")  # Debian's wrapper of 3.22 is broken

pytestmark = [
    pytest.mark.skipif(not ENGINE.is_file(), reason=f"the engine's Python {ENGINE} is missing: make engine"),
    pytest.mark.skipif(bool(desktop.missing_programs()), reason=f"not installed: {desktop.missing_programs()}"),
]


def engine(*arguments: object) -> dict:
    command = [str(ENGINE), "-m", "backend", *map(str, arguments), "--json"]
    return json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A path as users have them."""
    made = tmp_path_factory.mktemp("desktop") / "Données d'été 2017"
    made.mkdir()
    return made


@pytest.fixture(scope="module")
def region(folder) -> dict:
    """A small made-up region and a model trained on it."""
    made = engine("simulate", folder / "region", "--parcels", PARCELS, "--dates", 5, "--seed", 1)
    store, model = folder / "region.parcels", folder / "region.cropmodel"
    engine("extract", made["imagery"], made["parcels"], "--masks", made["masks"], "-o", store)
    learning = ["--model", "gru", "--epochs", 2, "--class-field", made["class_field"], "--min-samples", 5]
    engine("train", store, *learning, "-o", model)
    return {**made, "model": str(model)}


@pytest.fixture(scope="module")
def profile(tmp_path_factory) -> Path:
    """A QGIS profile with the plugin from its zip, and nothing else."""
    return desktop.install_plugin(tmp_path_factory.mktemp("profile") / "QGIS")


def play(profile: Path, name: str, values: dict, **environment: str) -> dict:
    own = {"CROP_CLASSIFIER_PYTHON": str(ENGINE), **environment}
    return desktop.run_story(profile, HERE / f"{name}.py", values, environment=own)


def test_a_new_user_gets_from_the_sample_region_to_a_parcel(profile, folder):
    values = {"output": str(folder / "sample.cropmodel")}
    results = play(profile, "sample_story", values, XDG_DATA_HOME=str(folder / "data"))
    assert results["missing"] == "" and results["classes"] == 5
    assert float(results["accuracy"].split()[0]) > 75 and results["task"] == "classify"
    assert results["shown"] and not results["scored"] and results["inspected"].startswith("Parcel ")
    assert (folder / "data" / "crop_classifier" / "sample" / "parcels.gpkg").is_file()


def test_parcels_are_classified_from_the_dialog(profile, region, folder):
    output = folder / "Erdbeerfelder 100 %.gpkg"
    results = play(profile, "classify_story", {**region, "output": str(output), "environment": str(ENGINE.parents[1])})
    whole, selection = results["whole"], results["selection"]
    assert not results["run_at_first"] and results["acquisitions"] == 5
    assert whole["features"] == region["parcel_count"] and whole["classified"] > 0.9 * PARCELS
    assert whole["coloured_by"] == "crop_code" and set(whole["codes"]) <= set(whole["categories"])
    assert len(set(whole["colours"])) == len(whole["colours"]) == len(whole["legend"])
    assert whole["legend"][-1] == "Not classified" and {"Open Report", "Delete Series"} <= set(results["offered"])
    assert whole["unfolded"] and whole["kept_styles"] == sorted(whole["styles"]) == ["Class", "Confidence", "Quality"]
    assert output.is_file() and output.with_name(f"{output.stem}_report.html").is_file()
    series = output.with_suffix(".parcels")
    assert (series / "manifest.json").is_file() and f"The parcel series are kept in {series} (" in results["log"]
    assert len(results["temporary_series"]) == 1 and "until QGIS is closed." in results["log"]
    assert selection["features"] == 7 and selection["crs"] == "EPSG:4326" and selection["classified"] >= 6
    assert results["engine_libraries_in_qgis"] == []


def test_results_are_selected_on_the_map(profile, region, folder):
    output = folder / "declared.gpkg"
    other = engine("simulate", folder / "other region", "--parcels", PARCELS, "--dates", 5, "--seed", 2)
    images = [other["imagery"], other["parcels"], "--masks", other["masks"]]
    options = ["--model", region["model"], "--truth", other["class_field"], "-o", output]
    made = engine("classify", *images, *options)
    results = play(profile, "results_story", {"results_folder": made["results"]})
    document = json.loads(Path(made["report"]).with_suffix(".json").read_text(encoding="utf-8"))
    assert len(results["selected"]) == max(max(row) for row in document["scores"]["confusion"]) > 0
    declared, predicted = results["cell"]
    assert {row[1] for row in results["selected"]} == {predicted}
    assert {row[2] for row in results["selected"]} == {"agrees" if declared == predicted else "differs"}
    assert results["unfolded"] and len(results["styles"]) == 4 and results["zoomed"] < 20


def test_cancel_stops_the_engine_and_leaves_nothing(profile, region, folder):
    output = folder / "cancelled" / "region.cropmodel"
    output.parent.mkdir()
    results = play(profile, "cancel_story", {**region, "output": str(output)})
    assert Path(results["engine"][0]) == ENGINE and results["qgis_libraries_in_engine"] == []
    assert results["gone_after_s"] < 2
    assert results["last_word"] == "Cancelled" and results["run_again"]
    kept_to_go_on = {f".{output.name}.training", f".{output.stem}.parcels"}
    assert {path.name for path in output.parent.iterdir()} == kept_to_go_on
    series = (output.parent / f".{output.stem}.parcels" / "manifest.json").stat().st_mtime_ns
    again = play(profile, "cancel_story", {**region, "output": str(output)})
    assert (output.parent / f".{output.stem}.parcels" / "manifest.json").stat().st_mtime_ns == series  # not read again
    assert again["last_word"] == "Cancelled"


def test_a_batch_of_classifications_runs_to_its_end_and_loads_the_layers(profile, region, folder):
    outputs = [str(folder / f"batch {number}.gpkg") for number in (1, 2)]
    results = play(profile, "batch_story", {**region, "outputs": outputs})
    assert results["loaded"] == outputs and results["coloured_by"] == ["crop_code"] * 2
    assert results["can_run_again"] and results["pages"] == ["classifyparcels [summary]"]
    assert all(Path(output).with_name(f"{Path(output).stem}_report.html").is_file() for output in outputs)


@pytest.mark.skipif(PROCESS is None, reason="qgis_process is not installed")
def test_the_same_plugin_runs_in_qgis_process(profile, region, folder):
    output = folder / "process.gpkg"
    values = {"IMAGERY": region["imagery"], "MASKS": region["masks"], "PARCELS": region["parcels"]}
    values |= {"MODEL": region["model"], "OUTPUT": str(output), "REPORT_PDF": "true"}
    options = [f"--{name}={value}" for name, value in values.items()]
    own = {"QGIS_CUSTOM_CONFIG_PATH": str(profile.parents[1]), "QT_QPA_PLATFORM": "offscreen", "LC_ALL": "C.UTF-8"}
    run = subprocess.run(
        [PROCESS, "--json", "run", "crop_classifier:classifyparcels", *options],
        env={**os.environ, **own, "CROP_CLASSIFIER_PYTHON": str(ENGINE)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    results = json.loads(run.stdout)["results"]
    assert results["OUTPUT"] == str(output) and output.is_file()
    assert results["PARCEL_COUNT"] == region["parcel_count"] and Path(results["REPORT"]).is_file()
    assert results["STORE"] == str(output.with_suffix(".parcels")) and Path(results["STORE"], "manifest.json").is_file()
    assert Path(results["REPORT"]).with_suffix(".pdf").read_bytes().startswith(b"%PDF")
    with sqlite3.connect(output) as database:
        styles = database.execute("SELECT styleName, useAsDefault FROM layer_styles ORDER BY 1").fetchall()
    assert styles == [("Class", 1), ("Confidence", 0), ("Quality", 0)]
    assert results["STORE_MB"] > 0 and Path(results["RESULTS"], "results.json").is_file()
