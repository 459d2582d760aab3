"""A classified layer with its results and report, as the engine leaves them, of made-up parcels of any number."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any, Iterator, NamedTuple, Optional

from qgis.core import QgsFeature, QgsGeometry, QgsProject, QgsRectangle, QgsVectorFileWriter, QgsVectorLayer

from crop_classifier_plugin.engine.protocol import results_folder, vocabulary

SIDE_M, FIRST_X, FIRST_Y = 100, 700_000, 6_600_000
TEXTS, NUMBERS = ("parcel", "code", "crop_code", "crop_name"), ("confidence", "margin")
AFTER = ("quality", "trained_on", "agreement")
COLOURS = ("#7fc45a", "#e3a81c", "#0c947c", "#c3e59b", "#fff04d", "#ef6a3a", "#9c5a2b", "#f0468c", "#b7a0ee", "#1f5a2a")


class Made(NamedTuple):
    """A parcel: positions of its classes, None for none."""

    position: int
    parcel_id: str
    crop: Optional[int]
    confidence: Optional[float]
    declared: Optional[int]
    quality: str
    trained_on: str


def classes_of(number: int) -> list[dict[str, str]]:
    names = ("Meadows", "Winter cereals and others of a long name", "Maize", "Vines <b>&", "Orchard")
    return [
        {"code": f"c{at}", "name": names[at] if at < len(names) else f"Crop {at}", "colour": COLOURS[at % len(COLOURS)]}
        for at in range(number)
    ]


def made_parcels(count: int, classes: int, seed: int = 0) -> list[Made]:
    """Four of five are declared as predicted; some are not classified, not declared, unlike the training, or seen."""
    drawn = random.Random(seed)
    found = []
    for position in range(count):
        crop: Optional[int] = min(int(drawn.expovariate(0.35)), classes - 1)
        declared: Optional[int] = crop if drawn.random() < 0.8 else drawn.randrange(classes)
        confidence: Optional[float] = round(1 - 0.8 * drawn.random() ** 2, 4)
        quality = drawn.choices(("ok", "few_pixels", "unlike_training", "no_clear_observation"), (90, 4, 4, 2))[0]
        if quality not in vocabulary.CLASSIFIABLE:
            crop = confidence = None
        if drawn.random() < 0.05:
            declared = None
        seen = vocabulary.SEEN if drawn.random() < 0.1 else vocabulary.NOT_SEEN
        found.append(Made(position, f"P{position:06d}", crop, confidence, declared, quality, seen))
    return found


def agreement(parcel: Made) -> str:
    if parcel.crop is None:
        return vocabulary.NOT_CLASSIFIED
    if parcel.declared is None:
        return vocabulary.NO_DECLARATION
    return vocabulary.AGREES if parcel.crop == parcel.declared else vocabulary.DIFFERS


def write_results(
    folder: Path,
    count: int = 60,
    classes: int = 4,
    declared: bool = True,
    id_field: Optional[str] = None,
    seed: int = 0,
) -> tuple[Path, list[Made]]:
    """`crops.gpkg`, `crops.results` and `crops_report.json` in the folder; the layer and what is in it.

    Without `id_field` parcels are called by their feature ids, from 1.
    """
    table, parcels = classes_of(classes), made_parcels(count, classes)
    if not declared:
        parcels = [parcel._replace(declared=None) for parcel in parcels]
    if id_field is None:
        parcels = [parcel._replace(parcel_id=str(parcel.position + 1)) for parcel in parcels]
    path = folder / "crops.gpkg"
    write_layer(path, parcels, table, declared)
    report = folder / "crops_report.json"
    report.write_text(json.dumps(report_document(parcels, table, declared)), encoding="utf-8")
    report.with_suffix(".html").write_text("<p>report</p>", encoding="utf-8")
    classified = sum(parcel.crop is not None for parcel in parcels)
    about = results_folder.Description(
        *("2026-11-25T10:00:00+00:00", "0.1.0", str(path), "model.cropmodel", "ab12" * 16, "dated-ltae", None),
        *(tuple(table), count, classified),
        report=str(report.with_suffix(".html")),
        id_field=id_field,
        truth="code" if declared else None,
    )
    results_folder.fill(folder / "crops.results", about, _rows(parcels, classes))
    return path, parcels


def _rows(parcels: list[Made], classes: int) -> Iterator[Any]:
    for parcel in parcels:
        chances = None
        if parcel.crop is not None:
            rest = (1 - parcel.confidence) / max(classes - 1, 1)
            chances = tuple(parcel.confidence if at == parcel.crop else rest for at in range(classes))
        yield results_folder.Parcel(
            *(parcel.position, parcel.parcel_id, parcel.quality, parcel.crop, parcel.confidence, chances),
            *(parcel.declared, parcel.trained_on),
        )


def write_layer(path: Path, parcels: list[Made], classes: list[dict[str, str]], declared: bool) -> None:
    """Squares in rows of 300."""
    names = (*TEXTS, *NUMBERS, *AFTER[: None if declared else -1])
    kinds = "&".join(f"field={name}:{'double' if name in NUMBERS else 'string'}" for name in names)
    like = QgsVectorLayer(f"Polygon?crs=EPSG:2154&{kinds}", "like", "memory")
    fields = like.fields()
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName, options.layerName = "GPKG", path.stem
    context = QgsProject.instance().transformContext()
    writer = QgsVectorFileWriter.create(str(path), fields, like.wkbType(), like.crs(), context, options)
    for parcel in parcels:
        feature = QgsFeature(fields)
        left, low = (FIRST_X + SIDE_M * (parcel.position % 300), FIRST_Y + SIDE_M * (parcel.position // 300))
        feature.setGeometry(QgsGeometry.fromRect(QgsRectangle(left, low, left + SIDE_M - 5, low + SIDE_M - 5)))
        crop = {} if parcel.crop is None else classes[parcel.crop]
        code = None if parcel.declared is None else classes[parcel.declared]["code"]
        values = [parcel.parcel_id, code, crop.get("code"), crop.get("name"), parcel.confidence]
        values += [None if parcel.confidence is None else parcel.confidence / 2, parcel.quality, parcel.trained_on]
        feature.setAttributes(values + [agreement(parcel)] * declared)
        writer.addFeature(feature)
    del writer


def report_document(parcels: list[Made], classes: list[dict[str, str]], declared: bool) -> dict[str, Any]:
    """The parts of a report document that the plugin reads; scores counted parcel by parcel."""
    flags = Counter(parcel.quality for parcel in parcels)
    found = Counter(parcel.crop for parcel in parcels)
    breakdown = [
        {**crop, "parcels": found[at], "area_ha": round(found[at] * (SIDE_M - 5) ** 2 / 1e4, 2)}
        for at, crop in enumerate(classes)
    ]
    judged = [p for p in parcels if p.crop is not None and p.declared is not None]
    fresh = [p for p in judged if p.trained_on != vocabulary.SEEN]
    groups = [
        {"trained_on": group, "parcels": len(own), **{k: scores(own, classes)[k] for k in ("oa", "mean_f")}}
        for group in (vocabulary.NOT_SEEN, vocabulary.SEEN)
        if (own := [p for p in judged if p.trained_on == group])
    ]
    return {
        "title": "Classified parcels",
        "kind": "classification",
        "made": "2026-11-25T10:00:00+00:00",
        "engine": "0.1.0",
        "scores": scores(fresh, classes) if fresh else None,
        "breakdown": breakdown,
        "judged": groups,
        "not_judged": _not_judged(parcels) if declared else None,
        "flags": [
            {"quality": key, "meaning": meaning, "parcels": flags[key]}
            for key, meaning in vocabulary.QUALITY.items()
            if flags[key]
        ],
        "transfer": {
            "trained": {"box": [4.1, 43.2, 4.35, 43.4], "seasons": [2017, 2018]},
            "here": {"box": [1.0, 44.0, 1.2, 44.2], "season": 2019},
            "distance_km": 263.0,
            "shift_days": 9,
            "shift_error_days": 1.5,
            "median_novelty": 0.6,
            "scored": len(parcels) - flags["no_clear_observation"],
            "unlike": flags["unlike_training"],
        },
        "notes": ["A note of the report."],
    }


def _not_judged(parcels: list[Made]) -> dict[str, Any]:
    words = Counter(agreement(parcel) for parcel in parcels)
    return {
        "not_classified": words[vocabulary.NOT_CLASSIFIED],
        "no_declared_crop": words[vocabulary.NO_DECLARATION],
        "class_not_known": 0,
        "codes": {},
    }


def scores(parcels: list[Made], classes: list[dict[str, str]]) -> dict[str, Any]:
    """Counted one parcel at a time."""
    size = len(classes)
    confusion = [[0] * size for _ in range(size)]
    for parcel in parcels:
        confusion[parcel.declared][parcel.crop] += 1
    rows = []
    for at, crop in enumerate(classes):
        support, predicted = sum(confusion[at]), sum(row[at] for row in confusion)
        precision = confusion[at][at] / predicted if predicted else 0.0
        recall = confusion[at][at] / support if support else 0.0
        f = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        rows.append(
            {**crop, "precision": precision, "recall": recall, "f": f, "support": support, "predicted": predicted}
        )
    known = [row for row in rows if row["support"]]
    means = {f"mean_{key}": sum(row[key] for row in known) / len(known) for key in ("f", "precision", "recall")}
    right = sum(confusion[at][at] for at in range(size))
    return {"parcels": len(parcels), "oa": right / len(parcels), **means, "classes": rows, "confusion": confusion}
