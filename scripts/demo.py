"""The main job from end to end on a simulated region: simulate, extract, train, classify in QGIS, show (`make demo`).

Run by the engine's Python. What is there from an earlier run is used again.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]
import pyogrio  # noqa: E402
from package import package  # noqa: E402

from backend.reports.map import draw_map  # noqa: E402
from backend.vocabulary import CropClass  # noqa: E402

OUT = ROOT / ".demo"
LOG = OUT / "demo.log"
LAST_LINES = 15  # of the log, after a failure
REGION = {"parcels": "420", "dates": "24", "seed": "1", "crops": "10", "least-parcels": "25"}
MODEL = "dated-ltae"
CLASS_TABLE = ROOT / "resources" / "nomenclatures" / "paper.csv"


def main() -> None:
    began = time.monotonic()
    OUT.mkdir(exist_ok=True)
    LOG.write_bytes(b"")
    print("A made-up region: fields, crops, images and clouds are simulated.\n")
    region = simulate()
    model, layer, report = OUT / "region.cropmodel", OUT / "classified.gpkg", OUT / "report.html"
    masks = ("--masks", region["masks"])
    store = engine(
        "Series of its parcels", "extract", region["imagery"], region["parcels"], *masks, "-o", OUT / "region.parcels"
    )
    options = ["--class-field", region["class_field"], "--class-table", CLASS_TABLE, "--model", MODEL, "--restart"]
    trained = engine(f"Training of {MODEL}", "train", store["store"], *options, "-o", model)
    classify(region, model, layer, report)
    breakdown = json.loads(report.with_suffix(".json").read_text(encoding="utf-8"))["breakdown"]
    picture = draw(layer, breakdown)
    show(trained["scores"], breakdown)
    seconds = time.monotonic() - began
    print(f"\nMade in {seconds:.0f} s. The scores say nothing about real fields. Open next:")
    ways = {"report": "in a browser", "map": "the parcels", "layer": "in QGIS", "model": "for Classify Parcels"}
    for what, path in {"report": report, "map": picture, "layer": layer, "model": model, "log": LOG}.items():
        print(f"  {what:7} {path.relative_to(ROOT)!s:28} {ways.get(what, '')}".rstrip())


def engine(step: str, *arguments: object) -> Any:
    """Runs one of the engine's commands; its progress goes to the log, its result comes back."""
    return json.loads(run(step, [sys.executable, "-m", "backend", *map(str, arguments), "--json"]))


def run(step: str, command: list[str], **variables: str) -> bytes:
    """A line for the step with its seconds; the command and what it says go to the log. Returns what it prints.

    Raises CalledProcessError, after the end of the log.
    """
    print(f"{step:34}", end="", flush=True)
    began = time.monotonic()
    with LOG.open("ab") as log:
        log.write(f"\n$ {' '.join(command)}\n".encode())
        log.flush()
        environment = {**os.environ, **variables}
        done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=log, check=False)
    if done.returncode:
        print("failed")
        print("\n".join(LOG.read_text(encoding="utf-8", errors="replace").splitlines()[-LAST_LINES:]))
    done.check_returncode()
    print(f"{time.monotonic() - began:4.0f} s")
    return done.stdout


def simulate() -> dict[str, Any]:
    """The region, made anew only where another one was asked for."""
    note, folder = OUT / "region.json", OUT / "region"
    if note.is_file() and folder.is_dir():
        made = json.loads(note.read_text(encoding="utf-8"))
        if made["asked"] == REGION:
            return made["region"]
    shutil.rmtree(folder, ignore_errors=True)
    options = [word for name, value in REGION.items() for word in (f"--{name}", value)]
    region = engine("Simulation of a region", "simulate", folder, *options)
    note.write_text(json.dumps({"asked": REGION, "region": region}), encoding="utf-8")
    return region


def classify(region: dict[str, Any], model: Path, layer: Path, report: Path) -> None:
    """Through the Processing algorithm where QGIS is, else by the engine alone."""
    layer.unlink(missing_ok=True)
    qgis = shutil.which("qgis_process.bin") or shutil.which("qgis_process")  # Debian's wrapper of 3.22 is broken
    if qgis:
        classify_in_qgis(qgis, region, model, layer, report)
    else:
        options = ["--masks", region["masks"], "--model", model, "--report", report, "-o", layer]
        step = "Classification (without QGIS)"  # which is not installed
        engine(step, "classify", region["imagery"], region["parcels"], *options)


def classify_in_qgis(qgis: str, region: dict[str, Any], model: Path, layer: Path, report: Path) -> None:
    """Installs the zip into a throw-away profile and runs the algorithm as a user's QGIS would."""
    profile = OUT / "profile" / "profiles" / "default"
    shutil.rmtree(OUT / "profile", ignore_errors=True)
    (profile / "QGIS").mkdir(parents=True)
    for name in ("QGIS3.ini", "QGIS4.ini"):
        (profile / "QGIS" / name).write_text("[PythonPlugins]\ncrop_classifier=true\n", encoding="utf-8")
    with zipfile.ZipFile(package(ROOT / "build" / "crop_classifier.zip")) as archive:
        archive.extractall(profile / "python" / "plugins")
    values = {"IMAGERY": region["imagery"], "MASKS": region["masks"], "PARCELS": region["parcels"], "MODEL": model}
    values |= {"OUTPUT": layer, "REPORT": report}
    command = [qgis, "run", "crop_classifier:classifyparcels", *(f"--{name}={value}" for name, value in values.items())]
    own = {"QGIS_CUSTOM_CONFIG_PATH": str(OUT / "profile"), "QT_QPA_PLATFORM": "offscreen"}
    run("Classification in QGIS", command, **own, CROP_CLASSIFIER_PYTHON=sys.executable)
    if not layer.is_file():
        raise FileNotFoundError(f"{layer}: qgis_process ended without an error and without a result")


def draw(layer: Path, breakdown: list[dict[str, Any]]) -> Path:
    classes = [CropClass(row["code"], row["name"], row["colour"]) for row in breakdown]
    parcels = pyogrio.read_dataframe(layer, layer=layer.stem)  # beside it is the table of styles
    return draw_map(
        parcels, list(parcels["crop_code"]), classes, OUT / "map.png", "Classified parcels of a simulated region"
    )


def show(scores: dict[str, Any], breakdown: list[dict[str, Any]]) -> None:
    """One line per class: what was predicted, and how well on the parcels that training never saw."""
    held_out = {row["code"]: row for row in scores["classes"]}
    print(f"\n{'class':28}{'parcels':>9}{'area, ha':>10}{'held out':>10}{'precision':>11}{'recall':>8}{'F-score':>9}")
    for row in breakdown:
        test = held_out.get(row["code"], {"support": 0, "precision": 0.0, "recall": 0.0, "f": 0.0})
        counts = f"{row['name'][:27]:28}{row['parcels']:9}{row['area_ha']:10.1f}{test['support']:10}"
        print(f"{counts}{test['precision']:11.2f}{test['recall']:8.2f}{test['f']:9.2f}")
    print(f"Held out: {scores['parcels']} parcels, overall accuracy {scores['oa']:.3f}, mean F {scores['mean_f']:.3f}")


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as failure:
        sys.exit(f"The step above failed with exit code {failure.returncode}. The whole log is {LOG}.")
