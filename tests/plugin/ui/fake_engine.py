"""An engine made of words: speaks the protocol as the real one does, for tests of the dialogs.

Started as `fake_engine.py MODE FOLDER ... --job FILE`: `MODE` is well, unmasked, elsewhere, slow or failing; `FOLDER`
holds `predictions.gpkg`, and gets `jobs.jsonl`, the jobs it was handed.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
import json
import math
import shutil
import sys
import time
from pathlib import Path

CLASSES = (
    ("cereal", "Cereal", "#e3b448", 812),
    ("meadows", "Meadows", "#7fb069", 1064),
    ("oilseed", "Oilseed", "#f2e205", 231),
    ("grapevine", "Grapevine", "#7b2d8b", 158),
    ("orchard", "Orchard", "#d1495b", 74),
    ("leguminous_fodder", "Leguminous Fodder", "#3a7d44", 143),
    ("protein_crop", "Protein Crop", "#a1c181", 66),
    ("industrial_crop", "Industrial Crop", "#8d99ae", 41),
    ("fruit_vegetable_flower", "Fruit Vegetable Flower", "#ef798a", 57),
    ("aromatic_medicinal_plant", "Aromatic / Medicinal Plant", "#b497d6", 12),
)
FAILURE = {
    "code": "parcels.outside",
    "message": "No parcel of parcels.gpkg lies on the images: the parcels cover 48.1 N, the images 43.2 N.",
    "advice": "Check the layer's coordinate system, and that parcels and images cover the same region.",
}


def send(event, **values):
    print(json.dumps({"event": event, **values}), flush=True)


def inspect(arguments, mode):
    days = (
        ("03", "13"),
        ("12", "22"),
        ("04", "14", "24"),
        ("03", "13", "23"),
        ("03", "08", "13", "18", "23"),
        ("02", "07"),
    )
    dates = [f"2017-{month:02d}-{day}" for month, listed in enumerate(days, start=3) for day in listed]
    bare = range(len(dates)) if mode == "unmasked" else (3, 7)
    acquisitions = [
        {
            "date": date,
            "name": f"S2_L2A_{date.replace('-', '')}",
            "product": "GeoTIFF",
            "platform": "Sentinel-2A",
            "tile": "T31TFM",
            "bands": arguments.get("band_names", "B02,B03,B04,B08").split(","),
            "mask": None if number in bare else "scl",
            "masked": number not in bare,
            "clear_share": None if number in bare else 0.5 + 0.5 * math.sin(number),
            "width": 2745,
            "height": 2745,
            "crs": "EPSG:32631",
            "resolution_m": 10.0,
        }
        for number, date in enumerate(dates)
    ]
    skipped = [
        {"path": "imagery/preview.tif", "code": "imagery.bad_date", "reason": "No date in the name or a tag"},
        {"path": "imagery/S2_L2A_20170715.tif", "code": "imagery.unreadable", "reason": "The file is cut short"},
    ]
    grid = {"crs": "EPSG:32631", "width": 2745, "height": 2745, "resolution_m": 10.0, "bounds": [0, 0, 27450, 27450]}
    every = ["B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12"]
    facts = {"grid": grid, "season": 2017, "bands": every, "extract_refuses": None}
    return {"acquisitions": acquisitions, "skipped": skipped, **facts}


def scores():
    classes = [
        {
            "code": code,
            "name": name,
            "colour": colour,
            "precision": 0.95 - 0.05 * rank,
            "recall": 0.93 - 0.06 * rank,
            "f": 0.94 - 0.055 * rank,
            "support": parcels,
            "predicted": parcels,
        }
        for rank, (code, name, colour, parcels) in enumerate(CLASSES)
    ]
    figures = {"oa": 0.9312, "mean_f": 0.692, "mean_precision": 0.725, "mean_recall": 0.66}
    return {"parcels": sum(parcels for *_, parcels in CLASSES), **figures, "classes": classes, "confusion": []}


def extract(arguments):
    send("progress", fraction=1.0, stage="extracting", message="block 4 of 4", seconds_left=0.0)
    return {
        "store": arguments["output"],
        "parcels": 3,
        "pixels": 400,
        "dates": 17,
        "bands": 10,
        "quality": {},
        "seconds": 1,
    }


def train(arguments):
    epochs, folds = arguments.get("epochs", 50), arguments.get("folds", 1)
    for fold in range(1, folds + 1):
        for epoch in range(1, epochs + 1):
            train_epoch(fold, folds, epoch, epochs)
    Path(arguments["output"]).write_bytes(b"model")
    left_out = [{"code": "hemp", "name": "Hemp", "parcels": 3}]
    made = {"model": arguments["output"], "report": arguments.get("report", "report.html")}
    return {**made, "scores": scores(), "classes": [], "left_out": left_out, "seconds": 3}


def train_epoch(fold, folds, epoch, epochs):
    gone = epoch / epochs
    wiggle = 0.03 * math.sin(2.3 * epoch + fold)
    values = {"fold": fold, "folds": folds, "epoch": epoch, "epochs": epochs}
    values.update(train_loss=0.15 + 1.6 * math.exp(-4 * gone), validation_loss=0.3 + 1.4 * math.exp(-4 * gone) + wiggle)
    values.update(
        validation_oa=0.93 - 0.4 * math.exp(-4 * gone), validation_mean_f=0.68 - 0.5 * math.exp(-4 * gone) - wiggle
    )
    send("metric", name="epoch", values=values)
    fraction = (fold - 1 + gone) / folds
    send("progress", fraction=fraction, stage="training", message=f"epoch {epoch}", seconds_left=200 * (1 - fraction))


NOT_COMPARABLE = {"not_classified": 0, "no_declared_crop": 0, "class_not_known": 19, "codes": {"VRC": 19}}


def classify(arguments, folder, mode):
    for step in range(1, 4):
        send("progress", fraction=step / 4, stage="classifying", message=f"block {step} of 4", seconds_left=60.0 / step)
    output = Path(arguments["output"])
    if mode == "elsewhere":
        output = kept_elsewhere(output)
    shutil.copyfile(folder / "predictions.gpkg", output)
    classes = [
        {"code": code, "name": name, "colour": colour, "parcels": parcels * (code != "orchard"), "area_ha": 1.0}
        for code, name, colour, parcels in CLASSES
    ]
    made = {"output": str(output), "layer": "predictions", "report": arguments.get("report", "report.html")}
    return {
        **made,
        "results": str(output.with_suffix(".results")),
        "store": keep_series(output.with_suffix(".parcels")) if arguments.get("keep_series") else None,
        "parcels": 2658,
        "classified": 2651,
        "quality": {},
        "classes": classes,
        "scores": None,
        "judged": [],
        "not_judged": NOT_COMPARABLE if mode == "uncomparable" else None,
        "seconds": 2,
    }


def kept_elsewhere(path):
    kept = path.with_name(f"{path.stem}_2.gpkg")
    message = f"The result is in {kept}. Both files are kept."
    fields = {"path": str(path), "kept": str(kept), "reason": "another program has it open"}
    send("warning", code="output.kept_elsewhere", message=message, fields=fields)
    return kept


def keep_series(store):
    """A store as far as its files go, of 2.5 MB."""
    store.mkdir()
    (store / "manifest.json").write_text('{"schema": 2, "complete": true, "season": 2017}', encoding="utf-8")
    (store / "reflectance.npy").write_bytes(bytes(2_500_000))
    return str(store)


def simulate(arguments, folder):
    """Folders, and the parcels that the test put there."""
    output = Path(arguments["output"])
    for name in ("imagery", "masks"):
        (output / name).mkdir(parents=True, exist_ok=True)
    shutil.copyfile(folder / "sample.gpkg", output / "parcels.gpkg")
    places = {name: str(output / name) for name in ("imagery", "masks")}
    facts = {"class_field": "CODE_CULTU", "parcel_count": 420, "dates": ["2017-01-03"], "previous_field": None}
    return {**places, **facts, "parcels": str(output / "parcels.gpkg"), "seasons": []}


def doctor():
    packages = {"torch": "2.13.0", "numpy": "2.3.1", "rasterio": "1.4.3", "geopandas": "1.1.1", "scikit-learn": "1.7.0"}
    devices = [
        {"name": "2 threads", "kind": "cpu", "works": True, "seconds": 0.01, "note": ""},
        {"name": "mps", "kind": "mps", "works": False, "seconds": None, "note": "no Apple GPU"},
    ]
    return {
        "engine": "0.1.0",
        "python": "3.12.4 (/somewhere/python)",
        "packages": packages,
        "devices": devices,
        "problems": [],
    }


def answer(mode, folder, command, arguments):
    if command == "inspect":
        return inspect(arguments, mode)
    if command == "doctor":
        return doctor()
    send("log", message=f"{command} in {folder.name}")
    if mode == "failing":
        send("failed", **FAILURE)
        sys.exit(1)
    while mode == "slow":
        send("progress", fraction=0.4, stage="extracting", message="block 2 of 5", seconds_left=95.0)
        time.sleep(0.05)
    if command == "simulate":
        return simulate(arguments, folder)
    steps = {"extract": extract, "train": train}
    return classify(arguments, folder, mode) if command == "classify" else steps[command](arguments)


def main():
    mode, folder = sys.argv[1], Path(sys.argv[2])
    job = json.loads(Path(sys.argv[sys.argv.index("--job") + 1]).read_text(encoding="utf-8"))
    send("started", command=job["command"], version="0.1.0", pid=1)
    with (folder / "jobs.jsonl").open("a", encoding="utf-8") as jobs:
        jobs.write(json.dumps(job) + "\n")
    send("result", values=answer(mode, folder, job["command"], job["arguments"]))


if __name__ == "__main__":
    main()
